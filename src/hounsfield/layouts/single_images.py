"""Images without any truth, for prediction: a folder of them (masks beside them left out), or one file or series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hounsfield.formats.files import size_of, stem_of
from hounsfield.layouts import lazies
from hounsfield.layouts.dicom_series import LAYOUT as DICOM
from hounsfield.layouts.folders import IMAGE_SUFFIXES, images_in, is_image, unclaimed
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.mask_names import without_masks
from hounsfield.layouts.opening import open_folder
from hounsfield.layouts.presence import check_text
from hounsfield.layouts.unzipped import is_zip, unpacked
from hounsfield.values import Case, Dataset, Problem, Refused, refuse


@dataclass(frozen=True)
class SingleImages:
    """The layout."""

    name: str = "single_images"

    def detect(self, folder: Path) -> Claim | None:
        """Hardly sure: any other convention goes before."""
        found = _images(folder)
        return Claim(0.1, f"there are {len(found)} images and nothing that tells more") if found else None

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """A case for each image, named after it; with the suffix where two names differ in nothing else."""
        found = _images(folder)
        stems = [stem_of(path).lower() for path in found]
        ids = [path.name if stems.count(stem) > 1 else stem_of(path) for path, stem in zip(found, stems, strict=True)]
        cases = [Case(case_id, {"image": lazies.image(path)}) for case_id, path in zip(ids, found, strict=True)]
        rest = unclaimed(folder, found) if folder.is_dir() else ()
        return Dataset(str(folder), tuple(cases), unclaimed=rest)


LAYOUT = SingleImages()


def single_case(files: Mapping[str, Path]) -> Case:
    """One case of images given by role, named after the first: files, and folders or zips of one DICOM series.

    Refuses what is missing, no image by its name, and a folder of no series or of several.
    """
    if not files:
        raise refuse("predict", "was given no file", "Name an image, or ROLE=FILE for each role.")
    cases = {role: _case(path) for role, path in files.items()}
    first = next(iter(cases.values()))
    return replace(first, inputs={role: case.inputs["image"] for role, case in cases.items()})


def _case(path: Path) -> Case:
    check_text(path)
    if path.is_dir() or is_zip(path):
        return _series(path)
    if not is_image(path):
        raise refuse(path, "is no image by its name", f"Known are {', '.join(IMAGE_SUFFIXES)}.")
    size_of(path)
    return Case(stem_of(path), {"image": lazies.image(path)})


def _series(path: Path) -> Case:
    """The one volume of a folder, or of a zip."""
    if DICOM.detect(unpacked(path) if is_zip(path) else path) is None:
        what = "is no image by its name, and holds no DICOM series either"
        raise refuse(path, what, f"Known are {', '.join(IMAGE_SUFFIXES)}, and folders and zips of one series.")
    dataset = open_folder(path, {DICOM.name: DICOM})
    names = sorted({case.id for case in dataset} | {problem.case for problem in dataset.problems if problem.case})
    if len(names) > 1:
        what = f"holds {len(names)} volumes, where one is needed: {', '.join(names[:6])}{' ...' * (len(names) > 6)}"
        raise Refused([*dataset.problems, Problem(str(path), what, "Name the folder of one of them.")])
    return dataset.cases[0]


def _images(folder: Path) -> list[Path]:
    if folder.is_dir():
        return without_masks(images_in(folder))
    return [folder] if is_image(folder) else []
