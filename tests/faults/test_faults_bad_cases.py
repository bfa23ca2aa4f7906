"""A hundred cases, some of them bad: the others are answered and scored, the bad ones listed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
from command_process import Commands, World

from hounsfield.formats import nifti


def a_hundred(torsos: Path, folder: Path) -> None:
    """Each torso ten times, each time a little brighter, so that no model has seen it."""
    for part in ("imagesTr", "labelsTr"):
        (folder / part).mkdir(parents=True)
    for source in sorted((torsos / "imagesTr").iterdir()):
        image = nifti.read_image(source)
        for n in range(10):
            name = f"{source.name.split('.')[0]}{n}.nii.gz"
            brighter = type(image).of(image.array(np.float32) + n + 1, image.grid)
            nifti.write_image(folder / "imagesTr" / name, brighter)
            shutil.copy(torsos / "labelsTr" / source.name, folder / "labelsTr" / name)
    said = json.loads((torsos / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps({"labels": said["labels"], "modality": said["modality"]}))


def test_of_a_hundred_cases_seven_can_not_be_read_and_of_seven_others_the_truth(
    commands: Commands, stranger: World, torsos: Path, model
) -> None:
    scans, answers = stranger.folder / "scans", stranger.folder / "answers"
    stranger.folder.chmod(0o755)
    a_hundred(torsos, scans)
    answers.mkdir()
    answers.chmod(0o777)
    images, labels = (sorted((scans / part).iterdir()) for part in ("imagesTr", "labelsTr"))
    bad, untold = images[5:96:15], labels[7:98:15]
    for image in bad[:3]:
        image.write_bytes(image.read_bytes()[:200])
    bad[3].write_bytes(b"")
    for image in bad[4:]:
        image.chmod(0)
    predicted = commands.run(stranger, "predict", model.folder, "scans", "--out", "answers")
    assert predicted.code == 3, predicted
    assert predicted.out.startswith("93 answered, in answers")
    assert sorted(line.split(": ")[2] for line in predicted.said) == [f"scans/imagesTr/{path.name}" for path in bad]
    for label in untold:
        label.write_bytes(b"no labels")
    scored = commands.run(stranger, "evaluate", "answers", "scans")
    assert (scored.code, len(scored.said)) == (3, 14)
    assert all(any(path.name in line for line in scored.said) for path in (*bad, *untold))
    assert "7 cases have no answer that can be compared; counted as the worst value in dice" in scored.out
    assert "7 cases have a truth that can not be read; not counted." in scored.out
    cases = json.loads((answers / "scores.json").read_text())["cases"]
    assert len(cases) == 93
    assert all(set(cases[path.name.split(".")[0]]["dice"].values()) == {0.0} for path in bad)
    assert not cases.keys() & {path.name.split(".")[0] for path in untold}
    for image in bad:
        Path(image).chmod(0o644)
