"""The run context that the verbs lend to a method."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from hounsfield.seam import Cache, Checkpoints, Clock, Fabric
from hounsfield.training.cache import FolderCache
from hounsfield.training.checkpoints import FolderCheckpoints
from hounsfield.training.clock import ShareOfClock, WallClock
from hounsfield.training.fabric import OneDevice
from hounsfield.training.randomness import part_seed
from hounsfield.training.track import FileTrack, Watcher, nobody


@dataclass(frozen=True)
class FolderContext:
    """A run context whose everything lies in one folder."""

    seed: int
    fabric: Fabric
    clock: Clock
    checkpoints: Checkpoints
    cache: Cache
    track: FileTrack
    folder: Path

    @staticmethod
    def at(
        folder: Path,
        *,
        seed: int = 0,
        clock: Clock | None = None,
        fabric: Fabric | None = None,
        watch: Watcher = nobody,
    ) -> FolderContext:
        """A context in a folder, which is made; an earlier run in it is gone on with."""
        folder.mkdir(parents=True, exist_ok=True)
        return FolderContext(
            seed=seed,
            fabric=fabric or OneDevice(),
            clock=clock or WallClock(),
            checkpoints=FolderCheckpoints(folder / "checkpoints"),
            cache=FolderCache(folder / "prepared"),
            track=FileTrack(folder / "log.jsonl", watch=watch),
            folder=folder,
        )

    def part(self, name: str, *, share: float = 1.0) -> FolderContext:
        """The context of a stage or member: checkpoints, seed and time of its own, everything else shared."""
        return replace(
            self,
            seed=part_seed(self.seed, name),
            clock=ShareOfClock.of(self.clock, share),
            checkpoints=FolderCheckpoints(self.folder / "checkpoints" / name),
            track=replace(self.track, part=f"{self.track.part}/{name}".lstrip("/")),
            folder=self.folder / "checkpoints" / name,
        )
