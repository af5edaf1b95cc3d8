"""GSM8K: grade-school word problems to programs. Also those whose solutions cannot be compiled are asked."""

from __future__ import annotations

from pathlib import Path

from collection.distill.base import Demonstration, Question
from collection.distill.tasks.programs import ProgramTask
from collection.sources.base import Example, Rejected, Row
from collection.sources.gsm8k import read_fields


class Gsm8kCode(ProgramTask):
    name = "gsm8k_code"
    version = "1"
    demonstrations = (
        Demonstration(
            "A baker makes 14 trays of 12 rolls and sells three quarters of them. How many rolls are left?",
            "def solution():\n    rolls = 14 * 12\n    sold = rolls * 3 // 4\n    left = rolls - sold\n    return left",
        ),
        Demonstration(
            "Lena earns $11 an hour. On Saturday she works 6 hours, on Sunday half as long but for twice the pay. "
            "How much does she earn on the weekend?",
            "def solution():\n    saturday = 6 * 11\n    sunday_hours = 6 / 2\n    sunday = sunday_hours * 11 * 2\n"
            "    total = saturday + sunday\n    return total",
        ),
        Demonstration(
            "A tank holds 90 liters and is one third full. A pump adds 4 liters a minute while 1 liter a minute leaks "
            "out. After how many minutes is it full?",
            "def solution():\n    inside = 90 / 3\n    missing = 90 - inside\n    per_minute = 4 - 1\n"
            "    minutes = missing / per_minute\n    return minutes",
        ),
    )

    def to_question(self, row: Row, folder: Path) -> Question | None:
        fields = read_fields(row.data)
        if isinstance(fields, Rejected):
            return None
        return self.question_of(Example(input=fields.question, completion="", answer=fields.answer), row)


GSM8K_CODE = Gsm8kCode()
