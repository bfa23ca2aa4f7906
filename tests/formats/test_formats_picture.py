"""Pictures against Pillow and SimpleITK."""

import io

import numpy as np
import pytest
import SimpleITK
from PIL import Image as Pillow

from hounsfield.formats import picture, picture_header
from hounsfield.values import Grid, Refused

GREY = np.arange(20, dtype=np.uint8).reshape(4, 5) * 12


@pytest.fixture
def saved(tmp_path):
    def save(pillow, name="a.png", **options):
        pillow.save(tmp_path / name, **options)
        return tmp_path / name

    return save


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "1"])
def test_modes(saved, mode):
    path = saved(Pillow.fromarray(GREY).convert(mode))
    image = picture.read_image(path)
    channels = 1 if mode in ("L", "LA", "1") else 3
    assert image.grid == Grid.picture((4, 5))
    expected = np.asarray(Pillow.open(path).convert("RGB"))
    scale = 255 if mode == "1" else 1
    assert image.channels == channels
    assert np.array_equal(image.array(np.uint8)[0] * scale, expected[..., 0])


def test_sixteen_bits_are_kept(saved):
    deep = GREY.astype(np.uint16) * 200
    image = picture.read_image(saved(Pillow.fromarray(deep)))
    assert image.source.dtype == np.uint16
    assert np.array_equal(image.array(np.uint16)[0], deep)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_rotation_of_the_camera_is_applied(saved, orientation):
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    turns = {3: 2, 6: 3, 8: 1}[orientation]  # counter-clockwise quarter turns to make it upright (EXIF 2.3, 4.6.4)
    flat = np.kron(GREY, np.ones((8, 8), np.uint8))
    for name in ("a.jpg", "a.png"):
        path = saved(Pillow.fromarray(flat), name, exif=exif.tobytes())
        image = picture.read_image(path)
        assert np.allclose(image.array()[0], np.rot90(flat, turns), atol=12)
        assert picture.read_grid(path) == image.grid


def test_content_decides_and_not_the_name(saved, tmp_path):
    data = io.BytesIO()
    Pillow.fromarray(GREY).save(data, "JPEG")
    (tmp_path / "really_jpeg.png").write_bytes(data.getvalue())
    assert picture.read_image(tmp_path / "really_jpeg.png").grid.shape == (4, 5)


@pytest.mark.parametrize("highest", [1, 255, 256, 65535])
def test_labels_read_back_and_itk_agrees(tmp_path, highest):
    array = np.zeros((3, 4), np.int64)
    array[1, 2] = highest
    picture.write_labels(tmp_path / "l.png", array)
    assert np.array_equal(picture.read_labels(tmp_path / "l.png")[0], array)
    assert np.array_equal(SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(tmp_path / "l.png"))), array)


def test_labels_in_palettes_single_bits_and_equal_colours(saved):
    numbers = (GREY > 100).astype(np.uint8)
    coloured = Pillow.fromarray(numbers)
    coloured.putpalette([0, 0, 0, 255, 0, 0])
    assert np.array_equal(picture.read_labels(saved(coloured, "p.png"))[0], numbers)
    single = picture.read_labels(saved(Pillow.fromarray(numbers * 255).convert("1"), "1.png"))[0]
    assert np.array_equal(single, numbers)
    equal = Pillow.fromarray(numbers * 255).convert("RGBA")
    assert np.array_equal(picture.read_labels(saved(equal, "rgba.png"))[0], numbers * 255)


def test_refusals(saved, tmp_path, monkeypatch):
    colour = Pillow.fromarray(np.stack([GREY, GREY, 255 - GREY], -1))
    with pytest.raises(Refused, match="colour"):
        picture.read_labels(saved(colour))
    with pytest.raises(Refused, match="JPEG"):
        picture.read_labels(saved(Pillow.fromarray(GREY), "a.jpg"))
    noise = Pillow.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8))
    for name in ("n.png", "n.jpg"):
        path = saved(noise, name)
        path.write_bytes(path.read_bytes()[:-900])
        with pytest.raises(Refused, match="cut short"):
            picture.read_image(path)
    (tmp_path / "text.png").write_text("hello")
    with pytest.raises(Refused, match="no PNG, JPEG, TIFF"):
        picture.read_image(tmp_path / "text.png")
    with pytest.raises(Refused, match="can not hold the labels"):
        picture.write_labels(tmp_path / "x.png", np.array([[-1]]))
    with pytest.raises(Refused, match="4 channels"):
        picture.write_picture(tmp_path / "x.png", np.zeros((4, 2, 2), np.uint8))
    monkeypatch.setattr(picture_header, "MOST_PIXELS", 10)
    with pytest.raises(Refused, match="more pixels"):
        picture.read_image(saved(Pillow.fromarray(GREY)))


def test_pictures_read_back(tmp_path):
    colour = np.random.default_rng(0).integers(0, 255, (3, 6, 7), np.uint8)
    picture.write_picture(tmp_path / "c.png", colour)
    assert np.array_equal(picture.read_image(tmp_path / "c.png").array(np.uint8), colour)
