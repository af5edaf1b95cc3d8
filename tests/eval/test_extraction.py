"""What is found in an output: a table of cases, one language after the other, and what holds for all of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pytest

import collection.sources
from collection.sources.base import FilesMissing, Rejected, Source
from eval.extraction import MOST_CHARACTERS, extract, marks_of
from eval.symbolic_scoring import score_output
from symbol_evol.deep import DEPTHS, NAMES
from symbol_evol.evolve import EvolveConfig, evolve_one
from symbol_llm.record import Record
from tests.symbol_evol.examples import GENERATED, generated, written

PROGRAM = "def solution():\n    return 1"
CUE, STOPS = "The program is:", ["The question is:", "Your turn\n"]
PDDL = "(define (problem p)\n(:domain d) ; a ( in a comment\n(:init (a)) (:goal (b)))"
LOGIC = "Predicates:\nP($x, bool)\nFacts:\nP(a, True)\n\nRules:\n\nQuery:\nP(a, True) ::: so?"

QUOTED = 'def solution():\n    """A text.\n\nNot indented, still a text.\n    """\n    return 1'
CASES = [
    # fences
    ("sql", "Here:\n```sql\nSELECT 1\n```\nDone.", "SELECT 1"),
    ("sql", "```\nSELECT 1\n```", "SELECT 1"),
    ("sql", "```sql\nSELECT 1", "SELECT 1"),
    ("sql", "```sqlite\nSELECT 1;\n```", "SELECT 1;"),
    ("sql", "First:\n```sql\nSELECT 1\n```\nor\n```sql\nSELECT 2\n```", "SELECT 1"),
    ("sql", "```text\na table\n```\n```sql\nSELECT 2\n```", "SELECT 2"),
    ("sql", "```json\n{}\n```\n```\nSELECT 2\n```", "SELECT 2"),
    ("sql", "```json\n{}\n```\nSELECT 2", "{}"),
    ("sql", "```sql\n```\nSELECT 3", "SELECT 3"),
    ("sql", "~~~sql\nSELECT 4\n~~~", "SELECT 4"),
    ("sql", "  ```sql\n  SELECT 5\n  ```", "SELECT 5"),
    ("", "Sure!\n```text\n0 + 1\n```\nDone.", "0 + 1"),
    ("text", "Sure!\n```text\n0 + 1\n```\nDone.", "Sure!\n```text\n0 + 1\n```\nDone."),
    ("scan", "```\nI_JUMP I_WALK\n```", "I_JUMP I_WALK"),
    ("java", "```python\nx\n```\n```java\nint f() { return 1; }\n```", "int f() { return 1; }"),
    ("python", "```python3\n" + PROGRAM + "\n```", PROGRAM),
    ("python", "```python title=x\n" + PROGRAM + "\n```", PROGRAM),
    ("python", "```py\r\ndef solution():\r\n    return 1\r\n```", PROGRAM),
    # chatter without a fence
    ("sql", "The query is SELECT a FROM t WHERE b = ';' ; It selects a.", "SELECT a FROM t WHERE b = ';'"),
    ("sql", "SELECT a FROM t\n\nThis query selects a.", "SELECT a FROM t"),
    ("sql", "select a\nfrom t\nwhere b = 'x''y;'", "select a\nfrom t\nwhere b = 'x''y;'"),
    ("sql", "WITH x AS (SELECT 1)\nSELECT * FROM x; -- done", "WITH x AS (SELECT 1)\nSELECT * FROM x"),
    ("sql", "You have to select the name with care.", "You have to select the name with care."),
    ("python", "Sure, here is the code:\n" + PROGRAM + "\nThis returns one.", PROGRAM),
    ("python", "from the question we see that\nx = 3\n" + PROGRAM, "x = 3\n" + PROGRAM),
    (
        "python",
        "import math\n\n\n" + PROGRAM + "\n\nprint(solution())\n",
        "import math\n\n\n" + PROGRAM + "\n\nprint(solution())",
    ),
    ("python", QUOTED + "\nThe end.", QUOTED),
    ("python", "f = open('x')\nf.close()\nos.path.join('a', 'b')", "f = open('x')\nf.close()\nos.path.join('a', 'b')"),
    ("python", PROGRAM + "\n\n\nQ: Ann has 3 apples.\n\n# solution in Python:\n\n" + PROGRAM, PROGRAM),
    ("pddl", "Here is the problem: " + PDDL + " It has one goal.", PDDL),
    ("pddl", PDDL + "\n(define (problem q))", PDDL),
    ("pddl", "So: (define (problem p) (:init (a))", "(define (problem p) (:init (a))"),
    (
        "fol",
        "The formulas are:\n\n∀x (Cat(x) → Kind(x))\nCat(tom)\n\nHope this helps!",
        "∀x (Cat(x) → Kind(x))\nCat(tom)",
    ),
    ("fol", "all x. (Cat(x) -> Kind(x))\nbroken(\nCat(tom)", "all x. (Cat(x) -> Kind(x))\nbroken(\nCat(tom)"),
    ("geometry", "Forms:\nTriangle(A,B,C)\nFind(x)\nThat is all.", "Triangle(A,B,C)\nFind(x)"),
    ("logic_program", "Sure.\n" + LOGIC + "\n\nThe statement is true.", LOGIC),
    ("logic_program", LOGIC + "\n" + LOGIC, LOGIC),
    ("clevr", "The program: \ncount(scene())\ncount(scene())", "count(scene())"),
    ("gqa", "Steps:\nselect: sky --> verify color: dark [0]\nDone", "select: sky --> verify color: dark [0]"),
    ("gqa", "Sure:\nselect: sky --> verify color: dark [0]", "select: sky --> verify color: dark [0]"),
    ("clevr", "Here it is:\nsHy2s(PmX1a())", "sHy2s(PmX1a())"),
    ("geometry", "So:\nTriangle(A,B,C)\nsHy2s(x)\nDone.", "Triangle(A,B,C)\nsHy2s(x)"),
    ("amr", 'The graph (b / "x) y" :mod (t / tall)) and (c / cat)', '(b / "x) y" :mod (t / tall))'),
    ("amr", "It is (as asked) broken: (b / boy :mod (t / tall)", "(b / boy :mod (t / tall)"),
    (
        "kb_sexpr",
        "I think: (JOIN (R people.person.nationality) m.0a) or (JOIN r m.0b)",
        "(JOIN (R people.person.nationality) m.0a)",
    ),
    ("kb_sexpr", '(lt year "1 )"^^xsd:gYear) is it', '(lt year "1 )"^^xsd:gYear)'),
    ("top", "Sure: [IN:CALL [SL:CONTACT Ann ] ] [IN:CALL ]", "[IN:CALL [SL:CONTACT Ann ] ]"),
    (
        "nlmaps",
        "It is query(nwr(keyval('a','b')),qtype(count)) and query(x)",
        "query(nwr(keyval('a','b')),qtype(count))",
    ),
    ("nlmaps", "dist(query(a),query(b)) is it", "dist(query(a),query(b))"),
    (
        "sparql",
        "Query: PREFIX ns: <http://x.org/#>\nSELECT ?x WHERE {\n\n?x ns:a 'b}' . }\nLIMIT 1\n\nIt gives x.",
        "PREFIX ns: <http://x.org/#>\nSELECT ?x WHERE {\n\n?x ns:a 'b}' . }\nLIMIT 1",
    ),
    # thinking
    ("sql", "<think>SELECT 0 is wrong</think>\nSELECT 1", "SELECT 1"),
    ("sql", "SELECT 0 is wrong</think>SELECT 1", "SELECT 1"),
    ("sql", "<think>SELECT 0 and so on", None),
    # nothing
    ("sql", "", None),
    ("sql", " \n\t\n", None),
    ("python", "```python\n\n```", "```python\n\n```"),
    ("unknown_language", "anything at all", "anything at all"),
]


@pytest.mark.parametrize(("language", "output", "symbol"), CASES)
def test_cases(language: str, output: str, symbol: str | None) -> None:
    assert extract(output, language) == symbol


def all_sources() -> list[tuple[str, Source]]:
    return [(name, collection.sources.get(name)) for name in collection.sources.SOURCES]


def gold_symbols(names: Iterable[str], raw: Path) -> Iterator[tuple[Source, str]]:
    """Up to 500 gold symbols of each source."""
    for name in names:
        source = collection.sources.get(name)
        folder = raw / source.upstream.dataset
        try:
            for row in islice(source.read(folder), 500):
                found = row.data if isinstance(row.data, Rejected) else source.to_example(row, folder)
                if not isinstance(found, Rejected) and found.completion.strip():
                    yield source, found.completion
        except FilesMissing:
            continue


def unchanged(symbols: Iterable[tuple[Source, str]]) -> int:
    number = 0
    for source, symbol in symbols:
        number += 1
        assert extract(symbol, source.format, *marks_of(source.prompt)) == symbol.strip(), source.task
        fenced = f"Sure:\n```{source.format}\n{symbol}\n```\n"
        assert source.format == "text" or extract(fenced, source.format) == symbol.strip().replace("\r\n", "\n")
    return number


def test_generated_gold_symbols_are_handed_on_unchanged() -> None:
    assert unchanged(gold_symbols([n for n, s in all_sources() if not s.upstream.dataset], Path())) > 5_000


@pytest.mark.raw
@pytest.mark.skipif("SYMBOL_LLM_RAW" not in os.environ, reason="SYMBOL_LLM_RAW is not set")
def test_real_gold_symbols_are_handed_on_unchanged() -> None:
    """So that what scored 1 before anything was cut scores 1 still."""
    raw = Path(os.environ["SYMBOL_LLM_RAW"])
    assert unchanged(gold_symbols([n for n, s in all_sources() if s.upstream.dataset], raw)) > 0


@pytest.mark.parametrize(
    ("output", "symbol"),
    [
        (PROGRAM + "\nThe question is: how many?\nThe program is:\ndef solution():\n    return 2", PROGRAM),
        ("The program is:\n" + PROGRAM, PROGRAM),
        ("The question is: how many?\nThe program is:\n" + PROGRAM, PROGRAM),
        ("The question is: how many?\n" + PROGRAM, None),
        (PROGRAM + "\n\nYour turn\nThe question is:", PROGRAM),
        ('def solution():\n    return "The question is: what"', 'def solution():\n    return "The question is: what"'),
    ],
)
def test_the_prompt_begins_again(output: str, symbol: str | None) -> None:
    assert extract(output, "python", CUE, STOPS) == symbol


@pytest.mark.parametrize(
    "language", ["python", "sql", "pddl", "fol", "geometry", "logic_program", "clevr", "gqa", "text"]
)
def test_a_model_that_never_stops(language: str) -> None:
    """Endless blanks, endless brackets and an endless first symbol hold no whole symbol; a first whole one stands."""
    assert extract("\n" * 300_000, language) is None
    unit = {"python": PROGRAM, "sql": "SELECT 1;", "pddl": PDDL, "logic_program": LOGIC, "clevr": "count(scene())"}
    if language in unit:
        assert extract((unit[language] + "\n\n") * 30_000, language) == unit[language].rstrip(";")
    endless = {
        "python": "def solution():\n    return " + "1 + " * 40_000,
        "sql": "SELECT " + "a, " * 50_000,
        "pddl": "(define " + "(and " * 50_000,
        "fol": "P(a) ∧ " * 30_000,
        "geometry": "Find(x)\n" * 40_000,
        "logic_program": "Facts:\n" + "P(a, True)\n" * 20_000,
        "clevr": "count(" * 40_000,
        "gqa": "select: a --> " * 20_000,
        "text": "word " * 50_000,
    }
    found = extract(endless[language], language)
    assert found is None or (language == "geometry" and len(found) <= MOST_CHARACTERS)


def test_a_fence_that_is_closed_before_the_limit_counts() -> None:
    assert extract("```sql\nSELECT 1\n```\n" + "and so on " * 50_000, "sql") == "SELECT 1"
    assert extract("```sql\n" + "SELECT 1\n" * 50_000, "sql") is None


def test_nothing_is_mended() -> None:
    broken = "SELECT (a FROM t"
    assert extract(f"```sql\n{broken}\n```\n```sql\nSELECT 2\n```", "sql") == broken
    assert extract("P(a\nQ(b)) ∧\n", "fol") == "P(a\nQ(b)) ∧"


@pytest.mark.parametrize("depth", [depth for depth in DEPTHS if depth != NAMES])
def test_symbols_in_another_notation_are_not_cut_by_their_languages_marks(depth: str) -> None:
    """Gold in any notation that a prompt tells is exact, bare and in a fence."""
    formats = set()
    for record in [*written(), *(record for task in GENERATED for record in generated(task, 6))]:
        evolved = evolve_one(EvolveConfig(depths=(depth,)), record)
        if not isinstance(evolved, Record) or f", {depth}:" not in (evolved.proof or ""):
            continue
        formats.add(record.format)
        for output in (evolved.completion, f"Sure:\n```\n{evolved.completion}\n```\nDone."):
            row = score_output(record.format, output, evolved.completion, evolved.to_context(), "")
            assert row["outcome"] == "exact", (record.format, output, row["symbol"])
    assert formats == DEPTHS[depth]
