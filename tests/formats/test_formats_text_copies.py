"""NRRD and MetaImage once more with one thing changed, read by SimpleITK with the old file beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from hounsfield.formats import metaimage, metaimage_copies, nrrd, nrrd_copies
from hounsfield.values import Grid

TURN = np.array([[0.8, -0.6, 0, 0], [0.6, 0.8, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
AFFINE = TURN @ np.array([[-1.5, 0, 0, 40], [0, 0, 2.5, -30], [0, -1.25, 0, 7], [0, 0, 0, 1.0]])
LPS = np.array([[-1.0], [-1.0], [1.0], [1.0]]) * AFFINE
MODULES = {".nrrd": (nrrd, nrrd_copies), ".mha": (metaimage, metaimage_copies)}


def write(path: Path, array: np.ndarray, *, packed: bool = True) -> Path:
    """An array (k, j, i) as ITK writes it, at its default place."""
    image = sitk.GetImageFromArray(array)
    image.SetMetaData("Segment0_Name", "liver of Zoe")
    sitk.WriteImage(image, str(path), packed)
    return path


def assert_placed(image: sitk.Image) -> None:
    assert image.GetSpacing() == pytest.approx((1.5, 1.25, 2.5))
    assert image.GetOrigin() == pytest.approx(tuple(LPS[:3, 3]))
    assert np.allclose(np.reshape(image.GetDirection(), (3, 3)), LPS[:3, :3] / [1.5, 1.25, 2.5])


@pytest.mark.parametrize("suffix", MODULES)
@pytest.mark.parametrize("packed", [True, False])
def test_another_grid_and_nothing_else(tmp_path: Path, suffix: str, packed: bool) -> None:
    numbers = np.random.default_rng(0).integers(-500, 500, (7, 6, 5)).astype(np.int16)
    old, new = write(tmp_path / f"old{suffix}", numbers, packed=packed), tmp_path / f"new{suffix}"
    formats, copies = MODULES[suffix]
    assert copies.can_copy(old)
    copies.copy_on_grid(old, new, Grid((5, 6, 7), AFFINE))
    image = sitk.ReadImage(str(new))
    assert_placed(image)
    assert np.array_equal(sitk.GetArrayFromImage(image), numbers)
    assert image.GetPixelID() == sitk.sitkInt16
    assert image.GetMetaData("Segment0_Name") == "liver of Zoe"
    assert new.read_bytes()[-50:] == old.read_bytes()[-50:]
    assert formats.read_grid(new).close_to(Grid((5, 6, 7), AFFINE), 1e-9)
    with pytest.raises(ValueError):
        copies.copy_on_grid(old, new, Grid((5, 7, 6), AFFINE))


@pytest.mark.parametrize("suffix", MODULES)
@pytest.mark.parametrize("grid", [None, Grid((5, 6, 7), AFFINE)], ids=["its own grid", "another grid"])
def test_labels_in_the_smallest_type(tmp_path: Path, suffix: str, grid: Grid | None) -> None:
    labels = np.random.default_rng(0).integers(0, 300, (7, 6, 5)).astype(np.float64)
    old, new = write(tmp_path / f"old{suffix}", labels), tmp_path / f"new{suffix}"
    formats, copies = MODULES[suffix]
    copies.copy_with_labels(old, new, formats.read_labels(old)[0], grid)
    image = sitk.ReadImage(str(new))
    assert np.array_equal(sitk.GetArrayFromImage(image), labels)
    assert image.GetPixelID() == sitk.sitkUInt16
    assert image.GetMetaData("Segment0_Name") == "liver of Zoe"
    if grid is None:
        assert formats.read_grid(new) == formats.read_grid(old)
    else:
        assert_placed(image)


@pytest.mark.parametrize("suffix", MODULES)
def test_labels_of_another_shape(tmp_path: Path, suffix: str) -> None:
    labels = np.random.default_rng(0).integers(0, 9, (5, 6, 7)).astype(np.uint8)  # (i, j, k)
    old, new = write(tmp_path / f"old{suffix}", np.zeros((5, 7, 6), np.int16)), tmp_path / f"new{suffix}"
    MODULES[suffix][1].copy_with_labels(old, new, labels, Grid(labels.shape, AFFINE))
    assert np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(new))), labels.T)


def test_the_space_of_a_file_stays(tmp_path: Path) -> None:
    old, new = tmp_path / "old.nrrd", tmp_path / "new.nrrd"
    head = (
        "NRRD0002\n# by hand: kept\ntype: uchar\ndimension: 3\nsizes: 2 3 4\nspacings: 3 3 3\naxis mins: 1 2 3\n"
        "centers: cell cell cell\nsegments:=space directions: none\nencoding: raw\n\n"
    )
    old.write_bytes(head.encode() + bytes(range(24)))
    nrrd_copies.copy_on_grid(old, new, Grid((2, 3, 4), AFFINE))
    assert_placed(sitk.ReadImage(str(new)))
    assert sitk.GetArrayFromImage(sitk.ReadImage(str(new))).ravel().tolist() == list(range(24))
    text = new.read_bytes()
    assert text.startswith(b"NRRD0004\n# by hand: kept\n")
    assert b"segments:=space directions: none\n" in text
    nrrd.write_labels(old, np.zeros((2, 3, 4), np.uint8), Grid.regular((2, 3, 4)))
    nrrd_copies.copy_on_grid(old, new, Grid((2, 3, 4), AFFINE))
    assert b"space: right-anterior-superior\n" in new.read_bytes()
    assert_placed(sitk.ReadImage(str(new)))


def test_scaling_of_a_metaimage(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old.mha", np.arange(24, dtype=np.int16).reshape(2, 3, 4)), tmp_path / "new.mha"
    scale = b"ElementToIntensityFunctionSlope = 2\nElementToIntensityFunctionOffset = -6\nElementDataFile"
    old.write_bytes(old.read_bytes().replace(b"ElementDataFile", scale))
    expected = metaimage.read_image(old).array()
    assert expected.min() == -6
    metaimage_copies.copy_on_grid(old, new, Grid((4, 3, 2), AFFINE))
    assert np.array_equal(metaimage.read_image(new).array(), expected)
    metaimage_copies.copy_with_labels(old, new, metaimage.read_labels(old)[0])
    assert np.array_equal(metaimage.read_image(new).array(), expected)
    assert np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(new))).T, expected[0])


def test_what_is_no_such_volume(tmp_path: Path) -> None:
    colours = sitk.GetImageFromArray(np.zeros((4, 3, 2, 3), np.uint8), isVector=True)
    flat = sitk.GetImageFromArray(np.zeros((4, 3), np.uint8))
    for suffix, (_, copies) in MODULES.items():
        for name, image in (("colours", colours), ("flat", flat)):
            sitk.WriteImage(image, str(tmp_path / f"{name}{suffix}"))
            assert not copies.can_copy(tmp_path / f"{name}{suffix}")
