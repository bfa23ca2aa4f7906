"""Cases to be spoilt, and the ways of spoiling them; each names the check that has to find it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from audited import run

from hounsfield.audit.check import Check
from hounsfield.audit.opened import OpenedCase
from hounsfield.phantoms.dataset import phantom_dataset
from hounsfield.registry.tables import CHECKS
from hounsfield.values import Case, Dataset, Fault, Grid, Image, LabelMap, Lazy, Truth


def lazy(value: Any, where: str) -> Lazy[Any]:
    return Lazy(type(value), where, lambda: value, lambda: where)


def case(case_id: str, image: Image, labels: LabelMap | None = None, **more: Image) -> Case:
    """A case in memory; its files are called as the case, `more` holds further images by role."""
    inputs = {role: lazy(value, f"{role}/{case_id}") for role, value in {"image": image, **more}.items()}
    truths = {} if labels is None else {"labels": Truth(lazy(labels, f"labels/{case_id}"))}
    return Case(case_id, inputs, truths)


def dataset(cases: Iterable[Case]) -> Dataset:
    return Dataset("set", tuple(cases))


def found(check: Check, cases: Iterable[Case]) -> tuple[Fault, ...]:
    """What a check finds, and what could not be read."""
    return run(dataset(cases), [check])


def ids(faults: Iterable[Fault], check: str = "") -> list[str]:
    """The cases that faults concern."""
    return sorted({case_id for fault in faults for case_id in fault.cases if check in ("", fault.check)})


@dataclass(frozen=True)
class Pair:
    """An image with its label map."""

    image: Image
    labels: LabelMap

    def changed(self, *, image: Any = None, labels: Any = None, grid: Grid | None = None) -> Pair:
        """The pair with other arrays, or on another grid."""
        own = grid or self.image.grid
        array = self.image.source.array if image is None else image
        return Pair(
            Image.of(array, own, self.image.modality),
            replace(self.labels, array=self.labels.array if labels is None else labels, grid=own),
        )

    def opened(self) -> Pair:
        """The pair with its image in memory, as floating point."""
        return Pair(Image.of(self.image.array(), self.image.grid, self.image.modality), self.labels)


def torsos(cases: int, size: tuple[int, int, int], seed: int = 0) -> list[Pair]:
    """Clean torsos with their organs."""
    made = phantom_dataset("torso", cases=cases, seed=seed, size=size)
    return [Pair(one.inputs["image"].load(), one.truth(LabelMap)).opened() for one in made]


# Each takes a pair and a generator, and gives the pair spoilt.


def with_nan(pair: Pair, rng: np.random.Generator) -> Pair:
    array = pair.image.array().copy()
    array.reshape(-1)[rng.integers(array.size, size=5)] = rng.choice([np.nan, np.inf])
    return pair.changed(image=array)


def constant(pair: Pair, rng: np.random.Generator) -> Pair:
    return pair.changed(image=np.full_like(pair.image.array(), rng.integers(100)))


def negative(pair: Pair, rng: np.random.Generator) -> Pair:
    array = pair.image.array()
    return pair.changed(image=array.max() + array.min() - array)


def moved_label(pair: Pair, rng: np.random.Generator) -> Pair:
    affine = pair.labels.grid.affine.copy()
    affine[:3, 3] += rng.choice([-1, 1]) * rng.uniform(2, 20)
    grid = Grid(pair.labels.grid.shape, affine)
    return Pair(pair.image, replace(pair.labels, grid=grid))


def strange_value(pair: Pair, rng: np.random.Generator) -> Pair:
    array = pair.labels.array.copy()
    array[array == rng.choice(list(pair.labels.labels))] = 9
    return pair.changed(labels=array)


def missing_label(pair: Pair, rng: np.random.Generator) -> Pair:
    array = pair.labels.array.copy()
    array[array == rng.choice(list(pair.labels.labels))] = 0
    return pair.changed(labels=array)


def exchanged_labels(pair: Pair, rng: np.random.Generator) -> Pair:
    a, b = rng.choice(list(pair.labels.labels), 2, replace=False)
    array = pair.labels.array
    return pair.changed(labels=np.where(array == a, b, np.where(array == b, a, array)).astype(array.dtype))


def empty_label(pair: Pair, rng: np.random.Generator) -> Pair:
    return pair.changed(labels=np.zeros_like(pair.labels.array))


def copied_image(pair: Pair, rng: np.random.Generator) -> Pair:
    array = np.rint(pair.image.array()).astype(np.int32)
    return pair.changed(image=array, labels=array[0])


def astray(pair: Pair, rng: np.random.Generator) -> Pair:
    """A voxel or two in the corner farthest from the label."""
    array = pair.labels.array.copy()
    value = 1 if array.ndim == 2 or len(pair.labels.labels) == 2 else 2
    middle = np.argwhere(array == value).mean(axis=0)
    corner = tuple(0 if m > n / 2 else n - 1 for m, n in zip(middle, array.shape, strict=True))
    array[corner] = value
    return pair.changed(labels=array)


def mirrored(pair: Pair, rng: np.random.Generator) -> Pair:
    """Left for right, in a header that says nothing of it."""
    across = int(np.argmax(np.abs(pair.image.grid.affine[0, :3])))
    return pair.changed(image=np.flip(pair.image.array(), 1 + across), labels=np.flip(pair.labels.array, across))


def turned_over(pair: Pair, rng: np.random.Generator) -> Pair:
    """The image alone, front to back."""
    along = int(np.argmax(np.abs(pair.image.grid.affine[1, :3])))
    return pair.changed(image=np.flip(pair.image.array(), 1 + along))


def other_spacing(pair: Pair, rng: np.random.Generator) -> Pair:
    affine = pair.image.grid.affine.copy()
    affine[:3, rng.integers(3)] *= rng.choice([0.5, 2.0, 10.0])
    return pair.changed(grid=Grid(pair.image.grid.shape, affine))


def other_units(pair: Pair, rng: np.random.Generator) -> Pair:
    return pair.changed(image=pair.image.array() * 1000)


Spoil = Callable[[Pair, np.random.Generator], Pair]

KINDS: Mapping[str, tuple[str, Spoil]] = {
    "nan": ("numbers", with_nan),
    "constant": ("flat", constant),
    "negative": ("inverted", negative),
    "moved label": ("grids", moved_label),
    "strange value": ("label_values", strange_value),
    "missing label": ("label_values", missing_label),
    "exchanged labels": ("label_values", exchanged_labels),
    "empty label": ("label_values", empty_label),
    "copied image": ("copied", copied_image),
    "astray": ("stray", astray),
    "other spacing": ("outliers", other_spacing),
    "other units": ("outliers", other_units),
    "mirrored": ("flipped", mirrored),
    "turned over": ("mirrored", turned_over),
}


@dataclass(frozen=True)
class Trial:
    """How a trial ended: kind -> planted cases that its check did not find, and clean cases with a finding."""

    planted: int
    missed: Mapping[str, Sequence[str]]
    clean: int
    flagged: Mapping[str, Sequence[str]]

    @property
    def found(self) -> float:
        """Share of the planted cases that were found by the check they are for."""
        return 1 - sum(map(len, self.missed.values())) / self.planted


def trial(pairs: Sequence[Pair], kinds: Iterable[str], *, of_each: int, seed: int = 0) -> Trial:
    """Spoil some cases in one way, look at the whole set with all checks; the same again in the next way.

    Each clean case is measured once, as checks measure case by case and judge afterwards.
    """
    checks = [CHECKS.load(name) for name in CHECKS.names()]
    clean = _measured(checks, {f"case_{n:03d}": pair for n, pair in enumerate(pairs)})
    rng = np.random.default_rng(seed)
    missed: dict[str, list[str]] = {}
    flagged: dict[str, list[str]] = {}
    kinds = list(kinds)
    for kind in kinds:
        right, spoil = KINDS[kind]
        numbers = rng.choice(len(pairs), of_each, replace=False)
        victims = {f"case_{n:03d}": spoil(pairs[n], rng) for n in numbers}
        spoilt = _measured(checks, victims)
        faults: list[Fault] = []
        for check in checks:
            rest = {i: value for i, value in clean[check.name].items() if i not in victims}
            faults += check.judge({**rest, **spoilt[check.name]}, dataset([]))
        missed[kind] = sorted(victims.keys() - set(ids(faults, right)))
        flagged[kind] = sorted(f"{f.cases[0]} {f}" for f in faults if f.cases and f.cases[0] not in victims)
    return Trial(of_each * len(kinds), missed, len(pairs) - of_each, flagged)


def _measured(checks: Sequence[Check], pairs: Mapping[str, Pair]) -> dict[str, dict[str, Any]]:
    measured: dict[str, dict[str, Any]] = {check.name: {} for check in checks}
    for case_id, pair in pairs.items():
        opened = OpenedCase(case(case_id, pair.image, pair.labels))
        for check in checks:
            value = check.measure(opened)
            if value is not None:
                measured[check.name][case_id] = value
    return measured
