"""What the filters of the Freebase datasets say, in the words of an s-expression, and why some say what none can.

    FILTER(NOT EXISTS {?y ns:a.from ?b} || EXISTS {?y ns:a.from ?b . FILTER(?b <= "2009-12-31"^^xsd:dateTime)})
    FILTER(NOT EXISTS {?y ns:a.to ?c} || EXISTS {?y ns:a.to ?c . FILTER(?c >= "2009-01-01"^^xsd:dateTime)})
    ->  of ?y: (TC … a.from 2009)

The pair of filters is how WebQSP asks for what was so at a time: begun by its end, and not over before its beginning,
as far as is known. Its annotation was made on 2015-08-10, which is what NOW stands for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from symbol_llm.formats.sparql_tree import NS, XSD, Node, is_iri, is_variable, render_part, variables

Term = Node | str

_PARTNERS = {"from": "to", "start": "end", "begin": "end", "first": "last"}
_NOW = "2015-08-10"
_ZONE = "-08:00"  # of Freebase's dates: GrailQA writes it in queries and leaves it out of s-expressions
_TYPED = re.compile(r'"((?:[^"\\]|\\.)*)"\^\^<([^<>]*)>', re.DOTALL)
_DATED = {f"{XSD}{name}" for name in ("date", "dateTime", "gYear", "gYearMonth")}


class Obstacle(StrEnum):
    """Why no s-expression says what a query asks."""

    SYNTAX = "the query does not parse"
    SIZE = "more facts than any s-expression can hold"
    PATTERN = "union, optional, minus or another pattern than facts"
    PROJECTION = "something else than one variable, or its count, is asked for"
    GROUPING = "rows are grouped"
    SUBQUERY = "a subquery that does not merely find the greatest or least value"
    FILTER = "a condition that has no operator"
    TIME = "a condition on time that is no period"
    LIMIT = "another number of results than one, or an offset"
    ORDER = "an order by something that does not hang on the set that is ordered"
    TERM = "a term that is no entity, relation, class or value of Freebase"
    CYCLE = "facts that form a circle"
    SEPARATE = "facts that do not hang together with the answer"
    OPEN_END = "a thing that only has to exist"


class NotDerivable(Exception):
    """A query that no s-expression is known to equal."""

    def __init__(self, obstacle: Obstacle, detail: str = "") -> None:
        super().__init__(f"{obstacle}: {detail}" if detail else str(obstacle))
        self.obstacle = obstacle


class HalfPeriod(NamedTuple):
    """One of a pair of filters: what ``relation`` tells of the variable is ``operator`` the date, or unknown."""

    variable: str
    relation: str
    operator: str  # <= or >=
    date: str
    inner: tuple[str, str]  # the variables for the date, which must be the filter's own


def literal_text(term: str) -> str:
    """A literal as s-expressions write it: ``"1971"^^<…#dateTime>`` is ``1971^^…#dateTime``."""
    if is_iri(term):
        raise NotDerivable(Obstacle.TERM, f"{term} as a value")
    if term in ("true", "false"):
        return f"{term}^^{XSD}boolean"
    if not term.startswith('"'):
        return f"{term}^^{XSD}{'double' if 'e' in term.lower() else 'decimal' if '.' in term else 'integer'}"
    typed = _TYPED.fullmatch(term)
    if typed is None:
        return term
    value, datatype = typed[1], typed[2]
    if datatype in _DATED:
        value = value.removesuffix(_ZONE)
    return f"{value}^^{datatype}" if re.fullmatch(r'[^\s()"\\]+', value) else f'"{value}"^^{datatype}'


def uncast(term: Term) -> str:
    """The variable, with or without a cast such as xsd:datetime, which only says how values are compared."""
    if isinstance(term, Node) and term.kind == "call" and len(term.parts) == 2:
        name, inside = term.parts
        if isinstance(name, str) and name.startswith(f"<{XSD}"):
            term = inside
    if not isinstance(term, str) or not is_variable(term):
        raise NotDerivable(Obstacle.FILTER, render_part(term)[:200])
    return term


def is_language_test(condition: Node) -> bool:
    """``!isLiteral(?x) OR lang(?x) = '' OR langMatches(lang(?x), 'en')``, or a part of it that names a language."""
    names = variables(condition)
    if len(names) != 1:
        return False
    language = Node("call", ("LANG", names[0]))
    is_thing = Node("not", (Node("call", ("ISLITERAL", names[0])),))
    named: list[Term] = [Node("=", (language, '""')), Node("call", ("LANGMATCHES", language, '"en"'))]
    parts = condition.parts if condition.kind == "or" else (condition,)
    return all(part == is_thing or part in named for part in parts) and any(part in named for part in parts)


def half_period(condition: Node) -> HalfPeriod:
    """``NOT EXISTS {?y r ?a} || EXISTS {?y r ?b . FILTER(?b <= "…")}``. Raises NotDerivable for other conditions."""
    match condition:
        case Node(
            "or",
            (
                Node("not exists", (Node("group", (Node("triple", (str(absent), str(unknown), str(nothing))),)),)),
                Node("exists", (Node("group", (Node("triple", (str(subject), str(relation), str(value))), test)),)),
            ),
        ):
            match test:
                case Node("filter", (Node(("<=" | ">=") as operator, (compared, str(date))),)):
                    typed = _TYPED.fullmatch(date)
                    is_sound = (absent, unknown) == (subject, relation) and relation.startswith(f"<{NS}")
                    is_sound &= all(map(is_variable, (absent, nothing, value))) and uncast(compared) == value
                    if is_sound and typed and typed[2] in _DATED:
                        return HalfPeriod(subject, relation[len(NS) + 1 : -1], operator, typed[1], (nothing, value))
    raise NotDerivable(Obstacle.FILTER, render_part(condition)[:200])


def period(halves: Sequence[HalfPeriod]) -> tuple[str, str]:
    """The relation and the time of TC; the relation is the one that comes first, as in the published s-expressions."""
    bounds = {half.operator: half for half in halves}
    if len(halves) != 2 or len(bounds) != 2:
        raise NotDerivable(Obstacle.TIME, "not one condition on the beginning and one on the end")
    start, end = bounds["<="], bounds[">="]
    if start.relation != end.relation and not _is_span(start.relation, end.relation):
        raise NotDerivable(Obstacle.TIME, f"{start.relation} and {end.relation} are no beginning and end of one thing")
    return halves[0].relation, _time(end.date, start.date)


def _is_span(start: str, end: str) -> bool:
    """from and to, start_date and end_date …, of one type."""
    (kind, _, began), (other, _, ended) = start.rpartition("."), end.rpartition(".")
    partner = "_".join(_PARTNERS.get(word, word) for word in began.split("_"))
    return kind == other and began != ended and partner == ended


def _time(first: str, last: str) -> str:
    if first == last:
        return "NOW" if first == _NOW else first
    if re.fullmatch(r"[0-9]{4}-01-01", first) and last == f"{first[:4]}-12-31":
        return first[:4]
    raise NotDerivable(Obstacle.TIME, f"from {first} to {last}")
