"""The main job from end to end, as a person would type it; every command is shown before it runs.

python examples/demo.py [--data FOLDER] [--minutes 3] [--out demo]
"""

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def run(*words: str) -> None:
    print(f"\n$ hounsfield {shlex.join(words)}", flush=True)
    ended = subprocess.run([sys.executable, "-m", "hounsfield", *words], check=False).returncode
    if ended not in (0, 3):
        sys.exit(ended)


def main() -> None:
    parser = argparse.ArgumentParser(description="inspect, plan, train, predict, evaluate")
    parser.add_argument("--data", help="a folder of images with labels; phantoms are made where none is given")
    parser.add_argument("--minutes", default="3", help="of training")
    parser.add_argument("--out", default="demo", type=Path)
    args = parser.parse_args()
    data = Path(args.data) if args.data else args.out / "phantoms"
    if args.data is None and not data.exists():
        print("Making torso phantoms, since no data was named ...", flush=True)
        subprocess.run([sys.executable, str(HERE / "make_phantoms.py"), str(data)], check=True)
    model, answers = args.out / "model", args.out / "answers"
    run("inspect", str(data))
    if not model.exists():
        run("train", str(data), "--minutes", args.minutes, "--out", str(model))
    run("predict", str(model), str(data), "--out", str(answers))
    run("evaluate", str(answers), str(data))
    print(f"""
Done. Open in a browser:
  {answers / "report.html"}    how good it is on cases that it has not seen, the worst first
  {model / "report.html"}      how it was made, and why so
Next, after `. .venv/bin/activate`:
  hounsfield plan YOUR_FOLDER --minutes 20
  hounsfield train YOUR_FOLDER --minutes 20 --out model
  hounsfield predict model NEW_SCAN.nii.gz --out out""")


if __name__ == "__main__":
    main()
