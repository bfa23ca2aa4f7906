"""Copies and near copies are named with both files; scans of one kind, alike as they are, are not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from audited import as_jpeg, breast_ultrasound, dataset, found, ids, image_of, series_of, texture
from PIL import Image as Pillow

from hounsfield.audit.checks.duplicates import CHECK
from hounsfield.layouts.decathlon import LAYOUT as DECATHLON
from hounsfield.layouts.layout import ReadOptions
from hounsfield.layouts.mask_per_object import LAYOUT as MASK_PER_OBJECT
from hounsfield.layouts.medmnist import LAYOUT as MEDMNIST
from hounsfield.phantoms.dataset import phantom_dataset
from hounsfield.values import Case

ARRAYS = [texture(seed) for seed in range(12)]
CLEAN = [Case(f"c{n:02d}", {"image": image_of(array, f"c{n:02d}.png")}) for n, array in enumerate(ARRAYS)]


def resized(array, share: float):
    rows, columns = (round(share * n) for n in array.shape)
    return np.asarray(Pillow.fromarray(array).resize((columns, rows), Pillow.Resampling.LANCZOS))


def with_copy(array, name: str = "copy", **more) -> list[Case]:
    return [*CLEAN, Case(name, {"image": image_of(array, f"{name}.png")}, **more)]


def test_clean_pictures_of_one_kind_are_not_named() -> None:
    assert found(CHECK, CLEAN) == ()


def test_a_copy_under_another_name() -> None:
    (fault,) = found(CHECK, with_copy(ARRAYS[3].copy()))
    assert (fault.where, fault.what) == ("c03.png and copy.png", "are the same")
    assert (fault.cases, fault.sure) == (("c03", "copy"), 1.0)


@pytest.mark.parametrize(
    "change",
    [
        lambda array: as_jpeg(array, 60),
        lambda array: (0.7 * array + 20).astype(np.uint8),
        lambda array: np.clip(array + np.random.default_rng(1).normal(0, 3, array.shape), 0, 255).astype(np.uint8),
        lambda array: resized(array, 0.8),
        lambda array: resized(array, 1.7),
    ],
    ids=["jpeg", "brightness", "noise", "smaller", "larger"],
)
def test_near_copies(change) -> None:
    (fault,) = found(CHECK, with_copy(change(ARRAYS[7])))
    assert fault.cases == ("c07", "copy")
    assert "nearly the same image" in fault.what
    assert 0.6 <= fault.sure < 1


def test_a_volume_in_other_numbers() -> None:
    volumes = [texture(seed, (24, 20, 22)) for seed in range(5)]
    cases = [Case(f"v{n}", {"ct": image_of(array, f"v{n}.nii")}) for n, array in enumerate(volumes)]
    assert found(CHECK, cases) == ()
    copy = Case("copy", {"ct": image_of((3.0 * volumes[2] - 1000).astype(np.float32), "copy.nii")})
    (fault,) = found(CHECK, [*cases, copy])
    assert fault.cases == ("v2", "copy")


def test_scans_of_one_person_may_be_alike() -> None:
    near = as_jpeg(ARRAYS[7], 60)
    assert found(CHECK, with_copy(near, patient="c07")) == ()


def test_scans_of_a_person_whom_two_pairs_share_may_be_alike() -> None:
    near = as_jpeg(ARRAYS[7], 60)
    pair = replace(CLEAN[7], patient="a+b", several=("a", "b"))
    shares = Case("copy", {"image": image_of(near, "copy.png")}, patient="b+c", several=("b", "c"))
    other = replace(shares, patient="c+d", several=("c", "d"))
    cases = [*CLEAN[:7], pair, *CLEAN[8:]]
    assert found(CHECK, [*cases, shares]) == ()
    (fault,) = found(CHECK, [*cases, other])
    assert fault.cases == ("c07", "copy")


def test_a_template_that_all_cases_share_is_meant() -> None:
    template = texture(99)
    cases = [
        Case(f"p{n}", {"fixed": image_of(template, "template.png"), "moving": image_of(array, f"p{n}.png")})
        for n, array in enumerate(ARRAYS)
    ]
    assert found(CHECK, cases) == ()


def test_one_file_in_two_roles() -> None:
    case = Case("a", {"t1": image_of(ARRAYS[0], "a_t1.png"), "t2": image_of(ARRAYS[0], "a_t2.png")})
    (fault,) = found(CHECK, [case])
    assert (fault.what, fault.cases) == ("are the same, in two roles of one case", ("a",))


def test_series_and_rows_of_a_table() -> None:
    series = {"HR": [80.0, 90.0]}
    cases = [Case(name, {"history": series_of([0, 1], series, f"{name}.txt")}) for name in "ab"]
    assert ids(found(CHECK, cases)) == {"a", "b"}
    rows = [Case(f"r{n}", {}, covariates={f"x{k}": float(n * k % 7) for k in range(9)}) for n in range(6)]
    assert found(CHECK, rows) == ()
    (fault,) = found(CHECK, [*rows, Case("again", {}, covariates=rows[4].covariates)])
    assert fault.cases == ("r4", "again")
    few = [Case(name, {}, covariates={"age": 60.0, "sex": 1.0}) for name in "ab"]
    assert found(CHECK, few) == ()


def test_phantoms_are_no_copies_of_each_other() -> None:
    assert found(CHECK, phantom_dataset("torso", cases=12, seed=3, size=(24, 20, 28))) == ()


@pytest.mark.data
def test_chest_films(data_root: Path) -> None:
    """README: 3865 of 3882 images in train and 621 of 624 in test are distinct."""
    films = MEDMNIST.read(data_root / "chest_xray", ReadOptions())
    faults = found(CHECK, films)
    parts = {case.id: case.split for case in films}
    copies = [parts[fault.cases[0]] for fault in faults if fault.sure == 1.0]
    assert copies.count("training") == 3882 - 3865
    assert copies.count("test") == 624 - 621
    assert len(faults) - len(copies) <= 0.02 * len(films)


@pytest.mark.data
@pytest.mark.parametrize(("name", "layout"), [("hippocampus", DECATHLON), ("nuclei", MASK_PER_OBJECT)])
def test_real_sets_without_known_copies(data_root: Path, name: str, layout) -> None:
    cases = layout.read(data_root / name, ReadOptions())
    assert len(ids(found(CHECK, cases))) <= 0.02 * len(cases)


@pytest.mark.data
def test_breast_ultrasound(data_root: Path) -> None:
    """README: benign (433) and malignant (145), which contradict each other, are the only exact copy; near copies are
    frequent. Of normal (55) and (68) one is a row shorter, as a look at them shows.
    """
    (fault,) = found(CHECK, dataset(breast_ultrasound(data_root)))
    assert fault.cases == ("normal (55)", "normal (68)")
    assert "nearly the same image" in fault.what
