"""Reading files and inspecting folders: seconds and memory beside the readers that people use today.

    make bench NAME=reading        (some minutes on one core; take the machine for yourself)

Each reader reads each set in a process of its own, in turn, several times over; every voxel is touched as float32, and
the sums are held against each other, so that nobody wins by not reading. Prints and writes medians and their ratios to
ours. `inspect`, which has no peer, is measured as a whole command.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
MIB = 2**20
CT = (512, 512, 300)  # voxels of the made volume, as a chest has


def make_ct(folder: Path) -> None:
    """A compressed volume of int16 and its label map, as large as a clinic's, in the image-and-mask layout."""
    import nibabel

    rng = np.random.default_rng(0)
    rows, columns, _ = np.meshgrid(*[np.linspace(-1, 1, n) for n in CT], indexing="ij", sparse=True)
    body = np.broadcast_to(rows**2 + columns**2 < 0.6, CT)
    for number in range(2):
        values = np.where(body, 40, -1000) + rng.integers(-20, 20, CT)
        for kind, array in (("images", values.astype(np.int16)), ("labels", body.astype(np.uint8))):
            (folder / kind).mkdir(exist_ok=True)
            image = nibabel.Nifti1Image(array, np.diag([0.7, 0.7, 1.0, 1.0]))
            nibabel.save(image, folder / kind / f"case_{number}.nii.gz")


def by_hounsfield(path: Path) -> np.ndarray:
    from hounsfield.layouts.lazies import format_of

    return format_of(path).read_image(path).array()


def by_nibabel(path: Path) -> np.ndarray:
    import nibabel

    return nibabel.load(path).get_fdata(dtype=np.float32)


def by_simpleitk(path: Path) -> np.ndarray:
    import SimpleITK

    return SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))


def by_pillow(path: Path) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(path))


READERS: dict[str, Callable[[Path], np.ndarray]] = {
    "hounsfield": by_hounsfield,
    "nibabel": by_nibabel,
    "SimpleITK": by_simpleitk,
    "Pillow": by_pillow,
}


def sets(real: Path, made: Path) -> dict[str, tuple[Path, str, tuple[str, ...]]]:
    """Name -> where its files are, how they are called, and who reads them."""
    return {
        "120 small volumes": (real / "hippocampus" / "imagesTr", "*.nii.gz", ("hounsfield", "nibabel", "SimpleITK")),
        "2 large volumes": (made / "images", "*.nii.gz", ("hounsfield", "nibabel", "SimpleITK")),
        "pictures": (real / "blood_cells", "**/*.jpg", ("hounsfield", "SimpleITK", "Pillow")),
    }


def read_all(reader: str, folder: Path, pattern: str) -> None:
    """Read every file and say seconds, peak memory and the sum of all values: the work of one process."""
    read = READERS[reader]
    read(sorted(folder.glob(pattern))[0])  # what is imported at the first file is not counted
    began, total = time.perf_counter(), 0.0
    for path in sorted(folder.glob(pattern)):
        total += float(np.asarray(read(path), np.float32).sum(dtype=np.float64))
    print(json.dumps({"seconds": time.perf_counter() - began, "sum": total, "peak": peak(resource.RUSAGE_SELF)}))


def peak(who: int) -> int:
    """Bytes of memory that a process had at its most."""
    return resource.getrusage(who).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def measured(command: list[str]) -> dict[str, float]:
    """Seconds and peak memory of a whole process, with what it says of itself."""
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert child.stdout is not None
    said = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
    own = {"seconds": time.perf_counter() - began, "peak": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)}
    return own | (json.loads(said) if said.startswith('{"seconds"') else {})


def compare_readers(real: Path, made: Path, times: int) -> dict[str, dict[str, dict[str, float]]]:
    """Set -> reader -> median seconds, peak memory, and both as multiples of hounsfield's."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for name, (folder, pattern, readers) in sets(real, made).items():
        runs: dict[str, list[dict[str, float]]] = {reader: [] for reader in readers}
        for _ in range(times):
            for reader in readers:
                runs[reader].append(measured([sys.executable, __file__, "--read", reader, str(folder), pattern]))
        sums = {reader: of[0]["sum"] for reader, of in runs.items()}
        if max(sums.values()) - min(sums.values()) > 1e-3 * max(map(abs, sums.values())):  # JPEG decoders round
            raise SystemExit(f"the readers do not agree on {name}: {sums}")
        found[name] = {reader: middle(of) for reader, of in runs.items()}
        ours = found[name]["hounsfield"]
        for reader, numbers in found[name].items():
            numbers["times ours"] = numbers["seconds"] / ours["seconds"]
            said = f"{numbers['seconds']:8.2f} s  {numbers['times ours']:6.2f} times ours"
            print(f"{name:<20}{reader:<12}{said}  {numbers['peak'] / MIB:7.0f} MiB")
    return found


def middle(runs: list[dict[str, float]]) -> dict[str, float]:
    """Medians over the runs."""
    return {key: statistics.median(run[key] for run in runs) for key in ("seconds", "peak")}


def inspect_folders(real: Path, made: Path, times: int) -> dict[str, dict[str, float]]:
    """Set -> median seconds and peak memory of the whole command."""
    found = {}
    for name, folder in (("hippocampus", real / "hippocampus"), ("2 large volumes", made)):
        command = [sys.executable, "-m", "hounsfield", "inspect", str(folder), "--json"]
        found[name] = middle([measured(command) for _ in range(times)])
        print(f"inspect {name:<20}{found[name]['seconds']:8.2f} s  {found[name]['peak'] / MIB:7.0f} MiB")
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--read", nargs=3, metavar=("READER", "FOLDER", "PATTERN"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.make:
        return make_ct(args.make)
    if args.read:
        return read_all(args.read[0], Path(args.read[1]), args.read[2])
    real = Path(os.environ["HOUNSFIELD_DATA"])
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        # in a process of its own: what a child had at its most counts what its parent had when it was started
        subprocess.run([sys.executable, __file__, "--make", str(made)], check=True)
        readers = compare_readers(real, made, args.times)
        result = {"readers": readers, "inspect": inspect_folders(real, made, args.times)}
    (HERE / "results" / "reading.json").write_text(json.dumps(result, indent=1) + "\n")
    return None


if __name__ == "__main__":
    main()
