"""What the tasks of mathematics share: the rules of a program, and when its answer is the gold one."""

from __future__ import annotations

from typing import Any

from collection.distill.base import Question, Task
from symbol_llm.solvers.answers import as_number, same_number

RULES = (
    "You write short Python programs that compute the answer to a question. Define one function solution() without "
    "parameters, with one named step per line, and return the answer. Use only the numbers of the question and what "
    "follows from them; never write the answer down. Python's math, fractions, itertools and sympy may be imported "
    "inside the function. Answer with one fenced code block and nothing else."
)


class ProgramTask(Task):
    """Questions whose answer is a number, written as ``def solution():``."""

    solver = "python"
    fence = "python"
    system = RULES

    def agrees(self, answer: Any, question: Question) -> bool | None:
        return None if as_number(answer) is None else same_number(answer, question.answer)
