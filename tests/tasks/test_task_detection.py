"""Detection as a task: how boxes are joined, kept in files, derived from label maps, and called good."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hounsfield.registry.tables import TASKS
from hounsfield.tasks.detection import TASK
from hounsfield.values import Boxes, Case, Dataset, Facts, Findings, Grid, Image, LabelMap, Lazy, Refused, Truth

GRID = Grid.picture((40, 60))


def box(*sides: tuple[int, int]) -> list[list[float]]:
    """The box over the indices a..b of each axis, both included."""
    return [[a - 0.5 for a, _ in sides], [b + 0.5 for _, b in sides]]


def boxes(*found: tuple[str, float, list[list[float]]], grid: Grid = GRID, ignore: tuple[int, ...] = ()) -> Boxes:
    hidden = np.isin(np.arange(len(found)), ignore)
    corners = np.array([corners for _, _, corners in found], float).reshape(-1, 2, grid.ndim)
    return Boxes(corners, grid, tuple(n for n, _, _ in found), np.array([s for _, s, _ in found]), hidden)


def lazy(value: object) -> Lazy:
    return Lazy(type(value), "memory", lambda: value, lambda: repr(value))


def case_with(truth: object) -> Case:
    image = Image.of(np.zeros((3, 40, 60), np.float32), GRID)
    return Case("one", {"image": lazy(image)}, {"truth": Truth(lazy(truth))})


ROUND = ("round", 0.9, box((2, 11), (2, 11)))
LONG = ("long", 0.8, box((2, 11), (2, 11)))


def test_the_table_names_it_with_average_precision_first() -> None:
    assert TASKS.load("detection") is TASK
    assert [metric.name for metric in TASK.metrics] == ["average_precision", "sensitivity_at_1_fp"]
    decision = TASK.default(Facts())
    assert decision.value == "centernet"
    assert decision.why


def test_one_model_keeps_its_boxes_best_first() -> None:
    said = boxes(("long", 0.3, box((20, 29), (20, 29))), ROUND)
    joined = TASK.combine([Findings(said, alarms=("odd",))])
    assert joined.main.labels == ("round", "long")
    np.testing.assert_allclose(joined.main.scores, (0.9, 0.3))
    np.testing.assert_allclose(joined.main.corners_index, said.corners_index[::-1])
    assert joined.main.grid == GRID
    assert joined.alarms == ("odd",)


def test_two_models_meet_in_the_mean_weighted_by_score() -> None:
    first = boxes(("round", 0.9, box((0, 9), (0, 9))))
    second = boxes(("round", 0.3, box((2, 9), (0, 9))), ("round", 0.4, box((30, 35), (30, 35))))
    joined = TASK.combine([Findings(first), Findings(second)]).main
    # IoU 0.8: one box, its top (0.9 * -0.5 + 0.3 * 1.5) / 1.2 = 0, its score the mean; the other is seen by half
    np.testing.assert_allclose(joined.corners_index[0], [[0.0, -0.5], [9.5, 9.5]], atol=1e-12)
    np.testing.assert_allclose(joined.scores, (0.6, 0.2))


def test_classes_are_fused_apart() -> None:
    joined = TASK.combine([Findings(boxes(ROUND)), Findings(boxes(LONG))]).main
    assert sorted(joined.labels) == ["long", "round"]


def test_models_that_find_nothing_find_nothing_together() -> None:
    joined = TASK.combine([Findings(boxes()), Findings(boxes())]).main
    assert joined == boxes()


def test_answers_on_different_grids_are_refused() -> None:
    other = boxes(grid=Grid.picture((40, 61)))
    with pytest.raises(Refused, match="different grids"):
        TASK.combine([Findings(boxes()), Findings(other)])


OBLIQUE = Grid((9, 8, 7), np.array([[0, -2.1, 0.1, 3], [1.3, 0, 0, -7], [0, 0.2, 5, 1 / 3], [0, 0, 0, 1]]))


@pytest.mark.parametrize(
    "answer",
    [
        boxes(ROUND, ('a, "b"', 1 / 3, [[0.1, 2 / 3], [5.25, 17.125]])),
        boxes(ROUND, LONG, ignore=(1,)),
        boxes(grid=Grid.picture((5, 6), 0.25)),
        boxes(("nodule", 0.07, [[1.1, 2.2, 3.3], [4.4, 5.5, 6.4]]), grid=OBLIQUE),
        boxes(grid=OBLIQUE),
    ],
    ids=["pictures", "ignored", "nothing found", "volumes", "nothing found in a volume"],
)
def test_files_read_back_equal(answer: Boxes, tmp_path: Path) -> None:
    files = TASK.write(Findings(answer), tmp_path / "case.7", case_with(boxes()))
    assert [file.name for file in files] == ["case.7.csv", "case.7.grid.json"]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    assert TASK.read(files[0]) == answer


def test_a_table_without_its_grid_is_refused(tmp_path: Path) -> None:
    files = TASK.write(Findings(boxes(ROUND)), tmp_path / "case", case_with(boxes()))
    files[1].write_text('{"shape": [3]}')
    with pytest.raises(Refused, match=r"case\.grid\.json"):
        TASK.read(files[0])
    files[1].unlink()
    with pytest.raises(Refused, match=r"case\.grid\.json is missing"):
        TASK.read(files[0])


def label_map(*, with_instances: bool) -> LabelMap:
    """Two touching round objects, a long one, and a corner that nobody knows."""
    array, instances = np.zeros((40, 60), np.uint8), np.zeros((40, 60), np.int32)
    array[2:6, 3:9] = 1
    array[20:30, 40:42] = 2
    array[35:, 50:] = 9
    instances[2:6, 3:6], instances[2:6, 6:9], instances[20:30, 40:42] = 1, 2, 7
    labels = {1: "round", 2: "long"}
    return LabelMap(array, GRID, labels, instances=instances if with_instances else None, ignore=9)


def derived(truth: object, detail: str = "") -> Boxes | None:
    dataset = TASK.derive["boxes"](Dataset("memory", (case_with(truth),)), detail)
    assert dataset.task == "detection"
    return dataset.cases[0].truth(Boxes)


def test_boxes_from_objects_told_apart() -> None:
    found = derived(label_map(with_instances=True))
    unknown = box((35, 39), (50, 59))
    expected = boxes(
        ("round", 1.0, box((2, 5), (3, 5))),
        ("round", 1.0, box((2, 5), (6, 8))),
        ("round", 1.0, unknown),
        ("long", 1.0, box((20, 29), (40, 41))),
        ("long", 1.0, unknown),
        ignore=(2, 4),
    )
    assert found == expected


def test_boxes_from_connected_parts_of_some_labels() -> None:
    found = derived(label_map(with_instances=False), "round")
    assert found == boxes(("round", 1.0, box((2, 5), (3, 8))), ("round", 1.0, box((35, 39), (50, 59))), ignore=(1,))


def test_an_empty_label_map_gives_no_boxes_and_none_gives_no_truth() -> None:
    empty = LabelMap(np.zeros((40, 60), np.uint8), GRID, {1: "round"})
    assert derived(empty) == boxes()
    dataset = TASK.derive["boxes"](Dataset("memory", (Case("bare", {}),)), "")
    assert not dataset.cases[0].truths


def test_a_label_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refused, match="no label square"):
        derived(label_map(with_instances=True), "square")


def test_derived_truths_are_told_apart_by_what_was_asked_for() -> None:
    dataset = Dataset("memory", (case_with(label_map(with_instances=True)),))
    digests = {TASK.derive["boxes"](dataset, detail).cases[0].digest() for detail in ("", "round", "long")}
    assert len(digests) == 3


def test_a_class_is_well_found_by_its_sure_boxes() -> None:
    truth = boxes(
        ("round", 1.0, box((2, 11), (2, 11))),
        ("long", 1.0, box((20, 29), (2, 11))),
        ("long", 1.0, box((20, 29), (22, 31))),
        ("long", 1.0, box((20, 29), (42, 51))),
        ignore=(3,),
    )
    said = boxes(
        ROUND,
        ("round", 0.2, box((30, 35), (50, 55))),  # false, but nobody is sure
        ("long", 0.7, box((20, 29), (2, 11))),  # one of two: F1 is 2 / 3
        ("long", 0.7, box((20, 29), (42, 51))),  # not to be counted
        ("square", 0.9, box((0, 3), (50, 53))),  # there is none
    )
    assert TASK.succeeded(Findings(said), case_with(truth)) == {"round": True, "long": False, "square": False}
    assert TASK.succeeded(Findings(boxes()), case_with(boxes())) == {}
    assert TASK.succeeded(Findings(boxes()), Case("bare", {})) == {}


def test_the_figure_is_a_picture_with_words() -> None:
    picture = TASK.figure(Findings(boxes(ROUND)), case_with(boxes(LONG)))
    assert picture.png is not None
    assert picture.png.startswith(b"\x89PNG")
    assert picture.caption
