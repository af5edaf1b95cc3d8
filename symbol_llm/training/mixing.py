"""How many rows of each group an epoch takes, as a deterministic map of (seed, epoch).

    shares {symbolic: 0.456, general: 0.544}, rows 570000   ─▶   259 920 symbolic and 310 080 general rows

A group goes through a fresh permutation of its rows each time round, and an epoch takes up where the last one
stopped: no row comes twice before every row of its group came once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from symbol_llm.errors import UserError, unknown_name
from symbol_llm.training.config import Mixture

if TYPE_CHECKING:
    import numpy as np

SYMBOLIC, GENERAL = "symbolic", "general"


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one group, and how many of them an epoch takes."""

    name: str
    members: np.ndarray
    target: int


def make_groups(
    mixture: Mixture, tasks: np.ndarray, task_names: Sequence[str], formats: Mapping[str, str]
) -> list[Group]:
    """The groups of a mixture. Raises UserError for a name that is no group, or a group without rows."""
    import numpy as np

    given: Mapping[str, float] = mixture.counts or mixture.shares
    if not given:
        return [Group("all", np.arange(len(tasks)), len(tasks))]
    wanted = {name: number for name, number in given.items() if number}
    if not wanted:
        raise UserError("data.mixture: every group has 0 rows. Give at least one a count or a share")
    for name in wanted:
        if name not in {SYMBOLIC, GENERAL, *task_names}:
            raise unknown_name("mixture group", name, [SYMBOLIC, GENERAL, *task_names], "symbol-llm collect list")
    kinds = [GENERAL if formats.get(task) == "text" else SYMBOLIC for task in task_names]
    group_of_task = [task if task in given else kind for task, kind in zip(task_names, kinds, strict=True)]
    members = {name: np.flatnonzero(np.isin(tasks, _indices(group_of_task, name))) for name in wanted}
    for name, rows in members.items():
        if not len(rows):
            raise UserError(f"data.mixture: group {name!r} has no rows in this data. Take it out, or add its data")
    if mixture.counts:
        targets = {name: number for name, number in mixture.counts.items() if number}
    else:
        total, shares = mixture.rows or sum(map(len, members.values())), sum(wanted.values())
        targets = {name: max(1, round(total * share / shares)) for name, share in wanted.items()}
    return [Group(name, members[name], targets[name]) for name in sorted(wanted)]


def epoch_rows(groups: Sequence[Group], seed: int, epoch: int) -> np.ndarray:
    """Row numbers of one epoch, group after group, each group in drawn order; a pure function."""
    import numpy as np

    parts = []
    for group in groups:
        start, end, size = epoch * group.target, (epoch + 1) * group.target, len(group.members)
        rounds = range(start // size, (end - 1) // size + 1)
        drawn = np.concatenate([group.members[_permutation(seed, group.name, number, size)] for number in rounds])
        first = start - rounds.start * size
        parts.append(drawn[first : first + group.target])
    rows: np.ndarray = np.concatenate(parts)
    return rows


def left_out(groups: Sequence[Group], num_rows: int) -> int:
    """Rows that no group takes."""
    return num_rows - sum(len(group.members) for group in groups)


def _permutation(seed: int, name: str, number: int, size: int) -> np.ndarray:
    import numpy as np

    return np.random.default_rng([seed, number, *name.encode()]).permutation(size)


def _indices(names: Sequence[str], name: str) -> list[int]:
    return [index for index, other in enumerate(names) if other == name]
