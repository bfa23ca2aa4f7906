"""Tiny cases for each task, and the ways in which a case can be bad, unknown or unlike the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hounsfield.phantoms.dataset import phantom_dataset
from hounsfield.values import Boxes, Case, Diagnosis, Grid, Image, LabelMap, Lazy, Points, Series


def lazy(value: Any, name: str = "memory") -> Lazy[Any]:
    """A value in memory; its digest is its name and what it looks like."""
    return Lazy(type(value), name, lambda: value, lambda: f"{name} {value!r} {_told(value)}")


def _told(value: Any) -> str:
    arrays = [a for a in vars(value).values() if isinstance(a, np.ndarray)]
    return " ".join(str(hash(array.tobytes())) for array in arrays)


def volumes() -> Sequence[Case]:
    """Six torsos of 16 x 16 x 16."""
    return phantom_dataset("torso", cases=6, size=(16, 16, 16)).cases


def pairs() -> Sequence[Case]:
    """Three pairs of torsos."""
    return phantom_dataset("torso_pairs", cases=3, size=(16, 16, 16)).cases


def pictures() -> Sequence[Case]:
    """Eight pictures of cells, both diagnoses in turn."""
    return _in_turn(phantom_dataset("cells", cases=24, size=(48, 48)).cases)


def records() -> Sequence[Case]:
    """Eight intensive care records, both outcomes in turn."""
    return _in_turn(phantom_dataset("records", cases=24).cases)


def _in_turn(cases: Sequence[Case]) -> list[Case]:
    """Eight cases whose likeliest class changes from one to the next."""
    found: dict[str, list[Case]] = {}
    for case in cases:
        truth = case.truth(Diagnosis)
        assert truth is not None
        found.setdefault(truth.likeliest, []).append(case)
    classes = [found[name][:4] for name in sorted(found)]
    assert [len(some) for some in classes] == [4, 4]
    return [case for both in zip(*classes, strict=True) for case in both]


KINDS: Mapping[str, Sequence[Callable[[], Sequence[Case]]]] = {
    "segmentation": (volumes, pictures),
    "detection": (pictures, volumes),
    "landmarks": (volumes, pictures),
    "diagnosis": (pictures, records, volumes),
    "registration": (pairs,),
}


def with_input(case: Case, role: str, value: Any) -> Case:
    """The case with another value of a role."""
    return replace(case, inputs={**case.inputs, role: lazy(value, f"other {role}")})


def wrong(case: Case) -> Iterator[tuple[str, Case]]:
    """Cases that have to be refused: without inputs, of other dimensions, with other channels."""
    if case.inputs:
        yield "no inputs", replace(case, inputs={})
    for role, given in case.inputs.items():
        if given.kind is Image:
            image = given.load()
            flat = Grid.picture((16, 16)) if image.grid.ndim == 3 else Grid.regular((8, 8, 8))
            yield f"{role} of other dimensions", with_input(case, role, Image.of(np.zeros(flat.shape), flat))
            more = np.concatenate([image.array()] * 2)
            yield f"{role} with other channels", with_input(case, role, Image.of(more, image.grid))
            if len(case.inputs) > 1:
                yield f"without {role}", replace(case, inputs={r: v for r, v in case.inputs.items() if r != role})


def odd(case: Case) -> Iterator[tuple[str, Case]]:
    """Cases that may be answered or refused."""
    for role, given in case.inputs.items():
        value = given.load()
        if isinstance(value, Image):
            array, grid = value.array(), value.grid
            yield f"constant {role}", with_input(case, role, Image.of(np.zeros_like(array), grid))
            yield f"{role} of NaN", with_input(case, role, Image.of(np.full_like(array, np.nan), grid))
            one = Grid((1,) * grid.ndim, grid.affine, grid.unit, grid.frame)
            corner = array[(slice(None), *(slice(0, 1),) * grid.ndim)]
            yield f"{role} of one element", with_input(case, role, Image.of(corner, one))
        if isinstance(value, Series):
            none = value.values[:0]
            yield f"{role} without times", with_input(case, role, replace(value, times=value.times[:0], values=none))
            unmeasured = np.full_like(value.values, np.nan)
            yield f"{role} without values", with_input(case, role, replace(value, values=unmeasured))
            yield (
                f"{role} of other channels",
                with_input(case, role, replace(value, values=value.values[:, :1], channels=value.channels[:1])),
            )
    if case.covariates:
        yield "unknown covariates", replace(case, covariates=dict.fromkeys(case.covariates))
        yield "no covariates", replace(case, covariates={})
        yield "odd covariates", replace(case, covariates=dict.fromkeys(case.covariates, "what?"))


def unlike(case: Case) -> Case:
    """The case as nothing in training was: ten times the size of an element, or a hundred times the values."""
    case = replace(case, covariates={n: 1e4 if isinstance(v, float) else v for n, v in case.covariates.items()})
    for role, given in case.inputs.items():
        value = given.load()
        if isinstance(value, Image):
            large = value.grid.affine @ np.diag([10.0] * value.grid.ndim + [1.0])
            grid = Grid(value.grid.shape, large, value.grid.unit, value.grid.frame)
            case = with_input(case, role, Image(value.source, grid, value.modality))
        if isinstance(value, Series):
            case = with_input(case, role, replace(value, values=100 * value.values))
    return case


def hidden(case: Case, variant: int) -> Case | None:
    """The case with a truth that is unknown in part; variants differ in what nobody can know. None: nothing to hide."""
    for name, truth in case.truths.items():
        veil = VEILS.get(truth.answer.kind)
        if veil is not None:
            veiled = veil(truth.answer.load(), variant)
            return replace(case, truths={name: replace(truth, answer=lazy(veiled, f"veiled {name}"))})
    return None


def unknown_diagnosis(case: Case) -> Case:
    """The case with a diagnosis that nobody knows."""
    ((name, truth),) = case.truths.items()
    known: Diagnosis = truth.answer.load()
    unknown = replace(known, probabilities=dict.fromkeys(known.classes, float("nan")))
    return replace(case, truths={name: replace(truth, answer=lazy(unknown, f"unknown {name}"))})


def _veil_labels(truth: LabelMap, variant: int) -> LabelMap:
    ignore = 200 + variant
    array = truth.array.copy()
    array[: len(array) // 2] = ignore
    if truth.ignore is not None:
        array[truth.array == truth.ignore] = ignore
    return replace(truth, array=array, ignore=ignore)


def _veil_boxes(truth: Boxes, variant: int) -> Boxes:
    if not len(truth):
        return truth
    names = sorted(set(truth.labels))
    labels = (names[variant % len(names)], *truth.labels[1:])
    return replace(truth, labels=labels, ignore=np.array([True, *truth.ignore[1:]]))


def _veil_points(truth: Points, variant: int) -> Points:
    coordinates, present = truth.coordinates.copy(), truth.present.copy()
    coordinates[0], present[0] = 5.0 * variant, np.nan
    return replace(truth, coordinates=coordinates, present=present)


VEILS: Mapping[type, Callable[[Any, int], Any]] = {
    LabelMap: _veil_labels,
    Boxes: _veil_boxes,
    Points: _veil_points,
}
