"""Every real DICOM file that is here: what comes out is what pydicom, SimpleITK or the data's README say."""

import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom.pixels import apply_color_lut

from hounsfield.formats.dicom import image
from hounsfield.values import Refused

pytestmark = pytest.mark.data

TURN = np.diag([-1.0, -1, 1, 1])  # LPS to RAS

# name -> shape (C, ...) by the README and the file's own Rows, Columns and frames; spacing in plane, None for pixels;
# what turns pydicom's numbers into real units, by the README
SAMPLES = {
    "emri_small": ((1, 64, 64, 10), None, lambda a: a),
    "emri_small_RLE": ((1, 64, 64, 10), None, lambda a: a),
    "emri_small_big_endian": ((1, 64, 64, 10), None, lambda a: a),
    "emri_small_jpeg_2k_lossless": ((1, 64, 64, 10), None, lambda a: a),
    "emri_small_jpeg_ls_lossless": ((1, 64, 64, 10), None, lambda a: a),
    "MR2_J2KI": ((1, 1024, 1024, 1), (0.195313, 0.195313), lambda a: a * 3.774114 + 0.000061),
    "explicit_VR-UN": ((1, 512, 512, 1), (0.859375, 0.859375), lambda a: a),
    "bad_sequence": ((1, 512, 512, 1), (0.287109375, 0.287109375), lambda a: a - 1024.0),
    "RG3_J2KI": ((1, 1760, 1760), None, lambda a: 1023 - a.astype(int)),
    "US1_J2KI": ((3, 480, 640), None, lambda a: a),
    "OBXXXX1A_rle": ((3, 600, 800), None, None),
    "color-pl": ((3, 120, 256), None, lambda a: a),
    "SC_ybr_full_uncompressed": ((3, 100, 100), None, lambda a: a),
    "SC_rgb_expb_16bit": ((3, 100, 100), None, lambda a: a),
    "JLSL_16_15_1_1F": ((1, 128, 128), None, lambda a: a),
    "parametric_map_float": ((1, 128, 128, 1), (0.661468, 0.661468), lambda a: a),
}
TOO_SHORT = "emri_small_jpeg_2k_lossless_too_short"  # by the 8 bytes that end a sequence: its frames are all there
REFUSED = {  # as an image; as labels: None where it is one
    "liver": ("segmentation object", None),
    "liver_j2k": ("segmentation object", None),
    "liver_rle": ("segmentation object", "can not be decoded"),
    "liver_deflate": ("Deflated Image Frame|1.2.840.10008.1.2.8.1", "Deflated Image Frame|1.2.840.10008.1.2.8.1"),
}


def test_the_table_names_every_file(data_root):
    files = {path.stem for path in (data_root / "dicom_samples/pydicom-data").iterdir()}
    assert files == {*SAMPLES, *REFUSED, TOO_SHORT}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_has_the_numbers_of_pydicom(data_root, name):
    path = data_root / "dicom_samples/pydicom-data" / f"{name}.dcm"
    shape, spacing, real = SAMPLES[name]
    made = image.read_image(path)
    assert made.source.shape == shape
    dataset = pydicom.dcmread(path)
    stored = dataset.pixel_array
    expected = apply_color_lut(stored, dataset) if real is None else real(stored)
    if shape[0] == 3:
        expected = np.moveaxis(expected, -1, 0)
    elif spacing is not None:
        expected = expected.T[None, :, :, None]
    else:
        expected = np.moveaxis(expected, 0, -1)[None] if expected.ndim == 3 else expected[None]
    array = made.source.slab(0, 0, shape[0])
    assert array.dtype == made.source.dtype
    assert np.allclose(array, expected, rtol=1e-6)
    assert made.grid.unit == ("px" if spacing is None else "mm")
    if spacing is not None:
        assert np.allclose(made.grid.spacing[:2], spacing)


def test_the_encodings_of_one_image_give_the_same_numbers(data_root):
    folder = data_root / "dicom_samples/pydicom-data"
    plain = image.read_image(folder / "emri_small.dcm").array()
    for other in ("RLE", "big_endian", "jpeg_2k_lossless", "jpeg_ls_lossless", "jpeg_2k_lossless_too_short"):
        assert np.array_equal(image.read_image(folder / f"emri_small_{other}.dcm").array(), plain)


def test_colours_are_in_their_order(data_root):
    """The file's own words: 10 rows of (255,0,0), of (255,128,128), of (0,255,0), of (128,255,128), of (0,0,255) ..."""
    folder = data_root / "dicom_samples/pydicom-data"
    for name, highest in (("SC_rgb_expb_16bit", 65535), ("SC_ybr_full_uncompressed", 255)):
        colours = image.read_image(folder / f"{name}.dcm").array(np.float64) / highest
        assert np.allclose(colours[:, 5, 50], [1, 0, 0], atol=0.03)
        assert np.allclose(colours[:, 15, 50], [1, 0.5, 0.5], atol=0.03)
        assert np.allclose(colours[:, 25, 50], [0, 1, 0], atol=0.03)
        assert np.allclose(colours[:, 45, 50], [0, 0, 1], atol=0.03)


@pytest.mark.parametrize("name", ["MR2_J2KI", "explicit_VR-UN", "bad_sequence"])
def test_a_slice_lies_where_simpleitk_says(data_root, name):
    path = data_root / "dicom_samples/pydicom-data" / f"{name}.dcm"
    itk = SimpleITK.ReadImage(str(path))
    grid = image.read_grid(path)
    lps = TURN @ grid.affine
    assert np.allclose(lps[:3, 3], itk.GetOrigin()[:3], atol=1e-4)
    direction = np.array(itk.GetDirection()).reshape(3, 3)
    assert np.allclose(lps[:3, :2], direction[:, :2] * itk.GetSpacing()[:2], atol=1e-5)
    assert np.allclose(np.cross(*(lps[:3, :2] / grid.spacing[:2]).T), direction[:, 2], atol=1e-5)
    values = SimpleITK.GetArrayFromImage(itk).reshape(grid.shape[1], grid.shape[0])
    assert np.allclose(image.read_image(path).array()[0, :, :, 0].T, values, atol=0.01)


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_read_says_why(data_root, name):
    path = data_root / "dicom_samples/pydicom-data" / f"{name}.dcm"
    as_image, as_labels = REFUSED[name]
    with pytest.raises(Refused, match=as_image) as refusal:
        image.read_image(path).array()
    assert name in str(refusal.value)
    if as_labels is not None:
        with pytest.raises(Refused, match=as_labels):
            image.read_labels(path)


@pytest.mark.parametrize("name", ["liver", "liver_j2k"])
def test_a_segmentation_is_a_label_map(data_root, name):
    path = data_root / "dicom_samples/pydicom-data" / f"{name}.dcm"
    labels, grid = image.read_labels(path)
    frames = pydicom.dcmread(data_root / "dicom_samples/pydicom-data/liver.dcm").pixel_array
    assert labels.shape == grid.shape == (512, 512, 3)
    assert labels.dtype == np.uint8
    assert np.array_equal(labels, np.moveaxis(frames, 0, -1).swapaxes(0, 1))
    assert set(np.unique(labels)) == {0, 1}
    assert np.allclose(grid.spacing, (0.810547, 0.810547, 1.0))
    assert np.allclose(TURN @ grid.affine[:, 3], [-235.2, -226.8, -128.69, 1])  # of the file's first frame


def test_of_a_file_that_is_cut_short_only_whole_frames_are_read(data_root, tmp_path):
    folder = data_root / "dicom_samples/pydicom-data"
    (tmp_path / "cut.dcm").write_bytes((folder / "emri_small_jpeg_2k_lossless.dcm").read_bytes()[:-500])
    frames = pydicom.dcmread(folder / "emri_small.dcm").pixel_array
    source = image.read_image(tmp_path / "cut.dcm").source
    assert np.array_equal(source.slab(3, 4, 6)[0], np.moveaxis(frames[4:6], 0, -1))
    with pytest.raises(Refused, match="cut short inside its compressed frame 10 of 10"):
        source.slab(3, 9, 10)


def test_a_file_that_ends_the_decoder_is_refused_and_the_next_is_read(data_root, tmp_path):
    """One byte behind the first marker of the lossless JPEG: GDCM then writes where it must not."""
    path = data_root / "dicom_samples/pydicom-data/bad_sequence.dcm"
    raw = bytearray(path.read_bytes())
    place = raw.index(b"\xe0\x7f\x10\x00") + 61
    assert raw[place] == 0xFF
    raw[place] = 0xE8
    (tmp_path / "deadly.dcm").write_bytes(raw)
    with pytest.raises(Refused, match="can not be decoded"):
        image.read_image(tmp_path / "deadly.dcm").array()
    assert image.read_image(path).array().shape == (1, 512, 512, 1)


def test_a_missing_decoder_is_named(data_root, monkeypatch):
    monkeypatch.setattr("hounsfield.formats.dicom.encoding.DECODERS", ())
    with pytest.raises(Refused, match=r"JPEG 2000 .*no decoder is installed\. Install hounsfield\[dicom\]"):
        image.read_grid(data_root / "dicom_samples/pydicom-data/MR2_J2KI.dcm")


def test_a_frame_of_another_size_than_its_header_is_refused(data_root, tmp_path):
    """The decoder would take memory by the frame: here 60000 x 60000."""
    raw = bytearray((data_root / "dicom_samples/pydicom-data/emri_small_jpeg_2k_lossless.dcm").read_bytes())
    at = raw.index(b"\xff\x4f\xff\x51") + 8
    raw[at : at + 8] = (60000).to_bytes(4, "big") * 2
    (tmp_path / "a.dcm").write_bytes(raw)
    with pytest.raises(Refused, match="64 rows and 64 columns, but its compressed frame 1 says 60000 and 60000"):
        image.read_image(tmp_path / "a.dcm").source.slab(3, 0, 1)
