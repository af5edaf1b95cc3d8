"""BLEU on symbols, through sacrebleu.

Corpus BLEU is summed from the items' n-gram counts. One item alone uses the effective n-gram order, because a
perfect symbol of three tokens has no 4-grams and would otherwise score 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from symbol_llm.errors import EngineMissing
from symbol_llm.formats.base import EMPTY, Context, Format, Score, Tree

if TYPE_CHECKING:
    from sacrebleu.metrics.bleu import BLEU

_MAX_ORDER = 4


@cache
def _scorer() -> BLEU:
    try:
        from sacrebleu.metrics.bleu import BLEU
    except ImportError as error:
        raise EngineMissing("sacrebleu", "pip install sacrebleu") from error
    return BLEU(tokenize="13a", effective_order=True)


def bleu_counts(prediction: str, reference: str) -> tuple[float, ...]:
    """Sufficient statistics of one pair: lengths, then matched and total n-grams for n = 1..4 (10 numbers)."""
    result = _scorer().sentence_score(prediction, [reference])
    return (result.sys_len, result.ref_len, *result.counts, *result.totals)


def bleu(counts: Sequence[Sequence[float]]) -> float:
    """BLEU in 0..1 of the summed statistics of one or many pairs."""
    from sacrebleu.metrics.bleu import BLEU

    if not counts:
        return 0.0
    sums = [int(sum(column)) for column in zip(*counts)]
    result = BLEU.compute_bleu(
        sums[2 : 2 + _MAX_ORDER],
        sums[2 + _MAX_ORDER :],
        sums[0],
        sums[1],
        smooth_method="exp",
        effective_order=True,
    )
    # Rounding can lift a perfect score a hair above 1.
    return min(1.0, result.score / 100.0)


class ScoredByBleu(Format[Tree]):
    """A language whose metric is corpus BLEU."""

    metric = "BLEU"

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        """BLEU of the texts but for blanks around them; beside it what ``equivalent`` says."""
        prediction, reference = prediction.strip(), reference.strip()
        counts = bleu_counts(prediction, reference)
        is_exact = prediction == reference
        same = True if is_exact else self.equivalent(prediction, reference, context).holds
        return Score(self.metric, bleu([counts]), is_exact, self.parses(prediction), same, counts)

    def aggregate(self, scores: Sequence[Score]) -> float:
        """Corpus BLEU."""
        return bleu([score.counts for score in scores])
