"""Tokenization: words of a text, their counts, and character n-grams of a word."""

from __future__ import annotations

from collections.abc import Iterable

from . import _tokens

__all__ = ["count", "ngrams", "words"]


def words(text: str, *, lower: bool = True, punctuation: bool = False) -> list[str]:
    """Split a text into words.

    A word is a maximal run of letters, digits and underscores; an apostrophe between two of them
    belongs to the word, as in "don't". Letters and digits are those of Unicode. Combining marks
    (vowel signs, points, accents) and the joiners U+200C and U+200D belong to the word that they
    follow. Scripts without spaces are not split.

    Parameters
    ----------
    text : str
    lower : bool, default True
        Convert words to lower case.
    punctuation : bool, default False
        Also return every other character except white space, each as one word.

    Returns
    -------
    list of str

    Raises
    ------
    TypeError
        If `text` is not a string.

    Examples
    --------
    >>> fastnn.text.words("Don't panic: it's 42!")
    ["don't", 'panic', "it's", '42']
    >>> fastnn.text.words("Don't panic!", lower=False, punctuation=True)
    ["Don't", 'panic', '!']
    >>> fastnn.text.words("आधुनिक मानक हिन्दी")
    ['आधुनिक', 'मानक', 'हिन्दी']

    References
    ----------
    Unicode Standard Annex 29, Unicode text segmentation, rule WB4.
    """
    if not isinstance(text, str):
        raise TypeError(f"words: text must be a str, got {type(text).__name__}")
    return _tokens.words(text.lower() if lower else text, punctuation)


def count(tokens: Iterable[str], counts: dict[str, int] | None = None) -> dict[str, int]:
    """Count how often each token occurs.

    Parameters
    ----------
    tokens : iterable of str
    counts : dict, optional
        Counts to add to, in place, for counting a corpus text by text; a new dict by default.

    Returns
    -------
    dict
        Token to count, in the order of first occurrence.

    Raises
    ------
    TypeError
        If `tokens` is one string (whose characters would be counted).

    Examples
    --------
    >>> fastnn.text.count(fastnn.text.words("the cat and the dog"))
    {'the': 2, 'cat': 1, 'and': 1, 'dog': 1}
    """
    if isinstance(tokens, str):
        raise TypeError("count: tokens must be an iterable of words, got one str; use words(text)")
    if counts is not None and not isinstance(counts, dict):
        raise TypeError(f"count: counts must be a dict, got {type(counts).__name__}")
    return _tokens.count(tokens, {} if counts is None else counts)


def ngrams(word: str, min_n: int = 3, max_n: int = 6) -> list[str]:
    """The character n-grams of a word between the markers "<" and ">".

    Parameters
    ----------
    word : str
    min_n, max_n : int, default 3 and 6
        Shortest and longest n-gram, in characters, markers included.

    Returns
    -------
    list of str
        In order of position, then of length, without a marker alone.

    Raises
    ------
    TypeError
        If `word` is not a string.
    ValueError
        If not 1 <= min_n <= max_n.

    References
    ----------
    Bojanowski et al., "Enriching Word Vectors with Subword Information", TACL 2017.

    Examples
    --------
    >>> fastnn.text.ngrams("cat", 3, 4)
    ['<ca', '<cat', 'cat', 'cat>', 'at>']
    """
    if not isinstance(word, str):
        raise TypeError(f"ngrams: word must be a str, got {type(word).__name__}")
    if not 1 <= min_n <= max_n:
        raise ValueError(f"ngrams: need 1 <= min_n <= max_n, got min_n={min_n} and max_n={max_n}")
    return _tokens.ngrams(word, min_n, max_n)
