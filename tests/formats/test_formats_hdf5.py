"""HDF5 files written by h5py: what is read is what was put in, and nothing that lies elsewhere."""

import sys

import h5py
import numpy as np
import pytest

from hounsfield.formats import apart, hdf5, hdf5_file
from hounsfield.formats.apart import Apart
from hounsfield.values import Grid, Refused

VOLUME = np.random.default_rng(0).normal(size=(5, 6, 7)).astype(np.float32)
CLASSES = (np.arange(210) % 4).reshape(5, 6, 7).astype(np.uint8)


@pytest.fixture
def made(tmp_path):
    def make(name="a.h5", *, options=None, **content):
        with h5py.File(tmp_path / name, "w", **(options or {})) as file:
            for key, value in content.items():
                file[key] = value
        return tmp_path / name

    return make


def test_data_sets_are_listed_with_shape_and_type(made):
    path = made(image=VOLUME, label=CLASSES, who="patient 1", names=["a", "b"], id=7)
    with h5py.File(path, "a") as file:
        file["more/inner"] = np.zeros((2, 3), ">i2")
        file["again"] = h5py.SoftLink("/image")
        file["elsewhere"] = h5py.ExternalLink("other.h5", "/image")
        file["pair"] = np.zeros(3, [("a", "i4"), ("b", "f4")])
        file["pointer"] = np.array([file["image"].ref], dtype=h5py.ref_dtype)
        file["nothing"] = h5py.Empty("f4")
    found = hdf5.list_numbers(path)
    assert {name: (one.shape, one.dtype) for name, one in found.items()} == {
        "image": ((5, 6, 7), np.float32),
        "label": ((5, 6, 7), np.uint8),
        "id": ((), np.int64),
        "more/inner": ((2, 3), np.dtype(">i2")),
    }


@pytest.mark.parametrize("options", [{}, {"compression": "gzip"}, {"compression": "lzf", "shuffle": True}])
@pytest.mark.parametrize("dtype", ["u1", "i2", ">i2", "f4", ">f8", "f2", "?"])
def test_images_of_every_type_and_packing(tmp_path, dtype, options):
    array = np.abs(VOLUME * 50).astype(dtype)
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file.create_dataset("Image", data=array, chunks=(2, 3, 4), **options)
    image = hdf5.read_image(tmp_path / "a.hdf5")
    expected = array.astype(np.uint8 if dtype == "?" else array.dtype.newbyteorder("="))
    assert image.source.dtype == expected.dtype
    assert np.array_equal(image.array(expected.dtype)[0], expected)
    assert image.grid == hdf5.read_grid(tmp_path / "a.hdf5") == Grid((5, 6, 7), np.eye(4), "px", "image")
    for axis, n in enumerate((1, 5, 6, 7)):
        assert np.array_equal(image.source.slab(axis, n // 2, n), expected[None].take(range(n // 2, n), axis))


def test_pictures_and_their_colours(made):
    grey = hdf5.read_image(made(image=VOLUME[0]))
    assert grey.grid == Grid.picture((6, 7))
    assert np.array_equal(grey.array()[0], VOLUME[0])
    coloured = hdf5.read_image(made(raw=VOLUME[..., :3]))
    assert coloured.grid == Grid.picture((5, 6))
    assert np.array_equal(coloured.array(), np.moveaxis(VOLUME[..., :3], -1, 0))
    for axis in range(3):
        whole = np.moveaxis(VOLUME[..., :3], -1, 0)
        assert np.array_equal(coloured.source.slab(axis, 1, 3), whole.take(range(1, 3), axis))


def test_labels(made):
    labels, grid = hdf5.read_labels(made(image=VOLUME, label=CLASSES.astype(np.float64)))
    assert labels.dtype == np.uint8
    assert np.array_equal(labels, CLASSES)
    assert grid.shape == (5, 6, 7)
    with pytest.raises(Refused, match=r"a.h5::mask: holds values that are no label numbers"):
        hdf5.read_labels(made(image=VOLUME, mask=VOLUME))


def test_which_data_set_is_meant_must_be_told(made):
    assert hdf5.read_image(made(anything=VOLUME)).grid.shape == (5, 6, 7)
    with pytest.raises(Refused, match=r"which of its data sets is the image: a, b. .*call one 'image'"):
        hdf5.read_image(made(a=VOLUME, b=VOLUME))
    with pytest.raises(Refused, match="none of numbers"):
        hdf5.read_image(made(text="hello"))
    with pytest.raises(Refused, match="has the shape 2x3x4x5"):
        hdf5.read_image(made(image=np.zeros((2, 3, 4, 5))))


# what a file points to


def test_links_are_not_followed(made, tmp_path):
    made("other.h5", image=VOLUME)
    path = made(label=CLASSES)
    with h5py.File(path, "a") as file:
        file["image"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/image")
    assert list(hdf5.list_numbers(path)) == ["label"]


def test_virtual_and_external_data_are_refused(made, tmp_path):
    made("other.h5", image=VOLUME)
    layout = h5py.VirtualLayout(VOLUME.shape, VOLUME.dtype)
    layout[...] = h5py.VirtualSource(str(tmp_path / "other.h5"), "image", VOLUME.shape)
    with h5py.File(tmp_path / "virtual.h5", "w") as file:
        file.create_virtual_dataset("image", layout)
    (tmp_path / "raw.bin").write_bytes(VOLUME.tobytes())
    with h5py.File(tmp_path / "external.h5", "w") as file:
        external = [(str(tmp_path / "raw.bin"), 0, VOLUME.nbytes)]
        file.create_dataset("image", VOLUME.shape, VOLUME.dtype, external=external)
    for name in ("virtual.h5", "external.h5"):
        image = hdf5.read_image(tmp_path / name)
        with pytest.raises(Refused, match="from other files, which are not followed"):
            image.array()


def test_filters_of_plugins_are_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        made.set_chunk((5, 6, 7))
        made.set_filter(32008, h5py.h5z.FLAG_OPTIONAL, (0, 2))  # bitshuffle
        space = h5py.h5s.create_simple(VOLUME.shape)
        stored = h5py.h5d.create(file.id, b"image", h5py.h5t.NATIVE_FLOAT, space, made)
        stored.write(h5py.h5s.ALL, h5py.h5s.ALL, VOLUME)
    with pytest.raises(Refused, match=r"a filter that is not read \(number 32008\)"):
        hdf5.read_image(tmp_path / "a.h5").array()


def test_groups_in_a_circle_come_to_an_end(made):
    path = made(image=VOLUME)
    with h5py.File(path, "a") as file:
        file.create_group("a")["up"] = file["/"]
    assert "image" in hdf5.list_numbers(path)
    with h5py.File(path, "a") as file:
        for name in "bcde":
            file[f"a/{name}"] = file["a"]
    with pytest.raises(Refused, match="more than the 1024 objects"):
        hdf5.list_numbers(path)


# sizes


def test_more_numbers_than_the_file_can_hold_are_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("image", (10**5, 10**5, 10), "f8", chunks=(100, 100, 10), compression="gzip")
        file.create_dataset("label", (10**6, 10**6), "u1")
    with pytest.raises(Refused, match="declares 100000x100000x10 of float64, and the file holds 0 bytes"):
        hdf5.read_image(tmp_path / "a.h5").array()
    with pytest.raises(Refused, match="declares 1000000x1000000 of uint8"):
        hdf5.read_labels(tmp_path / "a.h5")


def test_pieces_that_would_flood_the_memory_are_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("image", (20000, 20000), "u1", chunks=(20000, 20000), compression="gzip")
    with pytest.raises(Refused, match="in pieces of 381 MiB"):
        hdf5.read_image(tmp_path / "a.h5").array()


def test_pieces_so_small_that_their_places_would_flood_the_memory_are_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("image", (3, 200, 200), "u1", chunks=(1, 1, 2), compression="gzip")[...] = 1
    with pytest.raises(Refused, match="in 20000 pieces a layer"):
        hdf5.read_image(tmp_path / "a.h5").array()


@pytest.mark.parametrize("rows", [slice(0, 5), slice(1, 4), slice(3, 3), slice(2, 3)])
def test_a_part_is_read_over_the_borders_of_chunks(tmp_path, rows):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("image", data=VOLUME, chunks=(2, 4, 3))
    found = hdf5.read_image(tmp_path / "a.h5").source.slab(1, rows.start, rows.stop)
    assert np.array_equal(found, VOLUME[None, rows])


def test_a_data_set_without_a_row_is_read_as_one(made):
    (numbers,) = hdf5.list_numbers(made(image=VOLUME[:0])).values()
    assert hdf5_file.read_part(made(image=VOLUME[:0]), numbers, (slice(None),) * 3).shape == (0, 6, 7)


# files that are not what they say


def test_a_user_s_block_before_the_file_is_passed_over(made):
    assert np.array_equal(hdf5.read_image(made(options={"userblock_size": 1024}, image=VOLUME)).array()[0], VOLUME)


@pytest.mark.parametrize("version", ["earliest", "latest"])
def test_what_is_cut_short_or_another_thing_is_refused(made, tmp_path, version):
    whole = made(options={"libver": version}, image=VOLUME, label=CLASSES).read_bytes()
    path = tmp_path / "cut.h5"
    for length in [*(len(whole) * eighth // 8 for eighth in range(8)), 9, 40, 95]:
        path.write_bytes(whole[:length])
        for read in (hdf5.list_numbers, hdf5.read_grid, hdf5.read_image, hdf5.read_labels):
            with pytest.raises(Refused, match=r"empty|cut short|no HDF5"):
                read(path)
    path.write_text("hello")
    with pytest.raises(Refused, match="no HDF5 file"):
        hdf5.list_numbers(path)


def test_without_h5py_one_command_is_named(made, monkeypatch):
    path = made(image=VOLUME)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(Refused, match=r"needs h5py to be read. Install it: pip install 'hounsfield\[hdf5\]'"):
        hdf5.read_image(path)


# what the library does not survive


@pytest.fixture
def library(monkeypatch):
    """Puts another deed in the place of the library's, in the process that reads files first."""

    def put(deed):
        monkeypatch.setattr(hdf5_file, "_reader", Apart(f"apart_deeds:{deed}"))
        hdf5_file._is_survived.cache_clear()

    yield put
    hdf5_file._is_survived.cache_clear()


@pytest.mark.parametrize("deed", ["abort", "leave"])
def test_a_file_that_ends_the_library_is_refused(made, library, deed):
    library(deed)
    with pytest.raises(Refused, match="makes the HDF5 library crash"):
        hdf5.list_numbers(made(image=VOLUME))


def test_a_file_that_holds_up_the_library_is_refused_and_not_for_ever(made, library, monkeypatch):
    path = made(image=VOLUME)
    monkeypatch.setattr(apart, "WAITING_S", 0.0)
    monkeypatch.setattr(apart, "PATIENCE_S", 0.2)
    library("sleep")
    with pytest.raises(Refused, match=r"can not be read in time .*Try again"):
        hdf5.list_numbers(path)
    monkeypatch.undo()  # as a disk that is fast again
    assert list(hdf5.list_numbers(path)) == ["image"]


def test_after_such_a_file_others_are_read(made, library, monkeypatch):
    bad, good = made("bad.h5", image=VOLUME), made("good.h5", image=VOLUME)
    reader = hdf5_file._reader
    library("abort")
    with pytest.raises(Refused, match="crash"):
        hdf5.list_numbers(bad)
    monkeypatch.setattr(hdf5_file, "_reader", reader)
    assert np.array_equal(hdf5.read_image(good).array()[0], VOLUME)
    with pytest.raises(Refused, match="crash"):
        hdf5.list_numbers(bad)


def test_a_process_that_does_not_start_is_no_fault_of_the_file(made, library):
    library("no_such_deed")
    with pytest.raises(Refused, match="did not start"):
        hdf5.list_numbers(made(image=VOLUME))
