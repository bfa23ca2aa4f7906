"""Arrays in .npy and .npz; zips."""

import io
import zipfile

import numpy as np
import pytest

from hounsfield.formats import arrays, zipped
from hounsfield.values import Refused


def test_members_are_listed_without_reading_and_read_one_by_one(tmp_path):
    images, labels = np.arange(24.0).reshape(2, 3, 4), np.array([[1], [0]], np.uint8)
    path = tmp_path / "a.npz"
    np.savez_compressed(path, images=images, labels=labels, fortran=np.asfortranarray(images))
    members = arrays.list_members(path)
    assert {name: (m.shape, m.dtype) for name, m in members.items()} == {
        "images": ((2, 3, 4), np.float64),
        "labels": ((2, 1), np.uint8),
        "fortran": ((2, 3, 4), np.float64),
    }
    assert np.array_equal(arrays.read_member(path, "images"), images)
    assert np.array_equal(arrays.read_member(path, "fortran"), images)
    assert np.array_equal(arrays.read_member(path, "labels"), labels)
    with pytest.raises(Refused, match="no array 'masks'"):
        arrays.read_member(path, "masks")


def test_npy(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(5))
    assert np.array_equal(arrays.read_member(tmp_path / "a.npy"), np.arange(5))
    cut = (tmp_path / "a.npy").read_bytes()[:-3]
    (tmp_path / "cut.npy").write_bytes(cut)
    with pytest.raises(Refused, match="cut short"):
        arrays.read_member(tmp_path / "cut.npy")


def test_objects_are_never_unpickled(tmp_path):
    np.savez(tmp_path / "o.npz", a=np.array([{"x": 1}], object))
    np.save(tmp_path / "o.npy", np.array([{"x": 1}], object))
    with pytest.raises(Refused, match="objects"):
        arrays.list_members(tmp_path / "o.npz")
    with pytest.raises(Refused, match="objects"):
        arrays.read_member(tmp_path / "o.npy")


def test_false_headers_and_broken_archives(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**6)})
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w") as archive:
        archive.writestr("a.npy", header.getvalue() + bytes(80))
    with pytest.raises(Refused, match="declares 1000000x1000000"):
        arrays.read_member(tmp_path / "bomb.npz", "a")
    np.savez(tmp_path / "a.npz", a=np.arange(1000))
    (tmp_path / "cut.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:-50])
    with pytest.raises(Refused, match="cut short or no zip"):
        arrays.list_members(tmp_path / "cut.npz")
    damaged = bytearray((tmp_path / "a.npz").read_bytes())
    damaged[500:520] = bytes(20)
    damaged[500] = 77
    (tmp_path / "damaged.npz").write_bytes(damaged)
    with pytest.raises(Refused, match="damaged"):
        arrays.read_member(tmp_path / "damaged.npz", "a")
    (tmp_path / "text.npz").write_text("hello world")
    with pytest.raises(Refused, match="first bytes"):
        arrays.list_members(tmp_path / "text.npz")


def test_zip_members(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("inner/a.txt", "hello")
    assert zipped.list_members(tmp_path / "a.zip") == {"inner/a.txt": 5}
    assert zipped.read_member(tmp_path / "a.zip", "inner/a.txt", limit=10) == b"hello"
    with pytest.raises(Refused, match="more than 4"):
        zipped.read_member(tmp_path / "a.zip", "inner/a.txt", limit=4)
    with pytest.raises(Refused, match="not in the archive"):
        zipped.read_member(tmp_path / "a.zip", "b.txt", limit=4)


@pytest.mark.data
def test_the_chest_films(data_root):
    members = arrays.list_members(data_root / "chest_xray" / "pneumoniamnist.npz")
    assert members["train_images"].shape == (3882, 28, 28)
    labels = arrays.read_member(data_root / "chest_xray" / "pneumoniamnist.npz", "val_labels")
    assert np.bincount(labels.ravel()).tolist() == [135, 389]


# as image files


@pytest.mark.parametrize("dtype", ["u1", "i2", ">i4", "f2", "f8", "?"])
@pytest.mark.parametrize("shape", [(4, 5), (3, 4, 5), (4, 5, 3)])
def test_an_array_is_an_image(tmp_path, dtype, shape):
    array = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    np.save(tmp_path / "a.npy", array)
    np.savez_compressed(tmp_path / "a.npz", anything=array)
    has_colours = shape == (4, 5, 3)
    expected = np.moveaxis(array, -1, 0) if has_colours else array[None]
    for name in ("a.npy", "a.npz"):
        image = arrays.read_image(tmp_path / name)
        assert np.array_equal(image.array(np.float64), expected)
        assert image.source.dtype == (np.uint8 if dtype == "?" else np.dtype(dtype).newbyteorder("="))
        assert image.grid == arrays.read_grid(tmp_path / name)
        assert (image.grid.shape, image.grid.unit, image.grid.frame) == (expected.shape[1:], "px", "image")
        labels, grid = arrays.read_labels(tmp_path / name)
        assert np.array_equal(labels, array)
        assert grid.shape == shape


def test_a_large_array_is_mapped_and_not_loaded(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((3, 40, 50), np.float32))
    assert isinstance(arrays.read_member(tmp_path / "a.npy"), np.memmap)


def test_what_is_no_image_is_refused(tmp_path):
    np.savez(tmp_path / "two.npz", data=np.zeros((4, 5)), seg=np.zeros((4, 5)))
    with pytest.raises(Refused, match=r"holds 2 arrays \(data, seg\); an image file has one"):
        arrays.read_image(tmp_path / "two.npz")
    for array, what in [
        (np.zeros(5), "has the shape 5, which is no image"),
        (np.zeros((2, 3, 4, 5)), "2x3x4x5"),
        (np.float32(3), "of a single number"),
        (np.zeros((0, 5)), "0x5"),
        (np.zeros((4, 5), complex), "complex128"),
        (np.full((4, 5), "a"), "holds <U1"),
    ]:
        np.save(tmp_path / "a.npy", array)
        with pytest.raises(Refused, match=what):
            arrays.read_image(tmp_path / "a.npy")
    np.save(tmp_path / "a.npy", np.full((4, 5), 0.5))
    with pytest.raises(Refused, match="no label numbers"):
        arrays.read_labels(tmp_path / "a.npy")


@pytest.mark.parametrize(
    "header",
    [
        b"(" * 9000,
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (" + b"[" * 150,
        b"{'descr': '|O', 'fortran_order': False, 'shape': (4, 5)}",
        b"{'descr': '<U0', 'fortran_order': False, 'shape': (4, 5)}",
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (-4, 5)}",
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 99999999999)}",
        b"{'descr': '2(3,', 'fortran_order': False, 'shape': (4, 5)}",
        b"{'descr': [('a', '<f8', (100000, 100000))], 'fortran_order': False, 'shape': (4, 5)}",
        b"'\\x",
        b"\xff\xfe",
    ],
)
@pytest.mark.parametrize("version", [1, 2, 3, 9])
def test_headers_that_are_none(tmp_path, header, version):
    length = len(header).to_bytes(2 if version == 1 else 4, "little")
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY" + bytes([version, 0]) + length + header + bytes(64))
    for read in (arrays.list_members, arrays.read_image, arrays.read_labels, arrays.read_grid):
        with pytest.raises(Refused):
            read(tmp_path / "a.npy")


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_arrays_that_are_cut_short(tmp_path, name):
    array = np.random.default_rng(0).normal(size=(30, 40))
    np.save(tmp_path / "a.npy", array)
    np.savez_compressed(tmp_path / "a.npz", array)
    whole = (tmp_path / name).read_bytes()
    for eighth in range(8):
        (tmp_path / name).write_bytes(whole[: len(whole) * eighth // 8])
        with pytest.raises(Refused):
            arrays.read_image(tmp_path / name)
