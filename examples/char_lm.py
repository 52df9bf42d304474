"""A recurrent network learns to write text, character by character.

It is trained by truncated backpropagation through time: the text is split into parallel streams and
these into short windows; the final state of one window is the initial state of the next. The
program reports bits per character on the last tenth of the text, which is held out.

The default text is the Python standard library's own source code, so nothing is downloaded.

    python examples/char_lm.py --epochs 3
    python examples/char_lm.py --text shakespeare.txt.gz --cell gru --temperature 0.7
"""

from __future__ import annotations

import argparse
import gzip
import math
import sysconfig
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    import numpy as np

    import fastnn
    import fastnn.nn.functional as F
    from fastnn import nn
    from fastnn.optim import Adam
except ImportError as missing:
    raise SystemExit(f"{missing}; in the clone: pip install .") from None

try:
    from tqdm import tqdm
except ImportError:  # no progress bar then
    tqdm = None

CELLS = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}
UNKNOWN = "\ufffd"


def library_source() -> str:
    """The concatenated source of the standard library."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    return "\n".join(read(p) for p in sorted(folder.glob("*.py")))


class Alphabet:
    """Characters and their ids; id 0 stands for all rare characters."""

    def __init__(self, text: str, size: int = 256) -> None:
        common = [c for c, _ in Counter(text).most_common(size - 1)]
        self.characters = [UNKNOWN, *sorted(common)]
        self.ids = {c: i for i, c in enumerate(self.characters)}

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str) -> Any:
        """Ids of a text."""
        return np.array([self.ids.get(c, 0) for c in text], np.int64)

    def decode(self, ids: list[int]) -> str:
        """The text of ids."""
        return "".join(self.characters[i] for i in ids)


class CharLM(nn.Module):
    """From characters to scores of the next character."""

    def __init__(
        self, characters: int, cell: str, embedding: int, hidden: int, layers: int, dropout: float
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(characters, embedding)
        between = dropout if layers > 1 else 0.0
        self.rnn = getattr(nn, CELLS[cell])(embedding, hidden, layers, dropout=between)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, characters)

    def forward(self, ids: Any, state: Any = None) -> tuple[Any, Any]:
        """Ids (T, N) and a state to scores (T, N, V) and the next state."""
        y, state = self.rnn(self.embedding(ids), state)
        return self.output(self.dropout(y)), state


def detached(state: Any) -> Any:
    """Detach a state, so that no gradient flows into the previous window."""
    return tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()


def streams_of(ids: Any, count: int) -> Any:
    """A text as parallel streams, (T, N): stream n continues in column n."""
    length = (len(ids) - 1) // count
    if length < 1:
        raise SystemExit(
            f"char_lm: a text of {len(ids)} characters is too short; give a longer one"
        )
    starts = np.arange(count) * length
    return ids[starts + np.arange(length + 1)[:, None]]


def windows(streams: Any, steps: int) -> Iterator[tuple[Any, Any]]:
    """Yield the inputs of each window and their targets, the next characters."""
    for begin in range(0, len(streams) - 1, steps):
        piece = streams[begin : begin + steps + 1]
        yield fastnn.from_numpy(piece[:-1]), fastnn.from_numpy(piece[1:])


def loss_of(scores: Any, targets: Any) -> Any:
    """Mean cross entropy over all steps and streams."""
    return F.cross_entropy(scores.reshape(-1, scores.shape[-1]), targets.reshape(-1))


def train_epoch(
    model: CharLM, optimizer: Adam, streams: Any, steps: int, clip: float, progress: bool
) -> float:
    """Train for one epoch; return bits per character."""
    model.train()
    state, total, count = None, 0.0, 0
    bar = range(0, len(streams) - 1, steps)
    shown = tqdm(bar, unit="window", leave=False) if progress and tqdm is not None else None
    for inputs, targets in windows(streams, steps):
        optimizer.zero_grad()
        scores, state = model(inputs, state)
        loss = loss_of(scores, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        state = detached(state)
        total += loss.item() * targets.numel()
        count += targets.numel()
        if shown is not None:
            shown.update()
            shown.set_postfix(bits=f"{total / count / math.log(2):.3f}")
    if shown is not None:
        shown.close()
    return total / count / math.log(2)


def evaluate(model: CharLM, streams: Any, steps: int) -> float:
    """Bits per character of a text."""
    model.eval()
    state, total, count = None, 0.0, 0
    with fastnn.no_grad():
        for inputs, targets in windows(streams, steps):
            scores, state = model(inputs, state)
            total += loss_of(scores, targets).item() * targets.numel()
            count += targets.numel()
    return total / count / math.log(2)


def sample(
    model: CharLM, alphabet: Alphabet, prompt: str, length: int, temperature: float, rng: Any
) -> str:
    """Generate a text that begins with `prompt`; low temperatures favour likely characters."""
    model.eval()
    ids = list(alphabet.encode(prompt))
    state = None
    with fastnn.no_grad():
        scores, state = model(fastnn.from_numpy(np.array(ids)[:, None]), state)
        for _ in range(length):
            z = scores[-1, 0].numpy().astype(np.float64)
            z[0] = -np.inf  # never draw the unknown character
            p = np.exp((z - z.max()) / temperature)
            ids.append(int(rng.choice(len(p), p=p / p.sum())))
            scores, state = model(fastnn.from_numpy(np.array([[ids[-1]]])), state)
    return prompt + alphabet.decode(ids[len(prompt) :])


def positive(text: str) -> int:
    """A number of at least one, from the command line."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {text}")
    return number


def read(path: Path) -> str:
    """Read a text, which may be compressed (.gz); invalid UTF-8 becomes unknown characters."""
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", errors="replace") as file:
            text: str = file.read()
    except (OSError, EOFError, zlib.error) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise SystemExit(f"char_lm: cannot read {path}: {reason}") from None
    if "\0" in text:
        raise SystemExit(f"char_lm: {path} is no text: it has bytes of 0")
    return text


def main(arguments: list[str] | None = None) -> float:
    """Train, report and generate; return bits per character on held-out text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--text", type=Path, help="a text file (.gz too) instead of the standard library"
    )
    parser.add_argument(
        "--limit", type=positive, default=3_000_000, help="number of characters to use"
    )
    parser.add_argument("--cell", choices=CELLS, default="lstm")
    parser.add_argument("--embedding", type=positive, default=64)
    parser.add_argument("--hidden", type=positive, default=256)
    parser.add_argument("--layers", type=positive, default=2)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch", type=positive, default=64, help="parallel streams")
    parser.add_argument("--steps", type=positive, default=64, help="length of a window")
    parser.add_argument("--lr", type=float, default=2e-3, help="falls to zero, epoch by epoch")
    parser.add_argument("--clip", type=float, default=1.0, help="largest norm of the gradients")
    parser.add_argument("--sample", type=int, default=500, help="characters to write at the end")
    parser.add_argument("--temperature", type=float, default=0.8)
    parser.add_argument("--prompt", default="\n")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    if not options.temperature > 0:
        parser.error(f"--temperature must be positive, got {options.temperature}")
    if not options.prompt:
        parser.error("--prompt must not be empty")

    fastnn.manual_seed(options.seed)
    text = read(options.text) if options.text else library_source()
    text = text[: options.limit]
    cut = len(text) * 9 // 10
    alphabet = Alphabet(text[:cut])
    train = streams_of(alphabet.encode(text[:cut]), options.batch)
    held_out = streams_of(alphabet.encode(text[cut:]), min(options.batch, 16))
    model = CharLM(
        len(alphabet),
        options.cell,
        options.embedding,
        options.hidden,
        options.layers,
        options.dropout,
    )
    optimizer = Adam(model.parameters(), lr=options.lr)
    print(f"{len(text):,} characters, {len(alphabet)} different ones; {options.cell} with")
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters")
    bits = evaluate(model, held_out, options.steps)
    print(f"before training: {bits:.3f} bits per character on held-out text")
    for epoch in range(1, options.epochs + 1):
        optimizer.param_groups[0]["lr"] = options.lr * (1 - (epoch - 1) / options.epochs)
        begin = time.perf_counter()
        learnt = train_epoch(model, optimizer, train, options.steps, options.clip, True)
        seconds = time.perf_counter() - begin
        bits = evaluate(model, held_out, options.steps)
        print(
            f"epoch {epoch}: {learnt:.3f} bits per character in training, {bits:.3f} held out; "
            f"{seconds:.1f} s, {train.size / seconds:,.0f} characters/s"
        )
    rng = np.random.default_rng(options.seed)
    print(f"\na sample at temperature {options.temperature}:\n")
    print(sample(model, alphabet, options.prompt, options.sample, options.temperature, rng))
    return bits


if __name__ == "__main__":
    main()
