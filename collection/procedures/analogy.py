"""How near a test plan is to the training plans, and whether that goes with being solved.

    strengths(test, train)                        →   array [tests, trains] of analogy strengths, 0 to 1
    report(test, train, correct).nearest          →   Correlation(r=0.27, partial=0.08, low=-0.05, high=0.21, …)

Strength = 0.4 · histogram-Jaccard of the steps' times + 0.6 · Weisfeiler–Lehman kernel of the graphs, START and END
included: 3 rounds, subtree features counted, cosine of the counts; labels are START, END and inner; what comes before a
node and what comes after it are told apart. Two predictors per test plan: *nearest*, its strength to the most similar
training plan, and *frequency*, the share of training plans that are nearer than a threshold.

Small plans are both easier and nearer to others. So each correlation is given as it is and with the numbers of steps
and of constraints held fixed (partial correlation, 95 % interval by Fisher's z); only the latter says something about
analogy. Source: arXiv 2602.03542, which leaves bins, labels and thresholds open.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from collection.procedures.critical_path import predecessors
from collection.procedures.instance import Plan, bounds
from symbol_llm.errors import UserError

if TYPE_CHECKING:
    import numpy as np

TIMES_WEIGHT = 0.4
ROUNDS = 3
THRESHOLD = 0.6
_Z = 1.959964


class Correlation(NamedTuple):
    """Of a predictor with correctness: Pearson's r, r with size held fixed, and the interval of the latter.

    None where it is not defined: too few plans, or no variation.
    """

    r: float | None
    partial: float | None
    low: float | None
    high: float | None


class Report(NamedTuple):
    """Analogy strength against correctness, over ``plans`` test plans."""

    plans: int
    accuracy: float
    nearest: Correlation
    frequency: Correlation
    nearest_with_size: float | None  # Pearson's r of the predictor itself with the number of steps
    frequency_with_size: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        parts = {"nearest": self.nearest._asdict(), "frequency": self.frequency._asdict()}
        return {**self._asdict(), **parts}


def strengths(test: Sequence[Plan], train: Sequence[Plan], times_weight: float = TIMES_WEIGHT) -> np.ndarray:
    """Analogy strengths, one row per test plan, one column per training plan. Raises UserError if either is empty."""
    import numpy as np

    if not test or not train:
        raise UserError("analogy needs test plans and training plans; one of the two is empty")
    vocabulary: dict[tuple, int] = {}
    mine = [_features(plan, vocabulary) for plan in test]
    others = [_features(plan, vocabulary) for plan in train]
    size = len(vocabulary)
    shapes, shapes_of_train = _matrix([s for s, _ in mine], size), _matrix([s for s, _ in others], size)
    kernel = np.asarray((shapes @ shapes_of_train.T).todense())
    kernel /= np.outer(_norms(shapes), _norms(shapes_of_train))
    # Every occurrence of a time is a feature of its own, so the product counts what two histograms share.
    times, times_of_train = _matrix([t for _, t in mine], size), _matrix([t for _, t in others], size)
    shared = np.asarray((times @ times_of_train.T).todense())
    counts = np.array([len(plan.steps) for plan in test], float)
    counts_of_train = np.array([len(plan.steps) for plan in train], float)
    jaccard = shared / (counts[:, None] + counts_of_train[None, :] - shared)
    return times_weight * jaccard + (1 - times_weight) * kernel


def _features(plan: Plan, vocabulary: dict[tuple, int]) -> tuple[Counter[int], Counter[int]]:
    """Counts of the subtrees of the graph, and the times, each with the number of its occurrence."""
    count = len(plan.steps)
    start, end = count, count + 1
    after = [list(places) or [end] for places in plan.following] + [plan.first(), []]
    before = [places or [start] for places in predecessors(plan.following)] + [[], plan.last()]
    labels = [_number(vocabulary, ("inner",))] * count + [
        _number(vocabulary, ("START",)),
        _number(vocabulary, ("END",)),
    ]
    found = Counter(labels)
    for _ in range(ROUNDS):
        labels = [
            _number(
                vocabulary,
                (
                    labels[i],
                    tuple(sorted([labels[j] for j in before[i]])),
                    tuple(sorted([labels[j] for j in after[i]])),
                ),
            )
            for i in range(count + 2)
        ]
        found.update(labels)
    seen: Counter[tuple] = Counter()
    times: Counter[int] = Counter()
    for step in plan.steps:
        time = bounds(step.time)
        seen[time] += 1
        times[_number(vocabulary, ("time", time, seen[time]))] = 1
    return found, times


def _number(vocabulary: dict[tuple, int], feature: tuple) -> int:
    return vocabulary.setdefault(feature, len(vocabulary))


def _matrix(rows: Sequence[Counter[int]], size: int) -> Any:
    """A sparse matrix of counts, one row each."""
    import numpy as np
    from scipy.sparse import csr_matrix

    columns = [column for row in rows for column in row]
    values = np.array([value for row in rows for value in row.values()], float)
    starts = np.cumsum([0, *map(len, rows)])
    return csr_matrix((values, columns, starts), shape=(len(rows), size))


def _norms(matrix: Any) -> np.ndarray:
    import numpy as np

    return np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())


def report(
    test: Sequence[Plan], train: Sequence[Plan], correct: Sequence[bool | float], threshold: float = THRESHOLD
) -> Report:
    """Correlate both predictors with correctness. Raises UserError unless there is one value for each test plan."""
    import numpy as np

    if len(correct) != len(test):
        raise UserError(f"{len(test)} test plans, but {len(correct)} values of correctness: there must be one for each")
    strength = strengths(test, train)
    outcome = np.asarray(correct, float)
    sizes = np.array([[len(plan.steps), plan.num_edges] for plan in test], float)
    nearest, frequency = strength.max(axis=1), (strength > threshold).mean(axis=1)
    return Report(
        len(test),
        float(outcome.mean()),
        correlation(nearest, outcome, sizes),
        correlation(frequency, outcome, sizes),
        _pearson(nearest, sizes[:, 0]),
        _pearson(frequency, sizes[:, 0]),
    )


def correlation(predictor: np.ndarray, outcome: np.ndarray, controls: np.ndarray) -> Correlation:
    """Pearson's r, and r of what a linear fit on the controls (one column each) leaves of both."""
    import numpy as np

    design = np.column_stack([np.ones(len(outcome)), controls])

    def left_over(values: np.ndarray) -> np.ndarray:
        rest = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
        return np.zeros_like(rest) if np.abs(rest).max() < 1e-9 * max(1.0, np.abs(values).max()) else rest

    partial = _pearson(left_over(predictor), left_over(outcome))
    freedom = len(outcome) - controls.shape[1] - 3
    if partial is None or freedom < 1 or abs(partial) >= 1:
        return Correlation(_pearson(predictor, outcome), partial, None, None)
    centre, half = math.atanh(partial), _Z / math.sqrt(freedom)
    return Correlation(_pearson(predictor, outcome), partial, math.tanh(centre - half), math.tanh(centre + half))


def _pearson(a: np.ndarray, b: np.ndarray) -> float | None:
    import numpy as np

    if len(a) < 3 or a.std() < 1e-12 or b.std() < 1e-12:
        return None
    return float(np.clip(np.corrcoef(a, b)[0, 1], -1, 1))
