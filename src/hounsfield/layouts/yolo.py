"""YOLO: images/train/a.jpg with labels/train/a.txt; also train/images with train/labels, or both in one folder.

The folders' names say the part of the split, or lists of images do (train.txt, val.txt). Classes are named by a
data.yaml, classes.txt or obj.names beside or above them; else their numbers are their names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hounsfield.formats.boxes import boxes_of
from hounsfield.formats.boxes_yolo import content, looks_like_yolo, read_boxes, read_marked
from hounsfield.formats.files import stem_of
from hounsfield.formats.table import decode
from hounsfield.formats.yolo_names import YAML, read_names
from hounsfield.layouts import lazies
from hounsfield.layouts.absences import Named, absences, kept_apart
from hounsfield.layouts.folders import (
    PARTS,
    common_folder,
    files_in,
    folders_in,
    ids_of,
    images_in,
    is_image,
    part_of,
    roots,
    unclaimed,
)
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.listed_images import ListedImages
from hounsfield.values import Boxes, Case, Dataset, Lazy, Problem, Refused, Truth, refuse

IMAGES, LABELS = "images", "labels"
NAMES = ("classes.txt", "obj.names", "_darknet.labels")
SAMPLE = 32
"""So many texts are looked into, to tell boxes from whatever else is written beside images."""


@dataclass(frozen=True)
class Place:
    """A folder of images, the folder of their boxes, and each image with its text of boxes."""

    images: Path
    labels: Path
    texts: Mapping[Path, Path | None]

    @staticmethod
    def of(images: Path, labels: Path) -> Place:
        """What lies in the two folders, which may be one."""
        found = {path.stem: path for path in files_in(labels) if path.suffix.lower() == ".txt"}
        return Place(images, labels, {path: found.get(stem_of(path)) for path in images_in(images)})

    @property
    def has_boxes(self) -> bool:
        """Whether any of the images has a text."""
        return any(text is not None for text in self.texts.values())

    @property
    def is_meant(self) -> bool:
        """Whether the images are of the set even where none has a text, as those of a test part."""
        return bool(self.texts) and (self.images != self.labels or self.images.name.lower() in PARTS)


@dataclass(frozen=True)
class Yolo:
    """The layout."""

    name: str = "yolo"

    def detect(self, folder: Path) -> Claim | None:
        """Sure where texts beside images, or in `labels` beside `images`, begin as YOLO's boxes do."""
        places = _find(folder)
        if not places:
            return None
        texts = [text for place in places for text in place.texts.values()]
        why = f"{sum(text is not None for text in texts)} of {len(texts)} images have a .txt of YOLO's boxes"
        root = common_folder(inner / "any" for place in places for inner in (place.images, place.labels))
        return Claim(0.9, why, "detection", root)

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases with boxes; an image without a text holds nothing, unless no image of its folder has one."""
        places = _find(folder)
        if not places:
            remedy = "Put images/a.jpg and labels/a.txt side by side: class, x and y of the centre, width, height."
            raise refuse(folder, "has no images with boxes of YOLO", remedy)
        names, used, problems = _names(folder, places)
        images = [image for place in places for image in place.texts]
        texts = {text for place in places for text in place.texts.values() if text is not None}
        split, lists, said, absent = _listed(folder, places, images, texts)
        problems += said
        ids = ids_of(images, folder)
        cases = []
        for place in places:
            for image, text in place.texts.items():
                part = split.get(image) or part_of(image, folder)
                truths = {"boxes": Truth(_boxes(text, image, names))} if place.has_boxes else {}
                if not truths and part not in ("validation", "test"):  # where boxes may be kept back
                    what = f"has no .txt in {place.labels.relative_to(folder).as_posix()}, nor has any image beside it"
                    problems.append(Problem(str(image), what, "Add it, or remove the image.", ids[image]))
                cases.append(Case(ids[image], {"image": lazies.image(image)}, truths, split=part))
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task="detection",
            task_why="each image has boxes",
            problems=tuple(problems),
            notes=(*absent, *_notes(places, texts)),
            unclaimed=unclaimed(folder, [*images, *texts, *used, *lists]),
        )


LAYOUT = Yolo()


def _find(folder: Path) -> list[Place]:
    """The folders of images with those of their boxes, in the first place where the texts are YOLO's."""
    for root in roots(folder):
        pairs = [(root / IMAGES, root / LABELS), *((at, root / LABELS / at.name) for at in folders_in(root / IMAGES))]
        for inner in folders_in(root):
            pairs += [(inner / IMAGES, inner / LABELS), (inner, inner)]
        places: dict[Path, Place] = {}  # by the images, since their boxes may lie beside them where `labels` is empty
        for place in (Place.of(*pair) for pair in (*pairs, (root, root))):
            if place.has_boxes or (place.is_meant and place.images not in places):
                places[place.images] = place
        texts = [text for place in places.values() for text in place.texts.values() if text is not None]
        filled = [text for text in texts if text.stat().st_size][:SAMPLE]
        if filled and 2 * sum(map(looks_like_yolo, filled)) >= len(filled):
            return list(places.values())
    return []


def _near(folder: Path, places: Collection[Place]) -> list[Path]:
    """The files that may speak of all images: beside the images and the boxes, and above them; the outermost first."""
    inner = {at for place in places for at in (place.images, place.labels)}
    above = {at for path in inner for at in (path, *path.parents) if at.is_relative_to(folder)}
    return [path for at in sorted(above, key=lambda at: (len(at.parts), at)) for path in files_in(at)]


def _names(folder: Path, places: Collection[Place]) -> tuple[dict[int, str], list[Path], list[Problem]]:
    """Number -> name, as the first file says that names classes; all that do, and a problem for each that differs."""
    files = _near(folder, places)
    yaml = [path for path in files if path.suffix.lower() in YAML]
    names: dict[int, str] = {}
    used, problems = list[Path](), list[Problem]()
    for path in (*yaml, *(path for path in files if path.name.lower() in NAMES)):
        found = read_names(path)
        if found and names and found != names:
            what = f"names the classes otherwise than {used[0].relative_to(folder).as_posix()}, which is taken"
            problems.append(Problem(str(path), what, "Keep the one that is right."))
        names = names or found
        used += [path] if found else []
    return names, used, problems


def _listed(
    folder: Path, places: Collection[Place], images: Collection[Path], texts: Collection[Path]
) -> tuple[dict[Path, str], list[Path], list[Problem], tuple[str, ...]]:
    """Image -> part of the split, as train.txt and its like say it; these lists, what is wrong with them, and notes."""
    known = ListedImages.among(images, folder)
    parts: dict[Path, str] = {}
    lists, problems, named = list[Path](), list[Problem](), list[Named]()
    for path in _near(folder, places):
        part = PARTS.get(path.stem.lower()) if path.suffix.lower() == ".txt" and path not in texts else None
        if part is None:
            continue
        lines = [line.strip() for line in decode(content(path), where=str(path)).splitlines() if line.strip()]
        found = {line: known.find(line, path) for line in lines}
        if not any(found.values()) and not all(is_image(Path(line)) for line in lines):
            continue  # no list of images
        lists.append(path)
        for line, image in found.items():
            what = f"lists {line[:80]}, which is not there, or several times"
            missing = Problem(str(path), what, "Add it, or shorten the list.", known.missing(Path(line).name))
            named.append(Named(kept_apart(part), (missing,) if image is None else ()))
            if image is not None and parts.setdefault(image, part) != part:
                what = f"lists {image.name}, which is in the part {parts[image]} already"
                problems.append(Problem(str(path), what, "Keep each image in one part."))
    gone, notes = absences(named)
    return parts, lists, [*gone, *problems], notes


def _boxes(text: Path | None, image: Path, names: Mapping[int, str]) -> Lazy[Boxes]:
    def load() -> Boxes:
        grid = lazies.format_of(image).read_grid(image)
        return boxes_of((), grid) if text is None else read_boxes(text, grid, names)

    def digest() -> str:
        said = b"" if text is None else content(text)
        return hashlib.sha256(repr(sorted(names.items())).encode() + said).hexdigest()

    return Lazy(Boxes, str(text or image), load, digest)


def _notes(places: Collection[Place], texts: Collection[Path]) -> Iterator[str]:
    """How many images have no text, and in how many texts there is more than boxes."""
    asked = [text for place in places if place.has_boxes for text in place.texts.values()]
    outlined = confident = 0
    for text in texts:
        try:
            marked = read_marked(text)
        except Refused:
            continue  # its own case says so when it is read
        outlined += any(one.is_outline for one in marked)
        confident += any(one.has_confidence for one in marked)
    if None in asked:
        yield f"{asked.count(None)} of {len(asked)} images have no .txt and count as images without objects"
    if outlined:
        yield f"{outlined} of {len(texts)} texts have outlines, of which the boxes around them are read"
    if confident:
        yield f"{confident} of {len(texts)} texts have a confidence behind their boxes, as a model's do; it is left out"
