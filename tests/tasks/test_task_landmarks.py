"""Landmarks: points made of label maps, answers on disk, joined answers, success."""

from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

import hounsfield
from hounsfield.layouts.decathlon import write as write_decathlon
from hounsfield.phantoms.dataset import phantom_dataset
from hounsfield.tasks.landmarks import TASK
from hounsfield.values import Case, Dataset, Findings, Grid, Image, LabelMap, Lazy, Points, Refused, Truth, equal

NAMES = {1: "head", 2: "tail"}


def lazy(value, content=b""):
    return Lazy(type(value), "memory", lambda: value, lambda: sha256(repr(value).encode() + content).hexdigest())


def dataset_of(labels, image=None):
    image = image or Image.of(np.zeros(labels.grid.shape, np.float32), labels.grid)
    truth = Truth(lazy(labels, labels.array.tobytes()), rater="a")
    return Dataset("memory", (Case("one", {"image": lazy(image)}, {"labels": truth}, split="test"),))


def derived(labels, way):
    case = TASK.derive[way](dataset_of(labels), "")[0]
    return dict(zip(case.truth(Points).names, case.truth(Points).coordinates, strict=True)), case


def bars(grid=None, **more):
    """A head of two elements and a tail of three, along the second axis."""
    array = np.zeros((4, 9, 3), np.uint8)
    array[1, 5:7, 1] = 1
    array[2, 0:3, 2] = 2
    return LabelMap(array, grid or Grid.regular(array.shape, (1.0, 2.0, 3.0), (10, 20, 30)), NAMES, **more)


def test_centroids_are_those_of_the_labels_in_the_world():
    points, case = derived(bars(), "centroids")
    assert list(points) == ["head", "tail"]
    np.testing.assert_allclose(points["head"], [11, 20 + 2 * 5.5, 33])
    np.testing.assert_allclose(points["tail"], [12, 22, 36])
    assert list(case.inputs) == ["image"]
    assert case.split == "test"
    assert case.truths["points"].of == "image"
    assert case.truths["points"].rater == "a"


def test_poles_are_the_front_and_the_back_of_each_label():
    points, _ = derived(bars(), "poles")
    assert list(points) == ["head_front", "head_back", "tail_front", "tail_back"]
    assert [float(point[1]) for point in points.values()] == [32, 30, 24, 20]
    both, case = derived(bars(), "points")
    assert list(both)[:3] == ["head", "head_front", "head_back"]
    assert TASK.derive["points"](dataset_of(bars()), "").task == "landmarks"
    assert case.truth(LabelMap) is None


def test_the_array_s_order_changes_no_point():
    """Flipped, transposed, or on an oblique grid: front stays front."""
    straight = bars()
    expected, _ = derived(straight, "points")
    shape, affine = straight.grid.shape, straight.grid.affine
    flip = np.diag([1.0, -1, 1, 1])
    flip[1, 3] = shape[1] - 1
    flipped = replace(straight, array=straight.array[:, ::-1], grid=Grid(shape, affine @ flip))
    turn = np.eye(4)[[2, 0, 1, 3]].T  # index of (k, i, j) -> index of (i, j, k)
    turned = replace(
        straight, array=straight.array.transpose(2, 0, 1), grid=Grid((shape[2], *shape[:2]), affine @ turn)
    )
    for other in (flipped, turned):
        points, _ = derived(other, "points")
        for name, place in expected.items():
            np.testing.assert_allclose(points[name], place, atol=1e-9)
    angle = np.deg2rad(20)
    rotation = np.eye(4)
    rotation[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    oblique, _ = derived(replace(straight, grid=Grid(shape, rotation @ affine)), "centroids")
    for name in NAMES.values():
        np.testing.assert_allclose(oblique[name], rotation[:3, :3] @ expected[name], atol=1e-9)


def test_in_a_picture_poles_are_the_top_and_the_bottom():
    array = np.zeros((8, 6), np.uint8)
    array[2:6, 3] = 1
    points, _ = derived(LabelMap(array, Grid.picture((8, 6)), {1: "nail"}), "poles")
    np.testing.assert_allclose(points["nail_top"], [2, 3])
    np.testing.assert_allclose(points["nail_bottom"], [5, 3])


def test_what_is_not_there_is_absent_and_what_is_hidden_is_unknown():
    there = bars()
    without = replace(there, array=np.where(there.array == 1, 0, there.array).astype(np.uint8))
    points = derived(without, "points")[1].truth(Points)
    np.testing.assert_array_equal(points.present, [0, 0, 0, 1, 1, 1])
    assert np.isnan(points.coordinates[:3]).all()
    assert np.isfinite(points.coordinates[3:]).all()

    array = without.array.copy()
    array[0, 8] = 255
    hidden = derived(replace(without, array=array, ignore=255), "centroids")[1].truth(Points)
    np.testing.assert_array_equal(hidden.present, [np.nan, 1])

    cut = there.array.copy()
    cut[2, 3, 2] = 255  # beside the tail
    touching = derived(replace(there, array=cut, ignore=255), "centroids")[1].truth(Points)
    np.testing.assert_array_equal(touching.present, [1, np.nan])
    assert np.isnan(touching.coordinates[1]).all()


def test_derived_truths_are_read_late_and_known_by_source_and_way():
    def never():
        raise AssertionError("read")

    unread = Truth(Lazy(LabelMap, "memory", never, lambda: "abc"))
    dataset = Dataset("memory", (Case("one", {}, {"labels": unread}), Case("two", {})))
    digests = {way: TASK.derive[way](dataset, "")[0].truths["points"].answer.digest() for way in TASK.derive}
    assert len(set(digests.values())) == 3
    assert TASK.derive["poles"](dataset, "")[0].digest() == TASK.derive["poles"](dataset, "")[0].digest()
    assert not TASK.has_truth(TASK.derive["poles"](dataset, "")["two"])
    with pytest.raises(Refused, match="detail"):
        TASK.derive["poles"](dataset, "north")


@pytest.mark.parametrize("d", [2, 3])
def test_a_file_reads_back_equal(d, tmp_path):
    coordinates = np.random.default_rng(d).normal(size=(4, d)) * 100
    coordinates[2:] = np.nan
    points = Points(coordinates, ("a", "b, c", "d", "é"), np.array([1.0, 1 / 3, 0.0, np.nan]))
    files = TASK.write(Findings(points), tmp_path / "case", Case("case", {}))
    assert [file.name for file in files] == ["case.csv"]
    assert list(tmp_path.iterdir()) == list(files)
    assert equal(TASK.read(files[0]), points)


def answer(*rows, names=("a", "b")):
    coordinates, present = zip(*rows, strict=True)
    return Findings(Points(np.array(coordinates, float), names, np.array(present)))


def test_several_answers_are_joined_by_how_sure_they_are():
    one = answer(([0, 0, 0], 0.9), ([1, 1, 1], 0.2))
    two = answer(([5, 5, 5], 0.8), ([3, 0, 0], 0.6), names=("b", "a"))
    joined = TASK.combine([one, two]).main
    assert joined.names == ("a", "b")
    np.testing.assert_allclose(joined.present, [0.75, 0.5])
    np.testing.assert_allclose(joined.coordinates, [[3 * 0.6 / 1.5, 0, 0], [0.2 + 4] * 3])
    alone = TASK.combine([one]).main
    np.testing.assert_allclose(alone.coordinates[0], 0)
    assert np.isnan(alone.coordinates[1]).all()
    np.testing.assert_allclose(alone.present, [0.9, 0.2])
    with pytest.raises(Refused, match="same points"):
        TASK.combine([one, answer(([0, 0, 0], 1.0), names=("a",))])


def test_a_point_succeeds_within_four_millimetres():
    truth = Points(np.array([[0.0, 0, 0], [0, 0, 0], [0, 0, 0], [np.nan] * 3]), tuple("abcd"), np.array([1, 1, 1, 0]))
    case = Case("one", {}, {"points": Truth(lazy(truth))})
    said = answer(([0, 0, 3.9], 1.0), ([0, 4.1, 0], 0.9), ([np.nan] * 3, 0.1), ([0, 0, 0], 1.0), names=tuple("abcd"))
    assert TASK.succeeded(said, case) == {"a": True, "b": False, "c": False}
    assert TASK.metrics[0].name == "point_error"


def test_the_figure_names_the_worst_point():
    labels = bars()
    case = TASK.derive["centroids"](dataset_of(labels), "")[0]
    places = case.truth(Points).coordinates + np.array([[0, 0, 0], [0, 3.0, 0]])
    picture = TASK.figure(Findings(Points(places, ("head", "tail"))), case)
    assert picture.title == "one"
    assert "tail" in picture.caption
    assert picture.png


def test_from_label_maps_to_points_of_a_bare_file(tmp_path):
    """Trained on points of label maps; a lone image is answered without a word about how they were made."""
    data = tmp_path / "data"
    write_decathlon(phantom_dataset("torso", cases=8, size=(16, 16, 16)), data)
    wishes = (("features", "4,8"), ("size_elements", "4096"), ("batch", "1"))
    how = {"task": "landmarks", "derive": "poles", "steps": 2, "wishes": wishes}
    package = hounsfield.train(data, out=tmp_path / "model", **how)
    assert "liver_front" in package.plan["points"]
    bare = tmp_path / "alone.nii.gz"
    bare.write_bytes(next((data / "imagesTr").iterdir()).read_bytes())
    answered = hounsfield.predict(tmp_path / "model", bare, out=tmp_path / "answers")
    assert answered.done == ("alone",)
    points = TASK.read(tmp_path / "answers" / "alone.csv")
    assert points.names == tuple(package.plan["points"])
    hounsfield.predict(tmp_path / "model", data, out=tmp_path / "all")
    scores = hounsfield.evaluate(tmp_path / "all", data, derive="poles")
    assert "success_at_4mm" in scores.sets
