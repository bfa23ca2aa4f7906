"""One made DICOM file: numbers in real units, frames in their places, and every lie a refusal."""

import io
import struct

import numpy as np
import pytest
from PIL import Image as Pillow
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import JPEGBaseline8Bit

from dicom_making import CT, ENHANCED_MR, SEGMENTATION, ds, picture, random_volume, save, slice_at
from hounsfield.formats.dicom import image
from hounsfield.formats.dicom.codestream import declared_size
from hounsfield.values import Refused

PIXELS = np.arange(12, dtype=np.uint16).reshape(3, 4)


def read(tmp_path, made):
    return image.read_image(save(made, tmp_path / "a.dcm"))


def test_a_slice_is_column_row_slice_in_ras(tmp_path):
    made = read(tmp_path, slice_at(PIXELS, (10, 20, 30), spacing=(2, 3), SliceThickness="5"))
    assert made.grid.shape == (4, 3, 1)
    assert np.array_equal(made.array()[0, :, :, 0], PIXELS.T)
    # by hand: columns run along LPS x = minus R, rows along LPS y = minus A, both from (10, 20) LPS
    assert np.allclose(made.grid.to_world([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]),
                       [[-10, -20, 30], [-13, -20, 30], [-10, -22, 30], [-10, -20, 35]])  # fmt: skip
    assert made.modality == "MR"


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32])
def test_numbers_are_as_stored_without_a_slope(tmp_path, dtype):
    array = np.random.default_rng(0).integers(np.iinfo(dtype).min, np.iinfo(dtype).max, (3, 5)).astype(dtype)
    made = read(tmp_path, picture(array))
    assert made.source.dtype == dtype
    assert np.array_equal(made.array(dtype)[0], array)


def test_slope_and_intercept_are_applied(tmp_path):
    made = read(tmp_path, picture(PIXELS, RescaleSlope="0.5", RescaleIntercept="-3"))
    assert made.source.dtype == np.float32
    assert np.array_equal(made.array()[0], PIXELS * 0.5 - 3)


def test_bits_above_the_stored_ones_are_no_part_of_a_number(tmp_path):
    stray = picture(PIXELS | 0xF000, BitsStored=12, HighBit=11)
    assert np.array_equal(read(tmp_path, stray).array()[0], PIXELS)
    signed = picture((np.array([[-5, 7]], np.int16) & 0x0FFF).astype(np.int16), BitsStored=12, HighBit=11)
    assert read(tmp_path, signed).array()[0].tolist() == [[-5, 7]]


def test_a_negative_is_inverted_and_hounsfield_units_are_not(tmp_path):
    film = {"PhotometricInterpretation": "MONOCHROME1", "BitsStored": 12, "HighBit": 11}
    assert np.array_equal(read(tmp_path, picture(PIXELS, **film)).array()[0], 4095 - PIXELS)
    signed = picture(np.array([[-2048, 2047, 0]], np.int16), **film)
    assert read(tmp_path, signed).array()[0].tolist() == [[2047, -2048, -1]]
    scan = picture(PIXELS, kind=CT, Modality="CT", RescaleIntercept="-1024", RescaleSlope="1", **film)
    assert np.array_equal(read(tmp_path, scan).array()[0], PIXELS - 1024.0)


def test_colours_are_three_channels_however_they_are_stored(tmp_path):
    colours = random_volume((4, 5, 3), np.uint8)
    assert np.array_equal(read(tmp_path, picture(colours)).array(np.uint8), np.moveaxis(colours, -1, 0))
    planes = picture(colours, PlanarConfiguration=1, PixelData=np.moveaxis(colours, -1, 0).tobytes())
    assert np.array_equal(read(tmp_path, planes).array(np.uint8), np.moveaxis(colours, -1, 0))


@pytest.mark.parametrize(("mode", "photometric"), [("L", "MONOCHROME2"), ("RGB", "YBR_FULL_422"), ("RGB", "RGB")])
def test_jpeg_is_the_picture_that_was_packed(tmp_path, mode, photometric):
    ramp = np.linspace(0, 255, 32)
    grey = np.add.outer(ramp, ramp[::-1]) / 2
    pixels = (grey if mode == "L" else np.stack([grey, grey.T, 255 - grey], -1)).astype(np.uint8)
    stream = io.BytesIO()
    told = {"keep_rgb": True} if photometric == "RGB" else {}
    Pillow.fromarray(pixels).save(stream, "JPEG", quality=95, subsampling=0, **told)
    made = picture(pixels, PhotometricInterpretation=photometric)
    made.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    made.PixelData = encapsulate([stream.getvalue()])
    made["PixelData"].is_undefined_length = True
    found = read(tmp_path, made).array()
    expected = pixels[None] if mode == "L" else np.moveaxis(pixels, -1, 0)
    assert np.abs(found - expected).mean() < 2


def test_a_palette_becomes_its_colours(tmp_path):
    numbers = np.array([[4, 5, 6, 9]], np.uint8)
    lut = {"Red": [10, 20, 30], "Green": [1, 2, 3], "Blue": [0, 0, 255]}
    made = picture(numbers, PhotometricInterpretation="PALETTE COLOR")
    for name, values in lut.items():
        setattr(made, f"{name}PaletteColorLookupTableDescriptor", [3, 5, 8])  # 3 entries, the first for number 5
        setattr(made, f"{name}PaletteColorLookupTableData", bytes(values) + b"\0")
    found = read(tmp_path, made).array(np.uint8)
    assert found[:, 0].T.tolist() == [[10, 1, 0], [10, 1, 0], [20, 2, 0], [30, 3, 255]]


def item(**elements):
    made = Dataset()
    for name, value in elements.items():
        setattr(made, name, value)
    return Sequence([made])


def enhanced(volume, positions, **frame_by_frame):
    """An enhanced MR with a group for each frame; orientation and spacing are shared."""
    made = picture(volume[0], kind=ENHANCED_MR, NumberOfFrames=len(volume), PixelData=volume.tobytes())
    shared = Dataset()
    shared.PlaneOrientationSequence = item(ImageOrientationPatient=ds((1, 0, 0, 0, 1, 0)))
    shared.PixelMeasuresSequence = item(PixelSpacing=ds((2, 3)), SliceThickness="9")
    made.SharedFunctionalGroupsSequence = Sequence([shared])
    groups = []
    for k, position in enumerate(positions):
        group = Dataset()
        group.PlanePositionSequence = item(ImagePositionPatient=ds(position))
        for name, values in frame_by_frame.items():
            setattr(group, name, values[k])
        groups.append(group)
    made.PerFrameFunctionalGroupsSequence = Sequence(groups)
    return made


def test_frames_are_put_where_their_groups_say(tmp_path):
    volume = random_volume((3, 4, 5))
    scales = [item(RescaleSlope=str(k + 1), RescaleIntercept="0", RescaleType="US") for k in range(3)]
    places = [(0, 0, 8), (0, 0, 0), (0, 0, 4)]
    made = read(tmp_path, enhanced(volume, places, PixelValueTransformationSequence=scales))
    assert made.grid.shape == (5, 4, 3)
    assert np.allclose(made.grid.affine, [[-3, 0, 0, 0], [0, -2, 0, 0], [0, 0, 4, 0], [0, 0, 0, 1]])
    expected = np.stack([volume[1] * 2.0, volume[2] * 3.0, volume[0] * 1.0], -1).swapaxes(0, 1)
    assert np.array_equal(made.array()[0], expected)
    for axis, size in enumerate(made.source.shape):
        part = [slice(None)] * 4
        part[axis] = slice(size // 2, size // 2 + 2)
        assert np.array_equal(made.source.slab(axis, size // 2, size // 2 + 2), expected[None][tuple(part)])


def test_frames_without_positions_are_pictures(tmp_path):
    volume = random_volume((3, 4, 5))
    made = read(tmp_path, picture(volume[0], NumberOfFrames=3, PixelData=volume.tobytes()))
    assert (made.grid.shape, made.grid.unit, made.grid.frame) == ((4, 5, 3), "px", "image")
    assert np.array_equal(made.array()[0], np.moveaxis(volume, 0, -1))


def test_a_file_of_several_volumes_says_so(tmp_path):
    times = [item(TemporalPositionIndex=1 + k // 2) for k in range(4)]
    made = enhanced(random_volume((4, 3, 3)), [(0, 0, 0), (0, 0, 1)] * 2, FrameContentSequence=times)
    with pytest.raises(Refused, match=r"holds 2 volumes \(time01, time02\)"):
        read(tmp_path, made)


def test_float_pixels_are_read(tmp_path):
    values = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    made = picture(np.zeros((3, 4), np.uint32))
    del made.PixelData, made.BitsStored, made.HighBit, made.PixelRepresentation
    made.FloatPixelData = values.tobytes()
    found = read(tmp_path, made)
    assert found.source.dtype == np.float32
    assert np.array_equal(found.array()[0], values)


def segmentation(masks, positions, numbers, **elements):
    bits = np.packbits(masks.reshape(-1), bitorder="little").tobytes()
    segments = [item(ReferencedSegmentNumber=number) for number in numbers]
    made = enhanced(masks, positions, SegmentIdentificationSequence=segments)
    said = {"SOPClassUID": SEGMENTATION, "BitsAllocated": 1, "BitsStored": 1, "HighBit": 0, "PixelRepresentation": 0}
    said |= {"SegmentationType": "BINARY", "PixelData": bits + b"\0" * (len(bits) % 2)}
    for name, value in (said | elements).items():
        setattr(made, name, value)
    made.file_meta.MediaStorageSOPClassUID = SEGMENTATION
    return made


def test_segments_are_put_into_one_label_map(tmp_path):
    masks = np.zeros((3, 3, 5), np.uint8)  # 15 bits a frame: frames do not begin at whole bytes
    masks[0, 0, 1] = masks[1, 2, 4] = masks[2, 1] = 1
    made = segmentation(masks, [(0, 0, 6), (0, 0, 0), (0, 0, 4)], [2, 1, 2])
    labels, grid = image.read_labels(save(made, tmp_path / "s.dcm"))
    assert grid.shape == labels.shape == (5, 3, 4)  # at 0, 2 (no frame), 4 and 6
    assert grid.spacing == (3, 2, 2)
    expected = np.zeros((5, 3, 4), int)
    expected[1, 0, 3], expected[4, 2, 0], expected[:, 1, 2] = 2, 1, 2
    assert np.array_equal(labels, expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"SegmentationType": "FRACTIONAL"}, "probabilities"),
        ({"numbers": [1, 2, 1]}, "overlap"),
        ({"numbers": [1, 0, 1]}, "does not say which segment"),
        ({"positions": [(0, 0, 0), (0, 0, 2), (0, 0, 5)]}, "no regular lattice"),
        ({"positions": [(0, 0, 0), (0, 9, 2), (0, 0, 4)]}, "form no stack"),
    ],
)
def test_segments_that_are_no_label_map_are_refused(tmp_path, change, message):
    masks = np.ones((3, 4, 4), np.uint8)
    positions = [(0, 0, 0), (0, 0, 0 if "overlap" in message else 2), (0, 0, 4)]
    said = {"positions": positions, "numbers": [1, 2, 1], **change}
    made = segmentation(masks, **said)
    with pytest.raises(Refused, match=message):
        image.read_labels(save(made, tmp_path / "s.dcm"))


def test_whole_numbers_are_labels_and_fractions_are_not(tmp_path):
    labels, grid = image.read_labels(save(slice_at(PIXELS, (0, 0, 0)), tmp_path / "a.dcm"))
    assert (labels.dtype, grid.shape) == (np.uint8, (4, 3, 1))
    assert np.array_equal(labels[:, :, 0], PIXELS.T)
    with pytest.raises(Refused, match="no label numbers"):
        image.read_labels(save(picture(PIXELS, RescaleSlope="0.5"), tmp_path / "a.dcm"))


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        ({"Rows": 30000, "Columns": 30000}, "can not be read|cut short"),
        ({"Rows": 9}, "cut short or has a false header"),
        ({"Rows": 0}, "0 rows"),
        ({"NumberOfFrames": 2000000000}, "2000000000 frames"),
        ({"NumberOfFrames": -4}, "-4 frames"),
        ({"BitsAllocated": 12}, "12"),
        ({"BitsStored": 0}, "stores numbers of 0 bits"),
        ({"HighBit": 15, "BitsStored": 12}, "highest being bit 15"),
        ({"SamplesPerPixel": 2}, "2 samples"),
        ({"PhotometricInterpretation": "HSV"}, "HSV"),
        ({"PixelSpacing": ["0", "1"]}, "no distance"),
        ({"ImagePositionPatient": ["1", "2"]}, "ImagePositionPatient"),
        ({"ImageOrientationPatient": ds((1, 0, 0, 1, 0, 0))}, "orientation"),
        ({"ImageOrientationPatient": ds((0, 0, 0, 0, 0, 0))}, "orientation"),
        ({"RescaleSlope": "0"}, "slope of zero"),
        ({"ModalityLUTSequence": item(LUTExplanation="x")}, "Modality LUT"),
    ],
)
def test_a_false_header_is_refused_in_one_sentence(tmp_path, elements, message):
    path = save(slice_at(PIXELS, (0, 0, 0), **elements), tmp_path / "a.dcm")
    with pytest.raises(Refused, match=message) as refusal:
        image.read_image(path).array()
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("syntax", "message"),
    [
        ("1.2.840.10008.1.2.1.99", "packed as a whole"),
        ("1.2.3.4.5", "can not be read here"),
        ("1.2.840.10008.1.2.4.103", "can not be read here"),  # video
        ("", "does not say how it is encoded"),
    ],
)
def test_an_encoding_that_is_not_read_is_named(tmp_path, syntax, message):
    path = save(slice_at(PIXELS, (0, 0, 0)), tmp_path / "a.dcm")
    raw = path.read_bytes()
    old = b"\x02\x00\x10\x00UI\x14\x00" + b"1.2.840.10008.1.2.1\0"
    assert old in raw
    said = syntax.encode() + b"\0" * (len(syntax) % 2)
    path.write_bytes(raw.replace(old, b"\x02\x00\x10\x00UI" + struct.pack("<H", len(said)) + said))
    with pytest.raises(Refused, match=message):
        image.read_image(path)


def test_what_is_no_dicom_is_refused(tmp_path):
    for name, content, message in [
        ("text.dcm", b"hello" * 100, "no DICOM file"),
        ("short.dcm", b"x", "no DICOM file"),
        ("bare.dcm", b"\0" * 128 + b"DICM", "does not say how it is encoded"),
        ("empty.dcm", b"", "empty"),
    ]:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(Refused, match=message):
            image.read_image(tmp_path / name)
    with pytest.raises(Refused, match="does not exist"):
        image.read_image(tmp_path / "none.dcm")
    with pytest.raises(Refused, match="folder"):
        image.read_image(tmp_path)


def test_a_report_is_no_image(tmp_path):
    made = slice_at(PIXELS, (0, 0, 0), kind="1.2.840.10008.5.1.4.1.1.88.11")
    del made.PixelData, made.Rows
    with pytest.raises(Refused, match="without an image"):
        image.read_image(save(made, tmp_path / "a.dcm"))


def test_cut_and_mutated_files_never_end_in_a_traceback(tmp_path):
    whole = save(enhanced(random_volume((3, 4, 5)), [(0, 0, k) for k in range(3)]), tmp_path / "a.dcm").read_bytes()
    rng = np.random.default_rng(0)
    refused = list[str]()
    for number in range(150):
        raw = bytearray(whole)
        if number % 3 == 0:
            raw = raw[: rng.integers(140, len(raw))]
        for place in rng.integers(132, len(raw), 4):
            raw[place] = rng.integers(0, 256)
        path = tmp_path / "m.dcm"
        path.write_bytes(raw)
        try:
            image.read_image(path).array()
        except Refused as refusal:
            refused.append(str(refusal))
    assert len(refused) > 50
    assert all(str(tmp_path / "m.dcm") in sentence for sentence in refused)


def test_a_length_of_four_gigabytes_takes_no_memory(tmp_path):
    path = save(slice_at(PIXELS, (0, 0, 0), SeriesDescription="here", StudyComments="x" * 20), tmp_path / "a.dcm")
    raw = path.read_bytes()
    at = raw.index(b"LT", raw.index(b"\x32\x00\x00\x40"))
    path.write_bytes(raw[:at] + b"OB\0\0" + struct.pack("<I", 0xFFFFFFF0) + raw[at + 4 :])
    with pytest.raises(Refused, match=r"no pixels|can not be parsed|without an image"):
        image.read_image(path)


def test_deep_nesting_is_refused(tmp_path):
    path = save(slice_at(PIXELS, (0, 0, 0)), tmp_path / "a.dcm")
    raw = path.read_bytes()
    at = raw.index(b"\x20\x00\x0d\x00") if b"\x20\x00\x0d\x00" in raw else raw.index(b"\x20\x00\x0e\x00")
    level = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    path.write_bytes(raw[:at] + level * 5000 + raw[at:])
    with pytest.raises(Refused, match=r"nests too deeply|can not be parsed|no pixels|without an image"):
        image.read_image(path)


def test_a_header_of_endless_parts_is_refused(tmp_path, monkeypatch):
    path = save(slice_at(PIXELS, (0, 0, 0)), tmp_path / "a.dcm")
    raw = path.read_bytes()
    at = raw.index(b"\xe0\x7f\x10\x00")
    parts = b"\xfe\xff\x00\xe0\0\0\0\0" * 200_000
    group = b"\x00\x52\x30\x92SQ\0\0" + struct.pack("<I", len(parts)) + parts
    path.write_bytes(raw[:at] + group + raw[at:])
    with pytest.raises(Refused, match="more than 131072 parts in its PerFrameFunctionalGroupsSequence"):
        image.read_image(path)
    monkeypatch.setattr("hounsfield.formats.dicom.header.MOST_HEADER", 2**20)
    with pytest.raises(Refused, match="has a header of more than 1 MiB"):
        image.read_image(path)


def test_the_size_in_a_codestream_is_found():
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08\x00\x20\x00\x30\x01\x01\x11\x00"
    assert declared_size(jpeg) == (32, 48)
    siz = struct.pack(">HHIIII", 41, 0, 100, 60, 4, 2)
    assert declared_size(b"\xff\x4f\xff\x51" + siz) == (58, 96)
    assert declared_size(b"\x01\x00\x00\x00" * 16) is None
    assert declared_size(b"\xff\xd8\xff") is None
