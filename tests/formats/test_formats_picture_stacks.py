"""Pages of TIFF and frames of GIF as stacks, what ImageJ and OME note of them, and the spacing that TIFF states."""

import numpy as np
import pytest
import SimpleITK
from picture_files import COMPRESSION, DESCRIPTION, gif, grey_page, tiff
from PIL import Image as Pillow

from hounsfield.formats import picture
from hounsfield.values import Refused

STACK = np.random.default_rng(0).integers(0, 60000, (6, 4, 5), np.uint16)  # (page, row, column)
IMAGEJ = "ImageJ=1.53t\nimages=6\nchannels={}\nslices={}\nframes={}\nunit=micron\nloop=false\n"
OME = (
    '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
    '<Pixels ID="Pixels:0" DimensionOrder="{}" Type="uint16" SizeX="5" SizeY="4" SizeC="{}" SizeZ="{}" SizeT="{}">'
)


def noted(text, stack=STACK):
    first, *rest = [grey_page(page) for page in stack]
    return tiff([({**first[0], DESCRIPTION: (2, text.encode() + b"\0")}, first[1]), *rest])


@pytest.fixture
def written(tmp_path):
    def write(data, name="a.tif"):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write


@pytest.mark.parametrize("big", [False, True])
def test_pages_are_the_third_axis_in_pixels(written, big):
    path = written(tiff([grey_page(page) for page in STACK], big=big))
    image = picture.read_image(path)
    assert image.grid == picture.read_grid(path)
    assert (image.grid.shape, image.grid.unit, image.grid.frame) == ((4, 5, 6), "px", "image")
    assert image.source.dtype == np.uint16
    assert np.array_equal(image.array(np.uint16), np.moveaxis(STACK, 0, -1)[None])
    if not big:
        by_itk = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))
        assert np.array_equal(image.array(np.uint16)[0], np.moveaxis(by_itk, 0, -1))


@pytest.mark.parametrize(("axis", "start", "stop"), [(0, 0, 1), (1, 1, 3), (2, 4, 5), (3, 2, 4), (3, 5, 6)])
def test_slabs_are_parts_of_the_whole(written, axis, start, stop):
    source = picture.read_image(written(tiff([grey_page(page) for page in STACK]))).source
    whole = np.moveaxis(STACK, 0, -1)[None]
    assert np.array_equal(source.slab(axis, start, stop), whole.take(range(start, stop), axis))


def test_a_packed_stack_of_labels(tmp_path):
    pages = [Pillow.fromarray((page % 4).astype(np.uint8)) for page in STACK]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    labels, grid = picture.read_labels(tmp_path / "a.tif")
    assert np.array_equal(labels, np.moveaxis(STACK % 4, 0, -1))
    assert grid == picture.read_grid(tmp_path / "a.tif")


def test_imagej_tells_channels_from_slices(written):
    image = picture.read_image(written(noted(IMAGEJ.format(2, 3, 1))))  # channels first: page = channel + 2 slice
    assert image.grid.shape == (4, 5, 3)
    for channel in range(2):
        for k in range(3):
            assert np.array_equal(image.array(np.uint16)[channel, ..., k], STACK[channel + 2 * k])
    assert np.array_equal(image.source.slab(0, 1, 2), image.array(np.uint16)[1:])


def test_moments_are_slices_where_there_are_no_slices(written):
    assert picture.read_grid(written(noted(IMAGEJ.format(1, 1, 6)))).shape == (4, 5, 6)
    with pytest.raises(Refused, match="2 moments of 3 slices each"):
        picture.read_grid(written(noted(IMAGEJ.format(1, 3, 2))))


def test_channels_alone_are_a_picture_of_several_channels(written):
    image = picture.read_image(written(noted(IMAGEJ.format(6, 1, 1))))
    assert image.grid.shape == (4, 5)
    assert np.array_equal(image.array(np.uint16), STACK)
    with pytest.raises(Refused, match="6 channels; a label map has one"):
        picture.read_labels(written(noted(IMAGEJ.format(6, 1, 1))))


def test_a_stack_that_imagej_wrote_in_one_block_is_not_taken_for_one_picture(written):
    with pytest.raises(Refused, match="has 1 pages, but notes 1 channels, 6 slices"):
        picture.read_grid(written(noted("ImageJ=1.53t\nimages=6\n", STACK[:1])))


@pytest.mark.parametrize(("order", "page_of"), [("XYZCT", lambda c, k: k + 3 * c), ("XYCZT", lambda c, k: c + 2 * k)])
def test_ome_tells_channels_from_slices(written, order, page_of):
    image = picture.read_image(written(noted(OME.format(order, 2, 3, 1))))
    for channel in range(2):
        for k in range(3):
            assert np.array_equal(image.array(np.uint16)[channel, ..., k], STACK[page_of(channel, k)])
    with pytest.raises(Refused, match="has 6 pages, but notes"):
        picture.read_image(written(noted(OME.format(order, 2, 30, 1))))


def test_thumbnails_and_masks_are_no_slices(written):
    thumbnail = grey_page(STACK[0][:2, :2])
    thumbnail[0][254] = (4, [1])
    for pages in ([thumbnail, grey_page(STACK[1])], [grey_page(STACK[1]), thumbnail]):
        image = picture.read_image(written(tiff(pages)))
        assert np.array_equal(image.array(np.uint16)[0], STACK[1])


def test_pages_of_different_sizes_are_refused(written):
    with pytest.raises(Refused, match="page 2 2x2 with 1 x 16 bits"):
        picture.read_grid(written(tiff([grey_page(STACK[0]), grey_page(STACK[0][:2, :2])])))


def test_frames_of_a_gif(tmp_path):
    frames = np.stack([np.full((8, 9), 20 * k, np.uint8) for k in range(5)])
    frames[:, 2:5, 3] = np.arange(5)[:, None] * 9 + 1
    pictures = [Pillow.fromarray(frame) for frame in frames]
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:], duration=100)
    image = picture.read_image(tmp_path / "a.gif")
    assert image.grid.shape == (8, 9, 5)
    for channel in image.array(np.uint8):
        assert np.array_equal(channel, np.moveaxis(frames, 0, -1))
    assert np.array_equal(image.source.slab(3, 3, 4)[0, ..., 0], frames[3])
    with pytest.raises(Refused, match="animation, not a label map"):
        picture.read_labels(tmp_path / "a.gif")


def test_frames_that_leave_the_picture_are_refused(written):
    good = picture.read_image(written(gif(3, 2, [(0, 0, 3, 2)]), "a.gif"))
    assert good.array().shape[1:] == (2, 3)
    assert not good.array().any()
    for frame in [(1, 0, 3, 2), (0, 1, 3, 2), (0, 0, 0, 2)]:
        with pytest.raises(Refused, match="empty or leaves its 3x2 pixels"):
            picture.read_image(written(gif(3, 2, [(0, 0, 3, 2), frame]), "a.gif"))


# spacing


@pytest.mark.parametrize(
    ("unit", "across", "down", "spacing"),
    [
        (2, (254, 1), (254, 1), 0.1),  # dots an inch
        (3, (50, 1), (50, 1), 0.2),  # a centimetre
        (3, (100000, 500), (200, 1), 0.05),
        (2, (300, 1), (300, 1), None),  # what programs write when nobody measured
        (2, (72, 1), (72, 1), None),
        (3, (28, 1), (28, 1), None),  # 72 dots an inch, cut off
        (1, (254, 1), (254, 1), None),  # no unit
        (2, (254, 1), (127, 1), None),  # not square
        (3, (40000, 1), (40000, 1), None),  # 0.25 micrometres: a micrograph
        (2, (1, 1), (1, 1), None),
        (2, (0, 1), (0, 1), None),
        (2, (254, 0), (254, 0), None),
    ],
)
def test_a_spacing_is_believed_where_it_was_measured(written, unit, across, down, spacing):
    page = grey_page(STACK[0], UNIT=(3, [unit]), X_RESOLUTION=(5, [across]), Y_RESOLUTION=(5, [down]))
    grid = picture.read_grid(written(tiff([page])))
    assert grid.unit == ("px" if spacing is None else "mm")
    assert grid.spacing == pytest.approx((spacing or 1.0,) * 2)
    assert picture.read_image(written(tiff([page]))).grid == grid


def test_what_is_packed_in_rare_ways_is_refused_by_name(written):
    page = grey_page(STACK[0])
    page[0][COMPRESSION] = (3, [34712])
    with pytest.raises(Refused, match=r"TIFF compression 34712.*LZW, JPEG, Deflate, PackBits"):
        picture.read_grid(written(tiff([page])))
