"""Decoding inside a grammar: tokens that no output of the grammar can go on with are never chosen.

    Constraints(tokenizer)(rows, scores)      scores of forbidden tokens become -inf, in place

The engine is llguidance: an Earley parser over the tokens' bytes, a millisecond or so per step. Rows without a grammar
write freely.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eval.backends.decoding import Row
from symbol_llm.errors import EngineMissing, UserError


class Constraints:
    """The grammars of a run, for one tokenizer. Raises EngineMissing without llguidance."""

    def __init__(self, tokenizer: Any, ends: set[int]) -> None:
        try:
            import llguidance.hf
        except ImportError as error:
            raise EngineMissing("llguidance", 'pip install "symbol-llm[constrain]"') from error
        self._tokens = llguidance.hf.from_tokenizer(tokenizer, eos_token=sorted(ends) or None)
        self._compiled: dict[str, Any] = {}

    def matcher(self, grammar: str) -> Any:
        """The state of one output at its beginning. Raises UserError for a grammar that llguidance does not take."""
        import llguidance

        if grammar not in self._compiled:
            matcher = llguidance.LLMatcher(self._tokens, llguidance.LLMatcher.grammar_from_lark(grammar))
            if matcher.is_error():
                raise UserError(f"a grammar cannot be used for --constrain: {matcher.get_error()}")
            self._compiled[grammar] = matcher
        return self._compiled[grammar].deep_copy()

    def __call__(self, rows: Sequence[Row], scores: Any) -> None:
        import llguidance.torch

        masks = llguidance.torch.allocate_token_bitmask(len(rows), self._tokens.vocab_size)
        bound = []
        for place, row in enumerate(rows):
            if row.matcher is None:
                continue
            if row.num_matched < len(row.written):
                row.matcher.consume_token(row.written[-1])
                row.num_matched = len(row.written)
            llguidance.torch.fill_next_token_bitmask(row.matcher, masks, place)
            bound.append(place)
        if bound:
            some = scores[bound][:, : self._tokens.vocab_size].contiguous()
            llguidance.torch.apply_token_bitmask_inplace(some, masks[bound].to(scores.device))
            scores[bound, : self._tokens.vocab_size] = some
            scores[bound, self._tokens.vocab_size :] = float("-inf")
