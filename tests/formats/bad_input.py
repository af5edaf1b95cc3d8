"""All methods of a format on what nobody should write: mutated symbols, noise, and texts made to break parsers.

Nothing but SymbolError may come out, and nothing may hang. mutated_symbols.py does the same for parsing alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from symbol_llm.errors import SymbolError
from symbol_llm.formats import Format, Name, get
from tests.formats.fixture_lines import context, lines
from tests.formats.mutated_symbols import hostile, mutated

_NOISE = "()[]{}<>'\"`|&^~!?*+-=/\\.,:;#@$%_ \t\n\r\0\x0b\u2028\u202e\u200f\ud800é√٣𝔸aZ09"

# Their engine reads the text beside our parser, and takes some texts that the parser does not know.
_READ_BY_THE_ENGINE_ITSELF = frozenset({"bash"})


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
    """Feed the hostile and monstrous texts and ``count`` mutations; how many of the mutations parse.

    The engine sees one in ``engine_every`` of those that parse.
    """
    for text in chain(hostile(lines(name, "valid.txt")[0]), monstrous(name)):
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
        verdict = language.accepts(text, where)
        assert verdict.reason and (verdict.holds is False or name in _READ_BY_THE_ENGINE_ITSELF), text
        return False
    assert language.parse(language.render(tree)) == tree, text
    _check_renaming(language, tree)
    try:
        once = language.canonical(text, where)
    except SymbolError as error:  # for some languages the engine makes the canonical form
        assert "^" in str(error) and language.accepts(text, where).holds is False, text
        return True
    assert language.canonical(once, where) == once, text
    if with_engine:
        assert language.accepts(text, where).reason
        score = language.score(text, reference, where)
        assert 0.0 <= score.value <= 1.0 and score.is_parsed
        same = language.equivalent(text, once, where)
        assert same.holds is True, (text, once, same.reason)
    return True


def _check_renaming(language: Format, tree: Any) -> None:
    """New names for all names, and back: both can be printed and read."""
    names = sorted(language.names(tree))
    assert all(item.kind for item in names)
    fresh = {old: f"Zq{number:04d}" for number, old in enumerate(names)}
    renamed = language.rename(tree, fresh)
    assert language.parse(language.render(renamed)) == renamed, renamed
    try:
        back = language.rename(renamed, {Name(old.kind, new): old.text for old, new in fresh.items()})
    except ValueError:  # a name that fits only where the mutation put it, such as a function called x
        return
    assert language.parse(language.render(back)) == back, back
