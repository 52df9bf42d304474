"""Recurrent layers, one sequence and one step at a time."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_step(x, h, c, mask, w_ih, w_hh, b_ih=None, b_hh=None, w_hr=None):
    g = w_ih @ x + w_hh @ (mask * h)
    if b_ih is not None:
        g = g + b_ih + b_hh
    i, f, g, o = np.split(g, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return (h if w_hr is None else w_hr @ h), c


def normalised(x, eps):
    return (x - x.mean()) / np.sqrt(x.var() + eps)


def layer_norm_lstm_step(eps):
    def step(x, h, c, mask, w_ih, w_hh, b_ih, b_hh, gain_ih, gain_hh, gain_c, b_c):
        g = gain_ih * normalised(w_ih @ x, eps) + gain_hh * normalised(w_hh @ (mask * h), eps)
        if b_ih is not None:
            g = g + b_ih + b_hh
        i, f, g, o = np.split(g, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        out = gain_c * normalised(c, eps)
        return sigmoid(o) * np.tanh(out if b_c is None else out + b_c), c

    return step


def gru_step(x, h, c, mask, w_ih, w_hh, b_ih=None, b_hh=None):
    zero = np.zeros(len(w_ih))
    a = w_ih @ x + (zero if b_ih is None else b_ih)
    b = w_hh @ (mask * h) + (zero if b_hh is None else b_hh)
    (ar, az, an), (br, bz, bn) = np.split(a, 3), np.split(b, 3)
    n = np.tanh(an + sigmoid(ar + br) * bn)
    z = sigmoid(az + bz)
    return (1 - z) * n + z * h, c


def rnn_step(f):
    def step(x, h, c, mask, w_ih, w_hh, b_ih=None, b_hh=None):
        g = w_ih @ x + w_hh @ (mask * h)
        return f(g if b_ih is None else g + b_ih + b_hh), c

    return step


def relu(x):
    return np.maximum(x, 0)


def lengths_of(batch_sizes):
    return [int((np.asarray(batch_sizes) > b).sum()) for b in range(batch_sizes[0])]


def layer(step, x, params, h_0=None, c_0=None, batch_sizes=None, mask=None):
    """Output of the layer and its last states, (T, N, D P) or packed."""
    w_ih, w_hh = params[0][:2]
    projected = len(params[0]) == 5 and params[0][4] is not None
    out = w_hh.shape[1]
    hidden = params[0][4].shape[1] if projected else out
    if batch_sizes is None:
        steps, batch = x.shape[:2]
        sizes = [batch] * steps
    else:
        sizes = list(batch_sizes)
        steps, batch = len(sizes), sizes[0]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    rows = x.reshape(sum(sizes), w_ih.shape[1])
    y = np.zeros((len(rows), len(params) * out))
    h_n, c_n = np.zeros((len(params), batch, out)), np.zeros((len(params), batch, hidden))
    for d, weights in enumerate(params):
        for b in range(batch):
            h = np.zeros(out) if h_0 is None else h_0[d, b]
            c = np.zeros(hidden) if c_0 is None else c_0[d, b]
            m = 1 if mask is None else mask[d, b]
            times = [t for t in range(steps) if sizes[t] > b]
            for t in reversed(times) if d else times:
                h, c = step(rows[starts[t] + b], h, c, m, *weights)
                y[starts[t] + b, d * out : (d + 1) * out] = h
            h_n[d, b], c_n[d, b] = h, c
    return y.reshape(*x.shape[:-1], len(params) * out), h_n, c_n


def lstm_layer(x, params, h_0=None, c_0=None, batch_sizes=None, mask=None):
    return layer(lstm_step, x, params, h_0, c_0, batch_sizes, mask)


def layer_norm_lstm_layer(x, params, h_0=None, c_0=None, batch_sizes=None, mask=None, eps=1e-5):
    return layer(layer_norm_lstm_step(eps), x, params, h_0, c_0, batch_sizes, mask)


def gru_layer(x, params, h_0=None, batch_sizes=None, mask=None):
    return layer(gru_step, x, params, h_0, None, batch_sizes, mask)[:2]


def rnn_layer(x, params, h_0=None, batch_sizes=None, nonlinearity="tanh", mask=None):
    f = np.tanh if nonlinearity == "tanh" else relu
    return layer(rnn_step(f), x, params, h_0, None, batch_sizes, mask)[:2]


def cell(step):
    def one(x, hx, *weights):
        h, c = hx if isinstance(hx, tuple) else (hx, hx)
        rows = np.atleast_2d(x)
        results = [
            step(row, a, b, 1, *weights)
            for row, a, b in zip(rows, np.atleast_2d(h), np.atleast_2d(c))
        ]
        new_h = np.array([r[0] for r in results]).reshape(h.shape)
        if isinstance(hx, tuple):
            return new_h, np.array([r[1] for r in results]).reshape(c.shape)
        return new_h

    return one


lstm_cell, gru_cell = cell(lstm_step), cell(gru_step)
rnn_tanh_cell, rnn_relu_cell = cell(rnn_step(np.tanh)), cell(rnn_step(relu))
