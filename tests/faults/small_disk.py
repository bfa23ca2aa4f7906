"""A real disk of a few megabytes, to be filled, and to be taken away."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SIZE = 8 * 2**20


@dataclass
class SmallDisk:
    """A file system of its own in memory; where nothing can be mounted, a limit on the size of any one file."""

    folder: Path
    is_mounted: bool
    most_bytes: int | None = None

    @property
    def filler(self) -> Path:
        return self.folder / ".filler"

    def leave(self, size: int) -> None:
        """Leave so many bytes free."""
        if not self.is_mounted:
            self.most_bytes = size
            return
        self.filler.unlink(missing_ok=True)
        found = os.statvfs(self.folder)
        free = found.f_bavail * found.f_frsize
        with open(self.filler, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, free - size))

    def make_room(self) -> None:
        """Take the filler away."""
        self.filler.unlink(missing_ok=True)
        self.most_bytes = None


def mounted(folder: Path) -> SmallDisk:
    """A small disk at a folder."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=777", "tmpfs", str(folder)]
    can_mount = shutil.which("mount") is not None
    return SmallDisk(folder, can_mount and subprocess.run(words, capture_output=True).returncode == 0)


def unmount(disk: SmallDisk) -> None:
    """Take it away, whoever uses it still, where it is there."""
    if disk.is_mounted:
        subprocess.run(["umount", "-l", str(disk.folder)], capture_output=True)
