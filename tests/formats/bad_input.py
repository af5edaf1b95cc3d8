"""All methods of a format on what nobody should write: mutated symbols, noise, and texts made to break parsers.

Nothing but SymbolError may come out, and nothing may hang. mutated_symbols.py does the same for parsing alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from symbol_llm.errors import SymbolError
from symbol_llm.formats import get
from tests.formats.fixture_lines import context, lines
from tests.formats.mutated_symbols import mutated

_NOISE = "()[]{}<>'\"`|&^~!?*+-=/\\.,:;#@$%_ \t\n\r\0\x0b\u2028\u202e\u200f\ud800é√٣𝔸aZ09"


def monstrous(name: str) -> Iterator[str]:
    """Long and deep texts, up to a megabyte."""
    for valid in lines(name, "valid.txt"):
        yield valid * (1_000_000 // len(valid))
        yield (valid + "\n") * 2_000
        for mark in "([{\"'!- |,.;:?#<&":
            middle = len(valid) // 2
            yield valid[:middle] + mark * 10_000 + valid[middle:]
            yield mark * 10_000 + valid + mark * 10_000
        yield valid.replace(" ", " " * 20_000, 3)
        yield valid.replace("(", "(" * 10_000).replace("[", "[" * 10_000)
        yield valid.replace(")", ")" * 10_000).replace("]", "]" * 10_000)
    for mark in _NOISE:
        yield mark * 1_000_000


def check_bad_input(name: str, count: int, engine_every: int = 1) -> int:
    """Feed the monstrous texts and ``count`` mutations; the engine sees one in ``engine_every`` of those that parse.

    Returns how many of the mutations parsed.
    """
    for text in monstrous(name):
        _check(name, text, with_engine=False)
    return sum(_check(name, text, with_engine=i % engine_every == 0) for i, text in enumerate(mutated(name, count)))


def _check(name: str, text: str, *, with_engine: bool) -> bool:
    """Every method takes the text, or raises SymbolError where it must be a symbol. Whether it parses."""
    language, where = get(name), context(name)
    reference = lines(name, "valid.txt")[0]
    try:
        tree = language.parse(text)
    except SymbolError as error:
        assert 0 <= error.position <= len(text) and error.expected and "^" in str(error)
        assert language.accepts(text, where).holds is False
        return False
    assert language.parse(language.render(tree)) == tree, text
    assert all(item.kind for item in language.names(tree))
    once = language.canonical(text, where)
    assert language.canonical(once, where) == once, text
    if with_engine:
        assert language.accepts(text, where).reason
        score = language.score(text, reference, where)
        assert 0.0 <= score.value <= 1.0 and score.is_parsed
        same = language.equivalent(text, once, where)
        assert same.holds is True, (text, once, same.reason)
    return True
