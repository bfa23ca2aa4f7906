"""Augmentation: drawn once, applied alike; geometry in mm."""

import json
from dataclasses import asdict

import numpy as np
import pytest
import torch
from scipy import ndimage

from hounsfield.ops.augmentation import (
    ChannelDraw,
    IntensityAugmentation,
    IntensityDraw,
    SpatialAugmentation,
    SpatialDraw,
    apply_intensity,
    apply_spatial,
    source_shape,
)


def a_draw(d=3, **changes) -> SpatialDraw:
    nothing = {
        "rotation_deg": (0.0,) * (1 if d == 2 else 3),
        "scale": 1.0,
        "translation_mm": (0.0,) * d,
        "flips": (False,) * d,
        "elastic_mm": 0.0,
        "elastic_spacing_mm": 16.0,
        "seed": 3,
    }
    return SpatialDraw(**{**nothing, **changes})


def a_ball(shape, spacing, radius, softness=1.0):
    middle = [(n - 1) / 2 for n in shape]
    at = np.indices(shape)
    distance = np.sqrt(sum(((x - m) * s) ** 2 for x, m, s in zip(at, middle, spacing, strict=True)))
    return torch.from_numpy(np.clip((radius - distance) / softness + 0.5, 0, 1)).float()[None]


@pytest.mark.parametrize("d", [2, 3])
def test_same_draw_same_result_and_draws_are_plain_numbers(d):
    recipe = SpatialAugmentation(elastic_mm=4, flip_axes=(0, 1), translation_mm=3, probability=1.0)
    first, again, other = (recipe.draw(np.random.default_rng(seed), d) for seed in (1, 1, 2))
    assert first == again != other
    read = json.loads(json.dumps(asdict(first)))
    image = torch.randn(2, *(20,) * d)
    labels = torch.randint(0, 3, (20,) * d)
    one, two = apply_spatial(first, image, labels), apply_spatial(SpatialDraw(**read), image, labels)
    assert torch.equal(one[0], two[0])
    assert torch.equal(one[1], two[1])
    assert one[1].dtype == labels.dtype
    assert set(one[1].unique().tolist()) <= {0, 1, 2}
    json.dumps(asdict(recipe))


def test_nothing_drawn_is_the_middle_to_the_bit():
    image, labels = torch.randn(2, 12, 10, 9), torch.randint(0, 3, (12, 10, 9))
    got, got_labels = apply_spatial(a_draw(), image, labels, out_shape=(8, 10, 5))
    assert torch.equal(got, image[:, 2:10, :, 2:7])
    assert torch.equal(got_labels, labels[2:10, :, 2:7])
    flipped, none = apply_spatial(a_draw(flips=(False, True, False)), image)
    assert none is None
    assert torch.equal(flipped, image.flip(2))


def test_a_right_angle_is_a_turn_of_the_array():
    picture = torch.randn(1, 9, 9)
    got, _ = apply_spatial(a_draw(2, rotation_deg=(90.0,)), picture)
    turns = [torch.allclose(got, torch.rot90(picture, k, (1, 2)), atol=1e-4) for k in range(4)]
    assert turns in ([False, True, False, False], [False, False, False, True])
    volume = torch.randn(1, 7, 9, 9)
    got, _ = apply_spatial(a_draw(rotation_deg=(180.0, 0.0, 0.0)), volume)
    assert torch.allclose(got, volume.flip((2, 3)), atol=1e-4)


def test_balls_stay_balls_in_mm():
    shape, spacing = (24, 48, 48), (2.0, 1.0, 1.0)
    ball = a_ball(shape, spacing, 15, softness=6)
    turned, labels = apply_spatial(
        a_draw(rotation_deg=(25.0, 40.0, -30.0)), ball, (ball[0] > 0.5).long(), spacing=spacing
    )
    assert (turned - ball).abs().max() < 0.1
    assert ((turned[0] > 0.5) != (ball[0] > 0.5)).float().mean() < 0.01
    assert ((turned[0] > 0.5) != (labels > 0)).float().mean() < 0.015


def test_scale_and_translation_move_content_as_they_say():
    spacing = (1.0, 1.5)
    small = a_ball((60, 40), spacing, 10)
    grown, _ = apply_spatial(a_draw(2, scale=1.5), small, spacing=spacing)
    assert float(grown.sum() / small.sum()) == pytest.approx(2.25, rel=0.02)
    moved, _ = apply_spatial(a_draw(2, translation_mm=(5.0, -6.0)), small, spacing=spacing)
    centre = ndimage.center_of_mass(moved[0].numpy())
    np.testing.assert_allclose(centre, [29.5 + 5, 19.5 - 4], atol=0.05)


def test_outside_is_the_edge_for_images_and_unknown_for_labels():
    image, labels = torch.full((1, 10, 10), 7.0), torch.ones(10, 10, dtype=torch.uint8)
    got, got_labels = apply_spatial(a_draw(2), image, labels, out_shape=(16, 10), outside=255)
    torch.testing.assert_close(got, torch.full((1, 16, 10), 7.0))
    assert torch.all(got_labels[3:13] == 1)
    assert torch.all(got_labels[:3] == 255)
    assert torch.all(got_labels[13:] == 255)


def test_source_shape_is_large_enough_and_not_wasteful():
    rng = np.random.default_rng(0)
    big = torch.randn(1, 61, 90, 90)
    recipe = SpatialAugmentation(elastic_mm=4, translation_mm=2, scale=(0.8, 1.3), flip_axes=(0,), probability=0.7)
    out, spacing = (11, 20, 22), (3.0, 1.0, 1.2)
    for _ in range(20):
        params = recipe.draw(rng, 3)
        needed = source_shape(params, out, spacing)
        # around the same middle: what is cut off is the same on either side
        whole = big[(slice(None), *(slice(n - (n - m) % 2) for n, m in zip(big.shape[1:], needed, strict=True)))]
        middle = (slice((n - m) // 2, (n + m) // 2) for n, m in zip(whole.shape[1:], needed, strict=True))
        want, _ = apply_spatial(params, whole, out_shape=out, spacing=spacing)
        got, _ = apply_spatial(params, whole[(slice(None), *middle)], out_shape=out, spacing=spacing)
        torch.testing.assert_close(got, want, atol=1e-3, rtol=0)
    assert source_shape(a_draw(), out, spacing) == out
    turned = source_shape(a_draw(2, rotation_deg=(45.0,)), (20, 20), (1, 1))
    assert all(19 * 2**0.5 <= n <= 19 * 2**0.5 + 5 for n in turned)


@pytest.mark.parametrize("d", [2, 3])
def test_bending_is_smooth_bounded_and_does_not_fold(d):
    shape = (40,) * d
    at = torch.from_numpy(np.indices(shape).astype(np.float32))
    recipe = SpatialAugmentation(elastic_mm=100, elastic_spacing_mm=16, probability=1.0, rotation_deg=0, scale=(1, 1))
    for seed in range(5):
        drawn = recipe.draw(np.random.default_rng(seed), d)
        assert drawn.elastic_mm <= 0.4 * 16
        moved, _ = apply_spatial(drawn, at)
        inner = (slice(None), *(slice(8, -8),) * d)
        displacement = (moved - at).numpy()[inner]
        assert 0 < np.abs(displacement).max() <= drawn.elastic_mm + 1e-3
        jacobian = np.stack([np.stack(np.gradient(moved[w].numpy()[inner[1:]])) for w in range(d)])
        assert np.linalg.det(np.moveaxis(jacobian, (0, 1), (-2, -1))).min() > 0


def test_bending_is_in_mm_on_anisotropic_elements():
    at = torch.from_numpy(np.indices((20, 60)).astype(np.float32))
    drawn = a_draw(2, elastic_mm=4.0)
    thick, _ = apply_spatial(drawn, at, spacing=(3.0, 1.0))
    displacement_mm = (thick - at).numpy() * np.array([3.0, 1.0]).reshape(2, 1, 1)
    inner = displacement_mm[:, 3:-3, 8:-8]
    assert np.all(np.abs(inner).max(axis=(1, 2)) > 0.8)
    assert np.all(np.abs(inner).max(axis=(1, 2)) <= 4.0)


def test_probabilities_and_ranges_are_kept():
    rng = np.random.default_rng(0)
    recipe = SpatialAugmentation(rotation_deg=(10, 0, 20), scale=(0.5, 2.0), flip_axes=(2,), probability=0.25)
    draws = [recipe.draw(rng, 3) for _ in range(1000)]
    angles = np.array([d.rotation_deg for d in draws])
    assert np.all(np.abs(angles).max(axis=0) <= [10, 0, 20])
    assert 0.2 < (angles[:, 0] != 0).mean() < 0.3
    assert 0.2 < np.mean([d.scale != 1 for d in draws]) < 0.3
    assert all(0.5 <= d.scale <= 2 for d in draws)
    np.testing.assert_allclose(np.mean([d.flips for d in draws], axis=0), [0, 0, 0.5], atol=0.05)
    changes = [IntensityAugmentation().draw(rng, 2) for _ in range(500)]
    gammas = np.array([c.gamma for draw in changes for c in draw.channels])
    assert 0.25 < (gammas != 1).mean() < 0.35
    assert np.all((gammas >= 0.7) & (gammas <= 1.5))


def one_channel(image, **change):
    return apply_intensity(IntensityDraw((ChannelDraw(**change),), seed=11), image)


def test_intensity_draw_decides_everything_and_leaves_the_image_alone():
    recipe = IntensityAugmentation(
        noise_probability=1, blur_probability=1, resolution_probability=1, gamma_probability=1
    )
    image = torch.randn(2, 12, 13, 14)
    before = image.clone()
    drawn = recipe.draw(np.random.default_rng(0), 2)
    assert drawn == recipe.draw(np.random.default_rng(0), 2)
    json.dumps(asdict(drawn))
    torch.manual_seed(1)
    first = apply_intensity(drawn, image)
    torch.manual_seed(2)
    assert torch.equal(first, apply_intensity(drawn, image))
    assert torch.equal(image, before)
    assert not torch.equal(first, image)
    assert torch.equal(apply_intensity(IntensityDraw((ChannelDraw(),) * 2, 0), image), image)


def test_each_change_does_what_its_name_says():
    image = torch.randn(1, 40, 40, 40) * 5 + 3
    noisy = one_channel(image, noise=0.2)
    assert float((noisy - image).std()) == pytest.approx(0.2 * float(image.std()), rel=0.02)
    assert abs(float((noisy - image).mean())) < 0.02
    want = ndimage.gaussian_filter(image[0].numpy(), 0.8, mode="nearest", radius=3)
    np.testing.assert_allclose(one_channel(image, blur=0.8)[0], want, atol=1e-4)
    torch.testing.assert_close(one_channel(image, brightness=0.5), image + 0.5 * image.std(correction=0))
    middle = image.mean()
    torch.testing.assert_close(one_channel(image, contrast=0.5), middle + 0.5 * (image - middle))
    coarse = one_channel(image, resolution=0.5)
    assert coarse.shape == image.shape
    assert coarse.diff(dim=3).abs().mean() < 0.6 * image.diff(dim=3).abs().mean()


def test_gamma_bends_within_the_range():
    ramp = torch.linspace(-1, 3, 5)[None, None]
    got = one_channel(ramp, gamma=2.0)
    torch.testing.assert_close(got, -1 + 4 * torch.tensor([[[0, 1 / 16, 1 / 4, 9 / 16, 1]]]))
    inverted = one_channel(ramp, gamma=2.0, gamma_inverted=True)
    torch.testing.assert_close(inverted, -1 + 4 * torch.tensor([[[0, 7 / 16, 3 / 4, 15 / 16, 1]]]))


def test_constant_and_thin_images_survive_everything():
    everything = ChannelDraw(noise=0.1, blur=1, brightness=0.2, contrast=1.2, resolution=0.5, gamma=0.8)
    for shape in ((1, 1, 8), (1, 16, 16, 1)):
        got = apply_intensity(IntensityDraw((everything,), 0), torch.full(shape, 2.0))
        torch.testing.assert_close(got, torch.full(shape, 2.0))
        bent = SpatialAugmentation(elastic_mm=4, probability=1).draw(np.random.default_rng(0), len(shape) - 1)
        assert torch.isfinite(apply_spatial(bent, torch.randn(shape))[0]).all()
