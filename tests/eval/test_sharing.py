"""Which beginnings are shared, and how rows become batches."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eval.backends.sharing import MIN_ROWS, MIN_TOKENS, make_plan, shared_prefixes


def test_half_a_prompt_shared_by_four_rows() -> None:
    """Head of 40 tokens, five tails; one of 20 is too short, three rows are too few, a long tail outweighs its head."""
    head, short = [1] * 40, [2] * 20
    assert shared_prefixes([[*head, 3, tail] for tail in range(5)]) == [41] * 5
    assert shared_prefixes([[*short, tail] for tail in range(5)]) == [0] * 5
    assert shared_prefixes([[*head, tail] for tail in range(3)]) == [0] * 3
    assert shared_prefixes([[*head, tail, *[tail] * 80] for tail in range(5)]) == [0] * 5


def test_equal_prompts_share_all_but_their_last_token() -> None:
    assert shared_prefixes([[7] * 40] * 4) == [39] * 4


@given(st.lists(st.lists(st.integers(0, 1), min_size=1, max_size=90), max_size=30), st.integers(1, 7))
def test_a_plan_holds_every_row_once_and_shares_what_is_equal(prompts: list[list[int]], batch_size: int) -> None:
    plan = make_plan(prompts, batch_size)
    assert sorted(row for batch in plan.batches for row in batch) == list(range(len(prompts)))
    assert all(0 < len(batch) <= batch_size for batch in plan.batches)
    for prompt, shared in zip(prompts, plan.shared):
        if shared:
            assert MIN_TOKENS <= shared < len(prompt)
            alike = [p for p, s in zip(prompts, plan.shared) if s == shared and p[:s] == prompt[:shared]]
            assert len(alike) >= MIN_ROWS
