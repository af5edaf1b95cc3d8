"""Why gold symbols do not give the gold answer: what people found when they read the rows.

    ("folio", "wrong")   →   "Row 5 writes Meeting in one premise and Meetings in another …"

Keyed by task and outcome. A disagreement without an entry stands in the table with its message alone.
"""

from __future__ import annotations

_GEOMETRY = {
    "solver_unknown": "The forms say less than the picture shows (shapes written `$`, lines with one name, points "
    "without a name, tangents and right angles that nobody annotated). Where figures that meet all forms give the goal "
    "different values, two of them are named: no rule could lead from these forms to the answer. Nothing is guessed.",
    "inconsistent": "Two forms of the row contradict each other by more than rounding: a value annotated to the wrong "
    "part of the figure, or a figure that its own numbers do not allow.",
    "no_answer": "The value that follows from the forms is none of the four choices, or the row asks for nothing.",
    "rejected": "No form of the language: a function with too many arguments, or of a thing that it does not take.",
    "wrong": "The forms give a value that is another of the four choices.",
}

EXPLANATIONS: dict[tuple[str, str], str] = {
    ("folio", "parse_error"): "The formulas are broken in upstream's file: a bracket too many, a full stop or a comma "
    "where a term should be.",
    ("folio", "wrong"): "Validation row 5 writes ⊕ twice where the text says both or neither, and Meeting beside "
    "Meetings; with these put right, the label follows. Row 27: nothing says that Marvin, no human and not from Mars, "
    "is no alien. Row 29: Marvin is an extraterrestrial, hence not human, by the premises: the statement is false, not "
    "open. Row 47: no formula says that a person has only one favourite season. Rows 112 and 114 write A ∧ B ∨ C for "
    "A ∧ (B ∨ C), rows 138 and 139 “can be categorised as” with ∨: with these put right, the labels follow.",
    ("logicnli", "wrong"): "Upstream's search for proofs missed one (True, gold Uncertain: going through the records "
    "forwards, rule by rule, finds it), or its proof meets the two conditions of an `exist` rule by two people or with "
    "one fact (Uncertain, gold True).",
    ("gsm8k_code", "wrong"): "The answer is no result of an annotated step: the worked solution takes its last step in "
    "words, without calculator marks.",
    ("asynchow", "wrong"): "Upstream's time reads “2 hours 30 minutes” as 30 minutes, or takes its lower bound, where "
    "months count, from another path than the longest.",
    ("floortile", "rejected"): "`p_example.pddl` places a robot2 that its list of objects lacks. Upstream shows it in "
    "prompts; it is none of the twenty problems of the test.",
    ("spider", "rejected"): "SQLite takes no ORDER BY before INTERSECT, and one query names a table that is not in its "
    "database.",
    ("sparc", "rejected"): "The query names a column that its table does not have.",
    ("cosql", "rejected"): "Upstream's query has a bracket too many.",
    **{(task, outcome): text for task in ("geometry3k", "geometry3k_dissolved") for outcome, text in _GEOMETRY.items()},
}
