"""The two notations of triples: which text is which, and where the parts of a triple end.

    Abilene,_Texas | is part of | Jones_County,_Texas
    director(Eh , Eh ( Nothing ),Joe Doe) | genre(Eh , Eh ( Nothing ),pop)

Neither escapes anything. In lines, `` | `` cuts. In calls, the comma that cuts is one outside quotes and parentheses;
of several, the first that no blank, underscore or three digits of a number follow, or else simply the first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from symbol_llm.errors import SymbolError

MAX_TRIPLES = 1_000

# A call's end: the parenthesis before `` | name(``, before a line that begins with a call, or at the very end.
_RELATION = r"[^\s|(),][^|()\n]*?(?:\([^()|,\n]*\))?"
_CALL = re.compile(rf"(?P<relation>{_RELATION})[ ]*\((?P<inside>[^\n]*?)\)[ \t]*(?P<end>\|[ \t]*(?=\S)|\r?\n\s*(?=\S)|\s*\Z)")
_STARTS_LIKE_CALL = re.compile(rf"\s*{_RELATION}[ ]*\(")
_CUT = re.compile(r"[ \t]*\|[ \t]*")


class Triple(NamedTuple):
    """One fact. Parts are as written, quotes and underscores included."""

    subject: str
    relation: str
    object: str


@dataclass(frozen=True, slots=True)
class Triples:
    """The triples of a text, in the order written, and which notation they were written in."""

    triples: tuple[Triple, ...]
    is_calls: bool = False
