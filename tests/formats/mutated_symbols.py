"""Broken symbols for fuzz tests: hostile texts, and valid symbols with pieces changed, dropped, doubled and swapped."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from symbol_llm.errors import SymbolError
from symbol_llm.formats import Format, get
from tests.formats.fixture_lines import lines

_SIGNS = "()[]{}<>\\/\"'$%&#~^_:;,.=+-*!?|@ \t\n\r\0\ud800\u202e\u200f\ufeffé漢0123456789aAxXzZ"


def hostile(text: str) -> list[str]:
    """Deep nesting in every bracket, a megabyte in one line, NUL, lone surrogates, right-to-left marks."""
    deep = [mark * 10_000 for mark in ("(", "[", "{", "(a / ", "{'a': ", "\\left(", "\\frac{", "[C][Branch1]", "x^{")]
    long = ["x" * 1_000_000, text * (1_000_000 // len(text)), text + " " * 1_000_000, "\n" * 1_000_000]
    marks = [text[:i] + mark + text[i:] for mark in "\0\ud800\u202e\u200f\u2028\ufeff" for i in (0, len(text) // 2)]
    return ["", " ", "\n", *deep, *(d + text for d in deep[:4]), *long, *marks]


def mutated(name: str, count: int, seed: int = 0) -> Iterator[str]:
    """``count`` mutations of the valid fixtures of a format."""
    rng = Random(seed)
    valid = lines(name, "valid.txt")
    for _ in range(count):
        text = rng.choice(valid)
        for _ in range(rng.randint(1, 4)):
            i, j = sorted(rng.randrange(len(text) + 1) for _ in range(2))
            piece = rng.choice((text[i:j], rng.choice(_SIGNS), rng.choice(valid)[i:j], ""))
            text = rng.choice((text[:i] + piece + text[j:], text[:i] + piece + text[i:], text[:j] + piece + text[j:]))
        yield text


def check_only_symbol_errors(name: str, count: int) -> int:
    """Read ``count`` mutations and the hostile texts; what parses must round-trip. Returns how many parsed."""
    language: Format = get(name)
    num_parsed = 0
    for text in (*hostile(lines(name, "valid.txt")[0]), *mutated(name, count)):
        try:
            tree = language.parse(text)
        except SymbolError as error:
            assert 0 <= error.position <= len(text) and error.expected and "^" in str(error)
            continue
        num_parsed += 1
        assert language.parse(language.render(tree)) == tree
        try:
            once = language.canonical(text)
        except SymbolError:
            continue  # only the engine refuses it
        assert language.canonical(once) == once, text
    return num_parsed
