"""Downloads, from a server of this process."""

import gzip
import hashlib
import io
import socket
import sys
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from benches.checks.data_readers import idx
from fastnn.data.datasets import CIFAR10, MNIST

pytestmark = pytest.mark.any_threading
IMAGES = np.random.default_rng(0).integers(0, 255, (40, 28, 28), np.uint8)
LABELS = np.arange(40, dtype=np.uint8) % 10
FILES = {
    "t10k-images-idx3-ubyte.gz": gzip.compress(idx(IMAGES), mtime=0),
    "t10k-labels-idx1-ubyte.gz": gzip.compress(idx(LABELS), mtime=0),
}
SUMS = {name: hashlib.sha256(data).hexdigest() for name, data in FILES.items()}


class Server(ThreadingHTTPServer):
    """Serves `files`, and counts what is asked for; `cut` ends connections after half of a file."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.asked, self.cut = dict(FILES), [], False
        self.url = f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.removeprefix("/")
        self.server.asked.append(name)
        data = self.server.files.get(name)
        if data is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if self.server.cut else data)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    pytest.importorskip("pooch")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def mnist(server):
    class Digits(MNIST):
        url, checksums = server.url, SUMS

    return Digits


def raw(root):
    return root / "Digits" / "raw"


def test_a_download(tmp_path, server, mnist):
    data = mnist(tmp_path / "new", train=False, download=True)
    np.testing.assert_array_equal(data.data.numpy()[:, 0], IMAGES)
    assert data.targets.tolist() == LABELS.tolist()
    assert sorted(server.asked) == sorted(FILES)
    assert {p.name: p.read_bytes() for p in raw(tmp_path / "new").iterdir()} == FILES


def test_files_that_are_there_are_not_fetched(tmp_path, server, mnist):
    mnist(tmp_path, train=False, download=True)
    server.asked.clear()
    mnist(tmp_path, train=False, download=True)
    mnist(tmp_path, train=False)
    other = tmp_path / "other"
    other.mkdir()
    (other / "t10k-images-idx3-ubyte").write_bytes(idx(IMAGES[:3]))
    (other / "t10k-labels-idx1-ubyte").write_bytes(idx(LABELS[:3]))
    assert len(mnist(other, train=False, download=True)) == 3
    assert not server.asked


def test_a_damaged_file_is_fetched_again(tmp_path, server, mnist):
    mnist(tmp_path, train=False, download=True)
    path = raw(tmp_path) / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-1])
    server.asked.clear()
    mnist(tmp_path, train=False, download=True)
    assert server.asked == [path.name]
    assert path.read_bytes() == FILES[path.name]


def test_a_wrong_checksum(tmp_path, server, mnist):
    name = "t10k-images-idx3-ubyte.gz"
    server.files[name] = FILES[name][:-1] + b"\1"
    with pytest.raises(ValueError, match=f"Digits: {server.url}{name} is not the file that it was"):
        mnist(tmp_path, train=False, download=True)
    assert not list(raw(tmp_path).iterdir())


def test_a_wrong_checksum_leaves_the_file_that_was_there(tmp_path, server, mnist):
    name = "t10k-images-idx3-ubyte.gz"
    server.files[name] = b"something else"
    raw(tmp_path).mkdir(parents=True)
    (raw(tmp_path) / name).write_bytes(b"what was there")
    with pytest.raises(ValueError, match="is not the file that it was"):
        mnist(tmp_path, train=False, download=True)
    assert {p.name: p.read_bytes() for p in raw(tmp_path).iterdir()} == {name: b"what was there"}


def test_a_connection_that_is_cut(tmp_path, server, mnist):
    """No part of a file stays, and the next attempt has the whole."""
    server.cut = True
    with pytest.raises((OSError, ValueError), match=f"Digits: .*{server.url}t10k-images"):
        mnist(tmp_path, train=False, download=True)
    assert not list(raw(tmp_path).iterdir())
    server.cut = False
    assert len(mnist(tmp_path, train=False, download=True)) == 40


def test_a_file_that_the_server_does_not_have(tmp_path, server, mnist):
    del server.files["t10k-labels-idx1-ubyte.gz"]
    with pytest.raises(OSError, match=r"Digits: cannot download .*t10k-labels.*404"):
        mnist(tmp_path, train=False, download=True)
    assert [p.name for p in raw(tmp_path).iterdir()] == ["t10k-images-idx3-ubyte.gz"]


def test_no_server(tmp_path, mnist):
    mnist.url = "http://127.0.0.1:9/"
    with pytest.raises(OSError, match=r"Digits: cannot download http://127\.0\.0\.1:9/t10k-images"):
        mnist(tmp_path, train=False, download=True)


def test_a_server_that_does_not_answer(tmp_path, server, mnist, monkeypatch):
    monkeypatch.setattr("fastnn.data.datasets.download.SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mnist.url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(OSError, match=r"Digits: cannot download .*imed out"):
            mnist(tmp_path, train=False, download=True)


def test_without_pooch(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match="MNIST: downloading needs pooch: pip install pooch"):
        MNIST(tmp_path, download=True)


RECORDS = np.random.default_rng(0).integers(0, 10, (6, 2, 3073), np.uint8)
NAMES = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]


def archive(members):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as packed:
        for name, data in members:
            info = tarfile.TarInfo(name)
            if isinstance(data, str):
                info.type, info.linkname = tarfile.SYMTYPE, data
                packed.addfile(info)
            else:
                info.size = len(data)
                packed.addfile(info, io.BytesIO(data))
    return file.getvalue()


MEMBERS = [(f"cifar-10-batches-bin/{n}", r.tobytes()) for n, r in zip(NAMES, RECORDS)]


@pytest.fixture
def cifar(server):
    def serve(data):
        server.files["cifar-10-binary.tar.gz"] = data

        class Photographs(CIFAR10):
            url, checksum = server.url, hashlib.sha256(data).hexdigest()

        return Photographs

    return serve


def test_an_archive(tmp_path, server, cifar):
    others = [("cifar-10-batches-bin/readme.html", b"x"), ("../outside", b"x"), ("/absolute", b"x")]
    kind = cifar(archive([*others, *MEMBERS]))
    data = kind(tmp_path, train=False, download=True)
    np.testing.assert_array_equal(data.data.numpy().reshape(2, -1), RECORDS[5][:, 1:])
    assert len(kind(tmp_path, download=True)) == 10
    assert server.asked == ["cifar-10-binary.tar.gz"]
    assert sorted(p.name for p in (tmp_path / "cifar-10-batches-bin").iterdir()) == NAMES
    assert not (tmp_path.parent / "outside").exists()


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (archive(MEMBERS[:-1]), r"it does not have test_batch\.bin"),
        (archive(MEMBERS)[:-2000], "cannot read"),
        (b"no archive", "cannot read"),
        (archive([(MEMBERS[0][0], "/etc/passwd"), *MEMBERS[1:]]), r"not have data_batch_1\.bin"),
        (archive([(MEMBERS[0][0], bytes(30_730_001))]), "has 30730001 bytes, at most 30730000"),
    ],
)
def test_bad_archives(tmp_path, cifar, data, match):
    with pytest.raises(ValueError, match=rf"Photographs: cannot read .*tar\.gz: .*{match}|{match}"):
        cifar(data)(tmp_path, download=True)
