"""Nuclei in ten minutes: foreground Dice by stain, objects by AP at IoU 0.5, on every fifth image of each stain.

make bench NAME=nuclei
"""

import argparse
import csv
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import hounsfield as hu
from hounsfield.evaluation.bootstrap import interval
from hounsfield.evaluation.metric import mean_of_defined
from hounsfield.values import Row

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=HERE / "results" / "nuclei")
    args = parser.parse_args()
    data = Path(os.environ["HOUNSFIELD_DATA"]) / "nuclei"
    stains = {row["image_id"]: row["stain"] for row in csv.DictReader((data / "stains.csv").open())}
    groups = defaultdict(list)
    for image in sorted(stains):
        groups[stains[image]].append(image)
    test = {image for images in groups.values() for image in images[4::5]}
    rest = [image for image in sorted(stains) if image not in test]
    validation = set(rest[5::7])
    args.work.mkdir(parents=True, exist_ok=True)
    split, model, answers = args.work / "split.csv", args.work / "model", args.work / "answers"
    with split.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["case", "part"])
        for image in sorted(stains):
            part = "test" if image in test else "validation" if image in validation else "training"
            rows.writerow([image, part])
    command = [sys.executable, "-m", "hounsfield", "train", str(data), "--minutes", str(args.minutes)]
    subprocess.run([*command, "--split", str(split), "--seed", str(args.seed), "--out", str(model)], check=True)
    hu.predict(model, [data / "stage1_train" / i / "images" / f"{i}.png" for i in sorted(test)], out=answers)
    scores = hu.evaluate(answers, data)
    by_stain = {}
    for stain in sorted(groups):
        values = {i: scores.cases[i]["foreground_dice"]["foreground"] for i in sorted(test) if stains[i] == stain}
        found = interval([Row(stain, (v,), i, i) for i, v in values.items()], mean_of_defined)
        by_stain[stain] = {"interval": found.to_json(), "cases": values}
        print(f"{stain:<18} foreground Dice {found} ({len(values)} images)")
    precision = {item: value.to_json() for item, value in scores.sets["instance_ap"].items()}
    print(f"AP of objects at IoU 0.5: {scores.sets['instance_ap']}")
    result = {"minutes": args.minutes, "seed": args.seed, "foreground_dice": by_stain, "instance_ap": precision}
    (HERE / "results" / "nuclei.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
