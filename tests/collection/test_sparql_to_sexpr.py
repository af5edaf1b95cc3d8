"""SPARQL to s-expressions: what each form becomes, what is refused and why, rdflib's answers, the published pairs."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collection.sources.sparql_conditions import NotDerivable, Obstacle
from collection.sources.sparql_to_sexpr import to_sexpr
from symbol_llm.formats import get
from symbol_llm.formats.kb_expression import Node, parse, render
from symbol_llm.formats.kb_world import World, denotation
from symbol_llm.formats.sparql_tree import NS, XSD
from tests.formats.mutated_symbols import mutated

RAW = os.environ.get("SYMBOL_LLM_RAW")
kb_sexpr = get("kb_sexpr")


def select(body: str, tail: str = "", shown: str = "DISTINCT ?x") -> str:
    return f"PREFIX ns: <{NS}> SELECT {shown} WHERE {{ {body} }} {tail}"


def refusal(query: str) -> tuple[Obstacle, str]:
    with pytest.raises(NotDerivable) as caught:
        to_sexpr(query)
    return caught.value.obstacle, str(caught.value)


CHAIN = "ns:m.0a ns:a.b.r ?y . ?y ns:a.b.s ?x ."
YES = f"true^^{XSD}boolean"


@pytest.mark.parametrize(
    ("query", "expression"),
    [
        (select("ns:m.0a ns:a.b.r ?x ."), "(JOIN (R a.b.r) m.0a)"),
        (select("?x ns:a.b.r ns:m.0a ."), "(JOIN a.b.r m.0a)"),
        (select(CHAIN), "(JOIN (R a.b.s) (JOIN (R a.b.r) m.0a))"),
        (select("ns:m.0a ns:a.b.r ?z . ?z ns:a.b.s ?city .", shown="?city"), "(JOIN (R a.b.s) (JOIN (R a.b.r) m.0a))"),
        # A later fact goes before an earlier one; a thing that is named twice is no circle.
        (
            select(f"{CHAIN} ?y ns:a.b.t ns:m.0b . ?x ns:a.b.u ns:m.0a ."),
            "(AND (JOIN a.b.u m.0a) (JOIN (R a.b.s) (AND (JOIN a.b.t m.0b) (JOIN (R a.b.r) m.0a))))",
        ),
        (select("?x ns:a.b.r ns:m.0a ; ns:a.b.s ns:m.0b , ns:m.0b ."), "(AND (JOIN a.b.s m.0b) (JOIN a.b.r m.0a))"),
        # What s-expressions leave unsaid
        (
            select(
                "FILTER (?x != ns:m.0a && ?x != ?y) "
                "FILTER (!isLiteral(?x) OR lang(?x) = '' OR langMatches(lang(?x), 'en')) " + CHAIN
            ),
            "(JOIN (R a.b.s) (JOIN (R a.b.r) m.0a))",
        ),
        # Constants
        (select('?x ns:a.b.r "1.8" .'), '(JOIN a.b.r "1.8")'),
        (select("?x ns:a.b.r 'Old Town'@en ."), '(JOIN a.b.r "Old Town"@en)'),
        (select('?x ns:a.b.r "1971"^^xsd:dateTime .'), f"(JOIN a.b.r 1971^^{XSD}dateTime)"),
        (select('?x ns:a.b.r "1971-02-03-08:00"^^xsd:date .'), f"(JOIN a.b.r 1971-02-03^^{XSD}date)"),
        (select('?x ns:a.b.r "a b"^^xsd:string .'), f'(JOIN a.b.r "a b"^^{XSD}string)'),
        (select("?x ns:a.b.r -12 ."), f"(JOIN a.b.r -12^^{XSD}integer)"),
        (select("?x ns:a.b.r 1.5 . ?x ns:a.b.s true ."), f"(AND (JOIN a.b.s {YES}) (JOIN a.b.r 1.5^^{XSD}decimal))"),
        (select('?x ns:a.b.r ?k . FILTER (str(?k) = "State")'), '(JOIN a.b.r "State")'),
        (select("?x ns:a.b.r ?k . FILTER (ns:m.0a = ?k)"), "(JOIN a.b.r m.0a)"),
        (select("VALUES ?k { ns:m.0a } ?x ns:a.b.r ?k ."), "(JOIN a.b.r m.0a)"),
        # Classes: the answer's own always, in the middle unless a relation's name says it
        (select("?x ns:type.object.type ns:a.b . ?x ns:a.b.r ns:m.0a ."), "(AND (JOIN a.b.r m.0a) a.b)"),
        (select("?x ns:type.object.type ns:m.0b ."), "(JOIN type.object.type m.0b)"),
        (select("ns:m.0b ns:type.object.type ?x ."), "(JOIN (R type.object.type) m.0b)"),
        (
            select("?x ns:a.b.r ?y . ?y ns:type.object.type ns:a.c . ?y ns:a.c.s ns:m.0a ."),
            "(JOIN a.b.r (JOIN a.c.s m.0a))",
        ),
        (
            select("?x ns:a.b.r ?y . ?y ns:type.object.type ns:a.d . ?y ns:a.c.s ns:m.0a ."),
            "(JOIN a.b.r (AND (JOIN a.c.s m.0a) a.d))",
        ),
        # Comparisons
        (select("?x ns:a.b.r ?n . FILTER (?n < 3)"), f"(lt a.b.r 3^^{XSD}integer)"),
        (select("?x ns:a.b.r ?n . FILTER (3 <= xsd:integer(?n))"), f"(ge a.b.r 3^^{XSD}integer)"),
        (
            select(f'{CHAIN} ?x ns:a.b.t ?c . ?c ns:a.b.u ?n . FILTER (?n > "1998"^^xsd:dateTime) .'),
            f"(AND (gt (JOIN a.b.t a.b.u) 1998^^{XSD}dateTime) (JOIN (R a.b.s) (JOIN (R a.b.r) m.0a)))",
        ),
        # The greatest and the least
        (
            select(f"{CHAIN} ?x ns:a.b.t ?n .", "ORDER BY DESC(xsd:datetime(?n)) LIMIT 1"),
            "(ARGMAX (JOIN (R a.b.s) (JOIN (R a.b.r) m.0a)) a.b.t)",
        ),
        (
            select(f"{CHAIN} ?x ns:a.b.t ?c . ?c ns:a.b.u ?n .", "ORDER BY ?n LIMIT 1 OFFSET 0"),
            "(ARGMIN (JOIN (R a.b.s) (JOIN (R a.b.r) m.0a)) (JOIN a.b.t a.b.u))",
        ),
        (
            select(f"{CHAIN} ?y ns:a.b.t ?n .", "ORDER BY ?n LIMIT 1"),
            "(JOIN (R a.b.s) (ARGMIN (JOIN (R a.b.r) m.0a) a.b.t))",
        ),
        # GrailQA's ways
        (
            select("SELECT DISTINCT ?x WHERE { ?x ns:a.b.r ns:m.0a }", shown="(COUNT(?x) AS ?value)"),
            "(COUNT (JOIN a.b.r m.0a))",
        ),
        (select("?x ns:a.b.r ns:m.0a", shown="(COUNT(DISTINCT ?x) AS ?n)"), "(COUNT (JOIN a.b.r m.0a))"),
        (
            select(
                "SELECT DISTINCT ?x WHERE { ?x ns:type.object.type ns:a.b . { SELECT (MAX(?q) AS ?n) WHERE { "
                "?p ns:type.object.type ns:a.b . ?p ns:a.b.r ?q . ?p ns:a.b.s ns:m.0a . FILTER (?p != ?q) } } "
                "?x ns:a.b.r ?n . ?x ns:a.b.s ns:m.0a . FILTER (?x != ?n) }",
                shown="(?x AS ?value)",
            ),
            "(ARGMAX (AND (JOIN a.b.s m.0a) a.b) a.b.r)",
        ),
    ],
)  # fmt: skip
def test_what_a_query_becomes(query: str, expression: str) -> None:
    assert to_sexpr(query) == expression
    assert kb_sexpr.accepts(expression).holds is True


def during(first: str, last: str, start: str = "a.b.from", end: str = "a.b.to") -> str:
    return (
        f"FILTER(NOT EXISTS {{?y ns:{start} ?s0}} || EXISTS {{?y ns:{start} ?s1 . "
        f'FILTER(xsd:datetime(?s1) <= "{last}"^^xsd:dateTime) }}) '
        f"FILTER(NOT EXISTS {{?y ns:{end} ?s2}} || EXISTS {{?y ns:{end} ?s3 . "
        f'FILTER(xsd:datetime(?s3) >= "{first}"^^xsd:dateTime) }})'
    )


TODAY = during("2015-08-10", "2015-08-10")


@pytest.mark.parametrize(
    ("condition", "time"),
    [
        (TODAY, "a.b.from NOW"),
        (during("2009-01-01", "2009-12-31"), "a.b.from 2009"),
        (during("1962-05-17", "1962-05-17"), "a.b.from 1962-05-17"),
        (during("2009-01-01", "2009-12-31", "a.b.start_date", "a.b.end_date"), "a.b.start_date 2009"),
        (during("2009-01-01", "2009-12-31", "a.b.released", "a.b.released"), "a.b.released 2009"),
    ],
)
def test_a_pair_of_filters_is_a_time(condition: str, time: str) -> None:
    assert to_sexpr(select(CHAIN + condition)) == f"(JOIN (R a.b.s) (TC (JOIN (R a.b.r) m.0a) {time}))"


def test_the_relation_of_a_time_is_the_one_that_comes_first() -> None:
    start, end = TODAY.split(") FILTER(NOT")
    turned = f"FILTER(NOT{end} {start})"
    assert to_sexpr(select(CHAIN + turned)) == "(JOIN (R a.b.s) (TC (JOIN (R a.b.r) m.0a) a.b.to NOW))"


@pytest.mark.parametrize(
    ("query", "obstacle", "detail"),
    [
        ("SELECT ?x WHERE { ?x ns:a.b.r", Obstacle.SYNTAX, "expected"),
        ("ASK { ?x ns:a.b.r ns:m.0a }", Obstacle.PROJECTION, "ask"),
        (select(CHAIN, shown="?x ?y"), Obstacle.PROJECTION, "2 variables"),
        (select(CHAIN, shown="*"), Obstacle.PROJECTION, "all variables"),
        (select(CHAIN, shown="(MAX(?x) AS ?m)"), Obstacle.PROJECTION, "MAX(?x)"),
        (select(CHAIN, shown="(COUNT(?x) AS ?n)"), Obstacle.PROJECTION, "a count of rows, not of things"),
        (select("{ ns:m.0a ns:a.b.r ?x } UNION { ns:m.0a ns:a.b.s ?x }"), Obstacle.PATTERN, "union"),
        (select("{ { ns:m.0a ns:a.b.r ?x } UNION { ns:m.0a ns:a.b.s ?x } }"), Obstacle.PATTERN, "union"),
        (select(f"{CHAIN} OPTIONAL {{ ?x ns:a.b.t ?z }}"), Obstacle.PATTERN, "optional"),
        (select("VALUES ?k { ns:m.0a ns:m.0b } ?x ns:a.b.r ?k ."), Obstacle.PATTERN, "values"),
        (select("VALUES ?k { UNDEF } ?x ns:a.b.r ?k ."), Obstacle.PATTERN, "values"),
        (select(CHAIN, "GROUP BY ?x HAVING COUNT(?x) = 2"), Obstacle.GROUPING, ""),
        (select(f"{CHAIN} {{ SELECT ?y WHERE {{ ?y ns:a.b.t ns:m.0b }} }}"), Obstacle.SUBQUERY, "SELECT ?y"),
        (select("SELECT ?x WHERE { ?x ns:a.b.r ns:m.0a }", "LIMIT 3", "(?x AS ?v)"), Obstacle.SUBQUERY, "more"),
        (select("SELECT ?y WHERE { ?y ns:a.b.r ns:m.0a }", shown="(?x AS ?v)"), Obstacle.SUBQUERY, "it gives ?y"),
        (
            select(f"{CHAIN} ?x ns:a.b.t ?n . {{ SELECT (MAX(?m) AS ?n) WHERE {{ ?p ns:a.b.t ?m }} }}"),
            Obstacle.SUBQUERY,
            "MAX(?m)",
        ),
        (select("?x ns:a.b.r ?n . ?x ns:a.b.s ?m . FILTER (?n > ?m)"), Obstacle.FILTER, "?n > ?m"),
        (select("?x ns:a.b.r ?n . FILTER (?n > 1 && ?n < 3)"), Obstacle.FILTER, "?n is compared twice"),
        (select(f"{CHAIN} FILTER (?x > 3)"), Obstacle.FILTER, "?x is more than a value"),
        (select(f"{CHAIN} FILTER (?x != ns:m.0c)"), Obstacle.FILTER, "no fact names ns:m.0c"),
        (select(f"{CHAIN} FILTER (?x != 3)"), Obstacle.FILTER, "no fact names"),
        (select(f"{CHAIN} FILTER (regex(?x, 'a'))"), Obstacle.FILTER, "REGEX"),
        (select("?x ns:a.b.r ?k . FILTER (?k = ns:m.0a) FILTER (?k = ns:m.0b)"), Obstacle.FILTER, "two things"),
        (select(CHAIN + during("2009-01-01", "2009-06-30")), Obstacle.TIME, "from 2009-01-01 to 2009-06-30"),
        (select(CHAIN + during("2009-01-01", "2009-12-31", "a.b.from", "a.b.ended")), Obstacle.TIME, "of one thing"),
        (select(CHAIN + during("2009-01-01", "2009-12-31", "a.b.from", "a.c.to")), Obstacle.TIME, "of one thing"),
        (select(CHAIN + during("2009-01-01", "2009-12-31").split(") FILTER(NOT")[0] + ")"), Obstacle.TIME, "not one"),
        (select("?y ns:a.b.t ?s1 . ?s1 ns:a.b.u ns:m.0b . " + CHAIN + TODAY), Obstacle.TIME, "?s1"),
        (select(f"{CHAIN} ?x ns:a.b.t ?n .", "ORDER BY ?n LIMIT 1 OFFSET 1"), Obstacle.LIMIT, "OFFSET 1"),
        (select(f"{CHAIN} ?x ns:a.b.t ?n .", "ORDER BY ?n LIMIT 3"), Obstacle.LIMIT, "LIMIT 3"),
        (select(f"{CHAIN} ?x ns:a.b.t ?n .", "ORDER BY ?n"), Obstacle.LIMIT, "LIMIT none"),
        (select(CHAIN, "LIMIT 1"), Obstacle.LIMIT, "without one order"),
        (select(CHAIN, "ORDER BY ?y LIMIT 1"), Obstacle.ORDER, "?y is more than a value"),
        # The last spouse may not be of the wanted kind: who comes before depends on what is asked of ?x.
        (
            select(f"{CHAIN} ?x ns:a.b.u ns:m.0b . ?y ns:a.b.t ?n .", "ORDER BY ?n LIMIT 1"),
            Obstacle.ORDER,
            "more is asked of ?x",
        ),
        (select("?x ?r ns:m.0a"), Obstacle.TERM, "?r as a relation"),
        (select("?x rdfs:label 'a'"), Obstacle.TERM, "rdf-schema"),
        (select("?x ns:a.b.r ns:a.c"), Obstacle.TERM, "a.c as an object"),
        (select("?x ns:a.b.r ns:m.0A"), Obstacle.TERM, "m.0A as an object"),
        (select("ns:a.c ns:a.b.r ?x"), Obstacle.TERM, "a.c as a subject"),
        (select("?x ns:a.b.r ?y . ?y ns:a.b.s ?z . ?z ns:a.b.t ?x ."), Obstacle.CYCLE, "two ways lead to"),
        (select("?x ns:a.b.r ?y . ?x ns:a.b.s ?y . ?y ns:a.b.t ns:m.0a ."), Obstacle.CYCLE, "two ways lead to"),
        (select("?x ns:a.b.r ?x . ?x ns:a.b.s ns:m.0a ."), Obstacle.CYCLE, "?x a.b.r ?x"),
        (select(f"{CHAIN} ?z ns:a.b.t ns:m.0b ."), Obstacle.SEPARATE, "?z a.b.t m.0b"),
        (select(f"{CHAIN} ns:m.0a ns:a.b.t ns:m.0b ."), Obstacle.SEPARATE, "m.0a a.b.t m.0b"),
        (select(f"{CHAIN} FILTER (?n > 3)"), Obstacle.SEPARATE, "a condition on ?n"),
        (select(f"{CHAIN} ?x ns:a.b.t ?d ."), Obstacle.OPEN_END, "?x a.b.t ?d"),
        (select("?y ns:a.b.r ns:m.0a ."), Obstacle.SEPARATE, "?y a.b.r m.0a"),
        (select("?x ns:a.b.r ?n .", "ORDER BY ?n LIMIT 1"), Obstacle.OPEN_END, "nothing is said of ?x"),
        (select("?x ns:type.object.type ns:a.b ."), Obstacle.OPEN_END, "all of a.b"),
        (select("FILTER (?x = ns:m.0a) ?x ns:a.b.r ns:m.0b ."), Obstacle.OPEN_END, "?x is given"),
        (select(" ".join(f"?x ns:a.b.r{i} ns:m.0a ." for i in range(61))), Obstacle.SIZE, "61 facts"),
    ],
)  # fmt: skip
def test_what_no_expression_says_is_refused(query: str, obstacle: Obstacle, detail: str) -> None:
    found, message = refusal(query)
    assert found is obstacle, message
    assert detail in message and message.startswith(str(obstacle))


@given(st.integers(0, 10**9))
@settings(max_examples=25, deadline=None)
def test_rdflib_gives_what_the_expression_stands_for(seed: int) -> None:
    """Random trees of facts on random small graphs: the answers of the query are the denotation of the expression."""
    rng = Random(seed)
    query, has_order = random_query(rng)
    tree = parse(to_sexpr(query))
    for _ in range(3):
        world = random_world(rng)
        stands_for = {str(item) for item in denotation(tree, world)}
        answers = rdflib_answers(query, world)
        if has_order:  # LIMIT 1 gives one of the best
            assert len(answers) == min(1, len(stands_for)) and answers <= stands_for, query
        else:
            assert answers == stands_for, query


def random_query(rng: Random) -> tuple[str, bool]:
    """A query whose facts form a tree below ?x, perhaps with an order on a value of ?x."""
    facts = ["?x ns:a.b.s ?first ."]
    open_ends = ["?x", "?first"]
    while open_ends and len(facts) < 5:
        end = open_ends.pop(0)
        for _ in range(rng.choice((1, 1, 2))):
            relation = f"ns:a.b.{rng.choice('rs')}"
            kind = rng.random()
            name = f"?v{len(facts)}"
            if kind < 0.3 and len(facts) < 3:
                open_ends.append(name)
                facts.append(rng.choice((f"{end} {relation} {name} .", f"{name} {relation} {end} .")))
            elif kind < 0.5:
                condition = f"{name} {rng.choice(('<', '<=', '>', '>='))} {rng.randint(1, 5)}"
                facts.append(f"{end} ns:a.b.n {name} . FILTER ({condition})")
            elif kind < 0.6:
                facts.append(f"{end} ns:type.object.type ns:{rng.choice(['a.c', 'a.d'])} .")
            else:
                thing = f"ns:m.0{rng.randint(1, 6)}"
                facts.append(rng.choice((f"{end} {relation} {thing} .", f"{thing} {relation} {end} .")))
    facts += [f"{end} ns:a.b.r ns:m.01 ." for end in open_ends]
    rng.shuffle(facts)
    if rng.random() < 0.3:
        order = rng.choice(("DESC(?value)", "?value"))
        return select(" ".join([*facts, "?x ns:a.b.n ?value ."]), f"ORDER BY {order} LIMIT 1"), True
    return select(" ".join(facts)), False


def random_world(rng: Random) -> World:
    things = [f"m.0{number}" for number in range(1, 7)]
    world = World()
    for relation in ("a.b.r", "a.b.s"):
        world.facts[relation] = {(rng.choice(things), rng.choice(things)) for _ in range(12)}
    world.facts["a.b.n"] = {(rng.choice(things), float(rng.randint(0, 6))) for _ in range(8)}
    for name in ("a.c", "a.d"):
        world.classes[name] = set(rng.sample(things, 4))
    return world


def rdflib_answers(query: str, world: World) -> set[str]:
    from rdflib import Graph, Literal, URIRef

    graph = Graph()
    for relation, pairs in world.facts.items():
        for one, other in pairs:
            end = Literal(int(other)) if isinstance(other, float) else URIRef(NS + other)
            graph.add((URIRef(NS + str(one)), URIRef(NS + relation), end))
    for name, things in world.classes.items():
        for thing in things:
            graph.add((URIRef(NS + str(thing)), URIRef(f"{NS}type.object.type"), URIRef(NS + name)))
    return {str(row[0]).removeprefix(NS) for row in graph.query(query)}  # type: ignore[index]


@pytest.mark.full
def test_bad_input() -> None:
    """Mutated queries: an expression that the format accepts, or NotDerivable, and nothing else."""
    num_converted = 0
    for query in mutated("sparql", 20_000):
        try:
            expression = to_sexpr(query)
        except NotDerivable:
            continue
        num_converted += 1
        assert kb_sexpr.accepts(expression).holds is True, expression
    assert num_converted > 100


# The published pairs


def pairs(raw: Path, dataset: str) -> Iterator[tuple[str, str]]:
    """Query and published s-expression; "null" where there is none."""
    files = {
        "webqsp": ("generation/merged/WebQSP_*.json", "sparql", "sexpr"),
        "complexwebquestions": ("sexpr/*.json", "sparql", "SExpr"),
        "grailqa": ("grailqa_v1.0_*.json", "sparql_query", "s_expression"),
    }
    pattern, query, expression = files[dataset]
    for path in sorted((raw / dataset).glob(pattern)):
        for row in json.loads(path.read_bytes()):
            if query in row:
                yield row[query], row[expression]


def without_middle_classes(node: Node | str) -> Node | str:
    """Without the classes of things in the middle, which GrailQA's s-expressions leave to the relations' ranges."""
    if isinstance(node, str) or node.operator not in ("JOIN", "AND", "ARGMAX", "ARGMIN", "COUNT"):
        return node
    arguments = tuple(map(without_middle_classes, node.arguments))
    if node.operator == "JOIN":
        arguments = (arguments[0], _without_class(arguments[1]))
    return Node(node.operator, arguments)


def _without_class(node: Node | str) -> Node | str:
    if isinstance(node, str) or node.operator != "AND":
        return node
    kept = [_without_class(a) for a in node.arguments if isinstance(a, Node)]
    return kept[0] if len(kept) == 1 else Node("AND", tuple(kept))


def outcome(query: str, published: str) -> str:
    try:
        expression = to_sexpr(query)
    except NotDerivable as error:
        return error.obstacle.name
    if published == "null":
        return "converted"
    if expression == published:
        return "same text"
    if kb_sexpr.equivalent(expression, published).holds:
        return "equivalent"
    stripped = render(without_middle_classes(parse(expression)))
    return "but for classes" if kb_sexpr.equivalent(stripped, published).holds else f"DIFFERENT {expression}"


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
@pytest.mark.parametrize("dataset", ["webqsp", "complexwebquestions", "grailqa"])
def test_published_pairs(dataset: str) -> None:
    """Nearly all pairs convert to an equivalent expression, and next to none to another one.

    What is refused although there is a published expression: orders from which the second or the best three are taken,
    which that expression forgets, and orders in the middle of a query that asks for more elsewhere.
    """
    found: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for query, published in pairs(Path(str(RAW)), dataset):
        found[published != "null"][outcome(query, published)] += 1
    counts, total = found[True], found[True].total()
    print(f"\n{dataset}: {total} pairs {dict(counts)}; without a published expression {dict(found[False])}")
    assert total > 200
    same = counts["same text"] + counts["equivalent"]
    if dataset == "grailqa":
        assert same >= 0.9 * total and same + counts["but for classes"] >= 0.97 * total
    else:
        assert same >= 0.98 * total
    assert sum(count for name, count in counts.items() if name.startswith("DIFFERENT")) <= 0.005 * total, counts
