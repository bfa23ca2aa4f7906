"""The folder of a run: what was asked, so that the same command goes on; and a lock, so that only one does."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from hounsfield.answers.writing import write_json
from hounsfield.values import Facts, Plan, Problem, Refused, Rehearsal, refuse


@dataclass(frozen=True)
class RunFolder:
    """MODEL.run beside the package that is to be: run.json, plan.json, facts.json, rehearsal.json, log, checkpoints."""

    folder: Path

    @staticmethod
    def beside(out: Path) -> RunFolder:
        """The run folder of a package's place."""
        return RunFolder(out.with_name(out.name + ".run"))

    @property
    def is_begun(self) -> bool:
        """Whether a plan was made here, to be gone on with."""
        return (self.folder / "plan.json").exists()

    def claim(self, asked: Mapping[str, Any], about: Mapping[str, Any]) -> None:
        """Note what was asked. Raises Refused where an earlier run here was asked something else."""
        path = self.folder / "run.json"
        if not path.exists():
            write_json(path, {"asked": dict(asked), **about})
            return
        before = json.loads(path.read_text(encoding="utf-8"))["asked"]
        wishes = json.loads(json.dumps(asked))
        differing = [name for name in {**before, **wishes} if before.get(name) != wishes.get(name)]
        if differing:
            remedy = f"Ask the same to go on with it, give another --out, or delete {self.folder} to begin anew."
            raise Refused(
                Problem(
                    str(self.folder),
                    f"holds a run with {name} = {before.get(name)!r}, not {wishes.get(name)!r}",
                    remedy,
                )
                for name in sorted(differing)
            )

    def begin(self, plan: Plan, facts: Facts, rehearsal: Rehearsal | None) -> None:
        """Write what was decided; the plan last, since it says that the run has begun."""
        write_json(self.folder / "facts.json", facts.to_json())
        write_json(self.folder / "rehearsal.json", rehearsal.to_json() if rehearsal else None)
        write_json(self.folder / "plan.json", plan.to_json())

    def plan(self) -> Plan:
        """The plan that the run follows."""
        return Plan.from_json(json.loads((self.folder / "plan.json").read_text(encoding="utf-8")))

    def facts(self) -> Facts:
        """The facts that the plan was made from."""
        return Facts.from_json(json.loads((self.folder / "facts.json").read_text(encoding="utf-8")))

    def forget_cache(self) -> None:
        """Delete prepared cases and checkpoints, once the package stands."""
        shutil.rmtree(self.folder / "prepared", ignore_errors=True)
        shutil.rmtree(self.folder / "checkpoints", ignore_errors=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Only one process at a time; the system frees the lock when the process ends, however it ends."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "lock", "a+b") as file:
            try:
                _lock(file)
            except OSError:
                raise refuse(self.folder, "is in use by another run", "Wait for it, or give another --out.") from None
            yield


def _lock(file: IO[bytes]) -> None:
    """An exclusive lock of the system's own kind. Raises OSError where another process holds it."""
    if os.name == "nt":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
