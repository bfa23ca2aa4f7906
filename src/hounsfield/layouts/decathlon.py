"""The folders of the Medical Segmentation Decathlon and of nnU-Net: imagesTr, labelsTr, imagesTs, dataset.json.

imagesTr/CASE.nii.gz with the channels as fourth axis (decathlon), or imagesTr/CASE_0000.nii.gz, CASE_0001.nii.gz with
a file for each channel (nnU-Net); labelsTr/CASE.nii.gz. dataset.json names channels and labels and may be missing.
Sources: A. Simpson et al., arXiv 1902.09063; F. Isensee et al., nnU-Net's dataset_format.md.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hounsfield.formats.files import stem_of, writing
from hounsfield.formats.json_values import read_json
from hounsfield.formats.nifti import write_image, write_labels
from hounsfield.layouts import lazies
from hounsfield.layouts.absences import Named, absences
from hounsfield.layouts.folders import by_stem, images_in, roots, unclaimed
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.values import Case, Dataset, Image, LabelMap, Lazy, Problem, Truth, refuse

CHANNEL = re.compile(r"(.+)_(\d{4})$")
BACKGROUND = ("background", "bg")


@dataclass(frozen=True)
class Description:
    """What dataset.json says."""

    channels: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    labels: Mapping[int, str] = field(default_factory=dict)
    regions: Mapping[str, frozenset[int]] = field(default_factory=dict)
    ignore: int | None = None
    listed: tuple[str, ...] = ()
    test: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decathlon:
    """The layout."""

    name: str = "decathlon"

    def detect(self, folder: Path) -> Claim | None:
        """Sure where imagesTr has images with labelsTr beside it."""
        root = _root(folder)
        if root is None:
            return None
        labels = (root / "labelsTr").is_dir()
        description = " and dataset.json" if (root / "dataset.json").is_file() else ""
        why = f"imagesTr{' and labelsTr' if labels else ''}{description} are there, as in the decathlon and nnU-Net"
        return Claim(0.95 if labels else 0.8, why, "segmentation", root)

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases with a label map; those of imagesTs have one where labelsTs is there, and are then the test part."""
        root = _root(folder)
        if root is None:
            raise refuse(folder, "has no imagesTr", "Name the folder that holds imagesTr and labelsTr.")
        described = _describe(root / "dataset.json")
        cases: list[Case] = []
        problems: list[Problem] = []
        used = [root / "dataset.json"]
        has_test = bool(images_in(root / "labelsTs"))
        names = {stem_of(Path(listed)) for listed in (*described.listed, *described.test)}
        for part, split in (("Tr", "training" if has_test else None), ("Ts", "test" if has_test else None)):
            labels = by_stem(images_in(root / f"labels{part}"))
            images = images_in(root / f"images{part}")
            grouped = _group(images, names | set(labels), len(described.channels))
            if part == "Tr" and all(
                stem_of(path) == name for name, files in grouped.items() for path in files.values()
            ):
                names |= {stem_of(path) for path in images_in(root / "imagesTs")}  # no channels here: none there
            for case_id, files in grouped.items():
                cases.append(_case(case_id, files, labels.get(case_id), described, split))
                used += [*files.values(), *([labels[case_id]] if case_id in labels else [])]
                if part == "Tr" and case_id not in labels:
                    what, remedy = "has no label in labelsTr", "Add the label, or move the image to imagesTs."
                    problems.append(Problem(str(files[min(files)]), what, remedy, case_id))
        problems += _uneven(cases)
        missing, notes = absences(_named(described, {case.id for case in cases}, root / "dataset.json"))
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task="segmentation",
            task_why="each image has a label map" if (root / "labelsTr").is_dir() else "the folders are those of one",
            problems=(*problems, *missing),
            unclaimed=unclaimed(folder, used),
            notes=notes,
        )


LAYOUT = Decathlon()


def write(dataset: Dataset, folder: Path) -> None:
    """Write a data set of images and label maps in this layout; test cases go to imagesTs and labelsTs.

    Several roles become a file for each channel. Objects told apart, patients and sites have no place in it.
    """
    folder = Path(folder)
    names: dict[int, str] = {}
    roles: tuple[str, ...] = ()
    with writing(folder):
        for case in dataset.cases:
            part = "Ts" if case.split == "test" else "Tr"
            roles = tuple(case.inputs)
            _write_images(case, folder / f"images{part}")
            truth = case.truth(LabelMap)
            if truth is not None:
                names |= truth.labels
                (folder / f"labels{part}").mkdir(parents=True, exist_ok=True)
                write_labels(folder / f"labels{part}" / f"{case.id}.nii.gz", truth.array, truth.grid)
        text = json.dumps(_description_json(dataset, roles, names), indent=1, ensure_ascii=False)
        (folder / "dataset.json").write_text(text + "\n", encoding="utf-8")


def _write_images(case: Case, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, (role, value) in enumerate(case.inputs.items()):
        if not issubclass(value.kind, Image):
            raise refuse(case.id, f"has the input {role!r}, which is no image", "Leave it out.")
        ending = "" if len(case.inputs) == 1 else f"_{number:04d}"
        write_image(folder / f"{case.id}{ending}.nii.gz", value.load())


def _description_json(dataset: Dataset, roles: tuple[str, ...], names: Mapping[int, str]) -> dict[str, Any]:
    channels = {str(number): role for number, role in enumerate(roles)}
    train = [case.id for case in dataset.cases if case.split != "test"]
    test = [case.id for case in dataset.cases if case.split == "test"]
    return {
        "name": Path(dataset.where).name or "dataset",
        "modality": channels,
        "channel_names": channels,
        "labels": {"0": "background", **{str(value): names[value] for value in sorted(names)}},
        "numTraining": len(train),
        "numTest": len(test),
        "file_ending": ".nii.gz",
        "training": [{"image": f"./imagesTr/{i}.nii.gz", "label": f"./labelsTr/{i}.nii.gz"} for i in train],
        "test": [f"./imagesTs/{i}.nii.gz" for i in test],
    }


def _root(folder: Path) -> Path | None:
    return next((root for root in roots(folder) if images_in(root / "imagesTr")), None)


def _group(images: list[Path], names: set[str], channels: int) -> dict[str, dict[int, Path]]:
    """Case id -> channel -> file. A `_0000` is a channel unless labels or dataset.json say it is part of a name.

    Channels count from 0000, so where that one is missing the numbers are part of names too.
    channels: as many as dataset.json names; 0 where it does not.
    """
    cases: dict[str, dict[int, Path]] = defaultdict(dict)
    for path in images:
        stem = stem_of(path)
        match = CHANNEL.match(stem)
        if match is not None and stem not in names and (not channels or int(match[2]) < channels):
            cases[match[1]][int(match[2])] = path
        else:
            cases[stem][0] = path
    named = {name: files for name, files in cases.items() if 0 not in files and name not in names}
    apart = {stem_of(path): {0: path} for files in named.values() for path in files.values()}
    return dict(sorted({**{name: cases[name] for name in cases.keys() - named.keys()}, **apart}.items()))


def _case(
    case_id: str, files: Mapping[int, Path], label: Path | None, described: Description, split: str | None
) -> Case:
    inputs: dict[str, Lazy[Any]] = {}
    first = files[min(files)]
    modality = dict(enumerate(described.modalities))
    if len(files) == 1 and len(described.channels) > 1:
        for number, role in enumerate(described.channels):
            inputs[role] = lazies.channel(first, number, modality[number])
    else:
        for number, path in sorted(files.items()):
            inputs[_role(number, len(files), described)] = lazies.image(path, modality.get(number, ""))
    truths = {}
    if label is not None:
        d = described
        answer = lazies.labels_on(label, first, d.labels, regions=d.regions, ignore=d.ignore)
        truths["labels"] = Truth(answer, of=next(iter(inputs)))
    return Case(case_id, inputs, truths, split=split)


def _uneven(cases: list[Case]) -> list[Problem]:
    """Cases that lack channels which most others have, or have more."""
    if not cases:
        return []
    usual = Counter(tuple(case.inputs) for case in cases).most_common(1)[0][0]
    what, remedy = "has the channels {}, while most cases have {}", "Add the missing file, or remove it."
    return [
        Problem(case.id, what.format(", ".join(case.inputs), ", ".join(usual)), remedy, case.id)
        for case in cases
        if tuple(case.inputs) != usual
    ]


def _named(described: Description, found: Container[str], where: Path) -> Iterator[Named]:
    """Each case that dataset.json lists, with the problem that it is not there."""
    remedy = "Add it, or shorten the list."
    for part, listed in (("", described.listed), ("test", described.test)):
        for case_id, name in {stem_of(Path(name)): name for name in listed}.items():
            missing = Problem(str(where), f"lists {name[:80]}, which is not there", remedy, case_id)
            yield Named(part, () if case_id in found else (missing,))


def _role(number: int, count: int, described: Description) -> str:
    if count > 1 and number < len(described.channels):
        return described.channels[number]
    return "image" if number == 0 else f"channel_{number}"


def _describe(path: Path) -> Description:
    """What dataset.json says, in the decathlon's form or nnU-Net's; nothing where it is missing."""
    if not path.is_file():
        return Description()
    data = read_json(path)
    try:
        channels = data.get("channel_names") or data.get("modality") or {}
        modalities = tuple(str(channels[key]) for key in sorted(channels, key=int))
        names = tuple(_word(name) for name in modalities)
        if len(set(names)) < len(names):
            names = tuple(f"{name}_{number}" for number, name in enumerate(names))
        labels, regions, ignore = _labels(data.get("labels") or {})
        listed = tuple(str(item["image"]) for item in data.get("training") or () if isinstance(item, dict))
        test = tuple(str(item["image"] if isinstance(item, dict) else item) for item in data.get("test") or ())
    except (AttributeError, KeyError, TypeError, ValueError):
        remedy = 'Write "labels" as {"0": "background", "1": NAME} or {NAME: 1}, "modality" as {"0": NAME}.'
        raise refuse(path, "describes its channels or labels in no known form", remedy) from None
    return Description(names, modalities, labels, regions, ignore, listed, test)


def _labels(stated: Mapping[str, Any]) -> tuple[dict[int, str], dict[str, frozenset[int]], int | None]:
    """Names, regions and the ignored value from {"1": NAME} (decathlon) or {NAME: 1 or [1, 2]} (nnU-Net)."""
    labels: dict[int, str] = {}
    regions: dict[str, frozenset[int]] = {}
    ignore = None
    for key, value in stated.items():
        if isinstance(value, list):
            regions[key] = frozenset(int(v) for v in value)
            continue
        number, name = (int(key), str(value)) if isinstance(value, str) else (int(value), key)
        if name.lower() == "ignore":
            ignore = number
        elif number != 0 and name.lower() not in BACKGROUND:
            labels[number] = name
    for number in sorted(set().union(*regions.values()) - set(labels)):
        labels[number] = f"label_{number}"
    return labels, regions, ignore


def _word(name: Any) -> str:
    return re.sub(r"[^\w.-]+", "_", str(name).strip()).lower() or "image"
