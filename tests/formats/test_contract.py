"""Every format keeps the contract of symbol_llm/formats/base.py. Cases are plain text, see fixture_lines.py."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from symbol_llm.errors import SymbolError
from symbol_llm.formats import FORMATS, Name, get
from tests.formats.fixture_lines import context, lines, pairs

SYMBOLIC = [name for name, where in FORMATS.items() if name != "text" and find_spec(where.split(":")[0])]


def cases(file: str) -> list:
    return [pytest.param(name, line, id=f"{name}-{i}") for name in SYMBOLIC for i, line in enumerate(lines(name, file))]


def pair_cases(file: str) -> list:
    return [pytest.param(name, *p, id=f"{name}-{i}") for name in SYMBOLIC for i, p in enumerate(pairs(name, file))]


@pytest.mark.parametrize("name", SYMBOLIC)
def test_describes_itself_and_has_enough_fixtures(name: str) -> None:
    language = get(name)
    assert language.name == name
    assert language.grammar and language.metric in {"EM", "F1", "BLEU", "Smatch", "LE"}
    assert any(c.isdigit() for c in language.engine), "the engine's version"
    assert len(lines(name, "valid.txt")) >= 12
    assert len(lines(name, "invalid.txt")) >= 8
    assert len(pairs(name, "equal.tsv")) >= 5
    assert len(pairs(name, "distinct.tsv")) >= 5


@pytest.mark.parametrize(("name", "text"), cases("valid.txt"))
def test_valid(name: str, text: str) -> None:
    language, where = get(name), context(name)
    tree = language.parse(text)
    assert language.parse(language.render(tree)) == tree
    verdict = language.accepts(text, where)
    assert verdict.holds is True, verdict.reason
    once = language.canonical(text, where)
    assert language.canonical(once, where) == once
    score = language.score(text, text, where)
    assert score.value == pytest.approx(1.0) and score.is_exact and score.is_parsed
    assert score.is_equivalent is not False
    assert language.aggregate([score, score]) == pytest.approx(1.0)


@pytest.mark.parametrize(("name", "line"), cases("invalid.txt"))
def test_invalid(name: str, line: str) -> None:
    language, where = get(name), context(name)
    text, _, level = line.partition("\t")
    if level == "engine":
        language.parse(text)
        verdict = language.accepts(text, where)
        assert verdict.holds is False and verdict.reason
    else:
        with pytest.raises(SymbolError) as caught:
            language.parse(text)
        assert 0 <= caught.value.position <= len(text)
        assert caught.value.expected and "^" in str(caught.value)
        reference = lines(name, "valid.txt")[0]
        score = language.score(text, reference, where)
        assert not score.is_exact and score.is_equivalent is not True


@pytest.mark.parametrize(("name", "a", "b"), pair_cases("equal.tsv"))
def test_equal(name: str, a: str, b: str) -> None:
    language, where = get(name), context(name)
    assert language.canonical(a, where) == language.canonical(b, where)
    verdict = language.equivalent(a, b, where)
    assert verdict.holds is True, verdict.reason
    assert verdict.reason


@pytest.mark.parametrize(("name", "a", "b"), pair_cases("distinct.tsv"))
def test_distinct(name: str, a: str, b: str) -> None:
    language, where = get(name), context(name)
    assert language.canonical(a, where) != language.canonical(b, where)
    verdict = language.equivalent(a, b, where)
    assert verdict.holds is not True, verdict.reason
    assert verdict.reason


@pytest.mark.parametrize(("name", "text"), cases("valid.txt"))
def test_rename_has_an_inverse(name: str, text: str) -> None:
    language = get(name)
    tree = language.parse(text)
    names = sorted(language.names(tree))
    if not language.is_evolvable:
        assert not names
        return
    assert names
    fresh = {old: f"Zq{i:04d}" for i, old in enumerate(names)}
    renamed = language.rename(tree, fresh)
    inverse = {Name(old.kind, new): old.text for old, new in fresh.items()}
    assert language.rename(renamed, inverse) == tree
    shown = language.render(renamed)
    assert language.parse(shown) == renamed
    assert not {n.text for n in language.names(renamed)} & {n.text for n in names}


@pytest.mark.parametrize("name", [name for name in SYMBOLIC if get(name).is_evolvable])
def test_definitions_can_be_renamed(name: str) -> None:
    language, where = get(name), context(name)
    defined = language.defined_names(where)
    assert defined and all(item.gloss for item in defined)
    fresh = {old: f"Zq{i:04d}" for i, old in enumerate(defined)}
    renamed = language.rename_context(where, fresh)
    assert renamed != where
    assert {n.text for n in language.defined_names(renamed)} == set(fresh.values())
    inverse = {Name(old.kind, new): old.text for old, new in fresh.items()}
    assert language.rename_context(renamed, inverse) == where
    for text in lines(name, "valid.txt"):
        moved = language.render(language.rename(language.parse(text), fresh))
        verdict = language.accepts(moved, renamed)
        assert verdict.holds is True, verdict.reason


@pytest.mark.parametrize("name", SYMBOLIC)
@pytest.mark.parametrize("text", ["", " ", "\0", "\ud800", "(" * 10_000, "é\u202e" * 50, "x" * 100_000])
def test_hostile_text_is_only_ever_a_symbol_error(name: str, text: str) -> None:
    language = get(name)
    try:
        language.parse(text)
    except SymbolError as error:
        str(error)
    score = language.score(text, lines(name, "valid.txt")[0], context(name))
    assert 0.0 <= score.value <= 1.0 and not score.is_exact
