"""Pascal VOC: JPEGImages, Annotations (XML), ImageSets/Main/{train,val,trainval,test}.txt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hounsfield.formats.boxes_voc import read_boxes
from hounsfield.formats.files import read_bytes, sha256_of
from hounsfield.layouts import lazies
from hounsfield.layouts.folders import by_stem, files_in, images_in, roots, unclaimed
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.values import Boxes, Case, Dataset, Lazy, MiB, Problem, Truth, refuse

PARTS = {"train": "training", "val": "validation", "test": "test"}


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
        parts, lists, problems = _parts(root / "ImageSets" / "Main", set(images))
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
            problems=tuple(problems),
            unclaimed=unclaimed(folder, used),
        )


LAYOUT = Voc()


def _root(folder: Path) -> Path | None:
    return next((r for r in roots(folder) if images_in(r / "JPEGImages") and files_in(r / "Annotations")), None)


def _boxes(annotation: Path, image: Path) -> Lazy[Boxes]:
    def load() -> Boxes:
        return read_boxes(annotation, grid=lazies.format_of(image).read_grid(image))

    return Lazy(Boxes, str(annotation), load, lambda: sha256_of(annotation))


def _parts(folder: Path, images: set[str]) -> tuple[dict[str, str], list[Path], list[Problem]]:
    """Image -> part of the split, the lists it stands in, and the names in them that have no image."""
    parts: dict[str, str] = {}
    lists, problems = [], []
    for path in files_in(folder):
        if path.stem not in (*PARTS, "trainval"):
            continue
        lists.append(path)
        names = [line.split()[0] for line in _lines(path) if line.strip()]
        missing = [name for name in names if name not in images]
        if missing:
            what = f"lists {len(missing)} images that are not there, {missing[0]} first"
            problems.append(Problem(str(path), what, "Add them to JPEGImages, or shorten the list."))
        if path.stem not in PARTS:
            continue  # trainval repeats the others
        for name in names:
            if parts.setdefault(name, PARTS[path.stem]) != PARTS[path.stem]:
                what = f"lists {name}, which is in the part {parts[name]} already"
                problems.append(Problem(str(path), what, "Keep each image in one part."))
    return parts, lists, problems


def _lines(path: Path) -> list[str]:
    return read_bytes(path, limit=64 * MiB).decode("utf-8", "replace").splitlines() if path.stat().st_size else []
