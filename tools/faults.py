"""The faults that `tools/mutate.py` plants: small edits of one line of C++ or Python.

Another operator, bound, constant, sign, index or branch, or a statement left out. The sources are
formatted, so that a binary operator stands between two spaces, and a template's bracket does not.
"""

from __future__ import annotations

import difflib
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

OPERATORS = {
    "+": ["-"],
    "-": ["+"],
    "*": ["+"],
    "/": ["*"],
    "//": ["*"],
    "%": ["/"],
    "<": ["<=", ">="],
    "<=": ["<", ">"],
    ">": [">=", "<="],
    ">=": [">", "<"],
    "==": ["!="],
    "!=": ["=="],
    "&&": ["||"],
    "||": ["&&"],
    "and": ["or"],
    "or": ["and"],
    "+=": ["-=", "="],
    "-=": ["+=", "="],
    "is": ["is not"],
    "is not": ["is"],
    "in": ["not in"],
}
WORDS = {
    "std::min": "std::max",
    "std::max": "std::min",
    "true": "false",
    "false": "true",
    "True": "False",
    "False": "True",
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
}


def one_of(words: dict[str, object]) -> str:
    """A pattern of any of these, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


OPERATOR = re.compile(rf"(?<= )({one_of(OPERATORS)})(?= )")
WORD = re.compile(rf"(?<![\w.:])({one_of(WORDS)})(?![\w:])")
UPWARDS = re.compile(r"\bceil_div(?=\()")
NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")
MINUS = re.compile(r"(?<=[ (,\[])-(?=[\w(])")
INDEX = re.compile(r"(?<=\w\[)([a-z]\w*)(?=\])")
BRANCH = re.compile(r"^\s*(?:\} else )?(?:if|elif|while) (?!constexpr)(.*?)(?::| \{| \w.*;)$")
# On one line, a call, an assignment to a part of something, or a `raise`.
STATEMENT = re.compile(
    r"^\s*(raise\b.*|\w[\w.\->:\[\]]*\(.*\)|\w+(?:\.|->|\[)\S* = .*?|\S+ [-+*/]= .*?)(;?)$"
)
NO_CODE = re.compile(
    r"^\s*(#|template|using|namespace|static_assert|import|from|for .* in |@|def |class |return;)"
)
CPP_TEXT = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\])'""", re.DOTALL)


@dataclass(frozen=True)
class Fault:
    """One line of a file, counted from 0, and the text that replaces it."""

    path: str
    line: int
    old: str
    new: str

    def planted(self, text: str) -> str:
        """The file with the fault."""
        lines = text.splitlines(keepends=True)
        assert lines[self.line] == self.old + "\n"
        lines[self.line] = self.new + "\n"
        return "".join(lines)

    def __str__(self) -> str:
        diff = difflib.unified_diff([self.old], [self.new], lineterm="", n=0)
        return "\n".join([f"{self.path}:{self.line + 1}", *list(diff)[3:]])


def faults(path: str, text: str) -> list[Fault]:
    """All faults of one file."""
    is_cpp = not path.endswith(".py")
    codes = (cpp_code(text) if is_cpp else python_code(text)).splitlines()
    found = {}
    for i, (line, code) in enumerate(zip(text.splitlines(), codes)):
        if not NO_CODE.match(code):
            for begin, end, instead in edits(line, code, is_cpp):
                new = line[:begin] + instead + line[end:]
                found[i, new] = Fault(path, i, line, new)
    return list(found.values())


def edits(line: str, code: str, is_cpp: bool) -> Iterator[tuple[int, int, str]]:
    """Begin, end and replacement of every edit; `code` is the line without comments and strings."""
    for m in OPERATOR.finditer(code):
        if m[0] == "in" and "for " in code[: m.start()]:
            continue
        for new in OPERATORS[m[0]]:
            yield *m.span(), new
    for m in WORD.finditer(code):
        yield *m.span(), WORDS[m[0]]
    for m in UPWARDS.finditer(code):  # division upwards becomes division downwards
        end = closing(code, m.end())
        if code[m.end() : end].count(",") == 1:
            yield m.start(), end, "(" + line[m.end() : end].replace(", ", ") / (") + ")"
    for m in NUMBER.finditer(code):
        yield *m.span(), str(int(m[0]) + 1)
        if m[0] != "0":
            yield *m.span(), str(int(m[0]) - 1)
    for m in MINUS.finditer(code):
        yield *m.span(), ""
    if is_cpp:
        for m in INDEX.finditer(code):
            yield *m.span(), m[0] + " + 1"
    if m := BRANCH.match(code):
        begin, end = m.start(1), closing(code, m.start(1)) if is_cpp else m.end(1)
        yield begin, end, f"(!{line[begin:end]})" if is_cpp else f"not ({line[begin:end]})"
    m = STATEMENT.match(code)
    if m and (m[2] == ";") == is_cpp and code.count("(") == code.count(")"):
        yield m.start(1), len(code), ";" if is_cpp else "pass"


def closing(code: str, at: int) -> int:
    """Behind the bracket that closes the one at `at`, or the end of the line."""
    depth = 0
    for i in range(at, len(code)):
        depth += (code[i] == "(") - (code[i] == ")")
        if depth == 0:
            return i + 1
    return len(code)


def blank(text: str) -> str:
    """As many characters, none of which is code."""
    return re.sub(r"[^\n]", "\0", text)


def cpp_code(text: str) -> str:
    """`text` with comments and strings blanked."""
    return CPP_TEXT.sub(lambda m: blank(m[0]), text)


def python_code(text: str) -> str:
    """`text` with comments and strings blanked."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = tokenize.tok_name[token.type]
        if kind in ("COMMENT", "STRING") or kind.startswith("FSTRING"):
            begin, end = (starts[row - 1] + column for row, column in (token.start, token.end))
            text = text[:begin] + blank(text[begin:end]) + text[end:]
    return text
