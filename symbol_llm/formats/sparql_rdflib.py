"""What rdflib is asked about queries. These functions run in a worker's process (symbol_llm/solvers/worker.py).

    run({"question": "accepts", "query": "SELECT ?x WHERE { ?x ?y ?z . }"})  →  Solution(None, answer="SelectQuery")

"compare" takes two queries and graphs in N-Triples, and answers with both results on the first graph where they differ,
or with the number of graphs compared. A query with ORDER BY and LIMIT comes with its keys and without that limit: what
a limit cuts off is compared only where the order leaves no choice.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from symbol_llm.solvers.outcome import Outcome, Solution

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.plugins.sparql.sparql import Query

TARGET = "symbol_llm.formats.sparql_rdflib:run"


class Side(TypedDict):
    """One of two queries. The last ``num_keys`` columns are what it is ordered by; ``window`` is offset and limit."""

    query: str
    num_keys: int
    is_distinct: bool
    window: tuple[int, int] | None


class Question(TypedDict):
    """A job."""

    question: str  # accepts or compare
    query: NotRequired[str]
    sides: NotRequired[list[Side]]
    graphs: NotRequired[list[str]]


@cache
def engine() -> str:
    """Name and version, without loading rdflib. Raises EngineMissing if it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    from symbol_llm.errors import EngineMissing

    try:
        return f"rdflib {version('rdflib')}"
    except PackageNotFoundError as error:
        raise EngineMissing("rdflib", "pip install rdflib") from error


def prepare() -> None:
    """Load rdflib and let it build its parser, so that no job pays for that."""
    import logging

    logging.getLogger("rdflib").setLevel(logging.CRITICAL)  # it warns of every date that is only a year
    _prepared("SELECT ?x WHERE { ?x ?y ?z . FILTER (?x = ?z) }")


def run(question: Question) -> Solution:
    """Answer one question. REJECTED with rdflib's message if it refuses a query."""
    try:
        if question["question"] == "accepts":
            return Solution(None, answer=_prepared(question["query"]).algebra.name, engine=engine())
        prepared = [_prepared(side["query"]) for side in question["sides"]]
    except Exception as error:  # rdflib raises bare Exception, SyntaxError and pyparsing's own
        return Solution(Outcome.REJECTED, message=f"{type(error).__name__}: {error}"[:500], engine=engine())
    num_compared = 0
    for text in question["graphs"]:
        graph = _graph(text)
        results = [_result(query, side, graph) for query, side in zip(prepared, question["sides"])]
        if None in results:
            continue
        num_compared += 1
        if results[0] != results[1]:
            shown = [sorted(map(str, result))[:3] for result in results if result is not None]
            return Solution(None, answer={"size": len(graph), "results": shown}, engine=engine())
    return Solution(None, answer={"compared": num_compared}, engine=engine())


def _prepared(query: str) -> Query:
    from rdflib.plugins.sparql import prepareQuery

    return prepareQuery(query)


def _graph(text: str) -> Graph:
    from rdflib import Graph

    return Graph().parse(data=text, format="nt")


def _result(query: Query, side: Side, graph: Graph) -> Counter[Any] | None:
    """The rows with how often each occurs.

    None where a limit may cut off one row or another, and where rdflib cannot evaluate the query on this graph: it
    fails to order values that have errors.
    """
    try:
        answer = graph.query(query)
        if answer.type == "ASK":
            return Counter([bool(answer.askAnswer)])
        rows = [tuple(term.n3() if term is not None else "" for term in row) for row in answer]  # type: ignore[union-attr]
    except (TypeError, ValueError, ArithmeticError):
        return None
    if side["window"] is None:
        return Counter(rows)
    width = len(rows[0]) - side["num_keys"] if rows else 0
    by_key: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for row in rows:
        by_key.setdefault(row[width:], set()).add(row[:width])
    if any(len(same) > 1 for same in by_key.values()):
        return None
    shown = [row[:width] for row in rows]
    if side["is_distinct"]:
        shown = list(dict.fromkeys(shown))
    offset, limit = side["window"]
    return Counter(shown[offset : offset + limit])
