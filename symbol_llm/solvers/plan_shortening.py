"""Leaving out of a plan what it does not need.

```
shortened(domain, problem, ["(pickup b)", "(putdown b)", "(pickup b)", "(stack b a)"])
→   ["(pickup b)", "(stack b a)"]
```
"""

from __future__ import annotations

from symbol_llm.solvers.plan_validator import validate


def shortened(domain: str, problem: str, plan: list[str]) -> list[str]:
    """A plan without the actions that it does not need: each is left out, with those that then fail, if that is a plan.

    Action elimination (Nakhost and Müller 2010). A plan that is not valid stays as it is.
    """
    position = 0
    while position < len(plan):
        shorter = plan[:position] + plan[position + 1 :]
        check = validate(domain, problem, shorter)
        while check.failed_step is not None and check.failed_step > position:
            shorter = shorter[: check.failed_step - 1] + shorter[check.failed_step :]
            check = validate(domain, problem, shorter)
        if check.is_valid:
            plan = shorter
        else:
            position += 1
    return plan
