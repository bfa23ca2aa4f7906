"""Label maps that came as pictures: palettes, greys, colours, and what JPEG left of them."""

import numpy as np
import pytest
from picture_files import grey_page, tiff
from PIL import Image as Pillow
from scipy import ndimage

from hounsfield.formats import picture
from hounsfield.values import Refused

CLASSES = np.add.outer(np.arange(32) // 8, np.arange(40) // 10).astype(np.uint8) % 4
DISC = np.hypot(*np.mgrid[-16:16, -20:20]) < 11


def voc_colours():
    """Pascal VOC's palette: a number's bits, three at a time, go to red, green and blue, highest bits first."""
    colours = np.zeros((256, 3), int)
    for number in range(256):
        left = number
        for bit in range(7, -1, -1):
            colours[number] |= [(left >> channel & 1) << bit for channel in range(3)]
            left >>= 3
    return colours.astype(np.uint8)


def test_a_voc_palette_s_numbers_are_the_labels(tmp_path):
    assert voc_colours()[[1, 2, 15]].tolist() == [[128, 0, 0], [0, 128, 0], [192, 128, 128]]  # as VOC's page has it
    numbers = CLASSES.copy()
    numbers[0, 0] = 255  # VOC's "void"
    made = Pillow.fromarray(numbers)
    made.putpalette(voc_colours().tobytes())
    for name in ("a.png", "a.tif", "a.bmp"):
        made.save(tmp_path / name)
        assert np.array_equal(picture.read_labels(tmp_path / name)[0], numbers)


@pytest.mark.parametrize("suffix", ["png", "gif", "bmp", "tif"])
def test_black_is_background_however_a_palette_begins(tmp_path, suffix):
    made = Pillow.fromarray(np.where(DISC, 0, 1).astype(np.uint8))
    made.putpalette([255, 255, 255, 0, 0, 0])
    made.save(tmp_path / f"a.{suffix}")
    found, _ = picture.read_labels(tmp_path / f"a.{suffix}")
    assert np.array_equal(found > 0, DISC)


def test_colours_without_numbers_are_refused_with_what_to_do(tmp_path):
    Pillow.fromarray(voc_colours()[CLASSES]).save(tmp_path / "a.png")
    with pytest.raises(Refused, match=r"mask of 4 colours \(\(0, 0, 0\), \(0, 128, 0\), .*palette PNG"):
        picture.read_labels(tmp_path / "a.png")
    noise = np.random.default_rng(0).integers(0, 256, (32, 40, 3), np.uint8)
    Pillow.fromarray(noise).save(tmp_path / "b.png")
    with pytest.raises(Refused, match="is a colour picture, not a label map"):
        picture.read_labels(tmp_path / "b.png")


@pytest.mark.parametrize("quality", [50, 75, 95])
@pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
def test_a_mask_of_black_and_white_that_jpeg_blurred_is_cut_in_the_middle(tmp_path, name, quality):
    disc = np.hypot(*(np.indices((120, 160)) - 60)) < 40
    how = {"compression": "jpeg"} if name == "a.tif" else {}
    Pillow.fromarray(np.uint8(disc) * 255).save(tmp_path / name, quality=quality, **how)
    blurred = np.asarray(Pillow.open(tmp_path / name))
    assert len(np.unique(blurred)) > 2
    found, _ = picture.read_labels(tmp_path / name)
    assert sorted(np.unique(found)) == [0, 255]
    edge = ndimage.binary_dilation(disc) ^ ndimage.binary_erosion(disc)
    assert np.array_equal((found > 0)[~edge], disc[~edge])
    assert np.mean((found > 0) != disc) < 0.002


def test_a_mask_of_more_values_that_jpeg_smeared_is_refused_and_a_clean_one_is_read(tmp_path):
    Pillow.fromarray(np.uint8(DISC) * 100).save(tmp_path / "a.jpg", quality=75)
    with pytest.raises(Refused, match="mask saved as JPEG, which smeared its numbers into"):
        picture.read_labels(tmp_path / "a.jpg")
    three = np.uint8(DISC) * 255
    three[:8] = 128
    Pillow.fromarray(three).save(tmp_path / "a.tif", compression="jpeg", quality=75)
    with pytest.raises(Refused, match="mask saved as JPEG"):
        picture.read_labels(tmp_path / "a.tif")
    lesion = np.zeros((200, 200), np.uint8)
    lesion[20:160, 20:160] = 255
    lesion[60:75, 60:75] = 128  # a third value in little more than a hundredth of the picture
    Pillow.fromarray(lesion).save(tmp_path / "c.jpg", quality=75)
    with pytest.raises(Refused, match="mask saved as JPEG"):
        picture.read_labels(tmp_path / "c.jpg")
    halves = np.zeros((32, 48), np.uint8)
    halves[:, 24:] = 255  # along the borders of JPEG's blocks
    Pillow.fromarray(halves).save(tmp_path / "b.jpg", quality=100)
    assert np.array_equal(picture.read_labels(tmp_path / "b.jpg")[0] > 0, halves > 0)


def test_a_transparent_mask_is_refused(tmp_path):
    colours = np.dstack([np.full((32, 40, 3), 255, np.uint8), np.uint8(DISC) * 255])
    Pillow.fromarray(colours).save(tmp_path / "a.png")
    with pytest.raises(Refused, match="transparent in places"):
        picture.read_labels(tmp_path / "a.png")


def test_whole_floats_are_labels_and_fractions_are_not(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(tiff([grey_page(CLASSES.astype(np.float32))]))
    found, _ = picture.read_labels(path)
    assert found.dtype == np.uint8
    assert np.array_equal(found, CLASSES)
    path.write_bytes(tiff([grey_page(CLASSES / np.float32(2))]))
    with pytest.raises(Refused, match="no label numbers"):
        picture.read_labels(path)


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
def test_labels_read_back(tmp_path, suffix):
    picture.write_labels(tmp_path / f"a.{suffix}", CLASSES)
    assert np.array_equal(picture.read_labels(tmp_path / f"a.{suffix}")[0], CLASSES)


def test_labels_beyond_255_read_back_from_tiff(tmp_path):
    numbers = CLASSES.astype(np.int64) * 9000
    picture.write_labels(tmp_path / "a.tiff", numbers)
    assert np.array_equal(picture.read_labels(tmp_path / "a.tiff")[0], numbers)
    assert picture.read_image(tmp_path / "a.tiff").source.dtype == np.uint16


@pytest.mark.parametrize("name", ["a.jpg", "a.gif", "a.npy", "a"])
def test_labels_are_not_written_where_they_would_not_be_kept(tmp_path, name):
    with pytest.raises(Refused, match="end in"):
        picture.write_labels(tmp_path / name, CLASSES)


@pytest.mark.parametrize("suffix", ["png", "gif"])
def test_greys_that_a_program_put_into_a_palette_stay_what_they_were(tmp_path, suffix):
    values = np.array([0, 1, 2, 7], np.uint8)
    made = Pillow.fromarray(CLASSES)  # numbers 0 to 3, as an optimiser would store the greys
    made.putpalette(np.repeat(values, 3).tobytes())
    made.save(tmp_path / f"a.{suffix}")
    assert np.array_equal(picture.read_labels(tmp_path / f"a.{suffix}")[0], values[CLASSES])


def test_coloured_gifs_have_no_numbers(tmp_path):
    made = Pillow.fromarray(CLASSES)
    made.putpalette(voc_colours().tobytes())
    made.save(tmp_path / "a.gif")
    with pytest.raises(Refused, match="mask of 4 colours"):
        picture.read_labels(tmp_path / "a.gif")
