"""detect_anomaly names the operation and the line that made the first NaN or infinity."""

import inspect
import threading

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import nn
from fastnn.autograd import detect_anomaly, is_anomaly_enabled, set_detect_anomaly
from fastnn.autograd.anomaly import CODES
from fastnn.autograd.record import record, record_many
from fastnn.autograd.tape import walk

INF, NAN = float("inf"), float("nan")


def leaf(*values):
    return fastnn.tensor(list(values), requires_grad=True)


def message(call, **options):
    """The error that a call inside a block raises, and its line among those of this file."""
    with (
        pytest.raises(RuntimeError, match=r"made|got|reaches") as caught,
        detect_anomaly(**options),
    ):
        call()
    assert not is_anomaly_enabled()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def log_of_zero():
    x = leaf(1.0, 0.0)
    return (x.log() * 2).sum()


def root_at_zero():
    x = leaf(0.0, 4.0)
    (x.sqrt().sum() * 1).backward()


def zero_by_zero():
    x = leaf(0.0, 1.0)
    return (x / x).sum()


def product_overflows():
    return F.linear(leaf(1e30, 1e30), fastnn.full((1, 2), 1e30))


def several_outputs():
    return leaf(0.0, 1.0).log().split(1)


FAULTS = [
    (log_of_zero, "log made an infinity of finite inputs: 1 of 2 elements, first at (1,)", "x.log"),
    (root_at_zero, "backward of sqrt made an infinity of a finite gradient: 1 of 2", "x.sqrt()"),
    (zero_by_zero, "div made NaN of finite inputs: 1 of 2 elements, first at (0,)", "(x / x)"),
    (product_overflows, "linear made an infinity of finite inputs: 1 of 1", "return F.linear"),
    (several_outputs, "log made an infinity of finite inputs", "leaf(0.0, 1.0).log()"),
]


@pytest.mark.parametrize(("function", "words", "line"), FAULTS, ids=lambda x: str(x)[:20])
def test_operation_and_line(function, words, line):
    text = message(function)
    assert words in text
    lines, first = inspect.getsourcelines(function)
    number = first + next(i for i, code in enumerate(lines) if line in code)
    assert f"{__file__}:{number}, in {function.__name__}: `" in text
    assert line in text


def test_the_first_of_several_is_named():
    def chain():
        x = leaf(0.0)
        return ((x.log() * 0).exp() / 0).sum()

    assert "log made an infinity" in message(chain)


def test_infinite_minus_infinite():
    def difference():
        x = fastnn.tensor([INF], requires_grad=True)
        return x - x

    assert "sub made NaN of infinite inputs" in message(difference)


def test_nan_that_was_passed_in():
    def forward():
        return leaf(1.0, 2.0) * fastnn.tensor([NAN, 1.0])

    assert "mul got NaN, which no operation here made, and passed it on: 1 of 2" in message(forward)


def test_nan_made_of_data():
    def prepare():
        x = fastnn.zeros(2)
        return x / x.sum()

    assert "div made NaN of finite inputs" in message(prepare)


def test_gradients_that_are_not_finite_when_they_come():
    def backward():
        (leaf(1.0, 2.0) * 2).backward(fastnn.tensor([NAN, 1.0]))

    assert "the gradient that reaches mul is not finite" in message(backward)


def test_gradients_of_users_functions():
    class Cube(fastnn.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, dy):
            return dy * INF

    def backward():
        Cube.apply(leaf(1.0)).backward()

    text = message(backward)
    assert "the backward of Cube made an infinity of a finite gradient" in text
    assert "Cube.apply(leaf(1.0)).backward()" in text


def test_sparse_gradients():
    table = nn.Embedding(4, 2, sparse=True)

    def backward():
        table(fastnn.tensor([1, 2])).backward(fastnn.full((2, 2), INF))

    assert "the gradient that reaches embedding is not finite" in message(backward)
    with detect_anomaly():
        table(fastnn.tensor([1, 1])).sum().backward()
    assert table.weight.grad.rows.tolist() == [[2.0, 2.0]]
    x = fastnn.ones(10_000, requires_grad=True)
    with detect_anomaly():
        (x[2:5].sum() + (x * 2)[7]).backward()
    assert x.grad.sum().item() == 5


def test_masks_may_be_infinite():
    x = fastnn.randn(2, 4, 3)
    x.requires_grad_()
    mask = fastnn.tensor([[True, False, True]])
    layer = nn.TransformerEncoderLayer(8, 2, 16)
    with detect_anomaly():
        scores = F.softmax(x.masked_fill(mask, -INF), 2)
        scores = scores + F.softmax(x + fastnn.tensor([0.0, -INF, 0.0]), 2)
        scores = scores + F.softmax(fastnn.where(mask, x, fastnn.tensor(-INF)), 2)
        scores.sum().backward()
        causal = nn.Transformer.generate_square_subsequent_mask(5)
        layer(fastnn.randn(5, 2, 8), src_mask=causal).sum().backward()
    assert np.isfinite(x.grad.numpy()).all()


def test_data_with_nan_may_be_cleaned():
    with detect_anomaly():
        x = fastnn.tensor([1.0, NAN])
        y = fastnn.where(fastnn.isnan(x * 2), fastnn.tensor(0.0), x)
        assert (y * leaf(1.0, 1.0)).tolist() == [1.0, 0.0]


def test_the_module_is_named():
    class Block(nn.Module):
        def forward(self, x):
            return x.log()

    text = message(lambda: nn.Sequential(nn.Identity(), Block())(leaf(0.0)))
    assert text.startswith("detect_anomaly: log made an infinity of finite inputs")
    assert text.endswith("; in Block `1`")
    layer = nn.Linear(2, 1)
    fastnn.nn.init.constant_(layer.weight, 1e30)
    text = message(lambda: nn.Sequential(layer)(leaf(1e30, 1e30)))
    assert text.startswith("Linear `0`: linear made an infinity")


def test_results_are_the_same_inside():
    def step():
        fastnn.manual_seed(0)
        model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.LSTM(8, 3))
        y, _ = model(fastnn.randn(5, 6))
        F.cross_entropy(y, fastnn.tensor([0, 1, 2, 1, 0])).backward()
        return [p.grad.numpy() for p in model.parameters()]

    expected = step()
    with detect_anomaly():
        found = step()
    for a, b in zip(found, expected):
        np.testing.assert_array_equal(a, b)


def test_changes_in_place_are_judged_as_without():
    # The gradient of a product by one factor reads only the other.
    x, w = leaf(1.0, 2.0), fastnn.tensor([3.0, 4.0])
    with detect_anomaly():
        y = x.detach().clone()
        z = y * leaf(1.0, 1.0)
        w.fill_(1.0)
        z.sum().backward()
        y2 = leaf(1.0) * w[:1]
        w.fill_(2.0)
        with pytest.raises(RuntimeError, match="changed in place since the forward pass: mul_back"):
            y2.backward()


def test_errors_of_a_backward_name_the_line_of_the_forward():
    class Broken(fastnn.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, dy):
            return dy, dy

    with detect_anomaly(check_nan=False):
        y = Broken.apply(leaf(1.0))  # here
    with pytest.raises(RuntimeError, match=r"expected 1 gradients.*Broken.apply\(leaf.*# here"):
        y.backward()


def test_check_nan_false_checks_nothing():
    with detect_anomaly(check_nan=False):
        root_at_zero()
        assert log_of_zero().item() == -INF


def test_on_and_off():
    code = record.__code__, record_many.__code__, walk.__code__
    assert not is_anomaly_enabled()
    set_detect_anomaly(True)
    assert is_anomaly_enabled()
    with set_detect_anomaly(False):
        assert not is_anomaly_enabled()
        assert log_of_zero().item() == -INF
        with detect_anomaly(), detect_anomaly():
            assert is_anomaly_enabled()
        assert not is_anomaly_enabled()
    assert is_anomaly_enabled()
    set_detect_anomaly(False)
    assert (record.__code__, record_many.__code__, walk.__code__) == code


def test_both_codes_of_a_function_take_the_same_arguments():
    for plain, watching in zip(CODES[False], CODES[True]):
        assert plain.co_flags & 12 == watching.co_flags & 12  # *args and **kwargs
        count = plain.co_argcount + bool(plain.co_flags & 4)
        assert plain.co_argcount == watching.co_argcount
        assert plain.co_kwonlyargcount == watching.co_kwonlyargcount == 0
        assert plain.co_varnames[:count] == watching.co_varnames[:count]


def test_graphs_of_a_block_outlive_it():
    with detect_anomaly():
        y = leaf(0.0, 4.0).sqrt().sum()
    y.backward()  # outside nothing is checked


def test_graphs_from_outside_are_watched():
    y = leaf(0.0, 4.0).sqrt().sum()
    text = message(y.backward)
    assert "the backward of sqrt made an infinity of a finite gradient" in text
    assert text.endswith("the forward was at a line that was not inside of detect_anomaly")
    parts = leaf(0.0, 4.0).sqrt().split(1)
    assert "the backward of sqrt made" in message((parts[0] + parts[1]).backward)
    x = leaf(0.0, 4.0)
    y = (x.sqrt() * 2).split(1)[1] + 1
    with detect_anomaly():
        (found,) = fastnn.autograd.grad((x * x).sum(), x)
        assert found.tolist() == [0.0, 8.0]
    assert "sqrt" in message(lambda: fastnn.autograd.grad(y, x))


def test_all_threads_are_watched():
    found = []

    def run():
        try:
            log_of_zero()
        except RuntimeError as error:
            found.append(str(error))

    with detect_anomaly():
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert len(found) == 1
