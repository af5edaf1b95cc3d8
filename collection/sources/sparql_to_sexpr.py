"""From the SPARQL of a question over Freebase to the s-expression that asks the same.

    SELECT DISTINCT ?x WHERE { FILTER (?x != ns:m.0a) ns:m.0a ns:film.actor.film ?y . ?y ns:film.performance.film ?x .
                               ?x ns:film.film.genre ns:m.0g }
    ->  (AND (JOIN film.film.genre m.0g) (JOIN (R film.performance.film) (JOIN (R film.actor.film) m.0a)))

A query whose facts (sparql_graph.py) form a tree that hangs from the answer is one s-expression: a set for each
variable, met by AND. The layout is that of the s-expressions published for WebQSP and CompWebQ (GMT-KBQA): a later fact
goes before an earlier one, a time around the facts, an order around both, paths without branches in one comparison.

What s-expressions leave unsaid, by their makers' convention: that the things of a query differ, the language of texts,
which of several best ones LIMIT 1 gives, that what is ordered in the middle of a chain leads on to an answer, and
which relation ends what the relation of TC begins.
"""

from __future__ import annotations

from collections import defaultdict

from collection.sources.sparql_conditions import NotDerivable, Obstacle
from collection.sources.sparql_graph import TYPE_RELATION, Fact, Graph, read_graph
from symbol_llm.formats.kb_expression import Node, is_name, render
from symbol_llm.formats.sparql_tree import is_variable

Set = Node | str


def to_sexpr(sparql: str) -> str:
    """The s-expression of a query, as text. Raises NotDerivable with what stands in the way."""
    graph = read_graph(sparql)
    tree = _Tree(graph).expression()
    expression = Node("COUNT", (tree,)) if graph.is_count else tree
    if not isinstance(expression, Node):
        raise NotDerivable(Obstacle.OPEN_END, f"all of {expression}")
    return render(expression)


class _Tree:
    """The facts of a graph, hung from its answer."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.facts = [fact for fact in graph.facts if not _is_implied(fact, graph)]
        self.at: dict[str, list[Fact]] = defaultdict(list)
        for fact in self.facts:
            for end in dict.fromkeys((fact.subject, fact.object)):
                if is_variable(end):
                    self.at[end].append(fact)
        self.above: dict[str, Fact | None] = {}  # the fact by which a variable hangs
        self._hang()
        self.ordered: dict[str, tuple[str, Set, Fact]] = {}  # where the order applies: operator, path, its first fact
        if graph.order:
            self._place_order(*graph.order)

    def expression(self) -> Set:
        return self._set(self.graph.answer)

    def _hang(self) -> None:
        waiting: list[tuple[str, Fact | None]] = [(self.graph.answer, None)]
        used: set[Fact] = set()
        while waiting:
            variable, above = waiting.pop()
            if variable in self.above:
                raise NotDerivable(Obstacle.CYCLE, f"two ways lead to {variable}")
            self.above[variable] = above
            for fact in self.at[variable]:
                if fact != above:
                    if fact.subject == fact.object:
                        raise NotDerivable(Obstacle.CYCLE, f"{variable} {fact.relation} {variable}")
                    used.add(fact)
                    other = _other(fact, variable)
                    if is_variable(other):
                        waiting.append((other, fact))
        separate = [fact for fact in self.facts if fact not in used]
        if separate:
            fact = separate[0]
            raise NotDerivable(Obstacle.SEPARATE, f"{fact.subject} {fact.relation} {fact.object}")
        asked = {*self.graph.comparisons, *self.graph.times, *(self.graph.order or ())[1:]}
        if not asked <= self.above.keys():
            raise NotDerivable(Obstacle.SEPARATE, f"a condition on {', '.join(sorted(asked - self.above.keys()))}")
        for variable in sorted(self.graph.comparisons):
            self._require_value(variable, Obstacle.FILTER)

    def _require_value(self, variable: str, obstacle: Obstacle) -> Fact:
        """The one fact of a variable that is a value and nothing else."""
        fact = self.above[variable]
        if fact is None or len(self.at[variable]) > 1 or variable in self.graph.times:
            raise NotDerivable(obstacle, f"{variable} is more than a value")
        return fact

    def _below(self, variable: str) -> list[Fact]:
        return [fact for fact in self.at[variable] if fact != self.above[variable]]

    def _place_order(self, operator: str, variable: str) -> None:
        """From the value upwards to the first variable of which more is said."""
        fact = self._require_value(variable, Obstacle.ORDER)
        if variable in self.graph.comparisons:
            raise NotDerivable(Obstacle.ORDER, f"{variable} is also compared")
        place = _other(fact, variable)
        path = _step(fact, place)
        while (
            (above := self.above[place]) is not None and self._below(place) == [fact] and place not in self.graph.times
        ):
            fact, place = above, _other(above, place)
            path = Node("JOIN", (_step(fact, place), path))
        # What is asked of things further up would narrow down what is ordered: only a bare chain may lead there.
        link, here = self.above[place], place
        while link is not None:
            here = _other(link, here)
            if len(self._below(here)) > 1 or here in self.graph.times:
                raise NotDerivable(Obstacle.ORDER, f"{place} is ordered, and more is asked of {here}")
            link = self.above[here]
        self.ordered[place] = operator, path, fact

    def _set(self, variable: str) -> Set:
        """What a variable stands for."""
        operator, path, ordering = self.ordered.get(variable, ("", "", None))
        parts = [self._part(fact, variable) for fact in self._below(variable) if fact != ordering]
        if not parts:
            raise NotDerivable(Obstacle.OPEN_END, self._described(variable))
        found, *others = parts
        for part in others:
            found = Node("AND", (part, found))
        if variable in self.graph.times:
            found = Node("TC", (found, *self.graph.times[variable]))
        return Node(operator, (found, path)) if operator else found

    def _described(self, variable: str) -> str:
        fact = self.above[variable]
        return f"{fact.subject} {fact.relation} {fact.object}" if fact else f"nothing is said of {variable}"

    def _part(self, fact: Fact, variable: str) -> Set:
        """What one fact says of one of its ends."""
        step, other = _step(fact, variable), _other(fact, variable)
        if fact.relation == TYPE_RELATION and is_name(fact.object) and variable == fact.subject:
            return fact.object
        if not is_variable(other):
            return Node("JOIN", (step, other))
        if other in self.graph.comparisons:
            operator, literal = self.graph.comparisons[other]
            return Node(operator, (step, literal))
        inner = self._set(other)
        if isinstance(inner, Node) and inner.operator in ("lt", "le", "gt", "ge"):
            return Node(inner.operator, (Node("JOIN", (step, inner.arguments[0])), inner.arguments[1]))
        return Node("JOIN", (step, inner))


def _is_implied(fact: Fact, graph: Graph) -> bool:
    """Whether a relation's name says of what class a thing in the middle is: film.film.genre is one of film.film."""
    if fact.relation != TYPE_RELATION or fact.subject == graph.answer:
        return False
    return any(f.subject == fact.subject and f.relation.rpartition(".")[0] == fact.object for f in graph.facts)


def _other(fact: Fact, end: str) -> str:
    return fact.object if end == fact.subject else fact.subject


def _step(fact: Fact, start: str) -> Set:
    """The relation of a fact as it is walked from one of its ends."""
    return fact.relation if start == fact.subject else Node("R", (fact.relation,))
