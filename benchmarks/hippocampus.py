"""hounsfield train against a plain script, on the same cases, in the same minutes, on the same machine.

    make bench NAME=hippocampus        (10 minutes for each arm and seed: an hour on three seeds)

The test part is every fifth case of the sorted names and is looked at by nobody before; validation comes from the rest.
Both arms train on the same training cases. Prints and writes the paired difference per case with its interval.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import hounsfield as hu
from hounsfield.evaluation.bootstrap import paired_difference

HERE = Path(__file__).parent


def write_split(data: Path, path: Path) -> None:
    names = sorted(file.name.removesuffix(".nii.gz") for file in (data / "labelsTr").glob("*.nii.gz"))
    test = set(names[4::5])
    rest = [name for name in names if name not in test]
    validation = set(rest[5::6])
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["case", "part"])
        for name in names:
            rows.writerow([name, "test" if name in test else "validation" if name in validation else "training"])


def dice(answers: Path, data: Path) -> dict[str, float]:
    cases = hu.evaluate(answers, data).cases
    return {case: sum(items["dice"].values()) / len(items["dice"]) for case, items in cases.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--work", type=Path, default=HERE / "results" / "hippocampus")
    args = parser.parse_args()
    data = Path(os.environ["HOUNSFIELD_DATA"]) / "hippocampus"
    args.work.mkdir(parents=True, exist_ok=True)
    split = args.work / "split.csv"
    write_split(data, split)
    test = [row["case"] for row in csv.DictReader(split.open()) if row["part"] == "test"]
    images = [str(data / "imagesTr" / f"{case}.nii.gz") for case in test]
    runs = []
    for seed in range(args.seeds):
        plain, model, ours = (args.work / f"{kind}-{seed}" for kind in ("plain", "model", "ours"))
        began = time.monotonic()
        command = [sys.executable, str(HERE / "plain_unet.py"), str(data), str(split), str(plain)]
        subprocess.run([*command, "--minutes", str(args.minutes), "--seed", str(seed)], check=True)
        between = time.monotonic()
        command = [sys.executable, "-m", "hounsfield", "train", str(data), "--minutes", str(args.minutes)]
        subprocess.run([*command, "--split", str(split), "--seed", str(seed), "--out", str(model)], check=True)
        seconds = {"plain": between - began, "hounsfield": time.monotonic() - between}
        hu.predict(model, images, out=ours)
        runs.append({"seed": seed, "seconds": seconds, "plain": dice(plain, data), "hounsfield": dice(ours, data)})
        print(json.dumps({k: sum(v.values()) / len(v) for k, v in runs[-1].items() if k in ("plain", "hounsfield")}))
    mean = {arm: {c: sum(run[arm][c] for run in runs) / len(runs) for c in test} for arm in ("plain", "hounsfield")}
    difference = paired_difference(mean["plain"], mean["hounsfield"], {case: case for case in test})
    means = {arm: sum(values.values()) / len(values) for arm, values in mean.items()}
    result = {"minutes": args.minutes, "mean dice": means, "hounsfield - plain": difference.to_json(), "runs": runs}
    (HERE / "results" / "hippocampus.json").write_text(json.dumps(result, indent=1) + "\n")
    print(f"mean Dice {means}; hounsfield - plain: {difference}")


if __name__ == "__main__":
    main()
