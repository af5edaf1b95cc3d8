"""A step that only a person can do: what to do, and what is left to do for us once the archive is there.

```
RAW/spider/ is empty               ->  by hand: 1. Open https://drive.google.com/… 2. Put it into RAW/spider/ …
RAW/spider/spider_data.zip         ->  came: unpacked into RAW/spider/tables.json, RAW/spider/database/…
RAW/spider/tables.json             ->  here
```
"""

from __future__ import annotations

from dataclasses import replace as changed
from pathlib import Path

from collection.fetch_digest import measure
from collection.fetch_faults import FetchError, disk_fault
from collection.fetch_files.kinds import Dataset, ManualStep
from collection.fetch_outcomes import Outcome, Status, failed
from collection.fetch_state import BY_HAND, State, as_entry
from collection.fetch_unpack import unpack
from symbol_llm.console import log


def finish_by_hand(dataset: Dataset, step: ManualStep, folder: Path, state: State, *, replace: bool) -> Outcome:
    """Whether the step is done; an archive that a person brought is unpacked, and kept."""
    if any(next(folder.glob(pattern), None) for pattern in step.done):
        return Outcome(dataset.name, step.what, Status.HERE)
    archive = next((path for pattern in step.archives for path in sorted(folder.glob(pattern))), None)
    if archive is None:
        steps = "\n".join(f"{number}. {text}" for number, text in enumerate(step.steps, 1))
        return Outcome(dataset.name, step.what, Status.BY_HAND, detail=steps.replace("RAW/", f"{folder.parent}/"))
    log(f"{dataset.name}: unpacking {archive}")
    try:
        measured = measure(archive)
        placed = unpack(archive, folder, step.unpack, set(), replace=replace)
        unpacked = {name: file.sha256 for name, file in placed.items()}
        state.keep(archive.name, changed(as_entry(measured, step.what, "", BY_HAND, ""), unpacked=unpacked))
    except OSError as error:
        return failed(dataset, step.what, disk_fault(error, archive))
    except FetchError as error:
        return failed(dataset, step.what, error)
    return Outcome(dataset.name, archive.name, Status.CAME, measured.size, measured.sha256)
