"""MALLS: single sentences with first-order formulas, written by GPT-4; the test rows are checked by people.

    {"NL": "A kettle that whistles is hot.", "FOL": "∀x (Kettle(x) ∧ Whistles(x) → Hot(x))"}
    →   input "A kettle that whistles is hot.", completion "∀x (Kettle(x) ∧ Whistles(x) → Hot(x))"

Read are MALLS-v0.1-train.json and MALLS-v0.1-test.json. MALLS-v0.json, the first release, holds what v0.1 was
filtered from, test rows included: it is read only where v0.1's training file is not there, and the build takes the
test rows out as leaks. folio_parsed.json is FOLIO, sentence by sentence. It is read with ``includes_folio=True`` only:
it repeats task ``folio`` and has names that occur in FOLIO's validation file alone (those with an Ś), which is the
test split of that task.

Some formulas are broken upstream (``<0.5%`` within a name, constants in double quotes): the builder rejects them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream, require
from collection.sources.row_files import read_row_file
from symbol_llm.record import Split

_TRAIN, _TEST, _FIRST, _FOLIO = (
    "MALLS-v0.1-train.json",
    "MALLS-v0.1-test.json",
    "MALLS-v0.json",
    "folio_parsed.json",
)


class Malls(Source):
    """A sentence to a formula. ``includes_folio`` adds FOLIO's sentences to the training rows."""

    task = "malls"
    format = "fol"
    family = "FOL"
    licence = Licence("CC-BY-NC-4.0", False)
    upstream = Upstream(
        dataset="malls",
        url="https://huggingface.co/datasets/yuan-yang/MALLS-v0",
        revision="v0.1",
        citation="Yang et al. 2023. Harnessing the Power of Large Language Models for Natural Language to First-Order "
        "Logic Translation. arXiv:2305.15541.",
        sizes={"train": 27_000, "test": 1_000},
    )
    prompt = Prompt(
        instructions=(
            "Translate the sentence into a formula of first-order logic.",
            "Write the first-order logic formula that the sentence states.",
            "Formalise the sentence in first-order logic.",
            "Give a first-order formula for what the sentence says.",
            "Express the statement with quantifiers and predicates.",
            "Turn the English sentence into first-order logic.",
            "Which first-order formula means the same as this sentence?",
            "Convert the statement to predicate logic.",
            "Represent the meaning of the sentence as one logical formula.",
            "Read the sentence and state it as a rule of first-order logic.",
        ),
        input_label="The sentence is:",
        cue="The corresponding first-order formula is:",
    )

    def __init__(self, includes_folio: bool = False) -> None:
        self.includes_folio = includes_folio

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The rows of the files named above. Raises UserError if none is there, or one is broken."""
        train = _TRAIN if (folder / _TRAIN).exists() else _FIRST
        for path in require(folder, train, _TEST, *[_FOLIO] * self.includes_folio):
            yield from read_row_file(path, folder, Split.TEST if path.name == _TEST else Split.TRAIN)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        data = row.data
        if not isinstance(data, dict) or not all(isinstance(data.get(name), str) for name in ("NL", "FOL")):
            return Rejected(Reason.MALFORMED_ROW, "expected text in NL, FOL")
        sentence, formula = (" ".join(data[name].split()) for name in ("NL", "FOL"))
        if not sentence:
            return Rejected(Reason.EMPTY_INPUT, "the sentence is empty")
        if not formula:
            return Rejected(Reason.EMPTY_SYMBOL, "the formula is empty")
        return Example(input=sentence, completion=formula)


MALLS = Malls()
