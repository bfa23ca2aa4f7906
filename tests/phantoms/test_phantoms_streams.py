import subprocess
import sys

import numpy as np
import pytest

from hounsfield.phantoms.fields import LatticeField, smooth_field
from hounsfield.phantoms.recipe import Recipe
from hounsfield.phantoms.streams import stream
from hounsfield.values import Refused


def test_a_stream_is_known_by_seed_case_and_name():
    first = stream(3, 7, "noise").standard_normal(1000)
    assert np.array_equal(first, stream(3, 7, "noise").standard_normal(1000))
    for other in (stream(4, 7, "noise"), stream(3, 8, "noise"), stream(3, 7, "organs"), stream(7, 3, "noise")):
        assert abs(np.corrcoef(first, other.standard_normal(1000))[0, 1]) < 0.15


def test_a_stream_is_the_same_in_another_process():
    code = "from hounsfield.phantoms.streams import stream; print(stream(3, 7, 'noise').integers(2**60))"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "99"}
    )
    assert int(told.stdout) == stream(3, 7, "noise").integers(2**60)


def test_fields_have_the_size_they_claim():
    field = smooth_field(np.random.default_rng(0), (40, 50), 2)
    assert field.mean() == pytest.approx(0, abs=1e-5)
    assert field.std() == pytest.approx(1, abs=1e-4)
    lattice = LatticeField(np.random.default_rng(0), 10.0)
    nodes = lattice.at(np.array([[10.0, 20], [0, 0], [0, 0]]))
    halfway = lattice.at(np.array([[15.0], [0], [0]]))
    assert halfway == pytest.approx(nodes.mean(), abs=1e-5)


@pytest.mark.parametrize(
    ("change", "word"),
    [({"null": "nothing"}, "null mode"), ({"difficulty": 1.5}, "difficulty"), ({"number": -1}, "negative")],
)
def test_a_recipe_outside_its_ranges_is_refused(change, word):
    with pytest.raises(Refused, match=word):
        Recipe(**({"generator": "cells", "seed": 0, "number": 0} | change))


def test_a_digest_tells_everything_that_decides_a_value():
    recipe = Recipe("cells", 0, 0, settings={"shape": [64, 64]})
    others = [
        Recipe("cells", 1, 0, settings={"shape": [64, 64]}),
        Recipe("cells", 0, 1, settings={"shape": [64, 64]}),
        Recipe("cells", 0, 0, 0.6, settings={"shape": [64, 64]}),
        Recipe("cells", 0, 0, null="shuffled", settings={"shape": [64, 64]}),
        Recipe("cells", 0, 0, settings={"shape": [64, 65]}),
    ]
    digests = {r.digest("image") for r in (recipe, *others)} | {recipe.digest("boxes")}
    assert len(digests) == 7
    assert recipe.digest("image") == Recipe("cells", 0, 0, settings={"shape": [64, 64]}).digest("image")
