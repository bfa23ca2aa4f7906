"""The ordinary verbs on pairs: train, predict and evaluate with --derive pairs."""

from pathlib import Path

import numpy as np
import pytest

from hounsfield.formats import nifti
from hounsfield.phantoms.torso import torso
from hounsfield.values import Image, LabelMap, Refused
from hounsfield.verbs.evaluate import evaluate
from hounsfield.verbs.predict import predict
from hounsfield.verbs.train import train

TINY = (("iterations", "3"), ("affine_iterations", "10"), ("levels", "2"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Eight torsos of as many patients in folders as the decathlon has them."""
    root = tmp_path_factory.mktemp("torsos")
    for part in ("imagesTr", "labelsTr"):
        (root / part).mkdir()
    for number in range(8):
        case = torso(0, 2 * number, shape=(16, 14, 18), spacing=18)
        organs = case.truth(LabelMap)
        image = case.inputs["image"].load()
        nifti.write_image(root / "imagesTr" / f"t{number}.nii.gz", Image.of(image.array(np.int16), organs.grid))
        nifti.write_labels(root / "labelsTr" / f"t{number}.nii.gz", organs.array, organs.grid)
    return root


def test_train_predict_evaluate(folder: Path, tmp_path: Path):
    way = {"derive": "pairs=to-template"}
    package = train(folder, out=tmp_path / "m", task="registration", wishes=TINY, **way)
    assert package.state.nbytes == 0
    assert package.scores.first == "carried_dice"
    answered = predict(package, folder, out=tmp_path / "out", **way)
    assert len(answered.done) == 7
    assert not answered.problems
    scores = evaluate(tmp_path / "out", folder, **way)
    held_out = 7 - len(package.seen.training) - len(package.seen.validation)
    assert len(scores.cases) == held_out > 0
    assert all(scores.cases[case]["folding"]["displacement"] == 0 for case in scores.cases)
    with pytest.raises(Refused, match="--derive pairs"):
        predict(package, folder, out=tmp_path / "other")
    files = {role: folder / "imagesTr" / f"t{n}.nii.gz" for n, role in enumerate(("fixed", "moving"))}
    assert predict(package, (), out=tmp_path / "one", inputs=files).done == ("t0",)
    with pytest.raises(Refused, match="--derive pairs"):
        train(folder, out=tmp_path / "n", task="registration")
