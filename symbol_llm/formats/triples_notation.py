"""The two notations of triples: which text is which, and where the parts of a triple end.

    Abilene,_Texas | is part of | Jones_County,_Texas
    director(Eh , Eh ( Nothing ),Joe Doe) | genre(Eh , Eh ( Nothing ),pop)

Neither escapes anything. A text is calls if its first piece is one, or, of three pieces, its second, which would be the
relation of a line; a name with a remark, ``Rome_(village,_Ohio)``, is none. In lines, `` | `` cuts. In calls, the
comma that cuts is one outside quotes and parentheses; of several, the first that no blank, underscore or three digits
of a number follow, or else simply the first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from symbol_llm.errors import SymbolError

MAX_TRIPLES = 1_000

_CUT = re.compile(r"[ \t]\|[ \t]")  # more blanks are stripped with the pieces
_REMARK = re.compile(r"\([^()|,]*\)(?=\()")  # the end of a relation like ``elevation_(in_metres)``
_UNSURE = re.compile(r"\s|_|\Z")  # what follows a comma that rather belongs to a name
_NAME_BEFORE = re.compile(r"[^()|]*[^\s_()|]$")
_THOUSANDS = re.compile(r"\d\s*,\s*\d{3}(?!\d)")


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


def render_triples(triples: Triples) -> str:
    """In the notation that they were written in."""
    if triples.is_calls:
        return " | ".join(f"{t.relation}({t.subject},{t.object})" for t in triples.triples)
    return "\n".join(map(" | ".join, triples.triples))


def parse_triples(text: str) -> Triples:
    """Read triples in either notation. Raises SymbolError with the position of the first fault."""
    found, faults, is_calls = read_triples(text)
    if faults:
        raise faults[0]
    if not found:
        raise SymbolError(text, len(text), "a triple: 'subject | relation | object' or 'relation(subject,object)'")
    if len(found) > MAX_TRIPLES:
        raise SymbolError(text, len(text), f"at most {MAX_TRIPLES} triples")
    return Triples(tuple(found), is_calls)


def read_triples(text: str) -> tuple[list[Triple], list[SymbolError], bool]:
    """The triples that can be read, what is wrong with the others, and whether they are written as calls."""
    found: list[Triple] = []
    faults: list[SymbolError] = []
    is_calls: bool | None = None
    start = 0
    for line in text.split("\n"):
        if line.strip():
            parts = _pieces(line, start)
            if is_calls is None:
                is_calls = looks_like_call(parts[1 if len(parts) == 3 else 0][0])
            for reading in [_read_call(text, *part) for part in parts] if is_calls else [_read_line(text, parts)]:
                (found if isinstance(reading, Triple) else faults).append(reading)  # type: ignore[arg-type]
        start += len(line) + 1
    return found, faults, bool(is_calls)


def looks_like_call(piece: str) -> bool:
    """Whether it is ``name(something,something)``; a blank or underscore before the parenthesis makes a remark."""
    opening = piece.find("(")
    if opening <= 0 or not piece.endswith(")") or "," not in piece[opening:]:
        return False
    return bool(_NAME_BEFORE.match(piece[:opening]) or _REMARK.match(piece, opening))


def _pieces(line: str, start: int) -> list[tuple[str, int]]:
    """What stands between the cuts of a line, stripped, each with its position in the text."""
    pieces, begin = [], 0
    for cut in [*_CUT.finditer(line), None]:
        piece = line[begin : cut.start() if cut else len(line)]
        pieces.append((piece.strip(), start + begin + len(piece) - len(piece.lstrip())))
        begin = cut.end() if cut else begin
    return pieces


def _is_part(part: str) -> bool:
    """Whether it can stand between cuts."""
    return bool(part) and part[0] != "|" and part[-1] != "|"


def _read_line(text: str, parts: list[tuple[str, int]]) -> Triple | SymbolError:
    for part, start in parts[:3]:
        if not _is_part(part):
            return SymbolError(text, start, "a subject, a relation and an object")
    if len(parts) < 3:
        return SymbolError(text, parts[-1][1] + len(parts[-1][0]), "three parts: 'subject | relation | object'")
    if len(parts) > 3:
        return SymbolError(text, parts[3][1], "the end of the line after three parts")
    return Triple(*(part for part, _ in parts))


def _read_call(text: str, call: str, start: int) -> Triple | SymbolError:
    opening = call.find("(")
    remark = _REMARK.match(call, opening) if opening >= 0 else None
    opening = remark.end() if remark else opening
    if opening <= 0:
        return SymbolError(text, start, "relation(subject,object)")
    if not call.endswith(")"):
        return SymbolError(text, start + len(call), "')'")
    if _REMARK.match(call, opening):  # it would belong to a relation without a remark of its own
        return SymbolError(text, start + opening, "a subject after '(', not a second remark of the relation")
    inside = call[opening + 1 : -1]
    comma = _cutting_comma(inside)
    if comma is None:
        return SymbolError(text, start + len(call) - 1, "',' between subject and object")
    triple = Triple(inside[:comma].strip(), call[:opening].strip(), inside[comma + 1 :].strip())
    if not looks_like_call(f"{triple.relation}({inside})"):
        return SymbolError(text, start, "a relation without ')' or '|' and no '_' before '('")
    is_cut_well = not triple.subject.endswith(",") and not triple.object.startswith(",")
    if not is_cut_well or not all(map(_is_part, triple)):
        return SymbolError(text, start + opening + 1 + comma, "a subject, a relation and an object")
    return triple


def _cutting_comma(inside: str) -> int | None:
    """The comma between subject and object; see the top of this file."""
    has_quotes = inside.count('"') % 2 == 0
    free, every, depth, is_quoted = [], [], 0, False
    for at, mark in enumerate(inside):
        if mark == '"':
            is_quoted = has_quotes and not is_quoted
        elif mark == ",":
            every.append(at)
            if not depth and not is_quoted:
                free.append(at)
        elif not is_quoted and mark in "()":
            depth = max(0, depth + (1 if mark == "(" else -1))
    commas = free or every
    numbers = {match.start() + match[0].index(",") for match in _THOUSANDS.finditer(inside)}
    sure = (at for at in commas if at not in numbers and not _UNSURE.match(inside, at + 1))
    return next(sure, commas[0] if commas else None)
