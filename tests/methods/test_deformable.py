"""The deformable registration against movements that are known."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage
from scipy.spatial.transform import Rotation

from hounsfield.evaluation.registration import CARRIED_DICE, FOLDING
from hounsfield.layouts.decathlon import LAYOUT
from hounsfield.layouts.layout import ReadOptions
from hounsfield.methods.deformable.method import METHOD, register
from hounsfield.ops.fields import transform_points
from hounsfield.phantoms.torso import torso_pair
from hounsfield.seam import Cases
from hounsfield.tasks.pairs import derive_pairs
from hounsfield.values import (
    Budget,
    Case,
    Facts,
    Findings,
    Grid,
    Image,
    Lazy,
    Limits,
    Points,
    Refused,
    Setting,
    State,
    Transform,
)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def a_plan(**wishes):
    return METHOD.candidates(Facts(), Budget(), wishes)[0]


def blobs(points: np.ndarray, seed: int = 0) -> np.ndarray:
    """A smooth picture of anything, defined everywhere: bright and dark balls in 60 mm. points: (N, d)."""
    rng = np.random.default_rng(seed)
    d = points.shape[1]
    value = np.zeros(len(points))
    for _ in range(40):
        centre, width, height = rng.uniform(-30, 30, d), rng.uniform(4, 8), rng.uniform(-1, 1)
        value += height * np.exp(-((points - centre) ** 2).sum(axis=1) / (2 * width**2))
    return value


def centred_grid(shape, spacing) -> Grid:
    grid = Grid.regular(shape, spacing)
    affine = grid.affine.copy()
    d = grid.ndim
    affine[:d, d] = -affine[:d, :d] @ ((np.array(shape) - 1) / 2)
    return Grid(shape, affine)


def centres(grid: Grid) -> np.ndarray:
    return grid.to_world(np.indices(grid.shape).reshape(grid.ndim, -1).T)


def known_affine(shift=(3.0, -2.0, 4.0)) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", [6, -4, 8], degrees=True).as_matrix() @ np.diag([1.08, 0.95, 1.03])
    affine[:3, 3] = shift
    return affine


def bent(points: np.ndarray, peak: float) -> np.ndarray:
    """x + u(x) with u of `peak` mm, 70 mm long waves."""
    waves = np.stack([np.sin(2 * np.pi * np.roll(points, axis, axis=1)[:, 0] / 70 + axis) for axis in range(3)], axis=1)
    return points + peak * waves


def seen_through(move, fixed: Grid, moving: Grid, gain: float = 1.0) -> tuple[Image, Image]:
    """Two images of one thing: the fixed one shows at x what the moving one shows at move(x)."""
    f = gain * blobs(move(centres(fixed))).reshape(fixed.shape)
    m = blobs(centres(moving)).reshape(moving.shape)
    return Image.of(f.astype(np.float32), fixed), Image.of(m.astype(np.float32), moving)


def error_of(transform: Transform, move, points: np.ndarray) -> np.ndarray:
    found = transform_points(points, transform.affine, transform.displacement, transform.fixed_grid)
    return np.linalg.norm(found - move(points), axis=1)


def test_affine_and_smooth_displacement_are_recovered_below_a_voxel():
    affine = known_affine()

    def move(points):
        return bent(points, 3.0) @ affine[:3, :3].T + affine[:3, 3]

    fixed_grid, moving_grid = centred_grid((32, 30, 28), 2.0), centred_grid((36, 36, 30), (1.8, 1.9, 2.2))
    fixed, moving = seen_through(move, fixed_grid, moving_grid, gain=2e5)
    transform = register(a_plan(smoothness=0.1, iterations=30), fixed, moving)
    inside = np.abs(centres(fixed_grid)).max(axis=1) < 22
    errors = error_of(transform, move, centres(fixed_grid)[inside])
    before = np.linalg.norm(move(centres(fixed_grid)[inside]) - centres(fixed_grid)[inside], axis=1)
    assert before.mean() > 5
    assert errors.mean() < 1.0  # a voxel is 2 mm
    assert FOLDING.items(Findings(transform), Case("x", {}))[0].numbers == (0.0,)


def test_affine_kind_holds_outside_of_the_grid():
    affine = known_affine()

    def move(points):
        return points @ affine[:3, :3].T + affine[:3, 3]

    fixed, moving = seen_through(move, centred_grid((28, 28, 28), 2.0), centred_grid((30, 30, 30), 2.0))
    transform = register(a_plan(kind="affine"), fixed, moving)
    assert transform.displacement is None
    far = np.array([[80.0, 0, 0], [0, -90, 40], [200, 200, 200]])
    assert not fixed.grid.contains(far).any()
    assert error_of(transform, move, far).max() < 0.03 * 350  # an affine map goes on as it is
    near = np.random.default_rng(0).uniform(-25, 25, (200, 3))
    assert error_of(transform, move, near).mean() < 0.5


def test_axis_order_and_direction_of_the_arrays_do_not_matter():
    affine = known_affine(shift=(2.0, 1.0, -2.0))

    def move(points):
        return points @ affine[:3, :3].T + affine[:3, 3]

    fixed, moving = seen_through(move, centred_grid((26, 28, 30), 2.0), centred_grid((30, 30, 30), 2.0))
    plan = a_plan(iterations=20, affine_iterations=40)
    straight = register(plan, fixed, moving)
    # the same image with its axes turned: array[k, i, -j]
    turn = np.array([[0, 1, 0, 0], [0, 0, -1, 27], [1, 0, 0, 0], [0, 0, 0, 1.0]])
    turned_grid = Grid((30, 26, 28), fixed.grid.affine @ turn)
    turned = Image.of(np.ascontiguousarray(fixed.array()[0].transpose(2, 0, 1)[:, :, ::-1]), turned_grid)
    other = register(plan, turned, moving)
    assert other.fixed_grid == turned_grid
    np.testing.assert_allclose(other.affine, straight.affine, atol=1e-4)
    expected = straight.displacement.transpose(0, 3, 1, 2)[:, :, :, ::-1]
    np.testing.assert_allclose(other.displacement, expected, atol=2e-3)


def test_other_contrast_by_mind():
    def move(points):
        return points + np.array([4.0, -3.0, 2.0])

    fixed, moving = seen_through(move, centred_grid((28, 28, 28), 2.0), centred_grid((28, 28, 28), 2.0))
    inverted = Image.of(np.abs(fixed.array()[0] - 0.3).astype(np.float32), fixed.grid)
    transform = register(a_plan(similarity="mind", kind="affine"), inverted, moving)
    assert error_of(transform, move, np.random.default_rng(0).uniform(-20, 20, (100, 3))).mean() < 2.0


def test_pictures():
    grid = Grid.picture((64, 80))

    def move(points):
        return points @ np.array([[0.98, 0.1], [-0.1, 0.98]]) + np.array([3.0, -4.0])

    middle = np.array([32.0, 40.0])
    m = blobs(0.7 * (centres(grid) - middle), seed=1).reshape(grid.shape)
    f = blobs(0.7 * (move(centres(grid)) - middle), seed=1).reshape(grid.shape)
    transform = register(a_plan(), Image.of(f.astype(np.float32), grid), Image.of(m.astype(np.float32), grid))
    assert transform.displacement.shape == (2, 64, 80)
    inside = centres(grid)[(np.abs(centres(grid) - middle) < 20).all(axis=1)]
    assert error_of(transform, move, inside).mean() < 1.0


def test_same_pair_same_transform_and_constant_images_stay_where_they_are():
    fixed, moving = seen_through(lambda x: x + 2, centred_grid((16, 16, 16), 3.0), centred_grid((16, 16, 16), 3.0))
    plan = a_plan(iterations=5, affine_iterations=5)
    first, second = register(plan, fixed, moving), register(plan, fixed, moving)
    assert first == second
    flat = Image.of(np.full((16, 16, 16), 7.0, np.float32), fixed.grid)
    still = register(plan, flat, moving)
    assert np.all(np.isfinite(still.displacement))
    assert np.abs(still.displacement).max() < 1e-3


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 9, 1), (12, 14, 1)])
def test_images_of_few_elements(shape):
    rng = np.random.default_rng(0)
    fixed, moving = (Image.of(rng.normal(size=shape).astype(np.float32), Grid.regular(shape)) for _ in range(2))
    transform = register(a_plan(iterations=3, affine_iterations=3), fixed, moving)
    assert transform.displacement.shape == (3, *shape)
    assert np.all(np.isfinite(transform.displacement))
    assert np.all(np.isfinite(transform.affine))


def test_landmarks_of_a_torso_come_closer():
    case = torso_pair(0, 1, difficulty=0.2)
    trained = METHOD.open(a_plan(iterations=20, affine_iterations=40), State(), Setting())
    transform = trained.answer(case, Limits()).main
    fixed, moving = (case.truth(Points, of=role) for role in ("fixed", "moving"))
    there = (fixed.present == 1) & (moving.present == 1)
    carried = transform_points(fixed.coordinates[there], transform.affine, transform.displacement, transform.fixed_grid)
    after = np.linalg.norm(carried - moving.coordinates[there], axis=1).mean()
    before = np.linalg.norm(fixed.coordinates[there] - moving.coordinates[there], axis=1).mean()
    assert after < 0.5 * before
    assert after < 6.0  # a voxel


def test_nothing_is_learnt_and_bad_pairs_are_refused():
    plan = a_plan()
    assert METHOD.fit(plan, Cases(()), None) == State()
    assert METHOD.candidates(Facts(), Budget(), {"levels": 2})[0].decisions[2].why == "wished"
    assert a_plan(similarity="mind")["smoothness"] < plan["smoothness"]
    assert a_plan(similarity="mind", smoothness=3.0)["smoothness"] == 3.0
    with pytest.raises(Refused, match="--start-from"):
        METHOD.fit(plan, Cases(()), None, State({"a": np.zeros(1)}))
    volume = Image.of(np.zeros((8, 8, 8)), Grid.regular((8, 8, 8)))
    picture = Image.of(np.zeros((8, 8)), Grid.picture((8, 8)))
    colour = Image.of(np.zeros((3, 8, 8)), Grid.picture((8, 8)))
    trained = METHOD.open(plan, State(), Setting())
    for fixed, moving in ((volume, picture), (colour, colour)):
        lazies = {
            role: Lazy(Image, role, lambda v=value: v, str) for role, value in (("fixed", fixed), ("moving", moving))
        }
        with pytest.raises(Refused):
            trained.answer(Case("x", lazies), Limits())
    with pytest.raises(Refused, match="--input"):
        trained.answer(Case("x", {"image": Lazy(Image, "image", lambda: volume, str)}), Limits())


@pytest.mark.data
def test_hippocampi_are_carried_better_than_by_none(data_root):
    dataset = LAYOUT.read(data_root / "hippocampus", ReadOptions())
    pairs = derive_pairs(replace(dataset, cases=dataset.cases[:4]), "to-template")
    trained = METHOD.open(a_plan(iterations=10, affine_iterations=12), State(), Setting())
    for case in pairs:
        found = trained.answer(case, Limits())
        t = found.main
        none = Findings(Transform(t.fixed_grid, t.moving_grid, np.eye(4)))
        carried, left = ([row.numbers[0] for row in CARRIED_DICE.items(f, case)] for f in (found, none))
        assert np.mean(carried) > np.mean(left) + 0.05
        assert FOLDING.items(found, case)[0].numbers == (0.0,)


def test_ndimage_agrees_on_the_splines():
    """The B-spline weights add to one and reproduce scipy's own interpolation of the same coefficients."""
    from hounsfield.methods.deformable.bending import Splines

    grid = Grid.regular((20, 1, 1))
    splines = Splines(grid, torch.device("cpu"))
    control = splines.refine(5.0)
    values = np.random.default_rng(0).normal(size=7).astype(np.float32)
    with torch.no_grad():
        control[0] += torch.from_numpy(values)[:, None, None]
    places = (np.arange(20) + 0.5) / 20 * 4 + 1
    expected = ndimage.map_coordinates(values, [places], order=3, prefilter=False, mode="mirror")
    np.testing.assert_allclose(splines.on(grid)[0, :, 0, 0].detach().numpy(), expected, atol=1e-5)
