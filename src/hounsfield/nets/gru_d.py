"""GRU-D: a gated recurrent unit for series with missing values.

Z. Che, S. Purushotham, K. Cho, D. Sontag, Y. Liu, "Recurrent neural networks for multivariate time series with missing
values", Scientific Reports 8, 6085, 2018: figure 3c and the equations of its section on GRU-D. Letters are the paper's:
x values, m mask, delta intervals, gamma decay rates, h hidden state, r and z gates.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Decay(nn.Module):
    """Decay rates gamma = exp(-max(0, W delta + b)), in (0, 1]: the longer nothing was measured, the smaller.

    W is diagonal, each channel for itself, where no number of outputs is given.
    """

    def __init__(self, channels: int, outputs: int | None = None) -> None:
        super().__init__()
        self.is_diagonal = outputs is None
        self.weight = nn.Parameter(torch.empty(channels if outputs is None else (outputs, channels)))
        self.bias = nn.Parameter(torch.zeros(channels if outputs is None else outputs))
        nn.init.uniform_(self.weight, 0.0, 1.0 if outputs is None else 1.0 / channels)

    def forward(self, delta: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C), or (B, T, outputs)."""
        rate = delta * self.weight + self.bias if self.is_diagonal else F.linear(delta, self.weight, self.bias)
        return torch.exp(-F.relu(rate))


class GRUD(nn.Module):
    """The unit over a series, then one linear layer that also sees what does not change over time.

    means: the empirical mean of each channel, which a channel decays to.  static: numbers that do not change.
    classes: outputs.  hidden: size of the hidden state.  dropout: before the last layer.
    """

    means: Tensor

    def __init__(
        self, *, means: Sequence[float], static: int = 0, classes: int = 2, hidden: int = 64, dropout: float = 0.5
    ) -> None:
        super().__init__()
        channels = len(means)
        self.register_buffer("means", torch.tensor(means, dtype=torch.float32), persistent=False)
        self.decay_x = Decay(channels)
        self.decay_h = Decay(channels, hidden)
        self.W = nn.Linear(channels, 3 * hidden)  # of r, z and the new state, one behind the other, with their b
        self.V = nn.Linear(channels, 3 * hidden, bias=False)
        self.U_gates = nn.Linear(hidden, 2 * hidden, bias=False)
        self.U = nn.Linear(hidden, hidden, bias=False)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden + static, classes)

    def forward(self, values: Tensor, mask: Tensor, delta: Tensor, static: Tensor) -> Tensor:
        """Logits (B, classes).

        values: (B, T, C), whatever where not measured.  mask: (B, T, C), 1 where measured.  delta: (B, T, C), time
        since the last measurement.  static: (B, S).
        """
        h = self.states(values, mask, delta)[:, -1]
        return self.head(torch.cat([self.dropout(h), static], dim=1))  # type: ignore[no-any-return]

    def states(self, values: Tensor, mask: Tensor, delta: Tensor) -> Tensor:
        """The hidden state after each step (B, T, hidden)."""
        x = self.decayed(values, mask, delta)
        wx = self.W(x) + self.V(mask)  # (B, T, 3 hidden): everything that does not wait for the state before
        gates, new = wx.split([self.U_gates.out_features, self.U.out_features], dim=-1)
        h, states = wx.new_zeros(len(wx), self.U.out_features), []
        # unbound at once: a slice taken at each step would cost a whole gradient each
        for gamma_h, gate, fresh in zip(self.decay_h(delta).unbind(1), gates.unbind(1), new.unbind(1), strict=True):
            h = gamma_h * h
            r, z = torch.sigmoid(gate + self.U_gates(h)).chunk(2, dim=1)
            candidate = torch.tanh(fresh + self.U(r * h))
            h = torch.lerp(h, candidate, z)  # (1 - z) h + z candidate
            states.append(h)
        return torch.stack(states, dim=1)

    def decayed(self, values: Tensor, mask: Tensor, delta: Tensor) -> Tensor:
        """The inputs (B, T, C): as measured, else the last measurement on its way to the mean."""
        gamma_x = self.decay_x(delta)
        last = self.last_measured(values, mask)
        return torch.where(mask > 0, values, gamma_x * last + (1 - gamma_x) * self.means)

    def last_measured(self, values: Tensor, mask: Tensor) -> Tensor:
        """The last measurement at or before each step (B, T, C); the mean where there is none yet."""
        steps = torch.arange(values.shape[1], device=values.device)[None, :, None]
        at = torch.where(mask > 0, steps, -1).cummax(dim=1).values
        return torch.where(at >= 0, values.gather(1, at.clamp_min(0)), self.means)
