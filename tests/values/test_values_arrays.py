"""Values with arrays: where they lie, and when two of them say the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hounsfield.planning.fingerprint import facts_of, fingerprint
from hounsfield.values import (
    Boxes,
    Case,
    Dense,
    Diagnosis,
    Facts,
    Grid,
    Image,
    LabelMap,
    Lazy,
    Points,
    Series,
    State,
    Truth,
    equal,
)  # fmt: skip


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    """Grids of two or three axes, oblique and left-handed ones among them."""
    d = draw(st.sampled_from([2, 3]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    turn, _ = np.linalg.qr(rng.normal(size=(d, d)))
    affine = np.eye(d + 1)
    affine[:d, :d] = turn * rng.uniform(0.1, 10, d)
    affine[:d, d] = rng.uniform(-500, 500, d)
    return Grid(tuple(int(n) for n in rng.integers(1, 30, d)), affine)


@settings(max_examples=50, deadline=None)
@given(grids(), st.integers(0, 2**32 - 1))
def test_values_grid_goes_to_the_world_and_back(grid: Grid, seed: int) -> None:
    index = np.random.default_rng(seed).uniform(-5, 35, (7, grid.ndim))
    assert grid.to_index(grid.to_world(index)) == pytest.approx(index, abs=1e-8)
    homogeneous = np.concatenate([index, np.ones((7, 1))], axis=1)
    assert grid.to_world(index) == pytest.approx((grid.affine @ homogeneous.T).T[:, : grid.ndim], abs=1e-9)
    edges = [np.linalg.norm(grid.to_world(e) - grid.to_world(np.zeros(grid.ndim))) for e in np.eye(grid.ndim)]
    assert grid.spacing == pytest.approx(edges)
    assert grid.voxel_volume == pytest.approx(np.prod(edges))


def test_values_grid_contains_its_elements_to_their_borders() -> None:
    grid = Grid.regular((4, 5), 2.0, 10.0)
    inside = grid.contains([[9.0, 9.0], [17.0, 19.0], [8.9, 12.0], [12.0, 19.1]])
    assert inside.tolist() == [True, True, False, False]


def test_values_grids_meet_unless_one_lies_beyond_a_face_of_the_other() -> None:
    """A square from -0.5 to 3.5, and squares of the same size: shifted, and turned by 45 degrees about (6, 6)."""
    here = Grid.picture((4, 4))

    def moved(turn: np.ndarray, centre: tuple[float, float]) -> Grid:
        affine = np.eye(3)
        affine[:2, :2], affine[:2, 2] = turn, np.array(centre) - turn @ [1.5, 1.5]
        return Grid((4, 4), affine, "px", "image")

    straight, turned = np.eye(2), np.array([[1.0, -1.0], [1.0, 1.0]]) / np.sqrt(2)
    assert here.meets(here)
    assert here.meets(moved(straight, (5.4, 1.5)))
    assert not here.meets(moved(straight, (5.5, 1.5))), "they touch, and share nothing"
    assert not here.meets(moved(turned, (6, 6))), "a corner points into the gap: 3.5 away, and 2 wide"
    assert moved(turned, (4.8, 4.8)).meets(here)


def test_values_grid_is_close_to_what_differs_by_a_rounding() -> None:
    grid = Grid.regular((50, 50, 50), 1.0)
    assert grid.close_to(Grid.regular((50, 50, 50), 1.0 + 1e-6))
    assert not grid.close_to(Grid.regular((50, 50, 50), 1.001))
    assert not grid.close_to(Grid.regular((50, 50, 49), 1.0))
    assert not Grid.picture((5, 5)).close_to(Grid.regular((5, 5)))


def test_values_grid_refuses_an_affine_of_other_dimensions() -> None:
    with pytest.raises(ValueError, match="4 x 4"):
        Grid((2, 2, 2), np.eye(3))


def test_values_grid_can_not_be_changed_through_its_affine() -> None:
    affine = np.eye(3)
    grid = Grid((2, 2), affine)
    affine[0, 0] = 9
    assert grid.affine[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        grid.affine[0, 0] = 2


@settings(max_examples=50, deadline=None)
@given(arrays(np.float32, (3, 2), elements=st.floats(width=32)))
def test_values_arrays_equal_their_copies_and_nan_itself(array: np.ndarray) -> None:
    assert equal(array, array.copy())
    assert equal({"a": [array, float("nan")]}, {"a": [array.copy(), float("nan")]})
    assert not equal(array, array.astype(np.float64))
    assert not equal(array, array.T)
    assert not equal(array, array.tolist())


def test_values_with_arrays_compare_by_content() -> None:
    grid = Grid.regular((2, 2))
    array = np.array([[0, 1], [1, 0]])
    assert LabelMap(array, grid, {1: "a"}) == LabelMap(array.copy(), Grid.regular((2, 2)), {1: "a"})
    assert LabelMap(array, grid, {1: "a"}) != LabelMap(array, grid, {1: "b"})
    assert LabelMap(array, grid, {1: "a"}) != LabelMap(1 - array, grid, {1: "a"})
    assert LabelMap(array, grid, {1: "a"}) != LabelMap(array, Grid.regular((2, 2), 2.0), {1: "a"})
    assert Image.of(array, grid) == Image.of(array[None].copy(), grid)
    assert Image.of(array, grid) != Image.of(array, grid, "ct")
    assert State({"a": array}) == State({"a": array.copy()})
    assert State({"a": array}) != State({"a": array}, {"n": 1})
    assert State({"a": array}) != "a state"
    with pytest.raises(TypeError):
        hash(State())


def test_values_that_do_not_fit_are_no_values() -> None:
    grid = Grid.regular((2, 2))
    with pytest.raises(ValueError):
        LabelMap(np.zeros((2, 3), int), grid, {})
    with pytest.raises(ValueError):
        Image.of(np.zeros((1, 3, 3)), grid)
    with pytest.raises(ValueError, match="decrease"):
        Series(np.array([1.0, 0.5]), np.zeros((2, 1)), ("a",))


def test_values_of_nothing_are_values() -> None:
    grid = Grid.regular((2, 2, 2))
    assert len(Boxes(np.zeros((0, 2, 3)), grid, ())) == 0
    assert Boxes([], grid, ()).corners_index.shape == (0, 2, 3)  # type: ignore[arg-type]
    assert Points(np.zeros((0, 3)), ()).coordinates.shape == (0, 3)
    assert Series(np.zeros(0), np.zeros((0, 2)), ("a", "b")).values.shape == (0, 2)
    assert Diagnosis({"a": float("nan"), "b": float("nan")}).likeliest == "unknown"
    assert Diagnosis({"a": float("nan"), "b": 0.0}).likeliest == "b"


def test_values_label_map_says_what_is_known() -> None:
    array = np.array([[0, 1, 2, 9]])
    labels = LabelMap(
        array, Grid.regular((1, 4)), {1: "core", 2: "edema"}, regions={"whole": frozenset({1, 2})}, ignore=9
    )
    assert labels.known.tolist() == [[True, True, True, False]]
    assert {name: mask.tolist()[0] for name, mask in labels.structures().items()} == {
        "core": [False, True, False, False],
        "edema": [False, False, True, False],
        "whole": [False, True, True, False],
    }


def test_values_image_gives_slabs_of_the_whole() -> None:
    array = np.arange(24.0).reshape(2, 3, 4)
    image = Image.of(array, Grid.regular((3, 4)))
    assert image.channels == 2
    assert np.array_equal(image.source.slab(1, 1, 3), array[:, 1:3])
    assert image.array().dtype == np.float32


def test_values_dense_slabs_make_the_array() -> None:
    whole = np.random.default_rng(0).random((2, 5, 3)).astype(np.float32)

    def slabs():  # type: ignore[no-untyped-def]
        yield 0, 2, whole[:, :2]
        yield 2, 5, whole[:, 2:]

    grid = Grid.regular((5, 3))
    assert np.array_equal(Dense(grid, ("background", "a"), {1: "a"}, slabs).array(), whole)
    assert np.array_equal(Dense.of(whole, grid, ("background", "a"), {1: "a"}).array(), whole)


def case_of(number: int) -> Case:
    rng = np.random.default_rng(number)
    grid = Grid.regular(tuple(int(n) for n in rng.integers(3, 9, 3)), rng.uniform(0.5, 3, 3))
    image = Image.of(rng.normal(size=grid.shape), grid, "mr" if number % 2 else "ct")
    labels = LabelMap(rng.integers(0, 3, grid.shape), grid, {1: "a", 2: "b"})

    def lazy(value: Image | LabelMap) -> Lazy:  # type: ignore[type-arg]
        return Lazy(type(value), "memory", lambda: value, lambda: f"{number} {type(value).__name__}")

    covariates = {"age": float(rng.integers(20, 90)), "sex": "f" if number % 3 else "m"}
    return Case(f"case_{number}", {"image": lazy(image)}, {"labels": Truth(lazy(labels))}, covariates)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 20), max_size=6, unique=True), st.integers(0, 6))
def test_values_facts_of_sites_merged_are_facts_of_the_pooled_cases(numbers: list[int], cut: int) -> None:
    cases = [case_of(n) for n in numbers]
    sites = [fingerprint(some)[0] for some in (cases[:cut], cases[cut:])]
    pooled = Facts.merged(facts_of(case) for case in cases)
    assert Facts.merged(sites) == pooled == Facts.merged(reversed(sites))
    assert pooled.cases == len(cases)


def test_values_case_is_known_by_what_it_holds() -> None:
    case, renamed = case_of(1), Case("other", case_of(1).inputs, case_of(1).truths, case_of(1).covariates)
    assert case.digest() == renamed.digest()
    assert case.digest_of_inputs() == Case("x", {"ct": case.inputs["image"]}).digest_of_inputs()
    assert case.digest() != Case("x", case.inputs).digest()
    assert case.digest_of_inputs() != case_of(2).digest_of_inputs()
    assert case.patient == "case_1"
    assert case.has_truth(LabelMap)
    assert not case.has_truth(Boxes)
    assert case.truth(LabelMap, of="image") is not None
    assert case.truth(LabelMap, of="moving") is None
