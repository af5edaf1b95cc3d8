"""How a job ended: exactly one outcome of a fixed list, and what was measured on the way.

"Failed to execute" is never mixed with "wrong", and nothing is ever guessed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """The end of a job, in the order in which a job can fail."""

    NO_SYMBOL = "no_symbol"  # nothing to run was found in the output
    PARSE_ERROR = "parse_error"  # not in the language
    REJECTED = "rejected"  # in the language, refused by the engine (unknown column, wrong arity)
    DENIED = "denied"  # the sandbox refused an operation
    RUNTIME_ERROR = "runtime_error"
    CPU_TIMEOUT = "cpu_timeout"
    WALL_TIMEOUT = "wall_timeout"
    OUT_OF_MEMORY = "out_of_memory"
    CRASH = "crash"  # killed by a signal
    NO_ANSWER = "no_answer"  # ended without one
    BAD_ANSWER = "bad_answer"  # ended with something that is not an answer of the benchmark's type
    SOLVER_UNKNOWN = "solver_unknown"
    INCONSISTENT = "inconsistent"  # the premises contradict each other
    PLAN_UNSOLVABLE = "plan_unsolvable"
    PLAN_INVALID = "plan_invalid"
    WRONG = "wrong"
    CORRECT = "correct"
    GOLD_ERROR = "gold_error"  # ours: the gold answer itself cannot be used
    SANDBOX_ERROR = "sandbox_error"  # ours: never blamed on the model

    @property
    def is_executed(self) -> bool:
        """The solver ran to an answer."""
        return self in (Outcome.WRONG, Outcome.CORRECT)

    @property
    def is_ours(self) -> bool:
        """A fault of the benchmark or the machine, not of the model."""
        return self in (Outcome.GOLD_ERROR, Outcome.SANDBOX_ERROR)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may use. CPU time decides; the wall limit is generous, so a busy machine fails no job."""

    cpu_seconds: float = 5.0
    wall_seconds: float = 30.0
    memory_bytes: int = 1 << 30
    output_bytes: int = 1 << 16


@dataclass(frozen=True, slots=True)
class Solution:
    """What a solver found. ``outcome`` is None while an answer waits to be compared with the gold one.

    ``answer`` is a JSON value. ``engine`` names the engine and its version; ``isolation`` the level that the
    sandbox reached ("none" for engines that execute no model-written code).
    """

    outcome: Outcome | None
    answer: Any = None
    message: str = ""
    engine: str = ""
    isolation: str = "none"
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    output: str = ""

    def judged(self, outcome: Outcome, message: str = "") -> Solution:
        """The same solution with its final outcome."""
        return replace(self, outcome=outcome, message=message or self.message)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, one key per field."""
        return asdict(self)
