"""What prompts share: their common beginnings are computed once, and batches hold prompts of similar length.

    "Translate …\\nI_JUMP: jump …\\nThe command is: jump twice"    ┐ one prefix of 90 tokens, computed once,
    "Translate …\\nI_JUMP: jump …\\nThe command is: walk left"     ┘ two suffixes of 6

Prompts put what a task shares first (instruction, schema, operations) and what differs last, so the sorted order
brings those together that begin alike. The K samples of one prompt share all of it but the last token.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MIN_TOKENS = 32  # a shorter prefix is not worth a pass of its own
MIN_ROWS = 4  # nor is one that fewer rows share


class Plan(NamedTuple):
    """``batches`` of row numbers in the order to run; per row the length of its shared prefix, 0 for none."""

    batches: list[list[int]]
    shared: list[int]


def make_plan(prompts: Sequence[Sequence[int]], batch_size: int, *, shares: bool = True) -> Plan:
    """Batches of similar length, longest first: a batch that is too large for the memory fails at once."""
    shared = shared_prefixes(prompts) if shares else [0] * len(prompts)
    # Rows of about the same length, and among them rows with the same prefix side by side.
    order = sorted(
        range(len(prompts)), key=lambda row: (-(len(prompts[row]) // 16), tuple(prompts[row][: shared[row]]), row)
    )
    return Plan([order[start : start + batch_size] for start in range(0, len(order), batch_size)], shared)


def shared_prefixes(prompts: Sequence[Sequence[int]]) -> list[int]:
    """How many tokens at the beginning of each prompt are worth computing once for all that share them.

    At least half of a prompt, MIN_TOKENS and all but its last token at most, shared by MIN_ROWS rows.
    """
    lengths = [0] * len(prompts)
    order = sorted(range(len(prompts)), key=lambda row: tuple(prompts[row]))
    run: list[int] = []
    common = 0

    def close() -> None:
        length = min([common, *(len(prompts[row]) - 1 for row in run)])
        if len(run) >= MIN_ROWS and length >= MIN_TOKENS:
            for row in run:
                lengths[row] = length

    for row in order:
        if run:
            joint = min(common, _common(prompts[run[-1]], prompts[row]))
            if joint >= MIN_TOKENS and 2 * joint >= len(prompts[row]):
                run.append(row)
                common = joint
                continue
            close()
        run, common = [row], len(prompts[row])
    close()
    return lengths


def _common(a: Sequence[int], b: Sequence[int]) -> int:
    for place, (left, right) in enumerate(zip(a, b)):
        if left != right:
            return place
    return min(len(a), len(b))
