"""Transforms that lie beside images: said where the images lie on each other with them, and not without."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from planted import found
from scipy.ndimage import gaussian_filter

from hounsfield.audit.checks.transforms import CHECK
from hounsfield.formats.nifti import write_image
from hounsfield.layouts import lazies
from hounsfield.values import Case, Fault, Grid, Image

ITK = """#Insight Transform File V1.0
#Transform 0
Transform: AffineTransform_double_3_3
Parameters: 1 0 0 0 1 0 0 0 1 {} {} {}
FixedParameters: 0 0 0
"""


def body(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).random((24, 26, 20))
    return (1000 * gaussian_filter(noise, 1.5)).astype(np.float32)


def two_dates(folder: Path, *, stated: float, true: float, transforms: bool = True, other: int = 0) -> Case:
    """The same body twice; by its header the second lies `stated` mm further to the right, in truth `true` mm."""
    for name, shift, seed in (("a", 0.0, 0), ("b", stated, other)):
        affine = np.diag([2.0, 2, 2, 1])
        affine[0, 3] = shift
        array = body(seed)
        write_image(folder / f"{name}.nii.gz", Image.of(array, Grid(array.shape, affine)))
        if transforms:  # from common space to its own, in LPS, where right is less
            to_own = 0.0 if name == "a" else -(stated - true)
            (folder / f"{name}_to_common.txt").write_text(ITK.format(to_own, 0, 0))
    return Case("case", {name: lazies.image(folder / f"{name}.nii.gz") for name in ("a", "b")})


def told(case: Case) -> tuple[Fault, ...]:
    return found(CHECK, [case])


def test_images_that_given_transforms_bring_together(tmp_path: Path) -> None:
    (fault,) = told(two_dates(tmp_path, stated=16.0, true=0.0))
    assert fault.cases == ("case",)
    assert fault.where.endswith("b.nii.gz")
    assert "(a_to_common.txt, b_to_common.txt) it is 1.00" in fault.what


@pytest.mark.parametrize(
    "more",
    [
        {"stated": 0.0, "true": 0.0},  # the headers are right, and the transforms say nothing else
        {"stated": 16.0, "true": 0.0, "transforms": False},
        {"stated": 16.0, "true": 8.0},  # the transforms do not help
        {"stated": 16.0, "true": 0.0, "other": 1},  # another body
    ],
)
def test_nothing_is_said_where_transforms_say_nothing_new(more, tmp_path: Path) -> None:
    assert told(two_dates(tmp_path, **more)) == ()


def test_other_text_beside_an_image_is_no_transform(tmp_path: Path) -> None:
    case = two_dates(tmp_path, stated=16.0, true=0.0)
    (tmp_path / "a_to_common.txt").write_text("how it was registered: by hand\n")
    assert told(case) == ()
