"""Real folders: their READMEs' counts."""

from collections import Counter

import nibabel as nib
import numpy as np
import pytest

from hounsfield.layouts.layout import ReadOptions
from hounsfield.layouts.opening import open_folder
from hounsfield.registry import tables
from hounsfield.values import Boxes, Diagnosis, LabelMap, Refused

LAYOUTS = {name: tables.LAYOUTS.load(name) for name in tables.LAYOUTS.own}

pytestmark = pytest.mark.data


@pytest.fixture
def opened(data_root):
    def open_data(*parts, **options):
        return open_folder(data_root.joinpath(*parts), LAYOUTS, **options)

    return open_data


def test_hippocampus(opened, data_root):
    dataset = opened("hippocampus")
    assert (dataset.layout, dataset.task) == ("decathlon", "segmentation")
    labelled = [case for case in dataset if case.truths]
    assert (len(dataset), len(labelled)) == (121, 120)
    assert not dataset.problems
    assert "orphans/labels/hippocampus_281.nii.gz" in dataset.unclaimed
    assert len(dataset.unclaimed) == 2 + 32 + 35
    odd = dataset["hippocampus_003"].truth(LabelMap)
    assert odd.labels == {1: "Anterior", 2: "Posterior"}
    path = data_root / "hippocampus/labelsTr/hippocampus_003.nii.gz"
    assert np.array_equal(odd.array, nib.load(path).get_fdata())
    assert odd.array.dtype == np.uint8
    counts = [(c.truth(LabelMap).array == 1).sum() for c in labelled]
    assert min(counts) >= 1054
    assert max(counts) <= 2593
    image = dataset["hippocampus_118"].inputs["image"].load()
    assert image.modality == "MRI"


def test_nuclei(opened):
    dataset = opened("nuclei")
    assert (dataset.layout, len(dataset), dataset.unclaimed) == ("mask_per_object", 101, ())
    stains = Counter(case.covariates["stain"] for case in dataset)
    assert stains == {
        "fluorescence": 81,
        "purple_on_purple": 10,
        "purple_on_white": 7,
        "pink_purple": 2,
        "grey_bright": 1,
    }
    few = dataset.cases[::5]
    for case in few:
        labels = case.truth(LabelMap)
        assert labels.instances.max() == case.covariates["n_objects"]
        assert labels.labels == {1: "object"}
        share = (labels.array > 0).mean()
        assert share == pytest.approx(case.covariates["foreground_fraction"], abs=1e-4)
    assert sum(case.covariates["n_objects"] for case in dataset) == 2905


def test_blood_cells(opened):
    dataset = opened("blood_cells")
    assert (dataset.layout, dataset.task, len(dataset)) == ("voc", "detection", 230)
    assert Counter(case.split for case in dataset) == {"training": 130, "validation": 54, "test": 46}
    boxes = [case.truth(Boxes) for case in dataset]
    assert sum(map(len, boxes)) == 3145
    assert sum(b.ignore.sum() for b in boxes) == 2
    assert dataset.unclaimed == ()


@pytest.mark.parametrize("parts", [("chest_xray",), ("chest_xray", "pneumoniamnist.npz")])
def test_chest_films(opened, data_root, parts):
    dataset = opened(*parts)
    counts = Counter((case.split, case.truth(Diagnosis).likeliest) for case in dataset)
    assert counts == {
        ("training", "normal"): 388,
        ("training", "pneumonia"): 3494,
        ("validation", "normal"): 135,
        ("validation", "pneumonia"): 389,
        ("test", "normal"): 234,
        ("test", "pneumonia"): 390,
    }
    with np.load(data_root / "chest_xray/pneumoniamnist.npz") as file:
        assert np.array_equal(dataset["val_00007"].inputs["image"].load().array()[0], file["val_images"][7])
    digests = {case.inputs["image"].digest() for case in dataset.only("training")}
    assert len(digests) == 3865  # README: distinct images
    assert len(digests & {case.inputs["image"].digest() for case in dataset.only("validation")}) == 8


@pytest.mark.parametrize("parts", [("icu",), ("icu", "set-a.zip")])
def test_intensive_care(opened, parts):
    dataset = opened(*parts)
    assert (dataset.layout, dataset.task, len(dataset)) == ("physionet2012", "diagnosis", 1400)
    deaths = [case.truth(Diagnosis).likeliest == "yes" for case in dataset]
    assert sum(deaths) == 179
    unknown = Counter(name for case in dataset for name, value in case.covariates.items() if value is None)
    assert unknown == {"Height": 679, "Weight": 120, "Gender": 2}
    units = Counter(case.covariates["ICUType"] for case in dataset)
    assert units == {1: 193, 2: 306, 3: 531, 4: 370}
    assert all(set(case.covariates) == {"Age", "Gender", "Height", "ICUType", "Weight"} for case in dataset)
    for empty in ("140501", "140936", "141264"):
        assert len(dataset[empty].inputs["history"].load().times) == 0
    assert np.isfinite(dataset["139060"].inputs["history"].load().values).sum() == 1


def test_measurements_of_intensive_care(opened):
    series = opened("icu")["132539"].inputs["history"].load()
    assert series.unit == "h"
    assert series.times[0] == pytest.approx(7 / 60)
    first = {name: v for name, v in zip(series.channels, series.values[0], strict=True) if v == v}
    expected = {"GCS": 15, "HR": 73, "NIDiasABP": 65, "NIMAP": 92.33, "NISysABP": 147, "RespRate": 19, "Temp": 35.1}
    assert first == pytest.approx({**expected, "Urine": 900}, rel=1e-6)


def test_another_question_about_intensive_care(opened):
    dataset = opened("icu", options=ReadOptions(target="Length_of_stay>7", ignore=("ICUType",)))
    assert "Length_of_stay" in dataset.cases[0].truths
    assert "ICUType" not in dataset.cases[0].covariates
    with pytest.raises(Refused, match="no column 'Death'"):
        opened("icu", options=ReadOptions(target="Death"))


def test_four_hospitals(opened):
    dataset = opened("hearts_four_hospitals")
    assert (dataset.layout, dataset.task) == ("delimited", "diagnosis")
    assert Counter(c.site for c in dataset) == {"cleveland": 212, "hungarian": 206, "switzerland": 86, "va": 140}
    healthy = Counter(c.site for c in dataset if c.truth(Diagnosis).likeliest == "no")
    assert healthy == {"cleveland": 120, "hungarian": 141, "switzerland": 4, "va": 36}
    missing = Counter((c.site, n) for c in dataset for n, value in c.covariates.items() if value is None)
    assert (missing["hungarian", "ca"], missing["switzerland", "fbs"], missing["va", "slope"]) == (205, 53, 68)
    assert "num" not in dataset.cases[0].covariates
    grades = opened("hearts_four_hospitals", options=ReadOptions(target="num"))
    found = Counter((c.site, c.truth(Diagnosis).likeliest) for c in grades)
    assert [found["va", str(grade)] for grade in range(5)] == [36, 36, 30, 34, 4]
    assert len(opened("hearts_four_hospitals", "processed.va.data")) == 140


def test_retina_and_six_modalities(opened):
    retina = opened("retina_vessels")
    assert (retina.layout, len(retina)) == ("image_mask", 20)
    shares = [(case.truth(LabelMap).array == 1).mean() for case in retina]
    assert min(shares) > 0.045
    assert max(shares) < 0.095
    kinds = opened("six_modalities")
    assert (kinds.layout, len(kinds)) == ("class_folders", 1200)
    assert set(Counter(case.truth(Diagnosis).likeliest for case in kinds).values()) == {200}


def test_a_folder_that_no_layout_knows_is_refused(opened):
    with pytest.raises(Refused, match="decathlon, delimited"):
        opened("adverse_drug")
