"""Fresh names: what an evolved symbol is called.

    paper      I_TURN_RIGHT -> shy2sW      six letters and digits, the first a letter (Symbol-LLM, data figure)
    nonsense   I_TURN_RIGHT -> mobaluti    pronounceable
    short      I_TURN_RIGHT -> kab         one syllable: few tokens, and only 980 names
    snake      I_TURN_RIGHT -> moba_luti   two such words; camel: mobaLuti; kebab: moba-luti
    opaque     I_TURN_RIGHT -> id40721     a running number that says nothing
    foreign    on           -> дерево      words of other scripts, where the grammar takes them
    shuffled   left         -> right       the record's own names, exchanged: nothing means what it says

Names are a function of the generator alone, so a seed and a record's id reproduce them. Every fresh name belongs
either to training or to what is held out, by its own hash, so no training record bears a held-out name.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Callable, Collection, Iterable, Set
from dataclasses import dataclass
from random import Random

from symbol_evol.foreign_words import SCRIPTS
from symbol_llm.errors import UserError, unknown_name
from symbol_llm.formats import get as get_format

SHUFFLED = "shuffled"
_LETTERS = string.ascii_letters
_CONSONANTS = "bdfgklmnprstvz"
_SYLLABLES = [consonant + vowel for consonant in _CONSONANTS for vowel in "aeiou"]
_MOST_TRIES = 2_000  # of one name: far more than any record's own names can use up


def _paper(rng: Random) -> str:
    return rng.choice(_LETTERS) + "".join(rng.choices(_LETTERS + string.digits, k=5))


def _syllables(rng: Random, count: int) -> str:
    return "".join(rng.choices(_SYLLABLES, k=count))


def _nonsense(rng: Random) -> str:
    return _syllables(rng, rng.choice((3, 4)))


def _short(rng: Random) -> str:
    return _syllables(rng, 1) + rng.choice(_CONSONANTS)


def _two_words(rng: Random) -> tuple[str, str]:
    return _syllables(rng, 2), _syllables(rng, 2)


def _camel(rng: Random) -> str:
    first, second = _two_words(rng)
    return first + second.title()


def _foreign(rng: Random) -> str:
    """One word, or two of one script where one would not do for long."""
    words = SCRIPTS[rng.randrange(len(SCRIPTS))]
    return rng.choice(words) if rng.random() < 0.5 else rng.choice(words) + rng.choice(words)


class NoMoreNames(UserError):
    """A style has no name left that the record does not use."""


@dataclass(frozen=True, slots=True)
class Style:
    """How names of a style are made, and which languages take them (None: all)."""

    make: Callable[[Random], str] | None
    formats: frozenset[str] | None = None
    needs_case: bool = False  # a language that ignores case would make it another style


# Of the languages that define names, these take letters of any script, and those hyphens. SQL would, in quotes: then
# renaming back leaves the quotes, and the definitions are not the same bytes.
_ANY_SCRIPT = frozenset({"fol", "nlmaps", "triples"})
_HYPHENS = _ANY_SCRIPT | {"pddl"}

STYLES: dict[str, Style] = {
    "paper": Style(_paper),
    "nonsense": Style(_nonsense),
    "short": Style(_short),
    "snake": Style(lambda rng: "_".join(_two_words(rng))),
    "camel": Style(_camel, needs_case=True),
    "kebab": Style(lambda rng: "-".join(_two_words(rng)), _HYPHENS),
    "opaque": Style(lambda rng: f"id{rng.randrange(10_000, 100_000)}"),
    "foreign": Style(_foreign, _ANY_SCRIPT),
    SHUFFLED: Style(None),
}


def check_styles(styles: Collection[str], held_out: Collection[str]) -> None:
    """Raises UserError for an unknown style, for none, and for one that is trained on and held out."""
    for style in (*styles, *held_out):
        if style not in STYLES:
            raise unknown_name("style", style, STYLES, "symbol-llm evolve --help")
    if not styles:
        raise UserError(f"no style to train on: name at least one of {', '.join(STYLES)} with --style")
    if both := sorted(set(styles) & set(held_out)):
        raise UserError(
            f"style {both[0]} is both trained on and held out: leave it out of --style or --held-out-styles"
        )


def is_taken_by(style: str, format_name: str) -> bool:
    """Whether a language can call things that way."""
    chosen = STYLES[style]
    fits = chosen.formats is None or format_name in chosen.formats
    return fits and (not chosen.needs_case or get_format(format_name).is_case_sensitive)


def is_held_out(name: str) -> bool:
    """Whether a fresh name is kept for held-out records: a quarter of all names, whatever the case."""
    return hashlib.blake2b(name.lower().encode(), digest_size=1).digest()[0] < 64


def fresh_names(
    count: int,
    style: str,
    rng: Random,
    taken: Set[str],
    *,
    held_out: bool = False,
    key: Callable[[str], str] = str.lower,
) -> list[str]:
    """``count`` different names of one part, whose ``key`` does not occur in ``taken``, nor twice among them.

    Raises UserError for an unknown style and one that makes no names, NoMoreNames for one that has no more.
    """
    make = STYLES[style].make if style in STYLES else None
    if make is None:
        raise unknown_name("style of fresh names", style, _fresh_styles(), "symbol-llm evolve --help")
    used, names = set(taken), list[str]()
    while len(names) < count:
        for _ in range(_MOST_TRIES):
            name = make(rng)
            if is_held_out(name) is held_out and key(name) not in used:
                break
        else:
            raise NoMoreNames(f"style {style} has no more names that the record does not use")
        used.add(key(name))
        names.append(name)
    return names


def _fresh_styles() -> Iterable[str]:
    return [name for name, style in STYLES.items() if style.make is not None]
