"""What cases have to have in common before a network is planned for them."""

import numpy as np
import pytest

from hounsfield.planning.fingerprint import describe
from hounsfield.planning.images import image_rules
from hounsfield.values import Facts, Grid, Image, Refused

PICTURE = np.random.default_rng(0).random((3, 8, 9), np.float32)


def facts(*spacings):
    return Facts.merged([describe(Image.of(PICTURE, Grid.picture((8, 9), spacing)), "image") for spacing in spacings])


def test_pictures_in_millimetres_and_in_pixels_do_not_mix():
    with pytest.raises(Refused, match="mix images in millimetres and in pixels"):
        image_rules(facts(0.1, None))


@pytest.mark.parametrize("spacing", [0.1, None])
def test_colours_keep_their_meaning_whether_or_not_a_spacing_is_known(spacing):
    decided = {decision.what: decision for decision in image_rules(facts(spacing, spacing))}
    assert "colours mean something" in decided["normalisation"].why
