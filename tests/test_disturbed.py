"""Every operation and module while something disturbs it.

Arguments that change arrays of the same call when they are looked at, constants that change between
forward and backward, and Ctrl-C at any line. What is allowed is a result by the old numbers, one by
the new numbers, or an error; the next call must be as good as the first.
"""

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import fastnn
from fastnn import Tensor
from tests.every_record import RECORDS, WITH_GRADIENT, flat, forward_backward, some_samples
from tests.harness.running import arrays_in, cast, each_array, tensors, weights
from tests.harness.tolerance import compare_all

pytestmark = pytest.mark.filterwarnings("ignore:.*broadcast")

PACKAGE = str(Path(fastnn.__file__).parent)
PLACES = 12  # lines of a call that are interrupted


# -- constants -----------------------------------------------------------------------------------


def constant_changed(record, given, which):
    """Gradients after the `which`-th tensor without gradient changed, None after an error."""
    leaves, constants = [], []

    def make(has_gradient, x):
        t = Tensor(x, requires_grad=has_gradient)
        (leaves if has_gradient else constants).append(t)
        return t

    wrapped = each_array(record, given, make)
    outs = [y for y in flat(record, record.op(*wrapped.args, **wrapped.kwargs)) if y.requires_grad]
    if which < len(constants):
        constants[which].fill_(0)
    if outs:
        try:
            fastnn.autograd.backward(outs, weights(outs))
        except RuntimeError as error:
            if "changed in place" not in str(error):
                raise
            return None
    return [None if x.grad is None else x.grad.numpy() for x in leaves]


@pytest.mark.parametrize("record", WITH_GRADIENT)
def test_a_changed_constant_is_an_error_or_no_matter(record):
    """Targets, indices, lengths, masks and weights that have no gradient."""
    for sample in some_samples(record):
        given = cast(sample, "float64")
        count = len(arrays_in([given.args, given.kwargs]))
        want = forward_backward(record, given)[1]
        for which in range(count - len(want)):
            got = constant_changed(record, cast(given, "float64"), which)
            if got is not None:
                compare_all(
                    got, want, 0, f"{record.name}: gradients after constant {which} changed"
                )


# -- Ctrl-C --------------------------------------------------------------------------------------


def with_lines(call: Callable[[], object], at: Callable[[int], None]) -> int:
    """Call; tell `at` the number of every line of the package that runs. How many there were."""
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        if event == "line":
            count += 1
            at(count)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("record", RECORDS)
def test_interrupted_at_any_line(record):
    """Inputs are what they were, recording is on, and the next call gives the same bits."""
    given = cast(some_samples(record)[0], "float32")
    inputs = arrays_in([given.args, given.kwargs])
    before = [x.copy() for x in inputs]

    def run():
        fastnn.manual_seed(7)
        ys, grads = forward_backward(record, given)
        return [x.tobytes() for x in [*ys, *(g for g in grads if g is not None)]]

    want = run()
    lines = with_lines(run, lambda line: None)
    for line in range(1, lines + 1, max(1, lines // PLACES)):

        def interrupt(number, line=line):
            if number == line:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            with_lines(run, interrupt)
        assert fastnn.is_grad_enabled(), line
        assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(inputs, before)), line
        assert run() == want, line


# -- arguments that run code ---------------------------------------------------------------------


class Changing:
    """A number that changes arrays when it is converted."""

    def __init__(self, value, change):
        self.value, self.change = value, change

    def converting(make):
        def convert(self):
            self.change()
            return make(self.value)

        return convert

    __index__ = __int__ = converting(int)
    __float__, __bool__ = converting(float), converting(bool)


def zero(arrays):
    for x in arrays:
        x[...] = 0


def flatten(arrays):
    for x in arrays:
        with contextlib.suppress(AttributeError):  # of another order
            x.shape = (x.size,)


def numbers_in(given):
    """Where numbers are among the arguments."""
    places = [*enumerate(given.args), *given.kwargs.items()]
    return [place for place, value in places if type(value) in (int, float, bool)]


def outputs(record, given):
    wrapped, _ = tensors(record, given, False)
    fastnn.manual_seed(7)
    return [y.numpy().copy() for y in flat(record, record.op(*wrapped.args, **wrapped.kwargs))]


def same(xs, ys):
    return len(xs) == len(ys) and all(
        np.array_equal(x.reshape(-1), y.reshape(-1), equal_nan=True) for x, y in zip(xs, ys)
    )


def with_number(record, given, place, change):
    """Outputs where one number changes the arrays of the call; None after an error."""
    wrapped, _ = tensors(record, given, False)
    arrays = arrays_in([given.args, given.kwargs])
    args, kwargs = list(wrapped.args), dict(wrapped.kwargs)
    where = args if isinstance(place, int) else kwargs
    where[place] = Changing(where[place], lambda: change(arrays))
    fastnn.manual_seed(7)
    try:
        return [y._array for y in flat(record, record.op(*args, **kwargs))]
    except (TypeError, ValueError, IndexError, RuntimeError):
        return None


# They look at arrays before and after they look at numbers.
IN_STEPS = {"split", "setitem", "multi_head_attention_forward", "feature_alpha_dropout"}
IN_STEPS |= {"dropout1d", "dropout2d", "dropout3d", "renorm", "tensor_split"}
IN_STEPS |= {"diagonal_scatter", "slice_scatter", "triplet_margin_loss"}


@pytest.mark.parametrize("change", [zero, flatten])
@pytest.mark.parametrize("record", RECORDS)
def test_a_number_that_changes_the_arrays(record, change):
    """Those of before or those of after are computed with: no mixture and no other memory."""
    for sample in some_samples(record):
        for place in numbers_in(sample):
            given, changed = cast(sample, "float64"), cast(sample, "float64")
            want = [outputs(record, cast(sample, "float64"))]
            change(arrays_in([changed.args, changed.kwargs]))
            with contextlib.suppress(Exception):  # may be refused
                want.append(outputs(record, changed))
            got = with_number(record, given, place, change)
            if got is not None and record.name not in IN_STEPS:
                assert any(same(got, w) for w in want), f"{record.name}: {place}"
            again = cast(sample, "float64")
            assert same(outputs(record, again), want[0]), f"{record.name}: {place}, the next call"
