"""predict: answers for files, folders or a training layout, case after case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hounsfield.answers.locks import held
from hounsfield.answers.manifest import NAME, entries
from hounsfield.formats.files import NotWritten, writing
from hounsfield.planning.device import devices
from hounsfield.registry.tables import TASKS
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Dataset, Problem, Refused, Setting, refuse
from hounsfield.verbs.answering import Answering
from hounsfield.verbs.counting import count
from hounsfield.verbs.inputs import cases_of
from hounsfield.verbs.packages import Openable, load


@dataclass(frozen=True)
class Predicted:
    """What was answered: where, which cases, which were there already, and what could not be answered.

    cut_short: why the rest of the cases was not tried, where that is so; it is among the problems too.
    """

    out: Path
    done: tuple[str, ...] = ()
    there: tuple[str, ...] = ()
    alarmed: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    cut_short: NotWritten | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of everything said."""
        said = {"out": str(self.out), "done": self.done, "there": self.there, "alarmed": self.alarmed}
        return {**said, "problems": [problem.to_json() for problem in self.problems]}

    def __repr__(self) -> str:
        parts = [f"{count(len(self.done), 'case')} answered"]
        parts += [f"{len(self.there)} there already"] if self.there else []
        parts += [f"{len(self.alarmed)} unlike the training cases"] if self.alarmed else []
        parts += [count(len(self.problems), "problem")] if self.problems else []
        return f"Predicted({', '.join(parts)}, in {self.out})"


def predict(
    model: Openable,
    data: str | Path | Dataset | Sequence[str | Path] = (),
    *,
    out: str | Path,
    inputs: Mapping[str, str | Path] | None = None,
    watch: Watcher = nobody,
    **opening: Any,
) -> Predicted:
    """Answer every case of the files and folders given and write answers and manifest to a folder.

    What this model has answered there already is passed over; a case that can not be answered is noted, and the rest
    goes on. inputs: role -> file, for one case of several inputs. Raises Refused where nothing can be done at all, and
    where another run is answering into that folder.
    """
    package, place = load(model), Path(out)
    cases, problems = cases_of(data, inputs or {}, package, opening)
    _make_folder(place)
    done, there, alarmed, cut_short = list[str](), list[str](), list[str](), None
    with held(place / NAME, where=place) as hold:
        before, trained = entries(place) or {}, package.open(Setting(devices()[0]))
        answering = Answering(package, TASKS.load(package.plan.task), trained, place, before)
        for number, case in enumerate(cases):
            watch({"stage": "answering", "done": number, "total": len(cases), "case": case.id})
            try:
                hold.refuse_gone()
                findings = answering.answer(case)
            except NotWritten as refusal:  # a full disk, a folder that is gone: it will not be better for the next case
                problems.append(refusal.and_so(f"{count(len(cases) - number, 'case')} could not be answered"))
                cut_short = refusal
                break
            except Refused as refusal:
                problems.extend(refusal.problems)
                continue
            if findings is None:
                there.append(case.id)
                continue
            done.append(case.id)
            alarmed += [case.id] if findings.alarms else []
    watch({"stage": "answering", "done": len(cases), "total": len(cases)})
    return Predicted(place, tuple(done), tuple(there), tuple(alarmed), tuple(problems), cut_short)


def _make_folder(place: Path) -> None:
    """The folder for answers. Raises Refused for one that holds other things, which answers might be written over."""
    if place.exists() and not place.is_dir():
        raise refuse(place, "is a file, not a folder for answers", "Give another --out.")
    with writing(place):
        place.mkdir(parents=True, exist_ok=True)
    if not (place / NAME).exists() and any(not path.name.startswith(".") for path in place.iterdir()):
        what = "holds other files, which answers might be written over"
        raise refuse(place, what, "Give a new or empty folder as --out, or one that `predict` made.")
