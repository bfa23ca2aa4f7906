"""The folder of a run: what was asked, so that the same command goes on; and a lock, so that only one does."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hounsfield.answers.locks import Held, held
from hounsfield.answers.writing import write_json
from hounsfield.formats.files import NotWritten, writing
from hounsfield.values import Facts, Plan, Refused, Rehearsal, refuse

RUN = "run.json"
LOCK = "lock"

Told = Mapping[str, Mapping[str, str]]
"""Part (training, validation) -> case id -> digest of everything the case says."""


@dataclass(frozen=True)
class RunFolder:
    """MODEL.run beside the package that is to be: run.json, cases.json, plan.json, rehearsal.json, log, checkpoints."""

    folder: Path

    @staticmethod
    def beside(out: Path) -> RunFolder:
        """The run folder of a package's place."""
        return RunFolder(out.with_name(out.name + ".run"))

    @property
    def is_begun(self) -> bool:
        """Whether a plan was made here, to be gone on with."""
        return (self.folder / "plan.json").exists()

    @property
    def has_learnt(self) -> bool:
        """Whether something was learnt here."""
        has_checkpoint = any(path.is_file() for path in (self.folder / "checkpoints").rglob("*"))
        return has_checkpoint or (self.folder / "log.jsonl").exists()

    @contextmanager
    def claimed(self, asked: Mapping[str, str], about: Mapping[str, Any]) -> Iterator[Held]:
        """Hold the folder for one run, and note what was asked of it: option -> its value in words.

        Raises Refused where another process runs here, where an interrupted run here was asked something else, and
        for a folder of somebody else's. What is refused inside leaves nothing behind that was not there before, unless
        a run had begun before or something was learnt; so does what ends in any other way before there is a plan.
        Where a disk was full, all is kept that was begun.
        """
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._refuse_anothers()
        with held(self.folder / LOCK, where=self.folder) as hold:
            had_begun, there = self.is_begun, set(self.folder.iterdir())
            if had_begun:
                self._refuse_other(asked)
            try:
                if not had_begun:
                    write_json(self.folder / RUN, {"asked": dict(asked), **about})
                yield hold
            except BaseException as error:
                is_in_vain = isinstance(error, Refused) and not isinstance(error, NotWritten) and not self.has_learnt
                if not self.is_begun or (is_in_vain and not had_begun):
                    self._clear(there - {self.folder / LOCK})
                raise

    def _refuse_anothers(self) -> None:
        """Raises Refused for a folder that holds something, but no run: nobody's files are mixed with those of one."""
        names = {path.name for path in self.folder.iterdir() if not path.name.startswith(".")}
        if names - {LOCK} and not self._is_ours:
            what = "holds other files, and is where a run would keep its own"
            raise refuse(self.folder, what, "Give another --out, or move it away.")

    @property
    def _is_ours(self) -> bool:
        """Whether a run noted here what was asked of it."""
        try:
            return "asked" in json.loads((self.folder / RUN).read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError):
            return False

    def _clear(self, there: Set[Path]) -> None:
        """Delete what this run made, and the folder where nothing else is in it."""
        with suppress(OSError):
            for path in set(self.folder.iterdir()) - there:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()
            self.folder.rmdir()

    def _refuse_other(self, asked: Mapping[str, str]) -> None:
        before = json.loads((self.folder / RUN).read_text(encoding="utf-8"))["asked"]
        differing = sorted(name for name in {**before, **asked} if before.get(name) != asked.get(name))
        if differing:
            was, now = (" ".join(_said(name, words) for name in differing) for words in (before, asked))
            raise self._refusal(f"holds an interrupted run with {was}, not with {now}")

    def _refusal(self, what: str) -> Refused:
        remedy = f"Ask the same to go on with it, give another --out, or delete {self.folder} to begin anew."
        return refuse(self.folder, what, remedy)

    def begin(self, plan: Plan, facts: Facts, rehearsal: Rehearsal | None, cases: Told) -> None:
        """Write what was decided; the plan last, since it says that the run has begun."""
        (self.folder / "log.jsonl").unlink(missing_ok=True)
        write_json(self.folder / "facts.json", facts.to_json())
        write_json(self.folder / "rehearsal.json", rehearsal.to_json() if rehearsal else None)
        write_json(self.folder / "cases.json", cases)
        write_json(self.folder / "plan.json", plan.to_json())

    def refuse_other_cases(self, cases: Told) -> None:
        """Raises Refused where the cases are not those that the run began with."""
        before: Told = json.loads((self.folder / "cases.json").read_text(encoding="utf-8"))
        for part in before:
            then, now = before[part], cases[part]
            differing = sorted(name for name in {**then, **now} if then.get(name) != now.get(name))
            if differing:
                name = differing[0]
                how = "is another now" if name in then and name in now else "is new" if name in now else "is missing"
                more = f", and {len(differing) - 1} more differ" if len(differing) > 1 else ""
                raise self._refusal(f"holds an interrupted run on other {part} cases: {name} {how}{more}")

    def plan(self) -> Plan:
        """The plan that the run follows."""
        return Plan.from_json(json.loads((self.folder / "plan.json").read_text(encoding="utf-8")))

    def facts(self) -> Facts:
        """The facts that the plan was made from."""
        return Facts.from_json(json.loads((self.folder / "facts.json").read_text(encoding="utf-8")))

    def finish(self) -> None:
        """Once the package stands: delete what only served to go on; whoever trains here again begins anew."""
        for name in ("plan.json", "facts.json", "cases.json"):
            (self.folder / name).unlink(missing_ok=True)
        for name in ("prepared", "checkpoints"):
            shutil.rmtree(self.folder / name, ignore_errors=True)


def _said(name: str, words: Mapping[str, str]) -> str:
    return f"{name} {words[name]}" if name in words else f"no {name}"
