"""Pascal VOC: JPEGImages, Annotations (XML), ImageSets/Main/{train,val,trainval,test}.txt."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hounsfield.formats.boxes_voc import read_boxes
from hounsfield.formats.files import read_bytes, sha256_of
from hounsfield.layouts import lazies
from hounsfield.layouts.absences import Named, absences, kept_apart
from hounsfield.layouts.folders import by_stem, files_in, images_in, roots, unclaimed
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.values import Boxes, Case, Dataset, Lazy, MiB, Problem, Truth, refuse

PARTS = {"test": "test", "train": "training", "val": "validation"}  # the first keeps an image that stands in two
BOTH = "trainval"


@dataclass(frozen=True)
class Voc:
    """The layout."""

    name: str = "voc"

    def detect(self, folder: Path) -> Claim | None:
        """Sure where JPEGImages and Annotations are there."""
        root = _root(folder)
        why = "JPEGImages and Annotations are there, as in Pascal VOC"
        return None if root is None else Claim(0.95, why, "detection", root)

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases with boxes; an image without annotation has no truth (which is not the same as no boxes)."""
        root = _root(folder)
        if root is None:
            raise refuse(folder, "has no JPEGImages with Annotations", "Name the folder that holds both.")
        images = by_stem(images_in(root / "JPEGImages"))
        annotations = {path.stem: path for path in files_in(root / "Annotations") if path.suffix.lower() == ".xml"}
        lists = _lists(root / "ImageSets" / "Main")
        parts, problems = _parts(lists)
        missing, notes = absences(_named(lists, images))
        cases = []
        for name, path in images.items():
            truths = {"boxes": Truth(_boxes(annotations[name], path))} if name in annotations else {}
            cases.append(Case(name, {"image": lazies.image(path)}, truths, split=parts.get(name)))
        used = [*images.values(), *lists, *(annotations[name] for name in images if name in annotations)]
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task="detection",
            task_why="each image has boxes",
            problems=(*problems, *missing),
            unclaimed=unclaimed(folder, used),
            notes=notes,
        )


LAYOUT = Voc()


def _root(folder: Path) -> Path | None:
    return next((r for r in roots(folder) if images_in(r / "JPEGImages") and files_in(r / "Annotations")), None)


def _boxes(annotation: Path, image: Path) -> Lazy[Boxes]:
    def load() -> Boxes:
        return read_boxes(annotation, grid=lazies.format_of(image).read_grid(image))

    return Lazy(Boxes, str(annotation), load, lambda: sha256_of(annotation), files=(annotation,))


def _lists(folder: Path) -> dict[Path, list[str]]:
    """The lists of the parts, with the names in each; trainval repeats others and goes last."""
    found = {path.stem: path for path in files_in(folder)}
    return {found[stem]: _names(found[stem]) for stem in (*PARTS, BOTH) if stem in found}


def _names(path: Path) -> list[str]:
    text = read_bytes(path, limit=64 * MiB).decode("utf-8", "replace") if path.stat().st_size else ""
    return [line.split()[0] for line in text.splitlines() if line.strip()]


def _parts(lists: Mapping[Path, list[str]]) -> tuple[dict[str, str], list[Problem]]:
    """Image -> part of the split; a problem for each that is in two."""
    parts: dict[str, str] = {}
    problems = []
    for path, names in lists.items():
        for name in names if path.stem in PARTS else ():
            if parts.setdefault(name, PARTS[path.stem]) != PARTS[path.stem]:
                what = f"lists {name}, which is in the part {parts[name]} already"
                problems.append(Problem(str(path), what, "Keep each image in one part."))
    return parts, problems


def _named(lists: Mapping[Path, list[str]], images: Container[str]) -> Iterator[Named]:
    """Each image that a list names, once, with the problem that it is not there."""
    remedy = "Add it to JPEGImages, or shorten the list."
    for name, path in {name: path for path, names in reversed(list(lists.items())) for name in names}.items():
        missing = Problem(str(path), f"lists {name[:80]}, which is not there", remedy, name)
        yield Named(kept_apart(PARTS.get(path.stem)), () if name in images else (missing,))
