"""Objects between two processes over a socket; the memory of large arrays is shared, not copied.

A message is a header, a pickle, and the buffers of arrays that the pickle leaves out (pickle
protocol 5). These lie in anonymous memory, of which the receiver gets the file descriptor: it is
gone when both processes are done with it, however they end.
"""

from __future__ import annotations

import array
import errno
import mmap
import os
import pickle
import socket
import struct
import sys
import weakref
from typing import Any, NamedTuple

__all__: list[str] = []

HEADER = struct.Struct("<QQQ")  # bytes of the pickle, of the table of buffers, of shared memory
TABLE = struct.Struct("<Q")
SHARED = 1 << 16  # smaller messages go through the socket as a whole
LINE = 64  # alignment of buffers
FD_SIZE = array.array("i").itemsize
MOST_MAPPED = 64  # of the 256 file descriptors or more that systems allow a process
MAPPED: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()


class Message(NamedTuple):
    """An object that is ready to be sent; `size` is the shared memory that it needs."""

    text: bytes
    buffers: list[memoryview]
    size: int


def packed(value: Any) -> Message:
    """The message of an object; whatever pickle raises for one that has none."""
    out: list[pickle.PickleBuffer] = []
    text = pickle.dumps(value, 5, buffer_callback=out.append)
    buffers = [buffer.raw() for buffer in out]
    size = sum(whole_lines(view.nbytes) for view in buffers)
    if size < SHARED or not hasattr(os, "memfd_create"):
        return Message(pickle.dumps(value, 5) if buffers else text, [], 0)
    return Message(text, buffers, size)


def whole_lines(count: int) -> int:
    return -(-count // LINE) * LINE


def send(to: socket.socket, message: Message) -> None:
    """Send a message; OSError where the other side is gone."""
    text, buffers, size = message
    if not size:
        to.sendall(HEADER.pack(len(text), 0, 0) + text)
        return
    memory = os.memfd_create("fastnn")
    try:
        os.ftruncate(memory, size)
        with mmap.mmap(memory, size) as target:
            at = 0
            for view in buffers:
                target[at : at + view.nbytes] = view
                at += whole_lines(view.nbytes)
        table = b"".join(TABLE.pack(view.nbytes) for view in buffers)
        socket.send_fds(to, [HEADER.pack(len(text), len(table), size)], [memory])
        to.sendall(text + table)
    finally:
        os.close(memory)


def receive(source: socket.socket) -> Any:
    """The next object; EOFError where the other side is gone."""
    space = socket.CMSG_SPACE(FD_SIZE)
    head, ancillary, _, _ = source.recvmsg(HEADER.size, space)
    descriptors = [
        fd
        for level, kind, data in ancillary
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
        for fd in array.array("i", data[: len(data) // FD_SIZE * FD_SIZE])
    ]
    try:
        if len(head) < HEADER.size:
            head += exactly(source, HEADER.size - len(head))
        length, listed, size = HEADER.unpack(head)
        rest = exactly(source, length + listed)
        if not size:
            return pickle.loads(rest)
        if not descriptors:  # the system leaves out what there is no room for
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        memory = contents(descriptors[0], size)
    finally:
        for fd in descriptors:
            os.close(fd)
    buffers, at = [], 0
    for (count,) in TABLE.iter_unpack(rest[length:]):
        buffers.append(memory[at : at + count])
        at += whole_lines(count)
    return pickle.loads(rest[:length], buffers=buffers)


def contents(memory: int, size: int) -> memoryview:
    """Shared memory, or a copy of it where much else is mapped already.

    A mapping has a file descriptor to itself before Python 3.13, and their number is limited.
    """
    if sys.version_info >= (3, 13):
        return memoryview(mmap.mmap(memory, size, trackfd=False))
    if len(MAPPED) < MOST_MAPPED:
        mapped = mmap.mmap(memory, size)
        MAPPED.add(mapped)
        return memoryview(mapped)
    copy, at = memoryview(bytearray(size)), 0
    while at < size:
        at += os.preadv(memory, [copy[at:]], at)
    return copy


def exactly(source: socket.socket, count: int) -> bytearray:
    """So many bytes."""
    received = bytearray(count)
    view = memoryview(received)
    while view.nbytes:
        n = source.recv_into(view)
        if not n:
            raise EOFError("the other process is gone")
        view = view[n:]
    return received
