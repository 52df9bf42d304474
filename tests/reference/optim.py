"""Optimizer steps as in the papers, by parameter and step.

Every function returns the parameter after each step.
"""

import numpy as np


def sgd(p, grads, lr, momentum=0, dampening=0, weight_decay=0, nesterov=False, maximize=False):
    buf, path = None, []
    for g in grads:
        g = -g if maximize else g
        g = g + weight_decay * p
        if momentum:
            buf = g if buf is None else momentum * buf + (1 - dampening) * g
            g = g + momentum * buf if nesterov else buf
        p = p - lr * g
        path.append(p)
    return path


def adam(
    p,
    grads,
    lr,
    betas=(0.9, 0.999),
    eps=1e-8,
    weight_decay=0,
    amsgrad=False,
    maximize=False,
    decoupled_weight_decay=False,
):
    m, v, most, path = 0.0, 0.0, 0.0, []
    for t, g in enumerate(grads, 1):
        g = -g if maximize else g
        if decoupled_weight_decay:
            p = p * (1 - lr * weight_decay)
        else:
            g = g + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        most = np.maximum(most, v)
        v_hat = (most if amsgrad else v) / (1 - betas[1] ** t)
        p = p - lr * m / (1 - betas[0] ** t) / (np.sqrt(v_hat) + eps)
        path.append(p)
    return path


def adamw(p, grads, lr, weight_decay=1e-2, **options):
    return adam(p, grads, lr, weight_decay=weight_decay, decoupled_weight_decay=True, **options)


def rmsprop(
    p,
    grads,
    lr=1e-2,
    alpha=0.99,
    eps=1e-8,
    weight_decay=0,
    momentum=0,
    centered=False,
    maximize=False,
):
    v, m, buf, path = 0.0, 0.0, 0.0, []
    for g in grads:
        g = -g if maximize else g
        g = g + weight_decay * p
        v = alpha * v + (1 - alpha) * g**2
        m = alpha * m + (1 - alpha) * g
        buf = momentum * buf + g / (np.sqrt(v - m**2 if centered else v) + eps)
        p = p - lr * buf
        path.append(p)
    return path


def adagrad(
    p,
    grads,
    lr=1e-2,
    lr_decay=0,
    weight_decay=0,
    initial_accumulator_value=0,
    eps=1e-10,
    maximize=False,
):
    v, path = initial_accumulator_value, []
    for t, g in enumerate(grads, 1):
        g = (-g if maximize else g) + weight_decay * p
        v = v + g**2
        p = p - lr / (1 + (t - 1) * lr_decay) * g / (np.sqrt(v) + eps)
        path.append(p)
    return path


def adadelta(p, grads, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0, maximize=False):
    v, a, path = 0.0, 0.0, []
    for g in grads:
        g = (-g if maximize else g) + weight_decay * p
        v = rho * v + (1 - rho) * g**2
        u = np.sqrt(a + eps) / np.sqrt(v + eps) * g
        a = rho * a + (1 - rho) * u**2
        p = p - lr * u
        path.append(p)
    return path


def adamax(p, grads, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, maximize=False):
    m, u, path = 0.0, 0.0, []
    for t, g in enumerate(grads, 1):
        g = (-g if maximize else g) + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * g
        u = np.maximum(betas[1] * u, np.abs(g) + eps)
        p = p - lr / (1 - betas[0] ** t) * m / u
        path.append(p)
    return path


def moments(p, grads, lr, betas, weight_decay, maximize, decoupled):
    """Step, parameter after decoupled weight decay, gradient, and its two moments, for each step.

    The caller sends the parameter after the step.
    """
    m, v = 0.0, 0.0
    for t, g in enumerate(grads, 1):
        g = -g if maximize else g
        if decoupled:
            p = p * (1 - lr * weight_decay)
        else:
            g = g + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        p = yield t, p, g, m, v


def path_of(steps, change):
    """The parameter after each step of `moments`, changed by a function of what it yields."""
    path, p = [], None
    while True:
        try:
            p = change(*(steps.send(p)))
        except StopIteration:
            return path
        path.append(p)


def nadam(
    p,
    grads,
    lr=2e-3,
    betas=(0.9, 0.999),
    eps=1e-8,
    weight_decay=0,
    momentum_decay=4e-3,
    decoupled_weight_decay=False,
    maximize=False,
):
    def mu(t):
        return betas[0] * (1 - 0.5 * 0.96 ** (t * momentum_decay))

    def change(t, p, g, m, v):
        product = np.prod([mu(i) for i in range(1, t + 1)])
        step = (1 - mu(t)) / (1 - product) * g + mu(t + 1) / (1 - product * mu(t + 1)) * m
        return p - lr * step / (np.sqrt(v / (1 - betas[1] ** t)) + eps)

    steps = moments(p, grads, lr, betas, weight_decay, maximize, decoupled_weight_decay)
    return path_of(steps, change)


def radam(
    p,
    grads,
    lr=1e-3,
    betas=(0.9, 0.999),
    eps=1e-8,
    weight_decay=0,
    decoupled_weight_decay=False,
    maximize=False,
):
    limit = 2 / (1 - betas[1]) - 1

    def change(t, p, g, m, v):
        m = m / (1 - betas[0] ** t)
        rho = limit - 2 * t * betas[1] ** t / (1 - betas[1] ** t)
        if rho <= 5:
            return p - lr * m
        r = np.sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho))
        return p - lr * m * r * np.sqrt(1 - betas[1] ** t) / (np.sqrt(v) + eps)

    steps = moments(p, grads, lr, betas, weight_decay, maximize, decoupled_weight_decay)
    return path_of(steps, change)


def asgd(
    p, grads, lr=1e-2, lambd=1e-4, alpha=0.75, t0=1e6, weight_decay=0, maximize=False, average=False
):
    eta, mu, a, path = lr, 1.0, 0.0, []
    for t, g in enumerate(grads, 1):
        g = (-g if maximize else g) + weight_decay * p
        p = p * (1 - lambd * eta) - eta * g
        a = a + mu * (p - a)
        eta, mu = lr / (1 + lambd * lr * t) ** alpha, 1 / max(1, t - t0)
        path.append(a if average else p)
    return path


def rprop(p, grads, lr=1e-2, etas=(0.5, 1.2), step_sizes=(1e-6, 50), maximize=False):
    before, size, path = np.zeros_like(p), np.full_like(p, lr), []
    for g in grads:
        g = -g if maximize else g
        same = np.sign(g * before)
        size = np.clip(size * np.select([same > 0, same < 0], etas[::-1], 1), *step_sizes)
        before = np.where(same < 0, 0, g)
        p = p - size * np.sign(before)
        path.append(p)
    return path


def lion(p, grads, lr=1e-4, betas=(0.9, 0.99), weight_decay=0, maximize=False):
    m, path = 0.0, []
    for g in grads:
        g = -g if maximize else g
        u = np.sign(betas[0] * m + (1 - betas[0]) * g)
        m = betas[1] * m + (1 - betas[1]) * g
        p = p - lr * (u + weight_decay * p)
        path.append(p)
    return path


def lamb(p, grads, lr=1e-3, betas=(0.9, 0.999), eps=1e-6, weight_decay=0, maximize=False):
    m, v, path = 0.0, 0.0, []
    for t, g in enumerate(grads, 1):
        g = -g if maximize else g
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        u = m / (1 - betas[0] ** t) / (np.sqrt(v / (1 - betas[1] ** t)) + eps) + weight_decay * p
        norms = np.sqrt((p**2).sum()), np.sqrt((u**2).sum())
        p = p - lr * (norms[0] / norms[1] if all(norms) else 1) * u
        path.append(p)
    return path


def adafactor(
    p, grads, lr=1e-2, beta2_decay=-0.8, eps=(None, 1e-3), d=1.0, weight_decay=0, maximize=False
):
    eps1 = np.finfo(p.dtype).eps if eps[0] is None else eps[0]
    row, column, v, path = 0.0, 0.0, 0.0, []
    for t, g in enumerate(grads, 1):
        g = -g if maximize else g
        beta = 1 - t**beta2_decay
        alpha = max(eps[1], rms(p)) * min(lr, 1 / np.sqrt(t))
        p = p * (1 - lr * weight_decay)
        if p.ndim < 2:
            v = beta * v + (1 - beta) * g**2
        else:
            row = beta * row + (1 - beta) * (g**2).mean(-1, keepdims=True)
            column = beta * column + (1 - beta) * (g**2).mean(-2, keepdims=True)
            v = row * column / np.maximum(row.mean(-2, keepdims=True), eps1)
        u = g / np.sqrt(np.maximum(v, eps1**2))
        p = p - alpha / max(1, rms(u) / d) * u
        path.append(p)
    return path


def rms(x):
    return np.sqrt((x**2).mean()) if x.size else 0.0


def muon(
    p,
    grads,
    lr=1e-3,
    weight_decay=0.1,
    momentum=0.95,
    nesterov=True,
    ns_coefficients=(3.4445, -4.7750, 2.0315),
    eps=1e-7,
    ns_steps=5,
    adjust_lr_fn=None,
):
    """By singular values: each step of the iteration is one polynomial of them."""
    a, b, c = ns_coefficients
    buffer, path = np.zeros_like(p), []
    for g in grads:
        buffer = momentum * buffer + (1 - momentum) * g
        x = momentum * buffer + (1 - momentum) * g if nesterov else buffer
        u, s, vt = np.linalg.svd(x / max(np.linalg.norm(x), eps), full_matrices=False)
        for _ in range(ns_steps):
            s = a * s + b * s**3 + c * s**5
        rows, columns = p.shape
        own = adjust_lr_fn == "match_rms_adamw"
        factor = 0.2 * np.sqrt(max(rows, columns)) if own else np.sqrt(max(1, rows / columns))
        p = p * (1 - lr * weight_decay) - lr * factor * (u * s) @ vt
        path.append(p)
    return path
