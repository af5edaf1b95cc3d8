"""LLM+P rows, and the two generated planning tasks."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from collection.sources import get
from collection.sources.base import Example, Reason, Rejected, Row
from symbol_llm.errors import UserError
from symbol_llm.formats import get as get_format
from symbol_llm.formats.pddl_parser import parse
from symbol_llm.record import Split
from symbol_llm.solvers import Job
from symbol_llm.solvers import get as get_solver
from symbol_llm.solvers.plan_validator import goal_holds_initially

FOLDER = Path(__file__).parent / "fixtures" / "raw" / "llm_pddl"
RAW = os.environ.get("SYMBOL_LLM_RAW")
GENERATED = ["blocksworld_generated", "grippers_generated"]


def results(task: str, folder: Path = FOLDER) -> dict[str, tuple[Row, Example | Rejected]]:
    source = get(task)
    found = {}
    for row in source.read(folder):
        item = row.data if isinstance(row.data, Rejected) else source.to_example(row, folder)
        found[Path(row.file).stem] = (row, item)
    return found


def kept(task: str, stem: str) -> Example:
    item = results(task)[stem][1]
    assert isinstance(item, Example), item
    return item


def test_the_example_trains_and_the_problems_test() -> None:
    rows = results("grippers")
    assert [(stem, row.split) for stem, (row, _) in rows.items()] == [
        ("p_example", Split.TRAIN),
        ("p01", Split.TEST),
        ("p02", Split.TEST),
        ("p10", Split.TEST),
    ]
    assert rows["p10"][0].file == "domains/grippers/p10.pddl"


def test_an_example_holds_the_text_the_problem_and_the_domain() -> None:
    item = kept("blocksworld", "p_example")
    assert item.input.startswith("You have 2 crates. \nc1 is on top of c2.") and item.input.endswith("on top of c1.")
    assert item.completion.startswith("(define (problem crates-example)\n") and item.completion.endswith(")\n)")
    assert item.context.world["problem"] == item.completion
    assert item.context.world["domain"].startswith("(define (domain crates)")
    assert item.answer == {"solvable": True}


def test_definitions_come_from_the_domain_with_our_glosses() -> None:
    lines = kept("blocksworld", "p01").context.definitions.split("\n")
    assert lines == [
        "domain crates",
        "(clear ?c): nothing is on top of ?c",
        "(on-table ?c): ?c stands on the table",
        "(arm-empty): the robot's arm holds nothing",
        "(holding ?c): the robot's arm holds ?c",
        "(on ?c ?under): ?c is directly on top of ?under",
        "(fragile ?c): a predicate of ?c",
    ]
    assert "(SUCC ?n1 ?n2 - numb): the number ?n1 is one more than ?n2" in kept("termes", "p01").context.definitions
    painter = kept("floortile", "p01").context.definitions.split("\n")
    assert "function (total-cost): the cost of the plan: 0 at the start, to be minimised" in painter
    assert not [line for line in painter if line.startswith("action")]


def test_quirks_are_kept_or_rejected_with_a_reason() -> None:
    rows = {stem: item for stem, (_, item) in results("blocksworld").items()}
    assert "\r" not in kept("blocksworld", "p02").completion
    reasons = {stem: item.reason for stem, item in rows.items() if isinstance(item, Rejected)}
    assert reasons == {
        "p03": Reason.NO_LABEL,
        "p04": Reason.EMPTY_INPUT,
        "p05": Reason.MALFORMED_ROW,
        "p07": Reason.EMPTY_INPUT,
    }
    details = {stem: item.detail for stem, item in rows.items() if isinstance(item, Rejected)}
    assert "no p03.pddl" in details["p03"] and "no p04.nl" in details["p04"] and "byte" in details["p05"]


def test_the_engine_finds_the_bad_problems() -> None:
    language = get_format("pddl")
    assert not language.parses(kept("blocksworld", "p08").completion), "cut off"
    for task, stem, reason in (("blocksworld", "p06", "inside"), ("floortile", "p_example", "robot1")):
        item = kept(task, stem)
        verdict = language.accepts(item.completion, item.context)
        assert verdict.holds is False and reason in verdict.reason


def test_a_folder_without_a_domain_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"domain\.pddl"):
        list(get("termes").read(tmp_path))


def test_a_broken_domain_rejects_its_rows(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "llm_pddl")
    domain = tmp_path / "llm_pddl" / "domains" / "grippers" / "domain.pddl"
    domain.write_bytes(domain.read_bytes()[:-1])
    items = [item for _, item in results("grippers", tmp_path / "llm_pddl").values()]
    assert {item.reason for item in items if isinstance(item, Rejected)} == {Reason.MISSING_CONTEXT}
    assert len(items) == 4 and all("does not parse" in item.detail for item in items if isinstance(item, Rejected))


# Generated


@pytest.mark.parametrize("task", GENERATED)
def test_generated_problems_are_new_checkable_and_in_one_style(task: str) -> None:
    source, language = get(task), get_format("pddl")
    assert Counter(row.split for row in source.read(Path())) == {"train": 8000, "validation": 100, "test": 300}
    by_text: dict[str, str] = {}
    for row in islice(source.read(Path()), 0, 8400, 6):
        item = source.to_example(row, Path())
        assert isinstance(item, Example)
        assert language.render(parse(item.completion)) == item.completion and "\n" not in item.completion
        assert by_text.setdefault(item.input, item.completion) == item.completion, "one text, one problem"
        assert not goal_holds_initially(item.context.world["domain"], item.completion)
        assert len(item.input.split()) <= 50 and len(item.completion.replace("(", " ").replace(")", " ").split()) <= 45


@pytest.mark.parametrize("task", GENERATED)
def test_generated_words_are_few_and_every_object_is_named(task: str) -> None:
    source = get(task)
    words: Counter[str] = Counter()
    for row in islice(source.read(Path()), 2000):
        text = row.data["text"]
        words.update(text.replace(",", " ").replace(".", " ").split())
        assert all(name in text for name, _ in row.data["objects"])
        assert len({name for name, _ in row.data["objects"]}) == len(row.data["objects"])
        named = {name for name, _ in row.data["objects"]}
        assert all(set(fact[1:]) <= named for fact in row.data["init"] + row.data["goal"])
    assert len(words) < 90


@pytest.mark.parametrize("task", GENERATED)
def test_generated_problems_are_solvable(task: str) -> None:
    source = get(task)
    rows = islice(source.read(Path()), 0, 8000, 1600)
    items = [item for row in rows if isinstance(item := source.to_example(row, Path()), Example)]
    with get_solver("planner") as solver:
        solutions = list(solver.solve_many(Job(item.completion, item.context) for item in items))
    assert len(solutions) == 5 and all(solution.outcome is None and solution.answer for solution in solutions)


@pytest.mark.parametrize("task", GENERATED)
def test_generated_definitions_show_the_whole_vocabulary(task: str) -> None:
    source, language = get(task), get_format("pddl")
    item = source.to_example(next(source.read(Path())), Path())
    assert isinstance(item, Example)
    shown = {(name.kind, name.text) for name in language.defined_names(item.context)}
    declared = {(name.kind, name.text) for name in language.names(parse(item.context.world["domain"]))}
    assert shown == {name for name in declared if name[0] != "action"}


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
@pytest.mark.parametrize("task", ["blocksworld", "termes", "floortile", "grippers"])
def test_real_rows_have_a_gloss_for_every_symbol(task: str) -> None:
    assert RAW
    items = [item for _, item in results(task, Path(RAW) / "llm_pddl").values()]
    assert items and all(isinstance(item, Example) for item in items)
    for item in items:
        assert isinstance(item, Example)
        assert ": a predicate of" not in item.context.definitions and "a kind of object" not in item.context.definitions
