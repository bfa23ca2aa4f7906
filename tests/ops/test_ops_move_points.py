"""Points follow their image through a deformation."""

import numpy as np
import pytest
import torch

from hounsfield.ops.augmentation import SpatialAugmentation, apply_spatial, move_points
from hounsfield.ops.points import heatmap


@pytest.mark.parametrize(
    ("shape", "out", "spacing"), [((30, 41), (36, 40), (1.0, 1.4)), ((26, 30, 24), (24, 33, 28), (1.0, 0.8, 1.5))]
)
def test_a_blob_is_seen_where_its_point_is_moved_to(shape, out, spacing):
    rng = np.random.default_rng(0)
    recipe = SpatialAugmentation(
        rotation_deg=40, scale=(0.8, 1.25), translation_mm=3, flip_axes=range(len(shape)), probability=0.8
    )
    for _ in range(12):
        draw = recipe.draw(rng, len(shape))
        point = (np.array(shape) - 1) / 2 + rng.uniform(-5, 5, len(shape))
        blob = torch.from_numpy(heatmap(point[None], shape, 1.5 / np.array(spacing)))
        seen, _ = apply_spatial(draw, blob, out_shape=out, spacing=spacing)
        weights = seen[0].numpy() * (seen[0].numpy() > 0.02)
        centre = [float((weights * line).sum() / weights.sum()) for line in np.indices(out)]
        moved = move_points(draw, point[None], shape=shape, out_shape=out, spacing=spacing)[0]
        np.testing.assert_allclose(centre, moved, atol=0.06)


def test_a_point_without_a_place_stays_so_and_spoils_no_other():
    draw = SpatialAugmentation(probability=1.0).draw(np.random.default_rng(1), 3)
    points = np.array([[1.0, 2, 3], [np.nan] * 3, [4, 5, 6]])
    moved = move_points(draw, points, shape=(9, 9, 9), out_shape=(9, 9, 9), spacing=(1, 1, 1))
    assert np.isnan(moved[1]).all()
    alone = move_points(draw, points[2:], shape=(9, 9, 9), out_shape=(9, 9, 9), spacing=(1, 1, 1))
    np.testing.assert_allclose(moved[2], alone[0])


def test_a_bent_patch_is_refused():
    draw = SpatialAugmentation(elastic_mm=5, probability=1.0).draw(np.random.default_rng(1), 2)
    with pytest.raises(ValueError, match="bent"):
        move_points(draw, np.zeros((1, 2)), shape=(9, 9), out_shape=(9, 9), spacing=(1, 1))
