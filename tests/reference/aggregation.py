"""Pooling of sequences in NumPy, sequence by sequence."""

import numpy as np


def pooled(f):
    def pool(x, *args, batch_first=False, **kwargs):
        scores = args[0] if f is attention else None
        lengths = kwargs.get("lengths", args[-1] if len(args) > (f is attention) else None)
        if x.ndim == 2:
            x = x[None]
            scores = None if scores is None else scores[None]
        elif not batch_first:
            x = x.swapaxes(0, 1)
            scores = None if scores is None else scores.T
        lengths = [x.shape[1]] * len(x) if lengths is None else np.atleast_1d(lengths)
        out = np.zeros((len(x), x.shape[2]))
        for i, n in enumerate(lengths):
            out[i] = f(x[i, :n]) if scores is None else f(x[i, :n], scores[i, :n])
        return out

    def call(x, *args, **kwargs):
        out = pool(x, *args, **kwargs)
        return out[0] if x.ndim == 2 else out

    return call


def attention(x, scores):
    e = np.exp(scores - scores.max())
    return (e / e.sum()) @ x


last_pooling = pooled(lambda x: x[-1])
mean_pooling = pooled(lambda x: x.mean(0))
max_pooling = pooled(lambda x: x.max(0))
attention_pooling = pooled(attention)
