"""When an executed gold symbol agrees with the gold answer. Each judge gives CORRECT, WRONG or a reason between.

```
same_answer   "True" = "True"        same_number   72.0 = 72          same_time   {"low": 60.0, …}
same_rows     by spider_ts           valid_plan    on the problem     gold_choice {"choice": 2} and gold 2
```
"""

from __future__ import annotations

from eval.solve_audit.cases import Case
from symbol_llm.solvers import answers
from symbol_llm.solvers.outcome import Outcome, Solution
from symbol_llm.solvers.plan_validator import validate
from symbol_llm.solvers.sql_compare import spider_ts


def _judged(solution: Solution, is_correct: bool, case: Case) -> Solution:
    if is_correct:
        return solution.judged(Outcome.CORRECT)
    return solution.judged(Outcome.WRONG, f"the symbol gives {_short(solution.answer)}, gold is {_short(case.gold)}")


def _short(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


def same_answer(solution: Solution, case: Case) -> Solution:
    return _judged(solution, solution.answer == case.gold, case)


def same_number(solution: Solution, case: Case) -> Solution:
    if answers.as_number(solution.answer) is None:
        return solution.judged(Outcome.BAD_ANSWER, f"not a number: {_short(solution.answer)}")
    return _judged(solution, answers.same_number(solution.answer, case.gold), case)


def same_time(solution: Solution, case: Case) -> Solution:
    """Shortest and longest time, both in seconds."""
    return _judged(solution, all(solution.answer[bound] == case.gold[bound] for bound in ("low", "high")), case)


def same_rows(solution: Solution, case: Case) -> Solution:
    return _judged(solution, spider_ts(case.gold, solution.answer), case)


def valid_plan(solution: Solution, case: Case) -> Solution:
    """The plan, executed by our validator on the problem."""
    check = validate(case.context.world["domain"], case.context.world["problem"], solution.answer)
    return solution.judged(Outcome.CORRECT if check.is_valid else Outcome.PLAN_INVALID, check.message)


def gold_choice(solution: Solution, case: Case) -> Solution:
    """The choice, counted from 0."""
    return _judged(solution, solution.answer["choice"] == case.gold, case)
