import numpy as np
import pytest
import torch

from hounsfield.nets.gru_d import GRUD

MEANS = [0.5, -1.0, 2.0]


def network(seed=0, **sizes):
    torch.manual_seed(seed)
    net = GRUD(**{"means": MEANS, "static": 2, "classes": 2, "hidden": 4, **sizes}).eval()
    for parameter in net.parameters():  # the biases too, so that each term of the equations shows
        torch.nn.init.uniform_(parameter, -0.7, 0.9)
    return net


def inputs(rng, steps=5):
    mask = (rng.random((1, steps, 3)) < 0.4).astype(np.float32)
    delta = rng.uniform(0, 2, (1, steps, 3)).astype(np.float32)
    return rng.normal(size=mask.shape).astype(np.float32), mask, delta


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def by_hand(net, values, mask, delta):
    """The paper's equations, one series, one step after another, in numpy; hidden states (T, H)."""
    w = {name: parameter.detach().numpy().astype(np.float64) for name, parameter in net.named_parameters()}
    n = w["U.weight"].shape[0]
    w_r, w_z, w_h = (w["W.weight"][k * n : (k + 1) * n] for k in range(3))
    b_r, b_z, b_h = (w["W.bias"][k * n : (k + 1) * n] for k in range(3))
    v_r, v_z, v_h = (w["V.weight"][k * n : (k + 1) * n] for k in range(3))
    u_r, u_z = (w["U_gates.weight"][k * n : (k + 1) * n] for k in range(2))
    means = np.array(MEANS)
    h, last, states = np.zeros(n), means.copy(), []
    for x, m, d in zip(values, mask, delta, strict=True):
        gamma_x = np.exp(-np.maximum(0, w["decay_x.weight"] * d + w["decay_x.bias"]))
        gamma_h = np.exp(-np.maximum(0, w["decay_h.weight"] @ d + w["decay_h.bias"]))
        x_hat = m * x + (1 - m) * (gamma_x * last + (1 - gamma_x) * means)
        h = gamma_h * h
        r = sigmoid(w_r @ x_hat + u_r @ h + v_r @ m + b_r)
        z = sigmoid(w_z @ x_hat + u_z @ h + v_z @ m + b_z)
        h_new = np.tanh(w_h @ x_hat + w["U.weight"] @ (r * h) + v_h @ m + b_h)
        h = (1 - z) * h + z * h_new
        last = np.where(m > 0, x, last)
        states.append(h)
    return np.array(states)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("steps", [1, 6])
def test_its_steps_are_the_papers_equations(seed, steps):
    net = network(seed)
    values, mask, delta = inputs(np.random.default_rng(seed), steps)
    found = net.states(*(torch.from_numpy(a) for a in (values, mask, delta)))
    assert found[0].detach().numpy() == pytest.approx(by_hand(net, values[0], mask[0], delta[0]), abs=1e-5)


def test_a_channel_decays_from_its_last_value_to_its_mean():
    net = network()
    torch.nn.init.constant_(net.decay_x.weight, 1.0)
    torch.nn.init.zeros_(net.decay_x.bias)
    mask = torch.tensor([1.0, 0, 0, 0])[None, :, None].expand(1, 4, 3)
    values = torch.tensor([8.0, 0, 0, 0])[None, :, None].expand(1, 4, 3)
    delta = torch.tensor([0.0, 1.0, 3.0, 50.0])[None, :, None].expand(1, 4, 3)
    decayed = net.decayed(values, mask, delta)[0].detach().numpy()
    for at, gap in ((0, 0), (1, 1), (2, 3), (3, 50)):
        share = np.exp(-gap)
        assert decayed[at] == pytest.approx(share * 8.0 + (1 - share) * np.array(MEANS), abs=1e-5)


def test_what_stands_where_nothing_was_measured_does_not_matter():
    net = network()
    values, mask, delta = inputs(np.random.default_rng(1))
    other = np.where(mask > 0, values, 1e3).astype(np.float32)
    static = torch.zeros(1, 2)
    first, second = (net(*(torch.from_numpy(a) for a in (v, mask, delta)), static) for v in (values, other))
    assert torch.equal(first, second)


def test_a_case_does_not_depend_on_the_others_of_its_batch():
    net, rng = network(), np.random.default_rng(2)
    values, mask, delta = (np.concatenate(parts) for parts in zip(*(inputs(rng) for _ in range(3)), strict=True))
    batch = [torch.from_numpy(a) for a in (values, mask, delta)]
    static = torch.from_numpy(rng.normal(size=(3, 2)).astype(np.float32))
    together = net(*batch, static)
    alone = torch.cat([net(*(a[k : k + 1] for a in batch), static[k : k + 1]) for k in range(3)])
    assert torch.allclose(together, alone, atol=1e-6)
    assert together.shape == (3, 2)


def test_every_weight_is_learnt():
    net = network()
    for parameter in (*net.decay_x.parameters(), *net.decay_h.parameters()):
        torch.nn.init.uniform_(parameter, 0.1, 1.0)
    values, mask, delta = (torch.from_numpy(a) for a in inputs(np.random.default_rng(0), 8))
    net(values, mask, delta, torch.ones(1, 2)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in net.parameters())
