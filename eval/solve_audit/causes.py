"""Why gold symbols do not give the gold answer, row by row, told from what the solver computed.

    "what is known does not settle x: figures that meet all that is said give it different values, such as 3 and 5"
    →   "the goal is open: figures that meet all forms give it several values"

A cause joins the rows whose solver said the same but for names and numbers. The first pattern that fits is the cause;
a message that fits none is a cause of its own, with its numbers left out, so that no row stays without one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from eval.solve_audit.run import Disagreement


class Cause(NamedTuple):
    """A pattern of messages and what it says of a row."""

    pattern: re.Pattern[str]
    told: str


def _cause(pattern: str, told: str) -> Cause:
    return Cause(re.compile(pattern), told)


# Of geometry: what the search for figures found, then what could not be said. With a note that a form was left out, an
# open goal may be open because of that form.
_OPEN = r"(?:different values|give it \S+ or|can move to)"
_GEOMETRY = (
    _cause(r"no form speaks of \$", "the goal is of something that the forms do not name"),
    _cause(r"no form speaks of", "no form speaks of what is asked for: the letter or point stands nowhere else"),
    _cause(_OPEN + r".*left out [^;]*\$", "the goal is open: a form speaks of something without a name ($)"),
    _cause(_OPEN + r".*left out", "the goal is open: a form could not be used (the message names it)"),
    _cause(r"different values|can move to", "the goal is open: figures that meet all forms give it several values"),
    _cause(_OPEN, "the goal is open: two figures meet all forms"),
    _cause(r"no figure was found", "no figure was found that meets the forms: they ask for what no length or angle is"),
    _cause(r"\$|not told by its corners|has no corners", "the goal is of something that the forms do not name"),
    _cause(r"which of the two sectors", "which of the two sectors is shaded is not told"),
    _cause(r"could be several angles", "an angle of one letter, where several lines meet or the point is not drawn"),
    _cause(r"circles have the|names \S+ circles", "an arc, a sector or a circle that the forms do not place"),
    _cause(r"two values of one quantity", "the forms contradict each other: two values of one quantity"),
    _cause(r"what is said makes", "the forms contradict each other: a measure below zero"),
    _cause(r"is none of the choices", "the value that follows is none of the four choices"),
    _cause(r"asks for .* not for one", "the row asks for no value"),
)
_ALL = {"geometry3k": _GEOMETRY, "geometry3k_dissolved": _GEOMETRY}
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*")
_WIDEST = 120


def cause_of(task: str, row: Disagreement) -> str:
    """What is the matter with a row, in words that rows of the same kind share."""
    text = " ".join(row.detail.split("\n  ")[0].split())
    for pattern, told in _ALL.get(task, ()):
        if pattern.search(text):
            return told
    plain = _NUMBER.sub("…", text)
    return plain if len(plain) <= _WIDEST else plain[: _WIDEST - 1] + "…"


def by_cause(task: str, rows: Sequence[Disagreement]) -> list[tuple[str, str, list[Disagreement]]]:
    """(outcome or reason, cause, rows), the most frequent first."""
    groups: dict[tuple[str, str], list[Disagreement]] = {}
    for row in rows:
        reason = str(row.outcome if row.outcome is not None else row.reason)
        groups.setdefault((reason, cause_of(task, row)), []).append(row)
    return sorted(((*key, group) for key, group in groups.items()), key=lambda found: -len(found[2]))
