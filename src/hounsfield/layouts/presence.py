"""Whether what a person points to is there at all; imports nothing heavy, so that it can be asked first."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

from hounsfield.formats.files import size_of
from hounsfield.values import refuse

NO_TEXT = ("Cc", "Cs", "Zl", "Zp")
"""Kinds of characters that no printed line can show: control codes, bytes that are not UTF-8, ends of lines."""


def is_text(name: str) -> bool:
    """Whether a name can be printed in one line and written elsewhere: on Linux a name may be any bytes."""
    return (name.isascii() and name.isprintable()) or not any(unicodedata.category(c) in NO_TEXT for c in name)


def check_text(path: Path) -> None:
    """Refuses a path that is no text: what is said and written of it would not be either."""
    if not is_text(str(path)):
        raise refuse(ascii(str(path)), "is no text", "Rename it, in UTF-8 and without control characters.")


def check_presence(path: Path) -> None:
    """Refuses a path that is no text, missing, closed to the reader, or a file without content."""
    check_text(path)
    try:
        is_there = path.exists()
        if path.is_dir():
            os.listdir(path)
    except OSError as error:
        raise refuse(path, f"can not be read ({error.strerror})", "Check its name and permissions.") from None
    if not is_there:
        raise refuse(path, "does not exist", "Check the name.")
    if not path.is_dir():
        size_of(path)
