"""Operations that are merged into one, or split into two, by a rule in the prompt.

    kab(?1,?2) stands for unique(filter_size(?1,?2))      merged
    lum(gor(?1)) stands for count(?1)                     split
    kab stands for I_WALK I_RUN                           merged, in a sequence

The left side is written for the right one wherever that occurs, so putting the right side back is exact.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from symbol_llm.notation.terms import Term, Terms, changed, read_terms, walk, write_terms

STANDS_FOR = " stands for "
SEQUENCES = frozenset({"scan"})
FORMATS = SEQUENCES | {"clevr", "geometry", "kb_sexpr", "pddl"}


class Rule(NamedTuple):
    """``left`` is written for ``right``; atoms ``?1``, ``?2`` … are whatever stands there."""

    left: Terms
    right: Terms


def _hole(number: int) -> Term:
    return Term(f"?{number}")


def choose_rule(terms: Terms, format_name: str, names: list[str], heads: frozenset[str], rng: Random) -> Rule | None:
    """A rule for something that occurs in the symbol; ``names`` are two fresh ones. None if nothing fits."""
    is_split = rng.random() < 0.5
    if format_name in SEQUENCES:
        return _sequence_rule(terms, names, is_split, rng)
    calls = [term for term in walk(terms) if term.args and term.head in heads]
    if is_split and calls:
        term = rng.choice(calls)
        holes = tuple(_hole(number) for number in range(1, len(term.args or ()) + 1))
        return Rule((Term(names[0], (Term(names[1], holes),)),), (Term(term.head, holes),))
    pairs = [
        (term, place)
        for term in calls
        for place, arg in enumerate(term.args or ())
        if arg.args is not None and arg.head in heads
    ]
    if not pairs:
        return None
    outer, place = rng.choice(pairs)
    every, args = list[Term](), list[Term]()
    for number, arg in enumerate(outer.args or ()):
        count = len(arg.args or ()) if number == place else 1
        new = [_hole(len(every) + n) for n in range(1, count + 1)]
        every += new
        args.append(Term(arg.head, tuple(new)) if number == place else new[0])
    return Rule((Term(names[0], tuple(every)),), (Term(outer.head, tuple(args)),))


def _sequence_rule(terms: Terms, names: list[str], is_split: bool, rng: Random) -> Rule | None:
    items = terms[0].args or ()
    if is_split:
        return Rule((Term("", tuple(map(Term, names))),), (Term("", (rng.choice(items),)),))
    if len(items) < 2:
        return None
    place = rng.randrange(len(items) - 1)
    return Rule((Term("", (Term(names[0]),)),), (Term("", items[place : place + 2]),))


def rewrite(terms: Terms, old: Terms, new: Terms) -> Terms:
    """Every occurrence of ``old`` replaced by ``new``: outer before inner, in a sequence from left to right."""
    if old[0].head == "":
        return (Term("", _rewrite_items(terms[0].args or (), old[0].args or (), new[0].args or ())),)

    def change(term: Term) -> Term:
        found = _matched(term, old[0])
        return term if found is None else _filled(new[0], found)

    return changed(terms, change)


def _rewrite_items(items: Terms, old: Terms, new: Terms) -> Terms:
    found, place = list[Term](), 0
    while place < len(items):
        if items[place : place + len(old)] == old:
            found += new
            place += len(old)
        else:
            found.append(items[place])
            place += 1
    return tuple(found)


def _matched(term: Term, pattern: Term) -> dict[str, Term] | None:
    if pattern.args is None:
        return {pattern.head: term}
    if term.args is None or term.head != pattern.head or len(term.args) != len(pattern.args):
        return None
    found: dict[str, Term] = {}
    for arg, part in zip(term.args, pattern.args):
        inner = _matched(arg, part)
        if inner is None:
            return None
        found |= inner
    return found


def _filled(pattern: Term, found: dict[str, Term]) -> Term:
    if pattern.args is None:
        return found[pattern.head]
    return Term(pattern.head, tuple(_filled(part, found) for part in pattern.args))


def tell(rule: Rule, format_name: str) -> str:
    return STANDS_FOR.join(write_terms(format_name, side) for side in rule)


def heard(line: str, format_name: str) -> Rule:
    """Inverse of ``tell``. Raises ValueError for a line that is no rule, or whose sides have other holes."""
    sides = line.split(STANDS_FOR)
    if len(sides) != 2:
        raise ValueError(f"not a rule: {line[:80]}")
    rule = Rule(read_terms(format_name, sides[0]), read_terms(format_name, sides[1]))
    holes = [sorted(term.head for term in walk(side) if term.head.startswith("?")) for side in rule]
    if (
        holes[0] != holes[1]
        or len(set(holes[0])) != len(holes[0])
        or not all(side[0].args is not None for side in rule)
    ):
        raise ValueError(f"not a rule: {line[:80]}")
    return rule
