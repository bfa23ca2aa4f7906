"""apply: images, label maps and points carried from one image's world to the other's by a transform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hounsfield.answers.transform_files import read_transform
from hounsfield.formats.files import NotWritten, writing
from hounsfield.ops.ways import way_to_fixed, way_to_moving
from hounsfield.tasks.carrying import Carried, carry
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Problem, Refused, Transform
from hounsfield.values.wording import count
from hounsfield.verbs.beforehand import check_carried


@dataclass(frozen=True)
class Applied:
    """What was carried: file -> how ("linear", "nearest", "points"), and the largest error of inverted points in mm.

    alarms: file -> what is odd about it, of those that were carried.
    """

    out: Path
    done: Mapping[str, str] = field(default_factory=dict)
    residual_mm: float = 0.0
    alarms: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of everything said."""
        said = {"out": str(self.out), "done": dict(self.done), "residual_mm": self.residual_mm}
        return {**said, "alarms": dict(self.alarms), "problems": [problem.to_json() for problem in self.problems]}

    def __repr__(self) -> str:
        return f"Applied({len(self.done)} carried, {count(len(self.problems), 'problem')}, {self.out})"


def apply(
    transform: str | Path | Transform,
    files: str | Path | Sequence[str | Path],
    *,
    out: str | Path,
    inverse: bool = False,
    labels: bool | None = None,
    watch: Watcher = nobody,
) -> Applied:
    """Carry files of the moving image's world to the fixed image's, or with `inverse` the other way, into a folder.

    Images are taken linearly, label maps by the nearest element, both onto the goal's grid; what lies outside becomes
    the image's lowest value, or background. labels: whether the files are label maps; by itself: those of whole
    numbers from 0 with few different ones. Points keep their names; unplaced ones stay so. Files keep their names too,
    and nothing of these names may be in the folder. A file that can not be carried is a problem, the rest goes on.
    Raises Refused where nothing can.
    """
    place = Path(out)
    given = [Path(file) for file in ([files] if isinstance(files, (str, Path)) else files)]
    check_carried(transform, given, place)
    found = transform if isinstance(transform, Transform) else read_transform(Path(transform))
    way = way_to_moving(found) if inverse else way_to_fixed(found)
    with writing(place):
        place.mkdir(parents=True, exist_ok=True)
    done, problems = dict[str, Carried](), list[Problem]()
    for number, file in enumerate(given):
        watch({"stage": "carrying", "done": number, "total": len(given)})
        try:
            done[str(file)] = carry(way, file, place / file.name, labels=labels)
        except NotWritten as refusal:  # it will not be better for the next file
            problems.append(refusal.and_so(f"{count(len(given) - number, 'file')} could not be carried"))
            break
        except Refused as refusal:
            problems.extend(refusal.problems)
    watch({"stage": "carrying", "done": len(given), "total": len(given)})
    if not done:
        raise Refused(problems)
    how, alarms = {file: one.how for file, one in done.items()}, {file: one.alarm for file, one in done.items()}
    residual = max(one.residual_mm for one in done.values())
    return Applied(place, how, residual, {file: said for file, said in alarms.items() if said}, tuple(problems))
