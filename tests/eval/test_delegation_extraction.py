"""What is found in an output: a table of cases, one language after the other, and what holds for all of them."""

from __future__ import annotations

import pytest

from eval.delegation.extraction import MOST_CHARACTERS, extract

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
    ("text", "Sure!\n```text\n0 + 1\n```\nDone.", "0 + 1"),
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
