"""CT-like torsos: one volume with organs and landmarks, or two of one patient with the transform between them.

Not modelled, so never claimed: scanner-specific reconstruction, the long tail of real anatomy, disease, readers who
disagree. What holds on these volumes says how a method works, nothing about patients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from hounsfield.phantoms.deformation import Deformation
from hounsfield.phantoms.recipe import Null, Recipe
from hounsfield.phantoms.scan import FULL_VIEW_MM, Scan
from hounsfield.values import Case, Image, LabelMap, Lazy, Points, Transform, Truth, refuse

SHAPE = (48, 40, 56)
SPACING_MM = 6.0
DrawScan = Callable[[Recipe, Recipe], Scan]  # from the recipe of the grid and that of the body


def torso(
    seed: int,
    number: int,
    *,
    shape: tuple[int, ...] = SHAPE,
    spacing: float | tuple[float, ...] = SPACING_MM,
    difficulty: float = 0.5,
    null: Null = "none",
) -> Case:
    """A CT-like volume of a torso.

    inputs: "image", int16 HU.  truths: "organs" (lung, liver, spleen, kidney, spine) and "landmarks" (12 points inside
    structures, world mm; those outside the field of view are absent).  Cases 2n and 2n + 1 are scans of one patient:
    same anatomy and habits, other framing, posture and noise.
    spacing: mm, one number or three.  difficulty moves noise, the organs' contrast and their freedom of place.
    null: "no_signal" paints the body empty; "shuffled" takes the truth of another patient, on this grid.
    """
    recipe = _recipe("torso", seed, number, shape, spacing, difficulty, null, images_per_patient=2)
    return Case(
        recipe.id,
        inputs={"image": recipe.lazy(Image, "image", partial(_image, scan=Scan.draw))},
        truths={
            "organs": Truth(recipe.lazy(LabelMap, "organs", partial(_organs, scan=Scan.draw))),
            "landmarks": Truth(recipe.lazy(Points, "landmarks", partial(_landmarks, scan=Scan.draw))),
        },
        patient=recipe.patient,
        site=recipe.site,
    )


def torso_pair(
    seed: int,
    number: int,
    *,
    shape: tuple[int, ...] = SHAPE,
    spacing: float | tuple[float, ...] = SPACING_MM,
    difficulty: float = 0.5,
    null: Null = "none",
) -> Case:
    """Two CT-like volumes of one patient, each on its own grid, and the transform between them.

    inputs: "fixed" and "moving", int16 HU.  truths: "fixed_organs", "moving_organs", "fixed_landmarks",
    "moving_landmarks" and "transform" (fixed to moving world: a smooth displacement that is zero at the border of the
    fixed grid, then an affine).  Both volumes are painted from the anatomy, none by resampling the other.
    difficulty also moves the displacement's peak.  null: as for `torso`; "shuffled" takes the transform too.
    """
    recipe = _recipe("torso_pair", seed, number, shape, spacing, difficulty, null)
    scans: dict[str, DrawScan] = {"fixed": _fixed, "moving": partial(Scan.draw, role="moving")}
    inputs: dict[str, Lazy[Any]] = {}
    truths: dict[str, Truth] = {}
    for role, scan in scans.items():
        inputs[role] = recipe.lazy(Image, role, partial(_image, scan=scan))
        organs = recipe.lazy(LabelMap, f"{role}_organs", partial(_organs, scan=scan))
        landmarks = recipe.lazy(Points, f"{role}_landmarks", partial(_landmarks, scan=scan))
        truths |= {f"{role}_organs": Truth(organs, of=role), f"{role}_landmarks": Truth(landmarks, of=role)}
    truths["transform"] = Truth(recipe.lazy(Transform, "transform", _transform), of="fixed")
    return Case(recipe.id, inputs=inputs, truths=truths, patient=recipe.patient, site=recipe.site)


def spacing_of_full_view(shape: tuple[int, ...]) -> tuple[float, ...]:
    """The spacing in mm at which a grid of this shape sees as much of the body as one of the default shape."""
    return tuple(round(mm / n, 3) for mm, n in zip(FULL_VIEW_MM, shape, strict=True))


def _recipe(
    generator: str,
    seed: int,
    number: int,
    shape: tuple[int, ...],
    spacing: float | tuple[float, ...],
    difficulty: float,
    null: Null,
    images_per_patient: int = 1,
) -> Recipe:
    if len(shape) != 3 or min(shape) < 8:
        raise refuse(generator, f"cannot be made in the shape {tuple(shape)}", "Give three numbers of at least 8")
    steps = np.broadcast_to(np.asarray(spacing, float), (3,)) if np.size(spacing) in (1, 3) else np.zeros(3)
    if not np.all(steps > 0):
        raise refuse(generator, f"cannot have the spacing {spacing}", "Give one number or three, in mm, above 0")
    settings = {"shape": [int(n) for n in shape], "spacing": [float(s) for s in steps]}
    return Recipe(generator, int(seed), int(number), float(difficulty), null, images_per_patient, settings)


def _fixed(recipe: Recipe, body: Recipe) -> Scan:
    """The fixed scan: the body as the moving one shows it, seen through the transform."""
    scan = Scan.draw(recipe, body, "fixed")
    return replace(scan, moved=_deformation(body, scan))


def _deformation(recipe: Recipe, fixed: Scan) -> Deformation:
    return Deformation.draw(recipe.stream("deformation"), fixed.grid, peak_mm=recipe.knob(6, 18))


def _image(recipe: Recipe, scan: DrawScan) -> Image:
    return scan(recipe, recipe).image()


def _organs(recipe: Recipe, scan: DrawScan) -> LabelMap:
    return scan(recipe, recipe.of_truth).organs()


def _landmarks(recipe: Recipe, scan: DrawScan) -> Points:
    return scan(recipe, recipe.of_truth).landmarks()


def _transform(recipe: Recipe) -> Transform:
    fixed, moving = (Scan.draw(recipe, recipe, role) for role in ("fixed", "moving"))
    told = _deformation(recipe.of_truth, fixed)
    return Transform(fixed.grid, moving.grid, told.affine, told.displacement())
