"""Losses, one value a sample; the unknown counts in none of them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def dice_and_cross_entropy(logits: Tensor, target: Tensor, *, ignore: int) -> Tensor:
    """1 - soft Dice, mean over the foreground classes, plus cross-entropy (Isensee et al. 2021): (B,).

    logits: (B, K, *shape).  target: (B, *shape) integers, `ignore` where unknown; a sample without anything known is 0.
    """
    logits = logits.float()
    known = target != ignore
    safe = torch.where(known, target, 0).long()
    entropy = F.cross_entropy(logits, safe, reduction="none")
    axes = tuple(range(1, target.ndim))
    elements = known.sum(axes).clamp_min(1)
    cross_entropy = (entropy * known).sum(axes) / elements
    probabilities = logits.softmax(1)[:, 1:] * known[:, None]
    truth = F.one_hot(safe, logits.shape[1]).movedim(-1, 1)[:, 1:] * known[:, None]
    axes = tuple(range(2, logits.ndim))
    overlap = (probabilities * truth).sum(axes)
    sizes = probabilities.sum(axes) + truth.sum(axes)
    # one element of each keeps a class that is in neither from counting as missed
    dice = (2 * overlap + 1) / (sizes + 1)
    return cross_entropy + known.any(-1).flatten(1).any(1) * (1 - dice.mean(1))


def class_losses(logits: Tensor, truth: Tensor, is_exclusive: Tensor) -> Tensor:
    """Cross-entropy; where classes stand each for itself, its mean over those that are known: (B,).

    logits, truth: (B, K); truth is 1 yes, 0 no, NaN unknown.  is_exclusive: (B,).  Of nothing known it is 0.
    """
    logits, known = logits.float(), torch.isfinite(truth)
    target = torch.where(known, truth, 0.0)
    together = -(target * logits.log_softmax(dim=1)).sum(dim=1)
    apart = F.binary_cross_entropy_with_logits(logits, target, reduction="none") * known
    return torch.where(is_exclusive, together, apart.sum(dim=1) / known.sum(dim=1).clamp_min(1))
