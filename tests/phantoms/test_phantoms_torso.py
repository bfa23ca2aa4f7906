from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from hounsfield.phantoms.torso import spacing_of_full_view, torso, torso_pair
from hounsfield.values import Refused

MUSCLE = 55
# What organs read at difficulty 0, and what else a voxel may be.
TISSUES = {1: -850, 2: MUSCLE + 90, 3: MUSCLE + 135, 4: MUSCLE + 195}
OTHERS = (-1000, -100, 25, MUSCLE, MUSCLE + 52)


def image_of(case, role="image"):
    return case.inputs[role].load()


def truth_of(case, name):
    return case.truths[name].answer.load()


def world_of(grid):
    return grid.to_world(np.indices(grid.shape).reshape(grid.ndim, -1).T).reshape(*grid.shape, grid.ndim)


def largest(mask, count):
    parts, _ = ndimage.label(mask)
    sizes = np.bincount(parts.ravel())[1:]
    return np.isin(parts, 1 + np.argsort(sizes)[::-1][:count])


def oracle(image):
    """Labels from nothing but thresholds at the tissues' known HU and where an organ lies in the body."""
    raw, world = image.array()[0], world_of(image.grid)
    hu = ndimage.median_filter(raw, 3)
    levels = np.array([*OTHERS, *TISSUES.values()])
    nearest = np.abs(hu[..., None] - levels).argmin(-1) - len(OTHERS) + 1
    right, front = np.moveaxis(world - world[hu > -400].mean(0), -1, 0)[:2]
    spine = ndimage.binary_closing((raw > 225) & (np.abs(right) < 38) & (front < -15))
    found = np.zeros(hu.shape, int)
    found[largest(ndimage.binary_opening((nearest == 1) & ~spine), 2)] = 1
    found[largest(ndimage.binary_opening((nearest == 2) & ~spine, iterations=2), 1)] = 2
    found[largest(ndimage.binary_opening((nearest == 3) & ~spine & (right < 0)), 1)] = 3
    found[largest(ndimage.binary_opening((nearest == 4) & ~spine), 2)] = 4
    found[largest(spine, 1)] = 5
    return found


def dice(a, b):
    return 2 * np.count_nonzero(a & b) / max(1, np.count_nonzero(a) + np.count_nonzero(b))


def oracle_dice(null):
    """Mean Dice of the oracle by label over cases at difficulty 0."""
    rows = []
    for number in range(0, 8, 2):
        case = torso(3, number, difficulty=0, null=null)
        found, organs = oracle(image_of(case)), truth_of(case, "organs")
        rows.append([dice(found == label, organs.array == label) for label in organs.labels])
    return np.mean(rows, axis=0)


def test_same_seed_same_bytes_and_another_number_another_case():
    first, again, other, scan_two = torso(1, 4), torso(1, 4), torso(1, 6), torso(1, 5)
    assert image_of(first) == image_of(again)
    assert truth_of(first, "organs") == truth_of(again, "organs")
    assert truth_of(first, "landmarks") == truth_of(again, "landmarks")
    assert first.inputs["image"].digest() == again.inputs["image"].digest()
    assert image_of(first) != image_of(other)
    assert image_of(first) != image_of(scan_two)
    assert first.patient == scan_two.patient != other.patient


def test_thresholds_recover_the_organs_at_difficulty_zero():
    assert np.all(oracle_dice("none") > (0.9, 0.8, 0.7, 0.6, 0.7))


def test_without_signal_thresholds_find_nothing():
    assert np.all(oracle_dice("no_signal") < 0.02)


def test_shuffled_truth_agrees_no_better_than_two_patients_do():
    agreement = oracle_dice("shuffled")
    bodies = [truth_of(torso(3, n, difficulty=0), "organs") for n in range(40, 54, 2)]
    pairs = []
    for one, other in pairwise(bodies):
        index = np.rint(other.grid.to_index(world_of(one.grid).reshape(-1, 3))).astype(int)
        inside = np.all((index >= 0) & (index < other.grid.shape), axis=1)
        theirs = np.zeros(len(index), int)
        theirs[inside] = other.array[tuple(index[inside].T)]
        pairs.append([dice(one.array.ravel() == label, theirs == label) for label in one.labels])
    assert np.all(np.abs(agreement - np.mean(pairs, axis=0)) < 0.25)
    assert np.all(agreement < (0.85, 0.8, 0.65, 0.65, 0.7))


def test_a_null_changes_one_thing_only():
    case, empty, swapped = (torso(5, 2, null=null) for null in ("none", "no_signal", "shuffled"))
    assert truth_of(case, "organs") == truth_of(empty, "organs")
    assert truth_of(case, "landmarks") == truth_of(empty, "landmarks")
    assert image_of(case) == image_of(swapped)
    assert truth_of(case, "organs") != truth_of(swapped, "organs")
    full, bare = image_of(case), image_of(empty)
    assert full.grid == bare.grid
    same = full.array() == bare.array()
    # Noise, framing, skin and fat are untouched; lungs and organs are gone.
    assert same.mean() > 0.5
    inside = truth_of(case, "organs").array > 0
    assert same[0][inside].mean() < 0.2


def test_values_and_sizes_are_plausible():
    volumes, present = [], []
    for number in range(20):
        case = torso(11, number)
        image, organs, points = image_of(case), truth_of(case, "organs"), truth_of(case, "landmarks")
        hu = image.array()[0]
        assert image.source.dtype == np.int16
        assert organs.grid == image.grid
        assert -1024 <= hu.min() < -900
        assert 250 < hu.max() < 700
        inner = ndimage.binary_erosion(organs.array == 1)
        assert -900 < hu[inner].mean() < -780
        assert 80 < hu[ndimage.binary_erosion(organs.array == 2)].mean() < 145
        voxels = np.bincount(organs.array.ravel(), minlength=6)
        volumes.append(voxels[[1, 2, 4]] * image.grid.voxel_volume / 1000)
        present.append(points.present)
    lung_ml, liver_ml, kidneys_ml = np.median(volumes, axis=0)
    assert 1000 < lung_ml < 3000
    assert 400 < liver_ml < 1200
    assert 100 < kidneys_ml < 300
    share = np.mean(present)
    assert 0.8 < share < 1


def test_landmarks_lie_in_their_structures_and_are_absent_outside_the_view():
    inside = {"liver_dome": 2, "liver_tip": 2, "spleen_tip": 3, "vertebra_l1": 5, "right_lung_apex": 1}
    inside |= {f"{side}_kidney_{end}": 4 for side in ("right", "left") for end in ("upper", "lower")}
    hits, absent = [], 0
    for number in range(0, 24, 2):
        case = torso(2, number)
        organs, points = truth_of(case, "organs"), truth_of(case, "landmarks")
        for name, world, present in zip(points.names, points.coordinates, points.present, strict=True):
            assert np.isfinite(world).all() == bool(present)
            if not present:
                absent += 1
            elif name in inside:
                hits.append(organs.array[tuple(np.rint(organs.grid.to_index(world)[0]).astype(int))] == inside[name])
    assert np.mean(hits) > 0.93  # the rest lie within a voxel of a border
    assert absent > 0


def test_left_is_left_whichever_way_the_axes_run():
    orientations = set()
    for number in range(0, 24, 2):
        case = torso(0, number)
        organs = truth_of(case, "organs")
        world = world_of(organs.grid)
        assert world[organs.array == 2][:, 0].mean() > world[organs.array == 3][:, 0].mean()  # liver right of spleen
        assert world[organs.array == 1][:, 2].mean() > world[organs.array == 4][:, 2].mean()  # lungs above kidneys
        orientations.add(tuple(np.sign(np.diag(organs.grid.affine)[:3])))
    assert len(orientations) > 2


def test_a_small_shape_sees_the_same_body():
    spacing = spacing_of_full_view((16, 16, 16))
    small, large = torso(0, 3, shape=(16, 16, 16), spacing=spacing), torso(0, 3)
    assert image_of(small).grid.extent == pytest.approx(image_of(large).grid.extent, rel=0.01)
    a, b = truth_of(small, "organs"), truth_of(large, "organs")
    for label in (1, 2):
        volumes = [np.count_nonzero(m.array == label) * m.grid.voxel_volume for m in (a, b)]
        assert volumes[0] == pytest.approx(volumes[1], rel=0.25)


@pytest.mark.parametrize("wrong", [{"shape": (48, 40)}, {"shape": (4, 40, 40)}, {"spacing": 0}, {"spacing": (1, 2)}])
def test_impossible_grids_are_refused(wrong):
    with pytest.raises(Refused):
        torso(0, 0, **wrong)


class TestPair:
    def carried(self, case, transform):
        """Moving labels pulled to the fixed grid by T, with an interpolation written here."""
        moving = truth_of(case, "moving_organs")
        x = world_of(transform.fixed_grid).reshape(-1, 3) + transform.displacement.reshape(3, -1).T
        y = x @ transform.affine[:3, :3].T + transform.affine[:3, 3]
        index = np.rint(moving.grid.to_index(y)).astype(int)
        inside = np.all((index >= 0) & (index < moving.grid.shape), axis=1)
        labels = np.full(len(index), -1)
        labels[inside] = moving.array[tuple(index[inside].T)]
        return labels.reshape(transform.fixed_grid.shape)

    def test_the_transform_carries_labels_and_points(self):
        scores, apart, before = [], [], []
        for number in range(4):
            case = torso_pair(1, number)
            transform, fixed = truth_of(case, "transform"), truth_of(case, "fixed_organs")
            labels = self.carried(case, transform)
            for label in (1, 2, 5):
                scores.append(dice((labels == label), (fixed.array == label) & (labels >= 0)))
            a, b = truth_of(case, "fixed_landmarks"), truth_of(case, "moving_landmarks")
            both = (a.present > 0) & (b.present > 0)
            index = fixed.grid.to_index(a.coordinates[both]).T
            u = np.stack([ndimage.map_coordinates(c, index, order=1) for c in transform.displacement], axis=1)
            pushed = (a.coordinates[both] + u) @ transform.affine[:3, :3].T + transform.affine[:3, 3]
            apart.extend(np.linalg.norm(pushed - b.coordinates[both], axis=1))
            before.extend(np.linalg.norm(a.coordinates[both] - b.coordinates[both], axis=1))
        assert np.mean(scores) > 0.9  # nearest voxels of 6 mm, not the transform, keep it from 1
        assert np.max(apart) < 1.0
        assert np.mean(before) > 5.0

    def test_the_displacement_never_folds_and_ends_at_the_border(self):
        for number in range(4):
            transform = truth_of(torso_pair(2, number, difficulty=1.0), "transform")
            u = transform.displacement
            assert u.shape == (3, 48, 40, 56)
            assert u.dtype == np.float32
            assert 8 < np.linalg.norm(u, axis=0).max() < 19
            for axis in (1, 2, 3):
                assert np.abs(np.take(u, [0, -1], axis=axis)).max() < 1e-4
            x = np.moveaxis(world_of(transform.fixed_grid), -1, 0) + u
            steps = np.stack([np.stack(np.gradient(c), -1) for c in x], -2)
            jacobian = np.linalg.det(steps) / np.linalg.det(transform.fixed_grid.affine[:3, :3])
            assert jacobian.min() > 0.2

    def test_nulls(self):
        case, empty, swapped = (torso_pair(0, 1, null=null) for null in ("none", "no_signal", "shuffled"))
        assert truth_of(case, "transform") == truth_of(empty, "transform")
        for role in ("fixed", "moving"):
            assert image_of(case, role) == image_of(swapped, role)
            assert image_of(case, role) != image_of(empty, role)
        told = truth_of(swapped, "transform")
        assert told.fixed_grid == truth_of(case, "transform").fixed_grid
        assert told != truth_of(case, "transform")

    def test_roles(self):
        case = torso_pair(0, 0)
        assert {name: truth.of for name, truth in case.truths.items()} == {
            "fixed_organs": "fixed",
            "fixed_landmarks": "fixed",
            "moving_organs": "moving",
            "moving_landmarks": "moving",
            "transform": "fixed",
        }
        assert truth_of(case, "moving_organs").grid == image_of(case, "moving").grid
