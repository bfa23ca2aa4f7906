"""The corpus of bad files: seeded mutations of valid files of every format, and files made bad by hand."""

from __future__ import annotations

import subprocess
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from corpus_good import GOOD
from corpus_good_folders import FOLDERS
from corpus_hand_made import EITHER, READS, REFUSED
from corpus_mutations import MUTATIONS

VALID = {**GOOD, **FOLDERS}
MADE = {"refuse": REFUSED, "either": EITHER, "read": READS}


@dataclass(frozen=True)
class Item:
    """One thing to open. must: "read", "refuse", or "either" where no harm may have been done."""

    name: str
    path: Path
    must: str


def names() -> list[tuple[str, str]]:
    """(kind, name) of everything in the corpus, in order."""
    mutated = [("mutated", f"{good}~{mutation}") for good in VALID for mutation in MUTATIONS]
    made = [(kind, name) for kind, writers in MADE.items() for name in writers]
    return [*mutated, *made]


def written(folder: Path, chosen: list[tuple[str, str]], seed: int = 0) -> Iterator[Item]:
    """The chosen ones, each written into a folder of its own just before it is wanted, and removed after."""
    for kind, name in chosen:
        place = folder / name
        place.mkdir(parents=True)
        if kind == "mutated":
            good, _, mutation = name.partition("~")
            opened, spoilt = VALID[good](place)
            rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
            spoilt.write_bytes(MUTATIONS[mutation](spoilt.read_bytes(), rng))
            yield Item(name, opened, "either")
        else:
            yield Item(name, MADE[kind][name](place), kind)
        subprocess.run(["rm", "-rf", str(place)], check=True)  # Python's own way does not get to the deepest folders


def sample(count: int) -> list[tuple[str, str]]:
    """So many of them, evenly over the whole."""
    everything = names()
    return [everything[i * len(everything) // count] for i in range(count)]
