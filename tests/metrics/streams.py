"""The same data at once and in batches, and the ways in which a metric takes and gives it."""

import copy
import pickle

import numpy as np

import fastnn


def batches(size, *arrays, seed=0):
    """The arrays in batches of odd sizes, the empty one among them."""
    rng = np.random.default_rng(seed)
    start = 0
    yield [a[:0] for a in arrays]
    while start < size:
        stop = start + int(rng.choice([1, 3, 7, 13]))
        yield [a[start:stop] for a in arrays]
        start = stop


def same(a, b, rtol=1e-12):
    """Whether two values, or tuples and lists of values, are close; NaN is NaN."""
    if isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for one, other in zip(a, b):
            same(one, other, rtol)
    else:
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-14)


def streamed(make, predictions, targets, weight=None, empty=True):
    """The value of data in batches, which is that at once, merged, restored, and of tensors."""
    metric = make()
    metric.update(predictions, targets, weight)
    value = metric.compute()
    size = len(targets)
    extra = [] if weight is None else [weight]
    parts = [make(), make()]
    stream = make()
    for n, batch in enumerate(batches(size, predictions, targets, *extra)):
        stream.update(*batch)
        parts[n % 2].update(*batch)
    same(stream.compute(), value)
    parts[0].merge(parts[1])
    same(parts[0].compute(), value)

    restored = make()
    restored.load_state_dict(pickle.loads(pickle.dumps(stream.state_dict())))
    same(restored.compute(), value)
    same(pickle.loads(pickle.dumps(stream)).compute(), value)
    twin = copy.deepcopy(stream)
    twin.update(predictions, targets, weight)
    same(stream.compute(), value)

    if isinstance(predictions, np.ndarray):
        given = fastnn.from_numpy(predictions.copy())
        if predictions.dtype.kind == "f":
            given.requires_grad_()
        tensors = make()
        same(tensors(given, fastnn.from_numpy(targets.copy()), weight), value)
        lists = make()
        lists.update(predictions.tolist(), targets.tolist(), weight)
        same(lists.compute(), value)
    stream.reset()
    same(stream(predictions, targets, weight), value)
    return value
