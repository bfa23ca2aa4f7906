"""Identifiers in headers: where they stand, never what they say."""

from __future__ import annotations

import logging
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import h5py
import nibabel as nib
import numpy as np
import pydicom
import pytest
import SimpleITK
from audited import found
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from dicom_making import random_volume, save, slice_at
from hounsfield.audit.checks.privacy import CHECK
from hounsfield.audit.telling import tells
from hounsfield.layouts.opening import open_folder
from hounsfield.registry.tables import LAYOUTS
from hounsfield.values import Case, Dataset, Fault, Image, Lazy


def opened(folder: Path) -> Dataset:
    return open_folder(folder, {"dicom_series": LAYOUTS.load("dicom_series")})


def of_files(*paths: Path) -> tuple[Fault, ...]:
    """What is found in the headers of cases with these files; the images themselves are not read."""
    return found(CHECK, [Case(f"c{n}", {"image": unread(str(path), path)}) for n, path in enumerate(paths)])


def unread(where: str, *files: Path) -> Lazy[Image]:
    def load() -> Image:
        raise AssertionError("only headers are looked at")

    return Lazy(Image, where, load, lambda: where, files=files)


def nifti(path: Path, **fields: bytes) -> Path:
    image = nib.Nifti1Image(np.zeros((3, 3, 3), np.int16), np.eye(4))
    for field, value in fields.items():
        image.header[field] = value
    nib.save(image, path)
    return path


def dicom(path: Path, **values: str) -> Path:
    meta = pydicom.dataset.FileMetaDataset()
    meta.MediaStorageSOPClassUID = pydicom.uid.CTImageStorage
    meta.MediaStorageSOPInstanceUID = "1.2.3"
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data = pydicom.dataset.FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    for keyword, value in values.items():
        setattr(data, keyword, value)
    data.save_as(path, enforce_file_format=True)
    return path


def test_dicom(tmp_path: Path) -> None:
    (fault,) = of_files(dicom(tmp_path / "a.dcm", PatientName="Doe^Jane", StationName="CT7", PatientSex="F"))
    assert fault.where == str(tmp_path / "a.dcm")
    assert fault.what == "still holds PatientName (0010,0010), StationName (0008,1010)"
    assert fault.sure == 1.0
    assert "Doe" not in str(fault)
    assert "CT7" not in str(fault)


def test_dicom_that_was_cleaned(tmp_path: Path) -> None:
    assert of_files(dicom(tmp_path / "a.dcm", PatientName="ANONYMOUS", PatientID="", PatientBirthDate="19000101")) == ()


def test_a_series_of_several_files_in_a_folder_and_in_a_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder, volume = tmp_path / "series", random_volume((3, 4, 5))
    for number, more in enumerate(({"InstitutionName": "General"}, {"AccessionNumber": "123"}, {}), start=1):
        save(slice_at(volume[number - 1], (0, 0, number), number=number, PatientID="", **more), folder / str(number))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)
    for path, where in ((folder, folder), (tmp_path / "a.zip", tmp_path / "a.zip")):
        (fault,) = found(CHECK, opened(path))
        assert fault.what == "still holds InstitutionName (0008,0080), AccessionNumber (0008,0050)"
        assert fault.where == f"{where}::{where.stem}"


def test_nifti(tmp_path: Path) -> None:
    named = nifti(tmp_path / "named.nii.gz", db_name=b"Doe^Jane")
    dated = nifti(tmp_path / "dated.nii", descrip=b"scan of 2019-03-04")
    clean = nifti(tmp_path / "clean.nii.gz", descrip=b"FSL5.0 TE=2.5;Time=134500.0", aux_file=b"none")
    assert [(fault.cases, fault.what) for fault in of_files(named, dated, clean)] == [
        (("c1",), "still holds a date (NIfTI descrip)"),
        (("c0",), "still holds a name (NIfTI db_name)"),
    ]


def test_nifti_extensions(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.zeros((3, 3, 3), np.int16), np.eye(4))
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"patient: Jane Doe"))
    nib.save(image, tmp_path / "a.nii.gz")
    (fault,) = of_files(tmp_path / "a.nii.gz")
    assert fault.what == "still holds words about a person or place (NIfTI extension)"


def test_pictures(tmp_path: Path) -> None:
    picture = Pillow.new("L", (8, 8))
    exif = Pillow.Exif()
    exif[0x8825] = {1: "N", 2: (48.0, 8.0, 0.0)}
    exif[0x8769] = {0xA431: "SN-4711"}
    picture.save(tmp_path / "a.jpg", exif=exif)
    text = PngInfo()
    text.add_text("Comment", "Patient: Jane Doe")
    picture.save(tmp_path / "b.png", pnginfo=text)
    picture.save(tmp_path / "c.png")
    picture.save(tmp_path / "d.jpg")
    faults = {
        fault.cases: fault.what for fault in of_files(*(tmp_path / n for n in ("a.jpg", "b.png", "c.png", "d.jpg")))
    }
    assert faults == {
        ("c0",): "still holds the place (EXIF GPS), a serial number (EXIF BodySerialNumber)",
        ("c1",): "still holds words about a person or place (PNG Comment)",
    }


def test_files_that_hold_the_same_are_said_together(tmp_path: Path) -> None:
    (fault,) = of_files(*(dicom(tmp_path / f"{n}.dcm", StationName=f"CT{n}") for n in range(3)))
    assert fault.where == f"{tmp_path / '0.dcm'} and 2 more"
    assert fault.cases == ("c0", "c1", "c2")


def test_what_is_no_file_or_no_image_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Patient: Jane Doe")
    (tmp_path / "b.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 64)
    (tmp_path / "c.nii.gz").write_bytes(b"\x1f\x8b\x08 cut short")
    assert of_files(*(tmp_path / n for n in ("a.txt", "b.dcm", "c.nii.gz", "gone.nii"))) == ()


def test_nrrd_and_metaimage(tmp_path: Path) -> None:
    """Written by SimpleITK, with key/value pairs as Slicer and ITK write them."""
    image = SimpleITK.GetImageFromArray(np.zeros((3, 4, 5), np.int16))
    image.SetMetaData("DICOM_0010_0010_PatientName", "Jane Doe")
    image.SetMetaData("ITK_InputFilterName", "NiftiImageIO")
    SimpleITK.WriteImage(image, tmp_path / "a.nrrd")
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(np.zeros((3, 4, 5), np.int16)), tmp_path / "b.nrrd")
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(np.zeros((3, 4, 5), np.int16)), tmp_path / "c.mha")
    data = (tmp_path / "c.mha").read_bytes()
    (tmp_path / "d.mha").write_bytes(data.replace(b"ElementDataFile", b"AcquisitionDate = 2019-03-04\nElementDataFile"))
    (tmp_path / "e.nrrd").write_bytes(
        (tmp_path / "b.nrrd").read_bytes().replace(b"\n\n", b"\n# Patient: Jane Doe\n\n", 1)
    )
    faults = of_files(*(tmp_path / name for name in ("a.nrrd", "b.nrrd", "c.mha", "d.mha", "e.nrrd")))
    assert {fault.cases: fault.what for fault in faults} == {
        ("c0",): "still holds words about a person or place (NRRD DICOM_0010_0010_PatientName)",
        ("c3",): "still holds a date (MetaImage AcquisitionDate)",
        ("c4",): "still holds words about a person or place (NRRD comment)",
    }
    assert "Doe" not in str(faults)
    assert "2019" not in str(faults)


def test_hdf5(tmp_path: Path) -> None:
    for name, attributes in (("a", {"patient_name": "Jane Doe", "n": 7}), ("b", {"patient_name": "anonymous"})):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            group = file.create_group("scans")
            group.create_dataset("image", data=np.zeros((4, 4))).attrs.update(attributes)
            file.attrs["software"] = "recon 2.1"
    (fault,) = of_files(tmp_path / "a.h5", tmp_path / "b.h5")
    assert fault.cases == ("c0",)
    assert fault.what == "still holds words about a person or place (HDF5 scans/image/patient_name)"
    assert "Doe" not in str(fault)


def test_wfdb(tmp_path: Path) -> None:
    lines = "r 1 250 100\nr.dat 16 200 16 0 0 0 0 II\n"
    (tmp_path / "a.hea").write_text(f"{lines}# Name: Jane Doe\n")
    (tmp_path / "b.hea").write_text(f"{lines}# 69 M 1085 1629 x1\n# Aldomet, Inderal\n")
    (fault,) = of_files(tmp_path / "a.hea", tmp_path / "b.hea")
    assert (fault.cases, fault.what) == (("c0",), "still holds words about a person or place (WFDB comment)")


def test_pictures_with_named_texts(tmp_path: Path) -> None:
    text = PngInfo()
    text.add_text("Author", "Jane Doe")
    text.add_text("Software", "ImageJ")
    Pillow.new("L", (8, 8)).save(tmp_path / "a.png", pnginfo=text)
    description = Pillow.Exif()
    description[0x010E] = "Doe^Jane, 1970-01-02"
    Pillow.new("L", (8, 8)).save(tmp_path / "b.tif", exif=description)
    faults = {fault.cases: fault.what for fault in of_files(tmp_path / "a.png", tmp_path / "b.tif")}
    assert faults == {
        ("c0",): "still holds words about a person or place (PNG Author)",
        ("c1",): "still holds a name (EXIF ImageDescription)",
    }


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("smith_john.png", "a person's name"),
        ("DOE^JANE/1.png", "a person's name"),
        ("MRN004711.png", "a number of a person"),
        ("scan_2019-03-04_t1.png", "a date"),
        ("20190304.png", "a date"),
        ("hippocampus_003.png", ""),
        ("BloodImage_00338.png", ""),
        ("00ae65c1c6631ae6f2be1a449902976e6eb8483bf6b0740d00530220832c6d3e", ""),
        ("1.2.840.20190304123.7.png", ""),
        ("left_lung_mark.png", ""),
    ],
)
def test_names_of_files(name: str, what: str) -> None:
    one = Case("c", {"image": replace(unread(f"/data/john/set/{name}"), files=())})
    faults = found(CHECK, Dataset("/data/john/set", (one,)))
    assert [fault.what for fault in faults] == ([f"seems to have {what} in its name"] if what else [])
    assert all(fault.sure < 0.5 for fault in faults)


def test_columns_of_tables() -> None:
    values = {"Name": "x", "date_of_birth": "1970", "MRN": 4711.0, "patient_id": "p1", "age": 50.0, "name_of_drug": "y"}
    cases = [Case(f"c{n}", {}, {}, {**values, "visit": "2019-03-04", "patient_sex": "F"}) for n in range(3)]
    faults = found(CHECK, Dataset("set", tuple(cases)))
    assert {fault.where.removeprefix("set, ") for fault in faults} == {"Name", "date_of_birth", "MRN", "visit"}
    assert all(fault.cases == ("c0", "c1", "c2") for fault in faults)
    assert "1970" not in str(faults)


def test_files_that_a_layout_does_not_name_are_not_claimed_to_be_clean(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_bytes(b"PatientName: Jane")
    (fault,) = found(CHECK, Dataset("set", (Case("c", {"image": unread(str(tmp_path / "a.xyz"))}),)))
    assert found(CHECK, Dataset("set", (Case("c", {"image": unread("phantom 3, image")}),))) == ()
    assert fault.what == "has 1 case whose headers were not looked at: its layout names no files"


@pytest.mark.data
def test_a_real_series(data_root: Path) -> None:
    """README: name, id and birth date are empty; institution address, station, exam date, serial number are there."""
    (fault,) = found(CHECK, opened(data_root / "ct" / "totalsegmentator" / "example_ct_dicom"))
    for word in ("InstitutionAddress", "StationName", "StudyDate", "DeviceSerialNumber"):
        assert word in fault.what
    for word in ("PatientName", "PatientID", "PatientBirthDate"):
        assert f" {word} (" not in fault.what


def test_what_the_reader_of_pictures_notes_of_a_bad_file_is_not_said(tmp_path: Path, monkeypatch, capfd) -> None:
    entries = [(256, 3, 1, 8), (257, 3, 1, 8), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 99)]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    (tmp_path / "a.tif").write_bytes(b"II*\0" + struct.pack("<I", 8) + directory + bytes(68))
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest's own would catch it
    assert of_files(tmp_path / "a.tif") == ()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("text", ["Doe^Jane", "Müller^J", "a 12ab^c", "a_b^c"])
def test_names_as_dicom_writes_them(text: str) -> None:
    assert tells(text) == "a name"


@pytest.mark.parametrize("text", ["x^2", "ab^2", "a^b", "10^ab", "ab ^c", "a" * 1_000_000])
def test_powers_and_long_words_are_no_names(text: str) -> None:
    assert tells(text) == ""
