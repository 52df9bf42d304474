"""The LSTM with zoneout."""

import numpy as np
import pytest

import fastnn
from fastnn import nn
from tests.harness import numbers


def layer(**options):
    made = nn.ZoneoutLSTM(3, 4, dtype="float64", **options)
    fastnn.manual_seed(1)
    made.cell.reset_parameters()
    return made


X = fastnn.tensor(numbers(6, 2, 3))


def test_without_zoneout_it_is_an_lstm():
    ours = layer()
    lstm = nn.LSTM(3, 4, dtype="float64")
    for name, p in ours.cell.named_parameters():
        getattr(lstm, f"{name}_l0").data.copy_(p)
    y, (h, c) = ours(X)
    want, (h_n, c_n) = lstm(X)
    np.testing.assert_allclose(y.detach(), want.detach(), rtol=1e-12)
    np.testing.assert_allclose(h.detach(), h_n[0].detach(), rtol=1e-12)
    np.testing.assert_allclose(c.detach(), c_n[0].detach(), rtol=1e-12)


def test_in_evaluation_states_are_means():
    ours = layer(zoneout_h=0.25, zoneout_c=0.5).eval()
    y, (_, c) = ours(X)
    h_t = c_t = np.zeros((2, 4))
    for t in range(6):
        new_h, new_c = ours.cell(X[t], (fastnn.tensor(h_t), fastnn.tensor(c_t)))
        h_t = 0.25 * h_t + 0.75 * new_h.detach().numpy()
        c_t = 0.5 * c_t + 0.5 * new_c.detach().numpy()
        np.testing.assert_allclose(y[t].detach(), h_t, rtol=1e-12)
    np.testing.assert_allclose(c.detach(), c_t, rtol=1e-12)


def test_units_stay_at_random_in_training():
    ours = nn.ZoneoutLSTM(3, 500, zoneout_h=0.3)
    y, _ = ours(fastnn.randn(6, 4, 3))
    stayed = y[1:].detach().numpy() == y[:-1].detach().numpy()
    # The standard error of a share p of n units is sqrt(p (1 - p) / n).
    assert abs(stayed.mean() - 0.3) < 5 * np.sqrt(0.3 * 0.7 / stayed.size)
    y.sum().backward()
    assert ours.cell.weight_hh.grad is not None
    all_stay, _ = nn.ZoneoutLSTM(3, 4, zoneout_h=1.0)(fastnn.randn(6, 4, 3))
    np.testing.assert_array_equal(all_stay.detach(), np.zeros((6, 4, 4)))


def test_batch_first_and_no_batch():
    y, _ = layer()(X)
    first, _ = layer(batch_first=True)(X.transpose(0, 1))
    np.testing.assert_array_equal(first.transpose(0, 1).detach(), y.detach())
    alone, (h, _) = layer()(X[:, 0])
    np.testing.assert_allclose(alone.detach(), y[:, 0].detach(), rtol=1e-12)
    assert h.shape == (4,)


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"zoneout_h must be a probability, got 1\.5"):
        nn.ZoneoutLSTM(3, 4, zoneout_h=1.5)
    with pytest.raises(ValueError, match=r"must have shape \(T, N, 3\) or \(T, 3\), got \(3,\)"):
        layer()(X[0, 0])
    with pytest.raises(ValueError, match="has no steps"):
        layer()(X[:0])
