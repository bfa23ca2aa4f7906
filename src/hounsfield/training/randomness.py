"""Everything random is drawn from (seed, step, rank): nothing random is kept, so nothing has to be restored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

import numpy as np
import torch


def generator(seed: int, step: int, *, rank: int = 0, purpose: str = "step") -> np.random.Generator:
    """The generator of one step of one process. The purpose keeps draws for different ends apart."""
    word = int.from_bytes(sha256(purpose.encode()).digest()[:4], "big")
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, step, rank, word])))


def part_seed(seed: int, name: str) -> int:
    """The seed of a stage, member or fold of a run."""
    return int.from_bytes(sha256(f"{seed}/{name}".encode()).digest()[:6], "big")


@contextmanager
def torch_seeded(rng: np.random.Generator) -> Iterator[None]:
    """Inside, torch's own generators follow `rng`; afterwards they are as they were."""
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(int(rng.integers(2**62)))
        yield
