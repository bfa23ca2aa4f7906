"""Folders made for the purpose: what each convention promises, and what can be wrong with it."""

import json

import nibabel as nib
import numpy as np
import pytest
from PIL import Image as Pillow

from hounsfield.layouts import decathlon
from hounsfield.layouts.layout import ReadOptions
from hounsfield.layouts.opening import open_folder
from hounsfield.layouts.single_images import single_case
from hounsfield.registry import tables
from hounsfield.values import Case, Dataset, Diagnosis, Grid, Image, LabelMap, Lazy, Quantities, Refused, Truth

LAYOUTS = {name: tables.LAYOUTS.load(name) for name in tables.LAYOUTS.own}


def opened(folder, **options):
    return open_folder(folder, LAYOUTS, **options)


def volume(path, array=None, affine=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4) % 3 if array is None else array
    nib.save(nib.Nifti1Image(array, np.eye(4) if affine is None else affine), path)


def png(path, array=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4) if array is None else array).save(path)


def describe(folder, **content):
    (folder / "dataset.json").write_text(json.dumps(content))


# opening


def test_what_can_not_be_opened_is_refused_with_the_known_layouts(tmp_path):
    with pytest.raises(Refused, match="does not exist"):
        opened(tmp_path / "none")
    with pytest.raises(Refused, match="empty folder"):
        opened(tmp_path)
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(Refused, match="class_folders"):
        opened(tmp_path)
    with pytest.raises(Refused, match="no such layout"):
        opened(tmp_path, layout="poems")
    png(tmp_path / "a.png")
    with pytest.raises(Refused, match=r"not laid out as voc\. It looks like single_images"):
        opened(tmp_path, layout="voc")


def test_single_images_and_single_files(tmp_path):
    png(tmp_path / "a.png")
    volume(tmp_path / "b.nii.gz")
    volume(tmp_path / "a.nii.gz")
    dataset = opened(tmp_path)
    assert [case.id for case in dataset] == ["a.nii.gz", "a.png", "b"]
    assert dataset.task == ""
    case = single_case({"t1": tmp_path / "b.nii.gz", "t2": tmp_path / "a.nii.gz"})
    assert (case.id, list(case.inputs)) == ("b", ["t1", "t2"])
    with pytest.raises(Refused, match="does not exist"):
        single_case({"image": tmp_path / "none.png"})
    with pytest.raises(Refused, match="no image by its name"):
        single_case({"image": tmp_path / "notes.txt"})
    one = opened(tmp_path / "b.nii.gz")
    assert one["b"].inputs["image"].load().grid.shape == (2, 3, 4)


# decathlon


def test_without_dataset_json_names_are_numbers(tmp_path):
    volume(tmp_path / "imagesTr" / "a.nii.gz")
    volume(tmp_path / "labelsTr" / "a.nii.gz")
    labels = opened(tmp_path)["a"].truth(LabelMap)
    assert labels.labels == {1: "label_1", 2: "label_2"}


def test_channels_in_files_of_their_own_become_roles(tmp_path):
    for number in (0, 1):
        volume(tmp_path / "imagesTr" / f"a_000{number}.nii.gz", np.full((2, 3, 4), number, np.uint8))
    volume(tmp_path / "labelsTr" / "a.nii.gz")
    assert list(opened(tmp_path)["a"].inputs) == ["image", "channel_1"]
    describe(
        tmp_path,
        channel_names={"0": "T1w", "1": "FLAIR"},
        labels={"background": 0, "whole": [1, 2], "core": 2, "ignore": 3},
    )
    case = opened(tmp_path)["a"]
    assert list(case.inputs) == ["t1w", "flair"]
    assert case.inputs["flair"].load().array().max() == 1
    labels = case.truth(LabelMap, of="t1w")
    assert (labels.labels, labels.regions) == ({1: "label_1", 2: "core"}, {"whole": frozenset({1, 2})})
    assert labels.ignore == 3


def test_channels_on_the_fourth_axis_become_roles(tmp_path):
    array = np.random.default_rng(0).normal(size=(2, 3, 4, 2)).astype(np.float32)
    volume(tmp_path / "imagesTr" / "a.nii.gz", array)
    volume(tmp_path / "labelsTr" / "a.nii.gz")
    describe(tmp_path, modality={"0": "T2", "1": "ADC"}, labels={"0": "background", "1": "PZ", "2": "TZ"})
    case = opened(tmp_path)["a"]
    assert np.array_equal(case.inputs["adc"].load().array()[0], array[..., 1])
    assert case.inputs["adc"].digest() != case.inputs["t2"].digest()
    assert case.truth(LabelMap).labels == {1: "PZ", 2: "TZ"}


def test_a_case_may_be_called_0001(tmp_path):
    for part in ("imagesTr", "labelsTr"):
        volume(tmp_path / part / "BRATS_0001.nii.gz")
    assert [case.id for case in opened(tmp_path)] == ["BRATS_0001"]


def test_what_does_not_fit_together_is_said(tmp_path):
    for name in ("a", "b", "c"):
        volume(tmp_path / "imagesTr" / f"{name}.nii.gz")
    volume(tmp_path / "labelsTr" / "a.nii.gz", np.zeros((2, 3, 5), np.uint8))
    volume(tmp_path / "labelsTr" / "b.nii.gz", affine=np.diag([1, 1, 2, 1]))
    volume(tmp_path / "labelsTr" / "orphan.nii.gz")
    describe(tmp_path, training=[{"image": "./imagesTr/zz.nii.gz"}])
    dataset = opened(tmp_path)
    problems = " ".join(map(str, dataset.problems))
    assert "c.nii.gz: has no label" in problems
    assert "lists ./imagesTr/zz.nii.gz" in problems
    assert {problem.case for problem in dataset.problems} == {"c", ""}, "what is not there is no case"
    assert dataset.unclaimed == ("labelsTr/orphan.nii.gz",)
    with pytest.raises(
        Refused, match=r"labelsTr.a.nii.gz: has the shape 2x3x5, but its image .*imagesTr.a.nii.gz has 2x3x4"
    ):
        dataset["a"].truth(LabelMap)
    with pytest.raises(Refused, match="lies elsewhere"):
        dataset["b"].truth(LabelMap)
    (tmp_path / "dataset.json").write_text('{"labels": [1, 2]}')
    with pytest.raises(Refused, match="no known form"):
        opened(tmp_path)


def test_channels_that_are_missing_are_said(tmp_path):
    for name in ("a_0000", "a_0001", "b_0000", "b_0001", "c_0000"):
        volume(tmp_path / "imagesTr" / f"{name}.nii.gz")
    for name in "abc":
        volume(tmp_path / "labelsTr" / f"{name}.nii.gz")
    assert [(problem.where, problem.case) for problem in opened(tmp_path).problems] == [("c", "c")]


def made(value):
    return Lazy(type(value), "memory", lambda: value, lambda: "0")


@pytest.mark.parametrize("grid", [Grid.regular((4, 5, 6), 0.7), Grid.picture((7, 8))])
def test_a_data_set_written_as_decathlon_opens_equal(tmp_path, grid):
    rng = np.random.default_rng(0)
    cases = []
    for number in range(4):
        image = Image.of(rng.normal(size=grid.shape).astype(np.float32), grid)
        other = Image.of(rng.normal(size=grid.shape).astype(np.float32), grid)
        labels = LabelMap(rng.integers(0, 3, grid.shape).astype(np.uint8), grid, {1: "liver", 2: "tumour"})
        inputs = {"t1": made(image), "t2": made(other)}
        split = "test" if number == 3 else "training"
        cases.append(Case(f"c{number}", inputs, {"labels": Truth(made(labels), "t1")}, split=split))
    decathlon.write(Dataset("phantoms", tuple(cases)), tmp_path / "out")
    again = opened(tmp_path / "out")
    assert [case.id for case in again] == ["c0", "c1", "c2", "c3"]
    assert not again.problems
    for before, after in zip(cases, again, strict=True):
        assert before.split == after.split
        assert before.truth(LabelMap) == after.truth(LabelMap)
        for role in ("t1", "t2"):
            assert np.array_equal(before.inputs[role].load().array(), after.inputs[role].load().array())
            assert before.inputs[role].load().grid == after.inputs[role].load().grid


# images and masks


@pytest.mark.parametrize(("value", "ending"), [(255, ""), (1, "_mask"), (True, "_seg")])
def test_masks_beside_images(tmp_path, value, ending):
    mask = np.zeros((3, 4), np.asarray(value).dtype if value is True else np.uint8)
    mask[1, 2] = value
    for name in ("a", "b"):
        png(tmp_path / "images" / f"{name}.png")
        png(tmp_path / "masks" / f"{name}{ending}.png", mask if name == "a" else np.zeros_like(mask))
    dataset = opened(tmp_path)
    assert dataset.layout == "image_mask"
    labels = dataset["a"].truth(LabelMap)
    assert labels.labels == {1: "foreground"}
    assert labels.array.sum() == 1
    assert labels.array[1, 2] == 1
    assert dataset["b"].truth(LabelMap).labels == {1: "foreground"}  # an empty mask knows what it could have held


def test_masks_with_more_values_and_images_without_mask(tmp_path):
    mask = np.arange(12, dtype=np.uint8).reshape(3, 4) % 3
    png(tmp_path / "images" / "a.png")
    png(tmp_path / "images" / "b.png")
    png(tmp_path / "labels" / "a.png", mask)
    dataset = opened(tmp_path)
    assert dataset["a"].truth(LabelMap).labels == {1: "label_1", 2: "label_2"}
    assert [problem.where for problem in dataset.problems] == [str(tmp_path / "images" / "b.png")]
    assert dataset.problems[0].case == "b"
    assert not dataset["b"].truths


def test_volumes_and_masks(tmp_path):
    volume(tmp_path / "images" / "a.nii.gz")
    volume(tmp_path / "masks" / "a.nii.gz")
    assert opened(tmp_path)["a"].truth(LabelMap).grid.frame == "RAS"


# one mask per object


def test_objects_that_overlap_keep_the_first(tmp_path):
    one, two = np.zeros((3, 4), np.uint8), np.zeros((3, 4), np.uint8)
    one[:, :2], two[:, 1:3] = 255, 255
    png(tmp_path / "x" / "images" / "x.png")
    png(tmp_path / "x" / "masks" / "1.png", one)
    png(tmp_path / "x" / "masks" / "2.png", two)
    dataset = opened(tmp_path)
    labels = dataset["x"].truth(LabelMap)
    assert labels.instances.tolist() == [[1, 1, 2, 0]] * 3
    assert labels.array.tolist() == [[1, 1, 1, 0]] * 3
    png(tmp_path / "x" / "masks" / "3.png", np.zeros((5, 5), np.uint8))
    with pytest.raises(Refused, match="has the shape 5x5"):
        opened(tmp_path)["x"].truth(LabelMap)


# classes


def test_classes_inside_parts(tmp_path):
    for part in ("train", "val", "test"):
        for name in ("cat", "dog"):
            png(tmp_path / part / name / "1.png")
    dataset = opened(tmp_path)
    assert dataset.layout == "class_folders"
    assert {case.split for case in dataset} == {"training", "validation", "test"}
    assert len({case.id for case in dataset}) == 6
    assert dataset.cases[0].truth(Diagnosis) == Diagnosis({"cat": 1.0, "dog": 0.0})


def test_medmnist_of_colours_volumes_and_several_labels(tmp_path):
    rng = np.random.default_rng(0)
    images = {
        "train": rng.integers(0, 255, (3, 8, 8, 3), np.uint8),
        "test": rng.integers(0, 255, (2, 8, 8, 3), np.uint8),
    }
    labels = {"train": np.array([[0, 1], [1, 1], [0, 0]]), "test": np.array([[1, 0], [0, 0]])}
    content = {f"{p}_images": images[p] for p in images} | {f"{p}_labels": labels[p] for p in labels}
    np.savez(tmp_path / "x.npz", **content)
    dataset = opened(tmp_path / "x.npz")
    assert dataset["train_00000"].truth(Diagnosis) == Diagnosis({"0": 0.0, "1": 1.0}, "multi")
    image = dataset["test_00001"].inputs["image"].load()
    assert np.array_equal(image.array(np.uint8), np.moveaxis(images["test"][1], -1, 0))
    volumes = rng.integers(0, 255, (2, 8, 8, 8), np.uint8)
    np.savez(tmp_path / "v.npz", train_images=volumes, train_labels=np.array([[0], [2]]))
    image = opened(tmp_path / "v.npz")["train_00001"].inputs["image"].load()
    assert (image.grid.shape, image.grid.unit) == ((8, 8, 8), "px")


# boxes


def test_voc_without_lists_and_with_wrong_ones(tmp_path):
    for name in ("a", "b"):
        png(tmp_path / "JPEGImages" / f"{name}.png")
    (tmp_path / "Annotations").mkdir()
    box = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>4</xmax><ymax>3</ymax></bndbox>"
    for name in ("a", "orphan"):
        text = f"<annotation><object><name>x</name>{box}</object></annotation>"
        (tmp_path / "Annotations" / f"{name}.xml").write_text(text)
    lists = tmp_path / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("a\nmissing\n")
    (lists / "val.txt").write_text("")
    (lists / "test.txt").write_text("a\n")
    dataset = opened(tmp_path)
    assert dataset["a"].split == "test"  # of two lists, the one that keeps it from training
    assert not dataset["b"].truths
    assert dataset.unclaimed == ("Annotations/orphan.xml",)
    said = " ".join(problem.what for problem in dataset.problems)
    assert "1 images that are not there, missing first" in said
    assert "in the part test already" in said


# tables


def test_a_table_with_names(tmp_path):
    text = "patient;site;age;sex;outcome\nP1;A;60;m;cured\nP1;A;61;m;ill\nP2;B;?;f;\n"
    (tmp_path / "t.csv").write_text(text)
    dataset = opened(tmp_path / "t.csv", options=ReadOptions(target="outcome", ignore=("sex",)))
    assert [case.patient for case in dataset] == ["P1", "P1", "P2"]
    assert [case.site for case in dataset] == ["A", "A", "B"]
    assert [dict(case.covariates) for case in dataset] == [{"age": 60.0}, {"age": 61.0}, {"age": None}]
    assert dataset.cases[0].truth(Diagnosis) == Diagnosis({"cured": 1.0, "ill": 0.0})
    assert not dataset.cases[2].truths
    aged = opened(tmp_path, options=ReadOptions(target="age"))
    assert (aged.task, aged.cases[1].truth(Diagnosis).likeliest) == ("diagnosis", "61")
    above = opened(tmp_path, options=ReadOptions(target="age>60"))
    assert [case.truth(Diagnosis).likeliest for case in above.cases[:2]] == ["no", "yes"]


def test_a_table_without_names(tmp_path):
    (tmp_path / "t.csv").write_text("1,1,0.5\n2,1,0.25\n3,0,7.5\n")
    dataset = opened(tmp_path)
    assert dict(dataset.cases[0].covariates) == {"c1": 1.0, "c2": 1.0, "c3": 0.5}
    assert "Give --target, one of c1, c2, c3" in str(dataset.problems[0])
    named = opened(tmp_path, options=ReadOptions(columns=("id", "flag", "dose"), target="dose"))
    assert named.task == "regression"
    assert named["3"].truth(Quantities).values == {"dose": 7.5}
    assert dict(named["3"].covariates) == {"flag": 0.0}
    with pytest.raises(Refused, match="no column 'x'"):
        opened(tmp_path, options=ReadOptions(target="x"))
    with pytest.raises(Refused, match="has 3 fields, not 2"):
        opened(tmp_path, options=ReadOptions(columns=("a", "b")))


def test_broken_records_are_problems_of_their_own(tmp_path):
    head = "Time,Parameter,Value\n"
    (tmp_path / "100001.txt").write_text(
        head + "00:00,RecordID,100001\n00:00,Weight,70\n00:00,Weight,71\n00:30,HR,60\n00:30,HR,62\n"
    )
    (tmp_path / "100002.txt").write_text(head + "00:00,RecordID,100002\n00:30,HR,fast\n")
    (tmp_path / "100003.txt").write_bytes(b"\xff\xfe")
    (tmp_path / "Outcomes-a.txt").write_text("RecordID,In-hospital_death\n100001,1\n100002,0\n100009,0\n")
    dataset = opened(tmp_path)
    assert [case.id for case in dataset] == ["100001", "100002"]
    first = dataset["100001"].inputs["history"].load()
    assert dataset["100001"].covariates["Weight"] == 70
    assert first.times.tolist() == [0.0, 0.5, 0.5]  # a second weight is measured; a repeated parameter repeats the time
    assert first.values[1:, first.channels.index("HR")].tolist() == [60, 62]
    with pytest.raises(Refused, match=r"100002.txt, line 3: is no row"):
        dataset["100002"].inputs["history"].load()
    said = " ".join(map(str, dataset.problems))
    assert "100003.txt" in said
    assert "1 records that are not there, 100009" in said
    assert {problem.case for problem in dataset.problems} == {"100003", ""}


def test_reading_is_lazy_and_digests_are_those_of_the_content(tmp_path):
    png(tmp_path / "a.png")
    volume(tmp_path / "b.nii.gz")
    dataset = opened(tmp_path)
    before = {case.id: case.inputs["image"].digest() for case in dataset}
    (tmp_path / "a.png").rename(tmp_path / "c.png")
    assert opened(tmp_path)["c"].inputs["image"].digest() == before["a"]
    (tmp_path / "b.nii.gz").write_bytes(b"broken")
    broken = opened(tmp_path)["b"].inputs["image"]
    with pytest.raises(Refused, match="not a NIfTI"):
        broken.load()
