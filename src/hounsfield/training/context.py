"""The run context that the verbs lend to a method."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

from hounsfield.formats.files import writing
from hounsfield.seam import Cache, Checkpoints, Clock, Fabric
from hounsfield.training.cache import FolderCache
from hounsfield.training.checkpoints import FolderCheckpoints
from hounsfield.training.clock import ShareOfClock, WallClock
from hounsfield.training.fabric import OneDevice
from hounsfield.training.randomness import part_seed
from hounsfield.training.track import FileTrack, Watcher, nobody
from hounsfield.values import Decision

UNTIL = "until"  # what is decided of a part: the seconds of the whole run at which its time is up


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
        for inner in ("checkpoints", "prepared"):
            _make(folder / inner)
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
        track = replace(self.track, part=f"{self.track.part}/{name}".lstrip("/"))
        _make(self.folder / "checkpoints" / name)
        return replace(
            self,
            seed=part_seed(self.seed, name),
            clock=_own_time(self.clock, share, track),
            checkpoints=FolderCheckpoints(self.folder / "checkpoints" / name),
            track=track,
            folder=self.folder / "checkpoints" / name,
        )


def _make(folder: Path) -> None:
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)


def _own_time(clock: Clock, share: float, track: FileTrack) -> ShareOfClock:
    """A part's share of what is left. Its end is written down before it counts; a resumed run keeps to that end."""
    taken = [decision.value for _, decision in track.decisions() if decision.what == UNTIL]
    if taken:
        return ShareOfClock(clock, taken[0])
    own = ShareOfClock.of(clock, share)
    if math.isfinite(own.until):
        why = f"{share:.0%} of the time that was left, counted from the beginning of the run"
        track.decision(0, Decision(UNTIL, own.until, why))
    return own
