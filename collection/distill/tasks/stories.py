"""The generated stories to programs: needs no files, and is small enough for a model of one's own on a CPU."""

from __future__ import annotations

from collection.distill.base import Demonstration
from collection.distill.tasks.programs import ProgramTask


class Stories(ProgramTask):
    name = "stories"
    version = "1"
    demonstrations = (
        Demonstration(
            "rose has 7 stones and finds 5 more. how many stones?",
            "def solution():\n    have = 7\n    more = 5\n    return have + more",
        ),
    )


STORIES = Stories()
