"""Folders and zips of DICOM: a case for each volume, and what is said of the rest."""

import zipfile
from importlib import import_module

import nibabel as nib
import numpy as np
import pytest
import SimpleITK

from dicom_making import make_series, picture, random_volume, save, slice_at
from hounsfield.formats.nifti import read_grid, write_labels
from hounsfield.layouts.opening import open_folder
from hounsfield.registry.tables import LAYOUTS as TABLE
from hounsfield.values import Refused
from hounsfield.verbs.data import open_dataset

LAYOUTS = {name: import_module(TABLE.target(name).partition(":")[0]).LAYOUT for name in TABLE.names()}
TURN = np.diag([-1.0, -1, 1, 1])  # LPS to RAS


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def opened(folder):
    return open_folder(folder, LAYOUTS)


@pytest.fixture
def study(tmp_path):
    """Two patients, of one two series, a localiser, a report, a text, and files without suffix."""
    folder = tmp_path / "study"
    made = {
        "anna": random_volume((5, 6, 7)),
        "bert/t1": random_volume((4, 5, 5), seed=1),
        "bert/t2": random_volume((3, 5, 5), seed=2),
    }
    for number, (name, volume) in enumerate(made.items(), start=1):
        make_series(folder / name, volume, series=number, PatientID=name.partition("/")[0].upper())
    plan = slice_at(random_volume((9, 9)), (0, 0, 0), series=9, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    save(plan, folder / "anna" / "overview")
    report = picture(random_volume((2, 2)), kind="1.2.840.10008.5.1.4.1.1.88.11", series=10)
    del report.PixelData, report.Rows
    save(report, folder / "bert" / "report.dcm")
    (folder / "notes.txt").write_text("hello")
    (folder / "README.md").write_text("hello")
    return folder, made


def test_a_folder_of_series(study):
    folder, made = study
    dataset = opened(folder)
    assert dataset.layout == "dicom_series"
    assert [case.id for case in dataset] == ["anna", "bert_t1", "bert_t2"]
    assert [case.patient for case in dataset] == ["ANNA", "BERT", "BERT"]
    for case, volume in zip(dataset, made.values(), strict=True):
        image = case.inputs["image"].load()
        assert image.modality == "MR"
        assert np.array_equal(image.array()[0], volume.transpose(2, 1, 0))
    assert dataset.problems == ()
    assert dataset.unclaimed == ("notes.txt", "anna/overview", "bert/report.dcm")
    assert any("a localiser of 1 slice, left out" in note for note in dataset.notes)


def test_a_zip_of_series_is_the_same(study, tmp_path):
    folder, _ = study
    with zipfile.ZipFile(tmp_path / "study.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    plain, packed = opened(folder), opened(tmp_path / "study.zip")
    assert [case.id for case in packed] == [case.id for case in plain]
    assert set(packed.unclaimed) == set(plain.unclaimed)
    for case in plain:
        other = packed[case.id].inputs["image"]
        assert other.load() == case.inputs["image"].load()
        assert other.digest() == case.inputs["image"].digest()


def test_a_zip_without_folders_names_its_series(tmp_path):
    make_series(tmp_path / "x", random_volume(), PatientID="")
    with zipfile.ZipFile(tmp_path / "knee.zip", "w") as archive:
        for path in (tmp_path / "x").iterdir():
            archive.write(path, path.name)
    (case,) = opened(tmp_path / "knee.zip")
    assert (case.id, case.patient) == ("knee", "knee")
    assert case.inputs["image"].where == f"{tmp_path / 'knee.zip'}::knee"


def test_what_is_said_of_a_zip_names_the_archive(tmp_path):
    paths = make_series(tmp_path / "x" / "a", random_volume())
    (tmp_path / "x" / "a" / "copy").write_bytes(paths[0].read_bytes())
    for path in make_series(tmp_path / "x" / "b", random_volume(), series=2)[-1:]:
        path.write_bytes(path.read_bytes()[:600])
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for path in sorted((tmp_path / "x").rglob("*")):
            archive.write(path, path.relative_to(tmp_path / "x"))
    dataset = opened(tmp_path / "x.zip")
    assert [note.partition(": ")[0] for note in dataset.notes] == [f"{tmp_path / 'x.zip'}::a"]
    assert [(problem.case, problem.where) for problem in dataset.problems] == [("b", f"{tmp_path / 'x.zip'}::b/5")]


def test_the_digest_is_of_the_content(study):
    folder, made = study
    before = opened(folder)
    digests = {case.id: case.inputs["image"].digest() for case in before}
    assert len(set(digests.values())) == 3
    (folder / "anna").rename(folder / "zoe")
    assert opened(folder)["zoe"].inputs["image"].digest() == digests["anna"]
    changed = slice_at(made["anna"][2] + 1, (0, 0, 2), series=1, number=3, PatientID="ANNA")
    save(changed, folder / "zoe" / "3")
    assert opened(folder)["zoe"].inputs["image"].digest() != digests["anna"]


def test_one_bad_series_does_not_lose_the_others(study):
    folder, _ = study
    (folder / "bert" / "t1" / "2").unlink()
    (folder / "anna" / "5").write_bytes((folder / "anna" / "5").read_bytes()[:600])
    dataset = opened(folder)
    assert [case.id for case in dataset] == ["bert_t2"]
    said = {problem.case: problem for problem in dataset.problems}
    assert "lacks 1 slice of 1 mm: 1 between 1 and 3" in str(said["bert_t1"])
    assert said["anna"].where == str(folder / "anna" / "5")
    assert set(said) == {"anna", "bert_t1"}


@pytest.mark.parametrize("left", [0, 100, 600, -20])  # nothing, no DICM, no UID of a series, all but pixels
def test_a_volume_whose_last_file_is_cut_short_is_refused(tmp_path, left):
    for path in [
        *make_series(tmp_path / "a", random_volume((8, 4, 4))),
        *make_series(tmp_path / "b", random_volume(), series=2),
    ]:
        path.rename(path.with_suffix(".dcm"))
    last = tmp_path / "a" / "8.dcm"
    last.write_bytes(last.read_bytes()[:left])
    dataset = opened(tmp_path)
    assert [case.id for case in dataset] == ["b"]
    (problem,) = dataset.problems
    assert (problem.case, problem.where) == ("a", str(last))
    assert "a volume may lack it" in problem.what
    assert "Get the file again" in problem.remedy


def test_a_damaged_slice_is_of_its_series_in_a_folder_of_several(tmp_path):
    for number in (3, 4):
        for path in make_series(tmp_path / "x", random_volume((3, 4, 4)), series=number):
            path.rename(tmp_path / f"{number}_{path.name}")
    last = tmp_path / "4_3"
    last.write_bytes(last.read_bytes()[:-20])
    dataset = opened(tmp_path)
    assert [case.id.rpartition("_")[2] for case in dataset] == ["series3"]
    assert [problem.case.rpartition("_")[2] for problem in dataset.problems] == ["series4"]


def test_a_damaged_picture_leaves_the_others_as_they_are(tmp_path):
    for number, name in enumerate(("left.dcm", "right.dcm", "middle.dcm"), start=1):
        save(picture(random_volume((4, 5)), series=number, PatientID=""), tmp_path / name)
    (tmp_path / "middle.dcm").write_bytes((tmp_path / "middle.dcm").read_bytes()[:600])
    dataset = opened(tmp_path)
    assert [case.id for case in dataset] == ["left", "right"]
    assert [problem.case for problem in dataset.problems] == ["middle"]


def test_a_root_of_one_series_is_named_after_its_folder(tmp_path):
    make_series(tmp_path / "knee", random_volume(), PatientID="")
    dataset = opened(tmp_path / "knee")
    assert [(case.id, case.patient) for case in dataset] == [("knee", "knee")]


def test_pictures_are_cases_by_their_names(tmp_path):
    for number, name in enumerate(("left hand.dcm", "right.dcm"), start=1):
        save(picture(random_volume((4, 5)), series=number, PatientID=""), tmp_path / name)
    dataset = opened(tmp_path)
    assert [case.id for case in dataset] == ["left_hand", "right"]
    assert dataset["right"].inputs["image"].load().grid.shape == (4, 5)
    assert len({case.patient for case in dataset}) == 2


def test_radiographs_in_a_folder_for_each_class_have_a_diagnosis(tmp_path):
    for number in range(8):
        radiograph = picture(random_volume((4, 5)), series=number + 1, PatientID=f"P{number}")
        save(radiograph, tmp_path / ("normal" if number % 2 else "pneumonia") / f"{number}.dcm")
    dataset = opened(tmp_path)
    assert (dataset.layout, dataset.task, len(dataset)) == ("class_folders", "diagnosis", 8)


def test_a_folder_for_each_person_is_no_class(tmp_path):
    for number in range(8):
        person = "AB"[number % 2]
        save(picture(random_volume((4, 5)), series=number + 1, PatientID=person), tmp_path / person / f"{number}.dcm")
    assert opened(tmp_path).layout == "dicom_series"


def test_folders_of_slices_are_no_classes(tmp_path):
    for number, name in enumerate(("a", "b"), start=1):
        for path in make_series(tmp_path / name, random_volume(), series=number, PatientID=""):
            path.rename(path.with_suffix(".dcm"))
    assert opened(tmp_path).layout == "dicom_series"


def test_a_folder_of_slices_for_each_person_is_not_looked_at_as_classes_too(tmp_path):
    for name in ("anna", "berta"):
        make_series(tmp_path / name, random_volume(), PatientID=name)
    dataset = open_dataset(tmp_path, watch=(watched := []).append)
    assert [reading.layout for reading in dataset.readings] == ["dicom_series"]
    assert watched[0] == {"stage": "reading headers", "done": 0, "total": 10}
    assert watched[-1] == {"stage": "reading headers", "done": 10, "total": 10}


def test_series_in_one_folder_are_told_apart_by_number(tmp_path):
    for number in (3, 4):
        for path in make_series(tmp_path / f"x{number}", random_volume((3, 4, 4)), series=number):
            path.rename(tmp_path / f"{number}_{path.name}")
        (tmp_path / f"x{number}").rmdir()
    ids = [case.id for case in opened(tmp_path)]
    assert [name.rpartition("_")[2] for name in ids] == ["series3", "series4"]


def test_a_picture_of_a_screen_among_scans_is_no_case(tmp_path):
    make_series(tmp_path / "scan", random_volume())
    capture = picture(random_volume((4, 5)), kind="1.2.840.10008.5.1.4.1.1.7", series=2)
    save(capture, tmp_path / "scan" / "dose")
    dataset = opened(tmp_path)
    assert [case.id for case in dataset] == ["scan"]
    assert dataset.unclaimed == ("scan/dose",)
    assert "picture of a screen" in dataset.notes[0]
    save(capture, tmp_path / "alone" / "dose")
    assert [case.id for case in opened(tmp_path / "alone")] == ["dose"]


def test_a_folder_of_localisers_only_is_refused(tmp_path):
    make_series(tmp_path, random_volume(), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    with pytest.raises(Refused, match="no case"):
        opened(tmp_path)


@pytest.mark.data
def test_abdomen(data_root):
    folder = data_root / "ct/totalsegmentator/example_ct_dicom"
    (case,) = opened(folder)
    image = case.inputs["image"].load()
    assert image.modality == "CT"
    assert image.grid.shape == (512, 512, 20)
    assert np.allclose(image.grid.spacing, (0.9765625, 0.9765625, 2))
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    itk = reader.Execute()
    assert np.allclose((TURN @ image.grid.affine)[:3, 3], itk.GetOrigin())
    assert np.array_equal(image.array()[0], SimpleITK.GetArrayFromImage(itk).transpose(2, 1, 0))
    labels = nib.load(folder.parent / "example_seg_dicom.nii.gz")
    index = np.array([[0, 0, 0], [511, 511, 19], [17, 200, 3]])
    theirs = (np.linalg.inv(labels.affine) @ np.c_[image.grid.to_world(index), np.ones(3)].T).T[:, :3]
    assert np.allclose(theirs, np.rint(theirs), atol=1e-2)
    assert theirs.min() > -0.5
    assert np.all(theirs.max(axis=0) < np.array(labels.shape) - 0.5)


@pytest.mark.data
def test_hippocampus_crops(data_root):
    folder = data_root / "hippocampus/dicom_crops"
    dataset = opened(folder)
    assert [(case.id, case.patient) for case in dataset] == [
        ("Study1_13_HCropVolume", "PGBM-002"),
        ("Study2_14_HCropVolume", "PGBM-006"),
    ]
    for case, shape, highest in zip(dataset, [(35, 51, 32), (36, 48, 35)], [154, 5076], strict=True):
        image = case.inputs["image"].load()
        assert image.grid.shape == shape
        assert np.allclose(image.grid.affine[:3, :3], np.diag([-1, -1, 1]))
        array = image.array()[0]
        assert array.max() == highest
        reader = SimpleITK.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder / case.id.replace("_", "/", 1))))
        assert np.array_equal(array, SimpleITK.GetArrayFromImage(reader.Execute()).transpose(2, 1, 0))


@pytest.mark.data
def test_cine(data_root):
    """Six phases of two slices; the last is the end of filling, which the README's NIfTI file holds as a crop."""
    dataset = opened(data_root / "cardiac_cine/dicoms")
    assert [case.id for case in dataset] == [f"SCD0000201_phase{number:02d}" for number in range(1, 7)]
    assert {case.patient for case in dataset} == {"SCD0000201"}
    assert [note.partition(": ")[2] for note in dataset.notes] == [
        "a series of 6 volumes, phase01, phase02, phase03, phase04, phase05, phase06"
    ]
    filled = nib.load(data_root / "cardiac_cine/nifti/SCD0000201_ED.nii.gz")
    emptied = nib.load(data_root / "cardiac_cine/nifti/SCD0000201_ES.nii.gz")
    for number, other in ((6, filled), (3, emptied)):
        image = dataset[f"SCD0000201_phase{number:02d}"].inputs["image"].load()
        assert image.grid.shape == (256, 256, 2)
        assert np.allclose(image.grid.spacing, (1.367188, 1.367188, 10), atol=1e-3)
        index = np.argwhere(np.ones((5, 5, 2), bool)) * [20, 20, 1] + [80, 70, 0]
        world = np.c_[image.grid.to_world(index), np.ones(len(index))]
        theirs = (np.linalg.inv(other.affine) @ world.T).T[:, :3]
        assert np.allclose(theirs, np.rint(theirs), atol=0.02)
        values = np.asarray(other.dataobj)[tuple(np.rint(theirs).astype(int).T)]
        assert np.array_equal(image.array()[0][tuple(index.T)], values)


@pytest.mark.data
def test_an_answer_keeps_the_grid_of_an_oblique_series_to_the_bit(data_root, tmp_path):
    grid = opened(data_root / "cardiac_cine/dicoms").cases[0].inputs["image"].load().grid
    write_labels(tmp_path / "answer.nii.gz", np.zeros(grid.shape, int), grid)
    assert read_grid(tmp_path / "answer.nii.gz") == grid


@pytest.mark.data
def test_a_tilted_head_is_refused_with_both_reasons(data_root):
    with pytest.raises(Refused) as refusal:
        opened(data_root / "dicom_samples/ge_gantry_tilt")
    said = str(refusal.value)
    assert "holds no case" in said
    assert "at 18.5 degrees to the normal" in said
    steps = "4.22 mm from 08.dcm to 14.dcm, 1.14 mm from 14.dcm to 15.dcm, 7.38 mm from 15.dcm to 21.dcm"
    assert steps in said


@pytest.mark.data
def test_samples_of_all_kinds_side_by_side(data_root):
    dataset = opened(data_root / "dicom_samples/pydicom-data")
    assert len({case.id.lower() for case in dataset}) == len(dataset)
    assert {"MR2_J2KI", "RG3_J2KI", "US1_J2KI", "parametric_map_float"} <= {case.id for case in dataset}
    assert {"liver.dcm", "liver_j2k.dcm", "liver_rle.dcm"} <= set(dataset.unclaimed)
    assert any("liver_deflate" in problem.where for problem in dataset.problems)
