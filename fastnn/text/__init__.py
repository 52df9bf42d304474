"""Text: words, counts and character n-grams."""

from .tokens import count, ngrams, words

__all__ = ["count", "ngrams", "words"]
