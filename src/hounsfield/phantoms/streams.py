"""Named random streams: what one of them draws never moves what another draws."""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, case: int, name: str) -> np.random.Generator:
    """The generator of one purpose ("organs", "noise") of one case; equal on every machine and in every process.

    seed, case: integers >= 0; a draw that a patient's images share gives the patient's number as `case`.
    Counter-based (Philox: Salmon et al., Parallel random numbers: as easy as 1, 2, 3, 2011), keyed by a hash of the
    name that does not depend on the process as Python's own does.
    """
    word = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, case, word])))
