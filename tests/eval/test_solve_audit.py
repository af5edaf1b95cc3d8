"""The solve audit, on fixtures in the upstreams' formats: each row is counted once, each disagreement has a reason."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from collection.sources.base import Example, Reason, Rejected
from collection.sources.wikisql import WIKISQL
from eval.solve_audit.causes import by_cause, cause_of
from eval.solve_audit.established import established
from eval.solve_audit.report import COLUMNS, as_document, as_markdown, listing, table_rows
from eval.solve_audit.run import Disagreement, TaskAudit, audit, available
from eval.solve_audit.sql_reference import plain_rows
from eval.solve_audit.tasks import TASKS, get
from symbol_llm.errors import UserError
from symbol_llm.formats.base import Context
from symbol_llm.formats.fol_parser import parse_theory
from symbol_llm.formats.fol_tree import render
from symbol_llm.solvers import SOLVERS, Outcome
from symbol_llm.solvers import get as get_solver
from tests.formats.hidden_packages import environment

FIXTURES = Path(__file__).parents[1] / "collection" / "fixtures" / "raw"
RAW = os.environ.get("SYMBOL_LLM_RAW")
ROOT = Path(__file__).parents[2]

COINS: dict[str, Any] = {"input": "How many?", "code": "\ndef solution():\n    return 4 / 2\n", "target": 2.0}
WUMPUS = {
    "id": "ProntoQA_1",
    "context": "Every wumpus is red. Max is a wumpus.",
    "question": "Is the following statement true or false? Max is red.",
    "options": ["A) True", "B) False"],
    "answer": "A",
}


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """GSM-Hard and ProntoQA, with one row for each way to fail."""
    folder = tmp_path / "raw"
    for name in ("gsm_hard/datasets", "logic_llm/data/ProntoQA"):
        (folder / name).mkdir(parents=True)
    rows = [
        COINS,
        {**COINS, "target": 3.0},
        {**COINS, "code": "def solution(:"},
        {**COINS, "code": "def solution():\n    return 1 / 0"},
        {**COINS, "code": "def solution():\n    return 'two'"},
        {**COINS, "code": "def solution():\n    while True: pass"},
        {**COINS, "target": None},
    ]
    (folder / "gsm_hard/datasets/gsmhardv2.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    questions = [WUMPUS, {**WUMPUS, "answer": "B"}, {**WUMPUS, "context": "Who knows?"}]
    (folder / "logic_llm/data/ProntoQA/dev.json").write_bytes(orjson.dumps(questions))
    return folder


def one(task: str, raw: Path, **options: Any) -> TaskAudit:
    (found,) = audit(raw, [task], **options)
    assert found.rows == found.agreeing + len(found.disagreements) + len(found.without_gold), "each row once"
    assert found.gold == found.agreeing + len(found.disagreements) and found.executed <= found.gold
    assert all(row.detail.strip() for row in (*found.disagreements, *found.without_gold)), "each has its reason"
    return found


def test_programs(raw: Path) -> None:
    found = one("gsm_hard", raw, cpu_seconds=0.5)
    assert (found.rows, found.gold, found.executed, found.agreeing) == (7, 6, 2, 1)
    assert [(row.row, row.outcome) for row in found.disagreements] == [
        (1, Outcome.WRONG),
        (2, Outcome.PARSE_ERROR),
        (3, Outcome.RUNTIME_ERROR),
        (4, Outcome.BAD_ANSWER),
        (5, Outcome.CPU_TIMEOUT),
    ]
    assert [(row.row, row.reason) for row in found.without_gold] == [(6, Reason.NO_LABEL)]
    assert found.engine.startswith("CPython") and found.disagreements[0].detail == "the symbol gives 2.0, gold is 3"


def test_a_label_that_the_symbol_contradicts(raw: Path) -> None:
    found = one("prontoqa", raw)
    assert (found.rows, found.gold, found.executed, found.agreeing) == (3, 2, 2, 1)
    assert found.disagreements[0].detail == "the symbol gives True, gold is False"
    assert found.without_gold[0].reason is Reason.NOT_DERIVABLE


@pytest.mark.parametrize("task", [t for t in available(FIXTURES) if TASKS[t].solver != "planner"])
def test_the_fixtures_of_every_dataset(task: str) -> None:
    found = one(task, FIXTURES)
    assert found.rows and found.engine and found.gold + len(found.without_gold) == found.rows


def test_logicnli_is_judged_by_what_the_whole_theory_establishes() -> None:
    found = one("logicnli", FIXTURES)
    assert found.agreeing >= 3 and not found.outcomes[Outcome.INCONSISTENT]


@pytest.mark.parametrize(
    ("formula", "true", "false"),
    [
        ("¬Blue(a)", "BlueFalse(a)", "BlueTrue(a)"),
        ("¬Blue(a) → Tall(b)", "BlueFalse(a) → TallTrue(b)", "BlueFalse(a) ∧ TallFalse(b)"),
        ("Blue(a) ↔ ¬Tall(a)", "(BlueTrue(a) → TallFalse(a)) ∧ (TallFalse(a) → BlueTrue(a))",
         "(BlueTrue(a) ∧ TallTrue(a)) ∨ (TallFalse(a) ∧ BlueFalse(a))"),
        ("∃x (Blue(x) ∨ ¬Tall(x))", "∃x (BlueTrue(x) ∨ TallFalse(x))", "∀x (BlueFalse(x) ∧ TallTrue(x))"),
        ("Blue(a) ⊕ Tall(a)", "(BlueTrue(a) ∨ TallTrue(a)) ∧ (BlueFalse(a) ∨ TallFalse(a))",
         "(BlueFalse(a) ∧ TallFalse(a)) ∨ (BlueTrue(a) ∧ TallTrue(a))"),
    ],
)  # fmt: skip
def test_two_predicates_for_one(formula: str, true: str, false: str) -> None:
    (read,) = parse_theory(formula)
    for value, text in ((True, true), (False, false)):
        assert parse_theory(render(established(read, value))) == parse_theory(text)


def test_a_contradiction_stays_where_it_is() -> None:
    theory = parse_theory("Blue(a)\n¬Blue(a)\nBlue(a) → Tall(a)")
    lines = [render(established(formula)) for formula in theory]
    with get_solver("fol") as solver:
        answers = [
            solver.solve("\n".join([*lines, goal])).answer for goal in ("TallTrue(a)", "TallFalse(a)", "OldTrue(a)")
        ]
    assert answers == ["True", "Uncertain", "Uncertain"]


def test_wikisql_is_compared_with_upstreams_own_database(tmp_path: Path) -> None:
    """A row's answer comes from the database file where there is one, so that a wrong table of ours would show."""
    folder = tmp_path / "raw"
    shutil.copytree(FIXTURES / "wikisql", folder / "wikisql")
    with_tables = one("wikisql", folder)
    assert with_tables.agreeing == with_tables.gold > 0
    database = sqlite3.connect(folder / "wikisql/test.db")
    for row in WIKISQL.read(folder / "wikisql"):
        example = row.data if isinstance(row.data, Rejected) else WIKISQL.to_example(row, folder / "wikisql")
        if row.file == "test.jsonl" and isinstance(example, Example):
            ((name, table),) = example.context.world["tables"].items()
            database.execute(
                f'CREATE TABLE IF NOT EXISTS "{name}" ({", ".join(table["columns"])})'
            )  # empty, on purpose
    database.commit()
    database.close()
    empty = one("wikisql", folder)
    assert any(row.file == "test.jsonl" and row.outcome is Outcome.WRONG for row in empty.disagreements)


@pytest.mark.parametrize(("torn", "ages"), [("! =", [1, 5]), ("> =", [3, 5]), ("< =", [1, 3]), (">", [5])])
def test_upstreams_text_is_run_with_its_torn_operators_joined(torn: str, ages: list[int]) -> None:
    world = {"tables": {"pets": {"columns": ["age"], "rows": [[1], [3], [5]]}}}
    found = plain_rows(Context(world=world), f"SELECT age FROM pets WHERE age {torn} 3")
    assert isinstance(found, dict) and found["rows"] == [[age] for age in ages]


def test_limits_and_tables(raw: Path) -> None:
    assert one("gsm_hard", raw, limit=2, cpu_seconds=0.5).rows == 2
    assert [name for name in available(raw) if name in ("gsm_hard", "prontoqa", "folio")] == ["prontoqa", "gsm_hard"]
    assert {task.solver for task in TASKS.values()} <= SOLVERS.keys(), "each task has a solver"
    with pytest.raises(UserError, match="Did you mean prontoqa"):
        get("prontoq")


def test_reports(raw: Path) -> None:
    audits = list(audit(raw, ["gsm_hard", "prontoqa"], cpu_seconds=0.5))
    first, second = (dict(zip(COLUMNS, row, strict=True)) for row in table_rows(audits))
    assert (first["gold"], first["executed"], first["agree"], first["of gold"]) == (6, 2, 1, "16.66 %")
    assert second["of gold"] == "50.00 %" and second["the others"] == "1 wrong"
    document = as_document(audits)
    assert json.loads(json.dumps(document))[0]["outcomes"]["cpu_timeout"] == 1
    assert len(document[0]["disagreements"]) == 5 and document[0]["without_gold"][0]["reason"] == "no_label"
    lines = "\n".join(listing(audits))
    assert "gsm_hard · wrong · 1 row\n  the symbol gives 2.0, gold is 3: datasets/gsmhardv2.jsonl 1" in lines
    page = as_markdown(audits)
    assert page.startswith("# Gold symbols, executed") and "| prontoqa | wrong |" in page
    cells = [line.count(" | ") for line in page.split("\n") if line.startswith("| gsm_hard | python")]
    assert cells == [len(COLUMNS) - 1], "a message must not break the table"


def run(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    code = "from symbol_llm.cli import main; import sys; sys.argv = ['symbol-llm', *sys.argv[1:]]; main()"
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=ROOT, **more)


def test_the_command(raw: Path) -> None:
    done = run("solve", "audit", "--raw", str(raw), "--tasks", "prontoqa", "--json")
    assert done.returncode == 0, done.stderr
    (document,) = json.loads(done.stdout)
    assert (document["task"], document["gold"], document["agreeing"]) == ("prontoqa", 2, 1)
    assert "2 gold rows, 2 executed, 1 agree" in done.stderr
    assert run("solve", "audit", "--raw", str(raw / "none")).returncode == 2
    assert run("solve", "audit", "--raw", str(raw), "--tasks", "nope").returncode == 2
    empty = run("solve", "audit", "--raw", str(raw / "gsm_hard"))
    assert empty.returncode == 2 and "none of the audited datasets" in empty.stderr


def test_kinds_of_solvers_are_still_commands_of_the_group() -> None:
    line = '{"id": 1, "symbol": "P(a)\\nP(a)"}\n'
    for arguments in (("fol",), ("--workers", "1", "fol"), ("fol", "--workers", "1")):
        done = run("solve", *arguments, input=line)
        assert done.returncode == 0 and json.loads(done.stdout)["answer"] == "True", done.stderr
    assert run("solve", "nope", input=line).returncode == 2
    assert "audit" in run("solve", "--help").stdout


MISSING = """
import json, sys
from symbol_llm.errors import EngineMissing
from symbol_llm.solvers import get
told = {}
for name in ("logic_program", "csp", "graph", "geometry"):
    try:
        get(name).solve("Find(x)")
        told[name] = ""
    except EngineMissing as error:
        told[name] = str(error)
json.dump(told, sys.stdout)
"""


def test_a_missing_engine_says_what_to_install(tmp_path: Path, raw: Path) -> None:
    hidden = environment(("z3", "z3-solver", "clingo", "networkx", "sympy"), tmp_path)
    told = json.loads(subprocess.check_output([sys.executable, "-c", MISSING], env=hidden, cwd=ROOT))
    packages = {"logic_program": "z3-solver", "csp": "z3-solver", "graph": "networkx", "geometry": "sympy"}
    for name, package in packages.items():
        assert told[name].startswith("engine missing: ") and f"pip install {package}" in told[name]
    done = run("solve", "audit", "--raw", str(raw), "--tasks", "prontoqa", "--json", env=hidden)
    (document,) = json.loads(done.stdout)
    assert document["engine"].startswith("engine missing: ") and document["rows"] == 0


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
@pytest.mark.parametrize(
    "task",
    [
        "proofwriter",
        "prontoqa",
        "logical_deduction",
        "gsm_hard",
        "asynchow",
        "clevr",
        "closure",
        "gqa",
        "spider",
        "sparc",
        "cosql",
        "wikisql",
        "blocksworld",
        "grippers",
    ],
)
def test_gold_symbols_of_real_rows_all_agree(task: str) -> None:
    assert RAW
    found = one(task, Path(RAW), workers=2)
    assert found.gold and not found.disagreements, found.disagreements[:3]


def geometry_row(number: int, detail: str, outcome: Outcome = Outcome.SOLVER_UNKNOWN) -> Disagreement:
    return Disagreement(f"data/geometry3k/train/{number}/data.json", 0, outcome, None, detail)


def test_rows_are_joined_by_what_the_solver_found() -> None:
    begun = "what is known does not settle x: "
    rows = [
        geometry_row(7, f"{begun}figures that meet all that is said give it different values, such as 3 and 5.5"),
        geometry_row(8, f"{begun}figures that meet all that is said give it different values, such as -1 and 2"),
        geometry_row(
            9, f"{begun}figures that meet all that is said give it different values, such as 1 and 2; left out y"
        ),
        geometry_row(12, "the value 3.5 is none of the choices", Outcome.NO_ANSWER),
        geometry_row(13, "something new, with 5 of 7 parts"),
        geometry_row(14, "something new, with 6 of 7 parts"),
    ]
    found = by_cause("geometry3k", rows)
    assert [(reason, [row.file.split("/")[3] for row in group]) for reason, _, group in found] == [
        ("solver_unknown", ["7", "8"]),
        ("solver_unknown", ["13", "14"]),
        ("solver_unknown", ["9"]),
        ("no_answer", ["12"]),
    ]
    assert [cause for _, cause, _ in found][1:3] == [
        "something new, with … of … parts",
        "the goal is open: a form could not be used (the message names it)",
    ]
    told = TaskAudit(get("geometry3k"), "geometry rules", rows=6, gold=6, disagreements=rows)
    page = as_markdown([told])
    assert f"| solver_unknown | {found[0][1]} | 2 | data/geometry3k/train/ 7–8 |" in page
    assert as_document([told])[0]["causes"][0]["rows"] == 2
    assert as_document([told])[0]["disagreements"][0]["cause"] == found[0][1]


def test_no_row_of_geometry_is_without_a_cause_of_its_kind() -> None:
    """Each ending that the solver has for a problem falls under a pattern."""
    told = ("no form speaks of Q", "Circle(O) names no circles", "Angle(M) could be several angles, or none")
    for detail in told:
        assert cause_of("geometry3k", geometry_row(1, detail)) != detail
