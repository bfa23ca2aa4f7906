"""NRRD against SimpleITK, written by hand, and everything a header can lie about."""

import bz2
import gzip

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from volume_cases import OBLIQUE, SHAPE, corners, itk_array, itk_image, itk_world

from hounsfield.formats import nrrd
from hounsfield.values import Grid, Image, Refused

TYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]
NUMBERS = np.arange(60, dtype="<i2").reshape(SHAPE, order="F")
BYTES = NUMBERS.tobytes(order="F")
FIELDS = {
    "type": "short",
    "dimension": "3",
    "space": "left-posterior-superior",
    "sizes": "5 4 3",
    "space directions": "(1,0,0) (0,1,0) (0,0,2)",
    "endian": "little",
    "encoding": "raw",
    "space origin": "(10,20,30)",
}


@pytest.fixture
def written(tmp_path):
    def write(fields=None, data=BYTES, name="a.nrrd", without=(), magic="NRRD0005"):
        stated = {key: value for key, value in {**FIELDS, **(fields or {})}.items() if key not in without}
        lines = [magic, "# by hand", *(f"{key}: {value}" for key, value in stated.items()), "note:=for: people", "", ""]
        (tmp_path / name).write_bytes("\n".join(lines).encode() + data)
        return tmp_path / name

    return write


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["a.nrrd", "a.nhdr"])
@pytest.mark.parametrize("kind", TYPES)
def test_what_simpleitk_writes_is_read_at_its_place(tmp_path, kind, name, packed):
    array = np.random.default_rng(0).integers(0, 100, SHAPE).astype(kind)
    image = itk_image(array)
    sitk.WriteImage(image, str(tmp_path / name), useCompression=packed)
    found = nrrd.read_image(tmp_path / name)
    assert found.source.dtype == np.dtype(kind)
    assert np.array_equal(found.source.slab(0, 0, 1)[0], array)
    assert np.array_equal(found.source.slab(3, 1, 2)[0], array[:, :, 1:2])
    np.testing.assert_allclose(found.grid.to_world(corners(SHAPE)), itk_world(image, corners(SHAPE)), atol=1e-9)
    assert found.grid == nrrd.read_grid(tmp_path / name)


def test_channels_of_simpleitk_are_the_fastest_axis(tmp_path):
    array = np.random.default_rng(0).normal(size=(*SHAPE, 3)).astype(np.float32)
    sitk.WriteImage(itk_image(array), str(tmp_path / "v.nrrd"))
    found = nrrd.read_image(tmp_path / "v.nrrd")
    assert found.source.shape == (3, *SHAPE)
    assert np.array_equal(found.array(), np.moveaxis(array, -1, 0))


@pytest.mark.parametrize("several", [False, True])
def test_simpleitk_reads_what_is_written(tmp_path, several):
    shape = (2, *SHAPE) if several else SHAPE
    array = np.random.default_rng(0).integers(-99, 99, shape).astype(np.int16)
    image = Image.of(array, OBLIQUE)
    nrrd.write_image(tmp_path / "a.nrrd", image)
    assert nrrd.read_image(tmp_path / "a.nrrd") == image
    theirs = sitk.ReadImage(str(tmp_path / "a.nrrd"))
    assert np.array_equal(itk_array(theirs), np.moveaxis(array, 0, -1) if several else array)
    np.testing.assert_allclose(itk_world(theirs, corners(SHAPE)), OBLIQUE.to_world(corners(SHAPE)), atol=1e-9)


def test_labels_take_the_smallest_type_and_come_back(tmp_path):
    array = np.zeros(SHAPE, np.int64)
    array[1, 2, 0] = 300
    nrrd.write_labels(tmp_path / "l.nrrd", array, OBLIQUE)
    labels, grid = nrrd.read_labels(tmp_path / "l.nrrd")
    assert labels.dtype == np.uint16
    assert np.array_equal(labels, array)
    assert grid == OBLIQUE
    first = (tmp_path / "l.nrrd").read_bytes()
    nrrd.write_labels(tmp_path / "l.nrrd", array, OBLIQUE)
    assert (tmp_path / "l.nrrd").read_bytes() == first


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        ("left-posterior-superior", (-10, -20, 30)),
        ("LPS", (-10, -20, 30)),
        ("right-anterior-superior", (10, 20, 30)),
        ("RAS", (10, 20, 30)),
        ("left-anterior-superior", (-10, 20, 30)),
        ("scanner-xyz", (-10, -20, 30)),
    ],
)
def test_every_space_becomes_ras(written, space, expected):
    path = written({"space": space})
    grid = nrrd.read_grid(path)
    assert grid.to_world([0, 0, 0])[0].tolist() == list(expected)
    assert grid.spacing == (1, 1, 2)
    theirs = sitk.ReadImage(str(path))
    np.testing.assert_allclose(itk_world(theirs, corners(SHAPE)), grid.to_world(corners(SHAPE)), atol=1e-12)


def test_a_space_without_a_name_is_taken_as_simpleitk_takes_it(written):
    path = written()
    path.write_bytes(path.read_bytes().replace(b"space: left-posterior-superior", b"space dimension: 3"))
    theirs = sitk.ReadImage(str(path))
    at = nrrd.read_grid(path).to_world(corners(SHAPE))
    np.testing.assert_allclose(at, itk_world(theirs, corners(SHAPE)), atol=1e-12)


def test_spacings_alone_are_those_of_simpleitk(written):
    gone = ["space", "space directions", "space origin"]
    path = written({"spacings": "0.5 1 4"}, without=gone)
    theirs = sitk.ReadImage(str(path))
    at = nrrd.read_grid(path).to_world(corners(SHAPE))
    np.testing.assert_allclose(at, itk_world(theirs, corners(SHAPE)), atol=1e-12)
    path = written({"spacings": "0.5 1 4", "axis mins": "10 20 30", "centers": "cell node cell"}, without=gone)
    assert nrrd.read_grid(path).to_world([0, 0, 0])[0].tolist() == [-10.25, -20, 32]


def test_units_of_space_become_millimetres(written):
    grid = nrrd.read_grid(written({"space units": '"cm" "cm" "cm"'}))
    assert grid.spacing == (10, 10, 20)
    assert grid.to_world([0, 0, 0])[0].tolist() == [-100, -200, 300]


@pytest.mark.parametrize("kinds", ["vector domain domain domain", "list space space space", None])
def test_channels_in_front_are_told_by_their_direction(written, kinds):
    data = np.arange(120, dtype="<i2").reshape((2, *SHAPE), order="F")
    fields = {"dimension": "4", "sizes": "2 5 4 3", "space directions": "none (1,0,0) (0,1,0) (0,0,2)"}
    path = written({**fields, **({"kinds": kinds} if kinds else {})}, data.tobytes(order="F"))
    image = nrrd.read_image(path)
    assert image.grid.spacing == (1, 1, 2)
    assert np.array_equal(image.array(np.int16), data)


def test_channels_behind_and_between_are_told_too(written):
    data = np.arange(120, dtype="<i2")
    behind = {"dimension": "4", "sizes": "5 4 3 2", "space directions": "(1,0,0) (0,1,0) (0,0,2) none"}
    image = nrrd.read_image(written(behind, data.tobytes()))
    assert np.array_equal(image.array(np.int16), np.moveaxis(data.reshape((*SHAPE, 2), order="F"), -1, 0))
    gone = ["space", "space directions", "space origin"]
    kinds = {"dimension": "4", "sizes": "5 2 4 3", "kinds": "space time space space"}
    image = nrrd.read_image(written(kinds, data.tobytes(), without=gone))
    assert np.array_equal(image.array(np.int16), np.moveaxis(data.reshape((5, 2, 4, 3), order="F"), 1, 0))
    image = nrrd.read_image(written({"dimension": "4", "sizes": "5 4 3 2"}, data.tobytes(), without=gone))
    assert image.source.shape == (2, *SHAPE)


def test_alpha_is_left_out_and_a_slice_is_a_volume_of_one(written):
    data = np.arange(80, dtype=np.uint8)
    fields = {"type": "uchar", "dimension": "3", "sizes": "4 5 4", "kinds": "RGBA-color domain domain"}
    path = written({**fields, "space directions": "none (0,0,2) (0,3,0)"}, data.tobytes())
    image = nrrd.read_image(path)
    assert image.source.shape == (3, 5, 4, 1)
    assert np.array_equal(image.array(np.uint8)[..., 0], data.reshape((4, 5, 4), order="F")[:3])
    assert image.grid.spacing == (2, 3, 1)


@pytest.mark.parametrize(
    ("fields", "data"),
    [
        ({"endian": "big"}, NUMBERS.astype(">i2").tobytes(order="F")),
        ({"encoding": "gzip"}, gzip.compress(BYTES, mtime=0)),
        ({"encoding": "gz"}, gzip.compress(BYTES, mtime=0)),
        ({"encoding": "bzip2"}, bz2.compress(BYTES)),
        ({"encoding": "ascii"}, " ".join(map(str, NUMBERS.ravel(order="F"))).encode()),
        ({"encoding": "text"}, "\n".join(map(str, NUMBERS.ravel(order="F"))).encode() + b"\n"),
        ({"byte skip": "7"}, b"skipped" + BYTES),
        ({"byte skip": "-1"}, b"of any length" + BYTES),
        ({"byte skip": "7", "encoding": "gzip"}, gzip.compress(b"skipped" + BYTES, mtime=0)),
        ({"measurement frame": "(1,0,0) (0,1,0) (0,0,1)", "thicknesses": "nan nan 3"}, BYTES),
    ],
)
def test_every_packing_holds_the_same_numbers(written, fields, data):
    assert np.array_equal(nrrd.read_image(written(fields, data)).source.slab(0, 0, 1)[0], NUMBERS)


def test_lines_may_end_as_on_windows(written):
    path = written()
    head, data = path.read_bytes().split(b"\n\n", 1)
    path.write_bytes(head.replace(b"\n", b"\r\n") + b"\r\n\r\n" + data)
    assert np.array_equal(nrrd.read_image(path).source.slab(0, 0, 1)[0], NUMBERS)


def test_numbers_are_found_in_the_headers_folder_and_nowhere_else(written, tmp_path):
    (tmp_path / "data.raw").write_bytes(BYTES)
    for name in ("data.raw", "./data.raw"):
        path = written({"data file": name}, b"", name="a.nhdr")
        assert np.array_equal(nrrd.read_image(path).source.slab(0, 0, 1)[0], NUMBERS)
        assert nrrd.files_of(path) == (path, tmp_path / "data.raw")
    for name in ("/etc/hostname", "../data.raw", "sub/data.raw", "..", r"..\data.raw", "C:data.raw"):
        with pytest.raises(Refused, match="own folder"):
            nrrd.read_grid(written({"data file": name}, b"", name="a.nhdr"))
    with pytest.raises(Refused, match=r"none\.raw.*does not exist"):
        nrrd.read_grid(written({"data file": "none.raw"}, b"", name="a.nhdr"))
    for name in ("LIST", "data%03d.raw 0 2 1 2"):
        with pytest.raises(Refused, match="several files"):
            nrrd.read_grid(written({"data file": name}, b"", name="a.nhdr"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sizes": "30000 30000 30000"}, "cut short or has a false header"),
        ({"sizes": "5 4 4"}, "cut short or has a false header"),
        ({"sizes": "5 -4 3"}, "impossible size"),
        ({"sizes": "5 0 3"}, "impossible size"),
        ({"sizes": "5 4"}, "impossible size"),
        ({"sizes": "five four three"}, "impossible size"),
        ({"dimension": "many"}, "whole number"),
        ({"dimension": "1", "sizes": "60", "space directions": "(1,0,0)"}, "1 axes in space"),
        ({"dimension": "5", "sizes": "5 4 3 1 1"}, "for 5 axes"),
        ({"type": "block"}, "type 'block'"),
        ({"type": "char"}, "type 'char'"),
        ({"encoding": "hex"}, "encoding 'hex'"),
        ({"endian": "middle"}, "byte order"),
        ({"space": "left-posterior-superior-time"}, "space"),
        ({"space directions": "(1,0,0) (0,1,0) (0,0,0)"}, "spacing of zero"),
        ({"space directions": "(1,0,0) (0,1,0) (1,1,0)"}, "inverted"),
        ({"space directions": "(1,0,0) (0.2,1,0) (0,0,2)"}, "axes i and j meet 11.3 degrees off"),
        ({"space directions": "(1,0,0) (0,nan,0) (0,0,2)"}, "NaN"),
        ({"space directions": "(1,0,0,0) (0,1,0,0) (0,0,2,0)"}, "4 dimensions"),
        ({"space directions": "(1,0,x) (0,1,0) (0,0,2)"}, "space directions"),
        ({"space origin": "(inf,0,0)"}, "infinite"),
        ({"byte skip": "-7"}, "skips -7"),
        ({"byte skip": "10"}, "cut short or has a false header"),
        ({"line skip": "2"}, "skips lines"),
        ({"encoding": "ascii"}, "written as text"),
        ({"encoding": "gzip"}, "can not be unpacked"),
        ({"encoding": "bzip2"}, "can not be unpacked"),
        ({"dimension": "4", "sizes": "2 5 2 3", "kinds": "complex domain domain domain",
          "space directions": "none (1,0,0) (0,1,0) (0,0,2)"}, "complex"),
        ({"dimension": "4", "sizes": "5 2 2 3", "space directions": "(1,0,0) (0,1,0) none none"}, "one axis of"),
    ],
)  # fmt: skip
def test_a_false_header_is_refused_in_one_sentence(written, fields, message):
    path = written(fields)
    with pytest.raises(Refused, match=message) as refusal:
        nrrd.read_image(path).array()
    assert str(path) in str(refusal.value)


@pytest.mark.parametrize("field", ["type", "dimension", "sizes", "encoding", "endian"])
def test_a_field_that_is_missing_is_named(written, field):
    with pytest.raises(Refused, match=f"does not state '{field}'"):
        nrrd.read_image(written(without=[field]))


def test_broken_files_are_refused(written, tmp_path):
    with pytest.raises(Refused, match="not an NRRD"):
        nrrd.read_grid(written(magic="NIFTI"))
    path = written()
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(Refused, match="inside its header"):
        nrrd.read_grid(path)
    path = written({"encoding": "gzip"}, gzip.compress(np.random.default_rng(0).bytes(120))[:-30])
    with pytest.raises(Refused, match="cut short or damaged"):
        nrrd.read_image(path).array()
    (tmp_path / "e.nrrd").touch()
    with pytest.raises(Refused, match="empty"):
        nrrd.read_grid(tmp_path / "e.nrrd")
    with pytest.raises(Refused, match="does not exist"):
        nrrd.read_grid(tmp_path / "none.nrrd")
    with pytest.raises(Refused, match=r"\.nrrd"):
        nrrd.write_labels(tmp_path / "a.png", np.zeros(SHAPE, int), OBLIQUE)
    with pytest.raises(Refused, match="can not hold"):
        nrrd.write_labels(tmp_path / "a.nrrd", np.zeros((4, 4), int), Grid.picture((4, 4)))
    with pytest.raises(Refused, match="can not be written"):
        nrrd.write_labels(tmp_path / "no" / "a.nrrd", np.zeros(SHAPE, int), OBLIQUE)


def test_a_bomb_is_refused_before_memory_is_taken(written):
    path = written({"sizes": "2000 2000 2000", "encoding": "gzip"}, gzip.compress(BYTES, mtime=0))
    with pytest.raises(Refused, match="cut short or has a false header"):
        nrrd.read_image(path)
    path = written({"sizes": "60 1000 1000", "encoding": "ascii"}, b"1 " * 17_000_000)
    with pytest.raises(Refused, match="as text"):
        nrrd.read_image(path)
