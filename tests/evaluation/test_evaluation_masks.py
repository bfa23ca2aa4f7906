"""Overlap, surfaces and lesions against naive implementations and SimpleITK, on random masks."""

import itertools

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - the name its users give it

from hounsfield.evaluation.overlap import dice, lesion_counts, volume_error
from hounsfield.evaluation.surface import hd95, nsd, surface

N_RANDOM = 1000


def random_pair(seed: int) -> tuple[np.ndarray, np.ndarray, tuple[float, ...]]:
    """Two masks that resemble each other more or less: noise or boxes, 1 to 8 voxels an axis, 2D or 3D."""
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 9, size=rng.integers(2, 4)))
    spacing = tuple(float(s) for s in rng.choice([0.5, 0.7, 1.0, 1.3, 3.0], size=len(shape)))
    masks = []
    for _ in range(2):
        if rng.random() < 0.5:
            masks.append(rng.random(shape) < rng.choice([0.0, 0.05, 0.3, 0.7, 1.0]))
        else:
            corners = [sorted(rng.integers(0, n + 1, size=2)) for n in shape]
            mask = np.zeros(shape, bool)
            mask[tuple(slice(low, high) for low, high in corners)] = True
            masks.append(mask)
    if rng.random() < 0.3:
        masks[1] = masks[0] ^ (rng.random(shape) < 0.1)
    return masks[0], masks[1], spacing


def naive_surface(mask: np.ndarray) -> list[tuple[int, ...]]:
    points = {tuple(p) for p in np.argwhere(mask).tolist()}

    def is_inside(p: tuple[int, ...]) -> bool:
        return all((*p[:a], p[a] + step, *p[a + 1 :]) in points for a in range(len(p)) for step in (-1, 1))

    return sorted(p for p in points if not is_inside(p))


def naive_distances(a: np.ndarray, b: np.ndarray, spacing: tuple[float, ...]) -> tuple[list[float], list[float]]:
    pa, pb = (np.array(naive_surface(m), float) * spacing for m in (a, b))
    pairwise = np.sqrt(((pa[:, None] - pb[None]) ** 2).sum(-1))
    return pairwise.min(1).tolist(), pairwise.min(0).tolist()


def naive_percentile(values: list[float], q: float) -> float:
    ordered = sorted(values)
    place = q / 100 * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def naive_components(mask: np.ndarray) -> list[set[tuple[int, ...]]]:
    left = {tuple(p) for p in np.argwhere(mask).tolist()}
    components = []
    while left:
        component, queue = set(), [left.pop()]
        while queue:
            p = queue.pop()
            component.add(p)
            for step in itertools.product((-1, 0, 1), repeat=len(p)):
                q = tuple(x + s for x, s in zip(p, step, strict=True))
                if q in left:
                    left.remove(q)
                    queue.append(q)
        components.append(component)
    return components


def naive_lesions(found: np.ndarray, truth: np.ndarray) -> tuple[int, int, int]:
    found_parts, true_parts = naive_components(found), naive_components(truth)
    hits, useful = 0, set()
    for lesion in true_parts:
        touching = [i for i, part in enumerate(found_parts) if part & lesion]
        together = set().union(*(found_parts[i] for i in touching))
        if 10 * len(together & lesion) >= len(together | lesion):
            hits += 1
            useful |= set(touching)
    return hits, len(found_parts) - len(useful), len(true_parts) - hits


def test_agrees_with_naive_implementations_on_random_masks():
    both_defined = 0
    for seed in range(N_RANDOM):
        found, truth, spacing = random_pair(seed)
        n, m, shared = int(found.sum()), int(truth.sum()), int((found & truth).sum())
        assert dice(found, truth) == pytest.approx(2 * shared / (n + m) if n + m else np.nan, nan_ok=True)
        error = volume_error(found, truth, 0.5)
        assert error.percent == pytest.approx(100 * (n - m) / m if m else np.nan, nan_ok=True)
        assert error.volume == pytest.approx(0.5 * (n - m))
        assert sorted(map(tuple, np.argwhere(surface(found)).tolist())) == naive_surface(found)
        assert tuple(lesion_counts(found, truth)) == naive_lesions(found, truth), seed
        if not (n and m):
            assert np.isnan(hd95(found, truth, spacing))
            assert nsd(found, truth, spacing, 1.0) == pytest.approx(0.0 if n + m else np.nan, nan_ok=True)
            continue
        both_defined += 1
        to_truth, to_found = naive_distances(found, truth, spacing)
        expected = max(naive_percentile(to_truth, 95), naive_percentile(to_found, 95))
        assert hd95(found, truth, spacing) == pytest.approx(expected, abs=1e-9), seed
        together = to_truth + to_found
        for tolerance in (0.0, 1.0, 2.2):
            within = sum(d <= tolerance + 1e-9 for d in together)
            assert nsd(found, truth, spacing, tolerance) == pytest.approx(within / len(together)), seed
    assert both_defined >= 500  # the random masks do try what they are for


def as_itk(mask: np.ndarray, spacing: tuple[float, ...]) -> sitk.Image:
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(spacing[::-1])
    return image


def test_agrees_with_simpleitk_on_random_masks():
    compared = 0
    for seed in range(1000, 1200):
        found, truth, spacing = random_pair(seed)
        if not found.any() or not truth.any():
            continue
        compared += 1
        overlap = sitk.LabelOverlapMeasuresImageFilter()
        overlap.Execute(as_itk(found, spacing), as_itk(truth, spacing))
        assert dice(found, truth) == pytest.approx(overlap.GetDiceCoefficient())
        # ITK relates the difference to the mean of both volumes, not to the truth's
        n, m = int(found.sum()), int(truth.sum())
        similarity = 200 * (n - m) / (n + m)
        assert overlap.GetVolumeSimilarity() * 100 == pytest.approx(similarity)
        assert volume_error(found, truth).percent * m == pytest.approx(similarity * (n + m) / 2)
        padded = [as_itk(np.pad(mask, 1), spacing) for mask in (found, truth)]
        contours = [sitk.LabelContour(image, fullyConnected=False) for image in padded]
        maps = [
            np.abs(sitk.GetArrayFromImage(sitk.SignedMaurerDistanceMap(c, squaredDistance=False, useImageSpacing=True)))
            for c in contours
        ]
        on = [sitk.GetArrayFromImage(c) > 0 for c in contours]
        directed = (maps[1][on[0]], maps[0][on[1]])
        assert hd95(found, truth, spacing) == pytest.approx(max(np.percentile(d, 95) for d in directed), abs=1e-4)
        within = np.concatenate(directed) <= 1.0 + 1e-4
        assert nsd(found, truth, spacing, 1.0 + 1e-4) == pytest.approx(within.mean())
    assert compared > 100


def test_a_large_block_moved_by_three_voxels():
    truth = np.zeros((160, 160, 160), bool)
    truth[20:140, 20:140, 20:140] = True
    found = np.roll(truth, 3, axis=0)
    assert hd95(found, truth, (1.0, 1.0, 2.0)) == pytest.approx(3.0)
