"""Data sets of phantoms, whose cases are made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from hounsfield.phantoms.cells import SHAPE as PICTURE_SHAPE
from hounsfield.phantoms.cells import cells
from hounsfield.phantoms.recipe import Null
from hounsfield.phantoms.records import record
from hounsfield.phantoms.torso import SHAPE as TORSO_SHAPE
from hounsfield.phantoms.torso import spacing_of_full_view, torso, torso_pair
from hounsfield.values import Case, Dataset, refuse

Kind = Literal["torso", "torso_pairs", "cells", "records"]


@dataclass(frozen=True)
class _Sort:
    """What a kind of phantom is for. shape: the default one, () where there is none."""

    task: str
    why: str
    shape: tuple[int, ...]


_SORTS = {
    "torso": _Sort("segmentation", "each volume has a label map of its organs", TORSO_SHAPE),
    "torso_pairs": _Sort("registration", "each case has a fixed and a moving volume", TORSO_SHAPE),
    "cells": _Sort("detection", "each picture has boxes", PICTURE_SHAPE),
    "records": _Sort("diagnosis", "each record has an outcome", ()),
}


def phantom_dataset(
    kind: Kind,
    *,
    cases: int,
    seed: int = 0,
    difficulty: float = 0.5,
    null: Null = "none",
    size: tuple[int, ...] | None = None,
) -> Dataset:
    """Cases 0 to `cases` - 1 of a kind of phantom, undivided.

    size: shape of each image; torsos keep their field of view, so that a smaller shape has larger voxels.
    Raises Refused for what no phantom can be.
    """
    if kind not in get_args(Kind):
        raise refuse("phantoms", f"there is no kind {kind!r}", f"Choose one of {', '.join(get_args(Kind))}")
    if cases < 1:
        raise refuse(kind, f"a data set cannot have {cases} cases", "Ask for at least one")
    sort = _SORTS[kind]
    shape = sort.shape if size is None else tuple(size)
    if len(shape) != len(sort.shape):
        remedy = f"Give {len(sort.shape)} numbers" if sort.shape else "Leave the size out"
        raise refuse(kind, f"cannot have the size {shape}", remedy)
    made = (_case(kind, seed, number, shape, difficulty, null) for number in range(cases))
    return Dataset(
        f"phantom {kind} (seed {seed}, difficulty {difficulty}, null {null})",
        tuple(made),
        layout="phantom",
        why="made by rule, nothing was read",
        task=sort.task,
        task_why=sort.why,
    )


def _case(kind: Kind, seed: int, number: int, shape: tuple[int, ...], difficulty: float, null: Null) -> Case:
    if kind == "records":
        return record(seed, number, difficulty=difficulty, null=null)
    if kind == "cells":
        return cells(seed, number, shape=shape, difficulty=difficulty, null=null)
    make: Callable[..., Case] = torso if kind == "torso" else torso_pair
    return make(seed, number, shape=shape, spacing=spacing_of_full_view(shape), difficulty=difficulty, null=null)
