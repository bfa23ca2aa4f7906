"""Images without any truth, for prediction: a folder of them (masks beside them left out), or one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hounsfield.formats.files import size_of, stem_of
from hounsfield.layouts import lazies
from hounsfield.layouts.folders import IMAGE_SUFFIXES, check_text, images_in, is_image, unclaimed
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.mask_names import without_masks
from hounsfield.values import Case, Dataset, refuse


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
    """One case of files given by role, named after the first. Refuses what is missing or no image by its name."""
    if not files:
        raise refuse("predict", "was given no file", "Name an image, or ROLE=FILE for each role.")
    for path in files.values():
        check_text(path)
        if path.is_dir() or not is_image(path):
            raise refuse(path, "is no image by its name", f"Known are {', '.join(IMAGE_SUFFIXES)}.")
        size_of(path)
    first = next(iter(files.values()))
    return Case(stem_of(first), {role: lazies.image(path) for role, path in files.items()})


def _images(folder: Path) -> list[Path]:
    if folder.is_dir():
        return without_masks(images_in(folder))
    return [folder] if is_image(folder) else []
