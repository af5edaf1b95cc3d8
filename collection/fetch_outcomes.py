"""What a fetch brought: the outcome of each file, the table for people, the exit code.

```
dataset  files  came  here  failed  by hand   size
folio        2     2     0       0        0   0.9 MB
```
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from collection.fetch_faults import Fault, FetchError
from collection.fetch_files.kinds import Dataset
from symbol_llm.errors import CheckFailed, SymbolLLMError, UserError


class Status(StrEnum):
    """What became of a file."""

    CAME = "came"
    HERE = "here"  # it was in place already
    FAILED = "failed"
    BY_HAND = "by hand"  # a person has to do the steps


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. ``detail`` is the error, or the steps to do by hand. ``size`` in bytes."""

    dataset: str
    place: str
    status: Status
    size: int | None = None
    sha256: str = ""
    detail: str = ""
    fault: Fault | None = None


COLUMNS = ("dataset", "files", *(str(status) for status in Status), "MB", "licence")


def failed(dataset: Dataset, place: str, error: FetchError) -> Outcome:
    """The outcome of a file that did not come."""
    return Outcome(dataset.name, place, Status.FAILED, detail=f"{dataset.name}: {error}", fault=error.fault)


def as_rows(datasets: Iterable[Dataset], outcomes: Sequence[Outcome]) -> list[list[Any]]:
    """One row per dataset, in the order of COLUMNS."""
    rows = []
    for dataset in datasets:
        own = [outcome for outcome in outcomes if outcome.dataset == dataset.name]
        counts = [sum(outcome.status is status for outcome in own) for status in Status]
        size = sum(outcome.size or 0 for outcome in own)
        rows.append([dataset.name, len(own), *counts, f"{size / 1e6:.1f}", dataset.licence])
    return rows


def as_document(datasets: Iterable[Dataset], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "counts": {str(status): sum(outcome.status is status for outcome in outcomes) for status in Status},
        "licences": {dataset.name: dataset.licence for dataset in datasets},
        "files": [asdict(outcome) for outcome in outcomes],
    }


def listing(outcomes: Iterable[Outcome]) -> list[str]:
    """The lines that need a reader: errors, and steps by hand."""
    lines = [f"error: {outcome.detail}" for outcome in outcomes if outcome.status is Status.FAILED]
    for outcome in outcomes:
        if outcome.status is Status.BY_HAND:
            lines += ["", f"{outcome.dataset}, by hand: {outcome.place}", outcome.detail]
    return lines


def failure(outcomes: Iterable[Outcome]) -> SymbolLLMError | None:
    """The error to end with: CheckFailed if nothing but checksums did not hold, UserError for other failures."""
    faults = [outcome.fault for outcome in outcomes if outcome.status is Status.FAILED]
    if not faults:
        return None
    what = f"{len(faults)} of the files did not come: see the errors above. Fetch again to go on with them"
    return CheckFailed(what) if all(fault is Fault.CHECKSUM for fault in faults) else UserError(what)
