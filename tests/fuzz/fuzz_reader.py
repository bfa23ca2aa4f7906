"""Coverage-guided fuzzing of one reader: whatever the bytes, it reads them or refuses them in words.

    make fuzz NAME=nifti          (three minutes; every name: make fuzz)

Begins from the small valid files of the corpus. What breaks a reader is left in the folder `fuzz`, to be put into the
corpus with its mending.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parent.parent / "bad_input"))

with atheris.instrument_imports(include=["hounsfield", "nibabel", "pydicom", "xml"]):
    from hounsfield.formats.itk_transforms import read_affine
    from hounsfield.layouts.lazies import format_of
    from hounsfield.layouts.opening import open_folder
    from hounsfield.registry.tables import FORMATS, LAYOUTS, POINTS
    from hounsfield.values import Refused

    # loaded here, since only what is imported here is followed
    KNOWN = {name: LAYOUTS.load(name) for name in LAYOUTS.names()}
    for table in (FORMATS, POINTS):
        for ending in table.names():
            table.load(ending)

from corpus import VALID
from corpus_good_folders import itk_text

OUT = Path("fuzz")
SEEDS = {**VALID, "itk-text": itk_text}
LONGEST = 100_000  # bytes of an input


@dataclass(frozen=True)
class Target:
    """A reader: the valid files to begin from, and what is done with what is opened once its bytes are spoilt."""

    seeds: tuple[str, ...]
    read: Callable[[Path], None]


def as_image(path: Path) -> None:
    """All that is asked of an image file, each part for itself."""
    form = format_of(path)
    for ask in (form.read_grid, lambda p: form.read_image(p).array(), form.read_labels):
        try:
            ask(path)
        except Refused:
            continue


def as_folder(path: Path) -> None:
    """All that a layout reads of the folder, or of the one that the file lies in."""
    for case in open_folder(path if path.is_dir() else path.parent, KNOWN):
        for value in [*case.inputs.values(), *(truth.answer for truth in case.truths.values())]:
            try:
                value.load()
            except Refused:
                continue


def as_affine(path: Path) -> None:
    """All that is asked of an affine that ITK wrote as text."""
    read_affine(path)


def whole_file(*seeds: str) -> Target:
    return Target(seeds, as_image)


def in_folder(*seeds: str) -> Target:
    return Target(seeds, as_folder)


TARGETS = {
    "nifti": whole_file("nii", "nii-scaled", "nii-4d", "nifti-2"),
    "nifti-gz": whole_file("nii-gz"),
    "nrrd": whole_file("nrrd", "nrrd-gz"),
    "metaimage": whole_file("mha", "mha-gz"),
    "png": whole_file("png", "png-16", "png-palette"),
    "jpeg": whole_file("jpeg", "jpeg-colour"),
    "tiff": whole_file("tiff", "tiff-pages"),
    "gif": whole_file("gif"),
    "npy": whole_file("npy"),
    "npz": in_folder("npz"),
    "hdf5": in_folder("hdf5"),
    "dicom": in_folder("dicom-single"),
    "table": in_folder("csv"),
    "voc": in_folder("voc"),
    "coco": in_folder("coco"),
    "fcsv": in_folder("fcsv"),
    "markups": in_folder("markups"),
    "wfdb": in_folder("wfdb"),
    "physionet": in_folder("physionet"),
    "dataset-json": in_folder("dataset-json"),
    "zip": in_folder("zip"),
    "pts": in_folder("pts"),
    "centroids": in_folder("centroids"),
    "boxes-table": in_folder("boxes-table"),
    "manifest": in_folder("manifest"),
    "pairs": in_folder("pairs"),
    "participants": in_folder("participants"),
    "wfdb-atr": in_folder("wfdb-atr"),
    "dicom-jpeg": in_folder("dicom-jpeg"),
    "structure-masks": in_folder("structure-masks"),
    "structures-table": in_folder("structures-table"),
    "yolo": in_folder("yolo"),
    "yolo-names": in_folder("yolo-names"),
    "itk-text": Target(("itk-text",), as_affine),
}


def fuzz(target: Target, seconds: int) -> None:
    """Feed the reader until the time is up or something breaks it."""
    with tempfile.TemporaryDirectory() as scratch:
        seeds = Path(scratch) / "seeds"
        seeds.mkdir()
        for name in target.seeds:
            (Path(scratch) / name).mkdir()
            opened, spoilt = SEEDS[name](Path(scratch) / name)
            (seeds / name).write_bytes(spoilt.read_bytes())

        def once(data: bytes) -> None:
            spoilt.write_bytes(data)
            try:
                target.read(opened)
            except Refused:
                return

        OUT.mkdir(exist_ok=True)
        limits = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=20", "-rss_limit_mb=2500"]
        atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={OUT}/", str(seeds)], once)
        atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=TARGETS, nargs="?", help="which reader; without one, all of them are listed")
    parser.add_argument("--seconds", type=int, default=180)
    args = parser.parse_args()
    if args.name is None:
        print("Name a reader, as in `make fuzz NAME=nifti`:", *TARGETS, sep="\n  ")
        return
    fuzz(TARGETS[args.name], args.seconds)


if __name__ == "__main__":
    main()
