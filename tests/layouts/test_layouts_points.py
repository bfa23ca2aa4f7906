"""Images with named points: beside each other by name, or by person as in BIDS; made folders and the real ones."""

import json
from importlib import import_module
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PIL import Image as Pillow

from hounsfield.layouts.opening import open_folder
from hounsfield.values import LabelMap, Points, Refused

NAMES = ["class_folders", "decathlon", "delimited", "image_mask", "image_points", "mask_per_object", "single_images"]
LAYOUTS = {name: import_module(f"hounsfield.layouts.{name}").LAYOUT for name in NAMES}

FCSV = """# Markups fiducial file version = 4.10
# CoordinateSystem = {1}
# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID
n_0,{0},2,3,0,0,0,1,1,1,0,AC,,
"""


def opened(folder):
    return open_folder(folder, LAYOUTS)


def volume(path, array=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    array = np.zeros((4, 5, 6), np.uint8) if array is None else array
    nib.save(nib.Nifti1Image(array, np.diag([2.0, 2, 2, 1])), path)


def fcsv(path, x=1, system="RAS"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FCSV.format(x, system))


def markups(path, x=1):
    points = [{"label": "AC", "position": [x, 2, 3]}]
    path.write_text(json.dumps({"markups": [{"type": "Fiducial", "coordinateSystem": "RAS", "controlPoints": points}]}))


def test_points_beside_their_images_in_any_form(tmp_path):
    for name in "abcdef":
        volume(tmp_path / f"{name}.nii.gz")
    fcsv(tmp_path / "a.fcsv")
    markups(tmp_path / "b.mrk.json")
    markups(tmp_path / "c_landmarks.json")
    (tmp_path / "d_points.csv").write_text("name,x,y,z\nAC,1,2,3\n")
    (tmp_path / "e.pts").write_text("point\n1\n-1 -2 3\n")
    labels = np.zeros((4, 5, 6), np.uint8)
    labels[1, 2, 3] = 7
    volume(tmp_path / "f_labels-disc-manual.nii.gz", labels)
    (tmp_path / "f.json").write_text('{"RepetitionTime": 2}')
    dataset = opened(tmp_path)
    assert (dataset.layout, dataset.task) == ("image_points", "landmarks")
    points = {case.id: case.truth(Points) for case in dataset}
    assert {name: p.names for name, p in points.items()} == dict.fromkeys("abcd", ("AC",)) | {"e": ("1",), "f": ("7",)}
    assert points.pop("f").coordinates.tolist() == [[2, 4, 6]]
    assert all(found.coordinates.tolist() == [[1, 2, 3]] for found in points.values())
    assert all(list(case.inputs) == ["image"] for case in dataset)
    assert dataset.unclaimed == ("f.json",)
    assert not dataset.problems


def test_of_several_files_of_one_image_the_first_is_taken_and_the_others_are_listed(tmp_path):
    volume(tmp_path / "a.nii.gz")
    fcsv(tmp_path / "a.fcsv", 1)
    markups(tmp_path / "a.mrk.json", 9)
    dataset = opened(tmp_path)
    assert dataset["a"].truth(Points).coordinates[0, 0] == 1
    assert dataset.unclaimed == ("a.mrk.json",)


def test_images_without_points_are_told_and_masks_are_none(tmp_path):
    for name in ("a", "b", "a_seg", "labels"):
        volume(tmp_path / f"{name}.nii.gz")
    fcsv(tmp_path / "a.fcsv")
    dataset = opened(tmp_path)
    assert [(case.id, list(case.truths)) for case in dataset] == [("a", ["points"]), ("b", [])]
    assert [Path(problem.where).name for problem in dataset.problems] == ["b.nii.gz"]


def test_maps_of_probability_are_neither_labels_nor_images(tmp_path):
    volume(tmp_path / "sub-01_T1w.nii.gz")
    volume(tmp_path / "sub-01_label-GM_probseg.nii.gz", np.full((4, 5, 6), 0.5, np.float32))
    fcsv(tmp_path / "sub-01_T1w_afids.fcsv")
    for name in ("b", "b_probseg"):
        volume(tmp_path / f"{name}.nii.gz")
    fcsv(tmp_path / "b.fcsv")
    dataset = opened(tmp_path)
    assert {case.id: list(case.truths) for case in dataset} == {"sub-01": ["points"], "b": ["points"]}
    assert dataset["sub-01"].inputs["image"].where.endswith("sub-01_T1w.nii.gz")
    assert dataset.unclaimed == ("b_probseg.nii.gz", "sub-01_label-GM_probseg.nii.gz")


def test_masks_are_called_as_everywhere(tmp_path):
    for word in ("segmentation", "gt", "msk"):
        volume(tmp_path / f"sub-{word}_T1w.nii.gz")
        volume(tmp_path / f"sub-{word}_{word}.nii.gz")
        fcsv(tmp_path / f"sub-{word}_T1w_afids.fcsv")
    assert all(list(case.truths) == ["points", "labels"] for case in opened(tmp_path))


def test_pixels_of_a_picture(tmp_path):
    Pillow.fromarray(np.zeros((9, 12), np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "a.csv").write_text(",X,Y\n1,11,8\n")
    case = opened(tmp_path)["a"]
    assert case.inputs["image"].load().grid.contains(case.truth(Points).coordinates).all()
    assert case.truth(Points).coordinates.tolist() == [[8, 11]]


def test_indices_lie_on_the_image_beside_them(tmp_path):
    volume(tmp_path / "a.nii.gz")
    fcsv(tmp_path / "a.fcsv", 1, "IJK")
    assert opened(tmp_path)["a"].truth(Points).coordinates.tolist() == [[2, 4, 6]]
    fcsv(tmp_path / "alone" / "b.fcsv", 1, "IJK")
    case = opened(tmp_path / "alone")["b"]
    with pytest.raises(Refused, match="no image to say where"):
        case.truth(Points)


def test_equal_names_in_two_folders(tmp_path):
    for site in ("one", "two"):
        volume(tmp_path / site / "a.nii.gz")
        fcsv(tmp_path / site / "a.fcsv")
    assert [case.id for case in opened(tmp_path)] == ["one_a", "two_a"]


def test_persons_as_in_bids_with_raters_and_visits(tmp_path):
    derived = tmp_path / "derivatives" / "afids"
    for visit in ("ses-1", "ses-2"):
        for word in ("T1w", "T2w"):
            volume(tmp_path / "sub-01" / visit / "anat" / f"sub-01_{visit}_{word}.nii.gz")
        fcsv(derived / f"sub-01_{visit}_space-T2w_desc-rater2_afids.fcsv", 2)
        fcsv(derived / f"sub-01_{visit}_space-T2w_desc-groundtruth_afids.fcsv", 1)
    dataset = opened(tmp_path)
    assert [(case.id, case.patient) for case in dataset] == [("sub-01_ses-1", "sub-01"), ("sub-01_ses-2", "sub-01")]
    case = dataset["sub-01_ses-2"]
    assert case.inputs["image"].where.endswith("sub-01_ses-2_T2w.nii.gz")
    assert [(name, truth.rater) for name, truth in case.truths.items()] == [
        ("points", None),
        ("points_rater2", "rater2"),
    ]
    assert case.truth(Points).coordinates[0, 0] == 1
    assert [Path(name).name for name in dataset.unclaimed] == ["sub-01_ses-1_T1w.nii.gz", "sub-01_ses-2_T1w.nii.gz"]


def test_points_that_fit_two_images_are_laid_on_neither(tmp_path):
    for word in ("T1w", "T2w"):
        volume(tmp_path / f"sub-01_{word}.nii.gz")
    fcsv(tmp_path / "sub-01_afids.fcsv")
    dataset = opened(tmp_path)
    assert not dataset["sub-01"].inputs
    assert "which of sub-01_T1w.nii.gz, sub-01_T2w.nii.gz its points lie on" in dataset.problems[0].what
    fcsv(tmp_path / "sub-01_T2w_afids.fcsv")
    (tmp_path / "sub-01_afids.fcsv").unlink()
    assert opened(tmp_path)["sub-01"].inputs["image"].where.endswith("T2w.nii.gz")


# the real folders


@pytest.mark.data
def test_brain_landmarks(data_root):
    dataset = opened(data_root / "brain_landmarks")
    assert (dataset.layout, dataset.task) == ("image_points", "landmarks")
    assert len(dataset) == 15 + 21
    assert [case.id for case in dataset if case.inputs] == ["tpl-MNI152NLin2009cAsym"]
    assert not dataset.problems
    persons = [case for case in dataset if case.id.startswith("sub-")]
    raters = [[truth.rater for truth in case.truths.values()] for case in persons]
    assert all(found[0] is None and None not in found[1:] for found in raters)
    assert sorted(len(found) - 1 for found in raters) == [3] * 16 + [6] * 5
    case = dataset["tpl-MNI152NLin2009cAsym"]
    image = case.inputs["image"].load()
    assert image.grid.shape == (97, 115, 97)
    assert image.grid.contains(case.truth(Points).coordinates).all()
    assert len(case.truth(Points)) == 32
    assert [name for name in dataset.unclaimed if "afids." in name] == [
        "template/tpl-MNI152NLin2009cAsym_afids.json",
        "template_landmarks/tpl-MNI152NLin2009cAsym_afids.fcsv",
    ]


@pytest.mark.data
def test_vertebra_centroids(data_root):
    dataset = opened(data_root / "vertebra_centroids")
    case = dataset["sub-verse004"]
    labels, points = case.truth(LabelMap), case.truth(Points)
    assert (len(dataset), case.inputs, dataset.unclaimed) == (1, {}, ())
    index = np.rint(labels.grid.to_index(points.coordinates)).astype(int)
    assert [str(labels.array[tuple(at)]) for at in index] == list(points.names)


@pytest.mark.data
def test_spine_and_histology(data_root):
    spine = opened(data_root / "spine_discs")
    assert [case.id for case in spine] == ["t2", "PAM50_small_t2"]
    assert spine["PAM50_small_t2"].truth(Points).names == tuple(map(str, range(2, 20)))  # README: 18 in the cord
    assert "template/PAM50_small_label_discPosterior.nii.gz" in spine.unclaimed
    assert not spine.problems
    assert spine["t2"].truth(Points).names == ("3", "4", "5")
    assert spine["t2"].inputs["image"].load().grid.contains(spine["t2"].truth(Points).coordinates).all()
    tissue = opened(data_root / "histology_pairs" / "data-images")
    assert [len(case.truth(Points)) for case in tissue] == [78, 78]
    assert sorted(Path(name).suffix for name in tissue.unclaimed) == [".csv", ".pts", ".pts"]


def test_a_label_map_of_points_may_leave_out_what_its_image_was_taken_with(tmp_path):
    for name in ("p_t2", "p_label_disc", "p_cord"):
        volume(tmp_path / f"{name}.nii.gz")
    dataset = opened(tmp_path)
    assert (dataset.layout, [case.id for case in dataset]) == ("image_points", ["p_t2"])
    assert list(dataset["p_t2"].truths) == ["points"]
    assert list(dataset["p_t2"].inputs) == ["image"]
    assert dataset.unclaimed == ("p_cord.nii.gz",)
    assert not dataset.problems


def test_a_label_map_of_points_that_may_be_of_two_images_is_of_none(tmp_path):
    for name in ("p_t1", "p_t2", "p_label_disc"):
        volume(tmp_path / f"{name}.nii.gz")
    assert opened(tmp_path).layout == "single_images"
