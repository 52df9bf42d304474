"""Processes and threads that load batches ahead, in the order in which they were asked for.

The calling thread alone decides what a batch consists of, and gives each batch a seed of its own.
So neither the order nor the random numbers depend on how many workers there are, or on which of
them loads what.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import pickle
import random
import signal
import socket
import threading
import time
import traceback
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from concurrent import futures
from multiprocessing.connection import wait
from typing import Any, NamedTuple

import numpy as np

from ..random import manual_seed
from .task import End, Task, here, info_of
from .transport import SHARED, Message, packed, receive, send

__all__: list[str] = []  # `DataLoader` imports this module when it starts workers

Load = Callable[[Any], Any]
LOOK = 2.0  # seconds between two looks at the workers, a system call each


class RemoteTraceback(Exception):
    """The traceback of a worker, as the cause of the exception that it ended with."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return f"\n{self.text}"


class Failed(NamedTuple):
    """An exception that cannot be pickled is one of RuntimeError with its text."""

    error: BaseException
    text: str

    def raise_here(self) -> None:
        raise self.error from RemoteTraceback(self.text)


def failure(error: BaseException) -> Failed:
    """What a process sends for an exception; RuntimeError where that cannot be pickled."""
    text = "".join(traceback.format_exception(error))
    try:
        pickle.loads(pickle.dumps(error))
    except BaseException:  # what its methods raise
        error = RuntimeError("".join(traceback.format_exception_only(error)).strip())
    return Failed(error, text)


# --- a worker process


def serve(
    connection: socket.socket,
    others: list[socket.socket],
    id: int,
    count: int,
    dataset: Any,
    load: Load,
    init: Callable[[int], Any] | None,
) -> None:
    """Load what is asked for until the parent is gone; `others` are ends that a fork copied."""
    for other in others:
        other.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what becomes of the workers
    problem: Failed | None = None
    try:
        if init is not None:
            init(id)
    except BaseException as error:
        problem = failure(error)
    while True:
        try:
            task = receive(connection)
        except (EOFError, OSError):
            return
        result: Any = problem
        if problem is None:
            seed_process(task.seed)
            here.info = info_of(id, count, task, dataset)
            try:
                result = load(task.keys)
            except BaseException as error:
                result = failure(error)
        try:
            message = packed((task.batch, result))
        except Exception as error:
            what = f"DataLoader: a worker cannot send a batch of type {type(result).__name__}"
            message = packed((task.batch, failure(TypeError(f"{what}: {error}"))))
        try:
            send(connection, message)
        except OSError:  # the parent is gone
            return


def seed_process(seed: int) -> None:
    manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % (1 << 32))  # noqa: NPY002 - what datasets of others draw from


# --- their parent


def too_late(timeout: float | None) -> RuntimeError:
    return RuntimeError(f"DataLoader: no batch came within timeout={timeout} seconds")


class Processes:
    """Worker processes, each with a socket and the tasks that it has not answered yet."""

    def __init__(
        self,
        count: int,
        context: Any,
        dataset: Any,
        load: Load,
        init: Callable[[int], Any] | None,
        timeout: float,
    ) -> None:
        if context is None or isinstance(context, str):
            methods = multiprocessing.get_all_start_methods()
            context = multiprocessing.get_context(
                context or ("fork" if "fork" in methods else None)
            )
        forks = context.get_start_method() == "fork"
        self.timeout = timeout or None
        self.sockets: list[socket.socket] = []
        self.processes: list[Any] = []
        self.finalizer = weakref.finalize(self, end, os.getpid(), self.sockets, self.processes)
        self.waiting: list[deque[int]] = [deque() for _ in range(count)]
        self.backlog: deque[tuple[int, Message]] = deque()
        self.done: dict[int, Any] = {}
        try:
            for id in range(count):
                mine, its = socket.socketpair()
                self.sockets.append(mine)
                copied = self.sockets if forks else []
                arguments = (its, copied, id, count, dataset, load, init)
                process = context.Process(target=serve, args=arguments, daemon=True)
                with its, warnings.catch_warnings():
                    # Kernels' threads are no danger for a child: it computes on one thread.
                    warnings.filterwarnings("ignore", ".*multi-threaded", DeprecationWarning)
                    process.start()
                self.processes.append(process)
        except BaseException:
            self.close()
            raise

    def ask(self, task: Task) -> None:
        """Have a batch loaded."""
        self.backlog.append((task.batch, packed(task)))
        self.hand_out()

    def hand_out(self) -> None:
        """Give tasks to the workers that have the fewest, a second one before the first is done.

        A worker that sends a batch does not receive meanwhile: what it is given then must fit into
        the buffer of the socket, or both sides would wait for ever.
        """
        while self.backlog:
            batch, message = self.backlog[0]
            id = min(range(len(self.waiting)), key=lambda i: len(self.waiting[i]))
            small = len(message.text) < SHARED
            if len(self.waiting[id]) > (1 if small else 0):
                return
            self.backlog.popleft()
            self.waiting[id].append(batch)
            try:
                send(self.sockets[id], message)
            except OSError:
                self.report_dead(id)

    def result(self, batch: int | None) -> tuple[int, Any]:
        """The result of a batch, or with None of whichever is there first."""
        while (not self.done) if batch is None else (batch not in self.done):
            busy = [s for s, tasks in zip(self.sockets, self.waiting) if tasks]
            for source in self.ready(busy):
                id = self.sockets.index(source)
                try:
                    number, value = receive(self.sockets[id])
                except (EOFError, OSError):
                    self.report_dead(id)
                self.waiting[id].remove(number)
                self.done[number] = value
            self.hand_out()
        number = next(iter(self.done)) if batch is None else batch
        return number, self.done.pop(number)

    def ready(self, busy: list[socket.socket]) -> list[Any]:
        """The sockets with a result, of which there is one within `timeout`.

        That of a worker which died is not closed while a process that was forked meanwhile has it,
        so what became of the workers is looked at every few seconds.
        """
        last = math.inf if self.timeout is None else time.monotonic() + self.timeout
        while True:
            left = max(last - time.monotonic(), 0)
            found = wait(busy, min(left, LOOK))
            if found:
                return found
            if left <= LOOK:
                raise too_late(self.timeout)
            for id, tasks in enumerate(self.waiting):
                dead = bool(tasks) and not self.processes[id].is_alive()
                if dead and not wait([self.sockets[id]], 0):
                    self.report_dead(id)

    def report_dead(self, id: int) -> None:
        """Raise RuntimeError for a worker that has died, else what is being handled."""
        process = self.processes[id]
        process.join(1)
        if process.exitcode is None:
            raise  # what a caller handles; the others have seen it dead
        code, lost = process.exitcode, self.waiting[id][0] if self.waiting[id] else None
        how = f"ended with exit code {code}"
        if code is not None and code < 0:
            how = f"was killed by {signal.Signals(-code).name}"
            if -code == signal.SIGKILL:
                how += ", as the system does where memory runs out"
        where = "" if lost is None else f" before it had loaded batch {lost}"
        raise RuntimeError(f"DataLoader: worker {id} (process {process.pid}) {how}{where}")

    def close(self) -> None:
        """End the workers, at once where they are loading."""
        self.finalizer()


def end(parent: int, sockets: list[socket.socket], processes: list[Any]) -> None:
    """Close sockets, at which workers that wait return; end the others. Only for their parent."""
    for s in sockets:
        s.close()
    if os.getpid() != parent:
        return
    for patience, method in ((0.1, "terminate"), (1.0, "kill")):
        last = time.monotonic() + patience
        for process in processes:
            process.join(max(last - time.monotonic(), 0))
        for process in processes:
            if process.is_alive():
                getattr(process, method)()
    for process in processes:
        process.join()
        process.close()


class Threads:
    """Worker threads: for samples that NumPy, or other code that lets go of the lock, loads."""

    def __init__(
        self,
        count: int,
        context: Any,
        dataset: Any,
        load: Load,
        init: Callable[[int], Any] | None,
        timeout: float,
    ) -> None:
        self.count, self.dataset, self.load, self.init = count, dataset, load, init
        self.timeout = min(timeout, threading.TIMEOUT_MAX) or None
        self.late = False
        self.ids = iter(range(count))
        self.pool = futures.ThreadPoolExecutor(count, "fastnn.data", self.start)
        self.futures: dict[int, futures.Future[Any]] = {}

    def start(self) -> None:
        here.id = next(self.ids)
        here.problem = None
        try:
            if self.init is not None:
                self.init(here.id)
        except BaseException as error:
            here.problem = error

    def run(self, task: Task) -> Any:
        if here.problem is not None:
            raise here.problem
        here.info = info_of(here.id, self.count, task, self.dataset)
        return self.load(task.keys)

    def ask(self, task: Task) -> None:
        self.futures[task.batch] = self.pool.submit(self.run, task)

    def result(self, batch: int | None) -> tuple[int, Any]:
        """As `Processes.result`."""
        asked = self.futures.values() if batch is None else [self.futures[batch]]
        done, _ = futures.wait(asked, self.timeout, futures.FIRST_COMPLETED)
        if not done:
            self.late = True
            raise too_late(self.timeout)
        number = next(k for k, f in self.futures.items() if f in done)
        return number, self.futures.pop(number).result()

    def close(self) -> None:
        """Wait for what is being loaded, unless it took too long, and end."""
        self.pool.shutdown(wait=not self.late, cancel_futures=True)


KINDS: dict[str, Any] = {"process": Processes, "thread": Threads}


def load_ahead(workers: Any, tasks: Iterator[Task], ahead: int, in_order: bool) -> Iterator[Any]:
    """The batches of tasks, of which so many are loaded before they are asked for."""
    pending: deque[int] = deque()

    def ask() -> None:
        for task in tasks:
            pending.append(task.batch)
            workers.ask(task)
            return

    for _ in range(ahead):
        ask()
    while pending:
        number, value = workers.result(pending[0] if in_order else None)
        pending.remove(number)
        if isinstance(value, Failed):
            value.raise_here()
        if isinstance(value, End):
            for number in pending:  # workers that live on owe the next epoch nothing
                workers.result(number)
            return
        ask()
        yield value
