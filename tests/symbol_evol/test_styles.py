"""Fresh names: how they look, that they are new, and which languages take them."""

from __future__ import annotations

from random import Random

import pytest

from symbol_evol.foreign_words import SCRIPTS
from symbol_evol.styles import SHUFFLED, STYLES, fresh_names, is_held_out, is_taken_by
from symbol_llm.errors import UserError
from symbol_llm.formats import get as get_format
from tests.symbol_evol.examples import written

FRESH = [style for style in STYLES if style != SHUFFLED]


@pytest.mark.parametrize("style", FRESH)
def test_fresh_names_are_new_and_reproducible(style: str) -> None:
    names = fresh_names(200, style, Random(3), {"abc"})
    assert names == fresh_names(200, style, Random(3), {"abc"})
    assert len({name.lower() for name in names}) == 200
    avoided = fresh_names(50, style, Random(3), {name.lower() for name in names[:50]})
    assert not set(avoided) & set(names[:50])


@pytest.mark.parametrize("style", FRESH)
def test_training_never_sees_a_held_out_name(style: str) -> None:
    assert not any(map(is_held_out, fresh_names(100, style, Random(0), set())))
    assert all(map(is_held_out, fresh_names(100, style, Random(0), set(), held_out=True)))


def test_paper_style_is_six_letters_and_digits() -> None:
    for name in fresh_names(50, "paper", Random(0), set()):
        assert len(name) == 6 and name.isalnum() and name[0].isalpha()


def test_case_styles_look_as_they_are_called() -> None:
    one = {style: fresh_names(1, style, Random(1), set())[0] for style in ("snake", "camel", "kebab")}
    assert "_" in one["snake"] and "-" in one["kebab"] and one["camel"] != one["camel"].lower()


def test_foreign_words_are_words_of_one_script() -> None:
    for words in SCRIPTS:
        assert len(words) == len(set(words)) >= 40
        assert all(word.isalpha() and not word.isascii() for word in words)


def test_a_style_that_runs_out_says_so() -> None:
    class Same(Random):
        def random(self) -> float:
            return 0.5

        def getrandbits(self, k: int) -> int:
            return 0

    with pytest.raises(UserError, match="no more names"):
        fresh_names(2, "paper", Same(), set())


def test_unknown_styles_and_exchange_make_no_names() -> None:
    for style in ("papers", SHUFFLED):
        with pytest.raises(UserError, match="unknown style of fresh names"):
            fresh_names(1, style, Random(0), set())


@pytest.mark.parametrize("style", FRESH)
def test_the_table_of_styles_is_what_the_grammars_say(style: str) -> None:
    """A name of the style can be given and taken back exactly where the table says so."""
    for record in written():
        language = get_format(record.format)
        tree = language.parse(record.completion)
        mapping = {
            name: new for name, new in zip(sorted(language.names(tree)), fresh_names(20, style, Random(5), set()))
        }
        try:
            text = language.render(language.rename(tree, mapping))
            names = {name.text for name in language.names(language.parse(text))}
            works = names == set(mapping.values())
        except ValueError:
            works = False
        # SQL takes any name in quotes, which would not be taken back; a language without case has no camel.
        if record.format == "sql" and STYLES[style].formats is not None:
            continue
        assert works or not is_taken_by(style, record.format), (style, record.id)
        if not works:
            assert not is_taken_by(style, record.format)
        elif STYLES[style].formats is not None:
            assert is_taken_by(style, record.format), (style, record.id)
