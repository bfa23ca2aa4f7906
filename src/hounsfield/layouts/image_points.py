"""Images with named points: a file of points beside each image under its name, or both named by person as in BIDS.

CASE.nii.gz with CASE.fcsv, CASE.mrk.json, CASE_landmarks.csv, CASE_labels-disc-manual.nii.gz ...; or
sub-01/anat/sub-01_T1w.nii.gz with sub-01_space-T1w_desc-rater03_afids.fcsv anywhere in the tree, several raters a
person, the agreed points first. Points without an image are cases too: their names and raters can be looked at.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hounsfield.formats.files import stem_of
from hounsfield.layouts import lazies
from hounsfield.layouts.bids_names import BidsName, bids_name
from hounsfield.layouts.folders import all_files, images_in, is_image, unclaimed
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.mask_names import is_mask, is_probability
from hounsfield.layouts.points_files import ending_of, has_word, is_label_map, points, stem_of_image
from hounsfield.values import Case, Dataset, Problem, Truth, refuse

SURE = (".fcsv", ".mrk.json", "_ctd.json")
ORDER = (".fcsv", ".mrk.json", ".json", "_ctd.json", ".csv", ".pts", ".nii.gz", ".nii")
AGREED = ("", "agreed", "consensus", "groundtruth")
HEAD = 4096

Key = tuple[str, str]  # folder and name; in BIDS' way "" and the visit


@dataclass
class Found:
    """What belongs together: the images that the points may lie on, masks, and the files of points."""

    images: list[Path] = field(default_factory=list)
    masks: list[Path] = field(default_factory=list)
    points: list[Path] = field(default_factory=list)


@dataclass(frozen=True)
class ImagePoints:
    """The layout."""

    name: str = "image_points"

    def detect(self, folder: Path) -> Claim | None:
        """Sure where files of points are there, a little less where they have no images."""
        found = _find(folder)
        if not found:
            return None
        with_image = sum(bool(group.images) for group in found.values())
        if with_image:
            return Claim(0.9, f"{with_image} of {len(found)} cases with files of points have an image")
        return Claim(0.85, f"there are files of points for {len(found)} cases, and no images")

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases with points: under `points` those agreed upon, under `points_RATER` those of each rater."""
        found = _find(folder)
        if not found:
            remedy = "Put CASE.fcsv, CASE.mrk.json or CASE.csv beside CASE.nii.gz."
            raise refuse(folder, "has no files of points", remedy)
        rest = {_key(path, stem_of(path)): path for path in _without_points(found)}
        names = Counter(name.lower() for _, name in (*found, *rest))
        problems: list[Problem] = []
        used: list[Path] = []
        cases = []
        for key, group in sorted(found.items()):
            case, files = _case(_id(key, names, folder), bids_name(key[1]), group, problems)
            cases.append(case)
            used += files
        for key, image in sorted(rest.items()):
            case_id, remedy = _id(key, names, folder), "Add them, or remove the image."
            problems.append(Problem(str(image), "has no points beside it", remedy, case_id))
            cases.append(Case(case_id, {"image": lazies.image(image)}))
            used.append(image)
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task="landmarks",
            task_why="there are named points" + (" on images" if any(case.inputs for case in cases) else ""),
            problems=tuple(problems),
            unclaimed=unclaimed(folder, used),
        )


LAYOUT = ImagePoints()


def _case(case_id: str, name: BidsName | None, group: Found, problems: list[Problem]) -> tuple[Case, list[Path]]:
    """A case, and the files that it is made of."""
    image = _image(case_id, group, problems)
    chosen = _by_rater(group.points, image)
    lies_on = image or next(iter(group.masks), None)
    truths = {
        f"points_{rater}" if rater else "points": Truth(points(path, lies_on), rater=rater or None)
        for rater, path in chosen.items()
    }
    files = [*chosen.values(), *([image] if image else [])]
    if len(group.masks) == 1 and lies_on is not None:
        truths["labels"] = Truth(lazies.labels_on(group.masks[0], lies_on, {}))
        files += group.masks
    inputs = {} if image is None else {"image": lazies.image(image)}
    return Case(case_id, inputs, truths, patient="" if name is None else name.subject), files


def _find(folder: Path) -> dict[Key, Found]:
    """What belongs together, for every image or person that has points."""
    if not folder.is_dir():
        return {}
    files = list(all_files(folder))
    images = {(path.parent, stem_of(path)): path for path in files if is_image(path)}
    named = [path for path in files if _holds_points(path, images)]
    found: dict[Key, Found] = defaultdict(Found)
    for path in named:
        found[_key(path, stem_of_image(path))].points.append(path)
    for path in set(images.values()) - set(named):
        group = found.get(_key(path, stem_of(path)))
        if group is not None and not is_probability(stem_of(path)):
            (group.masks if _is_mask(path) else group.images).append(path)
    return {key: Found(sorted(g.images), sorted(g.masks), sorted(g.points)) for key, g in found.items()}


def _holds_points(path: Path, images: dict[tuple[Path, str], Path]) -> bool:
    """Told by the name where that is enough; tables, JSON and label maps are others' too, so more is asked of them."""
    ending = ending_of(path)
    if ending in SURE:
        return True
    is_beside = (path.parent, stem_of_image(path)) in images
    if is_label_map(path):
        return is_beside or bids_name(stem_of_image(path)) is not None
    if ending == ".json":
        return (is_beside or has_word(path)) and b'"markups"' in _head(path)
    if ending == ".csv" and is_beside:
        columns = [
            name.strip().lower() for name in _head(path).partition(b"\n")[0].decode("utf-8", "replace").split(",")
        ]
        return {"x", "y"} <= set(columns) and ("name" in columns or columns[0] == "")
    return ending == ".pts" and is_beside and _head(path).lstrip()[:5].lower() in (b"point", b"index")


def _head(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(HEAD)
    except OSError:
        return b""


def _key(path: Path, stem: str) -> Key:
    name = bids_name(stem)
    return (str(path.parent), stem) if name is None else ("", name.visit)


def _is_mask(path: Path) -> bool:
    """Whether the last word of a name says so: what stands before it is the name of the image."""
    return is_mask(stem_of(path).rpartition("_")[2])


def _image(case_id: str, group: Found, problems: list[Problem]) -> Path | None:
    """The image that the points lie on; several that fit equally well are a problem, and none is taken."""
    if not group.images:
        return None
    first = min(group.points, key=_rank)
    stem = stem_of_image(first)
    named = [path for path in group.images if stem == stem_of(path) or stem.startswith(f"{stem_of(path)}_")]
    if named:
        return max(named, key=lambda path: (path.parent == first.parent, len(stem_of(path))))
    fitting = [path for path in group.images if _may_lie_on(bids_name(stem), bids_name(stem_of(path)))]
    fitting = [path for path in fitting if path.parent == first.parent] or fitting
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(path.name for path in (fitting or group.images)[:3])
    what = f"does not say which of {names} its points lie on" if fitting else f"lies on none of {names} by its name"
    problems.append(Problem(str(first), what, "Name it after its image, or keep one image a person.", case_id))
    return None


def _may_lie_on(points: BidsName | None, image: BidsName | None) -> bool:
    return points is not None and image is not None and points.may_lie_on(image)


def _by_rater(paths: Iterable[Path], image: Path | None) -> dict[str, Path]:
    """Rater -> file, "" (agreed) first. Of several files of one rater the image's neighbour and the first format."""
    order = sorted(paths, key=lambda path: (image is not None and path.parent != image.parent, *_rank(path)))
    chosen: dict[str, Path] = {}
    for path in order:
        chosen.setdefault(_rater(path), path)
    return dict(sorted(chosen.items()))


def _rank(path: Path) -> tuple[bool, int, str]:
    return _rater(path) != "", ORDER.index(ending_of(path)), str(path)


def _rater(path: Path) -> str:
    name = bids_name(stem_of_image(path))
    rater = "" if name is None else name.entities.get("desc", "")
    return "" if rater in AGREED else rater


def _without_points(found: dict[Key, Found]) -> list[Path]:
    """Images among others with points that have none, but for masks, probabilities and what was made of images."""
    with_points = {path for group in found.values() for path in (*group.images, *group.masks, *group.points)}
    rest = []
    for at in sorted({path.parent for group in found.values() for path in group.images}):
        images = [path for path in images_in(at) if not is_probability(stem_of(path))]
        stems = {stem_of(path) for path in images}
        for path in images:
            parts = stem_of(path).split("_")
            is_derived = any("_".join(parts[:n]) in stems for n in range(1, len(parts)))
            if path not in with_points and not is_derived and not _is_mask(path) and bids_name(stem_of(path)) is None:
                rest.append(path)
    return rest


def _id(key: Key, names: Counter[str], folder: Path) -> str:
    """The visit or the image's name; with its folders in front where two folders hold the same name."""
    if names[key[1].lower()] == 1 or not key[0]:
        return key[1]
    return "_".join((*Path(key[0]).relative_to(folder).parts, key[1]))
