"""Real data: what their READMEs say is wrong is found, and little else is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from planted import found, ids

from hounsfield.audit.checks import apart, enclosure
from hounsfield.layouts import lazies
from hounsfield.values import Case, Grid, Image, Lazy, Truth
from hounsfield.verbs.inspect import inspect
from hounsfield.verbs.inspection import Inspection

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def hippocampus(data_root: Path) -> Inspection:
    return inspect(data_root / "hippocampus")


def test_fifteen_hippocampi_are_too_bright(hippocampus: Inspection, data_root: Path) -> None:
    paths = sorted((data_root / "hippocampus" / "imagesTr").iterdir())
    bright = [path.name.split(".")[0] for path in paths if np.asarray(nib.load(path).dataobj).max() > 1e5]
    assert len(bright) == 15  # README
    assert ids(hippocampus.faults, "outliers") == bright


def test_the_label_in_floating_point_and_the_orphans(hippocampus: Inspection) -> None:
    assert ids(hippocampus.faults, "label_types") == ["hippocampus_003"]
    assert "orphans/labels/hippocampus_010.nii.gz" in hippocampus.dataset.unclaimed
    assert "orphans/labels/hippocampus_281.nii.gz" in hippocampus.dataset.unclaimed


def test_hardly_a_clean_hippocampus_is_named(hippocampus: Inspection) -> None:
    known = {*ids(hippocampus.faults, "outliers"), "hippocampus_003"}
    others = [fault for fault in hippocampus.faults if not known & set(fault.cases)]
    assert len(ids(others)) <= 2, others  # of 105 cases
    assert all(fault.cases for fault in others)
    assert not hippocampus.problems


def heart(path: Path) -> Case:
    label = path.with_name(path.name.replace(".nii", "_label.nii"))
    names = {1: "cavity", 2: "myocardium"}
    truth = Truth(lazies.labels_on(label, path, names))
    return Case(path.name.split(".")[0], {"image": lazies.image(path)}, {"labels": truth})


def test_outer_contours_of_another_heart(data_root: Path) -> None:
    """README: SCD0000501 has the outer contours of another patient, end-diastole only."""
    folder = data_root / "cardiac_cine"
    good = [heart(path) for path in sorted((folder / "nifti").glob("*_E?.nii.gz"))]
    bad = [heart(path) for path in sorted((folder / "nifti_faulty").glob("*_E?.nii.gz"))]
    assert (len(good), len(bad)) == (6, 2)
    assert ids(found(enclosure.CHECK, [*good, *bad])) == ["SCD0000501_ED"]
    assert ids(found(enclosure.CHECK, bad)) == ["SCD0000501_ED"]
    for number in (0, 2, 4):
        assert found(enclosure.CHECK, good[number : number + 2]) == ()


def in_common_space(path: Path, transform: Path) -> Lazy[Image]:
    """An image whose header was mended by its given transform, from common space to its own, both LPS."""
    words = dict(line.split(":", 1) for line in transform.read_text().splitlines() if ":" in line)
    numbers = np.array(words["Parameters"].split(), float)
    centre = np.array(words["FixedParameters"].split(), float)
    to_own = np.eye(4)
    to_own[:3, :3] = numbers[:9].reshape(3, 3)
    to_own[:3, 3] = numbers[9:] + centre - to_own[:3, :3] @ centre
    lps = np.diag([-1.0, -1, 1, 1])
    affine = lps @ np.linalg.inv(to_own) @ lps @ nib.load(path).affine
    image = lazies.image(path)

    def load() -> Image:
        own = image.load()
        return replace(own, grid=Grid(own.grid.shape, affine))

    return replace(image, load=load)


@pytest.fixture
def dates(data_root: Path) -> Callable[[bool], Case]:
    folder = data_root / "multiple_sclerosis" / "longitudinal" / "patient01"

    def case(mended: bool) -> Case:
        inputs = {}
        for study in ("study1", "study2"):
            path = folder / f"{study}_FLAIR.nii.gz"
            transform = folder / f"{study}_FLAIR_to_common_space.txt"
            inputs[study] = in_common_space(path, transform) if mended else lazies.image(path)
        return Case("patient01", inputs)

    return case


def test_two_dates_that_lie_apart_by_their_headers(dates: Callable[[bool], Case]) -> None:
    """README: inside the brain the correlation is 0.16 by the headers and 0.94 with the given transforms."""
    (fault,) = found(apart.CHECK, [dates(False)])
    assert fault.cases == ("patient01",)
    assert fault.where.endswith("study2_FLAIR.nii.gz")
    assert found(apart.CHECK, [dates(True)]) == ()


def test_contrasts_on_one_grid_do_not_lie_apart(data_root: Path) -> None:
    root = data_root / "multiple_sclerosis" / "cross_sectional" / "MNI_2mm"
    cases = [
        Case(folder.name, {role: lazies.image(folder / f"{role}.nii.gz") for role in ("T1", "T2", "FLAIR")})
        for folder in sorted(root.iterdir())
    ]
    assert len(cases) == 2
    assert found(apart.CHECK, cases) == ()


def test_a_hippocampus_alone_has_neighbours_but_no_enclosure(hippocampus: Inspection) -> None:
    assert [one.id for one in hippocampus.dataset if found(enclosure.CHECK, [one])] == []
