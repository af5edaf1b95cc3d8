"""Every task: what it asks, and that its own demonstrations are answers that its solver takes."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

import orjson
import pytest

from collection.distill.base import Prompts
from collection.distill.tasks import TASKS, get
from collection.sources.base import FilesMissing
from symbol_llm.formats import get as get_format

RAW = os.environ.get("SYMBOL_LLM_RAW")
FIXTURES = Path(__file__).parent.parent / "fixtures" / "raw"


@pytest.mark.parametrize("name", TASKS)
def test_the_gold_answer_and_symbol_are_in_no_request(name: str) -> None:
    task = get(name)
    questions = list(islice(task.questions(FIXTURES), 5))
    assert questions, "the fixtures hold training questions with an answer"
    for question in questions:
        assert len({q.id for q in questions}) == len(questions)
        shown = task.messages(question)[-1]["content"]
        assert question.text in shown
        problem = question.context.world.get("problem")
        assert problem is None or problem not in orjson.dumps(task.messages(question)).decode()
        (alone,) = task.messages(question, Prompts.COLLECTION)
        assert question.text in alone["content"] and alone["content"].endswith("\n")


@pytest.mark.parametrize("name", TASKS)
def test_demonstrations_are_in_the_language(name: str) -> None:
    task = get(name)
    language = get_format(task.source.format)
    assert task.demonstrations
    for demonstration in task.demonstrations:
        shown = f"Of course:\n```{task.fence}\n{demonstration.symbol}\n```"
        assert task.extract(shown) == demonstration.symbol
        language.parse(demonstration.symbol)


@pytest.mark.parametrize(
    ("name", "gold", "right", "wrong", "none"),
    [
        ("gsm8k_code", 72, 72.0, 71, "seventy-two"),
        ("aqua_code", 0.5, {"fraction": "1/2"}, 2, None),
        ("proofwriter", "True", "True", "Unknown", 1),
        ("wikitablequestions", {"values": ["Ann Lee"], "canon": ["Ann Lee"]}, {"columns": ["a"], "rows": [["ann lee"]]},
         {"columns": ["a"], "rows": [["tom"]]}, "ann lee"),
    ],
)  # fmt: skip
def test_when_an_answer_is_right(name: str, gold: object, right: object, wrong: object, none: object) -> None:
    from collection.distill.base import Question

    question = Question(id="q", text="?", answer=gold)
    task = get(name)
    assert (task.agrees(right, question), task.agrees(wrong, question)) == (True, False)
    assert task.agrees(none, question) is None


def test_a_plan_counts_if_it_works_in_the_gold_problem() -> None:
    from symbol_llm.solvers import get as get_solver

    task = get("blocksworld_generated")
    question = next(iter(task.questions(None)))
    with get_solver("planner") as solver:
        plan = solver.solve(question.context.world["problem"], question.context).answer
    assert task.agrees(plan, question) is True
    assert task.agrees([*plan, "(take nothing)"], question) is False
    assert task.agrees("no plan", question) is None


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
@pytest.mark.parametrize("name", [name for name in TASKS if name not in ("stories", "blocksworld_generated")])
def test_real_training_rows_become_questions(name: str) -> None:
    assert RAW
    try:
        questions = list(islice(get(name).questions(Path(RAW)), 200))
    except FilesMissing as missing:
        pytest.skip(str(missing))
    assert questions and all(question.answer is not None and question.text.strip() for question in questions)
