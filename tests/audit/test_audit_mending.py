"""What the mends of volumes change, and what they leave alone; every mended file is read by nibabel or SimpleITK."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from audited import found as faults_of

from hounsfield.audit.mending.laid import edge_contrast
from hounsfield.audit.mending.mend import Mend, one_a_file
from hounsfield.audit.running import Audit
from hounsfield.layouts.decathlon import LAYOUT, write
from hounsfield.layouts.layout import ReadOptions
from hounsfield.phantoms.dataset import phantom_dataset
from hounsfield.registry.tables import CHECKS, MENDINGS
from hounsfield.values import Dataset

AFFINE = np.array([[-1.5, 0, 0, 40], [0, 0, 2.5, -30], [0, -1.25, 0, 7], [0, 0, 0, 1.0]])


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean") / "scans"
    write(phantom_dataset("torso", cases=6, size=(20, 18, 16)), folder)
    for path in folder.rglob("*.nii.gz"):
        nib.save(nib.Nifti1Image(np.asarray(nib.load(path).dataobj), AFFINE), path)
    return folder


@pytest.fixture
def scans(clean: Path, tmp_path: Path) -> Path:
    """Six torsos on one affine, to be spoilt."""
    for path in clean.rglob("*.nii.gz"):
        to = tmp_path / "scans" / path.relative_to(clean)
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(path.read_bytes())
    return tmp_path / "scans"


IMAGE, LABEL = Path("imagesTr/torso_0000.nii.gz"), Path("labelsTr/torso_0000.nii.gz")


def spoil(path: Path, *, array: Callable = np.asarray, affine: np.ndarray | None = None) -> None:
    volume = nib.load(path)
    numbers = array(np.asarray(volume.dataobj))
    header = volume.header.copy()
    header.set_data_dtype(numbers.dtype)
    header["descrip"] = b"kept"
    nib.save(nib.Nifti1Image(numbers, volume.affine if affine is None else affine, header), path)


def mends(data: Dataset) -> tuple[Mend, ...]:
    audit = Audit([CHECKS.load(name) for name in MENDINGS.names()])
    for case in data:
        audit.look(case)
    return audit.mends(data, {name: MENDINGS.load(name) for name in MENDINGS.names()})


def read(scans: Path) -> Dataset:
    return LAYOUT.read(scans, ReadOptions())


def mended(scans: Path, tmp_path: Path) -> dict[Path, Path]:
    """Relative path -> the mended file."""
    written = {}
    for mend in mends(read(scans)):
        to = tmp_path / "mended" / mend.file.relative_to(scans)
        to.parent.mkdir(parents=True, exist_ok=True)
        before = mend.file.read_bytes()
        mend.write(to)
        assert mend.file.read_bytes() == before
        written[mend.file.relative_to(scans)] = to
    return written


def numbers(path: Path) -> np.ndarray:
    return np.asarray(nib.load(path).dataobj)


def test_a_clean_set_has_nothing_to_mend(clean: Path) -> None:
    assert mends(read(clean)) == ()


@pytest.mark.parametrize(("odd_one", "right"), [(LABEL, IMAGE), (IMAGE, LABEL)])
def test_where_all_headers_say_nothing_the_one_that_says_something_is_the_odd_one(
    scans: Path, tmp_path: Path, odd_one: Path, right: Path
) -> None:
    for path in scans.rglob("*.nii.gz"):
        nib.save(nib.Nifti1Image(numbers(path), np.eye(4)), path)
    spoil(scans / odd_one, affine=AFFINE)
    assert [Path(fault.where) for fault in faults_of(CHECKS.load("grids"), read(scans))] == [scans / odd_one]
    written = mended(scans, tmp_path)
    assert list(written) == [odd_one]
    assert np.array_equal(nib.load(written[odd_one]).affine, nib.load(scans / right).affine)


@pytest.mark.parametrize("odd", [np.eye(4), np.diag([-1.0, -1, 1, 1]), AFFINE @ np.diag([3.0, 1, 1, 1])])
@pytest.mark.parametrize("side", [IMAGE, LABEL], ids=["image", "label"])
def test_the_odd_header_becomes_that_of_the_other(scans: Path, tmp_path: Path, side: Path, odd: np.ndarray) -> None:
    spoil(scans / side, affine=odd)
    (path, new), *others = mended(scans, tmp_path).items()
    assert (path, others) == (side, [])
    assert np.array_equal(nib.load(new).affine, AFFINE)
    assert np.array_equal(numbers(new), numbers(scans / side))
    assert nib.load(new).get_data_dtype() == nib.load(scans / side).get_data_dtype()
    assert bytes(nib.load(new).header["descrip"]).startswith(b"kept")
    image, label = (sitk.ReadImage(str(new if p == side else scans / p)) for p in (IMAGE, LABEL))
    for what in ("GetOrigin", "GetSpacing", "GetDirection"):
        assert getattr(image, what)() == pytest.approx(getattr(label, what)(), abs=1e-5)


@pytest.mark.parametrize("axes", [("R", "A", "S"), ("L", "P", "I"), ("S", "L", "A"), ("A", "S", "R")])
def test_a_label_in_another_order_is_brought_into_the_images(scans: Path, tmp_path: Path, axes) -> None:
    whole = nib.load(scans / LABEL)
    way = nib.orientations.axcodes2ornt(axes)
    turned = whole.as_reoriented(nib.orientations.ornt_transform(nib.io_orientation(whole.affine), way))
    expected = numbers(scans / LABEL)
    nib.save(nib.Nifti1Image(np.asarray(turned.dataobj), turned.affine), scans / LABEL)
    ((path, new),) = mended(scans, tmp_path).items()
    assert path == LABEL
    assert np.array_equal(numbers(new), expected)
    assert np.array_equal(nib.load(new).affine, AFFINE)
    assert nib.load(new).get_data_dtype() == np.uint8


def test_what_would_have_to_interpolate_or_guess_is_left_alone(scans: Path) -> None:
    half, shifted = AFFINE.copy(), AFFINE.copy()
    half[:3, 3] += AFFINE[:3, 0] / 2
    shifted[:3, 3] += 3 * AFFINE[:3, 0]
    spoil(scans / LABEL, array=lambda a: a[::2], affine=AFFINE @ np.diag([2.0, 1, 1, 1]))  # coarser
    spoil(scans / "labelsTr/torso_0001.nii.gz", array=lambda a: a[2:], affine=shifted)  # a part of the image
    spoil(scans / "labelsTr/torso_0002.nii.gz", array=lambda a: a[::-1], affine=np.eye(4))  # no header, turned round
    spoil(scans / "labelsTr/torso_0003.nii.gz", array=lambda a: a.transpose(1, 0, 2), affine=np.eye(4))
    assert len(faults_of(CHECKS.load("grids"), read(scans))) == 4
    assert mends(read(scans)) == ()


def test_a_header_that_is_odd_and_right_is_left_alone(scans: Path) -> None:
    """The label was moved as its header says: laid on the image element by element it would be wrong."""
    shifted = AFFINE.copy()
    shifted[:3, 3] += 3 * AFFINE[:3, 0]
    spoil(scans / LABEL, array=lambda a: np.roll(a, -3, 0), affine=shifted)
    (fault,) = faults_of(CHECKS.load("grids"), read(scans))
    assert "the label is the odd one" in fault.what
    assert mends(read(scans)) == ()


def test_an_image_that_others_lean_on_is_left_alone(scans: Path) -> None:
    spoil(scans / IMAGE, affine=np.eye(4))
    data = read(scans)
    first = data.cases[0]
    assert len(mends(data)) == 1
    two_images = replace(first, inputs={**first.inputs, "t2": data.cases[1].inputs["image"]})
    assert mends(data.with_cases([two_images, *data.cases[1:]])) == ()
    in_two_cases = replace(data.cases[5], id="again", inputs={"other": first.inputs["image"]}, truths={})
    assert mends(data.with_cases([*data.cases, in_two_cases])) == ()


def test_a_label_that_fits_another_image_is_left_alone(scans: Path) -> None:
    spoil(scans / IMAGE, affine=AFFINE @ np.diag([3.0, 1, 1, 1]))
    data = read(scans)
    other = replace(data.cases[0], id="other", inputs=data.cases[1].inputs)
    (mend,) = mends(data.with_cases([*data.cases, other]))
    assert mend.file == scans / IMAGE


def test_labels_in_floating_point_become_whole_numbers(scans: Path, tmp_path: Path) -> None:
    expected = numbers(scans / LABEL)
    spoil(scans / LABEL, array=lambda a: a.astype(np.float64))
    ((path, new),) = mended(scans, tmp_path).items()
    assert path == LABEL
    assert nib.load(new).get_data_dtype() == np.uint8
    assert np.array_equal(numbers(new), expected)
    assert np.array_equal(nib.load(new).affine, nib.load(scans / LABEL).affine)
    assert bytes(nib.load(new).header["descrip"]).startswith(b"kept")


def test_where_all_labels_are_in_floating_point_all_are_mended(scans: Path, tmp_path: Path) -> None:
    for path in (scans / "labelsTr").iterdir():
        spoil(path, array=lambda a: a.astype(np.float32))
    assert len(mended(scans, tmp_path)) == 6


@pytest.mark.parametrize("side", [IMAGE, LABEL], ids=["image", "label"])
def test_a_file_that_is_cut_short_is_left_alone(scans: Path, side: Path) -> None:
    spoil(scans / LABEL, affine=np.eye(4))
    (scans / side).write_bytes((scans / side).read_bytes()[:-40])
    assert mends(read(scans)) == ()


@pytest.mark.parametrize("suffix", [".nrrd", ".mha"])
def test_other_formats(scans: Path, tmp_path: Path, suffix: str) -> None:
    for path in sorted(scans.rglob("*.nii.gz")):
        image = sitk.ReadImage(str(path))
        if path == scans / IMAGE:
            image.SetSpacing((9, 9, 9))
        if path == scans / "labelsTr/torso_0001.nii.gz":
            image = sitk.Cast(image, sitk.sitkFloat32)
        if path == scans / "labelsTr/torso_0002.nii.gz":
            image = sitk.DICOMOrient(image, "SAR")
        sitk.WriteImage(image, str(path).replace(".nii.gz", suffix))
        path.unlink()
    before = {path: sitk.GetArrayFromImage(sitk.ReadImage(str(path))) for path in scans.rglob(f"*{suffix}")}
    found = mended(scans, tmp_path)
    assert {path.stem for path in found} == {"torso_0000", "torso_0001", "torso_0002"}
    for path, new in found.items():
        new.replace(scans / path)
        if path.stem != "torso_0002":
            assert np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(scans / path))), before[scans / path])
    for check in ("grids", "label_types"):
        assert faults_of(CHECKS.load(check), read(scans)) == ()


def test_fractions_are_no_labels(scans: Path) -> None:
    spoil(scans / LABEL, array=lambda a: a * np.float32(0.5))
    assert mends(read(scans)) == ()


def test_a_file_that_is_to_become_two_things_stays_as_it_is() -> None:
    def write(to: Path) -> None:
        raise AssertionError

    one, two = Mend("grids", Path("a"), "this", write), Mend("grids", Path("b"), "this", write)
    assert one_a_file([one, two, one]) == (one, two)
    assert one_a_file([one, two, replace(one, what="that")]) == (two,)


def test_how_borders_are_seen() -> None:
    """By hand: steps of 4 and 0 along the only axis with neighbours of several values, 1 in 3 of them a border."""
    values, labels = np.array([[0, 0, 4, 4]]), np.array([[0, 0, 1, 1]])
    assert edge_contrast(values, labels) == pytest.approx(4 / (4 / 3))
    assert edge_contrast(values, np.array([[0, 1, 1, 1]])) == 0
    assert edge_contrast(values, np.zeros((1, 4))) == 0
    assert edge_contrast(np.array([[0, np.nan, 4, 4]]), labels) == 0


@pytest.mark.data
def test_headers_lost_of_real_labels_are_given_back(data_root: Path, tmp_path: Path) -> None:
    """Hippocampi: every third label loses its header, every other third is saved with its axes turned round."""
    source, scans = data_root / "hippocampus", tmp_path / "scans"
    stripped, turned = list[Path](), list[Path]()
    for number, image in enumerate(sorted((source / "imagesTr").glob("*.nii.gz"))[:18]):
        for part in ("imagesTr", "labelsTr"):
            (scans / part).mkdir(parents=True, exist_ok=True)
            (scans / part / image.name).write_bytes((source / part / image.name).read_bytes())
        label = Path("labelsTr") / image.name
        if number % 3 == 1:
            spoil(scans / label, affine=np.eye(4))
            stripped.append(label)
        if number % 3 == 2:
            volume = nib.as_closest_canonical(nib.load(scans / label))
            volume = volume.as_reoriented([[1, -1], [2, 1], [0, -1]])
            nib.save(nib.Nifti1Image(np.asarray(volume.dataobj), volume.affine), scans / label)
            turned.append(label)
    found = mended(scans, tmp_path)
    assert found.keys() - {Path("labelsTr/hippocampus_003.nii.gz")} == {*stripped, *turned}
    for label in (*stripped, *turned):
        assert np.array_equal(numbers(found[label]), numbers(source / label))
        assert np.allclose(nib.load(found[label]).affine, nib.load(source / label).affine, atol=1e-5)
