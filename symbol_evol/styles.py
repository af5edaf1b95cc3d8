"""Fresh names: what an evolved symbol is called.

    paper     I_TURN_RIGHT -> shy2sW    six letters and digits, the first a letter (Symbol-LLM, data figure)
    nonsense  I_TURN_RIGHT -> mobaluti  pronounceable, for held-out styles

Names are a function of the generator alone, so a seed and a record's id reproduce them.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from random import Random

from symbol_llm.errors import unknown_name

_LETTERS = string.ascii_letters
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"


def _paper(rng: Random) -> str:
    return rng.choice(_LETTERS) + "".join(rng.choices(_LETTERS + string.digits, k=5))


def _nonsense(rng: Random) -> str:
    return "".join(rng.choice(_CONSONANTS) + rng.choice(_VOWELS) for _ in range(rng.choice((3, 4))))


STYLES: dict[str, Callable[[Random], str]] = {"paper": _paper, "nonsense": _nonsense}


def fresh_names(count: int, style: str, rng: Random, taken: set[str]) -> list[str]:
    """``count`` different names that do not occur in ``taken`` (lower case), nor equal each other in any case.

    Raises UserError for an unknown style.
    """
    if style not in STYLES:
        raise unknown_name("style", style, STYLES, "symbol-llm evolve --help")
    used, names = set(taken), list[str]()
    while len(names) < count:
        name = STYLES[style](rng)
        if name.lower() not in used:
            used.add(name.lower())
            names.append(name)
    return names
