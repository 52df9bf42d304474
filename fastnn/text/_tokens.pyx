# cython: boundscheck=False, wraparound=False
"""Loops over the characters of Python strings; tokens.py checks the arguments."""

from unicodedata import category


cdef inline bint is_word(Py_UCS4 c):
    return c.isalnum() or c == u"_"


cdef inline bint extends_word(Py_UCS4 c):
    # The first mark is U+0300: characters of ASCII and Latin-1 cost one comparison.
    return c >= 0x300 and (c == u"\u200c" or c == u"\u200d" or category(c)[0] == u"M")


cdef inline bint is_apostrophe(Py_UCS4 c):
    return c == u"'" or c == u"\u2019"


def words(str text not None, bint punctuation):
    cdef Py_ssize_t i, start = -1, n = len(text)
    cdef Py_UCS4 c
    cdef list found = []
    for i in range(n):
        c = text[i]
        if is_word(c):
            if start < 0:
                start = i
            continue
        if start >= 0:
            if extends_word(c):
                continue
            if is_apostrophe(c) and i + 1 < n and is_word(text[i + 1]):
                continue
            found.append(text[start:i])
            start = -1
        if punctuation and not c.isspace():
            found.append(text[i:i + 1])
    if start >= 0:
        found.append(text[start:n])
    return found


def count(tokens, dict counts not None):
    for token in tokens:
        if token in counts:
            counts[token] += 1
        else:
            counts[token] = 1
    return counts


def ngrams(str word not None, Py_ssize_t min_n, Py_ssize_t max_n):
    cdef str marked = u"<" + word + u">"
    cdef Py_ssize_t start, n, length = len(marked)
    cdef list found = []
    for start in range(length):
        for n in range(min_n, min(max_n, length - start) + 1):
            # A marker alone is no n-gram.
            if n == 1 and (start == 0 or start == length - 1):
                continue
            found.append(marked[start:start + n])
    return found
