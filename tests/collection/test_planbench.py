"""PlanBench: plans that the validator executes on the problem of the text."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from collection.prompts import render
from collection.sources.base import Example, Reason, Rejected, Row
from collection.sources.planbench import PLANBENCH, Scene, read_scene
from symbol_llm.errors import UserError
from symbol_llm.formats import get as get_format
from symbol_llm.record import Split

FOLDER = Path(__file__).parent / "fixtures" / "raw" / "planbench"
RAW = os.environ.get("SYMBOL_LLM_RAW")


def results(folder: Path = FOLDER) -> list[tuple[Row, Example | Rejected]]:
    rows = PLANBENCH.read(folder)
    return [(row, row.data if isinstance(row.data, Rejected) else PLANBENCH.to_example(row, folder)) for row in rows]


def kept(number: int) -> Example:
    item = results()[number][1]
    assert isinstance(item, Example), item
    return item


def test_rows_end_as_they_should() -> None:
    ends = [item.reason if isinstance(item, Rejected) else "" for _, item in results()]
    assert ends == [
        "", "", "", "", "", Reason.EMPTY_SYMBOL, Reason.NO_LABEL, Reason.MALFORMED_ROW, Reason.MALFORMED_ROW,
        Reason.MALFORMED_ROW, Reason.MISALIGNED, "", "",
    ]  # fmt: skip
    files = {row.file for row, _ in results()}
    assert files == {f"plan-bench/prompts/{name}/task_1_plan_generation.json" for name in
                     ("blocksworld", "blocksworld_3")}, "not the mystery domain"  # fmt: skip


def test_an_example_holds_text_plan_and_problem_in_colours() -> None:
    item = kept(0)
    assert item.input == (
        "As initial conditions I have that, the red block is clear, the blue block is clear, the hand is empty, the "
        "red block is on the table and the blue block is on the table.\n"
        "My goal is to have that the red block is on top of the blue block."
    )
    assert item.completion == "(pick-up red)\n(stack red blue)"
    assert item.context.world["problem"] == (
        "(define (problem blocks-2) (:domain blocksworld-4ops)\n(:objects red blue)\n"
        "(:init (clear red) (clear blue) (handempty) (ontable red) (ontable blue))\n(:goal (and (on red blue))))"
    )
    lines = item.context.definitions.split("\n")
    assert lines[0] == "domain blocksworld-4ops" and "(on ?x ?y): ?x is on top of ?y" in lines
    assert len(lines) == 10 and not any("a predicate of" in line or "an action of" in line for line in lines)


def test_neither_the_solved_example_nor_the_plan_is_in_the_prompt() -> None:
    for _, item in results():
        if isinstance(item, Example):
            text = render(PLANBENCH.prompt, item, "planbench", "train", 0).text
            assert "secret" not in text and "[PLAN" not in text and item.completion not in text


def test_the_validator_executes_each_plan() -> None:
    language = get_format("pddl")
    verdicts = {}
    for number in (0, 1, 2, 3, 11, 12):
        verdict = language.accepts(kept(number).completion, kept(number).context)
        assert verdict.engine == "plan validator"
        verdicts[number] = verdict.holds
    assert verdicts == {0: True, 1: True, 2: True, 3: False, 11: True, 12: True}
    assert not language.parses(kept(4).completion), "cut off"


def test_recoloured_problems_share_split_and_group() -> None:
    (first, a), (second, b) = results()[:2]
    assert isinstance(a, Example) and isinstance(b, Example)
    assert first.split == second.split and a.group == b.group != kept(2).group


def test_shapes_tell_problems_apart() -> None:
    base = ("(clear a)", "(ontable a)", "(handempty)")
    towers = [Scene((*base, *(f"(on a b{i})" for i in range(n))), (f"(on a b{n})",)).shape() for n in range(2)]
    assert len(set(towers)) == 2
    circle = Scene(("(on a b)", "(on b a)"), ("(on a b)",))
    assert circle.shape()  # nothing hangs on a text that is impossible


def test_upstreams_instance_must_be_the_same_problem() -> None:
    item = results()[10][1]
    assert isinstance(item, Rejected) and "instance-11.pddl is another problem" in item.detail


def test_half_of_a_surrogate_pair_is_rejected(tmp_path: Path) -> None:
    shutil.copytree(FOLDER / "plan-bench", tmp_path / "plan-bench")
    prompts = tmp_path / "plan-bench/prompts/blocksworld/task_1_plan_generation.json"
    prompts.write_text(prompts.read_text().replace("(pick-up red)", "\\ud800", 1).replace("no statement", "\\udc00", 1))
    rows = [row.data for row, _ in results(tmp_path)]
    assert isinstance(rows[0], Rejected) and isinstance(rows[8], Rejected) and not isinstance(rows[1], Rejected)


def test_what_cannot_be_read_is_said() -> None:
    details = [item.detail for _, item in results() if isinstance(item, Rejected)]
    assert "'object b craves object c'" in details[2] and "[STATEMENT]" in details[3] and "object" in details[4]
    assert isinstance(read_scene({"query": "[STATEMENT]\nAs initial conditions I have that, ."}), Rejected)


def test_a_folder_of_another_layout(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"generated_domain\.pddl"):
        list(PLANBENCH.read(tmp_path))
    shutil.copytree(FOLDER / "plan-bench", tmp_path / "here")
    assert len(results(tmp_path / "here")) == len(results()), "without the outer folder"
    prompts = tmp_path / "here/prompts/blocksworld/task_1_plan_generation.json"
    prompts.write_text(prompts.read_text()[:2000])
    with pytest.raises(UserError, match="truncated"):
        list(PLANBENCH.read(tmp_path / "here"))
    (tmp_path / "here/instances/blocksworld/generated_domain.pddl").write_text("(define (domain")
    prompts.unlink()
    assert {item.reason for _, item in results(tmp_path / "here") if isinstance(item, Rejected)} == {
        Reason.MISSING_CONTEXT
    }


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_every_real_plan_is_valid() -> None:
    assert RAW
    language = get_format("pddl")
    found = results(Path(RAW) / "planbench")
    for row, item in found:
        assert isinstance(item, Example), (row.index, item)
        assert language.accepts(item.completion, item.context).holds, (row.index, item.completion)
    assert {row.split for row, _ in found} == set(Split)
    assert sum(row.data["instance"] is not None for row, _ in found) > 10, "some were compared with upstream's PDDL"
