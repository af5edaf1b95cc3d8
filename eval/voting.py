"""Several samples of one item: pass@k, and the answer that most samples agree on.

    5 samples, 2 of them right       pass@1 = 0.4    pass@2 = 1 - C(3,2)/C(5,2) = 0.7    pass@5 = 1
    answers 18, 18, 20, –, 18.0      the vote says 18; the sample without an answer abstains

pass@k is the unbiased estimator of Chen et al. 2021 (arXiv 2107.03374), not a mean over the first k samples. Ties of a
vote go to the answer that was given first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import orjson

from eval.intervals import mean_interval

Row = Mapping[str, Any]
Key = TypeVar("Key", bound=Hashable)


def pass_at(num_samples: int, num_right: int, k: int) -> float:
    """The chance that at least one of k samples, drawn from these without putting back, is right."""
    assert 0 <= num_right <= num_samples and 1 <= k <= num_samples
    return 1.0 - math.comb(num_samples - num_right, k) / math.comb(num_samples, k)


def sizes(num_samples: int) -> list[int]:
    """The k that are reported: powers of two, and all samples."""
    powers = [1 << power for power in range(num_samples.bit_length()) if 1 << power < num_samples]
    return [*powers, num_samples]


def by_item(rows: Iterable[Row]) -> list[list[Row]]:
    """The samples of each item, items in order of appearance."""
    items: dict[str, list[Row]] = {}
    for row in rows:
        items.setdefault(row["id"], []).append(row)
    return list(items.values())


def pass_rates(items: Sequence[Sequence[Row]], is_right: Callable[[Row], bool], seed: int = 0) -> dict[str, Any]:
    """``{"1": {"value", "interval"}, …}``: the mean of pass@k over items, clusters as in every interval."""
    fewest = min(map(len, items), default=0)
    counted = [(len(samples), sum(map(is_right, samples))) for samples in items]
    groups = [samples[0]["group"] or samples[0]["id"] for samples in items]
    rates = {}
    for k in sizes(fewest) if fewest else []:
        values = [pass_at(number, right, k) for number, right in counted]
        interval = mean_interval(values, groups, seed)
        rates[str(k)] = {"value": sum(values) / len(values), "interval": [interval.low, interval.high]}
    return rates


def winner(samples: Iterable[Row], key: Callable[[Row], Key | None]) -> Row | None:
    """The first sample with the answer that most samples gave; None if all abstain (their key is None)."""
    votes: dict[Key, list[Row]] = {}
    for row in samples:
        answer = key(row)
        if answer is not None:
            votes.setdefault(answer, []).append(row)
    return max(votes.values(), key=len)[0] if votes else None


def answer_key(answer: Any) -> str:
    """The same text for answers that are one vote: 18 and 18.0, "Yes" and "yes "."""
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        return f"{float(answer):.9g}" if abs(answer) < 1e300 else str(answer)
    if isinstance(answer, str):
        return " ".join(answer.casefold().split())
    return orjson.dumps(answer, option=orjson.OPT_SORT_KEYS).decode()
