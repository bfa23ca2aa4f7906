"""Real pictures: shapes from their READMEs, numbers by Pillow and numpy alone."""

import zipfile

import numpy as np
import pytest
from PIL import Image as Pillow

from hounsfield.formats import picture
from hounsfield.values import Grid, Refused

pytestmark = pytest.mark.data

TABLE = [  # pattern, how many, every which one is read, channels, (rows, columns), what it really is
    ("retina_vessels/images/*.png", 20, 4, 3, {(960, 999)}, "JPEG"),
    ("retina_vessels/masks/*.png", 20, 4, 1, {(960, 999)}, ""),
    (
        "nuclei/stage1_train/*/images/*.png",
        101,
        1,
        3,
        {(256, 256), (360, 360), (512, 640), (520, 696), (256, 320), (260, 347), (1024, 1024)},
        "",
    ),
    ("nuclei/stage1_train/*/masks/*.png", 2905, 60, 1, None, ""),
    ("six_modalities/MedNIST/*/*.jpeg", 1200, 40, 1, {(64, 64)}, ""),
    ("skin_lesions/*/*.jpg", 158, 8, 3, {(256, 256)}, ""),
    ("blood_cells/BCCD/JPEGImages/*.jpg", 230, 12, 3, {(480, 640)}, ""),
    ("histology_pairs/**/*.jpg", 7, 1, 3, None, ""),
]


@pytest.mark.parametrize(("pattern", "count", "step", "channels", "sizes", "really"), TABLE, ids=[t[0] for t in TABLE])
def test_pictures(data_root, pattern, count, step, channels, sizes, really):
    paths = sorted(data_root.glob(pattern))
    assert len(paths) == count
    for path in paths[::step]:
        image = picture.read_image(path)
        array = image.array(image.source.dtype)
        with Pillow.open(path) as by_pillow:
            expected = np.asarray(by_pillow)
        expected = expected[None] if expected.ndim == 2 else np.moveaxis(expected, -1, 0)[:3]
        assert array.dtype == np.uint8
        assert len(array) == channels
        assert np.array_equal(array, expected)
        assert image.grid == picture.read_grid(path) == Grid.picture(expected.shape[1:])
        assert sizes is None or image.grid.shape in sizes
        assert picture.misnamed(path) == really


def test_histology_of_one_tissue(data_root):
    found = {path.name: picture.read_grid(path).shape for path in (data_root / "histology_pairs").glob("**/*.jpg")}
    lesion = {shape for name, shape in found.items() if "les3" in name}
    assert {rows for rows, _ in lesion} == {660, 661}  # README
    assert {columns for _, columns in lesion} == {892, 895}


def test_breast_ultrasound_in_all_its_modes(data_root, tmp_path):
    with zipfile.ZipFile(data_root / "breast_ultrasound" / "Dataset_BUSI_with_GT.zip") as archive:
        archive.extractall(tmp_path)
    paths = sorted(tmp_path.glob("**/*.png"))
    masks = [path for path in paths if "_mask" in path.name]
    assert (len(paths), len(masks)) == (110, 58)
    modes = {}
    for path in paths:
        with Pillow.open(path) as by_pillow:
            mode, expected = by_pillow.mode, np.asarray(by_pillow)
        image = picture.read_image(path)
        assert image.channels == (3 if mode in ("RGB", "RGBA") else 1)
        assert np.array_equal(image.array(np.uint8)[0], expected if expected.ndim == 2 else expected[..., 0])
        if path in masks:
            modes.setdefault(mode, []).append(path.name)
            labels, grid = picture.read_labels(path)
            assert grid == image.grid
            assert np.array_equal(labels > 0, (expected if expected.ndim == 2 else expected[..., 0]) > 0)
            assert labels.any() == ("normal" not in path.name)
    assert set(modes["RGBA"]) == {"benign (4)_mask_1.png", "benign (54)_mask_1.png"}  # README
    assert set(modes["RGB"]) >= {f for f in (path.name for path in masks) if "normal" in f}
    assert len(modes["1"]) > len(masks) / 2


def test_photographs_are_no_label_maps(data_root):
    with pytest.raises(Refused, match="colour picture"):
        picture.read_labels(data_root / "retina_vessels" / "images" / "Image_01L.png")
