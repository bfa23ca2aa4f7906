"""COCO: images, and one JSON of annotations for all of them or one for each part: instances_train2017.json.

The JSON may lie beside the images, above them, or in `annotations`. Of several, a part's name in their name or their
folder's is their part of the split; else the folders of the images say it. Only boxes are read.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from hounsfield.formats.boxes_coco import CocoFile, Picture, read_annotations
from hounsfield.layouts import lazies
from hounsfield.layouts.folders import files_in, ids_of, roots, unclaimed
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.listed_images import ListedImages, Missing, unread
from hounsfield.values import Boxes, Case, Dataset, Lazy, Problem, Refused, Truth, refuse
from hounsfield.values.wording import count

ANNOTATIONS = "annotations"
ENDS = 65536
"""So many bytes at both ends of a file are looked at for COCO's lists: one may fill all between them."""


@dataclass(frozen=True)
class Coco:
    """The layout."""

    name: str = "coco"

    def detect(self, folder: Path) -> Claim | None:
        """Sure where a JSON has COCO's lists."""
        found = _annotation_files(folder)
        if not found:
            return None
        return Claim(0.95, f"{', '.join(path.name for path in found[:3])} has images and annotations, as in COCO")

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases with boxes; a listed image without annotations holds nothing, unless its file annotates none at all."""
        found = _annotation_files(folder)
        if not found:
            raise refuse(folder, "has no JSON of COCO annotations", "Name the folder that holds it and the images.")
        images, problems = ListedImages.of(folder), list[Problem]()
        listed: dict[Path, tuple[CocoFile, Picture]] = {}
        missing, refused = list[Missing](), False
        for path in found:
            try:
                annotations = read_annotations(path)
            except Refused as refusal:
                problems += refusal.problems
                refused = True
                continue
            if annotations.has_objects and not annotations.has_boxes:
                what = "annotates its images with something else than boxes"
                problems.append(Problem(str(path), what, "Leave it out."))
                continue
            problems += _add(annotations, images, listed, missing)
        others = images.besides(listed) if refused else []
        ids = ids_of(dict.fromkeys((*listed, *others, *(place for _, _, place in missing))), folder)
        splits = {image: images.split_of(image, file.path, found) for image, (file, _) in listed.items()}
        absent, notes = images.absences(missing, ids, splits.values(), found)
        problems += [*absent, *unread(others, ids)]
        cases = []
        for image, (annotations, picture) in listed.items():
            truths = {"boxes": Truth(_boxes(annotations, picture, image))} if annotations.has_boxes else {}
            cases.append(Case(ids[image], {"image": lazies.image(image)}, truths, split=splits[image]))
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task="detection",
            task_why="the annotations have boxes",
            problems=tuple(problems),
            unclaimed=unclaimed(folder, [*found, *listed]),
            notes=notes,
        )


LAYOUT = Coco()


def _annotation_files(folder: Path) -> list[Path]:
    places = [at for root in roots(folder) for at in (root, root / ANNOTATIONS)]
    paths = dict.fromkeys(path for at in places for path in files_in(at) if path.suffix.lower() == ".json")
    return [path for path in paths if _looks_like_coco(path)]


def _looks_like_coco(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            text = file.read(ENDS)
            file.seek(max(0, path.stat().st_size - ENDS))
            text += file.read(ENDS)
    except OSError:
        return False
    return b'"categories"' in text and (b'"images"' in text or b'"annotations"' in text)


def _add(
    annotations: CocoFile, images: ListedImages, listed: dict[Path, tuple[CocoFile, Picture]], missing: list[Missing]
) -> list[Problem]:
    """Put the pictures of a file to the images they name, or to what is missing; one listed twice is a problem."""
    path, problems, again = str(annotations.path), list[Problem](), list[str]()
    for picture in annotations.pictures:
        image = images.find(picture.file_name, annotations.path)
        if image is None:
            missing.append((annotations.path, picture.file_name, images.place_of(picture.file_name)))
        elif image in listed:
            again.append(f"{picture.file_name} (also in {listed[image][0].path.name})")
        else:
            listed[image] = (annotations, picture)
    if again:
        what = f"lists {count(len(again), 'image')} a second time, {again[0][:160]} first"
        problems.append(Problem(path, what, "Keep each image in one list."))
    if annotations.orphans:
        what = f"has {annotations.orphans} annotations of images that it does not list"
        problems.append(Problem(path, what, "Export it again."))
    return problems


def _boxes(annotations: CocoFile, picture: Picture, image: Path) -> Lazy[Boxes]:
    def load() -> Boxes:
        return annotations.boxes(picture, lazies.format_of(image).read_grid(image))

    def digest() -> str:
        said = [(a.category, a.bbox, a.is_crowd) for a in picture.annotations]
        return hashlib.sha256(repr((sorted(map(str, annotations.categories.items())), said)).encode()).hexdigest()

    return Lazy(Boxes, f"{annotations.path}, {picture.file_name}", load, digest, files=(annotations.path,))
