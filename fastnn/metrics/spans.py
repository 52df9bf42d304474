"""The entities that tags of a sentence mark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__: list[str] = []

PREFIXES = {"BIO": "BIO", "IOB2": "BIO", "BIOES": "BIOES"}
Tag = tuple[str, str]  # prefix and type
Span = tuple[str, int, int]  # type, first position, and the one after the last


def parsed(owner: str, tag: object, scheme: str) -> Tag:
    """``("B", "PER")`` of ``"B-PER"``; a type that is not said is ``"_"``."""
    if not isinstance(tag, str):
        raise TypeError(f"{owner}: tags must be strings, got {tag!r:.60}; for numbers give tags")
    prefix, _, kind = tag.partition("-")
    if len(prefix) != 1 or prefix not in PREFIXES[scheme] or (prefix == "O" and kind):
        raise ValueError(f"{owner}: {tag!r} is no tag of the scheme {scheme}")
    return prefix, "" if prefix == "O" else kind or "_"


def spans(tags: Sequence[Tag]) -> Iterable[Span]:
    """The entities of a sentence: an I or E goes on with a B or I before it of the same type.

    All else but O begins an entity, as in the program conlleval.
    """
    start, before = None, ("O", "")
    for position, tag in enumerate([*tags, ("O", "")]):
        goes_on = tag[0] in "IE" and before[0] in "BI" and tag[1] == before[1]
        if not goes_on:
            if start is not None:
                yield before[1], start, position
            start = None if tag[0] == "O" else position
        before = tag


def well_formed(tags: Sequence[Tag], span: Span, scheme: str) -> bool:
    """Whether an entity begins, and in BIOES ends, with the tags that the scheme has for it."""
    _, start, stop = span
    first, last = tags[start][0], tags[stop - 1][0]
    if scheme != "BIOES":
        return first == "B"
    return first == "S" if stop - start == 1 else (first, last) == ("B", "E")
