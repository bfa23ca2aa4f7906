"""Maps of probabilities on disk, as nibabel, SimpleITK, Pillow and numpy find them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray
from PIL import Image as Pillow

from hounsfield.answers.label_files import write_label_map
from hounsfield.answers.probability_files import write_probabilities
from hounsfield.formats import arrays, nifti, picture
from hounsfield.values import Dense, Grid, LabelMap, Refused
from orientations import WAYS, stored

CHANNELS, LABELS = ("background", "a", "b", "border"), {1: "a", 5: "b"}
SHAPE = (7, 5, 6)
HALF_A_STEP = 1 / 510 + 1e-7  # and the slope in single precision
ROTATION = [[0.36, 0.48, -0.8, 4], [-0.8, 0.6, 0, -77.7], [0.48, 0.64, 0.6, 12.3], [0, 0, 0, 1]]
OBLIQUE = np.array(ROTATION) * [0.7, 1.2, 3.1, 1]


def shares(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Four probabilities of each element that sum to 1; some are 0 and 1."""
    some = np.random.default_rng(0).dirichlet(np.full(4, 0.4), shape).astype(np.float32)
    some.reshape(-1, 4)[:4] = np.eye(4)
    return np.ascontiguousarray(np.moveaxis(some, -1, 0))


def evidence(grid: Grid) -> Dense:
    """The shares on a grid, in slabs of two."""
    whole = shares(grid.shape)

    def slabs() -> Iterator[tuple[int, int, NDArray[np.float32]]]:
        for start in range(0, grid.shape[0], 2):
            yield start, min(start + 2, grid.shape[0]), whole[:, start : start + 2]

    return Dense(grid, CHANNELS, LABELS, slabs)


def volume_grid(affine: NDArray[np.float64] = OBLIQUE) -> Grid:
    return Grid(SHAPE, np.float64(np.float32(affine)))  # as a NIfTI file has it


@pytest.mark.parametrize("read", ["nibabel", "SimpleITK", "ours"])
def test_8_bits_of_a_volume_are_shares_for_every_reader(read: str, tmp_path: Path) -> None:
    file, names = write_probabilities(evidence(volume_grid()), tmp_path / "case 1", "uint8")
    assert (file.name, names.name) == ("case 1.probabilities.nii.gz", "case 1.probabilities.json")
    assert sorted(tmp_path.iterdir()) == sorted([file, names])
    if read == "nibabel":
        loaded = nib.load(file)
        assert (loaded.shape, loaded.get_data_dtype()) == ((*SHAPE, 4), np.uint8)
        found = np.moveaxis(loaded.get_fdata(), -1, 0)
    elif read == "SimpleITK":
        found = sitk.GetArrayFromImage(sitk.ReadImage(str(file))).transpose(0, 3, 2, 1)
    else:
        image = nifti.read_image(file)
        assert image.grid == volume_grid()
        found = image.array(np.float32)
    np.testing.assert_allclose(found, shares(SHAPE), rtol=0, atol=HALF_A_STEP)


def test_maps_lie_where_their_answer_lies(tmp_path: Path) -> None:
    for way in WAYS[::7]:
        image = stored(np.zeros(SHAPE, np.float32), OBLIQUE, way)
        grid = Grid(image.shape, image.affine)
        answer = write_label_map(LabelMap(np.zeros(grid.shape, np.uint8), grid, LABELS), tmp_path / "a")[0]
        maps = write_probabilities(evidence(grid), tmp_path / "a", "uint8")[0]
        assert np.array_equal(nib.load(maps).affine, nib.load(answer).affine)
        assert nifti.read_grid(maps) == nifti.read_grid(answer) == grid


def test_16_bits_are_plain_arrays(tmp_path: Path) -> None:
    file, _ = write_probabilities(evidence(volume_grid()), tmp_path / "a", "float16")
    assert file.name == "a.probabilities.npz"
    with np.load(file, allow_pickle=False) as found:
        assert sorted(found) == ["affine", "channels", "probabilities"]
        assert found["probabilities"].dtype == np.float16
        assert np.array_equal(found["probabilities"], shares(SHAPE).astype(np.float16))
        assert np.array_equal(found["affine"], volume_grid().affine)
        assert tuple(found["channels"]) == CHANNELS
    assert np.array_equal(arrays.read_member(file, "probabilities"), shares(SHAPE).astype(np.float16))
    assert tuple(arrays.read_member(file, "channels")) == CHANNELS


def test_8_bits_of_a_picture_are_pages(tmp_path: Path) -> None:
    """Each page is a channel, for our reader too; 255 stands for 1."""
    file, names = write_probabilities(evidence(Grid.picture((9, 4))), tmp_path / "a", "uint8")
    assert file.name == "a.probabilities.tif"
    pages = []
    with Pillow.open(file) as opened:
        for page in range(opened.n_frames):
            opened.seek(page)
            pages.append(np.asarray(opened))
    np.testing.assert_allclose(np.stack(pages) / 255, shares((9, 4)), atol=HALF_A_STEP)
    image = picture.read_image(file)
    assert (image.channels, image.grid) == (4, Grid.picture((9, 4)))
    assert np.array_equal(image.array(np.uint8), np.stack(pages))
    assert sitk.GetArrayFromImage(sitk.ReadImage(str(file))).shape == (4, 9, 4)
    assert json.loads(names.read_text(encoding="utf-8"))["one"] == 255


@pytest.mark.parametrize(
    "grid",
    [Grid.picture((9, 4), 0.5), Grid((5, 4, 3), np.eye(4), "px", "image"), Grid.regular((5, 4, 1), 2.0)],
    ids=["a picture with a spacing", "a stack of pictures", "a slice"],
)
def test_grids_that_only_nifti_can_state_are_kept(grid: Grid, tmp_path: Path) -> None:
    file = write_probabilities(evidence(grid), tmp_path / "a", "uint8")[0]
    image = nifti.read_image(file)
    assert image.grid == grid
    np.testing.assert_allclose(image.array(np.float32), shares(grid.shape), atol=HALF_A_STEP)


def test_the_names_say_which_label_each_channel_is(tmp_path: Path) -> None:
    for kind in ("uint8", "float16"):
        _, names = write_probabilities(evidence(volume_grid()), tmp_path / kind, kind)
        said = json.loads(names.read_text(encoding="utf-8"))
        assert said == {"channels": list(CHANNELS), "values": [0, 1, 5, None], "one": 1}


def test_the_likeliest_class_is_the_same_but_where_rounding_made_two_alike(tmp_path: Path) -> None:
    file, _ = write_probabilities(evidence(volume_grid()), tmp_path / "a", "uint8")
    numbers = np.sort(np.asarray(nib.load(file).dataobj), axis=-1)
    is_sole = numbers[..., -1] > numbers[..., -2]
    assert is_sole.mean() > 0.9
    likeliest = np.asarray(nib.load(file).dataobj).argmax(axis=-1)
    assert np.array_equal(likeliest[is_sole], shares(SHAPE).argmax(axis=0)[is_sole])


@pytest.mark.parametrize("kind", ["uint8", "float16"])
def test_the_same_maps_are_the_same_bytes(kind: str, tmp_path: Path) -> None:
    first = write_probabilities(evidence(volume_grid()), tmp_path / "a", kind)
    second = write_probabilities(evidence(volume_grid()), tmp_path / "b", kind)
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]


@pytest.mark.parametrize("kind", ["uint8", "float16"])
@pytest.mark.parametrize("number", [np.nan, -0.5, 3.0])
def test_numbers_that_are_no_probabilities_are_refused(kind: str, number: float, tmp_path: Path) -> None:
    """A byte would hide them; nothing is written."""
    odd = shares(SHAPE)
    odd[2, 3, 1, 4] = number
    with pytest.raises(Refused, match="no probabilities from 0 to 1"):
        write_probabilities(Dense.of(odd, volume_grid(), CHANNELS, LABELS), tmp_path / "a", kind)
    assert list(tmp_path.iterdir()) == []


def test_a_hair_beyond_0_and_1_is_rounding(tmp_path: Path) -> None:
    odd = shares(SHAPE)
    odd[:, 0, 0, 0] = 1.0001, -0.0001, 0, 0
    file, _ = write_probabilities(Dense.of(odd, volume_grid(), CHANNELS, LABELS), tmp_path / "a", "uint8")
    assert nib.load(file).dataobj[0, 0, 0].tolist() == pytest.approx([1, 0, 0, 0], abs=1e-6)
