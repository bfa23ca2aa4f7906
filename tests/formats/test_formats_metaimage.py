"""MetaImage against SimpleITK, written by hand, and everything a header can lie about."""

import zlib

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from volume_cases import OBLIQUE, SHAPE, corners, itk_array, itk_image, itk_world

from hounsfield.formats import metaimage
from hounsfield.values import Grid, Image, Refused

TYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]
NUMBERS = np.arange(60, dtype="<i2").reshape(SHAPE, order="F")
BYTES = NUMBERS.tobytes(order="F")
FIELDS = {
    "ObjectType": "Image",
    "NDims": "3",
    "BinaryData": "True",
    "BinaryDataByteOrderMSB": "False",
    "CompressedData": "False",
    "TransformMatrix": "1 0 0 0 1 0 0 0 1",
    "Offset": "10 20 30",
    "AnatomicalOrientation": "RAI",
    "ElementSpacing": "1 1 2",
    "DimSize": "5 4 3",
    "ElementType": "MET_SHORT",
}


@pytest.fixture
def written(tmp_path):
    def write(fields=None, data=BYTES, name="a.mha", without=(), file="LOCAL"):
        stated = {key: value for key, value in {**FIELDS, **(fields or {})}.items() if key not in without}
        lines = [*(f"{key} = {value}" for key, value in stated.items()), f"ElementDataFile = {file}", ""]
        (tmp_path / name).write_bytes("\n".join(lines).encode() + data)
        return tmp_path / name

    return write


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["a.mha", "a.mhd"])
@pytest.mark.parametrize("kind", TYPES)
def test_what_simpleitk_writes_is_read_at_its_place(tmp_path, kind, name, packed):
    array = np.random.default_rng(0).integers(0, 100, SHAPE).astype(kind)
    image = itk_image(array)
    sitk.WriteImage(image, str(tmp_path / name), useCompression=packed)
    found = metaimage.read_image(tmp_path / name)
    assert found.source.dtype == np.dtype(kind)
    assert np.array_equal(found.source.slab(0, 0, 1)[0], array)
    assert np.array_equal(found.source.slab(3, 1, 2)[0], array[:, :, 1:2])
    np.testing.assert_allclose(found.grid.to_world(corners(SHAPE)), itk_world(image, corners(SHAPE)), atol=1e-6)
    assert found.grid == metaimage.read_grid(tmp_path / name)


@pytest.mark.parametrize("several", [False, True])
def test_simpleitk_reads_what_is_written(tmp_path, several):
    shape = (2, *SHAPE) if several else SHAPE
    array = np.random.default_rng(0).normal(size=shape)
    metaimage.write_image(tmp_path / "a.mha", Image.of(array, OBLIQUE))
    found = metaimage.read_image(tmp_path / "a.mha")
    assert np.array_equal(found.array(np.float64), array.reshape(-1, *SHAPE))
    np.testing.assert_allclose(found.grid.affine, OBLIQUE.affine, rtol=0, atol=1e-14)
    theirs = sitk.ReadImage(str(tmp_path / "a.mha"))
    assert np.array_equal(itk_array(theirs), np.moveaxis(array, 0, -1) if several else array)
    np.testing.assert_allclose(itk_world(theirs, corners(SHAPE)), OBLIQUE.to_world(corners(SHAPE)), atol=1e-9)


def test_channels_of_simpleitk_are_interleaved_and_times_are_not(tmp_path, written):
    array = np.random.default_rng(0).normal(size=(*SHAPE, 3)).astype(np.float32)
    sitk.WriteImage(itk_image(array), str(tmp_path / "v.mha"))
    assert np.array_equal(metaimage.read_image(tmp_path / "v.mha").array(), np.moveaxis(array, -1, 0))
    times = np.arange(120, dtype="<i2").reshape((*SHAPE, 2), order="F")
    four = {
        "NDims": "4",
        "DimSize": "5 4 3 2",
        "TransformMatrix": "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1",
        "Offset": "10 20 30 0",
        "ElementSpacing": "1 1 2 50",
    }
    image = metaimage.read_image(written(four, times.tobytes(order="F")))
    assert np.array_equal(image.array(np.int16), np.moveaxis(times, -1, 0))
    assert image.grid == metaimage.read_grid(written())


def test_labels_take_the_smallest_type_and_come_back(tmp_path):
    array = np.zeros(SHAPE, np.int64)
    array[1, 2, 0] = 300
    metaimage.write_labels(tmp_path / "l.mha", array, OBLIQUE)
    labels, grid = metaimage.read_labels(tmp_path / "l.mha")
    assert labels.dtype == np.uint16
    assert np.array_equal(labels, array)
    assert grid.close_to(OBLIQUE, 1e-9)
    first = (tmp_path / "l.mha").read_bytes()
    metaimage.write_labels(tmp_path / "l.mha", array, OBLIQUE)
    assert (tmp_path / "l.mha").read_bytes() == first


def test_the_world_of_a_file_is_lps(written):
    grid = metaimage.read_grid(written())
    assert grid.affine.tolist() == [[-1, 0, 0, -10], [0, -1, 0, -20], [0, 0, 2, 30], [0, 0, 0, 1]]


@pytest.mark.parametrize("names", [("Rotation", "Position"), ("Orientation", "Origin")])
def test_older_names_say_the_same_to_simpleitk(written, names):
    turned = {names[0]: "0 1 0 0 0 1 1 0 0", names[1]: "1 2 3", "ElementSize": "0.5 2 3"}
    path = written(turned, without=["TransformMatrix", "Offset", "ElementSpacing"])
    theirs = sitk.ReadImage(str(path))
    at = metaimage.read_grid(path).to_world(corners(SHAPE))
    np.testing.assert_allclose(at, itk_world(theirs, corners(SHAPE)), atol=1e-12)


@pytest.mark.parametrize("gone", [["TransformMatrix", "Offset"], ["ElementSpacing"]])
def test_what_is_not_stated_is_as_in_simpleitk(written, gone):
    path = written(without=gone)
    theirs = sitk.ReadImage(str(path))
    at = metaimage.read_grid(path).to_world(corners(SHAPE))
    np.testing.assert_allclose(at, itk_world(theirs, corners(SHAPE)), atol=1e-12)


def test_two_axes_are_a_slice(written):
    two = {"NDims": "2", "DimSize": "12 5", "TransformMatrix": "0 1 1 0", "Offset": "7 8", "ElementSpacing": "2 3"}
    image = metaimage.read_image(written(two))
    assert image.source.shape == (1, 12, 5, 1)
    assert image.grid.to_world([[0, 0, 0], [1, 0, 0], [0, 1, 0]]).tolist() == [[-7, -8, 0], [-7, -10, 0], [-10, -8, 0]]


@pytest.mark.parametrize(
    ("fields", "data"),
    [
        ({"BinaryDataByteOrderMSB": "True"}, NUMBERS.astype(">i2").tobytes(order="F")),
        ({"ElementType": "MET_LONG"}, NUMBERS.astype("<i4").tobytes(order="F")),
        ({"CompressedData": "True", "CompressedDataSize": str(len(zlib.compress(BYTES)))}, zlib.compress(BYTES)),
        ({"BinaryData": "False"}, " ".join(map(str, NUMBERS.ravel(order="F"))).encode() + b"\n"),
    ],
)
def test_every_packing_holds_the_same_numbers(written, fields, data):
    path = written(fields, data)
    assert np.array_equal(metaimage.read_image(path).source.slab(0, 0, 1)[0], NUMBERS)
    assert np.array_equal(itk_array(sitk.ReadImage(str(path))), NUMBERS)


def test_values_are_in_real_units(written):
    path = written({"ElementToIntensityFunctionSlope": "0.5", "ElementToIntensityFunctionOffset": "-1000"})
    assert np.array_equal(metaimage.read_image(path).array()[0], NUMBERS * 0.5 - 1000)


@pytest.mark.parametrize("skip", ["9", "-1"])
def test_numbers_are_found_in_the_headers_folder_and_nowhere_else(written, tmp_path, skip):
    (tmp_path / "data.raw").write_bytes(b"a header!" + BYTES)
    path = written({"HeaderSize": skip}, b"", name="a.mhd", file="data.raw")
    assert np.array_equal(metaimage.read_image(path).source.slab(0, 0, 1)[0], NUMBERS)
    assert metaimage.files_of(path) == (path, tmp_path / "data.raw")
    for name in ("/etc/hostname", "../data.raw", "sub/data.raw", "..", r"..\data.raw", "C:data.raw"):
        with pytest.raises(Refused, match="own folder"):
            metaimage.read_grid(written(data=b"", name="a.mhd", file=name))
    with pytest.raises(Refused, match=r"none\.raw.*does not exist"):
        metaimage.read_grid(written(data=b"", name="a.mhd", file="none.raw"))
    for name in ("LIST", "data%03d.raw 0 2 1"):
        with pytest.raises(Refused, match="several files"):
            metaimage.read_grid(written(data=b"", name="a.mhd", file=name))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"DimSize": "2000 2000 2000"}, "cut short or has a false header"),
        ({"DimSize": "2000 2000 2000", "CompressedData": "True"}, "cut short or has a false header"),
        ({"DimSize": "5 4 -3"}, "impossible size"),
        ({"DimSize": "5 4 0"}, "impossible size"),
        ({"DimSize": "5 4"}, "impossible size"),
        ({"NDims": "7"}, "7 axes"),
        ({"NDims": "three"}, "whole number"),
        ({"ElementType": "MET_OTHER"}, "MET_OTHER"),
        ({"ElementNumberOfChannels": "0"}, "0 channels"),
        ({"ElementNumberOfChannels": "2"}, "cut short"),
        ({"ElementSpacing": "1 1 0"}, "spacing of zero"),
        ({"ElementSpacing": "1 1 -2"}, "positive"),
        ({"ElementSpacing": "1 1 nan"}, "NaN"),
        ({"ElementSpacing": "1 1"}, "3 numbers belong"),
        ({"TransformMatrix": "1 0 0 1 0 0 0 0 1"}, "inverted"),
        ({"TransformMatrix": "1 0 0 0.2 1 0 0 0 1"}, "axes i and j meet 11.3 degrees off"),
        ({"Offset": "inf 0 0"}, "infinite"),
        ({"HeaderSize": "-5"}, "skips -5"),
        ({"BinaryData": "False"}, "written as text"),
        ({"CompressedData": "True"}, "can not be unpacked"),
        ({"ObjectType": "Tube"}, "'Tube'"),
        ({"ElementToIntensityFunctionSlope": "nan"}, "slope"),
    ],
)
def test_a_false_header_is_refused_in_one_sentence(written, fields, message):
    path = written(fields)
    with pytest.raises(Refused, match=message) as refusal:
        metaimage.read_image(path).array()
    assert str(path) in str(refusal.value)


def test_broken_files_are_refused(written, tmp_path):
    path = written()
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(Refused, match="inside its header"):
        metaimage.read_grid(path)
    path.write_bytes(b"a scan, honestly\n" * 40)
    with pytest.raises(Refused, match="not a MetaImage"):
        metaimage.read_grid(path)
    whole = zlib.compress(np.random.default_rng(0).bytes(120))
    with pytest.raises(Refused, match="cut short or damaged"):
        metaimage.read_image(written({"CompressedData": "True"}, whole[:-30])).array()
    (tmp_path / "e.mha").touch()
    with pytest.raises(Refused, match="empty"):
        metaimage.read_grid(tmp_path / "e.mha")
    with pytest.raises(Refused, match=r"\.mha"):
        metaimage.write_labels(tmp_path / "a.png", np.zeros(SHAPE, int), OBLIQUE)
    with pytest.raises(Refused, match="can not hold"):
        metaimage.write_labels(tmp_path / "a.mha", np.zeros((4, 4), int), Grid.picture((4, 4)))
    with pytest.raises(Refused, match="can not be written"):
        metaimage.write_labels(tmp_path / "no" / "a.mha", np.zeros(SHAPE, int), OBLIQUE)


def test_large_files_are_unpacked_to_scratch(tmp_path, monkeypatch):
    monkeypatch.setattr("hounsfield.formats.files.IN_MEMORY", 1000)
    array = np.random.default_rng(0).integers(0, 9, (20, 21, 22)).astype(np.int16)
    grid = Grid.regular(array.shape, 0.5)
    metaimage.write_image(tmp_path / "a.mha", Image.of(array, grid))
    assert np.array_equal(metaimage.read_image(tmp_path / "a.mha").array(np.int16)[0], array)
