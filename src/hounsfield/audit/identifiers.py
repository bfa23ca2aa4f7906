"""What in a file's header tells who was imaged, where and when: DICOM, NIfTI, NRRD, MetaImage, HDF5, WFDB, pictures.

Only headers are read. What they say is never repeated, only where it stands.
Source of the DICOM list: PS3.15, Annex E, the basic application confidentiality profile.
"""

from __future__ import annotations

import gzip
import struct
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from PIL import Image as Pillow

from hounsfield.audit.telling import REPLACED, field_tells, tells
from hounsfield.formats import hdf5, wfdb_header
from hounsfield.formats.files import suffix_of
from hounsfield.formats.picture_header import kind_of, opened
from hounsfield.formats.text_header import header_lines
from hounsfield.values import Refused

MOST_LETTERS = 60  # of a field's name
HEAD = 64 * 1024  # bytes of a NIfTI file that are looked at: header and extensions

Held = dict[str, float]
"""Where something stands -> how sure it is that it tells on somebody."""

DICOM = {
    "PatientName": 1.0, "PatientID": 0.8, "OtherPatientIDs": 1.0, "OtherPatientNames": 1.0, "PatientBirthName": 1.0,
    "PatientMotherBirthName": 1.0, "PatientBirthDate": 1.0, "PatientBirthTime": 1.0, "PatientAddress": 1.0,
    "PatientTelephoneNumbers": 1.0, "PatientComments": 0.8, "AdditionalPatientHistory": 0.8,
    "MedicalRecordLocator": 1.0, "MilitaryRank": 0.8, "IssuerOfPatientID": 0.6,
    "ReferringPhysicianName": 0.9, "ReferringPhysicianAddress": 0.9, "PerformingPhysicianName": 0.9,
    "RequestingPhysician": 0.9, "PhysiciansOfRecord": 0.9, "NameOfPhysiciansReadingStudy": 0.9, "OperatorsName": 0.9,
    "InstitutionName": 0.9, "InstitutionAddress": 0.9, "InstitutionalDepartmentName": 0.8, "StationName": 0.8,
    "DeviceSerialNumber": 0.8, "AccessionNumber": 0.9, "StudyID": 0.5,
    "StudyDate": 0.7, "SeriesDate": 0.7, "AcquisitionDate": 0.7, "ContentDate": 0.7, "AcquisitionDateTime": 0.7,
    "InstanceCreationDate": 0.6, "PerformedProcedureStepStartDate": 0.7,
}  # fmt: skip
EXIF = {
    0x8825: ("the place (EXIF GPS)", 0.95),
    0x013B: ("the artist (EXIF Artist)", 0.8),
    0x013C: ("the computer (EXIF HostComputer)", 0.6),
    0xA430: ("the owner (EXIF CameraOwnerName)", 0.8),
    0xA431: ("a serial number (EXIF BodySerialNumber)", 0.8),
    0xA435: ("a serial number (EXIF LensSerialNumber)", 0.8),
    0x9003: ("the time (EXIF DateTimeOriginal)", 0.7),
    0x0132: ("a time (EXIF DateTime)", 0.5),
}
EXIF_TEXTS = {0x010E: "EXIF ImageDescription", 0x9286: "EXIF UserComment"}
EXIF_INNER = 0x8769

NIFTI_FIELDS = {
    348: {"db_name": (14, 18), "descrip": (148, 80), "aux_file": (228, 24), "intent_name": (328, 16)},
    540: {"descrip": (240, 80), "aux_file": (320, 24), "intent_name": (508, 16)},
}
NIFTI_DICOM = 2  # code of an extension that holds DICOM attributes


def identifiers(path: Path) -> Held:
    """What the header of a file holds; nothing of a file of another format, or one that can not be read."""
    try:
        with open(path, "rb") as stream:
            head = stream.read(132)
            stream.seek(0)
            if head[128:132] == b"DICM":
                return _dicom(stream)
            if head[:2] == b"\x1f\x8b":
                return _nifti(gzip.GzipFile(fileobj=stream).read(HEAD))
            if head[:4] in (b"\x5c\x01\0\0", b"\0\0\x01\x5c", b"\x1c\x02\0\0", b"\0\0\x02\x1c"):
                return _nifti(stream.read(HEAD))
        by_name = READERS.get(suffix_of(path))
        if by_name is not None:
            said, fields = by_name
            return _of_fields(said, fields(path))
        return _picture(path)
    except (OSError, EOFError, zlib.error, struct.error, Refused):  # another check's business
        return {}


def _dicom(stream: IO[bytes]) -> Held:
    from pydicom import dcmread
    from pydicom.datadict import tag_for_keyword

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a header that is out of order
            found: Any = dcmread(stream, stop_before_pixels=True, specific_tags=list(DICOM))
        values = {keyword: str(found.get(keyword, "")).strip() for keyword in DICOM}
    except Exception:  # a header that is out of order fails in any way; reading the image says so
        return {}
    held = {}
    for keyword, value in values.items():
        if not REPLACED.fullmatch(value):
            tag = tag_for_keyword(keyword) or 0
            held[f"{keyword} ({tag >> 16:04x},{tag & 0xFFFF:04x})"] = DICOM[keyword]
    return held


def _nifti(head: bytes) -> Held:
    order = next((order for order in "<>" if head[:4] in (struct.pack(f"{order}i", n) for n in NIFTI_FIELDS)), "")
    if not order:
        return {}
    size = struct.unpack(f"{order}i", head[:4])[0]
    held = {}
    for field, (start, length) in NIFTI_FIELDS[size].items():
        what = tells(_text(head[start : start + length]))
        if what:
            held[f"{what} (NIfTI {field})"] = 0.6
    return held | dict(_extensions(head, order, size))


def _extensions(head: bytes, order: str, size: int) -> Iterator[tuple[str, float]]:
    """What the extensions between header and image hold."""
    at = size + 4
    if len(head) <= size or head[size] == 0:
        return
    while at + 8 <= len(head):
        length, code = struct.unpack(f"{order}ii", head[at : at + 8])
        if length < 16:
            return
        text = _text(head[at + 8 : at + length])
        if code == NIFTI_DICOM:
            yield "DICOM attributes (NIfTI extension)", 0.8
        elif tells(text):
            yield f"{tells(text)} (NIfTI extension)", 0.6
        at += length


def _picture(path: Path) -> Held:
    kind = kind_of(path)
    if kind not in ("PNG", "JPEG", "TIFF"):
        return {}
    with opened(path, kind) as picture:
        held: Held = {}
        for key, value in picture.info.items():
            text = _text(value) if isinstance(value, bytes) else value
            if isinstance(text, str) and key != "exif":
                held |= _of_fields(kind, [(str(key), text)])
        # asking a PNG without metadata would decode it whole
        return held | (_exif(picture.getexif()) if kind != "PNG" or "exif" in picture.info else {})


def _of_fields(said: str, fields: Iterable[tuple[str, str]]) -> Held:
    """What named values hold."""
    found = {field[:MOST_LETTERS]: field_tells(field, value) for field, value in fields}
    return {f"{what} ({said} {field})".replace(" )", ")"): 0.6 for field, what in found.items() if what}


def _nrrd(path: Path) -> Iterator[tuple[str, str]]:
    """Fields, key/value pairs and comments, up to the empty line before the numbers."""
    for line, _ in header_lines(path):
        if not line:
            return
        key, _, value = line.lstrip("# ").partition(":")
        yield ("comment", line) if line.startswith("#") else (key, value.lstrip("= "))


def _metaimage(path: Path) -> Iterator[tuple[str, str]]:
    for line, _ in header_lines(path):
        key, _, value = line.partition("=")
        yield key.strip(), value.strip()
        if key.strip() == "ElementDataFile":
            return


def _wfdb(path: Path) -> Iterator[tuple[str, str]]:
    return (("comment", comment) for comment in wfdb_header.read_header(path).comments)


READERS: dict[str, tuple[str, Callable[[Path], Iterable[tuple[str, str]]]]] = {
    ".nrrd": ("NRRD", _nrrd),
    ".nhdr": ("NRRD", _nrrd),
    ".mha": ("MetaImage", _metaimage),
    ".mhd": ("MetaImage", _metaimage),
    ".h5": ("HDF5", hdf5.list_words),
    ".hdf5": ("HDF5", hdf5.list_words),
    ".hea": ("WFDB", _wfdb),
}


def _exif(tags: Pillow.Exif) -> Held:
    every = {**tags, **tags.get_ifd(EXIF_INNER)}
    held = {said: sure for tag, (said, sure) in EXIF.items() if every.get(tag)}
    for tag, field in EXIF_TEXTS.items():
        value = every.get(tag, "")
        what = tells(_text(value) if isinstance(value, bytes) else str(value))
        if what:
            held[f"{what} ({field})"] = 0.6
    return held


def _text(data: bytes) -> str:
    return data.replace(b"\0", b" ").decode("latin-1").strip()
