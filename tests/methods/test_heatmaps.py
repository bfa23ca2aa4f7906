"""Heatmaps: where a peak lies, what the unknown changes, and that little training finds points."""

from dataclasses import replace
from functools import cache
from hashlib import sha256

import numpy as np
import pytest
import torch
from scipy import ndimage

from hounsfield.methods.heatmaps.method import METHOD
from hounsfield.methods.heatmaps.peaks import peak, points_in
from hounsfield.methods.heatmaps.sampling import draw_batch
from hounsfield.planning.fingerprint import fingerprint
from hounsfield.registry.tables import TASKS
from hounsfield.seam import Cases
from hounsfield.training.clock import StepClock
from hounsfield.training.context import FolderContext
from hounsfield.values import Budget, Case, Grid, Image, Lazy, Limits, Points, Refused, Setting, Truth

NAMES = ("left", "right")


def lazy(value, content=b""):
    return Lazy(type(value), "memory", lambda: value, lambda: sha256(repr(value).encode() + content).hexdigest())


def gaussians(grid, places, sigma):
    """What a perfect network paints of world points: (K, *shape), written out by hand."""
    world = grid.to_world(np.indices(grid.shape).reshape(grid.ndim, -1).T)
    return np.stack(
        [np.exp(-((world - place) ** 2).sum(axis=1) / (2 * sigma**2)).reshape(grid.shape) for place in places]
    ).astype(np.float32)


def case_of(grid, channels, places, present=(1.0, 1.0), name="case"):
    image = Image.of(channels, grid)
    points = Points(np.asarray(places, float), NAMES, np.array(present, float))
    truth = Truth(lazy(points, points.coordinates.tobytes() + points.present.tobytes()))
    return Case(name, {"image": lazy(image, channels.tobytes())}, {"points": truth})


def blob_case(number, shape=(24, 28, 20), **more):
    """A bright and a dark ball in noise, each somewhere."""
    rng = np.random.default_rng(number)
    grid = Grid.regular(shape, 2.0, (-30, 7, 100))
    places = grid.to_world(rng.uniform(5, np.array(shape) - 6, (2, 3)))
    balls = gaussians(grid, places, 4.0)
    return case_of(
        grid, (3 * (balls[0] - balls[1]) + rng.normal(0, 0.3, shape))[None], places, name=str(number), **more
    )


@cache
def blobs():
    return tuple(blob_case(number) for number in range(16))


def plan_of(cases, **wishes):
    facts, _, problems = fingerprint(cases)
    assert not problems
    return METHOD.candidates(facts, Budget(), wishes)[0]


# -- a peak --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sigma", [(2.0, 2.0), (2.0, 1.2, 3.1), (1.0, 1.0, 1.0)])
def test_a_peak_is_found_finer_than_an_element(sigma):
    rng = np.random.default_rng(0)
    shape = (26, 30, 34)[: len(sigma)]
    for _ in range(20):
        place = rng.uniform(9, np.array(shape) - 10)
        at = np.indices(shape).reshape(len(shape), -1).T
        painted = np.exp(-0.5 * (((at - place) / sigma) ** 2).sum(axis=1)).reshape(shape)
        for noise in (0.0, 0.01):
            index, present = peak((painted + noise * rng.random(shape)).astype(np.float32), np.array(sigma))
            np.testing.assert_allclose(index, place, atol=0.03 if noise else 0.01)
            assert present > 0.98


def test_presence_is_the_share_of_a_gaussian():
    grid = Grid.regular((32, 32, 32))
    whole = gaussians(grid, [[15.3, 16.1, 15.8]], 2.0)[0]
    sigma = np.full(3, 2.0)
    assert peak(whole, sigma)[1] > 0.98
    assert peak(0.3 * whole, sigma)[1] == pytest.approx(0.3, abs=0.01)
    assert peak(0 * whole, sigma)[1] == 0
    spread = gaussians(grid, [[15.3, 16.1, 15.8]], 2.6)[0] * (2 / 2.6) ** 3  # unsure where, sure that
    assert spread.max() < 0.5
    assert peak(spread, sigma)[1] > 0.85
    at_the_edge, present = peak(gaussians(grid, [[0.2, 16, 31.0]], 2.0)[0], sigma)
    np.testing.assert_allclose(at_the_edge, [0, 16, 31], atol=1e-6)  # the nearest element: half of it is not seen
    assert present > 0.9


# -- an answer -----------------------------------------------------------------------------------------------------


def fake_forward(inputs):
    """A network whose heatmaps are the channels of the image."""
    painted = np.clip(inputs["image"], 1e-6, 1 - 1e-6)
    return {"out": np.log(painted / (1 - painted))}


def painted_plan(case):
    """The plan of cases whose image shows the heatmaps themselves, which no normalisation changes."""
    wishes = {"normalisation": "ct", "window": [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0], "spacing": [2.0, 2.0, 2.0]}
    return plan_of([case], sigma=4.0, **wishes)


def answered(case, plan):
    return METHOD.evidence(plan, fake_forward, case, Limits()).main


def test_every_grid_of_one_image_gives_the_same_world_points():
    """Flipped, transposed and oblique arrays of one scene."""
    straight = Grid.regular((24, 28, 20), 2.0, (-30, 7, 100))
    places = straight.to_world([[9.3, 12.2, 8.9], [15.1, 17.7, 11.4]])
    case = case_of(straight, gaussians(straight, places, 4.0), places)
    plan = painted_plan(case)
    first = answered(case, plan)
    assert first.names == NAMES
    np.testing.assert_allclose(first.coordinates, places, atol=0.05)
    assert (first.present > 0.95).all()

    flip = np.diag([-1.0, 1, 1, 1])
    flip[0, 3] = 23
    flipped = Grid(straight.shape, straight.affine @ flip)
    turned = Grid((20, 24, 28), straight.affine @ np.eye(4)[[1, 2, 0, 3]])  # index (k, i, j) -> (i, j, k)
    for grid in (flipped, turned):
        other = answered(case_of(grid, gaussians(grid, places, 4.0), places), plan)
        np.testing.assert_allclose(other.coordinates, first.coordinates, atol=1e-4)

    angle = np.deg2rad(15)
    rotation = np.eye(4)
    rotation[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    oblique = Grid(straight.shape, rotation @ straight.affine)
    turned_places = places @ rotation[:3, :3].T
    other = answered(case_of(oblique, gaussians(oblique, turned_places, 4.0), turned_places), plan)
    np.testing.assert_allclose(other.coordinates, turned_places, atol=0.05)


def test_another_spacing_is_brought_to_the_plan_s():
    fine = Grid.regular((48, 56, 20), (1.0, 1.0, 2.0), (-30, 7, 100))
    places = fine.to_world([[19.3, 22.2, 8.9], [30.1, 37.7, 11.4]])
    case = case_of(fine, gaussians(fine, places, 4.0), places)
    np.testing.assert_allclose(answered(case, painted_plan(case)).coordinates, places, atol=0.2)


@pytest.mark.parametrize("shape", [(9, 11, 8), (25, 29, 21), (90, 40, 30)])
def test_images_smaller_and_much_larger_than_those_of_training_are_answered(shape):
    rng = np.random.default_rng(1)
    grid = Grid.regular(shape)
    for _ in range(4):
        place = rng.uniform(3, np.array(shape) - 4)
        seen = []

        def network(window, seen=seen):
            seen.append(window.shape[1:])
            return window

        index, present = points_in(
            network, gaussians(grid, [place], 1.0), size=(24, 32, 24), multiple=(8, 8, 8), sigma=np.ones(3)
        )
        np.testing.assert_allclose(index[0], place, atol=0.02)
        assert present[0] > 0.9
        assert all(np.prod(window) <= 2 * 24 * 32 * 24 for window in seen)


# -- learning ------------------------------------------------------------------------------------------------------


def test_the_heatmap_lies_where_the_changed_image_shows_the_point():
    grid = Grid.regular((24, 28, 20), 2.0)
    places = grid.to_world([[9.3, 12.2, 8.9], [15.1, 17.7, 11.4]])
    case = case_of(grid, gaussians(grid, places, 4.0), places)
    plan = replace(painted_plan(case)).decide("rotation_deg", 40.0, "a lot").decide("scale", 1.3, "a lot")
    plan = plan.decide("shift", 0.1, "a lot").decide("batch", 6, "many")
    batch = draw_batch(plan, [METHOD.prepare(plan, case)], seed=3, step=0)
    for image, heatmap in zip(batch["image"].numpy(), batch["heatmap"].numpy(), strict=True):
        for channel, painted in zip(image, heatmap, strict=True):
            where = [ndimage.center_of_mass((each - each.min()) ** 4) for each in (channel, painted)]
            np.testing.assert_allclose(*where, atol=0.25)


def test_the_unknown_changes_no_loss_and_the_absent_does():
    case = blobs()[0]
    places = case.truth(Points).coordinates
    plan = plan_of([case], steps=10)

    def batch_of(present, first):
        changed = case_of(
            case.inputs["image"].load().grid, case.inputs["image"].load().array(), [first, places[1]], present
        )
        return draw_batch(plan, [METHOD.prepare(plan, changed)], seed=0, step=0)

    logits = torch.randn(2, 2, *plan["size"], generator=torch.Generator().manual_seed(0)).requires_grad_()

    def losses(batch, out=logits):
        return METHOD.losses(lambda inputs: {"out": out}, batch, np.random.default_rng(0))

    nowhere = [np.nan] * 3
    unknown = losses(batch_of((np.nan, 1.0), nowhere))
    assert torch.equal(unknown, losses(batch_of((np.nan, 1.0), places[0])))
    assert torch.equal(unknown, losses(batch_of((1.0, 1.0), nowhere)))
    unknown.sum().backward()
    assert torch.count_nonzero(logits.grad[:, 0]) == 0
    assert torch.count_nonzero(logits.grad[:, 1]) > 0
    absent = batch_of((0.0, 1.0), nowhere)
    assert not torch.equal(unknown, losses(absent))
    assert absent["heatmap"][:, 0].max() == 0
    assert absent["weight"].min() > 0


def test_a_case_of_which_nothing_is_known_is_passed_over():
    known, unknown = blob_case(0), blob_case(1, present=(np.nan, np.nan))
    plan = plan_of([known, unknown])
    prepared = [METHOD.prepare(plan, case) for case in (known, unknown)]
    for step in range(5):
        assert draw_batch(plan, prepared, 0, step)["weight"].min() > 0
    with pytest.raises(Refused, match="no point where it is"):
        draw_batch(plan, prepared[1:], 0, 0)


def null_error(training, held_out):
    """Of the answer that is the mean training place."""
    mean = np.mean([case.truth(Points).coordinates for case in training], axis=0)
    return np.mean([np.linalg.norm(case.truth(Points).coordinates - mean, axis=1) for case in held_out])


def test_a_little_training_finds_points_far_better_than_their_mean_place(tmp_path):
    training, held_out = blobs()[:12], blobs()[12:]
    plan = plan_of(training, features=[8, 16], size_elements=2**11, steps=60, learning_rate=1e-2, precision="fp32")
    ctx = FolderContext.at(tmp_path, seed=0, clock=StepClock())
    state = METHOD.fit(plan, Cases(training, ()), ctx)
    trained = METHOD.open(plan, state, Setting())
    answers = [trained.answer(case, Limits()) for case in held_out]
    errors = [
        np.linalg.norm(said.main.coordinates - case.truth(Points).coordinates, axis=1)
        for said, case in zip(answers, held_out, strict=True)
    ]
    assert np.mean(errors) < 0.25 * null_error(training, held_out)
    task = TASKS.load("landmarks")
    file = task.write(answers[0], tmp_path / "answer", held_out[0])[0]
    assert task.read(file) == answers[0].main


def test_a_picture_is_answered_in_pixels(tmp_path):
    """A bright and a dark spot in colour pictures; rows first, as pictures have it."""

    def picture(number):
        rng = np.random.default_rng(number)
        grid = Grid.picture((40, 56))
        places = rng.uniform(8, np.array(grid.shape) - 9, (2, 2))
        spots = gaussians(grid, places, 3.0)
        colours = np.stack([spots[0], -spots[1], spots[0] - spots[1]]) * 3 + rng.normal(0, 0.3, (3, *grid.shape))
        return case_of(grid, colours, places, name=str(number))

    cases = [picture(number) for number in range(14)]
    plan = plan_of(cases[:10], features=[8, 16, 32], steps=60, learning_rate=1e-2, precision="fp32")
    assert plan["normalisation"] == "ct"  # colours: one window for all
    state = METHOD.fit(plan, Cases(tuple(cases[:10]), ()), FolderContext.at(tmp_path, seed=0, clock=StepClock()))
    trained = METHOD.open(plan, state, Setting())
    answers = [trained.evidence(case, Limits()).main.coordinates for case in cases[10:]]
    errors = [np.linalg.norm(a - c.truth(Points).coordinates, axis=1) for a, c in zip(answers, cases[10:], strict=True)]
    assert np.mean(errors) < 0.25 * null_error(cases[:10], cases[10:])


# -- plans ---------------------------------------------------------------------------------------------------------


def test_the_whole_image_is_seen_at_the_finest_spacing_that_allows_it():
    small = plan_of(blobs())
    assert small["spacing"] == [2.0, 2.0, 2.0]
    assert small["size"] == [24, 32, 24]
    large = plan_of([blob_case(0, shape=(100, 60, 80))])
    assert np.prod(large["size"]) < 1.6 * 2**15
    extents = np.multiply(large["spacing"], large["size"])
    assert (extents >= np.multiply((100, 60, 80), 2.0) - max(large["spacing"])).all()


@pytest.mark.parametrize(
    "wish",
    [
        {"spacing": [1.0]},
        {"size": [24, 24]},
        {"size": [25, 32, 24], "strides": [[1, 1, 1], [2, 2, 2]], "features": [4, 8]},
        {"strides": [[2, 2, 2], [2, 2, 2]]},
        {"kernels": [[2, 2, 2]] * 3},
        {"strides": [[1, 1, 1]], "features": [4, 8, 16]},
    ],
)
def test_sizes_that_do_not_go_together_are_refused(wish):
    with pytest.raises(Refused, match=next(iter(wish))):
        plan_of(blobs()[:2], **wish)


def test_cases_without_points_are_refused():
    case = blobs()[0]
    with pytest.raises(Refused, match="derive them"):
        plan_of([replace(case, truths={})])
    with pytest.raises(Refused, match="has no points"):
        METHOD.prepare(plan_of([case]), replace(case, truths={}))
