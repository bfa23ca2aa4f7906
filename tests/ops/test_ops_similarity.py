"""Similarities against plain loops."""

import numpy as np
import pytest
import torch

from hounsfield.ops.similarity import lncc, mind, mse, ncc


def windows(array, radius):
    for at in np.ndindex(array.shape):
        yield array[tuple(slice(max(x - radius, 0), x + radius + 1) for x in at)]


@pytest.mark.parametrize("shape", [(9, 11), (6, 7, 5)])
def test_lncc_equals_a_loop_over_windows(shape):
    rng = np.random.default_rng(0)
    a = rng.normal(size=shape)
    b = 0.5 * a + rng.normal(size=shape)
    pairs = zip(windows(a, 2), windows(b, 2), strict=True)
    want = np.mean([np.corrcoef(x.ravel(), y.ravel())[0, 1] ** 2 for x, y in pairs])
    got = lncc(torch.from_numpy(a)[None, None], torch.from_numpy(b)[None, None], radius=2)
    assert float(got) == pytest.approx(want, abs=1e-4)


def test_lncc_of_an_image_with_its_negative_is_one():
    a = torch.randn(1, 1, 20, 20)
    assert float(lncc(a, 3 - 2 * a)) == pytest.approx(1, abs=1e-3)


def test_ncc_and_mse_are_numpys():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 3, 1, 6, 6))
    want = np.mean([np.corrcoef(x.ravel(), y.ravel())[0, 1] for x, y in zip(a, b, strict=True)])
    assert float(ncc(torch.from_numpy(a), torch.from_numpy(b))) == pytest.approx(want)
    assert float(mse(torch.from_numpy(a), torch.from_numpy(b))) == pytest.approx(np.mean((a - b) ** 2))


def test_constant_images_give_numbers_and_gradients():
    for similarity in (lncc, ncc, mse, lambda a, b: mse(mind(a), mind(b))):
        a = torch.zeros(1, 1, 8, 8, 8, requires_grad=True)
        value = similarity(a, torch.ones(1, 1, 8, 8, 8))
        value.backward()
        assert torch.isfinite(value)
        assert torch.isfinite(a.grad).all()


def test_mind_does_not_see_contrast_but_sees_shifts():
    image = torch.nn.functional.avg_pool3d(torch.randn(1, 1, 24, 24, 24), 3, 1, 1)
    inverted = 40 - 7 * image
    assert mind(image).shape == (1, 12, 24, 24, 24)
    assert mind(image[..., 0]).shape == (1, 4, 24, 24)
    torch.testing.assert_close(mind(image), mind(inverted), atol=1e-3, rtol=0)
    assert mse(mind(image), mind(inverted.roll(2, 2))) > 100 * mse(mind(image), mind(inverted))


def test_mind_at_a_place_by_hand():
    image = np.random.default_rng(2).normal(size=(15, 15))
    at = np.array([7, 7])
    neighbours = [np.array(step) for step in ((-2, 0), (2, 0), (0, -2), (0, 2))]

    def patch(step):
        i, j = at + step
        return image[i - 1 : i + 2, j - 1 : j + 2]

    # each upper or lower neighbour with each left or right one
    distances = [np.mean((patch(p) - patch(q)) ** 2) for p in neighbours[:2] for q in neighbours[2:]]
    distances = np.array(distances) - min(distances)
    got = mind(torch.from_numpy(image)[None, None])[0, :, 7, 7].numpy()
    np.testing.assert_allclose(np.sort(got), np.sort(np.exp(-distances / distances.mean())), atol=1e-6)
