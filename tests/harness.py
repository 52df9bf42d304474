"""One record per operation, and every check that is run on it.

A test file lists its records and hands them to pytest in three lines::

    RECORDS = [
        Record("tanh", fastnn.tanh, np.tanh, [Sample(x) for x in vectors()], depth=4),
        ...
    ]

    @pytest.mark.parametrize(("record", "check"), cases(RECORDS))
    def test_record(record, check):
        check(record)

The reference takes float64 arrays and is as slow and obvious as can be. Tolerances are never chosen
by hand: they are depth x epsilon x magnitude, where `depth` counts the roundings on the way from an
input to an output (about one per operation, the length for a sum) and `magnitude` is the largest
number that is rounded (by default the largest output).
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pytest

import fastnn
from fastnn import Tensor
from fastnn.testing import gradcheck

try:
    from fastnn import _core
except ImportError:
    _core = None

W = 16  # the widest vector in floats: sizes around it are where tails go wrong
SIZES = (0, 1, W - 1, W, W + 1, 2 * W + 3, 100)
THREADS = (1, 2, 3, 7)


class Sample:
    """Arguments of one call. Float arrays are cast to the type under test; the rest stays as is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args = args
        self.kwargs = kwargs


class Bad:
    """A call that must fail: the exception, a pattern its message must match, and the arguments."""

    def __init__(self, error: type[Exception], match: str, *args: Any, **kwargs: Any) -> None:
        self.error = error
        self.match = match
        self.sample = Sample(*args, **kwargs)


@dataclass(frozen=True)
class Record:
    """An operation and all that is needed to test it.

    Attributes
    ----------
    name
        The public name.
    op
        Takes tensors, returns a tensor or a tuple or list of them.
    reference
        The same on NumPy arrays, in float64.
    samples
        Calls whose values are checked. Those of at most `gradient_size` elements have their
        gradients compared with finite differences, so keep them away from kinks.
    bad
        Calls that must fail.
    large
        Samples big enough to be worth several threads.
    depth
        Roundings on the way from input to output: a number, or a function of the arguments.
    backward_depth
        The same for gradients; by default four times `depth`.
    magnitude
        The largest number that is rounded: a number, or a function of the arguments.
    constants
        Names or positions of float arguments that get no gradient.
    gradient
        Whether the operation has one at all.
    layouts
        Whether it is run on arrays of every memory layout.
    exact
        Whether values must be equal to the reference (data movement, integers).
    dtypes
        Float types to run in.
    """

    name: str
    op: Callable[..., Any]
    reference: Callable[..., Any]
    samples: Sequence[Sample]
    bad: Sequence[Bad] = ()
    large: Sequence[Sample] = ()
    depth: float | Callable[..., float] = 4
    backward_depth: float | Callable[..., float] | None = None
    magnitude: float | Callable[..., float] | None = None
    constants: tuple[int | str, ...] = ()
    gradient: bool = True
    layouts: bool = True
    exact: bool = False
    dtypes: tuple[str, ...] = ("float32", "float64")
    gradient_size: int = 120
    eps: float = 1e-6
    atol: float = 1e-6
    rtol: float = 1e-5
    covers: tuple[str, ...] = field(default=())


# -- machine ---------------------------------------------------------------------------------


def isa_levels() -> list[str]:
    """Instruction set levels of this machine, by name; one nameless level without the extension."""
    return list(_core.isa_levels()) if hasattr(_core, "isa_levels") else [""]


@contextmanager
def isa(level: str) -> Iterator[None]:
    """Run a block on the kernels of one level."""
    if not level:
        yield
        return
    before = _core.isa()
    _core.set_isa(level)
    try:
        yield
    finally:
        _core.set_isa(before)


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Run a block with `n` threads."""
    if not hasattr(_core, "set_num_threads"):
        yield
        return
    before = _core.num_threads()
    _core.set_num_threads(n)
    try:
        yield
    finally:
        _core.set_num_threads(before)


# -- arguments -------------------------------------------------------------------------------


def tree(f: Callable[[Any], Any], value: Any) -> Any:
    """`value` with `f` applied to every array in its lists, tuples and dicts."""
    if isinstance(value, np.ndarray):
        return f(value)
    if isinstance(value, (list, tuple)):
        return type(value)([tree(f, v) for v in value])
    if isinstance(value, dict):
        return {k: tree(f, v) for k, v in value.items()}
    return value


def arrays_in(value: Any) -> list[np.ndarray]:
    """Every array in nested lists, tuples and dicts."""
    found: list[np.ndarray] = []
    tree(found.append, value)
    return found


def is_float(x: np.ndarray) -> bool:
    return x.dtype.kind == "f"


def cast(sample: Sample, dtype: str) -> Sample:
    """A copy of the arguments, float arrays in `dtype`."""
    make = lambda x: np.array(x, dtype=dtype if is_float(x) else x.dtype)  # noqa: E731
    return Sample(*tree(make, sample.args), **tree(make, sample.kwargs))


def widened(sample: Sample) -> Sample:
    """The same numbers in float64, for the reference."""
    make = lambda x: x.astype(np.float64) if is_float(x) else x  # noqa: E731
    return Sample(*tree(make, sample.args), **tree(make, sample.kwargs))


def tensors(record: Record, sample: Sample, requires_grad: bool) -> tuple[Sample, list[Tensor]]:
    """The arguments with arrays as tensors (which share them), and those that need a gradient."""
    leaves: list[Tensor] = []

    def make(constant: bool, x: np.ndarray) -> Tensor:
        t = Tensor(x)
        if requires_grad and is_float(x) and not constant:
            t.requires_grad = True
            leaves.append(t)
        return t

    args = [tree(partial(make, i in record.constants), a) for i, a in enumerate(sample.args)]
    kwargs = {k: tree(partial(make, k in record.constants), a) for k, a in sample.kwargs.items()}
    return Sample(*args, **kwargs), leaves


def listed(result: Any) -> list[Any]:
    """One output or several, as a list."""
    return list(result) if isinstance(result, (tuple, list)) else [result]


def run(record: Record, sample: Sample) -> list[np.ndarray]:
    """Outputs as arrays."""
    wrapped, _ = tensors(record, sample, False)
    return [np.asarray(y.data) for y in listed(record.op(*wrapped.args, **wrapped.kwargs))]


def run_backward(record: Record, sample: Sample) -> tuple[list[np.ndarray], list[Any]]:
    """Outputs, and the gradients of a fixed weighted sum of them by every float argument."""
    wrapped, leaves = tensors(record, sample, True)
    ys = listed(record.op(*wrapped.args, **wrapped.kwargs))
    outs = [y for y in ys if y.requires_grad]
    rng = np.random.Generator(np.random.PCG64(1))
    dys = [rng.uniform(0.5, 1.5, y.shape).astype(y.dtype) for y in outs]
    if outs:
        fastnn.autograd.backward(outs, dys)
    return [y.data for y in ys], [None if x.grad is None else x.grad.data for x in leaves]


# -- closeness -------------------------------------------------------------------------------


def number(rule: Any, sample: Sample) -> float:
    """A constant, or what a function of the arguments gives."""
    return float(rule(*sample.args, **sample.kwargs)) if callable(rule) else float(rule)


def largest(values: Any) -> float:
    """The largest finite magnitude among some arrays."""
    sizes = [np.abs(v[np.isfinite(v)]).max(initial=0.0) for v in arrays_in(values) if is_float(v)]
    return float(max(sizes, default=0.0))


def compare(got: np.ndarray, want: Any, tolerance: float, what: str) -> None:
    """Equal infinities and NaNs, everything else within `tolerance`."""
    want = np.asarray(want)
    assert got.shape == want.shape, f"{what}: shape {got.shape}, expected {want.shape}"
    if want.dtype.kind != "f" or tolerance == 0:
        np.testing.assert_array_equal(got, want, err_msg=what)
        return
    finite = np.isfinite(want)
    np.testing.assert_array_equal(got[~finite], want[~finite], err_msg=what)
    gap = np.abs(got[finite].astype(np.float64) - want[finite])
    worst = gap.max(initial=0.0)
    if not worst <= tolerance:
        i = int(np.argmax(np.where(np.isnan(gap), np.inf, gap)))
        raise AssertionError(
            f"{what}: off by {gap[i]:.3g}, allowed {tolerance:.3g}; "
            f"got {got[finite][i]!r}, expected {want[finite][i]!r}"
        )


def tolerance(record: Record, sample: Sample, want: Sequence[Any], dtype: str) -> float:
    """depth x epsilon x magnitude of the outputs."""
    if record.exact:
        return 0.0
    size = largest(list(want)) if record.magnitude is None else number(record.magnitude, sample)
    tiny = float(np.finfo(dtype).tiny)
    return number(record.depth, sample) * (float(np.finfo(dtype).eps) * size + tiny)


def gradient_tolerance(record: Record, sample: Sample, want: Sequence[Any], dtype: str) -> float:
    """depth x epsilon x magnitude of the gradients."""
    depth = record.backward_depth
    rounds = 4 * number(record.depth, sample) if depth is None else number(depth, sample)
    size = max(largest([g for g in want if g is not None]), 1.0)
    if record.magnitude is not None:
        size = max(size, number(record.magnitude, sample))
    return max(rounds, 4.0) * float(np.finfo(dtype).eps) * size


# -- checks ----------------------------------------------------------------------------------


def check_value(record: Record, dtype: str, level: str) -> None:
    """Outputs against the reference."""
    with isa(level):
        for i, sample in enumerate(record.samples):
            given = cast(sample, dtype)
            wide = widened(given)
            want = [np.asarray(v) for v in listed(record.reference(*wide.args, **wide.kwargs))]
            got = run(record, given)
            assert len(got) == len(want), f"{record.name}: {len(got)} outputs, not {len(want)}"
            allowed = tolerance(record, wide, want, dtype)
            for g, w in zip(got, want):
                if is_float(w) and any(is_float(x) for x in arrays_in([given.args, given.kwargs])):
                    assert g.dtype == dtype, f"{record.name}: dtype {g.dtype}, not {dtype}"
                compare(g, w, allowed, f"{record.name} sample {i} {dtype} {level}")


def check_gradient(record: Record, level: str) -> None:
    """Gradients against finite differences, in float64."""
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
    """Gradients in float32 against those in float64 (which the differences have confirmed)."""
    with isa(level):
        for i, sample in enumerate(record.samples):
            given = cast(sample, "float32")
            _, want = run_backward(record, widened(given))
            _, got = run_backward(record, given)
            allowed = gradient_tolerance(record, widened(given), want, "float32")
            for g, w in zip(got, want):
                assert (g is None) == (w is None)
                if g is not None:
                    assert g.dtype == np.float32
                    compare(g, w, allowed, f"{record.name} gradient, sample {i} {level}")


def outcome(record: Record, sample: Sample) -> tuple[list[np.ndarray], list[Any]]:
    """Outputs, and gradients where there are any."""
    return run_backward(record, sample) if record.gradient else (run(record, sample), [])


def check_threads(record: Record) -> None:
    """The same bits, outputs and gradients, for any number of threads."""
    for sample in [*record.samples, *record.large]:
        given = cast(sample, "float32")
        results = []
        for n in THREADS:
            with threads(n):
                ys, grads = outcome(record, given)
            results.append([y.tobytes() for y in [*ys, *[g for g in grads if g is not None]]])
        for n, result in zip(THREADS, results):
            assert result == results[0], f"{record.name}: {n} threads give other bits than 1"


def transposed(x: np.ndarray) -> np.ndarray:
    """Axes in reverse order in memory."""
    return np.asfortranarray(x).reshape(x.shape)


def strided(x: np.ndarray) -> np.ndarray:
    """Gaps between the elements of every axis."""
    big = np.full([2 * n + 1 for n in x.shape], 77, x.dtype)
    view = big[(..., *[slice(1, None, 2)] * x.ndim)]
    view[...] = x
    return view


def reversed_axes(x: np.ndarray) -> np.ndarray:
    """Every axis walked from its end."""
    flip = tuple([slice(None, None, -1)] * x.ndim)
    return np.ascontiguousarray(x[flip])[flip] if x.ndim else x


def channels_last(x: np.ndarray) -> np.ndarray:
    """NCHW shape on NHWC memory; other ranks as they are."""
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2) if x.ndim == 4 else x


def unaligned(x: np.ndarray) -> np.ndarray:
    """Memory that starts one byte after where its type should."""
    raw = np.zeros(x.nbytes + 1, np.uint8)[1:]
    view = raw.view(x.dtype).reshape(x.shape) if x.nbytes else x
    view[...] = x
    return view


def broadcast(x: np.ndarray) -> np.ndarray:
    """The first slice of the first axis seen everywhere along it, with stride 0."""
    return np.broadcast_to(x[:1].copy(), x.shape) if x.ndim and x.shape[0] else x


LAYOUTS = {
    "transposed": transposed,
    "strided": strided,
    "reversed": reversed_axes,
    "channels_last": channels_last,
    "unaligned": unaligned,
    "broadcast": broadcast,
}


def check_layout(record: Record, layout: str) -> None:
    """The same outputs and gradients wherever the elements lie in memory."""
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
        for g, w in zip(got_y, want_y):
            compare(g, w, 2 * tolerance(record, dense, want_y, "float64"), what)
        allowed = 2 * gradient_tolerance(record, dense, want_g, "float64")
        for g, w in zip(got_g, want_g):
            assert (g is None) == (w is None)
            if g is not None:
                compare(g, w, allowed, what + " gradient")


def check_readonly(record: Record) -> None:
    """Inputs that cannot be written work, and no input is changed."""
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
    """A node only where one is needed, no cycle, and the same result twice."""
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


def check_bad(record: Record, bad: Bad) -> None:
    """The right exception with the right words, and inputs left as they were."""
    inputs = arrays_in([bad.sample.args, bad.sample.kwargs])
    before = [x.copy() for x in inputs]
    wrapped, _ = tensors(record, bad.sample, False)
    for level in isa_levels():
        with isa(level), pytest.raises(bad.error, match=bad.match):
            record.op(*wrapped.args, **wrapped.kwargs)
    for x, b in zip(inputs, before):
        np.testing.assert_array_equal(x, b, err_msg=f"{record.name} changed an input")


def cases(records: Sequence[Record]) -> list[Any]:
    """Every check of every record, as parameters for pytest."""
    found: list[Any] = []

    def add(record: Record, name: str, check: Callable[..., None], *args: Any) -> None:
        found.append(pytest.param(record, partial(call, check, args), id=f"{record.name}-{name}"))

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
        if record.layouts:
            for layout in LAYOUTS:
                add(record, layout, check_layout, layout)
        add(record, "readonly", check_readonly)
        add(record, "tape", check_tape)
        for i, bad in enumerate(record.bad):
            add(record, f"bad{i}", check_bad, bad)
    return found


def call(check: Callable[..., None], args: tuple[Any, ...], record: Record) -> None:
    check(record, *args)


# -- samples ---------------------------------------------------------------------------------


def numbers(*shape: int, low: float = -2.0, high: float = 2.0, seed: int = 0) -> np.ndarray:
    """Uniform float64 numbers, the same every time."""
    return np.asarray(np.random.Generator(np.random.PCG64(seed)).uniform(low, high, shape))


def away_from(x: np.ndarray, *kinks: float, by: float = 1e-3) -> np.ndarray:
    """`x` with every element at least `by` away from points where the function has a kink."""
    for kink in kinks:
        near = np.abs(x - kink) < by
        x = np.where(near, kink + 2 * by, x)
    return x
