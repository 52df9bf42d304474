"""Dropout by definition: Philox4x32-10 on Python integers."""

import numpy as np

LOW = 0xFFFFFFFF


def philox(counter, key):
    """Four words from four words of counter and two of key."""
    c, k = list(counter), list(key)
    for _ in range(10):
        p, q = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [(q >> 32) ^ c[1] ^ k[0], q & LOW, (p >> 32) ^ c[3] ^ k[1], p & LOW]
        k = [(k[0] + 0x9E3779B9) & LOW, (k[1] + 0xBB67AE85) & LOW]
    return c


def numbers(seed, offset, size):
    """Number i belongs to block i // 64; there, number 16 j + i is word j of counter i."""
    found = []
    for block in range(-(-size // 64)):
        counters = range(16 * block, 16 * block + 16)
        words = [
            philox([n & LOW, n >> 32, offset & LOW, offset >> 32], [seed & LOW, seed >> 32])
            for n in counters
        ]
        found += [word[j] for j in range(4) for word in words]
    return np.array(found[:size], np.int64)


def dropout(x, p, stream):
    if p == 1:
        return np.zeros_like(x)
    seed, offset = (int(n) for n in stream)
    kept = numbers(seed, offset, x.size).reshape(x.shape) >= int(p * 2.0**32)
    return np.where(kept, x / (1 - p), 0)


def dropout_of_channels(x, p, stream, leading=2):
    """One random number for each position in the leading axes."""
    mask = dropout(np.ones(x.shape[:leading]), p, stream)
    return x * mask.reshape(*mask.shape, *[1] * (x.ndim - leading))


def alpha_dropout(x, p, stream, leading=None):
    """Dropped elements become SELU's lowest value; then mean 0 and variance 1 are restored."""
    leading = x.ndim if leading is None else leading
    if p == 1:
        return np.zeros_like(x)
    kept = dropout_of_channels(np.ones(x.shape), p, stream, leading) != 0
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    lowest = -scale * alpha
    a = 1 / np.sqrt((1 - p) * (1 + p * lowest**2))
    return a * np.where(kept, x, lowest) - a * p * lowest
