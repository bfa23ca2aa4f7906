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
