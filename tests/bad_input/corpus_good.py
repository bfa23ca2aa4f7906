"""Small valid files of every format, written by independent libraries: what the corpus of bad files is made from.

Each writer fills a folder and gives (what to open, the file to spoil).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import nibabel as nib
import numpy as np
import pydicom
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray
from PIL import Image as Pillow
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

Writer = Callable[[Path], tuple[Path, Path]]

SHAPE = (12, 10, 8)
COUNT = 4  # cases, where a convention needs several


def numbers(shape: tuple[int, ...] = SHAPE, dtype: str = "int16", seed: int = 0) -> NDArray[np.generic]:
    return np.random.default_rng(seed).integers(0, 200, shape).astype(dtype)


def packed(data: bytes) -> bytes:
    """The bytes in gzip, the same each time."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as stream:
        stream.write(data)
    return buffer.getvalue()


def nifti(name: str, array: NDArray[np.generic], *, second: bool = False, scaled: bool = False) -> Writer:
    def write(folder: Path) -> tuple[Path, Path]:
        image = (nib.Nifti2Image if second else nib.Nifti1Image)(array, np.diag([1.0, 1.5, 2.0, 1.0]))
        if scaled:
            image.header.set_slope_inter(0.5, 10.0)
        content = image.to_bytes()
        path = folder / name
        path.write_bytes(packed(content) if name.endswith(".gz") else content)
        return path, path

    return write


def by_itk(name: str, *, compressed: bool) -> Writer:
    def write(folder: Path) -> tuple[Path, Path]:
        image = sitk.GetImageFromArray(numbers())
        image.SetSpacing((1.0, 1.5, 2.0))
        sitk.WriteImage(image, str(folder / name), useCompression=compressed)
        return folder / name, folder / name

    return write


def picture(name: str, array: NDArray[np.generic], *, mode: str | None = None, pages: int = 1) -> Writer:
    def write(folder: Path) -> tuple[Path, Path]:
        image = Pillow.fromarray(array)
        if mode is not None:
            image = image.convert(mode)
        more = {"save_all": True, "append_images": [image] * (pages - 1)} if pages > 1 else {}
        image.save(folder / name, **more)
        return folder / name, folder / name

    return write


def npy(folder: Path) -> tuple[Path, Path]:
    np.save(folder / "image.npy", numbers())
    return folder / "image.npy", folder / "image.npy"


def medmnist(folder: Path) -> tuple[Path, Path]:
    arrays = {}
    for part, count in (("train", 12), ("val", 4), ("test", 4)):
        arrays[f"{part}_images"] = numbers((count, 28, 28), "uint8")
        arrays[f"{part}_labels"] = (np.arange(count) % 2).astype("uint8")[:, None]
    np.savez(folder / "small.npz", **arrays)
    return folder / "small.npz", folder / "small.npz"


def hdf5(folder: Path) -> tuple[Path, Path]:
    for number in range(COUNT):
        with h5py.File(folder / f"case_{number}.h5", "w") as file:
            file["image"] = numbers(seed=number).astype("float32")
            file["label"] = (numbers(seed=number) > 100).astype("uint8")
    return folder, folder / "case_0.h5"


def dicom_slice(position: int, *, series: str, study: str) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[series, str(position)])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    data.StudyInstanceUID, data.SeriesInstanceUID = study, series
    data.Modality, data.PatientID, data.PatientName = "MR", "one", ""
    data.Rows, data.Columns = 12, 10
    data.PixelSpacing, data.SliceThickness = [1.5, 1.0], 2.0
    data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    data.ImagePositionPatient = [0.0, 0.0, 2.0 * position]
    data.InstanceNumber = position + 1
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
    data.PixelData = numbers((12, 10), seed=position).tobytes()
    return data


def write_dicom(path: Path, data: FileDataset) -> None:
    pydicom.dcmwrite(path, data, enforce_file_format=True)


def dicom_series(folder: Path) -> tuple[Path, Path]:
    series, study = generate_uid(entropy_srcs=["series"]), generate_uid(entropy_srcs=["study"])
    for position in range(6):
        write_dicom(folder / f"{position}.dcm", dicom_slice(position, series=series, study=study))
    return folder, folder / "2.dcm"


def dicom_single(folder: Path) -> tuple[Path, Path]:
    write_dicom(folder / "one.dcm", dicom_slice(0, series=generate_uid(entropy_srcs=["a"]), study="1.2.3"))
    return folder, folder / "one.dcm"


def dicom_packed(folder: Path) -> tuple[Path, Path]:
    """Lossless JPEG, which one decoder alone can read."""
    writer = sitk.ImageFileWriter()
    writer.SetImageIO("GDCMImageIO")
    writer.SetUseCompression(True)
    writer.SetCompressor("JPEG")
    writer.SetFileName(str(folder / "one.dcm"))
    writer.Execute(sitk.GetImageFromArray(numbers((1, 64, 60))))
    return folder / "one.dcm", folder / "one.dcm"


def table(folder: Path) -> tuple[Path, Path]:
    rng = np.random.default_rng(0)
    with (folder / "patients.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["age", "pressure", "sex", "ill"])
        for number in range(40):
            rows.writerow([int(rng.integers(20, 90)), int(rng.integers(90, 180)), number % 2, int(rng.integers(2))])
    return folder / "patients.csv", folder / "patients.csv"


def voc(folder: Path) -> tuple[Path, Path]:
    for inner in ("JPEGImages", "Annotations"):
        (folder / inner).mkdir()
    for number in range(COUNT):
        Pillow.fromarray(numbers((48, 64), "uint8", number)).save(folder / "JPEGImages" / f"cell_{number}.jpg")
        boxes = "".join(
            f"<object><name>cell</name><bndbox><xmin>{5 + n}</xmin><ymin>4</ymin><xmax>{20 + n}</xmax><ymax>30</ymax>"
            "</bndbox></object>"
            for n in range(3)
        )
        size = "<size><width>64</width><height>48</height><depth>1</depth></size>"
        text = f"<annotation><filename>cell_{number}.jpg</filename>{size}{boxes}</annotation>"
        (folder / "Annotations" / f"cell_{number}.xml").write_text(text)
    return folder, folder / "Annotations" / "cell_0.xml"


def coco(folder: Path) -> tuple[Path, Path]:
    (folder / "images").mkdir()
    images, boxes = [], []
    for number in range(COUNT):
        Pillow.fromarray(numbers((48, 64), "uint8", number)).save(folder / "images" / f"cell_{number}.png")
        images.append({"id": number, "file_name": f"cell_{number}.png", "width": 64, "height": 48})
        boxes.append({"id": number, "image_id": number, "category_id": 1, "bbox": [5, 4, 15, 26], "iscrowd": 0})
    data = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "cell"}]}
    (folder / "annotations.json").write_text(json.dumps(data, indent=1))
    return folder, folder / "annotations.json"


FCSV = """# Markups fiducial file version = 4.10
# CoordinateSystem = 0
# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID
vtkMRMLMarkupsFiducialNode_0,3.5,4.5,5.5,0,0,0,1,1,1,0,AC,anterior,
vtkMRMLMarkupsFiducialNode_1,6.5,7.5,8.5,0,0,0,1,1,1,0,PC,posterior,
"""


def fcsv(folder: Path) -> tuple[Path, Path]:
    for number in range(COUNT):
        nifti(f"head_{number}.nii.gz", numbers(seed=number))(folder)
        (folder / f"head_{number}.fcsv").write_text(FCSV)
    return folder, folder / "head_0.fcsv"


def markups(folder: Path) -> tuple[Path, Path]:
    points = [{"id": str(n), "label": name, "position": [n + 1.5, 2.5, 3.5]} for n, name in enumerate(("AC", "PC"))]
    data = {"markups": [{"type": "Fiducial", "coordinateSystem": "LPS", "controlPoints": points}]}
    for number in range(COUNT):
        nifti(f"head_{number}.nii.gz", numbers(seed=number))(folder)
        (folder / f"head_{number}.mrk.json").write_text(json.dumps(data, indent=1))
    return folder, folder / "head_0.mrk.json"


def wfdb(folder: Path) -> tuple[Path, Path]:
    samples = numbers((500, 2), "<i2")
    (folder / "a01.dat").write_bytes(samples.tobytes())
    lines = [f"a01.dat 16 200/mV 16 0 {samples[0, n]} 0 0 lead{n}" for n in range(2)]
    (folder / "a01.hea").write_text("\n".join(["a01 2 250 500", *lines, "# age: 61 sex: F"]) + "\n")
    return folder, folder / "a01.hea"


def physionet(folder: Path) -> tuple[Path, Path]:
    (folder / "set-a").mkdir()
    for number in range(12):
        rows = ["Time,Parameter,Value", f"00:00,RecordID,{1000 + number}", "00:00,Age,61", "00:00,Gender,1"]
        rows += [f"{hour:02d}:07,HR,{60 + hour}" for hour in range(1, 9)]
        (folder / "set-a" / f"{1000 + number}.txt").write_text("\n".join(rows) + "\n")
    with (folder / "Outcomes-a.txt").open("w") as file:
        file.write("RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death\n")
        file.writelines(f"{1000 + n},5,3,7,-1,{n % 2}\n" for n in range(12))
    return folder, folder / "set-a" / "1003.txt"


def image_mask(folder: Path) -> tuple[Path, Path]:
    for inner in ("images", "masks"):
        (folder / inner).mkdir()
    for number in range(COUNT):
        array = numbers((32, 40), "uint8", number)
        Pillow.fromarray(array).save(folder / "images" / f"{number}.png")
        Pillow.fromarray((array > 100).astype("uint8") * 255).save(folder / "masks" / f"{number}.png")
    return folder, folder / "masks" / "1.png"


def decathlon(folder: Path) -> tuple[Path, Path]:
    for inner in ("imagesTr", "labelsTr"):
        (folder / inner).mkdir()
    for number in range(COUNT):
        nifti(f"case_{number}.nii.gz", numbers(seed=number))(folder / "imagesTr")
        nifti(f"case_{number}.nii.gz", (numbers(seed=number) > 100).astype("uint8"))(folder / "labelsTr")
    data = {"labels": {"0": "background", "1": "bright"}, "modality": {"0": "MR"}, "training": [], "test": []}
    (folder / "dataset.json").write_text(json.dumps(data))
    return folder, folder / "dataset.json"


def zipped(folder: Path) -> tuple[Path, Path]:
    with zipfile.ZipFile(folder / "scans.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(COUNT):
            buffer = io.BytesIO()
            Pillow.fromarray(numbers((32, 40), "uint8", number)).save(buffer, "PNG")
            archive.writestr(f"scans/{'ab'[number % 2]}/{number}.png", buffer.getvalue())
    return folder / "scans.zip", folder / "scans.zip"


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


FLAT = numbers((32, 40), "uint8")

GOOD: dict[str, Writer] = {
    "nii": nifti("image.nii", numbers()),
    "nii-gz": nifti("image.nii.gz", numbers()),
    "nii-scaled": nifti("image.nii.gz", numbers(), scaled=True),
    "nii-4d": nifti("image.nii", numbers((*SHAPE, 2), "float32")),
    "nifti-2": nifti("image.nii", numbers(), second=True),
    "nrrd": by_itk("image.nrrd", compressed=False),
    "nrrd-gz": by_itk("image.nrrd", compressed=True),
    "mha": by_itk("image.mha", compressed=False),
    "mha-gz": by_itk("image.mha", compressed=True),
    "mhd": by_itk("image.mhd", compressed=False),
    "png": picture("image.png", FLAT),
    "png-16": picture("image.png", numbers((32, 40), "uint16")),
    "png-palette": picture("image.png", FLAT, mode="P"),
    "jpeg": picture("image.jpg", FLAT),
    "jpeg-colour": picture("image.jpg", np.stack([FLAT] * 3, axis=-1)),
    "tiff": picture("image.tif", FLAT),
    "tiff-pages": picture("image.tif", numbers((32, 40), "uint16"), pages=3),
    "gif": picture("image.gif", FLAT),
    "npy": npy,
    "npz": medmnist,
    "hdf5": hdf5,
    "dicom-series": dicom_series,
    "dicom-single": dicom_single,
    "dicom-packed": dicom_packed,
    "csv": table,
    "voc": voc,
    "coco": coco,
    "fcsv": fcsv,
    "markups": markups,
    "wfdb": wfdb,
    "physionet": physionet,
    "image-mask": image_mask,
    "dataset-json": decathlon,
    "zip": zipped,
}
