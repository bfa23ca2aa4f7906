"""Every file of points of the real data: counts and places from nibabel, from plain text, and from their READMEs."""

import csv
import json

import nibabel as nib
import numpy as np
import pytest
from scipy import ndimage

from hounsfield.formats import (
    picture,
    points_centroids,
    points_csv,
    points_fcsv,
    points_labels,
    points_markups,
    points_pts,
)
from hounsfield.formats.nifti import read_grid

pytestmark = pytest.mark.data

LABELS = [str(number) for number in range(1, 33)]
MALFORMED = {
    "sub-0357_space-T1w_desc-rater08_afids": "4 ",
    "sub-0357_space-T1w_desc-rater09_afids": "20`",
}


@pytest.fixture
def brain(data_root):
    return data_root / "brain_landmarks"


def sorted_by_label(points):
    order = sorted(range(len(points)), key=lambda place: int(points.names[place].strip("`")))
    return points.coordinates[order]


def test_every_slicer_file_of_the_brain_landmarks(brain):
    files = sorted(brain.rglob("*.fcsv"))
    assert len(files) == 1 + 15 + 21 + 78
    odd = {}
    for path in files:
        points = points_fcsv.read_points(path)
        text = [line.split(",") for line in path.read_text().splitlines() if not line.startswith("#")]
        assert points.names == tuple(fields[11].strip() for fields in text)
        np.testing.assert_array_equal(points.coordinates, [[float(v) for v in fields[1:4]] for fields in text])
        assert points.present.tolist() == [1] * 32
        labels = [row.label for row in points_fcsv.read_rows(path)[1]]
        odd.update((path.stem, label) for label in labels if label not in LABELS)
        assert path.stem in odd or sorted(labels, key=int) == LABELS
    assert odd == MALFORMED


def test_the_same_points_in_both_of_slicer_s_formats(brain):
    stem = brain / "template" / "tpl-MNI152NLin2009cAsym_afids"
    old, new = points_fcsv.read_points(stem.with_suffix(".fcsv")), points_markups.read_points(stem.with_suffix(".json"))
    assert old == new
    assert old.names == tuple(LABELS)
    assert old.coordinates[0] == pytest.approx([-0.231, 2.93275, -4.899])


def test_templates_lie_as_far_apart_as_the_readme_says(brain):
    def read(name):
        return sorted_by_label(points_fcsv.read_points(brain / "template_landmarks" / f"tpl-{name}_afids.fcsv"))

    def apart(a, b):
        return np.median(np.linalg.norm(a - b, axis=1))

    assert apart(read("MNI2009cAsym"), read("MNI152NLin2009cAsym")) == pytest.approx(0.6, abs=0.05)
    assert apart(read("OASIS30ANTs"), read("MNI152NLin2009cAsym")) == pytest.approx(215, abs=5)


def test_raters_who_used_another_scan_stand_apart_by_a_shift(brain):
    folder = brain / "subjects" / "derivatives"
    for subject, shift in {"0101": 28, "0117": 4.6, "0239": 6, "0249": 3.7, "0395": 19.5}.items():
        agreed = sorted_by_label(
            points_fcsv.read_points(next((folder / "afids_groundtruth" / f"sub-{subject}").rglob("*.fcsv")))
        )
        files = sorted((folder / "afids_rater" / f"sub-{subject}").rglob("*.fcsv"))
        means = sorted(
            np.linalg.norm((sorted_by_label(points_fcsv.read_points(f)) - agreed).mean(axis=0)) for f in files
        )
        assert len(means) == 6
        assert means[2] < 1.5 < means[3]
        assert np.median(means[3:]) == pytest.approx(shift, rel=0.1)


@pytest.mark.parametrize(
    ("subject", "rater"), [("0203", "02"), ("0239", "09"), ("0343", "06"), ("0365", "06"), ("0456", "02")]
)
def test_single_wrong_points_are_where_the_readme_says(brain, subject, rater):
    folder = brain / "subjects" / "derivatives"
    agreed = next((folder / "afids_groundtruth" / f"sub-{subject}").rglob("*.fcsv"))
    rated = next((folder / "afids_rater" / f"sub-{subject}").rglob(f"*rater{rater}*.fcsv"))
    apart = sorted_by_label(points_fcsv.read_points(rated)) - sorted_by_label(points_fcsv.read_points(agreed))
    errors = np.linalg.norm(apart - np.median(apart, axis=0), axis=1)
    assert errors.argmax() + 1 in (29, 30)
    assert 15 < errors.max() < 28


def test_swapped_rows_do_not_swap_points(brain):
    folder = brain / "subjects" / "derivatives" / "afids_rater" / "sub-0256" / "anat"
    points = points_fcsv.read_points(folder / "sub-0256_space-T1w_desc-rater03_afids.fcsv")
    assert points.names[26:28] == ("28", "27")
    right, left = (points.coordinates[points.names.index(name)] for name in ("27", "28"))
    assert right[0] - left[0] > 10  # the right indusium griseum lies to the right


def test_centroids_fall_into_the_mask_of_their_own_label(data_root, tmp_path):
    folder = data_root / "vertebra_centroids"
    mask = folder / "sub-verse004_seg-vert_msk.nii.gz"
    image = nib.load(mask)
    points = points_centroids.read_points(folder / "sub-verse004_seg-subreg_ctd.json", read_grid(mask))
    assert points.names == tuple(str(label) for label in range(16, 25))
    index = np.rint(nib.affines.apply_affine(np.linalg.inv(image.affine), points.coordinates)).astype(int)
    assert [image.get_fdata()[tuple(at)] for at in index] == list(range(16, 25))
    first = json.loads((folder / "sub-verse004_seg-subreg_ctd.json").read_text())[1]
    expected = nib.affines.apply_affine(image.affine, [first[axis] for axis in "XYZ"])
    np.testing.assert_allclose(points.coordinates[0], expected, atol=1e-9)
    nib.save(nib.as_closest_canonical(image), tmp_path / "ras.nii.gz")  # the same image, its axes turned
    turned = points_centroids.read_points(
        folder / "sub-verse004_seg-subreg_ctd.json", read_grid(tmp_path / "ras.nii.gz")
    )
    np.testing.assert_allclose(turned.coordinates, points.coordinates, atol=1e-3)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("template/PAM50_small_label_disc", range(2, 20)),
        ("template/PAM50_small_label_discPosterior", range(2, 22)),
        ("errsm_30/t2/labels", (3, 5)),
        ("errsm_30/t2/t2_labeled_center_manual", (3, 4, 5)),
    ],
)
def test_single_voxels_of_the_spine_are_points(data_root, name, values):
    path = data_root / "spine_discs" / f"{name}.nii.gz"
    image = nib.load(path)
    array = image.get_fdata()
    points = points_labels.read_points(path)
    assert points.names == tuple(map(str, values))
    for value, place in zip(values, points.coordinates, strict=True):
        found = np.argwhere(array == value)
        assert len(found) == 1
        np.testing.assert_allclose(place, nib.affines.apply_affine(image.affine, found[0]), atol=1e-6)


def test_regions_of_the_spine_are_their_centres(data_root):
    path = data_root / "spine_discs" / "errsm_30" / "t2" / "t2_seg-manual_labeled.nii.gz"
    image = nib.load(path)
    array = image.get_fdata()
    centres = ndimage.center_of_mass(array > 0, array, [2, 3, 4, 5])
    points = points_labels.read_points(path)
    assert points.names == ("2", "3", "4", "5")
    np.testing.assert_allclose(points.coordinates, nib.affines.apply_affine(image.affine, centres), atol=1e-6)
    midpoints = data_root / "spine_discs" / "template" / "PAM50_small_rootlets_midpoints.nii.gz"
    assert len(points_labels.read_points(midpoints)) == 7


def test_landmarks_of_histology_agree_in_both_formats(data_root):
    folder = data_root / "histology_pairs" / "data-images" / "lesions_" / "scale-5pc"
    places = {}
    for stain in ("HE", "proSPC"):
        path = folder / f"Izd2-29-041-w35_{stain}.csv"
        table, points = points_csv.read_points(path), points_pts.read_points(path.with_suffix(".pts"))
        assert len(table) == 78
        assert table == points
        assert picture.read_grid(path.with_suffix(".jpg")).contains(table.coordinates).all()
        places[stain] = table.coordinates
    assert places["HE"][0].tolist() == [72, 59]
    apart = np.linalg.norm(places["HE"] - places["proSPC"], axis=1)
    assert np.median(apart) == pytest.approx(66, abs=0.5)


def test_every_table_of_landmarks_of_histology(data_root):
    folder = data_root / "histology_pairs"
    files = sorted((folder / "annotations").rglob("*.csv"))
    assert len(files) == 7
    for path in files:
        points = points_csv.read_points(path)
        with open(path, newline="") as file:
            rows = list(csv.reader(file))[1:]
        assert points.names == tuple(str(number) for number in range(1, 81))
        np.testing.assert_array_equal(points.coordinates, [[float(y), float(x)] for _, x, y in rows])
        image = folder / "dataset" / "lung-lesion_3" / "scale-5pc" / f"{path.stem}.jpg"
        assert picture.read_grid(image).contains(points.coordinates / 10).all()
