"""Unpacking one compressed frame, in a process apart where the decoder may not survive damaged data.

GDCM is the only decoder for lossless JPEG and JPEG-LS, and there are files that make it end the process it runs in.
So it runs in one of its own, which stays for the frames to come and is started anew when it ended.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

APART = ("gdcm",)
PATIENCE_S = 60.0
"""A frame takes milliseconds; a decoder that is busy for so long will not come back."""

_lock = threading.Lock()
_running: list[subprocess.Popen[bytes]] = []


class Lost(Exception):  # noqa: N818 - an answer about a file, which the caller turns into a refusal
    """The decoder gave up on a frame, for the reason given, or ended over it."""


def unpack(syntax: str, decoder: str, options: dict[str, Any], frame: bytes) -> NDArray[Any]:
    """(rows, columns[, 3]) of one frame, colours in RGB. Raises Lost, or whatever the decoder does."""
    if decoder in APART:
        return _unpack_apart(syntax, decoder, options, frame)
    return _unpack_here(syntax, decoder, options, frame)


def _unpack_here(syntax: str, decoder: str, options: dict[str, Any], frame: bytes) -> NDArray[Any]:
    source = encapsulate([frame], has_bot=False)
    array, _ = get_decoder(UID(syntax)).as_array(source, index=0, decoding_plugin=decoder, **options)
    return array


def _unpack_apart(syntax: str, decoder: str, options: dict[str, Any], frame: bytes) -> NDArray[Any]:
    question = json.dumps({"syntax": syntax, "decoder": decoder, "options": options})
    with _lock:
        process = _process()
        alarm = threading.Timer(PATIENCE_S, process.kill)
        alarm.start()
        try:
            _send(cast(IO[bytes], process.stdin), question, frame)
            answer, data = _receive(cast(IO[bytes], process.stdout))
        except (OSError, EOFError, ValueError):
            process.kill()
            process.wait()
            raise Lost("the decoder ended over it") from None
        finally:
            alarm.cancel()
    if "error" in answer:
        raise Lost(answer["error"])
    return np.frombuffer(data, answer["dtype"]).reshape(answer["shape"])


def _process() -> subprocess.Popen[bytes]:
    """The process apart, started where there is none. It ends with its standard input, so with this process."""
    while _running and _running[-1].poll() is not None:
        _running.pop()
    if not _running:
        command = [sys.executable, "-P", "-m", "hounsfield.formats.dicom.decoding"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        _running.append(subprocess.Popen(command, **pipes))  # type: ignore[call-overload]
    return _running[-1]


def _send(stream: IO[bytes], words: str, data: bytes) -> None:
    """A line of JSON, a line with the number of bytes, the bytes."""
    stream.write(f"{words}\n{len(data)}\n".encode())
    stream.write(data)
    stream.flush()


def _receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """What was sent. Raises EOFError where the other side ended."""
    words, size = stream.readline(), stream.readline()
    if not size.endswith(b"\n"):
        raise EOFError
    data = stream.read(int(size))
    if len(data) < int(size):
        raise EOFError
    return json.loads(words), data


def _serve(questions: IO[bytes], answers: IO[bytes]) -> None:
    """Unpack frame after frame until nobody asks any more."""
    while True:
        try:
            asked, frame = _receive(questions)
        except EOFError:
            return
        try:
            array = np.ascontiguousarray(_unpack_here(asked["syntax"], asked["decoder"], asked["options"], frame))
            said = {"dtype": array.dtype.str, "shape": array.shape}
            _send(answers, json.dumps(said), array.tobytes())
        except Exception as error:  # over damaged data a decoder raises whatever it happens upon
            _send(answers, json.dumps({"error": " ".join(str(error).split())[:400]}), b"")


if __name__ == "__main__":
    _serve(sys.stdin.buffer, sys.stdout.buffer)
