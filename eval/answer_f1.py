"""WebQSP's F1: the predicted s-expression is executed, and its answers are compared with the gold answers.

    (JOIN (R people.person.nationality) m.02rxpxn)  →  {m.09c7w0}      gold {m.09c7w0}: F1 1
    (JOIN (R people.person.nationality) m.0xxxxx)   →  {}              F1 0, as for what cannot be executed

UnifiedSKG, whose s-expressions and prompts the paper uses, computes it so (metrics/webqsp/evaluator.py): on a part of
Freebase that is shipped with it, as third_party/webqsp/freebase150k_part0.txt, …part1.txt and …part2.txt, N-Triples
like ``<ns:m.02rxpxn> <ns:people.person.nationality> <ns:m.09c7w0> .``. Placed in RAW/webqsp, they make F1 the metric
of the task, as in the paper's table. An entity that the question names is no answer; an item without gold answers
counts 0. The answers of a perfect parser reach less than 1, since the graph is a part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from symbol_llm.errors import SymbolError, UserError
from symbol_llm.formats.kb_expression import Node, fault, is_entity, parse
from symbol_llm.formats.kb_world import Item, World, denotation, value

FILES = "freebase150k_part*.txt"
_NAMESPACES = ("ns:", "http://rdf.freebase.com/ns/")
_NOW = "2015-08-10"  # what UnifiedSKG takes for the present
_REST = "the.rest"  # the class of what a superlative chooses from


class Answers(NamedTuple):
    """The gold answers of a question, and the files of the graph that predictions are executed on."""

    gold: tuple[str, ...]
    files: tuple[Path, ...]


def graph_files(raw: Path | None) -> tuple[Path, ...]:
    """The files of the graph; none if they are not in ``raw``."""
    return () if raw is None else tuple(sorted((raw / "webqsp").glob(FILES)))


def answer_f1(prediction: str, answers: Answers) -> float:
    """F1 (0..1) of the answers of an s-expression. Raises UserError for a graph that cannot be read."""
    wanted = {_item(_local(answer)) for answer in answers.gold}
    found = executed(prediction, load(answers.files))
    hits = len(wanted & found)
    return 2 * hits / (len(wanted) + len(found)) if hits else 0.0


def executed(prediction: str, graph: World) -> frozenset[Item]:
    """What an s-expression denotes in a graph, without the entities that it names; empty for what is none."""
    try:
        tree = parse(prediction)
    except SymbolError:
        return frozenset()
    if fault(tree):
        return frozenset()
    named = {atom for node in tree.walk() for atom in node.arguments if not isinstance(atom, Node) and is_entity(atom)}
    if tree.operator in ("ARGMAX", "ARGMIN"):  # the greatest of the others
        graph = World(graph.facts, {_REST: set(denotation(tree.arguments[0], graph) - named)})
        tree = Node(tree.operator, (_REST, tree.arguments[1]))
    return denotation(tree, graph) - named


@lru_cache(maxsize=2)
def load(files: tuple[Path, ...]) -> World:
    """The graph in N-Triples files. Raises UserError for a file that is not."""
    from rdflib import Literal
    from rdflib.plugins.parsers.ntriples import DummySink, ParseError, W3CNTriplesParser

    times = _Times()
    graph = World(classes=times)

    class Sink(DummySink):
        def triple(self, subject: object, relation: object, target: object) -> None:
            one, name = _local(str(subject)), _local(str(relation))
            is_foreign = isinstance(target, Literal) and target.language not in (None, "en")
            text = str(target) if isinstance(target, Literal) else _local(str(target))
            times.add(one, name, text)
            if not is_foreign:
                graph.facts[name].add((one, value(text) if isinstance(target, Literal) else text))

    for file in files:
        try:
            with file.open("rb") as stream:
                W3CNTriplesParser(Sink()).parse(stream)
        except (OSError, ParseError, UnicodeDecodeError) as error:
            raise UserError(f"{file}: not N-Triples ({error}). Fetch it again, or take it away to score EM") from error
    for thing, kind in graph.facts["type.object.type"]:
        times[str(kind)].add(thing)
    return graph


class _Times(defaultdict[str, set[Item]]):
    """The classes of a graph. ``time RELATION WHEN`` is the class of things that a time constraint lets pass: begun by
    then, and not over before; things without such a fact pass."""

    def __init__(self) -> None:
        super().__init__(set)
        self.things: set[Item] = set()
        self.dates: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))

    def add(self, thing: str, relation: str, text: str) -> None:
        self.things |= {thing, text}
        if relation.endswith(("from", "to", "from_date", "to_date")):
            self.dates[relation][thing].append(text[:10])

    def __missing__(self, name: str) -> set[Item]:
        kind, _, rest = name.partition(" ")
        if kind != "time":
            return super().__missing__(name)
        begins, _, when = rest.partition(" ")
        stem, is_date, _ = begins.rpartition("from_date")
        ends = f"{stem}to_date" if is_date else f"{begins.removesuffix('from')}to"
        year = when.strip('"')[:4]
        latest, earliest = (_NOW, _NOW) if when == "NOW" else (f"{year}-12-31", f"{year}-01-01")
        begun = {one for one, dates in self.dates[begins].items() if any(day <= latest[: len(day)] for day in dates)}
        lasting = {one for one, dates in self.dates[ends].items() if any(day >= earliest[: len(day)] for day in dates)}
        self[name] = (self.things - self.dates[begins].keys() | begun) & (
            self.things - self.dates[ends].keys() | lasting
        )
        return self[name]


def _local(name: str) -> str:
    return next((name.removeprefix(space) for space in _NAMESPACES if name.startswith(space)), name)


def _item(text: str) -> Item:
    return text if is_entity(text) else value(text)


def to_answers(gold: object, files: Iterable[Path]) -> Answers:
    """Gold answers as a record keeps them: a list of ids and literals, or None."""
    return Answers(tuple(map(str, gold)) if isinstance(gold, list) else (), tuple(files))
