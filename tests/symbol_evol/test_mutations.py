"""Wrong renamings of every language, planted one by one: all are refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest

from symbol_evol.proof import prove
from symbol_evol.rename import Refused, Renaming, choose_renaming
from symbol_evol.styles import SHUFFLED
from symbol_llm.errors import SymbolError, UserError
from symbol_llm.formats import Name
from symbol_llm.formats import get as get_format
from symbol_llm.record import Record
from tests.symbol_evol.examples import GENERATED, generated, written


def _records() -> list[Record]:
    return [*written(), *(record for task in GENERATED for record in generated(task, 4))]


def _swapped(text: str, first: str, second: str) -> str:
    """Exchange two words everywhere in a text."""
    return re.sub(
        rf"(?<!\w)(?:{re.escape(first)}|{re.escape(second)})(?!\w)", lambda m: second if m[0] == first else first, text
    )


def _missed(text: str, new: str, old: str) -> Iterator[str]:
    """The text with one occurrence of a new name, the first or the last, left as it was."""
    places = [match.span() for match in re.finditer(rf"(?<!\w){re.escape(new)}(?!\w)", text)]
    for start, end in dict.fromkeys([*places[:1], *places[-1:]]):
        yield text[:start] + old + text[end:]


def wrong_renamings(record: Record, renaming: Renaming) -> Iterator[tuple[str, Renaming]]:
    """Renamings that are not what their mapping says, each with what is wrong."""
    context, completion = renaming.context, renaming.completion
    pairs = sorted(renaming.mapping.items())
    for old, new in pairs[:4]:
        for text in _missed(completion, new, old.text):
            yield "missed in the symbol", replace(renaming, completion=text)
        for text in _missed(context.definitions, new, old.text):
            yield "missed in the definitions", replace(renaming, context=replace(context, definitions=text))
    for kind in sorted({old.kind for old, _ in pairs}):
        same = [new for old, new in pairs if old.kind == kind]
        for first, second in pairwise(same[:4]):
            if (text := _swapped(completion, first, second)) != completion:
                yield "swapped in the symbol", replace(renaming, completion=text)
            definitions = _swapped(context.definitions, first, second)
            yield "swapped in the definitions", replace(renaming, context=replace(context, definitions=definitions))
    if context.world != renaming.original.world:
        yield "the world keeps its names", replace(renaming, context=replace(context, world=renaming.original.world))
    yield from _captured(record, renaming)


def _captured(record: Record, renaming: Renaming) -> Iterator[tuple[str, Renaming]]:
    """New names that the record uses for something else: a variable, an alias, a value, a word of the request."""
    language = get_format(record.format)
    tree = language.parse(record.completion)
    old = sorted(renaming.mapping)[0]
    names = {name.text.lower() for name in language.defined_names(renaming.original)}
    words = dict.fromkeys(re.findall(r"[A-Za-z]\w*", f"{record.completion} {record.input}"))
    planted = 0
    for word in words:
        if word.lower() in names or planted == 3:
            continue
        mapping: dict[Name, str] = {**renaming.mapping, old: word}
        try:
            completion = language.render(language.rename(tree, mapping))
            context = language.rename_context(renaming.original, mapping)
        except (SymbolError, UserError, ValueError):
            continue  # the language itself refuses
        planted += 1
        yield "captured", replace(renaming, completion=completion, context=context, mapping=mapping)


def test_two_hundred_wrong_renamings_are_all_caught() -> None:
    planted: Counter[str] = Counter()
    formats: Counter[str] = Counter()
    missed = []
    for record in _records():
        for style in ("paper", SHUFFLED):
            renaming = choose_renaming(record, style, 1)
            if isinstance(renaming, Refused):
                assert style == SHUFFLED and renaming.reason == "too_few_names", (record.id, renaming)
                continue
            kinds = wrong_renamings(record, renaming) if style == "paper" else _exchanges(renaming)
            for what, wrong in kinds:
                if (wrong.completion, wrong.context) == (renaming.completion, renaming.context):
                    continue
                planted[what] += 1
                formats[record.format] += 1
                if not isinstance(prove(record, wrong), Refused):
                    missed.append((record.id, what, wrong.completion[:200], wrong.context.definitions[:300]))
    assert not missed, missed[:3]
    assert planted.total() >= 200 and len(planted) == 6, planted
    assert len(formats) == 15 and min(formats.values()) >= 4, formats


def _exchanges(renaming: Renaming) -> Iterator[tuple[str, Renaming]]:
    """Exchanged names where the symbol, or the definitions, were forgotten."""
    yield "missed in the definitions", replace(renaming, context=renaming.original)
    pairs = sorted(renaming.mapping.items())
    (old, new), text = pairs[0], renaming.completion
    for wrong in _missed(text, new, old.text):
        yield "missed in the symbol", replace(renaming, completion=wrong)


@pytest.mark.parametrize("where", ["definitions", "symbol"])
def test_a_foreign_key_is_an_occurrence(where: str) -> None:
    record = written()[0]
    renamings = (choose_renaming(record, "paper", seed) for seed in range(50))
    renaming = next(r for r in renamings if isinstance(r, Renaming) and Name("table", "trees") in r.mapping)
    new, context = renaming.mapping[Name("table", "trees")], renaming.context
    if where == "definitions":
        assert f"REFERENCES {new}(" in context.definitions
        text = context.definitions.replace(f"REFERENCES {new}(", "REFERENCES trees(")
        wrong = replace(renaming, context=replace(context, definitions=text))
    else:
        assert f"FROM {new} " in renaming.completion
        wrong = replace(renaming, completion=renaming.completion.replace(f"FROM {new} ", "FROM trees "))
    assert isinstance(prove(record, wrong), Refused)
