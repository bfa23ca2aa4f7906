"""Images made ready for the network: normalised, all of one size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from hounsfield.inference.classes import truth_row
from hounsfield.inference.images import network_input
from hounsfield.training.repeating import Arrays
from hounsfield.values import Case, Plan


def prepared_case(plan: Plan, case: Case) -> Arrays:
    """image (C, *size) float16, truth (K,) float32 with NaN where unknown."""
    return {"image": sized_image(plan, case).astype(np.float16), "truth": truth_row(case, plan["classes"])}


def sized_image(plan: Plan, case: Case) -> NDArray[np.float32]:
    """The case's channels (C, *size), normalised."""
    image, _, _ = network_input(plan, case)
    return brought_to(image, plan["size"])


def brought_to(image: NDArray[np.float32], size: Sequence[int]) -> NDArray[np.float32]:
    """(C, *shape) -> (C, *size): means along axes that shrink, linear along those that grow."""
    if image.shape[1:] == tuple(size):
        return image
    linear = "bilinear" if image.ndim == 3 else "trilinear"
    smaller = [min(n, wanted) for n, wanted in zip(image.shape[1:], size, strict=True)]
    pixels = F.interpolate(torch.from_numpy(np.ascontiguousarray(image))[None], size=smaller, mode="area")
    return F.interpolate(pixels, size=list(size), mode=linear, align_corners=False)[0].numpy()
