"""Small valid folders of several files: points, boxes, pairs, manifests and what lies beside records and scans.

Each writer fills a folder and gives (what to open, the file to spoil), as in corpus_good.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813
from corpus_good import COUNT, SHAPE, Writer, nifti, numbers, wfdb
from PIL import Image as Pillow


def heads(folder: Path, name: str = "head_{}.nii.gz") -> None:
    for number in range(COUNT):
        nifti(name.format(number), numbers(seed=number))(folder)


def pictures(folder: Path, name: str) -> None:
    for number in range(COUNT):
        Pillow.fromarray(numbers((48, 64), "uint8", number)).save(folder / name.format(number))


def pts(folder: Path) -> tuple[Path, Path]:
    heads(folder)
    for number in range(COUNT):
        (folder / f"head_{number}.pts").write_text("point\n3\n1.5 2.5 3.5\n4.5 5.5 6.5\n-1.5 -2.5 7.5\n")
    return folder, folder / "head_0.pts"


def centroids(folder: Path) -> tuple[Path, Path]:
    heads(folder)
    places = [{"label": 20 + n, "X": 3.2 + n, "Y": 4.9, "Z": 1.8 + n} for n in range(3)]
    for number in range(COUNT):
        mask = np.zeros(SHAPE, "uint8")
        mask[2:6, 2:6, 2:6] = 20
        nifti(f"head_{number}_seg.nii.gz", mask)(folder)
        (folder / f"head_{number}_ctd.json").write_text(json.dumps([{"direction": ["R", "A", "S"]}, *places]))
    return folder, folder / "head_0_ctd.json"


def boxes_table(folder: Path) -> tuple[Path, Path]:
    pictures(folder, "cell_{}.png")
    rows = [f"cell_{number}.png,{5 + n},4,{20 + n},30,cell" for number in range(COUNT) for n in range(3)]
    (folder / "boxes.csv").write_text("\n".join(["filename,xmin,ymin,xmax,ymax,class", *rows]) + "\n")
    return folder, folder / "boxes.csv"


def manifest(folder: Path) -> tuple[Path, Path]:
    (folder / "scans").mkdir()
    heads(folder / "scans")
    for number in range(COUNT):
        nifti(f"mask_{number}.nii.gz", (numbers(seed=number) > 100).astype("uint8"))(folder / "scans")
    rows = [f"00{n},scans/head_{n}.nii.gz,scans/mask_{n}.nii.gz,P{n},train,6{n}" for n in range(COUNT)]
    (folder / "cases.csv").write_text("\n".join(["case,image,mask,patient,split,age", *rows]) + "\n")
    return folder, folder / "cases.csv"


def pairs(folder: Path) -> tuple[Path, Path]:
    pictures(folder, "a_{}.png")
    pictures(folder, "b_{}.png")
    for name in ("a", "b"):
        (folder / f"{name}.csv").write_text(",X,Y\n1,10.5,20.5\n2,30.5,7.5\n")
    rows = [f"a_{number}.png,b_{number}.png,a.csv,b.csv" for number in range(COUNT)]
    head = "Target image,Source image,Target landmarks,Source landmarks"
    (folder / "pairs.csv").write_text("\n".join([head, *rows]) + "\n")
    return folder, folder / "pairs.csv"


def participants(folder: Path) -> tuple[Path, Path]:
    rows = ["participant_id\tage\tsex\tgroup"]
    for number in range(COUNT):
        anat = folder / f"sub-0{number}" / "anat"
        anat.mkdir(parents=True)
        nifti(f"sub-0{number}_T1w.nii.gz", numbers(seed=number))(anat)
        rows.append(f"sub-0{number}\t6{number}\t{'MF'[number % 2]}\t{('patient', 'control')[number % 2]}")
    (folder / "participants.tsv").write_text("\n".join(rows) + "\n")
    return folder, folder / "participants.tsv"


def beats_and_rhythm(folder: Path) -> tuple[Path, Path]:
    """Ten normal beats, 40 samples apart, and a change of rhythm: six bits of code, ten of time (annot(5))."""
    wfdb(folder)
    beats = struct.pack("<H", 1 << 10 | 40) * 10
    rhythm = struct.pack("<HH", 28 << 10 | 5, 63 << 10 | 6) + b"(AFIB\0"
    (folder / "a01.atr").write_bytes(beats + rhythm + beats[:2] + b"\0\0")
    return folder, folder / "a01.atr"


def lossless_jpeg(folder: Path) -> tuple[Path, Path]:
    writer = sitk.ImageFileWriter()
    writer.SetFileName(str(folder / "one.dcm"))
    writer.SetCompressor("JPEG")
    writer.UseCompressionOn()
    writer.Execute(sitk.GetImageFromArray(numbers((1, 16, 12), "uint16")))
    return folder, folder / "one.dcm"


def structure_masks(folder: Path) -> tuple[Path, Path]:
    rows = ["image_id;age;gender;split"]
    for number in range(COUNT):
        inner = folder / f"s000{number}" / "segmentations"
        inner.mkdir(parents=True)
        nifti("ct.nii.gz", numbers(seed=number))(inner.parent)
        for start, name in enumerate(("kidney_left", "liver", "spleen")):
            mask = np.zeros(SHAPE, "uint8")
            mask[4 * start : 4 * start + 3, 2:6, 2:6] = 1
            nifti(f"{name}.nii.gz", mask)(inner)
        rows.append(f"s000{number};6{number};m;{('train', 'test')[number % 2]}")
    (folder / "meta.csv").write_text("\n".join(rows) + "\n")
    return folder, folder / "s0001" / "segmentations" / "liver.nii.gz"


def structures_table(folder: Path) -> tuple[Path, Path]:
    structure_masks(folder)
    return folder, folder / "meta.csv"


def yolo(folder: Path) -> tuple[Path, Path]:
    for part, number in (("train", 0), ("train", 1), ("val", 2), ("test", 3)):
        for inner in ("images", "labels"):
            (folder / inner / part).mkdir(parents=True, exist_ok=True)
        pictures(folder / "images" / part, f"cell_{number}_{{}}.png")
        for again in range(COUNT):
            lines = ("0 0.5 0.5 0.25 0.125", "1 0.25 0.75 0.1 0.2 0.9", "1 0.1 0.2 0.5 0.2 0.3 0.8")
            (folder / "labels" / part / f"cell_{number}_{again}.txt").write_text("\n".join(lines) + "\n")
    (folder / "data.yaml").write_text("train: images/train\nnames:\n  0: cell\n  1: 'white cell'  # larger\n")
    return folder, folder / "labels" / "train" / "cell_0_0.txt"


def yolo_names(folder: Path) -> tuple[Path, Path]:
    yolo(folder)
    return folder, folder / "data.yaml"


def itk_text(folder: Path) -> tuple[Path, Path]:
    """No data set, so it is no part of FOLDERS: a transform is given to `apply`."""
    transform = sitk.AffineTransform(3)
    transform.SetMatrix([1.1, 0.1, 0.0, -0.1, 0.9, 0.0, 0.0, 0.0, 1.0])
    transform.SetTranslation([1.5, -2.5, 3.5])
    transform.SetCenter([10.0, 20.0, 30.0])
    sitk.WriteTransform(transform, str(folder / "affine.txt"))
    return folder / "affine.txt", folder / "affine.txt"


FOLDERS: dict[str, Writer] = {
    "pts": pts,
    "centroids": centroids,
    "boxes-table": boxes_table,
    "manifest": manifest,
    "pairs": pairs,
    "participants": participants,
    "wfdb-atr": beats_and_rhythm,
    "dicom-jpeg": lossless_jpeg,
    "structure-masks": structure_masks,
    "structures-table": structures_table,
    "yolo": yolo,
    "yolo-names": yolo_names,
}
