"""Embeddings in NumPy, bag by bag."""

import numpy as np


def embedding(ids, weight, **options):
    return weight[ids]


def embedding_bag(ids, weight, offsets=None, mode="mean", scales=None, padding=None, last=False):
    if ids.ndim == 2:
        bags = list(ids)
        factors = [None] * len(bags) if scales is None else list(scales)
    else:
        ends = [*offsets[1:], *([] if last else [len(ids)])]
        cuts = [slice(a, b) for a, b in zip(offsets, ends)]
        bags = [ids[cut] for cut in cuts]
        factors = [None if scales is None else scales[cut] for cut in cuts]
    out = np.zeros((len(bags), weight.shape[1]))
    for y, bag, s in zip(out, bags, factors):
        keep = np.ones(len(bag), bool) if padding is None else bag != padding % len(weight)
        if not keep.any():
            continue
        rows = weight[bag[keep]]
        if s is not None:
            rows = rows * s[keep][:, None]
        y[:] = getattr(rows, mode)(axis=0)
    return out
