"""The checks of a record."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest

import fastnn
from fastnn import Tensor
from fastnn.autograd.tape import Node
from fastnn.autograd.views import base_of
from fastnn.testing import gradcheck

from .layouts import LAYOUTS
from .machine import THREADS, isa, isa_levels, threads
from .record import Bad, Record, Sample
from .running import (
    arrays_in,
    cast,
    differentiable,
    each_array,
    expected,
    is_float,
    listed,
    moved,
    outcome,
    run,
    run_backward,
    tensors,
    tree,
    weights,
    widened,
)
from .tolerance import compare, compare_all, gradient_tolerance, tolerance


def check_value(record: Record, dtype: str, level: str) -> None:
    """Outputs agree with the reference."""
    with isa(level):
        for i, sample in enumerate(record.samples):
            given = cast(sample, dtype)
            wide = widened(given)
            want = expected(record, wide)
            allowed = tolerance(record, wide, want, dtype)
            what = f"{record.name} sample {i} {dtype} {level}"
            compare_all(run(record, given), want, allowed, what)
            if any(is_float(x) for x in arrays_in([given.args, given.kwargs])):
                assert all(y.dtype == dtype for y in run(record, given) if is_float(y)), what


def check_gradient(record: Record, level: str) -> None:
    """Gradients agree with finite differences in float64."""
    checked = 0
    with isa(level):
        for sample in record.samples:
            given = cast(sample, "float64")
            wrapped, leaves = tensors(record, given, True)
            size = sum(x.numel() for x in leaves)
            if not leaves or size == 0 or size > record.gradient_size:
                continue

            def call(*xs: Tensor, wrapped: Sample = wrapped) -> Any:
                return record.op(*wrapped.args, **wrapped.kwargs)

            gradcheck(call, leaves, record.eps, record.atol, record.rtol)
            checked += 1
    assert checked, f"{record.name}: no sample is small enough for a gradient check"


def check_gradient32(record: Record, level: str) -> None:
    """Gradients in float32 agree with those in float64, which finite differences confirm."""
    with isa(level):
        for i, sample in enumerate(record.samples):
            given = cast(sample, "float32")
            _, want = run_backward(record, widened(given))
            _, got = run_backward(record, given)
            allowed = gradient_tolerance(record, widened(given), want, "float32")
            compare_all(got, want, allowed, f"{record.name} gradient, sample {i} {level}")
            assert all(g.dtype == np.float32 for g in got if g is not None)


def check_large(record: Record) -> None:
    """Values and gradients of large samples: of every chunk, block and segment.

    The gradients in float64 are too many for finite differences one by one. All of them are part of
    the derivative of the reference along a direction in which each element has its own step.
    """
    for i, sample in enumerate(record.large):
        what = f"{record.name} large sample {i}"
        given = cast(sample, "float32")
        wide = widened(given)
        want = expected(record, wide)
        ys, grads = outcome(record, wide)
        # Here the reference has as many roundings as what is tested.
        allowed = 2 * tolerance(record, wide, want, "float64")
        compare_all(ys, want, allowed, f"{what} float64")
        if record.gradient:
            check_slope(record, wide, grads, f"{what} gradient")
        if "float32" in record.dtypes:
            ys, grads32 = outcome(record, given)
            allowed = tolerance(record, wide, want, "float32")
            compare_all(ys, want, allowed, f"{what} float32")
            allowed = gradient_tolerance(record, wide, grads, "float32")
            compare_all(grads32, grads, allowed, f"{what} gradient float32")


def check_slope(record: Record, given: Sample, grads: Sequence[Any], what: str) -> None:
    """Gradients agree with the derivative of the reference along a random direction."""
    step = 1e-8  # so short that next to no element passes a kink
    (ahead, direction), (behind, _) = (moved(record, given, h) for h in (step, -step))
    ends = zip(differentiable(record, given), expected(record, ahead), expected(record, behind))
    rises = [a - b for depends, a, b in ends if depends]
    slope = sum(float((dy * rise).sum()) for dy, rise in zip(weights(rises), rises)) / (2 * step)
    parts = [g * along for g, along in zip(grads, direction) if g is not None]
    size = np.sqrt(sum(float((part * part).sum()) for part in parts))
    got = np.float64(sum(part.sum() for part in parts))
    compare(got, slope, record.atol + record.rtol * size, what)


def check_threads(record: Record) -> None:
    """Outputs and gradients have the same bits for any number of threads."""
    for sample in [*record.samples, *record.large]:
        given = cast(sample, "float32")
        results = []
        for n in THREADS:
            with threads(n):
                ys, grads = outcome(record, given)
            results.append([y.tobytes() for y in [*ys, *[g for g in grads if g is not None]]])
        for n, result in zip(THREADS, results):
            assert result == results[0], f"{record.name}: {n} threads give different bits than 1"


def check_layout(record: Record, layout: str) -> None:
    """Outputs and gradients do not depend on the memory layout of inputs."""
    change = LAYOUTS[layout]
    for i, sample in enumerate(record.samples):
        given = cast(sample, "float64")
        floats = lambda x: change(x) if is_float(x) else x  # noqa: E731
        # Integer arrays (class ids) keep their values under every change of layout but `broadcast`.
        alter = floats if layout == "broadcast" else change
        laid = Sample(*tree(alter, given.args), **tree(alter, given.kwargs))
        dense = Sample(*tree(np.array, laid.args), **tree(np.array, laid.kwargs))
        want_y, want_g = outcome(record, dense)
        got_y, got_g = outcome(record, laid)
        what = f"{record.name} sample {i} {layout}"
        compare_all(got_y, want_y, 2 * tolerance(record, dense, want_y, "float64"), what)
        allowed = 2 * gradient_tolerance(record, dense, want_g, "float64")
        compare_all(got_g, want_g, allowed, what + " gradient")


def check_readonly(record: Record) -> None:
    """Read-only inputs work, and no input is changed."""
    for dtype in record.dtypes:
        for sample in record.samples:
            given = cast(sample, dtype)
            inputs = arrays_in([given.args, given.kwargs])
            before = [x.copy() for x in inputs]
            for x in inputs:
                x.flags.writeable = False
            outcome(record, given)
            for x, b in zip(inputs, before):
                np.testing.assert_array_equal(x, b, err_msg=f"{record.name} changed an input")


def check_tape(record: Record) -> None:
    """Nodes exist only if needed, there are no cycles, and a second call gives the same result."""
    sample = next((s for s in record.samples if arrays_in([s.args, s.kwargs])), record.samples[0])
    given = cast(sample, "float32")
    wrapped, _ = tensors(record, given, False)
    for y in listed(record.op(*wrapped.args, **wrapped.kwargs)):
        assert isinstance(y, Tensor)
        assert not y.requires_grad
    if not record.gradient:
        return
    wrapped, leaves = tensors(record, given, True)
    with fastnn.no_grad():
        for y in listed(record.op(*wrapped.args, **wrapped.kwargs)):
            assert y.node is None
            assert not y.requires_grad
    if not leaves:
        return
    enabled = gc.isenabled()
    gc.disable()
    try:
        ys = listed(record.op(*wrapped.args, **wrapped.kwargs))
        nodes = [weakref.ref(y) for y in ys]
        assert any(y.requires_grad for y in ys), f"{record.name}: no output requires a gradient"
        del ys, y
        assert not any(n() is not None for n in nodes), f"{record.name}: its output is in a cycle"
    finally:
        if enabled:
            gc.enable()


def check_ownership(record: Record) -> None:
    """A backward returns arrays under the rules of autograd/contract.py."""
    for sample in record.samples:
        wrapped, _ = tensors(record, cast(sample, record.dtypes[0]), True)
        ys = [y for y in listed(record.op(*wrapped.args, **wrapped.kwargs)) if y.node]
        nodes = list(dict.fromkeys(y.node for y in ys))
        for node in nodes:
            nodes += [n for n in node.inputs if isinstance(n, Node) and n not in nodes]
            node.backward = partial(owned, node.backward)
        fastnn.autograd.backward(ys, [np.ones(y.shape, y.dtype) for y in ys])


def owned(backward: Callable[..., Any], node: Node, dy: Any) -> Any:
    """Call `backward`; its fresh gradients share no memory with each other or its arguments."""
    others = [*arrays_in(node.saved), *(dy.values() if isinstance(dy, dict) else [dy])]
    grads = backward(node, dy)
    for g in grads:
        if type(g) is np.ndarray and g is not dy and type(g.base) is not np.ndarray:
            for other in others:
                assert not np.may_share_memory(g, other), f"{backward} returns an argument's memory"
            others.append(g)
    return grads


def check_views(record: Record) -> None:
    """Outputs share memory with an input as views of it, and changes of them in place reach it."""
    for sample in record.samples:
        given = cast(sample, record.dtypes[-1])
        inputs: list[Tensor] = []

        def wrap(has_gradient: bool, x: np.ndarray, inputs: list[Tensor] = inputs) -> Tensor:
            inputs.append(Tensor(x, requires_grad=has_gradient and record.gradient))
            return inputs[-1]

        wrapped = each_array(record, given, wrap)
        ys = [
            y
            for y in listed(record.op(*wrapped.args, **wrapped.kwargs))
            if not any(y is x for x in inputs)
        ]
        for y in ys:
            for other in [*inputs, *ys]:
                if other is not y and np.shares_memory(other._array, y._array):
                    assert base_of(other) is base_of(y), f"{record.name}: an output is no view"
        leaves = [x for x in inputs if x.requires_grad]
        seen = [y for y in ys if any(base_of(y) is x for x in leaves) and y._array.flags.writeable]
        if seen and 0 < sum(x.numel() for x in leaves) <= record.gradient_size:
            gradcheck(partial(changed_through_views, record, given, leaves), leaves)


def changed_through_views(
    record: Record, given: Sample, leaves: Sequence[Tensor], *_: Tensor
) -> tuple[Tensor, ...]:
    """Copies of the leaves after every output of the operation on them was changed in place."""
    copies = [x.clone() for x in leaves]
    left = iter(copies)
    sample = each_array(record, given, lambda grad, x: next(left) if grad else Tensor(x))
    for i, y in enumerate(listed(record.op(*sample.args, **sample.kwargs))):
        y.mul_(y * (i + 2))
        assert y.numel() == 0 or any(
            (a.detach() != b.detach()).any() for a, b in zip(leaves, copies)
        )
    return tuple(copies)


def check_bad(record: Record, bad: Bad) -> None:
    """The expected exception and message, and unchanged inputs."""
    inputs = arrays_in([bad.sample.args, bad.sample.kwargs])
    before = [x.copy() for x in inputs]
    wrapped, _ = tensors(record, bad.sample, False)
    for level in isa_levels():
        with isa(level), pytest.raises(bad.error, match=bad.match):
            record.op(*wrapped.args, **wrapped.kwargs)
    for x, b in zip(inputs, before):
        np.testing.assert_array_equal(x, b, err_msg=f"{record.name} changed an input")


def record_test(records: Sequence[Record]) -> Callable[..., None]:
    """The test of a file's records, with a case for every check of each."""

    @pytest.mark.parametrize(("record", "check"), cases(records))
    def test_record(record: Record, check: Callable[[Record], None]) -> None:
        check(record)

    return test_record


def cases(records: Sequence[Record]) -> list[Any]:
    """Every check of every record, as parameters for pytest; ids that repeat are numbered."""
    found: list[Any] = []
    seen: Counter[str] = Counter()

    def add(record: Record, name: str, check: Callable[..., None], *args: Any) -> None:
        id = f"{record.name}-{name}"
        seen[id] += 1
        number = f"-{seen[id]}" if seen[id] > 1 else ""
        found.append(pytest.param(record, partial(call, check, args), id=id + number))

    for record in records:
        for level in isa_levels():
            tail = f"-{level}" if level else ""
            for dtype in record.dtypes:
                add(record, f"value-{dtype}{tail}", check_value, dtype, level)
            if record.gradient:
                add(record, f"gradient{tail}", check_gradient, level)
                if "float32" in record.dtypes:
                    add(record, f"gradient32{tail}", check_gradient32, level)
        add(record, "threads", check_threads)
        if record.large:
            add(record, "large", check_large)
        if record.layouts:
            for layout in LAYOUTS:
                add(record, layout, check_layout, layout)
        add(record, "readonly", check_readonly)
        add(record, "tape", check_tape)
        if record.gradient:
            add(record, "ownership", check_ownership)
        add(record, "views", check_views)
        for i, bad in enumerate(record.bad):
            add(record, f"bad{i}", check_bad, bad)
    return found


def call(check: Callable[..., None], args: tuple[Any, ...], record: Record) -> None:
    check(record, *args)
