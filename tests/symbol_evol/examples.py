"""Records of every language that defines its names, written by hand or generated."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import orjson

import collection.sources
from collection.check import Chunk, check_row
from collection.prompts import render
from collection.sources.base import Example
from symbol_llm.formats import Context
from symbol_llm.formats import get as get_format
from symbol_llm.record import Provenance, Record

GENERATED = (
    "scan_generated",
    "clevr_generated",
    "blocksworld_generated",
    "grippers_generated",
    "theories",
    "tables",
    "stories",
)

_ORCHARD = """CREATE TABLE trees (tree_id int PRIMARY KEY, kind text, height real)
CREATE TABLE fruits (fruit_id int, tree_id int REFERENCES trees(tree_id), weight real, kind text)"""
_DISPUTE = "IN:MAKE_CALL: make call\nIN:END_CALL: end call\nSL:PERSON: person\nSL:TIME_OF_DAY: time of day"
_KB = """entity m.0aa: Orchard Press
relation book.publisher.books: books
relation book.book.author: author
class book.book: book
class book.publisher: publisher"""
_KB_SPARQL = "\n".join(line for line in _KB.split("\n") if not line.startswith("class"))
_ONTOLOGY = "Concepts: person, city, work\nborn_in(person,city): born in\nauthor of(person,work): author of"
_MAP = "The keys of the map:\nkey amenity: amenity\nkey addr:street: addr street\nkey name: name"
_PROGRAM = """Predicates:
Quiet($x, bool) ::: Is x quiet?
Likes($x, $y, bool) ::: Does x like y?
Facts:
Quiet(Ann, True) ::: Ann is quiet.
Rules:
Quiet($x, True) >>> Likes($x, Bob, True) ::: Whoever is quiet likes Bob.
Query:
Likes(Ann, Bob, True) ::: Ann likes Bob."""
_PROBLEM = """Domain:
1: first
2: second
Variables:
red_book [IN] [1, 2]
blue_book [IN] [1, 2]
Constraints:
red_book < blue_book ::: The red book is left of the blue one.
AllDifferentConstraint([red_book, blue_book]) ::: All have different places.
Query:
A) red_book == 1 ::: The red book is first.
B) blue_book == 1 ::: The blue book is first."""
_STEPS = "Step 1. Heat the oven (10 min)\nStep 2. Mix the batter (5 min)\nStep 1 must precede step 2."
_GQA = """select(name): all objects of that name
exist(set): is there any
verify(set): is it so
filter(set): those of the set that are so"""

# format -> (task whose prompt is used, definitions, request, symbol, world)
WRITTEN: list[tuple[str, str, str, str, str, dict]] = [
    (
        "sql",
        "spider",
        _ORCHARD,
        "Which kinds of trees bear fruit over 3 kg?",
        "SELECT DISTINCT T1.kind FROM trees AS T1 JOIN fruits AS T2 ON T1.tree_id = T2.tree_id WHERE T2.weight > 3",
        {},
    ),
    (
        "sql",
        "spider",
        _ORCHARD,
        "How many trees are called 'height'?",
        "SELECT COUNT(*) FROM Trees WHERE Kind = 'height' GROUP BY kind HAVING MAX(height) > 2",
        {},
    ),
    ("fol", "folio", "", "All cats sleep. Tom is a cat.", "∀x (BigCat(x) → Sleeps(x))\nBigCat(tom)\nSleeps(tom)", {}),
    ("fol", "malls", "", "Everybody has a mother who loves them.", "∀x ∃y (MotherOf(y, x) ∧ Loves(y, x))", {}),
    ("logic_program", "proofwriter", "", "Ann is quiet. Whoever is quiet likes Bob.", _PROGRAM, {}),
    ("logic_program", "proofwriter", "", "The red book is left of the blue one.", _PROBLEM, {}),
    ("gqa", "gqa", _GQA, "Is there a white duck?", "select: duck --> filter: white [0] --> exist: ? [1]", {}),
    ("top", "mtop", _DISPUTE, "Call Ann at noon", "[IN:MAKE_CALL [SL:PERSON Ann ] [SL:TIME_OF_DAY at noon ] ]", {}),
    ("top", "topv2", _DISPUTE, "End my call", "[IN:END_CALL End my call ]", {}),
    (
        "nlmaps",
        "nlmaps",
        _MAP,
        "How many bars are in Elm Road?",
        "query(nwr(keyval('amenity','bar'),keyval('addr:street','Elm Road')),qtype(count))",
        {},
    ),
    (
        "kb_sexpr",
        "grailqa",
        _KB,
        "Which books has Orchard Press?",
        "(AND book.book (JOIN (R book.publisher.books) m.0aa))",
        {},
    ),
    (
        "sparql",
        "compwebq",
        _KB_SPARQL,
        "Who wrote for Orchard Press?",
        "PREFIX ns: <http://rdf.freebase.com/ns/> SELECT DISTINCT ?x WHERE "
        "{ ns:m.0aa ns:book.publisher.books ?y . ?y ns:book.book.author ?x . }",
        {},
    ),
    ("triples", "webnlg", _ONTOLOGY, "Ann was born in Rome.", "born_in(Ann,Rome) | author of(Ann,The Tree)", {}),
    ("triples", "webnlg", _ONTOLOGY, "Ann was born in Rome.", "Ann | born_in | Rome", {}),
    (
        "geometry",
        "geometry3k",
        "",
        "In rhombus ABCD, find AB.",
        "Rhombus(A,B,C,D)\nEquals(LengthOf(Line(A,B)),2x+3)\nFind(LengthOf(Line(A,B)))",
        {},
    ),
    (
        "math_program",
        "gsm8k_code",
        "",
        "Ann has the larger of 3 and 4 pears and eats as many as a third of 10, rounded. How many are left?",
        "def solution():\n    pears = max(3, 4)\n    eaten = round(10 / 3)\n    return pears - eaten",
        {},
    ),
    # A graph with texts for its steps: any task's prompt will do.
    (
        "graph",
        "scan",
        _STEPS,
        "How long does the cake take?",
        "{'1': ['2'], '2': ['END'], 'START': ['1'], 'END': []}\n{'1': '10 min', '2': '5 min'}",
        {},
    ),
]


def record_of(
    format_name: str, task: str, definitions: str, request: str, symbol: str, world: dict | None = None
) -> Record:
    """A training record as the builder would make it."""
    context = Context(definitions, world or {})
    language = get_format(format_name)
    example = Example(input=request, completion=symbol, context=context)
    prompt = render(collection.sources.get(task).prompt, example, task, "train", 0)
    verdict = language.accepts(symbol, context)
    assert verdict.holds is not False, verdict
    return Record(
        id=prompt.id,
        task=task,
        format=format_name,
        origin="existing",
        split="train",
        prompt=prompt.text,
        completion=symbol,
        instruction=prompt.instruction,
        context=definitions,
        input=request,
        template=prompt.template,
        world=orjson.dumps(world).decode() if world else None,
        parses=True,
        accepted=verdict.holds,
        engine=verdict.engine,
        canonical=language.canonical(symbol, context),
        source=Provenance("written", "", "", 0, ""),
        licence="Apache-2.0",
        commercial=True,
    )


def written() -> list[Record]:
    """One record per entry of ``WRITTEN``."""
    return [record_of(*entry) for entry in WRITTEN]


def generated(task: str, count: int) -> list[Record]:
    """The first records of a generated source."""
    source = collection.sources.get(task)
    chunk = Chunk(task, [], None, 0, {}, Path())
    entries: Iterator = (check_row(source, row, chunk) for row in source.read(Path()))
    return [entry.record for entry in islice(entries, count) if entry.record]
