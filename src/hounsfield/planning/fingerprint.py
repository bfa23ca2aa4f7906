"""What a set of cases is like: the facts that plans are made from and that alarms compare with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import singledispatch
from typing import Any

import numpy as np

from hounsfield.ops.boxes import volume
from hounsfield.ops.resampling import canonical_grid
from hounsfield.ops.slabs import evenly, tally
from hounsfield.values import (
    Boxes,
    Case,
    Diagnosis,
    Facts,
    Grid,
    Image,
    LabelMap,
    Lazy,
    Points,
    Problem,
    Refused,
    Series,
    Sketch,
)

SAMPLE = 20_000  # elements of an image that its intensity facts are taken from, evenly spread
INTENSITIES = {"p0.5": 0.005, "median": 0.5, "p99.5": 0.995}


def nobody(done: int, total: int) -> None:
    """A watcher that looks away."""


def untouched(case: Case) -> Case:
    """The case as it is."""
    return case


def fingerprint(
    cases: Iterable[Case],
    *,
    through: Callable[[Case], Case] = untouched,
    watch: Callable[[int, int], None] = nobody,
) -> tuple[Facts, tuple[Case, ...], tuple[Problem, ...]]:
    """The facts of all cases that can be read, those cases, and what is wrong with each of the others.

    through: what each case passes before its facts are taken; it hands back the case, read already where it could.
    """
    cases = tuple(cases)
    facts, good, problems = [Facts()], list[Case](), list[Problem]()
    for number, case in enumerate(cases):
        watch(number, len(cases))
        try:
            facts.append(facts_of(through(case)))
            good.append(case)
        except Refused as refusal:
            problems.extend(replace(problem, case=case.id) for problem in refusal.problems)
    watch(len(cases), len(cases))
    return Facts.merged(facts), tuple(good), tuple(problems)


def facts_of(case: Case) -> Facts:
    """The facts of one case, truths included. Raises Refused where something is unreadable or does not fit."""
    facts = [facts_of_inputs(case)]
    for truth in case.truths.values():
        answer = truth.answer.load()
        if truth.of in case.inputs:
            _refuse_other_grid(case, truth.answer.where, answer, case.inputs[truth.of])
        facts.append(describe(answer, f"truth:{truth.of}"))
    return Facts.merged(facts)


def facts_of_inputs(case: Case) -> Facts:
    """The facts of what is given about one case, without its truths. Raises Refused where it can not be read."""
    facts = [Facts({"cases": 1}, words={"roles": tuple(sorted(case.inputs))}), _covariates(case)]
    facts += [describe(value.load(), role) for role, value in case.inputs.items()]
    return Facts.merged(facts)


def _refuse_other_grid(case: Case, where: str, answer: Any, image: Lazy[Any]) -> None:
    grid = getattr(answer, "grid", None)
    if not isinstance(grid, Grid) or image.kind is not Image:
        return
    own = image.load().grid
    if not grid.close_to(own, 0.05):
        what = f"lies on {grid}, but its image ({image.where}) on {own}"
        raise Refused(Problem(where, what, "Resample the labels to the image's grid, or take the case out."))


@singledispatch
def describe(value: Any, name: str) -> Facts:
    """The facts of one value of one case, under a name (a role, or "truth:" and a role)."""
    return Facts(words={"kinds": (f"{name}={type(value).__name__}",)})


@describe.register
def _(image: Image, name: str) -> Facts:
    grid = canonical_grid(image.grid)
    sketches = _axes(grid)
    for number, channel in enumerate(evenly(image.source, SAMPLE)):
        sample = channel[np.isfinite(channel)].astype(np.float64)
        label = name if image.channels == 1 else f"{name}#{number}"
        for word, q in INTENSITIES.items():
            sketches[f"{label}:{word}"] = Sketch.of([np.quantile(sample, q)] if sample.size else [])
        sketches[f"{label}:mean"] = Sketch.of([sample.mean()] if sample.size else [])
        sketches[f"{label}:sd"] = Sketch.of([sample.std()] if sample.size else [])
    words = {
        "kinds": (f"{name}=Image",),
        "channels": (f"{name}={image.channels}",),
        "dims": (str(grid.ndim),),
        "unit": (grid.unit,),
        "frame": (grid.frame,),
        "modality": (image.modality,),
    }
    return Facts(sketches=sketches, words=words)


def _axes(grid: Grid) -> dict[str, Sketch]:
    sketches = {}
    for axis in range(grid.ndim):
        sketches[f"spacing:{axis}"] = Sketch.of([grid.spacing[axis]])
        sketches[f"shape:{axis}"] = Sketch.of([grid.shape[axis]])
        sketches[f"extent:{axis}"] = Sketch.of([grid.extent[axis]])
    return sketches


@describe.register
def _(labels: LabelMap, name: str) -> Facts:
    counts, sketches, sizes_of = {}, {}, tally(labels.array)
    for value, word in labels.labels.items():
        size = sizes_of.get(value, 0)
        counts[f"label:{word}"] = int(size > 0)
        sketches[f"size:{word}"] = Sketch.of([size * labels.grid.voxel_volume] if size else [])
    words = {
        "kinds": (f"{name}=LabelMap",),
        "channels": (f"{name}={1 + len(labels.labels)}",),  # as an input: the background and each label
        "labels": tuple(f"{value}={word}" for value, word in labels.labels.items()),
        "ignore": () if labels.ignore is None else (str(labels.ignore),),
    }
    if labels.instances is not None:
        ids, sizes = np.unique(labels.instances[labels.instances > 0], return_counts=True)
        sketches["objects"] = Sketch.of([len(ids)])
        sketches["object_size"] = Sketch.of([np.median(sizes)] if len(ids) else [])
        words["objects"] = ("yes",)
    return Facts(counts, sketches=sketches, words=words)


@describe.register
def _(boxes: Boxes, name: str) -> Facts:
    counts = {f"label:{word}": boxes.labels.count(word) for word in set(boxes.labels)}
    sides = boxes.corners_index[:, 1] - boxes.corners_index[:, 0]
    sketches = {
        f"box_side:{axis}": Sketch.of([np.median(sides[:, axis])]) for axis in range(sides.shape[1]) if len(sides)
    }
    sketches["objects"] = Sketch.of([len(boxes)])
    sketches["object_size"] = Sketch.of([np.median(volume(boxes.corners_index))] if len(boxes) else [])
    classes = tuple(sorted(set(boxes.labels)))
    words = {"kinds": (f"{name}=Boxes",), "classes": classes, "box_classes": classes}
    return Facts(counts, sketches=sketches, words=words)


@describe.register
def _(points: Points, name: str) -> Facts:
    counts = {f"label:{word}": int(present == 1) for word, present in zip(points.names, points.present, strict=True)}
    return Facts(counts, words={"kinds": (f"{name}=Points",), "points": points.names})


@describe.register
def _(diagnosis: Diagnosis, name: str) -> Facts:
    counts = {f"label:{word}": int(p == 1) for word, p in diagnosis.probabilities.items()}
    words = {
        "kinds": (f"{name}=Diagnosis",),
        "classes": diagnosis.classes,
        "class_places": tuple(f"{place}={word}" for place, word in enumerate(diagnosis.classes)),
        "diagnosis": (diagnosis.kind,),
    }
    return Facts(counts, words=words)


@describe.register
def _(series: Series, name: str) -> Facts:
    measured = {
        f"{name}:{channel}:median": Sketch.of([np.nanmedian(column)])
        for channel, column in zip(series.channels, series.values.T, strict=True)
        if np.isfinite(column).any()
    }
    ends = {f"{name}:times": Sketch.of([len(series.times)]), f"{name}:end": Sketch.of(series.times[-1:])}
    words = {"kinds": (f"{name}=Series",), f"{name}:channels": series.channels, f"{name}:unit": (series.unit,)}
    return Facts(sketches={**measured, **ends}, words=words)


def _covariates(case: Case) -> Facts:
    sketches = {f"covariate:{n}": Sketch.of([v]) for n, v in case.covariates.items() if isinstance(v, (int, float))}
    words: dict[str, tuple[str, ...]] = {"covariates": tuple(case.covariates)}
    words |= {f"covariate:{n}": (v,) for n, v in case.covariates.items() if isinstance(v, str)}
    return Facts(sketches=sketches, words=words)
