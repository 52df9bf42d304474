"""The tagger example: reading files, counting entities, and learning."""

import gzip
import os
import random
from pathlib import Path

import pytest

from tests.harness import threads
from tests.test_examples import load

DATA = Path(os.environ.get("FASTNN_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="module")
def tagger():
    return load("bilstm_tagger")


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("", set()),
        ("O O", set()),
        ("B-A I-A O B-B", {(0, 2, "A"), (3, 4, "B")}),
        ("I-A I-A O I-B", {(0, 2, "A"), (3, 4, "B")}),
        ("B-A B-A I-A", {(0, 1, "A"), (1, 3, "A")}),
        ("I-A B-A", {(0, 1, "A"), (1, 2, "A")}),
        ("B-A I-B I-B", {(0, 1, "A"), (1, 3, "B")}),
        ("O I-A-B", {(1, 2, "A-B")}),
    ],
)
def test_entities(tagger, tags, found):
    assert tagger.entities(tags.split()) == found


@pytest.mark.parametrize(
    ("bio", "io", "back"),
    [
        ("", "", ""),
        ("O B-A I-A O B-B", "O I-A I-A O I-B", "O B-A I-A O B-B"),
        ("B-A B-B I-B", "I-A I-B I-B", "B-A B-B I-B"),
        ("B-A I-A B-A", "I-A I-A I-A", "B-A I-A I-A"),  # ambiguous in IO
    ],
)
def test_schemes(tagger, bio, io, back):
    assert tagger.bio_to_io(bio.split()) == io.split()
    assert tagger.io_to_bio(io.split()) == back.split()
    assert tagger.io_to_bio(bio.split()) == bio.split()
    assert tagger.bio_to_io(io.split()) == io.split()


def test_scores(tagger):
    """By hand: 4 entities, 5 found, 2 of them correct in span and type."""
    true = ["B-A I-A O B-B", "O B-A O", "B-B O"]
    found = ["B-A I-A O B-A", "B-A I-A O", "B-B B-A"]
    result = tagger.scores([t.split() for t in true], [f.split() for f in found])
    assert list(result) == ["", "A", "B"]
    assert result[""] == pytest.approx((2 / 5, 2 / 4, 4 / 9))
    assert result["A"] == pytest.approx((1 / 4, 1 / 2, 2 / 6))
    assert result["B"] == pytest.approx((1, 1 / 2, 2 / 3))
    assert tagger.scores([["O"]], [["O"]]) == {"": (0, 0, 0)}


def test_reading(tagger, tmp_path):
    text = "\ufeff-DOCSTART- -X- O\n\nEU NNP B-ORG\r\nrules  NN   O\n\n \t\n\nPeter NNP B-PER"
    plain, packed = tmp_path / "a.conll", tmp_path / "a.conll.gz"
    plain.write_bytes(text.encode())
    packed.write_bytes(gzip.compress(text.encode()))
    sentences = [(["EU", "rules"], ["B-ORG", "O"]), (["Peter"], ["B-PER"])]
    assert tagger.read_sentences(plain) == tagger.read_sentences(packed) == sentences
    plain.write_text("1\tI-PER\tMary Ann\t_\n")
    assert tagger.read_sentences(plain, 2, 1) == [(["Mary Ann"], ["I-PER"])]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.conll", b"word O\nlonely\n", r"a\.conll:2: there must be a word and a tag"),
        ("a.conll", b"\tO\n", r"a\.conll:1: there must be a word and a tag"),
        ("a.conll", b"word O\n\nword PER\n", r"a\.conll:3: a tag must be O, B-TYPE or I-TYPE"),
        ("a.conll", b"word O\n\xff\xfe O\n", r"a\.conll:2: this is not UTF-8"),
        ("a.conll", b"\n\n", r"a\.conll: there is no sentence"),
        ("a.conll.gz", b"word O\n", r"a\.conll\.gz: Not a gzipped file"),
        ("a.conll.gz", gzip.compress(b"word O\n" * 99)[:-9], r"a\.conll\.gz: "),
    ],
)
def test_bad_files(tagger, tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SystemExit, match=message) as caught:
        tagger.main(["--train", str(path)])
    assert "\n" not in str(caught.value)


def test_missing_file(tagger, tmp_path):
    with pytest.raises(SystemExit, match="No such file"):
        tagger.main(["--train", str(tmp_path / "none.conll")])


def test_bad_vectors(tagger, tmp_path):
    (tmp_path / "a.conll").write_text("word O\n\nword O\n")
    (tmp_path / "vectors.txt").write_text("other x\nword 1 2 x\n")
    arguments = ["--train", str(tmp_path / "a.conll"), "--vectors", str(tmp_path / "vectors.txt")]
    with pytest.raises(SystemExit, match=r"vectors\.txt:2: there must be a word and numbers"):
        tagger.main(arguments)


def corpus(path, count, rng):
    """Sentences with new names each time, whose type follows from spelling and neighbours."""
    lines = []
    for _ in range(count):
        stem = "".join(rng.choice("bdgklmnprst") + rng.choice("aeiou") for _ in range(3))
        name = [(stem.title(), "B-PER"), (stem[:4].title() + "son", "I-PER")][: rng.randint(1, 2)]
        town = [(stem[2:].title() + "burg", "B-LOC")]
        for word in rng.choice(["yesterday .", "early .", "."]).split():
            town.append((word, "O"))
        verb = [(word, "O") for word in rng.choice(["went to", "left", "is seen in"]).split()]
        lines += [f"{word} {tag}" for word, tag in (*name, *verb, *town)]
        lines.append("")
    path.write_text("\n".join(lines))


def test_learns(tagger, tmp_path, capsys):
    """Entities of unseen names, with the same result for any number of threads."""
    rng = random.Random(0)
    paths = [tmp_path / name for name in ("train.conll", "dev.conll", "test.conll")]
    for path, count in zip(paths, (200, 40, 100)):
        corpus(path, count, rng)
    arguments = [x for p in paths for x in (f"--{p.stem}", str(p))]
    options = "--epochs 5 --hidden 16 --characters 16 --embedding 16 --lr 0.01"
    arguments += options.split()
    found = []
    for n in (1, 3):
        with threads(n):
            out = tmp_path / f"{n}.txt"
            found.append((tagger.main([*arguments, "--predict", str(out)]), out.read_text()))
    assert found[0] == found[1]
    assert found[0][0] > 0.9
    assert "precision" in capsys.readouterr().out
    sentences = tagger.read_sentences(tmp_path / "1.txt")
    true = tagger.read_sentences(tmp_path / "1.txt", tag_column=1)
    assert true == tagger.read_sentences(paths[2])
    score = tagger.scores([s.tags for s in true], [s.tags for s in sentences])
    assert score[""][2] == found[0][0]


@pytest.mark.parametrize("options", [[], ["--epochs", "0"], ["--batch", "0"]])
def test_nothing_to_train_on(tagger, tmp_path, capsys, options):
    path = tmp_path / "one.conll"
    path.write_text("Anna\tB-PER\nsings\tO\n", "utf-8")
    with pytest.raises(SystemExit):
        tagger.main(["--train", str(path), *options])
    assert ("must be at least 1" if options else "one sentence alone") in capsys.readouterr().err


real_data = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"there is no folder {DATA}; FASTNN_DATA may name another"
)


@real_data
@pytest.mark.parametrize(
    ("name", "sentences", "words", "count"),
    [
        ("ner-wnut17/wnut17train.conll", 3394, 62730, 1975),
        ("ner-wnut17/emerging.dev.conll", 1009, 15733, 836),
        ("ner-wnut17/emerging.test.annotated", 1287, 23394, 1079),
        ("ner-factrueval2016/devset.conll.gz", 1769, 30940, 2344),
        ("ner-factrueval2016/testset.conll.gz", 3138, 59382, 4257),
    ],
)
def test_real_files(tagger, name, sentences, words, count):
    found = tagger.read_sentences(DATA / name)
    assert len(found) == sentences
    assert sum(len(s.words) for s in found) == words
    assert sum(len(tagger.entities(s.tags)) for s in found) == count


@real_data
def test_real_names(tagger):
    paths = [str(DATA / "ner-factrueval2016" / f"{part}set.conll.gz") for part in ("dev", "test")]
    assert tagger.main(["--train", paths[0], "--test", paths[1], "--epochs", "2"]) > 0.3
