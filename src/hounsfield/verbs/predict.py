"""predict: answers for files, folders or a training layout, case after case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hounsfield.answers.locks import held
from hounsfield.answers.manifest import NAME, entries
from hounsfield.answers.probability_files import STORED
from hounsfield.answers.writing import clear_unfinished_in
from hounsfield.formats.files import NotWritten, writing
from hounsfield.planning.device import devices
from hounsfield.registry.tables import TASKS
from hounsfield.tasks.task import Task
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Dataset, Problem, Refused, Setting, refuse
from hounsfield.values.wording import count
from hounsfield.verbs.answering import Answering
from hounsfield.verbs.beforehand import check_only_answers, check_prediction
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
    probabilities: str | None = None,
    watch: Watcher = nobody,
    **opening: Any,
) -> Predicted:
    """Answer every case of the files and folders given and write answers and manifest to a folder.

    What this model has answered there already is passed over; a case that can not be answered is noted, and the rest
    goes on. inputs: role -> file, for one case of several inputs. probabilities: "uint8" or "float16", to write maps of
    them beside the answers. Raises Refused where nothing can be done at all, and where another run is answering into
    that folder.
    """
    place, given = Path(out), [data] if isinstance(data, (str, Path, Dataset)) else data
    check_prediction(model, given, inputs or {}, place, opening.get("layout"))
    package = load(model)
    task = TASKS.load(package.plan.task)
    _refuse_maps(probabilities, task)
    cases, problems = cases_of(given, inputs or {}, package, {**opening, "watch": watch})
    _make_folder(place)
    done, there, alarmed, cut_short = list[str](), list[str](), list[str](), None
    with held(place / NAME, where=place) as hold:
        clear_unfinished_in(place)
        before, trained = entries(place) or {}, package.open(Setting(devices()[0]))
        answering = Answering(package, task, trained, place, before, probabilities)
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


def _refuse_maps(probabilities: str | None, task: Task) -> None:
    """Raises Refused where maps are asked for that can not be had."""
    if probabilities not in (None, *STORED):
        raise refuse("--probabilities", f"can not be stored as {probabilities}", f"Choose {' or '.join(STORED)}.")
    if probabilities is not None and task.write_evidence is None:
        what = f"was asked of a model for {task.name}, which has no probabilities of each element"
        raise refuse("--probabilities", what, "Leave it out.")


def _make_folder(place: Path) -> None:
    """Make the folder for answers where it is missing.

    Raises NotWritten where it can not be, and Refused where other things came into it since it was looked at.
    """
    with writing(place):
        place.mkdir(parents=True, exist_ok=True)
    check_only_answers(place)
