"""GSM8K's test questions, solved by programs.

    Natalia sold clips to 48 of her friends …  →  def solution(): …  →  72

Every question with a final answer is an item: also those whose solution gives no program, with no gold symbol.
"""

from __future__ import annotations

from collection.sources.base import Example, Rejected, Row
from collection.sources.gsm8k import read_fields
from eval.delegation.program_answers import NumberBenchmark


class Gsm8k(NumberBenchmark):
    """1,319 items with the whole test file."""

    name = "gsm8k"
    task = "gsm8k_code"

    def without_symbol(self, row: Row, why: Rejected) -> Example | None:
        fields = read_fields(row.data)
        if isinstance(fields, Rejected):
            return None
        return Example(input=fields.question, completion="", answer=fields.answer)
