"""A SPARQL query over Freebase as a graph: facts between variables and constants, and what else is asked of variables.

    SELECT DISTINCT ?x WHERE { FILTER (?x != ns:m.0a) ns:m.0a ns:film.actor.film ?y . ?y ns:film.performance.film ?x }
    ->  answer ?x, facts (m.0a, film.actor.film, ?y), (?y, film.performance.film, ?x)

Read are the forms in which WebQSP, CompWebQ and GrailQA write what an s-expression can say: triples; VALUES with one
value, ``?v = constant`` and ``str(?v) = "…"``; comparisons with a literal; ORDER BY … LIMIT 1, and GrailQA's subquery
for the greatest or least value; WebQSP's pair of filters for a time; COUNT. Two kinds of filters are understood in an
s-expression and are left out, as the datasets do: that things of the query differ (``?x != ns:m.0a``), and the
language of texts. Whatever else a query says is a NotDerivable with its obstacle.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from collection.sources.sparql_conditions import (
    HalfPeriod,
    NotDerivable,
    Obstacle,
    half_period,
    is_language_test,
    literal_text,
    period,
    uncast,
)
from symbol_llm.errors import SymbolError
from symbol_llm.formats.kb_expression import is_literal
from symbol_llm.formats.kb_vocabulary import ENTITY, NAME
from symbol_llm.formats.sparql_reader import parse_query
from symbol_llm.formats.sparql_tree import NS, Node, is_iri, is_variable, map_terms, render_part, variables

TYPE_RELATION = "type.object.type"
MAX_FACTS = 60  # those of the datasets stay below 20

_COMPARISONS = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Fact:
    """``subject relation object``. Ends are variables (``?x``), entities, classes or literals."""

    subject: str
    relation: str
    object: str


@dataclass(slots=True)
class Graph:
    """What a query asks. Comparisons, times and the order are of variables."""

    answer: str
    is_count: bool = False
    facts: list[Fact] = field(default_factory=list)
    comparisons: dict[str, tuple[str, str]] = field(default_factory=dict)  # lt, le, gt or ge, and a literal
    times: dict[str, tuple[str, str]] = field(default_factory=dict)  # relation and time
    order: tuple[str, str] | None = None  # ARGMAX or ARGMIN, and a variable


def read_graph(text: str) -> Graph:
    """The graph of a query. Raises NotDerivable."""
    try:
        query = parse_query(text)
    except SymbolError as error:
        raise NotDerivable(Obstacle.SYNTAX, str(error).splitlines()[0]) from error
    answer, is_count, select = _unwrapped(query)
    return _Reader().read(answer, is_count, select)


def _unwrapped(query: Node) -> tuple[str, bool, Node]:
    """The variable that is asked for, whether it is counted, and the query without GrailQA's outer SELECT."""
    if query.kind != "select":
        raise NotDerivable(Obstacle.PROJECTION, query.kind)
    projection, group, *clauses = query.parts[1:]
    assert isinstance(projection, Node) and isinstance(group, Node)
    if len(projection.parts) != 1:
        raise NotDerivable(Obstacle.PROJECTION, f"{len(projection.parts) or 'all'} variables")
    match projection.parts[0]:
        case str(variable):
            return variable, False, query
        case Node("as", (Node("aggregate", ("COUNT", str(modifier), str(variable))), _)) if is_variable(variable):
            is_count, is_distinct = True, modifier == "DISTINCT"
        case Node("as", (str(variable), _)) if is_variable(variable):
            is_count, is_distinct = False, True
        case shown:
            raise NotDerivable(Obstacle.PROJECTION, render_part(shown)[:200])
    match group.parts:
        case (Node("select") as inner,):
            if any(clause.parts if isinstance(clause, Node) else clause for clause in clauses):
                raise NotDerivable(Obstacle.SUBQUERY, "more is asked of its results")
            inside, is_counted_inside, inner = _unwrapped(inner)
            if inside != variable or is_counted_inside:
                raise NotDerivable(Obstacle.SUBQUERY, f"it gives {inside}, not {variable}")
            query, is_distinct = inner, is_distinct or inner.parts[0] == "DISTINCT"
    if not is_distinct:
        raise NotDerivable(Obstacle.PROJECTION, "a count of rows, not of things")
    return variable, is_count, query


class _Reader:
    def __init__(self) -> None:
        self.values: dict[str, str] = {}  # variables that stand for a constant
        self.triples: list[Node] = []
        self.comparisons: list[tuple[str, str, str]] = []  # variable, operator, literal
        self.halves: dict[str, list[HalfPeriod]] = {}
        self.different: list[Node] = []
        self.order: tuple[str, str] | None = None

    def read(self, answer: str, is_count: bool, query: Node) -> Graph:
        group, group_by, having, order, limit, offset, values = query.parts[2:]
        assert isinstance(group, Node) and isinstance(order, Node) and isinstance(values, Node)
        for clause in (group_by, having):
            if isinstance(clause, Node) and clause.parts:
                raise NotDerivable(Obstacle.GROUPING)
        if values.parts:
            raise NotDerivable(Obstacle.PATTERN, "values after the query")
        for number, part in enumerate(group.parts):
            assert isinstance(part, Node)
            if part.kind == "select":
                self._extreme(part, Node("group", (*group.parts[:number], *group.parts[number + 1 :])))
            else:
                self._part(part)
        if order.parts or limit or offset:
            self._order(order, str(limit), str(offset))
        return self._graph(answer, is_count)

    def _graph(self, answer: str, is_count: bool) -> Graph:
        if answer in self.values:
            raise NotDerivable(Obstacle.OPEN_END, f"{answer} is given")
        graph = Graph(answer, is_count, order=self.order)
        graph.facts = list(dict.fromkeys(map(self._fact, self.triples)))
        if len(graph.facts) > MAX_FACTS:
            raise NotDerivable(Obstacle.SIZE, f"{len(graph.facts)} facts")
        things = {end for fact in graph.facts for end in (fact.subject, fact.object)}
        for node in self.different:
            strange = [part for part in node.parts if self._term(str(part)) not in things]
            if strange:
                raise NotDerivable(Obstacle.FILTER, f"{render_part(node)}, but no fact names {render_part(strange[0])}")
        for variable, operator, literal in self.comparisons:
            if variable in graph.comparisons:
                raise NotDerivable(Obstacle.FILTER, f"{variable} is compared twice")
            graph.comparisons[variable] = operator, literal
        for variable, halves in self.halves.items():
            graph.times[variable] = period(halves)
            for name in {name for half in halves for name in half.inner} & things:
                raise NotDerivable(Obstacle.TIME, f"{name} is also something else")
        return graph

    def _fact(self, triple: Node) -> Fact:
        subject, relation, thing = (self._term(str(part)) for part in triple.parts)
        if not (is_variable(subject) or ENTITY.fullmatch(subject)):
            raise NotDerivable(Obstacle.TERM, f"{subject} as a subject")
        if not NAME.fullmatch(relation):
            raise NotDerivable(Obstacle.TERM, f"{relation} as a relation")
        is_class = relation == TYPE_RELATION and NAME.fullmatch(thing)
        if not (is_variable(thing) or ENTITY.fullmatch(thing) or is_literal(thing) or is_class):
            raise NotDerivable(Obstacle.TERM, f"{thing} as an object")
        return Fact(subject, relation, thing)

    def _term(self, term: str) -> str:
        """A variable, an entity, relation or class without its namespace, or a literal as s-expressions write it."""
        term = self.values.get(term, term)
        if is_variable(term):
            return term
        if not is_iri(term):
            return literal_text(term)
        if not term.startswith(f"<{NS}"):
            raise NotDerivable(Obstacle.TERM, term)
        return term[len(NS) + 1 : -1]

    def _part(self, part: Node) -> None:
        match part:
            case Node("triple"):
                self.triples.append(part)
            case Node("group", parts) if all(isinstance(below, Node) and below.kind != "filter" for below in parts):
                for below in parts:
                    assert isinstance(below, Node)
                    self._part(below)
            case Node("filter", (Node() as condition,)):
                self._condition(condition)
            case Node("values", (Node("names", (str(variable),)), Node("row", (str(value),)))) if value != "UNDEF":
                self._bind(variable, value)
            case _:
                raise NotDerivable(Obstacle.PATTERN, part.kind)

    def _bind(self, variable: str, value: str) -> None:
        if self.values.setdefault(variable, value) != value:
            raise NotDerivable(Obstacle.FILTER, f"{variable} is said to be two things")

    def _condition(self, condition: Node) -> None:
        if is_language_test(condition):
            return
        if condition.kind in _FLIPPED or condition.kind == "=":
            left, right = condition.parts
            if isinstance(left, str) and not is_variable(left):
                condition = Node(_FLIPPED.get(condition.kind, "="), (right, left))
        match condition:
            case Node("and", parts) if all(isinstance(part, Node) for part in parts):
                for part in parts:
                    assert isinstance(part, Node)
                    self._condition(part)
            case Node("or"):
                half = half_period(condition)
                self.halves.setdefault(half.variable, []).append(half)
            case Node("!=", (str(), str())):
                self.different.append(condition)
            case Node(("<" | "<=" | ">" | ">=") as sign, (compared, str(constant))) if not is_variable(constant):
                self.comparisons.append((uncast(compared), _COMPARISONS[sign], literal_text(constant)))
            case Node("=", (str(variable), str(constant))) if not is_variable(constant):
                self._bind(variable, constant)
            case Node("=", (Node("call", ("STR", str(variable))), str(text))) if text.startswith('"'):
                self._bind(variable, text)
            case _:
                raise NotDerivable(Obstacle.FILTER, render_part(condition)[:200])

    def _order(self, order: Node, limit: str, offset: str) -> None:
        if limit != "1" or offset not in ("", "0"):
            raise NotDerivable(Obstacle.LIMIT, f"LIMIT {limit or 'none'}, OFFSET {offset or 0}")
        if len(order.parts) != 1 or self.order:
            raise NotDerivable(Obstacle.LIMIT, "one result without one order")
        key = order.parts[0]
        assert isinstance(key, Node)
        self.order = "ARGMAX" if key.kind == "desc" else "ARGMIN", uncast(key.parts[0])

    def _extreme(self, select: Node, around: Node) -> None:
        """GrailQA's ``{ SELECT (MAX(?y3) AS ?x3) … }``: the same facts as around it, said of other variables."""
        match select.parts:
            case ("", Node("projection", (Node("as", (Node("aggregate", (name, _, inner)), outer)),)), group, *rest):
                assert isinstance(group, Node)
                mapping = dict(zip(variables(group), variables(around)))
                is_plain = not any(clause.parts if isinstance(clause, Node) else clause for clause in rest)
                is_same = map_terms(group, lambda term: mapping.get(term, term)) == around
                if (
                    name in ("MAX", "MIN")
                    and is_plain
                    and is_same
                    and not self.order
                    and mapping.get(str(inner)) == outer
                ):
                    self.order = f"ARG{name}", str(outer)
                    return
        raise NotDerivable(Obstacle.SUBQUERY, render_part(select)[:200])
