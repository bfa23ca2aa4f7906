"""A NIfTI file once more: read by nibabel and SimpleITK, with the old file beside it."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from hounsfield.formats import nifti
from hounsfield.formats.nifti_copies import copy_on_grid, copy_with_labels
from hounsfield.values import Grid

AFFINE = np.array([[-1.5, 0, 0, 40], [0, 0, 2.5, -30], [0, -1.25, 0, 7], [0, 0, 0, 1.0]])
OBLIQUE = np.array([[0.8, -0.6, 0, 0], [0.6, 0.8, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]) @ AFFINE


def write(path: Path, array: np.ndarray, affine: np.ndarray, kind=nib.Nifti1Image, order: str = "<", **fields) -> Path:
    header = kind.header_class(endianness=order)
    header.set_data_dtype(array.dtype.newbyteorder(order))
    for name, value in fields.items():
        header[name] = value
    image = kind(array, affine, header)
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"drawn by two"))
    nib.save(image, path)
    return path


def unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize("order", ["<", ">"])
def test_another_grid_and_nothing_else(tmp_path: Path, name: str, kind, order: str) -> None:
    numbers = np.random.default_rng(0).integers(-500, 500, (5, 6, 7)).astype(np.int16)
    old = write(tmp_path / f"old_{name}", numbers, np.eye(4), kind, order, descrip=b"T1, coil 3")
    new = tmp_path / f"new_{name}"
    copy_on_grid(old, new, Grid(numbers.shape, np.array(AFFINE, np.float32).astype(float)))
    before, after = nib.load(old), nib.load(new)
    assert np.array_equal(after.affine, AFFINE)
    assert np.array_equal(np.asarray(after.dataobj), numbers)
    assert np.allclose(after.header.get_zooms(), (1.5, 1.25, 2.5))
    assert after.header.endianness == before.header.endianness
    assert after.header.get_data_dtype() == before.header.get_data_dtype()
    assert bytes(after.header["descrip"]).startswith(b"T1, coil 3")
    assert [e.get_content() for e in after.header.extensions] == [e.get_content() for e in before.header.extensions]
    assert unpacked(new).endswith(unpacked(old)[-numbers.nbytes :])
    if kind is nib.Nifti1Image:  # the second version is strange to ITK
        assert sitk.ReadImage(str(new)).GetSpacing() == pytest.approx((1.5, 1.25, 2.5))


def test_scaling_stays_as_it_was(tmp_path: Path) -> None:
    old = write(tmp_path / "old.nii", np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.eye(4))
    data = bytearray(old.read_bytes())
    data[112:120] = np.array([0.1, -7], "<f4").tobytes()  # scl_slope and scl_inter
    old.write_bytes(data)
    copy_on_grid(old, tmp_path / "new.nii", Grid((2, 3, 4), AFFINE))
    before, after = nib.load(old), nib.load(tmp_path / "new.nii")
    assert after.dataobj.slope == before.dataobj.slope == np.float32(0.1)
    assert np.array_equal(after.get_fdata(), before.get_fdata())


@pytest.mark.parametrize("affine", [AFFINE, OBLIQUE, OBLIQUE + 1e-9], ids=["exact", "oblique", "finer than a header"])
def test_the_grid_reads_back_to_the_bit_again_and_again(tmp_path: Path, affine: np.ndarray) -> None:
    affine = affine.copy()
    affine[3] = 0, 0, 0, 1
    grid = Grid((2, 3, 4), affine)
    path = write(tmp_path / "0.nii.gz", np.zeros((2, 3, 4), np.uint8), np.diag([3.0, 3, 3, 1]))
    for number in range(1, 4):
        copy_on_grid(path, tmp_path / f"{number}.nii.gz", grid)
        path = tmp_path / f"{number}.nii.gz"
    assert nifti.read_grid(path) == grid
    assert np.allclose(nib.load(path).affine, affine, atol=1e-5)
    assert len(unpacked(path)) == len(unpacked(tmp_path / "1.nii.gz"))  # one note of the grid, not three


def test_units_other_than_millimetres_are_not_taken_over(tmp_path: Path) -> None:
    old = write(tmp_path / "old.nii", np.zeros((2, 3, 4), np.uint8), np.eye(4), xyzt_units=3 + 8)  # micron, second
    copy_on_grid(old, tmp_path / "new.nii", Grid((2, 3, 4), AFFINE))
    assert nifti.read_grid(tmp_path / "new.nii") == Grid((2, 3, 4), AFFINE)
    assert nib.load(tmp_path / "new.nii").header.get_xyzt_units() == ("mm", "sec")


def test_another_shape_is_no_other_grid(tmp_path: Path) -> None:
    old = write(tmp_path / "old.nii", np.zeros((2, 3, 4), np.uint8), np.eye(4))
    with pytest.raises(ValueError):
        copy_on_grid(old, tmp_path / "new.nii", Grid((2, 4, 3), AFFINE))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("top", "smallest"), [(5, np.uint8), (300, np.uint16), (70_000, np.uint32)], ids=["few", "many", "very many"]
)
def test_labels_in_the_smallest_type(tmp_path: Path, dtype, top: int, smallest) -> None:
    labels = np.random.default_rng(0).integers(0, 5, (5, 6, 7)).astype(dtype)
    labels[1, 2, 3] = top
    old = write(tmp_path / "old.nii.gz", labels, OBLIQUE, descrip=b"by hand", intent_code=1002)
    array, grid = nifti.read_labels(old)
    copy_with_labels(old, tmp_path / "new.nii.gz", array)
    before, after = nib.load(old), nib.load(tmp_path / "new.nii.gz")
    assert after.get_data_dtype() == smallest
    assert np.array_equal(np.asarray(after.dataobj), labels)
    assert np.array_equal(after.affine, before.affine)
    assert nifti.read_grid(tmp_path / "new.nii.gz") == grid
    for field in ("descrip", "intent_code", "qform_code", "sform_code", "pixdim", "xyzt_units", "dim"):
        assert np.array_equal(after.header[field], before.header[field])
    assert [e.get_content() for e in after.header.extensions] == [b"drawn by two"]


def test_labels_on_another_grid(tmp_path: Path) -> None:
    labels = np.random.default_rng(0).integers(0, 5, (5, 6, 7)).astype(np.int16)
    old = write(tmp_path / "old.nii", labels, np.eye(4), order=">")
    copy_with_labels(old, tmp_path / "new.nii", labels.transpose(2, 0, 1), Grid((7, 5, 6), AFFINE))
    after = nib.load(tmp_path / "new.nii")
    assert np.array_equal(np.asarray(after.dataobj), labels.transpose(2, 0, 1))
    assert np.array_equal(after.affine, AFFINE)
