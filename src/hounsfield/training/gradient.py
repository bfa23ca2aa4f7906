"""The base of every method that descends a gradient: it gives a network and its losses, the house does the rest."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hounsfield.inference.engines.torch import TorchEngine, call
from hounsfield.inference.trained import Forward, TrainedNetwork
from hounsfield.seam import Cases, Fabric, Trained
from hounsfield.training.iterative import IterativeMethod
from hounsfield.training.randomness import generator, torch_seeded
from hounsfield.values import Case, Dense, Findings, Limits, Plan, Setting, State

WARM_UP = 0.05  # share of the steps in which the learning rate rises
CLIP = 1.0  # largest norm of a step's gradient; larger ones are scaled down to it
AVERAGED_SHARE = 0.02  # of the steps that the running mean of the weights looks back over

TensorForward = Callable[[Mapping[str, Tensor]], dict[str, Tensor]]


@dataclass
class Descent:
    """What is live between steps: the network, the running mean of its weights, the optimiser."""

    network: nn.Module
    average: nn.Module
    optimizer: torch.optim.Optimizer
    fabric: Fabric
    step: int


class GradientMethod(IterativeMethod):
    """A method that descends. Mixed precision, the running mean, devices and engines come from the house."""

    coupled = False
    """Whether a sample's loss depends on the others of the batch; such a method runs on one device only."""

    @abstractmethod
    def network(self, plan: Plan) -> nn.Module:
        """The network of a plan, freshly initialised from torch's generator."""

    @abstractmethod
    def losses(self, forward: TensorForward, batch: Mapping[str, Tensor], rng: np.random.Generator) -> Tensor:
        """The loss of each sample (B,). `forward` takes and gives tensors by name."""

    @abstractmethod
    def evidence(self, plan: Plan, forward: Forward, case: Case, limits: Limits) -> Dense | Findings:
        """What the network says of a case. `forward` takes and gives arrays by name, whatever engine is behind it."""

    def begin(self, plan: Plan, cases: Cases, seed: int) -> State:
        """The network's first weights."""
        with torch_seeded(generator(seed, 0, purpose="begin")):
            return State(_arrays("network", self.network(plan).state_dict()))

    def thaw(self, plan: Plan, state: State, fabric: Fabric) -> Descent:
        """The network, its running mean and the optimiser, as the state says."""
        network = self._network_with(plan, state, "network")
        prefix = "average" if any(name.startswith("average/") for name in state.arrays) else "network"
        average = self._network_with(plan, state, prefix).to(fabric.device).requires_grad_(False)
        optimizer = torch.optim.AdamW(network.parameters(), lr=plan["learning_rate"], weight_decay=plan["weight_decay"])
        network, optimizer = fabric.setup(network, optimizer)
        _load_optimizer(optimizer, network, state)
        return Descent(network.train(), average, optimizer, fabric, int(state.facts.get("step", 0)))

    def freeze(self, live: Descent) -> State:
        """Weights, their running mean, and the optimiser's moments."""
        arrays = _arrays("network", live.network.state_dict()) | _arrays("average", live.average.state_dict())
        for name, parameter in live.network.named_parameters():
            arrays |= _arrays(f"optimizer/{name}", live.optimizer.state.get(parameter, {}))
        return State(arrays, {"step": live.step})

    def finish(self, plan: Plan, state: State) -> State:
        """The running mean of the weights (Polyak and Juditsky 1992)."""
        arrays = {n: a for n, a in state.arrays.items() if n.startswith("average/")} or state.arrays
        return State({f"network/{n.partition('/')[2]}": a for n, a in arrays.items()}, dict(state.facts))

    def step(
        self, plan: Plan, live: Descent, batch: Mapping[str, Any], rng: np.random.Generator
    ) -> tuple[Descent, dict[str, float]]:
        """One step of AdamW (Loshchilov and Hutter 2019) on the mean loss of the batch."""
        rate = learning_rate(plan, live.step)
        for group in live.optimizer.param_groups:
            group["lr"] = rate
        tensors = {name: torch.as_tensor(value).to(live.fabric.device) for name, value in batch.items()}
        with live.fabric.autocast():
            loss = self.losses(lambda inputs: call(live.network, inputs), tensors, rng).float().mean()
        live.optimizer.zero_grad(set_to_none=True)
        live.fabric.backward(loss)
        norm = nn.utils.clip_grad_norm_(live.network.parameters(), CLIP)
        if torch.isfinite(norm):
            live.optimizer.step()
        live.step += 1
        _follow(live.average, live.network, live.step, plan)
        return live, {"loss": float(loss.detach()), "learning_rate": rate}

    def open(self, plan: Plan, state: State, setting: Setting) -> Trained:
        """The trained network behind an engine."""
        network = self._network_with(plan, state, "network")
        engine = TorchEngine(network, setting.device, plan.get("precision", "fp32"))
        return TrainedNetwork(self, plan, engine)

    def _network_with(self, plan: Plan, state: State, prefix: str) -> nn.Module:
        with torch_seeded(generator(0, 0)):
            network = self.network(plan)
        arrays = {n.partition("/")[2]: a for n, a in state.arrays.items() if n.startswith(f"{prefix}/")}
        network.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in arrays.items()})
        return network


def learning_rate(plan: Plan, step: int) -> float:
    """A linear rise, then half a cosine down to a hundredth (Loshchilov and Hutter 2017)."""
    done = step / max(1, plan["steps"])
    if done < WARM_UP:
        return float(plan["learning_rate"] * (done / WARM_UP + 1e-3))
    falling = 0.5 * (1 + math.cos(math.pi * min(1.0, (done - WARM_UP) / (1 - WARM_UP))))
    return float(plan["learning_rate"] * (0.01 + 0.99 * falling))


@torch.no_grad()
def _follow(average: nn.Module, network: nn.Module, step: int, plan: Plan) -> None:
    looks_back = max(2.0, AVERAGED_SHARE * plan["steps"])
    decay = min(1 - 1 / looks_back, (1 + step) / (10 + step))
    for ours, theirs in zip(average.parameters(), network.parameters(), strict=True):
        ours.lerp_(theirs, 1 - decay)
    for mine, its in zip(average.buffers(), network.buffers(), strict=True):
        mine.copy_(its)


def _arrays(prefix: str, tensors: Mapping[str, Any]) -> dict[str, np.ndarray]:
    values = {name: value for name, value in tensors.items() if isinstance(value, Tensor)}
    return {f"{prefix}/{name}": value.detach().cpu().numpy().copy() for name, value in values.items()}


def _load_optimizer(optimizer: torch.optim.Optimizer, network: nn.Module, state: State) -> None:
    for name, parameter in network.named_parameters():
        prefix = f"optimizer/{name}/"
        moments = {n.removeprefix(prefix): a for n, a in state.arrays.items() if n.startswith(prefix)}
        for moment, array in moments.items():
            tensor = torch.from_numpy(np.array(array))
            optimizer.state[parameter][moment] = tensor if tensor.ndim == 0 else tensor.to(parameter.device)
