"""The textbook's recurrent network: by formula, by hand on the kernels, and by the tape.

For words w_1 .. w_T with vectors e_t: h_t = tanh(W_h h_{t-1} + W_e e_t + b_1),
ŷ_t = softmax(U h_t + b_2), and the loss is the mean of -log ŷ_t[w_{t+1}].
"""

import numpy as np

import fastnn
from fastnn import kernels, nn
from fastnn.nn import functional as F
from tests.harness import numbers
from tests.test_examples import load

T, D, H, V = 7, 4, 5, 11
W_E, W_H, B_1 = (
    numbers(H, D, low=-0.6, high=0.6),
    numbers(H, H, low=-0.6, high=0.6, seed=1),
    (numbers(H, seed=2)),
)
U, B_2 = numbers(V, H, seed=3), numbers(V, seed=4)
VECTORS = numbers(V, D, seed=5)
WORDS = np.array([3, 1, 4, 1, 5, 9, 2, 6])
E, NEXT = VECTORS[WORDS[:-1]], WORDS[1:]


def by_formula():
    """Loss and states, step by step."""
    h, states, losses = np.zeros(H), [], []
    for e, word in zip(E, NEXT):
        h = np.tanh(W_H @ h + W_E @ e + B_1)
        scores = U @ h + B_2
        losses.append(np.log(np.exp(scores).sum()) - scores[word])
        states.append(h)
    return np.mean(losses), np.array(states)


def terms(states):
    """The gradient of the loss by the copy of W_h at step t, for every t."""
    scores = states @ U.T + B_2
    y = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    dz = (y - np.eye(V)[NEXT]) / T
    dh, found = np.zeros(H), []
    for t in reversed(range(T)):
        da = (dz[t] @ U + dh) * (1 - states[t] ** 2)
        found.append(np.outer(da, states[t - 1] if t else np.zeros(H)))
        dh = da @ W_H
    return found[::-1]


def by_kernels(cut=None):
    """Loss and gradients with the kernels, as in an exercise."""
    params = ((W_E, W_H, B_1, np.zeros(H)),)
    states, _, saved = kernels.rnn_tanh(E[:, None], params, keep=True)
    scores, _ = kernels.linear(states[:, 0], U, B_2, keep=True)
    log_y = kernels.log_softmax(scores, 1)
    dz = (np.exp(log_y) - np.eye(V)[NEXT]) / T
    dh, d_u, d_b2 = kernels.linear_backward(dz, states[:, 0], U)
    de, _, ((d_we, d_wh, d_b1, _),) = kernels.rnn_tanh_backward(
        dh[:, None], None, E[:, None], params, None, states, saved
    )
    loss = -log_y[np.arange(T), NEXT].mean()
    return loss, (d_we, d_wh, d_b1, d_u, d_b2), de


def by_tape():
    values = [fastnn.tensor(p, requires_grad=True) for p in (W_E, W_H, B_1, U, B_2)]
    w_e, w_h, b_1, u, b_2 = values
    h, states = fastnn.zeros(H, dtype=np.float64), []
    for e in E:
        h = (w_h @ h + w_e @ fastnn.tensor(e) + b_1).tanh()
        states.append(h)
    loss = F.cross_entropy(F.linear(fastnn.stack(states), u, b_2), fastnn.tensor(NEXT))
    loss.backward()
    return loss.item(), tuple([p.grad.numpy() for p in values])


def test_kernels_match_the_formula():
    loss, states = by_formula()
    got, _, _ = by_kernels()
    np.testing.assert_allclose(got, loss, rtol=1e-14)
    y, _, _ = kernels.rnn_tanh(E[:, None], ((W_E, W_H, B_1, np.zeros(H)),))
    np.testing.assert_allclose(y[:, 0], states, atol=1e-15)


def test_kernels_match_the_tape():
    loss, grads, _ = by_kernels()
    other, others = by_tape()
    np.testing.assert_allclose(loss, other, rtol=1e-14)
    for a, b in zip(grads, others):
        np.testing.assert_allclose(a, b, atol=1e-14)


def test_one_matrix_for_the_concatenated_vector():
    """[W_h W_e] [h; e] is W_h h + W_e e, and so are its gradients."""
    w = fastnn.tensor(np.concatenate([W_H, W_E], axis=1), requires_grad=True)
    h, states = fastnn.zeros(H, dtype=np.float64), []
    for e in E:
        h = F.linear(fastnn.cat([h, fastnn.tensor(e)]), w, fastnn.tensor(B_1)).tanh()
        states.append(h)
    scores = F.linear(fastnn.stack(states), fastnn.tensor(U), fastnn.tensor(B_2))
    F.cross_entropy(scores, fastnn.tensor(NEXT)).backward()
    _, (d_we, d_wh, *_), _ = by_kernels()
    np.testing.assert_allclose(w.grad.numpy(), np.concatenate([d_wh, d_we], axis=1), atol=1e-14)


def test_the_gradient_of_a_shared_matrix_is_the_sum_over_steps():
    _, states = by_formula()
    each = terms(states)
    _, (_, d_wh, *_), _ = by_kernels()
    np.testing.assert_allclose(d_wh, sum(each), atol=1e-14)
    # A copy of W_h for each step gives the gradient term by term.
    copies = [fastnn.tensor(W_H, requires_grad=True) for _ in range(T)]
    h, outputs = fastnn.zeros(H, dtype=np.float64), []
    for w, e in zip(copies, E):
        h = (w @ h + fastnn.tensor(W_E @ e + B_1)).tanh()
        outputs.append(h)
    scores = F.linear(fastnn.stack(outputs), fastnn.tensor(U), fastnn.tensor(B_2))
    F.cross_entropy(scores, fastnn.tensor(NEXT)).backward()
    for w, term in zip(copies, each):
        np.testing.assert_allclose(w.grad.numpy(), term, atol=1e-14)


def test_gradients_vanish_with_distance():
    """With initial weights all three vanish, the Elman network's fastest."""
    example = load("gradients_through_time")
    norms = {name: example.gradient_norms(name) for name in example.LAYERS}
    for name in ("RNN", "GRU", "LSTM"):
        assert norms[name][100] < 1e-15 * norms[name][0]
        assert norms["RNN"][100] <= norms[name][100]
    for name in ("GRU, update gate open", "LSTM, forget gate open"):
        assert norms[name][100] > 0.1 * norms[name][0]


def test_an_open_forget_gate_preserves_gradients():
    """A large bias of the forget gate preserves the gradient over 100 steps."""
    layer = nn.LSTM(10, 32, dtype=np.float64)
    layer.bias_ih_l0._array[32:64] = 8.0
    x = fastnn.tensor(numbers(100, 4, 10), requires_grad=True)
    _, (_, c) = layer(x)
    c.sum().backward()
    assert np.linalg.norm(x.grad.numpy()[0]) > 0.3 * np.linalg.norm(x.grad.numpy()[-1])
