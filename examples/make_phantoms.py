"""Procedural torso volumes in a folder laid out like the Medical Segmentation Decathlon, to try things on.

python examples/make_phantoms.py FOLDER [--cases 40] [--seed 0]
"""

import argparse
from pathlib import Path

from hounsfield.layouts.decathlon import write
from hounsfield.phantoms.dataset import phantom_dataset


def main() -> None:
    parser = argparse.ArgumentParser(description="make a folder of torso phantoms")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    write(phantom_dataset("torso", cases=args.cases, seed=args.seed), args.folder)
    print(f"{args.cases} phantoms in {args.folder}. They are geometry and noise: no patient, no anatomy to learn from.")


if __name__ == "__main__":
    main()
