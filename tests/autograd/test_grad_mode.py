"""Whether operations are recorded: in blocks, generators, coroutines, and when a signal comes."""

import asyncio
import random
import signal

import pytest

import fastnn

DECORATORS = [fastnn.no_grad, fastnn.no_grad(), fastnn.set_grad_enabled(False)]
fastnn.set_grad_enabled(True)


def mode():
    return fastnn.is_grad_enabled()


@pytest.mark.parametrize("decorator", DECORATORS)
def test_a_generator_runs_without_recording_and_its_caller_with(decorator):
    @decorator
    def modes(n):
        """Its own words."""
        for _ in range(n):
            yield mode()
        return "end"

    assert modes.__doc__ == "Its own words."
    seen, ends = modes(3), []

    def relay():
        ends.append((yield from seen))

    assert [(inside, mode()) for inside in relay()] == [(False, True)] * 3
    assert ends == ["end"]
    assert mode()


def test_two_generators_that_take_turns():
    @fastnn.no_grad()
    def off():
        while True:
            yield mode()

    @fastnn.enable_grad()
    def on():
        while True:
            yield mode()

    a, b = off(), on()
    with fastnn.no_grad():
        assert [next(x) for x in (a, b, b, a)] == [False, True, True, False]
        assert not mode()
    assert [next(x) for x in (a, b)] == [False, True]


def test_what_is_sent_thrown_and_closed_reaches_the_generator():
    log = []

    @fastnn.no_grad()
    def echo():
        got = None
        while True:
            try:
                got = yield got, mode()
            except KeyError as error:
                got = error
            except GeneratorExit:
                log.append(mode())
                raise

    g = echo()
    next(g)
    assert g.send(5) == (5, False)
    error = KeyError("x")
    assert g.throw(error) == (error, False)
    assert mode()
    g.close()
    assert log == [False]
    assert mode()
    g = echo()
    next(g)
    with pytest.raises(ZeroDivisionError):
        g.throw(ZeroDivisionError())
    assert mode()


@pytest.mark.parametrize("decorator", DECORATORS)
def test_coroutines_and_generators_that_await(decorator):
    @decorator
    async def work():
        seen = [mode()]
        await asyncio.sleep(0)
        return [*seen, mode()]

    @decorator
    async def stream():
        for _ in range(2):
            await asyncio.sleep(0)
            got = yield mode()
            assert got is None

    async def other():
        seen = []
        for _ in range(6):
            await asyncio.sleep(0)
            seen.append(mode())
        return seen

    async def main():
        results = await asyncio.gather(work(), other(), work(), other())
        async for inside in stream():
            results.append([inside, mode()])
        return results

    off, on = [False, False], [True] * 6
    assert asyncio.run(main()) == [off, on, off, on, [False, True], [False, True]]


class Signal(BaseException):
    pass


def interrupted(*_):
    raise Signal


@fastnn.no_grad()
def nothing():
    pass


def block():
    with fastnn.no_grad():
        pass


def nested():
    with fastnn.no_grad(), fastnn.enable_grad(), fastnn.no_grad():
        nothing()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs an interval timer")
@pytest.mark.parametrize("work", [block, nothing, nested])
def test_a_signal_at_any_moment_leaves_the_mode_as_it_was(work):
    before = signal.signal(signal.SIGALRM, interrupted)
    rng = random.Random(0)
    try:
        for _ in range(2000):
            try:
                signal.setitimer(signal.ITIMER_REAL, rng.uniform(2e-5, 2e-4), 5)
                while True:
                    work()
            except Signal:
                assert mode()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        fastnn.set_grad_enabled(True)
