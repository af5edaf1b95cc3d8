"""Symbolic reasoning of BIG-bench and BIG-Bench-Hard, for evaluation: coloured objects, penguins, dates, counting.

    <task>/task.json     {"task_prefix": "Here is a table …\\n", "examples": [
                          {"input": "On the desk are a red mug and a blue pen. What color is the pen?",
                           "target_scores": {"red": 0, "blue": 1}}]}
    bbh/<task>.json      {"examples": [{"input": "… What color is the pen?\\nOptions:\\n(A) red\\n(B) blue",
                          "target": "(B)"}]}
    →   input       the question, after the task's table if it has one; BBH's with its options
        completion  empty: upstream gives no programs, and none can be derived from a question in free English
        answer      "blue"; ["3", "three"] where two choices are right; {"choice": "B", "options": ["red", "blue"]} of
                    BBH; 8 (a number) for object counting

Benchmarks of delegation, not tasks of the collection: the files bear a canary string and must never be trained on.
BIG-bench does not show its choices, so a program answers with the thing itself; BBH's may name the letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from collection.sources.base import (
    Example,
    Licence,
    Prompt,
    Reason,
    Rejected,
    Row,
    Source,
    Upstream,
    read_json,
    require,
)
from symbol_llm.record import Split
from symbol_llm.solvers.answers import as_number

_OPTION = re.compile(r"^\(([A-Z])\) ?(.*)$", re.MULTILINE)

PROMPT = Prompt(
    instructions=(
        "Write a Python function that answers the question.",
        "Answer the question with a Python program.",
        "Turn what is described into Python data, and compute the answer.",
        "Write solution() so that it returns the answer to the question.",
        "Represent the things that are named in Python and find what is asked for.",
        "Give a Python program whose result is the answer.",
        "Translate the question into Python.",
        "Solve the puzzle with Python code.",
        "Let a Python function work out the answer.",
        "Put the facts into variables, then compute the answer in Python.",
    ),
    input_label="The question is:",
    cue="The Python program is:",
)


class BigBench(Source):
    """A task.json of BIG-bench."""

    format = "math_program"
    family = "Symbolic"
    licence = Licence("Apache-2.0", True)
    prompt: Prompt = PROMPT

    def __init__(self, task: str, name: str, size: int) -> None:
        self.task, self.file = task, f"{name}/task.json"
        self.upstream = Upstream(
            dataset="bigbench_tasks",
            url="https://github.com/google/BIG-bench",
            revision="copies of reasoning-machines/pal@f81ca2a",
            citation="Srivastava et al. 2022. Beyond the Imitation Game. arXiv:2206.04615.",
            sizes={"test": size},
        )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The examples of the file, each with the task's prefix. Raises FilesMissing if the file is not there."""
        for path in require(folder, self.file):
            yield from _examples(path, self.file)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        data = row.data
        scores = data.get("target_scores") if isinstance(data, dict) else None
        if not isinstance(scores, dict) or not isinstance(data.get("input"), str):
            return Rejected(Reason.MALFORMED_ROW, 'an example needs "input" and "target_scores"')
        if not data["input"].strip():
            return Rejected(Reason.EMPTY_INPUT, "the question is empty")
        right = [choice for choice, score in scores.items() if score == 1]
        if not right:
            return Rejected(Reason.NO_LABEL, "no choice scores 1", request=data["input"])
        asked = "\n".join(part for part in (data["prefix"].strip(), data["input"].strip()) if part)
        return Example(input=asked, completion="", answer=right[0] if len(right) == 1 else right)


class BigBenchHard(Source):
    """A file of BIG-Bench-Hard. Targets are letters of options or, of ``object_counting``, numbers."""

    format = "math_program"
    family = "Symbolic"
    licence = Licence("MIT", True)
    prompt: Prompt = PROMPT

    def __init__(self, task: str, name: str, size: int = 250) -> None:
        self.task, self.file = task, f"bbh/{name}.json"
        self.upstream = Upstream(
            dataset="bbh",
            url="https://github.com/suzgunmirac/BIG-Bench-Hard",
            revision="9ee07bd",
            citation="Suzgun et al. 2022. Challenging BIG-Bench Tasks and Whether Chain-of-Thought Can Solve Them.",
            sizes={"test": size},
        )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The examples of the file. Raises FilesMissing if it is not there."""
        for path in require(folder, self.file):
            yield from _examples(path, self.file)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        data = row.data
        if not isinstance(data, dict) or not all(isinstance(data.get(key), str) for key in ("input", "target")):
            return Rejected(Reason.MALFORMED_ROW, 'an example needs the texts "input" and "target"')
        if not data["input"].strip():
            return Rejected(Reason.EMPTY_INPUT, "the question is empty")
        answer = _answer(data["input"], data["target"].strip())
        if answer is None:
            return Rejected(Reason.NO_LABEL, f"the target {data['target']!r} is neither an option nor a number")
        return Example(input=data["input"].strip(), completion="", answer=answer)


def _answer(question: str, target: str) -> Any:
    options = _OPTION.findall(question.partition("Options:")[2])
    letters = [letter for letter, _ in options]
    if options:
        is_known = letters == [chr(ord("A") + place) for place in range(len(letters))] and target.strip("()") in letters
        return {"choice": target.strip("()"), "options": [text.strip() for _, text in options]} if is_known else None
    number = as_number(target)
    return int(number) if number is not None and number == int(number) else None


def _examples(path: Path, file: str) -> Iterator[Row]:
    document = read_json(path)
    examples = document.get("examples") if isinstance(document, dict) else None
    if not isinstance(examples, list):
        yield Row(file, 0, Split.TEST, Rejected(Reason.MALFORMED_ROW, 'the file has no list "examples"'))
        return
    prefix = document.get("task_prefix") or ""
    for index, data in enumerate(examples):
        yield Row(file, index, Split.TEST, {**data, "prefix": prefix} if isinstance(data, dict) else data)


COLORED_OBJECTS = BigBench("colored_objects", "reasoning_about_colored_objects", 2_000)
PENGUINS = BigBench("penguins", "penguins_in_a_table", 149)
DATE = BigBench("date", "date_understanding", 369)
COLORED_OBJECTS_BBH = BigBenchHard("colored_objects_bbh", "reasoning_about_colored_objects")
PENGUINS_BBH = BigBenchHard("penguins_bbh", "penguins_in_a_table", 146)
DATE_BBH = BigBenchHard("date_bbh", "date_understanding")
OBJECT_COUNTING = BigBenchHard("object_counting", "object_counting")
