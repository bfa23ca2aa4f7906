"""Boxes, points, diagnoses from images, tables and series: better than chance on patients that nobody has seen?

    python benchmarks/thin_ways.py [NAME ...] [--seeds 3]          (counted steps: about half an hour on two cores)

Each way trains on real data through the ordinary verb and answers its held-out cases. The null deals the answers
out anew: what is learnt of the case itself is gone then, what is only usual of the set stays. Prints and writes
both with intervals over patients. Registration has a script of its own.
"""

import argparse
import csv
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import hounsfield as hu
from hounsfield.evaluation.scoring import score
from hounsfield.layouts.splits import read_split
from hounsfield.registry.tables import TASKS
from hounsfield.values import Case
from hounsfield.verbs.data import derived

HERE = Path(__file__).parent
HEARTS = ("age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang", "oldpeak")
HEARTS += ("slope", "ca", "thal", "num")


@dataclass(frozen=True)
class Way:
    """A data set, how it is opened, and what is asked of `train`."""

    folder: str
    opening: Mapping[str, Any] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=dict)


WAYS = {
    "boxes": Way("blood_cells", asked={"steps": 600}),
    "centroids": Way("hippocampus", asked={"task": "landmarks", "derive": "centroids", "steps": 600}),
    "poles": Way("hippocampus", asked={"task": "landmarks", "derive": "poles", "steps": 600}),
    "images": Way("chest_xray", asked={"steps": 800}),
    "table": Way("hearts_four_hospitals", {"columns": HEARTS, "target": "num>0"}),
    "series": Way("icu", asked={"method": "gru_d", "steps": 600}),
}


def without_sealed(data: Path, seed: int, folder: Path) -> Path:
    """A split of hippocampus that leaves out every fifth case: those are for the segmentation benchmark alone."""
    names = sorted(file.name.removesuffix(".nii.gz") for file in (data / "labelsTr").glob("*.nii.gz"))
    rest = [name for number, name in enumerate(names) if number % 5 != 4]
    path = folder / f"split-{seed}.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["case", "part"])
        for number, name in enumerate(rest):
            part = {0: "test", 1: "validation"}.get((number + seed) % 5, "training")
            rows.writerow([name, part])
    return path


def held_out(way: Way, data: Path, parts: Mapping[str, str]) -> tuple[str, list[Case]]:
    """The task, and the cases of the test part, as the task has them."""
    dataset, task = derived(hu.open_dataset(data, **way.opening), way.asked.get("task"), way.asked.get("derive"))
    return task, [case for case in dataset if parts.get(case.id) == "test" and TASKS.load(task).has_truth(case)]


def measured(name: str, seed: int, folder: Path) -> dict[str, Any]:
    """Train, answer, score: the way's first metric and its null, item by item, as intervals."""
    way = WAYS[name]
    data = Path(os.environ["HOUNSFIELD_DATA"]) / way.folder
    split = {"split": without_sealed(data, seed, folder)} if way.folder == "hippocampus" else {}
    hu.train(data, out=folder / f"{name}-{seed}", seed=seed, **way.opening, **way.asked, **split)
    model = hu.load(folder / f"{name}-{seed}")
    task, cases = held_out(way, data, read_split(folder / f"{name}-{seed}.run" / "split.csv"))
    said = [model.answer(case) for case in cases]
    metrics = TASKS.load(task).metrics
    found = score(metrics, zip(said, cases, strict=True))
    order = np.random.default_rng(seed).permutation(len(said))
    null = score(metrics, zip([said[n] for n in order], cases, strict=True))
    return {
        "seed": seed,
        "cases": len(cases),
        "metric": metrics[0].name,
        "found": {item: value.to_json() for item, value in found.sets[metrics[0].name].items()},
        "null": {item: value.to_json() for item, value in null.sets[metrics[0].name].items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(WAYS)}; all where none is named")
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    results = HERE / "results" / "thin_ways.json"
    result = json.loads(results.read_text()) if results.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        for name in args.names or WAYS:
            runs = [measured(name, seed, Path(folder)) for seed in range(args.seeds)]
            result[name] = {"asked": dict(WAYS[name].asked), "runs": runs}
            for run in runs:
                for item, value in run["found"].items():
                    words = [f"{v['value']:.3f} [{v['low']:.3f}, {v['high']:.3f}]" for v in (value, run["null"][item])]
                    print(f"{name:<10} seed {run['seed']}  {item:<20} {words[0]}   null {words[1]}", flush=True)
            results.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
