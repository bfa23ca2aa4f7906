"""A process that learns until it is killed: python contract_killed.py MODULE FOLDER, MODULE having `subject()`.

It says a line for each thing that happens, so that whoever started it can choose the moment.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from importlib import import_module
from itertools import islice
from pathlib import Path

HERE = Path(__file__).resolve()


def killed(module: Path, folder: Path, rng: random.Random) -> bool:
    """Start the process, and kill it at a random moment (SIGKILL). Whether that was before it had ended by itself."""
    command = [sys.executable, str(HERE), str(module), str(folder)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    for _ in islice(child.stdout, rng.randint(1, 12)):
        pass
    time.sleep(rng.uniform(0, 0.03))
    child.kill()
    child.communicate()
    return child.returncode == -signal.SIGKILL


def main(module: str, folder: str) -> None:
    """Learn, a checkpoint after every step."""
    import torch

    from hounsfield.training import loop
    from hounsfield.training.clock import WallClock

    torch.set_num_threads(1)
    loop.CHECKPOINT_SECONDS = 0.0
    sys.path.insert(0, str(Path(module).parent))
    subject = import_module(Path(module).stem).subject()
    subject.fit(Path(folder), clock=WallClock(), watch=lambda event: print(event, flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
