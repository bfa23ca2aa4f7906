"""Every mode of every kind of picture: what was put in by hand, or by Pillow from numbers that are known."""

import io

import numpy as np
import pytest
import SimpleITK
from picture_files import chunk, grey_page, png, tiff
from PIL import Image as Pillow

from hounsfield.formats import picture
from hounsfield.values import Refused

GREY = np.arange(20, dtype=np.uint8).reshape(4, 5) * 12
COLOUR = np.stack([GREY, GREY[::-1], 255 - GREY], -1)
PALETTE = np.array([[0, 0, 0], [128, 0, 0], [0, 128, 0], [9, 8, 7]], np.uint8)
CLASSES = (GREY // 12 % 4).astype(np.uint8)
OPAQUE = np.full_like(GREY, 255)


def palette_picture():
    made = Pillow.fromarray(CLASSES)
    made.putpalette(PALETTE.tobytes())
    return made


MADE = {
    "L": (lambda: Pillow.fromarray(GREY), GREY[None]),
    "1": (lambda: Pillow.fromarray(GREY > 100), (GREY > 100)[None]),
    "RGB": (lambda: Pillow.fromarray(COLOUR), np.moveaxis(COLOUR, -1, 0)),
    "P": (palette_picture, np.moveaxis(PALETTE[CLASSES], -1, 0)),
    "LA": (lambda: Pillow.fromarray(np.stack([GREY, OPAQUE], -1)), GREY[None]),
    "RGBA": (lambda: Pillow.fromarray(np.dstack([COLOUR, OPAQUE])), np.moveaxis(COLOUR, -1, 0)),
    "I": (lambda: Pillow.fromarray(GREY.astype(np.int32) * 70000 - 9), GREY[None].astype(np.int32) * 70000 - 9),
    "F": (lambda: Pillow.fromarray(GREY / np.float32(7)), GREY[None] / np.float32(7)),
}
HELD = {
    "png": ["L", "1", "RGB", "P", "LA", "RGBA"],
    "tif": ["L", "1", "RGB", "P", "LA", "RGBA", "I", "F"],
    "bmp": ["L", "1", "RGB", "P"],
    "gif": ["L", "P"],
}


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in HELD.items() for mode in modes])
def test_what_was_saved_without_loss_comes_out(tmp_path, kind, mode):
    make, expected = MADE[mode]
    path = tmp_path / f"a.{kind}"
    make().save(path)
    image = picture.read_image(path)
    assert np.array_equal(image.array(image.source.dtype), expected)
    assert image.source.dtype == (np.uint8 if expected.dtype == bool else expected.dtype)
    assert image.grid == picture.read_grid(path)
    assert (image.grid.shape, image.grid.unit, image.grid.frame) == ((4, 5), "px", "image")


@pytest.mark.parametrize("packing", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
@pytest.mark.parametrize("mode", ["L", "1", "RGB", "P", "I", "F"])
def test_packed_tiffs(tmp_path, packing, mode):
    make, expected = MADE[mode]
    make().save(tmp_path / "a.tif", compression=packing)
    image = picture.read_image(tmp_path / "a.tif")
    assert np.array_equal(image.array(image.source.dtype), expected)


def test_jpeg_in_tiff_and_alone(tmp_path):
    smooth = np.add.outer(np.arange(64), np.arange(48)).astype(np.uint8)
    Pillow.fromarray(smooth).save(tmp_path / "a.jpg", quality=95)
    Pillow.fromarray(smooth).save(tmp_path / "a.tif", compression="jpeg", quality=95)
    for name in ("a.jpg", "a.tif"):
        assert np.allclose(picture.read_image(tmp_path / name).array()[0], smooth, atol=4)


KINDS = ["u1", "i1", "u2", "i2", "i4", "f4"]  # and u4, of which Pillow reads one byte order


@pytest.mark.parametrize(("order", "big"), [("<", False), (">", False), ("<", True)])
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_of_tiffs_keep_their_type(tmp_path, kind, order, big):
    if kind == "f4":
        array = (GREY / 7 - 3).astype(np.float32)
    else:
        limits = np.iinfo(kind)
        array = np.linspace(limits.min, limits.max, 20).astype(kind).reshape(4, 5)
    (tmp_path / "a.tif").write_bytes(tiff([grey_page(array, order)], order=order, big=big))
    image = picture.read_image(tmp_path / "a.tif")
    assert image.source.dtype == array.dtype
    assert np.array_equal(image.array(array.dtype)[0], array)
    if not big and kind != "i4":
        assert np.array_equal(SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(tmp_path / "a.tif"))), array)


def test_unsigned_numbers_of_32_bits(tmp_path):
    array = np.linspace(0, 2**32 - 1, 20).astype(np.uint32).reshape(4, 5)
    (tmp_path / "a.tif").write_bytes(tiff([grey_page(array)]))
    image = picture.read_image(tmp_path / "a.tif")
    assert image.source.dtype == np.uint32
    assert np.array_equal(image.array(np.uint32)[0], array)
    (tmp_path / "a.tif").write_bytes(tiff([grey_page(array, ">")], order=">"))
    with pytest.raises(Refused, match="TIFF of a form that is not read"):
        picture.read_image(tmp_path / "a.tif")


@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_grey_with_white_as_zero_is_turned(tmp_path, kind):
    array = np.linspace(0, np.iinfo(kind).max, 20).astype(kind).reshape(4, 5)
    (tmp_path / "a.tif").write_bytes(tiff([grey_page(array, PHOTOMETRIC=(3, [0]))]))
    assert np.array_equal(picture.read_image(tmp_path / "a.tif").array(kind)[0], np.iinfo(kind).max - array)


def test_sixteen_bits_of_png(tmp_path):
    array = (GREY.astype(np.uint16) * 257)[::-1] + 1
    (tmp_path / "a.png").write_bytes(png(5, 4, 16, 0, [line.astype(">u2").tobytes() for line in array]))
    image = picture.read_image(tmp_path / "a.png")
    assert image.source.dtype == np.uint16
    assert np.array_equal(image.array(np.uint16)[0], array)


@pytest.mark.parametrize(("colour", "samples"), [(2, 3), (4, 2), (6, 4)])
def test_colours_of_sixteen_bits_are_refused_and_not_rounded(tmp_path, colour, samples):
    (tmp_path / "a.png").write_bytes(png(2, 1, 16, colour, [b"\xff" * 4 * samples]))
    with pytest.raises(Refused, match="with 16 bits"):
        picture.read_image(tmp_path / "a.png")


def test_colours_of_sixteen_bits_in_tiff_are_refused(tmp_path):
    tags, _ = grey_page(np.zeros((1, 2), np.uint16), PHOTOMETRIC=(3, [2]), SAMPLES=(3, [3]), BITS=(3, [16, 16, 16]))
    (tmp_path / "a.tif").write_bytes(tiff([(tags, bytes(12))]))
    with pytest.raises(Refused, match="3 colours of 16 bits"):
        picture.read_image(tmp_path / "a.tif")


# CMYK: red is (255 - C)(255 - K) / 255, and so on


def test_printers_colours(tmp_path):
    inks = np.array([[[0, 255, 255, 0], [51, 0, 0, 51], [0, 0, 0, 255]]], np.uint8)
    Pillow.fromarray(inks, "CMYK").save(tmp_path / "a.tif")
    found = np.moveaxis(picture.read_image(tmp_path / "a.tif").array(np.uint8), 0, -1)
    assert found.tolist() == [[[255, 0, 0], [163, 204, 204], [0, 0, 0]]]


def test_printers_colours_in_a_jpeg_are_inverted_as_adobe_does(tmp_path):
    inks = np.full((16, 16, 4), (0, 255, 255, 0), np.uint8)
    data = io.BytesIO()
    Pillow.fromarray(inks, "CMYK").save(data, "JPEG", quality=95)
    (tmp_path / "a.jpg").write_bytes(data.getvalue())
    red, green, blue = picture.read_image(tmp_path / "a.jpg").array().mean(axis=(1, 2))
    assert red > 250
    assert max(green, blue) < 5
    at = data.getvalue().index(b"\xff\xee\x00\x0eAdobe")
    (tmp_path / "b.jpg").write_bytes(data.getvalue()[:at] + data.getvalue()[at + 16 :])
    with pytest.raises(Refused, match="whether they are inverted"):
        picture.read_image(tmp_path / "b.jpg")


# transparency


def transparent_in_one_place():
    alpha = OPAQUE.copy()
    alpha[1, 2] = 200
    key = chunk(b"tRNS", b"\0\x0c")  # grey 12 is transparent
    lines = [line.tobytes() for line in GREY]
    palette = palette_picture()
    yield "LA", Pillow.fromarray(np.stack([GREY, alpha], -1)), {}
    yield "RGBA", Pillow.fromarray(np.dstack([COLOUR, alpha])), {}
    yield "P", palette, {"transparency": 2}
    yield "P of many", palette, {"transparency": bytes([255, 255, 3, 255])}
    yield "key", png(5, 4, 8, 0, lines, [key]), {}
    deep = [line.astype(">u2").tobytes() for line in GREY]
    yield "deep key", png(5, 4, 16, 0, deep, [key]), {}


@pytest.mark.parametrize(("made", "options"), [case[1:] for case in transparent_in_one_place()])
def test_what_is_transparent_is_refused(tmp_path, made, options):
    path = tmp_path / "a.png"
    if isinstance(made, bytes):
        path.write_bytes(made)
    else:
        made.save(path, **options)
    with pytest.raises(Refused, match=r"transparent in places.*flatten"):
        picture.read_image(path)


def test_a_transparent_colour_that_is_not_used_does_not_matter(tmp_path):
    (tmp_path / "a.png").write_bytes(png(5, 4, 8, 0, [line.tobytes() for line in GREY], [chunk(b"tRNS", b"\0\x0d")]))
    assert np.array_equal(picture.read_image(tmp_path / "a.png").array()[0], GREY)


# the camera's rotation (EXIF 2.3, 4.6.4 A: which side of the scene the first row and the first column are)

UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.T,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].T,
    8: lambda a: np.rot90(a, 1),
}


@pytest.mark.parametrize("orientation", list(UPRIGHT))
def test_all_rotations_of_the_camera(tmp_path, orientation):
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    flat = np.kron(GREY, np.ones((8, 8), np.uint8))
    upright = UPRIGHT[orientation](flat)
    for name in ("a.jpg", "a.png"):
        Pillow.fromarray(flat).save(tmp_path / name, exif=exif.tobytes())
    (tmp_path / "a.tif").write_bytes(tiff([grey_page(flat, ORIENTATION=(3, [orientation]))]))
    palette = palette_picture()
    palette.save(tmp_path / "p.png", exif=exif.tobytes())
    for name in ("a.jpg", "a.png", "a.tif"):
        image = picture.read_image(tmp_path / name)
        assert np.allclose(image.array()[0], upright, atol=12 if name == "a.jpg" else 0)
        assert picture.read_grid(tmp_path / name) == image.grid
    turned = UPRIGHT[orientation](CLASSES)
    assert np.array_equal(picture.read_labels(tmp_path / "p.png")[0], turned)
    assert np.array_equal(picture.read_image(tmp_path / "p.png").array(np.uint8)[0], PALETTE[turned][..., 0])


# several pictures in one file


def test_of_a_camera_s_two_pictures_the_first_counts(tmp_path):
    first, second = (Pillow.fromarray(np.full((16, 24, 3), grey, np.uint8)) for grey in (50, 200))
    first.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[second])
    assert Pillow.open(tmp_path / "a.jpg").format == "MPO"
    image = picture.read_image(tmp_path / "a.jpg")
    assert image.array().shape == (3, 16, 24)
    assert abs(image.array().mean() - 50) < 2


def test_an_animated_png_is_refused(tmp_path):
    frames = [Pillow.fromarray(GREY), Pillow.fromarray(GREY[::-1])]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:])
    with pytest.raises(Refused, match="animation of 2 frames"):
        picture.read_image(tmp_path / "a.png")


def test_a_name_that_tells_another_kind_is_said(tmp_path):
    Pillow.fromarray(GREY).save(tmp_path / "a.png", "JPEG")
    Pillow.fromarray(GREY).save(tmp_path / "b.TIFF", "TIFF")
    assert picture.misnamed(tmp_path / "a.png") == "JPEG"
    assert picture.misnamed(tmp_path / "b.TIFF") == ""


def test_dots_an_inch_of_png_say_nothing(tmp_path):
    Pillow.fromarray(GREY).save(tmp_path / "a.png", dpi=(254, 254))
    assert picture.read_grid(tmp_path / "a.png").unit == "px"
