"""A folder that is for two tasks at once: inspect tells both, plan and train ask, the others know from the model."""

import numpy as np
import pytest
from PIL import Image as Pillow

from hounsfield.values import LabelMap, Refused
from hounsfield.verbs.data import open_dataset
from hounsfield.verbs.inspect import inspect
from hounsfield.verbs.plan import plan


@pytest.fixture
def both(tmp_path):
    """Ultrasound in the way of BUSI: a folder for each class, and a mask beside each image."""
    rng = np.random.default_rng(0)
    for name in ("benign", "malignant"):
        (tmp_path / name).mkdir()
        for number in range(1, 9):
            image, mask = rng.integers(0, 255, (16, 16), np.uint8), np.zeros((16, 16), np.uint8)
            mask[4:9, 5:12] = 255
            Pillow.fromarray(image).save(tmp_path / name / f"{name} ({number}).png")
            Pillow.fromarray(mask).save(tmp_path / name / f"{name} ({number})_mask.png")
    return tmp_path


def test_inspect_tells_every_reading(both):
    found = inspect(both)
    rows = dict(found.rows())
    assert rows["read as"].startswith("suffix_masks (16 of 16 images with a mask beside it")
    assert rows["also as"].startswith("class_folders, for diagnosis, 60% sure (the images lie in a folder for each")
    assert [reading["layout"] for reading in found.to_json()["readings"]] == ["suffix_masks", "class_folders"]


def test_inspect_audits_every_reading(both):
    pixels = (both / "benign" / "benign (3).png").read_bytes()
    (both / "malignant" / "malignant (2).png").write_bytes(pixels)
    found = inspect(both)
    assert [fault.check for fault in found.faults] == ["duplicates"]
    (contradiction,) = found.newly_found()["class_folders"]
    assert contradiction.check == "contradictions"
    assert found.to_json()["also"]["class_folders"][0]["check"] == "contradictions"
    assert not inspect(both, layout="suffix_masks").also


def test_plan_asks_for_which_task(both):
    with pytest.raises(Refused, match=r"for segmentation \(.*\) and for diagnosis \(.*--task segmentation or --task"):
        plan(str(both), steps=1)
    assert open_dataset(both, task="diagnosis").layout == "class_folders"
    assert open_dataset(both, task="landmarks").layout == "suffix_masks"  # nobody reads it so: the surest does
    assert open_dataset(both).cases[0].truth(LabelMap) is not None
