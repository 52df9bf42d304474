"""A line search for steps that satisfy the strong conditions of Wolfe."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

from ..tensor import Tensor


class Point(NamedTuple):
    """A point of the line: the step to it, the loss, its gradient, and the slope in the line."""

    t: float
    loss: float
    gradient: Tensor
    slope: float


def strong_wolfe(
    evaluate: Callable[[float], Point],
    start: Point,
    t: float,
    size: float,
    steps: int,
    tolerance_change: float,
    c1: float = 1e-4,
    c2: float = 0.9,
) -> tuple[Point, int]:
    """A point with less loss, and a slope that is flat beside that of `start`.

    First larger and larger steps bracket one, then the bracket shrinks by cubic interpolation.

    Parameters
    ----------
    evaluate
        The point of a step.
    start
        The point of step 0.
    t
        The first step.
    size
        The largest magnitude of the direction, for `tolerance_change`.
    steps
        How many more evaluations are allowed, after the first.
    tolerance_change
        A bracket that moves every parameter by less has ended.
    c1, c2
        The decrease that is asked for, and the flatness, both as parts of the slope of `start`.

    Returns
    -------
    point, evaluations
        The best point, and how many were computed.

    References
    ----------
    Nocedal and Wright, Numerical optimization, 2006, algorithms 3.5 and 3.6.
    """

    def too_high(point: Point) -> bool:
        return point.loss > start.loss + c1 * point.t * start.slope

    def flat(point: Point) -> bool:
        return abs(point.slope) <= -c2 * start.slope

    before, now, taken = start, evaluate(t), 0
    bracket = [start, now]
    while taken < steps:
        bracket = [before, now]
        if too_high(now) or (taken > 1 and now.loss >= before.loss):
            break
        if flat(now):
            return now, taken + 1
        if now.slope >= 0:
            break
        bounds = now.t + 0.01 * (now.t - before.t), now.t * 10
        before, now = now, evaluate(cubic(before, now, bounds))
        taken += 1
    else:
        bracket = [start, now]

    low = best_of(bracket)
    stalled = False
    while taken < steps:
        near, far = sorted(point.t for point in bracket)
        if (far - near) * size < tolerance_change:
            break
        t, margin = cubic(bracket[0], bracket[1], (near, far)), 0.1 * (far - near)
        close = min(far - t, t - near) < margin
        if close and (stalled or t >= far or t <= near):
            t = far - margin if abs(t - far) < abs(t - near) else near + margin
            close = False
        stalled = close
        now = evaluate(t)
        taken += 1
        if too_high(now) or now.loss >= bracket[low].loss:
            bracket[1 - low] = now
            low = best_of(bracket)
            continue
        if not flat(now) and now.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
            bracket[1 - low] = bracket[low]
        bracket[low] = now
        if flat(now):
            break
    return bracket[low], taken + 1


def best_of(bracket: list[Point]) -> int:
    """Which of two points has less loss."""
    return 0 if bracket[0].loss <= bracket[1].loss else 1


def cubic(a: Point, b: Point, bounds: tuple[float, float]) -> float:
    """The step, within bounds, to the minimum of the cubic with two losses and slopes."""
    least, most = bounds
    if a.t > b.t:
        a, b = b, a
    if a.t < b.t:
        d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
        square = d1 * d1 - a.slope * b.slope
        if square >= 0:  # not for NaN
            d2 = sqrt(square)
            divisor = b.slope - a.slope + 2 * d2
            if divisor != 0:
                t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / divisor)
                return min(max(t, least), most)
    return (least + most) / 2
