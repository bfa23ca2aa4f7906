"""NIfTI against nibabel and SimpleITK, and everything a header can lie about."""

import gzip
import struct
import tracemalloc

import nibabel as nib
import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st

from hounsfield.formats import nifti
from hounsfield.values import Grid, Image, Refused

OBLIQUE = np.eye(4)
OBLIQUE[:3, :3] = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0], [0.48, 0.64, 0.6]]) * [0.8, 0.8, 2.7]
OBLIQUE[:3, 3] = (-20.3, 33.3, 4.1)


@pytest.fixture
def saved(tmp_path):
    def save(array, affine=OBLIQUE, name="a.nii.gz", edit=None):
        image = nib.Nifti1Image(array, affine, dtype=array.dtype)
        if edit:
            edit(image.header)
        nib.save(image, tmp_path / name)
        return tmp_path / name

    return save


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, ">i2", np.float32, np.float64])
def test_values_and_affine_are_those_of_nibabel(saved, name, dtype):
    array = np.random.default_rng(0).integers(0, 200, (5, 6, 7)).astype(dtype)
    path = saved(array, name=name)
    image = nifti.read_image(path)
    assert np.array_equal(image.array(np.float64)[0], nib.load(path).get_fdata())
    assert np.array_equal(image.grid.affine, nib.load(path).affine)
    assert np.array_equal(image.source.slab(2, 1, 3)[0], array[:, 1:3])
    assert image.source.dtype.isnative


def test_slope_and_intercept_are_applied(saved):
    path = saved(np.arange(24, dtype=np.int16).reshape(2, 3, 4), edit=lambda h: h.set_slope_inter(0.5, -1000))
    # nibabel stores what makes the written values read back equal, so the file's own slope is put in by hand
    raw = bytearray(gzip.decompress(path.read_bytes()))
    raw[112:120] = struct.pack("<ff", 0.5, -1000)
    path.write_bytes(gzip.compress(bytes(raw)))
    image = nifti.read_image(path)
    stored = np.frombuffer(raw[352:], "<i2").reshape(2, 3, 4, order="F")
    assert np.array_equal(image.array()[0], stored * 0.5 - 1000)
    assert image.source.dtype == np.float32


def test_last_axis_is_channels_and_a_single_slice_stays_a_volume(saved):
    array = np.random.default_rng(1).normal(size=(4, 5, 1, 3)).astype(np.float32)
    path = saved(array)
    image = nifti.read_image(path)
    assert image.source.shape == (3, 4, 5, 1)
    assert image.grid.shape == (4, 5, 1)
    assert np.array_equal(image.array(), np.moveaxis(array, -1, 0))
    assert np.array_equal(nifti.read_image(path, channel=2).array()[0], array[..., 2])
    with pytest.raises(Refused, match="3 channels"):
        nifti.read_image(path, channel=3)


@given(
    spacing=st.tuples(*[st.floats(0.01, 10)] * 3),
    origin=st.tuples(*[st.floats(-500, 500)] * 3),
    angle=st.floats(-3, 3),
)
@settings(max_examples=30, deadline=None)
def test_any_grid_reads_back_to_the_bit(tmp_path_factory, spacing, origin, angle):
    path = tmp_path_factory.mktemp("grid") / "labels.nii.gz"
    c, s = np.cos(angle), np.sin(angle)
    affine = np.eye(4)
    affine[:3, :3] = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) * spacing
    affine[:3, 3] = origin
    grid = Grid((3, 4, 5), affine)
    nifti.write_labels(path, np.ones(grid.shape, int), grid)
    assert nifti.read_labels(path)[1] == grid
    assert np.allclose(nib.load(path).affine, affine, atol=1e-4)  # others read it in single precision


def test_an_answer_has_the_affine_of_a_file_with_a_qform_only(tmp_path):
    image = nib.Nifti1Image(np.zeros((3, 4, 5), np.uint8), None)
    rotation = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0], [0.48, 0.64, 0.6]])
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = rotation * [0.7, 0.9, 3.3], [1.1, 2.2, 3.3]
    image.header.set_qform(affine, 1)
    image.header.set_sform(None, 0)
    nib.save(image, tmp_path / "q.nii.gz")
    grid = nifti.read_grid(tmp_path / "q.nii.gz")
    nifti.write_labels(tmp_path / "answer.nii.gz", np.zeros(grid.shape, int), grid)
    assert np.array_equal(nib.load(tmp_path / "q.nii.gz").affine, nib.load(tmp_path / "answer.nii.gz").affine)
    assert nifti.read_grid(tmp_path / "answer.nii.gz") == grid


def test_a_picture_grid_reads_back(tmp_path):
    grid = Grid.picture((6, 7), 0.4)
    image = Image.of(np.random.default_rng(0).normal(size=(2, 6, 7)).astype(np.float32), grid)
    nifti.write_image(tmp_path / "p.nii.gz", image)
    assert nifti.read_image(tmp_path / "p.nii.gz") == image


def test_simpleitk_finds_the_same_voxels_at_the_same_places(tmp_path):
    rotation = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1.0]])
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = rotation * [0.5, 0.75, 2], [10, -20, 30]
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    nifti.write_image(tmp_path / "a.nii.gz", Image.of(array, Grid((2, 3, 4), affine)))
    itk = SimpleITK.ReadImage(str(tmp_path / "a.nii.gz"))
    assert itk.GetPixel(1, 2, 3) == array[1, 2, 3]
    lps = np.array(itk.TransformIndexToPhysicalPoint((1, 2, 3)))
    assert np.allclose(lps * [-1, -1, 1], Grid((2, 3, 4), affine).to_world([1, 2, 3])[0])


@pytest.mark.parametrize(("highest", "dtype"), [(1, np.uint8), (255, np.uint8), (256, np.uint16), (70000, np.uint32)])
def test_labels_take_the_smallest_unsigned_type(tmp_path, highest, dtype):
    array = np.zeros((2, 3, 4), np.int64)
    array[0, 0, 0] = highest
    nifti.write_labels(tmp_path / "l.nii.gz", array, Grid.regular((2, 3, 4)))
    assert nib.load(tmp_path / "l.nii.gz").get_data_dtype() == dtype
    labels, _ = nifti.read_labels(tmp_path / "l.nii.gz")
    assert labels.dtype == dtype
    assert np.array_equal(labels, array)


def test_float_labels_are_accepted_when_they_are_whole(saved):
    labels, _ = nifti.read_labels(saved(np.array([[[0.0, 1, 2]]], np.float32)))
    assert labels.dtype == np.uint8
    assert labels.tolist() == [[[0, 1, 2]]]
    for wrong in (0.5, np.nan, np.inf):
        with pytest.raises(Refused, match="no label"):
            nifti.read_labels(saved(np.array([[[0.0, wrong]]], np.float32)))


def test_the_same_content_gives_the_same_bytes(tmp_path):
    for name in ("a.nii.gz", "b.nii.gz"):
        nifti.write_labels(tmp_path / name, np.eye(4, dtype=int)[None], Grid.regular((1, 4, 4)))
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()


def test_vectors_are_nifti_vectors(tmp_path):
    field = np.random.default_rng(0).normal(size=(3, 4, 5, 6)).astype(np.float32)
    grid = Grid.regular((4, 5, 6), 0.3)
    nifti.write_vectors(tmp_path / "u.nii.gz", field, grid)
    loaded = nib.load(tmp_path / "u.nii.gz")
    assert loaded.shape == (4, 5, 6, 1, 3)
    assert loaded.header.get_intent()[0] == "vector"
    again, found = nifti.read_vectors(tmp_path / "u.nii.gz")
    assert np.array_equal(again, field)
    assert found == grid


def _patched(path, at, data):
    raw = bytearray(path.read_bytes())
    raw[at : at + len(data)] = data
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("at", "data", "message"),
    [
        (0, b"\0\0\0\0", "not a NIfTI"),
        (344, b"abcd", "not a NIfTI"),
        (344, b"ni1\0", "pair"),
        (42, struct.pack("<3h", 30000, 30000, 30000), "cut short"),
        (42, struct.pack("<h", -4), "impossible size"),
        (40, struct.pack("<h", 0), "axes"),
        (70, struct.pack("<h", 12345), "unknown type"),
        (70, struct.pack("<h", 32), "no image"),  # complex
        (280, struct.pack("<f", float("nan")), "NaN"),
        (280, struct.pack("<12f", *[0] * 12), "spacing of zero"),
        (280, struct.pack("<12f", 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0), "inverted"),
    ],
)
def test_a_false_header_is_refused_in_one_sentence(saved, at, data, message):
    path = _patched(saved(np.zeros((4, 5, 6), np.int16), name="a.nii"), at, data)
    with pytest.raises(Refused, match=message) as refusal:
        nifti.read_image(path)
    assert str(path) in str(refusal.value)


def test_broken_files_are_refused(saved, tmp_path):
    whole = saved(np.random.default_rng(0).integers(0, 30000, (30, 30, 30)).astype(np.int16))
    cut = tmp_path / "cut.nii.gz"
    cut.write_bytes(whole.read_bytes()[:-2000])
    with pytest.raises(Refused, match="cut short"):
        nifti.read_image(cut).array()
    plain = saved(np.zeros((9, 9, 9), np.int16), name="p.nii")
    plain.write_bytes(plain.read_bytes()[:-1])
    with pytest.raises(Refused, match="cut short"):
        nifti.read_image(plain)
    (tmp_path / "empty.nii").touch()
    with pytest.raises(Refused, match="empty"):
        nifti.read_image(tmp_path / "empty.nii")
    with pytest.raises(Refused, match="does not exist"):
        nifti.read_image(tmp_path / "none.nii")
    with pytest.raises(Refused, match="folder"):
        nifti.read_image(tmp_path)
    with pytest.raises(Refused, match=r"\.nii\.gz"):
        nifti.write_labels(tmp_path / "a.png", np.zeros((2, 2, 2), int), Grid.regular((2, 2, 2)))
    with pytest.raises(Refused, match="can not be written"):
        nifti.write_labels(tmp_path / "no" / "a.nii", np.zeros((2, 2, 2), int), Grid.regular((2, 2, 2)))


def test_a_bomb_is_refused_before_memory_is_taken(saved):
    path = saved(np.zeros((4, 5, 6), np.int16))
    raw = bytearray(gzip.decompress(path.read_bytes()))
    raw[42:48] = struct.pack("<3h", 32767, 32767, 32767)
    path.write_bytes(gzip.compress(bytes(raw)))
    with pytest.raises(Refused, match="cut short or has a false header"):
        nifti.read_image(path)


def test_large_files_are_mapped_from_scratch(saved, monkeypatch):
    monkeypatch.setattr("hounsfield.formats.files.IN_MEMORY", 1000)
    array = np.random.default_rng(0).integers(0, 99, (20, 21, 22)).astype(np.int16)
    assert np.array_equal(nifti.read_image(saved(array)).array()[0], array)


def test_a_pair_of_header_and_image_is_one_volume(tmp_path):
    array = np.random.default_rng(0).integers(0, 99, (5, 6, 7)).astype(np.int16)
    for kind in (nib.Nifti1Pair, nib.Nifti2Pair):
        nib.save(kind(array, OBLIQUE), tmp_path / "p.img")
        image = nifti.read_image(tmp_path / "p.hdr")
        assert np.array_equal(image.array(np.int16)[0], array)
        assert np.array_equal(image.grid.affine, nib.load(tmp_path / "p.img").affine)
        assert nifti.files_of(tmp_path / "p.hdr") == (tmp_path / "p.hdr", tmp_path / "p.img")
    (tmp_path / "p.img.gz").write_bytes(gzip.compress((tmp_path / "p.img").read_bytes()))
    (tmp_path / "p.img").unlink()
    assert np.array_equal(nifti.read_image(tmp_path / "p.hdr").array(np.int16)[0], array)
    (tmp_path / "p.img.gz").unlink()
    with pytest.raises(Refused, match="other is not there"):
        nifti.read_grid(tmp_path / "p.hdr")


def test_nifti_2_and_swapped_bytes_are_read(tmp_path):
    array = np.random.default_rng(0).integers(0, 99, (5, 6, 7)).astype(np.int16)
    nib.save(nib.Nifti2Image(array, OBLIQUE), tmp_path / "two.nii")
    swapped = nib.Nifti1Image(array, OBLIQUE).header.as_byteswapped(">")
    swapped["vox_offset"] = 352
    (tmp_path / "big.nii").write_bytes(swapped.binaryblock + bytes(4) + array.astype(">i2").tobytes(order="F"))
    for name in ("two.nii", "big.nii"):
        assert np.array_equal(nifti.read_image(tmp_path / name).array(np.int16)[0], array)
        assert np.array_equal(nifti.read_grid(tmp_path / name).affine, nib.load(tmp_path / name).affine)


def test_where_sform_and_qform_disagree_the_sform_counts(saved):
    def edit(header):
        header.set_sform(np.diag([2.0, 2, 2, 1]), code=2)
        header.set_qform(np.diag([-3.0, 3, 3, 1]), code=1)

    path = saved(np.zeros((4, 5, 6), np.uint8), None, edit=edit)
    assert nifti.read_grid(path).affine.tolist() == np.diag([2.0, 2, 2, 1]).tolist()
    assert np.array_equal(nib.load(path).affine, np.diag([2.0, 2, 2, 1]))


def test_a_handedness_of_zero_is_one(saved):
    def edit(header):
        header.set_sform(None, code=0)
        header.set_qform(OBLIQUE, code=1)

    path = saved(np.zeros((4, 5, 6), np.uint8), None, "q.nii", edit)
    _patched(path, 76, struct.pack("<f", 0))
    assert np.array_equal(nifti.read_grid(path).affine, nib.load(path).affine)


@pytest.mark.parametrize(("degrees", "passes"), [(0.4, True), (0.6, False), (20, False)])
def test_half_a_degree_of_shear_passes(saved, degrees, passes):
    affine = np.diag([1.0, 1.5, 2.0, 1.0])
    affine[0, 2] = 2.0 * np.tan(np.radians(degrees))
    path = saved(np.zeros((4, 5, 6), np.uint8), affine)
    if passes:
        assert np.array_equal(nifti.read_grid(path).affine, nib.load(path).affine)
    else:
        with pytest.raises(Refused, match=f"axes i and k meet {degrees:.1f} degrees off the right angle"):
            nifti.read_grid(path)


def test_vectors_times_and_colours_are_channels(tmp_path):
    vectors = np.random.default_rng(0).normal(size=(4, 5, 6, 1, 3)).astype(np.float32)
    image = nib.Nifti1Image(vectors, OBLIQUE)
    image.header.set_intent("vector")
    nib.save(image, tmp_path / "v.nii.gz")
    assert np.array_equal(nifti.read_image(tmp_path / "v.nii.gz").array(), np.moveaxis(vectors[:, :, :, 0], -1, 0))
    with pytest.raises(Refused, match="3 channels; a label map has one"):
        nifti.read_labels(tmp_path / "v.nii.gz")
    nib.save(nib.Nifti1Image(np.zeros((4, 5, 6, 2, 3), np.float32), OBLIQUE), tmp_path / "tv.nii.gz")
    with pytest.raises(Refused, match="5 axes"):
        nifti.read_grid(tmp_path / "tv.nii.gz")
    colours = np.zeros((4, 5, 6), [(name, "u1") for name in "RGBA"])
    colours["G"], colours["A"] = 7, 99
    nib.save(nib.Nifti1Image(colours, OBLIQUE), tmp_path / "c.nii.gz")
    assert nifti.read_image(tmp_path / "c.nii.gz").array()[:, 0, 0, 0].tolist() == [0, 7, 0]


def test_extensions_past_the_end_are_not_followed(saved):
    path = saved(np.arange(120, dtype=np.int16).reshape(4, 5, 6), name="e.nii")
    raw = bytearray(path.read_bytes())
    for size in (-5, 2**30):
        path.write_bytes(raw[:348] + b"\1\0\0\0" + struct.pack("<ii", size, 6) + b"hounsfield grid {" + raw[352 + 25 :])
        assert nifti.read_image(path).source.shape == (1, 4, 5, 6)
    path.write_bytes(raw[:108] + struct.pack("<f", 1e9) + raw[112:])
    with pytest.raises(Refused, match="cut short or has a false header"):
        nifti.read_image(path)


def test_a_grid_of_our_own_that_can_not_be_is_passed_over(tmp_path):
    path = tmp_path / "g.nii"
    nifti.write_labels(path, np.zeros((4, 5, 6), int), Grid.regular((4, 5, 6), 1 / 3))
    raw = path.read_bytes()
    assert raw.count(b"[4, 5, 6]") == 1
    for shape in (b"[-4,-5,6]", b"[6, 5, 4]", b"[4,5,1e9]"):
        path.write_bytes(raw.replace(b"[4, 5, 6]", shape))
        assert nifti.read_image(path).array().shape == (1, 4, 5, 6)


def test_much_that_is_passed_over_takes_no_memory(saved):
    path = saved(np.zeros((4, 5, 6), np.int16))
    raw = gzip.decompress(path.read_bytes())
    offset = 40_000_000
    path.write_bytes(gzip.compress(raw[:108] + struct.pack("<f", offset) + raw[112:352] + bytes(offset), 9))
    tracemalloc.start()
    assert not nifti.read_image(path).array().any()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16e6


@pytest.mark.data
def test_strange_headers_of_real_files(data_root):
    folder = data_root / "nifti_samples"
    for path in sorted(folder.glob("*.nii.gz")):
        image = nifti.read_image(path)
        loaded = nib.load(path)
        assert np.array_equal(image.grid.affine, loaded.affine)
        if loaded.get_data_dtype().names is None:
            expected = loaded.get_fdata().reshape(*loaded.shape[:3], -1)
            assert np.allclose(np.moveaxis(image.array(np.float64), 0, -1), expected, rtol=1e-6, equal_nan=True)
    rgb = np.asarray(nib.load(folder / "rgb24.nii.gz").dataobj)
    colours = nifti.read_image(folder / "rgb24.nii.gz").array(np.uint8)
    assert all(np.array_equal(colours[c], rgb[name]) for c, name in enumerate("RGB"))
    assert int((nifti.read_labels(folder / "t2s_seg_int64.nii.gz")[0] > 0).sum()) == 2443
    assert int((nifti.read_labels(folder / "t2s_gmseg_manual.nii.gz")[0] > 0).sum()) == 519
    assert np.isinf(nifti.read_image(folder / "mtr_with_inf.nii.gz").array()).sum() == 633


@pytest.mark.data
def test_a_real_volume_with_a_qform_only_keeps_its_affine(data_root, tmp_path):
    path = data_root / "multiple_sclerosis/cross_sectional/MNI_2mm/patient07/lesion_mask.nii.gz"
    labels, grid = nifti.read_labels(path)
    assert int(labels.sum()) == 154
    nifti.write_labels(tmp_path / "answer.nii.gz", labels, grid)
    assert np.array_equal(nib.load(tmp_path / "answer.nii.gz").affine, nib.load(path).affine)


def test_labels_in_floating_point_are_read_without_a_second_copy_of_them(saved):
    """As bytes they take an eighth of what the file takes; that much memory is taken, and one slice."""
    array = np.zeros((128, 128, 64))
    array[10:20, 10:20, 10:20] = 3
    path = saved(array, name="a.nii")
    nifti.read_labels(path)  # what is imported on the way
    tracemalloc.start()
    labels, _ = nifti.read_labels(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.array_equal(labels, array)
    assert peak < array.nbytes / 8 + 2**20
    array[0, 0, 63] = 0.5
    with pytest.raises(Refused, match="no label numbers"):
        nifti.read_labels(saved(array, name="b.nii"))
