"""Pictures that are not what they say: each ends in one clear line, and without flooding the memory."""

import io
import struct
import zlib

import numpy as np
import pytest
from picture_files import chunk, gif, grey_page, png, tiff
from PIL import Image as Pillow

from hounsfield.formats import picture
from hounsfield.values import MiB, Refused

NOISE = np.random.default_rng(0).integers(0, 255, (40, 50), np.uint8)
COLOUR = np.stack([NOISE, NOISE[::-1], 255 - NOISE], -1)


def saved(pillow, kind, **options):
    data = io.BytesIO()
    pillow.save(data, kind, **options)
    return data.getvalue()


def palette_picture():
    made = Pillow.fromarray(NOISE // 4)
    made.putpalette(np.random.default_rng(1).integers(0, 255, 768, np.uint8).tobytes())
    return made


PAGES = [Pillow.fromarray(NOISE), Pillow.fromarray(NOISE.T.reshape(40, 50))]
GOOD = {
    "png": saved(Pillow.fromarray(COLOUR), "PNG"),
    "palette.png": saved(palette_picture(), "PNG"),
    "jpg": saved(Pillow.fromarray(COLOUR), "JPEG"),
    "progressive.jpg": saved(Pillow.fromarray(COLOUR), "JPEG", progressive=True),
    "bmp": saved(Pillow.fromarray(COLOUR), "BMP"),
    "palette.bmp": saved(palette_picture(), "BMP"),
    "gif": saved(palette_picture(), "GIF"),
    "frames.gif": saved(PAGES[0], "GIF", save_all=True, append_images=PAGES[1:]),
    "tif": saved(Pillow.fromarray(COLOUR), "TIFF"),
    "lzw.tif": saved(Pillow.fromarray(COLOUR), "TIFF", compression="tiff_lzw"),
    "deflate.tif": saved(Pillow.fromarray(COLOUR), "TIFF", compression="tiff_adobe_deflate"),
    "jpeg.tif": saved(Pillow.fromarray(COLOUR), "TIFF", compression="jpeg"),
    "pages.tif": saved(PAGES[0], "TIFF", save_all=True, append_images=PAGES[1:], compression="packbits"),
    "hand.tif": tiff([grey_page(NOISE), grey_page(NOISE)]),
    "big.tif": tiff([grey_page(NOISE)], big=True),
}
READERS = [lambda path: picture.read_image(path).array(), picture.read_labels, picture.read_grid]


def ends_well(path):
    """Every reader answers or refuses in one line that names the file."""
    for read in READERS:
        try:
            read(path)
        except Refused as refusal:
            for problem in refusal.problems:
                assert str(path) in str(problem)
                assert "\n" not in str(problem)
                assert problem.remedy


@pytest.mark.parametrize("name", list(GOOD))
def test_what_is_cut_short_is_refused(tmp_path, name, capfd):
    path = tmp_path / f"a.{name}"
    path.write_bytes(GOOD[name])
    assert picture.read_image(path).array().shape[1:3] == (40, 50)
    for eighth in range(8):
        path.write_bytes(GOOD[name][: len(GOOD[name]) * eighth // 8])
        with pytest.raises(Refused):
            picture.read_image(path).array()
        ends_well(path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", list(GOOD))
def test_what_is_damaged_is_read_or_refused(tmp_path, name):
    rng = np.random.default_rng(len(name))
    path = tmp_path / f"a.{name}"
    for _ in range(30):
        data = bytearray(GOOD[name])
        reach = len(data) if rng.random() < 0.5 else min(len(data), 300)  # headers are short
        for at in rng.integers(0, reach, rng.integers(1, 6)):
            data[at] = rng.choice([0, 1, 127, 128, 255, rng.integers(256)])
        path.write_bytes(data)
        ends_well(path)


# sizes that are declared and not there


def declared(name, columns, rows):
    """A picture's file with another size in its header."""
    data = bytearray(GOOD[name])
    if name.endswith("png"):
        head = data[:8] + chunk(b"IHDR", struct.pack(">II", columns, rows) + data[24:29])
        return head + data[33:]
    if name.endswith("gif"):
        data[6:10] = struct.pack("<HH", columns, rows)
    if name.endswith("bmp"):
        data[18:26] = struct.pack("<ii", columns, rows)
    if name.endswith("jpg"):
        at = data.index(b"\xff\xc2" if "progressive" in name else b"\xff\xc0")
        data[at + 5 : at + 9] = struct.pack(">HH", rows, columns)
    return data


@pytest.mark.parametrize("name", ["png", "palette.png", "jpg", "progressive.jpg", "bmp", "palette.bmp", "gif"])
@pytest.mark.parametrize(("columns", "rows"), [(65000, 65000), (9500, 9500), (65500, 2), (0, 7)])
def test_declared_sizes_that_can_not_be(tmp_path, name, columns, rows):
    path = tmp_path / f"a.{name}"
    path.write_bytes(declared(name, columns, rows))
    ends_well(path)
    if rows > 7:
        with pytest.raises(Refused, match=r"more pixels|would unpack|cut short"):
            picture.read_image(path)


@pytest.mark.parametrize("compression", [1, 5, 7, 8, 32773])
def test_a_page_of_pixels_that_are_not_there(tmp_path, compression):
    tags, pixels = grey_page(NOISE, LENGTH=(4, [11000]), WIDTH=(4, [11000]), COMPRESSION=(3, [compression]))
    (tmp_path / "a.tif").write_bytes(tiff([(tags, pixels)]))
    with pytest.raises(Refused, match=r"declares 121000000 bytes|would unpack to 115 MiB"):
        picture.read_image(tmp_path / "a.tif")


def test_pages_that_share_their_pixels_can_not_be_more_than_the_file(tmp_path):
    pages = [grey_page(NOISE)] * 3
    pages = [
        ({**tags, 273: (4, [8]), 279: (4, [2000])}, b"" if k else pixels) for k, (tags, pixels) in enumerate(pages)
    ]
    (tmp_path / "a.tif").write_bytes(tiff(pages))
    with pytest.raises(Refused, match="declares 6000 bytes"):
        picture.read_image(tmp_path / "a.tif")


def test_bombs_are_stopped_by_their_growth_and_empty_masks_are_not(tmp_path):
    rows = 8400  # 70 million pixels
    line = bytes(rows // 8)
    (tmp_path / "mask.png").write_bytes(png(rows, rows, 1, 0, [line] * rows))
    assert (tmp_path / "mask.png").stat().st_size < 0.02 * MiB
    assert picture.read_labels(tmp_path / "mask.png")[0].shape == (rows, rows)
    head = struct.pack(">IIBBBBB", rows, rows, 8, 0, 0, 0, 0)
    packer = zlib.compressobj()
    pixels = b"".join([*(packer.compress(bytes(rows + 1)) for _ in range(rows)), packer.flush()])
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(bomb)
    with pytest.raises(Refused, match="would unpack to 67 MiB"):
        picture.read_image(tmp_path / "bomb.png")


# what lies beside the pixels


def test_texts_of_png_that_would_unpack_without_end(tmp_path):
    text = zlib.compress(bytes(30_000_000))
    lines = [line.tobytes() for line in NOISE]
    bombs = [
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + text),
        chunk(b"zTXt", b"Comment\0\0" + text),
        chunk(b"iCCP", b"icc\0\0" + text),
    ]
    for bomb in bombs:
        (tmp_path / "a.png").write_bytes(png(50, 40, 8, 0, lines, [bomb]))
        with pytest.raises(Refused, match="too large"):
            picture.read_image(tmp_path / "a.png")


def test_chunks_of_png_that_are_longer_than_the_file(tmp_path):
    data = png(50, 40, 8, 0, [line.tobytes() for line in NOISE], [struct.pack(">I", 2**31 - 1) + b"prVt" + b"abc"])
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(Refused, match="cut short or damaged"):
        picture.read_image(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(png(50, 40, 8, 0, [bytes(line) for line in NOISE], [chunk(b"prVt", bytes(10**7))]))
    assert np.array_equal(picture.read_image(tmp_path / "b.png").array()[0], NOISE)  # large, and nothing but that


# directories of TIFF


def test_pages_in_a_circle(tmp_path):
    (tmp_path / "a.tif").write_bytes(tiff([grey_page(NOISE)] * 3, circle=True))
    with pytest.raises(Refused, match="circle"):
        picture.read_grid(tmp_path / "a.tif")


def test_more_pages_than_a_stack_can_have(tmp_path):
    small = np.zeros((1, 1), np.uint8)
    (tmp_path / "a.tif").write_bytes(tiff([grey_page(small)] * 4097))
    with pytest.raises(Refused, match="more than the 4096 pages"):
        picture.read_grid(tmp_path / "a.tif")
    (tmp_path / "b.tif").write_bytes(tiff([grey_page(small)] * 4096))
    ends_well(tmp_path / "b.tif")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("places", "what"),
    [
        ({"count": 65535}, "65535 tags"),
        ({"pointer": 2**32 - 2}, "behind its own end"),
        ({"pointer": 3}, ""),
    ],
)
def test_directories_that_can_not_be(tmp_path, order, places, what):
    data = bytearray(tiff([grey_page(NOISE, order)], order=order))
    if "count" in places:
        at = struct.unpack(f"{order}I", data[4:8])[0]
        data[at : at + 2] = struct.pack(f"{order}H", places["count"])
    else:
        data[4:8] = struct.pack(f"{order}I", places["pointer"])
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(Refused, match=what or None):
        picture.read_grid(tmp_path / "a.tif")


@pytest.mark.parametrize(
    ("tag", "value", "what"),
    [
        (256, (4, []), "impossible way"),
        (256, (5, [(50, 1)]), "impossible way"),
        (257, (4, [0]), "does not state its size"),
        (262, (16, [2**63]), ""),
        (258, (3, [64]), "64 bits"),
        (339, (3, [6]), "sample format 6"),
        (277, (3, [65535]), ""),
        (322, (4, [2**31]), ""),
        (273, (4, [0] * 200_000), "200000 strips"),
    ],
)
def test_tags_that_can_not_be(tmp_path, tag, value, what):
    tags, pixels = grey_page(NOISE)
    extra = {323: (4, [2**31]), 324: (4, [8])} if tag == 322 else {}
    (tmp_path / "a.tif").write_bytes(tiff([({**tags, **extra, tag: value}, pixels)]))
    with pytest.raises(Refused, match=what or None):
        picture.read_image(tmp_path / "a.tif")
    ends_well(tmp_path / "a.tif")


def test_a_tag_that_claims_more_than_the_file(tmp_path):
    tags, pixels = grey_page(NOISE)
    data = bytearray(tiff([({**tags, 700: (1, bytes(100))}, pixels)]))
    at = data.rindex(struct.pack("<HHI", 700, 1, 100))
    data[at + 4 : at + 8] = struct.pack("<I", 2**31)
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(Refused, match="longer than the whole file"):
        picture.read_grid(tmp_path / "a.tif")


# frames of GIF


def test_more_frames_than_a_stack_can_have(tmp_path):
    (tmp_path / "a.gif").write_bytes(gif(2, 2, [(0, 0, 1, 1)] * 4097))
    with pytest.raises(Refused, match="more than the 4096 frames"):
        picture.read_grid(tmp_path / "a.gif")


def test_small_frames_on_a_vast_ground(tmp_path):
    (tmp_path / "a.gif").write_bytes(gif(8000, 8000, [(0, 0, 1, 1)] * 4000))
    with pytest.raises(Refused, match="would unpack"):
        picture.read_image(tmp_path / "a.gif")
