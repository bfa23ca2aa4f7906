"""What a dense method says before anything is decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hounsfield.values.grid import Grid


@dataclass(frozen=True)
class Dense:
    """Probabilities on an input's own grid, given slab by slab along the first axis.

    channels: names in order: "background", the labels, and "border" where objects are to be told apart.
    labels: value -> name of the answer.  slabs: call it for (start, stop, (K, stop - start, ...) float32) in order.
    """

    grid: Grid
    channels: tuple[str, ...]
    labels: dict[int, str]
    slabs: Callable[[], Iterator[tuple[int, int, NDArray[np.float32]]]]

    @staticmethod
    def of(probabilities: NDArray[np.float32], grid: Grid, channels: tuple[str, ...], labels: dict[int, str]) -> Dense:
        """Evidence from a whole array (K, *grid.shape) in memory."""

        def slabs() -> Iterator[tuple[int, int, NDArray[np.float32]]]:
            yield 0, grid.shape[0], probabilities

        return Dense(grid, channels, labels, slabs)

    def held(self) -> Dense:
        """The same with all slabs in memory: made once, however often they are asked for."""
        slabs = list(self.slabs())
        return replace(self, slabs=lambda: iter(slabs))

    def array(self) -> NDArray[np.float32]:
        """All slabs together: (K, *grid.shape)."""
        return np.concatenate([slab for _, _, slab in self.slabs()], axis=1)
