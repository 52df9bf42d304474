"""Words, counts and n-grams against slow, simple versions."""

import re
import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastnn.text import count, ngrams, words

pytestmark = pytest.mark.any_threading

text = st.text(st.characters() | st.sampled_from("aé'\u2019_ \u0301\u0940\u200c\u200d"))


def kind(c):
    """One letter for what a character is: a part of a word, what extends one, an apostrophe."""
    if c.isalnum() or c == "_":
        return "w"
    if unicodedata.category(c) in ("Mn", "Mc", "Me") or c in "\u200c\u200d":
        return "x"
    return "a" if c in "'\u2019" else " "


def reference_words(text):
    kinds = "".join(map(kind, text))
    return [text[m.start() : m.end()] for m in re.finditer("w[wx]*(?:aw[wx]*)*", kinds)]


def reference_ngrams(word, min_n, max_n):
    marked = f"<{word}>"
    found = []
    for start in range(len(marked)):
        for n in range(min_n, max_n + 1):
            piece = marked[start : start + n]
            if len(piece) == n and piece not in ("<", ">"):
                found.append(piece)
    return found


@given(text)
def test_words_equal_a_regular_expression(text):
    assert words(text, lower=False) == reference_words(text)
    assert words(text) == reference_words(text.lower())


@given(text)
def test_only_white_space_is_lost_with_punctuation(text):
    assert "".join(words(text, lower=False, punctuation=True)) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("   ", []),
        ("one", ["one"]),
        ("'quoted'", ["quoted"]),
        ("rock 'n' roll", ["rock", "n", "roll"]),
        ("don't, l\u2019eau", ["don't", "l\u2019eau"]),
        ("a''b", ["a", "b"]),
        ("İstanbul", ["i\u0307stanbul"]),
        ("caffe\u0300 l'e\u0301te\u0301", ["caffe\u0300", "l'e\u0301te\u0301"]),
        ("\u0301 a \u0301b", ["a", "b"]),
        ("1\ufe0f\u20e3 2", ["1\ufe0f\u20e3", "2"]),
        ("Größe 12_3", ["größe", "12_3"]),
        ("日本語 🙂 ok", ["日本語", "ok"]),
    ],
)
def test_words_of(text, expected):
    assert words(text) == expected


# Words are between the spaces.
SCRIPTS = {
    "Arabic, vowelled": "كِتَاب جَدِيد فِي المَكْتَبَةِ",
    "Bengali": "বাংলা ভাষার সাহিত্য",
    "Burmese": "မြန်မာ ဘာသာ",
    "Devanagari, Hindi": "आधुनिक मानक हिन्दी ज़रूर",
    "Devanagari, with a joiner": "क्\u200dष र्\u200dय",
    "Greek, decomposed": unicodedata.normalize("NFD", "Ἑλληνικὴ γλῶσσα"),
    "Gujarati": "ગુજરાતી ભાષા",
    "Gurmukhi": "ਪੰਜਾਬੀ ਬੋਲੀ",
    "Hebrew, pointed": "שָׁלוֹם עֲלֵיכֶם",
    "Kannada": "ಕನ್ನಡ ಭಾಷೆ",
    "Khmer": "ភាសា ខ្មែរ",
    "Lao": "ພາສາ ລາວ",
    "Malayalam": "മലയാളം അവന്\u200d ഭാഷ",
    "Persian, with a non-joiner": "می\u200cخواهم کتاب\u200cها",
    "Sinhala": "ශ්\u200dරී ලංකා",
    "Tamil": "தமிழ் மொழி",
    "Telugu": "తెలుగు భాష",
    "Thai": "น้ำ ภาษาไทย",
    "Turkish": "İstanbul'da İzmir",
    "Vietnamese, decomposed": unicodedata.normalize("NFD", "Tiếng Việt được viết"),
}


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_marks_stay_in_their_words(text):
    assert words(text, lower=False) == text.split()
    assert words(text) == text.lower().split()
    with_stops = ", ".join(text.split()) + "!"
    assert words(with_stops, lower=False) == text.split()
    pieces = words(with_stops, lower=False, punctuation=True)
    assert pieces == re.findall(r"[^ ,!]+|[,!]", with_stops)


@given(st.lists(st.sampled_from(["a", "b", "c", "\u00e9"])))
def test_count_equals_counter(tokens):
    assert count(tokens) == Counter(tokens)
    assert count(iter(tokens)) == Counter(tokens)


def test_count_adds_in_place():
    counts = count(["a", "b"])
    assert count(["b"], counts) is counts
    assert counts == {"a": 1, "b": 2}


@given(
    st.text(max_size=8).filter(lambda w: "<" not in w and ">" not in w),
    st.integers(1, 4),
    st.integers(0, 4),
)
def test_ngrams_equal_reference(word, min_n, more):
    assert ngrams(word, min_n, min_n + more) == reference_ngrams(word, min_n, min_n + more)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: words(b"bytes"), TypeError, "words: text must be a str, got bytes"),
        (lambda: words(None), TypeError, "words: text must be a str, got NoneType"),
        (lambda: count("text"), TypeError, "count: tokens must be an iterable of words"),
        (lambda: count([[]]), TypeError, "unhashable"),
        (lambda: count(["a"], []), TypeError, "count: counts must be a dict, got list"),
        (lambda: ngrams(3), TypeError, "ngrams: word must be a str, got int"),
        (lambda: ngrams("a", 0, 3), ValueError, "ngrams: need 1 <= min_n <= max_n"),
        (lambda: ngrams("a", 4, 3), ValueError, "ngrams: need 1 <= min_n <= max_n"),
        (lambda: ngrams("a", 1, 1 << 70), OverflowError, "too large"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()
