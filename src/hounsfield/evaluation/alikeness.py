"""How alike two images are once a transform has brought one onto the other."""

from __future__ import annotations

import numpy as np

from hounsfield.ops.fields import warp
from hounsfield.values import Image, Transform


def carried_correlation(transform: Transform, fixed: Image, moving: Image) -> float:
    """Correlation of the fixed image and the moving one carried onto it, first channels, in -1..1.

    Over the elements where both were measured; NaN where these are fewer than two or constant.
    """
    t = transform
    moved = warp(moving.array()[:1], moving.grid, t.fixed_grid, t.affine, t.displacement, fill=np.nan)[0]
    seen = fixed.array()[0]
    both = np.isfinite(moved) & np.isfinite(seen)
    a, b = (array[both].astype(np.float64) for array in (seen, moved))
    if a.size < 2 or a.std() == 0 or b.std() == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])
