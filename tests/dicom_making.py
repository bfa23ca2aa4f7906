"""Small DICOM files and series, written by pydicom alone."""

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

ROOT = "1.2.826.0.1.3680043.8.498."
MR, CT, ENHANCED_MR, SEGMENTATION = (f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("4", "2", "4.1", "66.4"))
IDENTITY = (1, 0, 0, 0, 1, 0)


def ds(values):
    return [format_number_as_ds(float(value)) for value in values]


def picture(pixels, *, kind=MR, series=1, number=1, **elements):
    """A data set of one image (rows, columns) or one of colours (rows, columns, 3) that does not say where it lies."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = kind
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = f"{ROOT}{series}.{number}"
    made.SeriesInstanceUID = f"{ROOT}{series}"
    made.SeriesNumber, made.InstanceNumber, made.PatientID, made.Modality = series, number, "P1", "MR"
    made.Rows, made.Columns = pixels.shape[:2]
    made.SamplesPerPixel = 3 if pixels.ndim == 3 else 1
    made.PhotometricInterpretation = "RGB" if pixels.ndim == 3 else "MONOCHROME2"
    if pixels.ndim == 3:
        made.PlanarConfiguration = 0
    made.BitsAllocated = made.BitsStored = 8 * pixels.dtype.itemsize
    made.HighBit, made.PixelRepresentation = made.BitsStored - 1, int(pixels.dtype.kind == "i")
    data = np.ascontiguousarray(pixels).tobytes()
    made.add_new("PixelData", "OW" if pixels.dtype.itemsize > 1 else "OB", data + b"\0" * (len(data) % 2))
    for name, value in elements.items():
        setattr(made, name, value)
    return made


def slice_at(pixels, position, *, orientation=IDENTITY, spacing=(1, 1), **elements):
    """A data set of one slice at a position (LPS); spacing between rows, between columns."""
    placed = {
        "ImagePositionPatient": ds(position),
        "ImageOrientationPatient": ds(orientation),
        "PixelSpacing": ds(spacing),
        "SliceThickness": "9",  # on purpose another than any step
    }
    return picture(pixels, **{**placed, **elements})


def save(made, path):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    made.save_as(path, enforce_file_format=True)
    return path


def make_series(folder, volume, *, orientation=IDENTITY, spacing=(1, 1, 1), origin=(0, 0, 0), step=None, **elements):
    """A file for each slice of a volume (slice, row, column), stacked along the normal, or by `step` in LPS mm.

    spacing: between rows, between columns, between slices. Names are numbers that do not sort as the slices do.
    """
    across, down = np.array(orientation[:3], float), np.array(orientation[3:], float)
    along = np.cross(across, down) * spacing[2] if step is None else np.array(step, float)
    paths = []
    for k, pixels in enumerate(volume):
        position = np.array(origin, float) + k * along
        made = slice_at(pixels, position, orientation=orientation, spacing=spacing[:2], **{"number": k + 1, **elements})
        paths.append(save(made, Path(folder) / f"{k + 1}"))
    return paths


def random_volume(shape=(5, 6, 7), dtype=np.int16, seed=0):
    return np.random.default_rng(seed).integers(0, 1000, shape).astype(dtype)
