"""Every layout: of a folder in which single files are broken, exactly their cases are bad ones (the law of 5 %).

So are the cases that a list names and that are not there, but for a part that is kept apart and absent as a whole.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from shutil import rmtree

import h5py
import numpy as np
import pytest
from made_folders import LAYOUTS, mask, opened, png, text, volume

from dicom_making import make_series, random_volume
from hounsfield.layouts.splits import split_by_patient
from hounsfield.training.track import nobody
from hounsfield.verbs.looking import look

NAMES = ("a", "b", "c", "d", "e", "f")
CUT, GARBAGE = "b", "e"
"""Of these the files are broken: the image of one is cut short, and what tells the truth of the other is garbage."""

BOTH = {CUT, GARBAGE}
GONE = "gone"
"""A list names it, where the layout knows lists, and nothing of it is there."""


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garbage(path: Path) -> None:
    path.write_bytes(b"no file of this kind")


def bids(folder: Path) -> set[str]:
    for name in NAMES:
        image = f"sub-{name}/anat/sub-{name}_T1w.nii.gz"
        volume(folder / image)
        volume(folder / "derivatives" / image.replace("_T1w", "_T1w_mask"))
    cut(folder / f"sub-{CUT}/anat/sub-{CUT}_T1w.nii.gz")
    garbage(folder / f"derivatives/sub-{GARBAGE}/anat/sub-{GARBAGE}_T1w_mask.nii.gz")
    text(folder / "participants.tsv", "participant_id\tage", *(f"sub-{name}\t50" for name in (*NAMES, GONE)))
    return {f"sub-{name}" for name in (*BOTH, GONE)}


def boxes_table(folder: Path) -> set[str]:
    for name in NAMES:
        png(folder / f"{name}.png")
    named = (*(f"{name}.png" for name in NAMES), f"{GONE}.png", "f")
    text(folder / "boxes.csv", "filename,xmin,ymin,xmax,ymax", *(f"{name},0,0,2,2" for name in named))
    cut(folder / f"{CUT}.png")
    garbage(folder / f"{GARBAGE}.png")
    return {*BOTH, GONE, "f"}


def case_folders(folder: Path) -> set[str]:
    for name in NAMES:
        for role in ("t1", "mask"):
            volume(folder / name / f"{role}.nii.gz")
    cut(folder / CUT / "t1.nii.gz")
    garbage(folder / GARBAGE / "mask.nii.gz")
    text(folder / "ages.csv", "case,age", *(f"{name},50" for name in (*NAMES, GONE)))
    return {*BOTH, GONE}


def class_folders(folder: Path) -> set[str]:
    for name in NAMES:
        png(folder / "well" / f"{name}.png")
        png(folder / "ill" / f"{name}.png")
    cut(folder / "well" / f"{CUT}.png")
    garbage(folder / "ill" / f"{GARBAGE}.png")
    return {f"well_{CUT}", f"ill_{GARBAGE}"}


def coco(folder: Path) -> set[str]:
    for name in NAMES:
        png(folder / f"{name}.png")
    for path, names in (("one.json", ("a", "b", "c", "d", GONE)), ("two.json", ("e", "f"))):
        images = [{"id": name, "file_name": f"{name}.png"} for name in names]
        annotations = [{"image_id": name, "category_id": 1, "bbox": [0, 0, 2, 2]} for name in names]
        said = {"categories": [{"id": 1, "name": "cell"}], "images": images, "annotations": annotations}
        text(folder / path, json.dumps(said))
    cut(folder / f"{CUT}.png")
    (folder / "two.json").write_text('{"categories": [], "images"')
    return {CUT, GONE, "e", "f"}


def decathlon(folder: Path) -> set[str]:
    for name in NAMES:
        for part in ("imagesTr", "labelsTr"):
            volume(folder / part / f"{name}.nii.gz")
    cut(folder / "imagesTr" / f"{CUT}.nii.gz")
    garbage(folder / "labelsTr" / f"{GARBAGE}.nii.gz")
    described(folder, training=(*NAMES, GONE), test=())
    return {*BOTH, GONE}


def described(folder: Path, training: Sequence[str], test: Sequence[str]) -> None:
    listed = [{"image": f"./imagesTr/{name}.nii.gz", "label": f"./labelsTr/{name}.nii.gz"} for name in training]
    said = {"training": listed, "test": [f"./imagesTs/{name}.nii.gz" for name in test]}
    text(folder / "dataset.json", json.dumps(said))


def dicom_series(folder: Path) -> set[str]:
    for number, name in enumerate(NAMES):
        make_series(folder / name, random_volume(), series=number + 1)
    (folder / CUT / "3").unlink()
    return {CUT}


def hdf5(folder: Path) -> set[str]:
    for name in (*NAMES, "bare"):
        (folder / "train").mkdir(parents=True, exist_ok=True)
        with h5py.File(folder / "train" / f"{name}.h5", "w") as file:
            file["image"] = np.ones((8, 9), np.float32)
            if name != "bare":
                file["label"] = np.ones((8, 9), np.uint8)
    cut(folder / "train" / f"{CUT}.h5")
    garbage(folder / "train" / f"{GARBAGE}.h5")
    return {*BOTH, "bare"}


def image_mask(folder: Path) -> set[str]:
    for name in NAMES:
        png(folder / "images" / f"{name}.png")
        mask(folder / "masks" / f"{name}.png", (0, 0))
    cut(folder / "images" / f"{CUT}.png")
    garbage(folder / "masks" / f"{GARBAGE}.png")
    return BOTH


def image_points(folder: Path) -> set[str]:
    for name in NAMES:
        png(folder / f"{name}.png")
        text(folder / f"{name}.csv", "name,x,y", "tip,1,2")
    png(folder / "bare.png")
    cut(folder / f"{CUT}.png")
    text(folder / f"{GARBAGE}.csv", "name,x,y", "tip,one,two")
    return {*BOTH, "bare"}


def image_table(folder: Path) -> set[str]:
    for name in NAMES:
        png(folder / f"{name}.png")
    text(folder / "ill.csv", "image,ill", *(f"{name},{number % 2}" for number, name in enumerate((*NAMES, GONE))))
    cut(folder / f"{CUT}.png")
    garbage(folder / f"{GARBAGE}.png")
    return {*BOTH, GONE}


def manifest(folder: Path) -> set[str]:
    for name in NAMES:
        png(folder / "scans" / f"{name}.png")
        mask(folder / "masks" / f"{name}.png", (0, 0))
    rows = (f"{name},scans/{name}.png,masks/{name}.png" for name in (*NAMES, GONE))
    text(folder / "cases.csv", "case,image,mask", *rows)
    cut(folder / "scans" / f"{CUT}.png")
    garbage(folder / "masks" / f"{GARBAGE}.png")
    return {*BOTH, GONE}


def mask_per_object(folder: Path) -> set[str]:
    for name in NAMES:
        png(folder / name / "images" / f"{name}.png")
        mask(folder / name / "masks" / "1.png", (0, 0))
    cut(folder / CUT / "images" / f"{CUT}.png")
    garbage(folder / GARBAGE / "masks" / "1.png")
    return BOTH


def pairs(folder: Path) -> set[str]:
    for name in NAMES:
        volume(folder / f"{name}1.nii.gz")
        volume(folder / f"{name}2.nii.gz")
        text(folder / f"{name}.csv", "name,x,y,z", "tip,1,2,3")
    rows = (f"{name}1.nii.gz,{name}2.nii.gz,{name}.csv" for name in (*NAMES, GONE))
    text(folder / "pairs.csv", "fixed,moving,fixed_landmarks", *rows)
    cut(folder / f"{CUT}2.nii.gz")
    garbage(folder / f"{GARBAGE}.csv")
    return {f"{name}1__{name}2" for name in (*BOTH, GONE)}


def physionet2012(folder: Path) -> set[str]:
    records = {name: 132539 + number for number, name in enumerate(NAMES)}
    for number in records.values():
        text(folder / f"{number}.txt", "Time,Parameter,Value", f"00:00,RecordID,{number}", "00:07,HR,73")
    gone = 132600
    outcomes = (f"{number},{number % 2}" for number in (*records.values(), gone))
    text(folder / "Outcomes-a.txt", "RecordID,In-hospital_death", *outcomes)
    garbage(folder / f"{records[GARBAGE]}.txt")
    return {str(records[GARBAGE]), str(gone)}


def single_images(folder: Path) -> set[str]:
    for name in NAMES:
        png(folder / f"{name}.png")
    cut(folder / f"{CUT}.png")
    garbage(folder / f"{GARBAGE}.png")
    return BOTH


def structure_masks(folder: Path) -> set[str]:
    for name in (*NAMES, "bare", "twice"):
        volume(folder / name / "ct.nii.gz")
        for number, structure in enumerate(("liver", "spleen")):
            drawn = np.zeros((2, 3, 4), np.uint8)
            drawn[0 if name == "twice" else number] = 1
            volume(folder / name / "segmentations" / f"{structure}.nii.gz", drawn)
    cut(folder / CUT / "ct.nii.gz")
    garbage(folder / GARBAGE / "segmentations" / "spleen.nii.gz")
    rmtree(folder / "bare" / "segmentations")
    return {*BOTH, "bare", "twice"}


def suffix_masks(folder: Path) -> set[str]:
    for name in NAMES:
        png(folder / f"{name}.png")
        mask(folder / f"{name}_mask.png", (0, 0))
    cut(folder / f"{CUT}.png")
    garbage(folder / f"{GARBAGE}_mask.png")
    return BOTH


def voc(folder: Path) -> set[str]:
    for name in NAMES:
        png(folder / "JPEGImages" / f"{name}.png")
        text(
            folder / "Annotations" / f"{name}.xml",
            "<annotation><size><width>4</width><height>3</height><depth>1</depth></size><object><name>cell</name>",
            "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></object></annotation>",
        )
    cut(folder / "JPEGImages" / f"{CUT}.png")
    garbage(folder / "Annotations" / f"{GARBAGE}.xml")
    lists = folder / "ImageSets" / "Main"
    for part, names in (("train", NAMES[:4]), ("val", (*NAMES[4:], GONE)), ("trainval", (*NAMES, GONE))):
        text(lists / f"{part}.txt", *names)
    return {*BOTH, GONE}


def wfdb(folder: Path) -> set[str]:
    for name in (*NAMES, "torn"):
        text(folder / f"{name}.hea", f"{name} 1 10 4", f"{name}.dat 16 1(0) 0 0 0 0 0 ECG")
        (folder / f"{name}.dat").write_bytes(np.arange(4, dtype="<i2").tobytes())
    text(folder / "RECORDS", *NAMES, "torn", GONE)
    cut(folder / f"{CUT}.dat")
    garbage(folder / f"{GARBAGE}.hea")
    (folder / "torn.atr").write_bytes(b"\x05\x04")
    return {*BOTH, "torn", GONE}


def yolo(folder: Path) -> set[str]:
    for name in NAMES:
        png(folder / "images" / "train" / f"{name}.png")
        text(folder / "labels" / "train" / f"{name}.txt", "0 0.5 0.5 0.2 0.2")
    png(folder / "images" / "more" / "bare.png")
    cut(folder / "images" / "train" / f"{CUT}.png")
    garbage(folder / "labels" / "train" / f"{GARBAGE}.txt")
    return {*BOTH, "bare"}


Broken = Callable[[Path], set[str]] | str

TABLE: dict[str, Broken] = {  # layout -> makes a folder and answers which of its cases are bad; or why there are none
    "bids": bids,
    "boxes_table": boxes_table,
    "case_folders": case_folders,
    "class_folders": class_folders,
    "coco": coco,
    "decathlon": decathlon,
    "delimited": "a case is a row of a table: a broken file is no single case's",
    "dicom_series": dicom_series,
    "hdf5": hdf5,
    "image_mask": image_mask,
    "image_points": image_points,
    "image_table": image_table,
    "manifest": manifest,
    "mask_per_object": mask_per_object,
    "medmnist": "all cases lie in one file, which is read or refused as a whole",
    "pairs": pairs,
    "physionet2012": physionet2012,
    "single_images": single_images,
    "structure_masks": structure_masks,
    "suffix_masks": suffix_masks,
    "voc": voc,
    "wfdb": wfdb,
    "yolo": yolo,
}


def test_every_layout_takes_part():
    assert set(TABLE) == set(LAYOUTS)


@pytest.mark.parametrize("name", [name for name, broken in TABLE.items() if not isinstance(broken, str)])
def test_exactly_the_broken_cases_are_bad(name, tmp_path):
    expected = TABLE[name](tmp_path)
    dataset = opened(tmp_path, layout=name)
    looked = look(replace(dataset, cases=split_by_patient(dataset.cases, seed=0)), nobody)
    assert looked.bad == expected
    good = {case.id for cases in looked.good.values() for case in cases}
    assert good
    assert good == {case.id for case in dataset if case.truths or not any(c.truths for c in dataset)} - expected


# a part that is kept apart, and of which nothing is there

ABSENT = ("x", "y")


def bids_without_test(folder: Path) -> None:
    for name in NAMES:
        volume(folder / f"sub-{name}/anat/sub-{name}_T1w.nii.gz")
    rows = (*(f"sub-{name}\ttrain" for name in NAMES), *(f"sub-{name}\ttest" for name in ABSENT))
    text(folder / "participants.tsv", "participant_id\tsplit", *rows)


def boxes_table_without_test(folder: Path) -> None:
    for name in NAMES:
        png(folder / f"{name}.png")
    for part, names in (("train", NAMES), ("test", ABSENT)):
        text(folder / f"{part}.csv", "filename,xmin,ymin,xmax,ymax", *(f"{name}.png,0,0,2,2" for name in names))


def case_folders_without_test(folder: Path) -> None:
    for name in NAMES:
        for role in ("t1", "mask"):
            volume(folder / name / f"{role}.nii.gz")
    text(folder / "parts.csv", "case,split", *(f"{name},train" for name in NAMES), *(f"{n},test" for n in ABSENT))


def coco_without_test(folder: Path) -> None:
    for name in NAMES:
        png(folder / f"{name}.png")
    for part, names in (("train", NAMES), ("test", ABSENT)):
        images = [{"id": name, "file_name": f"{name}.png"} for name in names]
        annotations = [{"image_id": name, "category_id": 1, "bbox": [0, 0, 2, 2]} for name in names]
        said = {"categories": [{"id": 1, "name": "cell"}], "images": images, "annotations": annotations}
        text(folder / "annotations" / f"instances_{part}.json", json.dumps(said))


def decathlon_without_test(folder: Path) -> None:
    for name in NAMES:
        for part in ("imagesTr", "labelsTr"):
            volume(folder / part / f"{name}.nii.gz")
    described(folder, training=NAMES, test=ABSENT)


def image_table_without_test(folder: Path) -> None:
    for name in NAMES:
        png(folder / f"{name}.png")
    rows = (*(f"{name},{number % 2},train" for number, name in enumerate(NAMES)), *(f"{n},0,test" for n in ABSENT))
    text(folder / "ill.csv", "image,ill,split", *rows)


def manifest_without_test(folder: Path) -> None:
    for name in NAMES:
        png(folder / "scans" / f"{name}.png")
    rows = (*(f"{name},scans/{name}.png,train" for name in NAMES), *(f"{n},scans/{n}.png,test" for n in ABSENT))
    text(folder / "cases.csv", "case,image,split", *rows)


def physionet2012_without_test(folder: Path) -> None:
    for number in range(132539, 132545):
        text(folder / f"{number}.txt", "Time,Parameter,Value", f"00:00,RecordID,{number}", "00:07,HR,73")
    for part, numbers in (("a", range(132539, 132545)), ("b", (142539, 142540))):
        text(folder / f"Outcomes-{part}.txt", "RecordID,In-hospital_death", *(f"{n},{n % 2}" for n in numbers))


def structure_masks_without_test(folder: Path) -> None:
    for name in NAMES:
        volume(folder / name / "ct.nii.gz")
        for number, structure in enumerate(("liver", "spleen")):
            drawn = np.zeros((2, 3, 4), np.uint8)
            drawn[number] = 1
            volume(folder / name / "segmentations" / f"{structure}.nii.gz", drawn)
    text(folder / "meta.csv", "image_id,split", *(f"{name},train" for name in NAMES), *(f"{n},test" for n in ABSENT))


def yolo_without_test(folder: Path) -> None:
    for name in NAMES:
        png(folder / "images" / f"{name}.png")
        text(folder / "labels" / f"{name}.txt", "0 0.5 0.5 0.2 0.2")
    for part, names in (("train", NAMES), ("test", ABSENT)):
        text(folder / f"{part}.txt", *(f"images/{name}.png" for name in names))


def voc_without_test(folder: Path) -> None:
    for name in NAMES:
        png(folder / "JPEGImages" / f"{name}.png")
        text(folder / "Annotations" / f"{name}.xml", "<annotation></annotation>")
    for part, names in (("train", NAMES), ("test", ABSENT)):
        text(folder / "ImageSets" / "Main" / f"{part}.txt", *names)


NO_PARTS: dict[str, Callable[[Path], None] | str] = {  # layout -> makes a folder; or why no part can be absent
    "bids": bids_without_test,
    "boxes_table": boxes_table_without_test,
    "case_folders": case_folders_without_test,
    "class_folders": "nothing lists the images",
    "coco": coco_without_test,
    "decathlon": decathlon_without_test,
    "delimited": "a case is a row",
    "dicom_series": "nothing lists the files",
    "hdf5": "nothing lists the files",
    "image_mask": "nothing lists the images",
    "image_points": "nothing lists the images",
    "image_table": image_table_without_test,
    "manifest": manifest_without_test,
    "mask_per_object": "nothing lists the images",
    "medmnist": "all cases lie in one file",
    "pairs": "its table knows no parts",
    "physionet2012": physionet2012_without_test,
    "single_images": "nothing lists the images",
    "structure_masks": structure_masks_without_test,
    "suffix_masks": "nothing lists the images",
    "voc": voc_without_test,
    "wfdb": "its list knows no parts",
    "yolo": yolo_without_test,
}


def test_every_layout_says_whether_a_part_can_be_absent():
    assert set(NO_PARTS) == set(LAYOUTS)


@pytest.mark.parametrize("name", [name for name, made in NO_PARTS.items() if not isinstance(made, str)])
def test_a_part_that_is_absent_as_a_whole_is_one_note_and_no_bad_case(name, tmp_path):
    NO_PARTS[name](tmp_path)
    dataset = opened(tmp_path, layout=name)
    assert len(dataset) == len(NAMES)
    assert not [problem for problem in dataset.problems if problem.case]
    (note,) = dataset.notes
    assert "names 2 cases of " in note
    assert note.endswith("and nothing of that part is there")


def test_of_a_part_that_is_there_in_part_the_others_are_bad_cases(tmp_path):
    decathlon_without_test(tmp_path)
    volume(tmp_path / "imagesTs" / "x.nii.gz")
    dataset = opened(tmp_path)
    assert [problem.case for problem in dataset.problems] == ["y"]
    assert not dataset.notes


def test_what_is_learnt_from_is_never_absent_as_a_whole(tmp_path):
    boxes_table_without_test(tmp_path)
    (tmp_path / "test.csv").rename(tmp_path / "training.csv")
    (tmp_path / "train.csv").rename(tmp_path / "val.csv")
    dataset = opened(tmp_path)
    assert {problem.case for problem in dataset.problems} == set(ABSENT)
    assert not dataset.notes
