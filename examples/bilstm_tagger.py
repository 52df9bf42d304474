"""A bidirectional LSTM finds named entities in sentences, and their types.

Files have one token per line, its tag in the last column, and an empty line after each sentence, as
in the shared tasks of CoNLL; tags are O, B-TYPE and I-TYPE. A small BiLSTM reads the characters of
each word, another reads the words of the sentence. The program reports precision, recall and F1 of
whole entities, where span and type must both be correct, like the program conlleval.

    python examples/bilstm_tagger.py --train train.conll --dev dev.conll --test test.conll
    python examples/bilstm_tagger.py --train train.conll.gz --test test.conll.gz --predict found.txt

After G. Lample et al., Neural architectures for named entity recognition, 2016, without its CRF.
"""

from __future__ import annotations

import argparse
import gzip
import re
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

try:
    import numpy as np
    from tqdm import tqdm

    import fastnn
    import fastnn.nn.functional as F
    from fastnn import nn
    from fastnn.optim import Adam
except ImportError as missing:
    raise SystemExit(f"{missing}; in the clone: pip install '.[demo]'") from None

NO_TAG = -100  # after the end of a sentence; cross_entropy ignores it
UNKNOWN = 1  # any word or character not seen in training; 0 is padding
LETTERS = 24  # maximum number of characters read per word


class Sentence(NamedTuple):
    """The words of a sentence and their tags."""

    words: list[str]
    tags: list[str]


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """Numbers and lines of a text, which may be compressed (.gz)."""
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            for number, line in enumerate(file, 1):
                yield number, line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise SystemExit(f"{path}:{number}: this is not UTF-8") from None
    except (OSError, EOFError, zlib.error) as problem:
        raise SystemExit(f"{path}: {getattr(problem, 'strerror', None) or problem}") from None


def read_sentences(path: Path, word_column: int = 0, tag_column: int = -1) -> list[Sentence]:
    """The sentences of a file with columns between tabs or spaces; -DOCSTART- is left out."""
    found = [Sentence([], [])]
    for number, line in lines_of(path):
        columns = line.split("\t") if "\t" in line else re.split(" +", line.strip(" "))
        if not line.strip():
            found.append(Sentence([], []))
        elif columns[0] != "-DOCSTART-":
            enough = len(columns) > max(1, word_column, tag_column, -tag_column - 1)
            if not enough or not columns[word_column]:
                raise SystemExit(f"{path}:{number}: there must be a word and a tag, got {line!r}")
            tag = columns[tag_column].strip()
            if not re.fullmatch("O|[BI]-.+", tag):
                raise SystemExit(f"{path}:{number}: a tag must be O, B-TYPE or I-TYPE, got {tag!r}")
            found[-1].words.append(columns[word_column])
            found[-1].tags.append(tag)
    found = [s for s in found if s.words]
    if not found:
        raise SystemExit(f"{path}: there is no sentence")
    return found


def entities(tags: Sequence[str]) -> set[tuple[int, int, str]]:
    """First word, end (exclusive) and type of each entity, from IO or BIO tags.

    An entity begins at a B, and at an I whose type differs from that before.
    """
    found, begin, kind = set(), 0, ""
    for i, tag in enumerate([*tags, "O"]):
        if kind and tag != f"I-{kind}":
            found.add((begin, i, kind))
            kind = ""
        if tag != "O" and not kind:
            begin, kind = i, tag[2:]
    return found


def bio_to_io(tags: Sequence[str]) -> list[str]:
    """Convert B to I; adjacent entities of the same type merge."""
    return [tag if tag == "O" else f"I-{tag[2:]}" for tag in tags]


def io_to_bio(tags: Sequence[str]) -> list[str]:
    """Convert the first I of each entity to B."""
    begins = {begin for begin, _, _ in entities(tags)}
    return [f"B-{tag[2:]}" if i in begins else tag for i, tag in enumerate(tags)]


SCHEMES = {"io": bio_to_io, "bio": io_to_bio}


def scores(
    true: Sequence[Sequence[str]], found: Sequence[Sequence[str]]
) -> dict[str, tuple[float, float, float]]:
    """Precision, recall and F1 of the entities of each type, and of all under the empty name."""
    counts: dict[str, Any] = {"": np.zeros(3)}  # numbers of correct, predicted and true entities
    for t, f in zip(map(entities, true), map(entities, found), strict=True):
        for column, some in enumerate((t & f, f, t)):
            for _, _, kind in some:
                counts[""][column] += 1
                counts.setdefault(kind, np.zeros(3))[column] += 1
    return {
        kind: (right / max(f, 1), right / max(t, 1), 2 * right / max(f + t, 1))
        for kind, (right, f, t) in sorted(counts.items())
    }


def read_vectors(path: Path, wanted: set[str]) -> dict[str, Any]:
    """Vectors of the wanted words, from a file in GloVe's format."""
    found: dict[str, Any] = {}
    for number, line in lines_of(path):
        try:
            word, *numbers = line.split()
            if word in wanted:
                found[word] = np.array(numbers, np.float32)
        except ValueError:
            raise SystemExit(f"{path}:{number}: there must be a word and numbers") from None
    return found


class Codes:
    """Ids of words (in lower case), characters and tags, and batches of them."""

    def __init__(self, sentences: list[Sentence], scheme: str, known: Sequence[str] = ()) -> None:
        counts = Counter(w.lower() for s in sentences for w in s.words)
        often = [w for w, n in counts.items() if n > 1]
        self.words = {w: i for i, w in enumerate(dict.fromkeys([*often, *known]), UNKNOWN + 1)}
        self.counts = np.array([0, 0, *(counts[w] for w in self.words)])
        letters = sorted({c for s in sentences for w in s.words for c in w})
        self.letters = {c: i for i, c in enumerate(letters, UNKNOWN + 1)}
        self.scheme = SCHEMES[scheme]
        tags = sorted({t for s in sentences for t in self.scheme(s.tags)})
        self.tags = {t: i for i, t in enumerate(tags)}

    def batch(self, sentences: Sequence[Sentence]) -> tuple[dict[str, Any], Any]:
        """Inputs of the model, and tags (T, N); sentences and spellings are columns."""
        lengths = np.array([len(s.words) for s in sentences])
        words, which = np.zeros((2, lengths.max(), len(sentences)), np.int64)
        tags = np.full_like(words, NO_TAG)
        spellings = sorted({w for s in sentences for w in s.words})
        places = {w: i for i, w in enumerate(spellings)}
        for n, s in enumerate(sentences):
            words[: len(s.words), n] = [self.words.get(w.lower(), UNKNOWN) for w in s.words]
            which[: len(s.words), n] = [places[w] for w in s.words]
            tags[: len(s.words), n] = [self.tags.get(t, NO_TAG) for t in self.scheme(s.tags)]
        sizes = np.array([min(len(w), LETTERS) for w in spellings])
        letters = np.zeros((sizes.max(), len(spellings)), np.int64)
        for w, i in places.items():
            letters[: sizes[i], i] = [self.letters.get(c, UNKNOWN) for c in w[:LETTERS]]
        names = ("words", "lengths", "which", "letters", "sizes")
        return dict(zip(names, (words, lengths, which, letters, sizes))), tags


class Tagger(nn.Module):
    """From words and their characters to scores of tags."""

    def __init__(self, codes: Codes, options: Any) -> None:
        super().__init__()
        spelt, hidden, dropout = 2 * options.characters, options.hidden, options.dropout
        self.letters = nn.Embedding(len(codes.letters) + 2, 25)
        self.spelling = nn.LSTM(25, options.characters, bidirectional=True)
        self.words = nn.Embedding(len(codes.words) + 2, options.embedding)
        self.sentence = nn.LSTM(options.embedding + spelt, hidden, bidirectional=True)
        self.scores = nn.Linear(2 * hidden, len(codes.tags))
        self.light, self.dropout = nn.Dropout(dropout / 2), nn.Dropout(dropout)

    def forward(self, words: Any, lengths: Any, which: Any, letters: Any, sizes: Any) -> Any:
        """From words (T, N), and letters (L, S) of S spellings, to scores (T, N, tags)."""
        _, (h, _) = self.spelling(self.light(self.letters(letters)), lengths=sizes)
        spelling = F.embedding(which, fastnn.cat([h[0], h[1]], 1))  # last states, both directions
        x = fastnn.cat([self.words(words), spelling], 2)
        y, _ = self.sentence(self.dropout(x), lengths=lengths)
        return self.scores(self.dropout(y))


def batches(sentences: list[Sentence], size: int, rng: Any = None) -> list[Any]:
    """Batches of indices of sentences of similar lengths, in random order if `rng` is given."""
    lengths = np.array([len(s.words) for s in sentences], float)
    if rng is not None:
        lengths += rng.uniform(0, 3, len(sentences))  # varies the composition of batches
    order = lengths.argsort(kind="stable")
    found = [order[i : i + size] for i in range(0, len(order), size)]
    return found if rng is None else [found[i] for i in rng.permutation(len(found))]


def predict(model: Tagger, codes: Codes, sentences: list[Sentence]) -> list[list[str]]:
    """The most likely tags of each sentence, in BIO."""
    model.eval()
    names, found = list(codes.tags), [[""]] * len(sentences)
    with fastnn.no_grad():
        for numbers in batches(sentences, 64):
            best = model(**codes.batch([sentences[i] for i in numbers])[0]).numpy().argmax(2)
            for n, i in enumerate(numbers):
                found[i] = io_to_bio([names[t] for t in best[: len(sentences[i].words), n]])
    return found


def train(
    model: Tagger, codes: Codes, sentences: list[Sentence], dev: list[Sentence], options: Any
) -> None:
    """Train until F1 on `dev` stops rising (early stopping); keep the best parameters."""
    optimizer = Adam(model.parameters(), lr=options.lr)
    rng = np.random.default_rng(options.seed)
    # Rare words are randomly replaced by the unknown word, which trains its vector.
    blank = options.word_dropout / (options.word_dropout + codes.counts + 1e-9)
    steady = Tagger(codes, options)  # moving averages of the parameters, used for prediction
    best, best_epoch, steps, kept = -1.0, 0, 0, {}
    for epoch in range(1, options.epochs + 1):
        model.train()
        begin, total, todo = time.perf_counter(), 0.0, batches(sentences, options.batch, rng)
        for numbers in tqdm(todo, unit="batch", leave=False):
            inputs, tags = codes.batch([sentences[i] for i in numbers])
            words = inputs["words"]
            words[rng.random(words.shape) < blank[words]] = UNKNOWN
            optimizer.zero_grad()
            y = model(**inputs).reshape(-1, len(codes.tags))
            loss = F.cross_entropy(y, tags.reshape(-1), ignore_index=NO_TAG)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            steps += 1
            for slow, fast in zip(steady.parameters(), model.parameters()):
                slow.data += max(0.005, 9 / (9 + steps)) * (fast.data - slow.data)
            total += loss.item()
        seconds = time.perf_counter() - begin
        f1 = scores([s.tags for s in dev], predict(steady, codes, dev))[""][2]
        print(f"epoch {epoch}: loss {total / len(todo):.4f}, F1 {f1:.1%}; {seconds:.1f} s")
        if f1 > best:
            best, best_epoch = f1, epoch
            kept = {name: t.numpy().copy() for name, t in steady.state_dict().items()}
        if epoch - best_epoch >= options.patience:
            break
    model.load_state_dict(kept)
    print(f"the best was epoch {best_epoch}")


def new_file(text: str) -> Path:
    """A file that can be written, from the command line."""
    path = Path(text)
    if not path.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {path.parent}")
    return path


def main(arguments: Sequence[str] | None = None) -> float:
    """Train, test and write predictions; return F1 on the test set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument(
        "--dev", type=Path, help="says when to stop; else the last tenth of --train"
    )
    parser.add_argument("--test", type=Path, help="what is reported at the end; else --dev")
    parser.add_argument(
        "--predict", type=new_file, help="write words, tags and predictions of the test"
    )
    parser.add_argument("--vectors", type=Path, help="a text file of word vectors to begin with")
    parser.add_argument("--scheme", choices=SCHEMES, default="io", help="tags that are learnt")
    parser.add_argument("--word-column", type=int, default=0, help="of the files")
    parser.add_argument("--tag-column", type=int, default=-1, help="of the files")
    parser.add_argument("--embedding", type=int, default=100, help="size of a word's vector")
    parser.add_argument(
        "--characters", type=int, default=50, help="size of what reads a word, per direction"
    )
    parser.add_argument("--hidden", type=int, default=100, help="size of what reads a sentence")
    parser.add_argument("--dropout", type=float, default=0.5)
    parser.add_argument(
        "--word-dropout",
        type=float,
        default=0.25,
        help="a word that comes n times is left out with d/(d + n)",
    )
    parser.add_argument("--epochs", type=int, default=40, help="at most")
    parser.add_argument("--patience", type=int, default=8, help="epochs without a better F1")
    parser.add_argument("--batch", type=int, default=16, help="sentences")
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    if min(options.epochs, options.batch) < 1:
        parser.error("--epochs and --batch must be at least 1")

    fastnn.manual_seed(options.seed)
    columns = options.word_column, options.tag_column
    paths = options.train, options.dev, options.test
    learn, dev, test = (read_sentences(path, *columns) if path else [] for path in paths)
    if not dev:
        cut = len(learn) - (len(learn) + 9) // 10
        if not cut:
            parser.error("--train has one sentence alone; give --dev")
        learn, dev = learn[:cut], learn[cut:]
    test = test or dev
    seen = {w.lower() for s in (*learn, *dev, *test) for w in s.words}
    vectors = read_vectors(options.vectors, seen) if options.vectors else {}
    codes = Codes(learn, options.scheme, list(vectors))
    model = Tagger(codes, options)
    for word, vector in vectors.items():  # shorter vectors leave the rest random
        model.words.weight.data[codes.words[word], : len(vector)] = vector[: options.embedding]
    print(f"{len(learn)}, {len(dev)} and {len(test)} sentences to train, develop and test;")
    print(
        f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(vectors)} known vectors"
    )
    train(model, codes, learn, dev, options)
    found = predict(model, codes, test)
    result = scores([s.tags for s in test], found)
    for kind, (precision, recall, f1) in result.items():
        print(f"{kind or 'all':16} precision {precision:6.1%}  recall {recall:6.1%}  F1 {f1:6.1%}")
    if options.predict:
        with open(options.predict, "w", encoding="utf-8") as file:
            for s, tags in zip(test, found):
                lines = ["\t".join(columns) for columns in zip(*s, tags)]
                file.write("\n".join(lines) + "\n\n")
    return float(result[""][2])


if __name__ == "__main__":
    main()
