"""Names of recorded operations, and the graph that they make."""

import fastnn
import fastnn.nn.functional as F
from fastnn.autograd import Function, detect_anomaly


class Twice(Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, dy):
        return dy * 2


def test_names():
    x = fastnn.ones(2, 3, requires_grad=True)
    w = fastnn.ones(4, 3)
    for y, name in (
        (x * 2, "MulBackward"),
        (x.log_softmax(1), "LogSoftmaxBackward"),
        (F.linear(x, w), "LinearBackward"),
        (x.split(1)[1], "SplitBackward"),
        (Twice.apply(x), "TwiceBackward"),
    ):
        assert y.grad_fn.name() == name
        assert repr(y.grad_fn).startswith(f"<{name} object at 0x")
        assert repr(y).endswith(f"grad_fn=<{name}>)")
    assert x.grad_fn is None
    with detect_anomaly():
        assert (x * 2).grad_fn.name() == "MulBackward"
        assert x.split(1)[0].grad_fn.name() == "SplitBackward"
        assert Twice.apply(x).grad_fn.name() == "TwiceBackward"


def test_a_name_survives_the_backward_pass():
    x = fastnn.ones(2, requires_grad=True)
    y = (x * 2).sum()
    y.backward()
    assert y.grad_fn.name() == "SumBackward"
    assert y.grad_fn.next_functions[0][0].name() == "MulBackward"


def test_next_functions():
    x, w = fastnn.ones(2, requires_grad=True), fastnn.ones(2)
    first = x * w
    y = first + x
    (node, i), (end, j) = y.grad_fn.next_functions
    assert node is first.grad_fn
    assert (i, j) == (0, 0)
    assert end.name() == "AccumulateGrad"
    assert end.variable is x
    assert end.next_functions == ()
    (left, _), right = first.grad_fn.next_functions
    assert left == end  # one leaf is one node of the graph
    assert len({left, end}) == 1
    assert right == (None, 0)


def test_outputs_of_one_operation():
    a, b = fastnn.ones(2, requires_grad=True).split(1)
    (left, i), (right, j) = (a * b).grad_fn.next_functions
    assert left is right
    assert (i, j) == (0, 1)
    assert left.next_functions == a.grad_fn.next_functions
    assert [node.name() for node, _ in left.next_functions] == ["AccumulateGrad"]


def test_a_walk_through_the_graph():
    x = fastnn.ones(2, requires_grad=True)
    y = ((x * 2).exp() + x).sum()
    seen, todo = [], [y.grad_fn]
    while todo:
        node = todo.pop()
        seen.append(node.name())
        todo.extend(n for n, _ in node.next_functions if n is not None)
    assert sorted(seen) == [
        "AccumulateGrad",
        "AccumulateGrad",
        "AddBackward",
        "ExpBackward",
        "MulBackward",
        "SumBackward",
    ]
