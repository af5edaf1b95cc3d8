"""FOLIO: stories in English, each sentence with its first-order formula, and a conclusion to judge.

    {"premises": ["All cats are animals.", "Tom is a cat."], "premises-FOL": ["∀x (Cat(x) → Animal(x))", "Cat(tom)"],
     "conclusion": "Tom is an animal.", "conclusion-FOL": "Animal(tom)", "label": "True"}
    →   input       All cats are animals.⏎Tom is a cat.⏎Tom is an animal.
        completion  ∀x (Cat(x) → Animal(x))⏎Cat(tom)⏎Animal(tom)
        answer      "True"

One sentence and one formula per line, in the same order. Upstream's two files differ: only the validation file has
formulas for the conclusions, so only there the conclusion is part of the pair and there is an answer; the third label
is "Unknown" in train and "Uncertain" in validation ("Uncertain" here); only train has story ids. In the second
release (folio_v2_{train,validation}.jsonl on the Hugging Face hub, read for a split that the first does not have) the
premises are one text with a line for each, and both files have formulas for the conclusions.

Upstream's test set is unreleased: its validation file is our test split, as in the literature. There every row is
kept, because the benchmark's denominator is all 204 rows: also where the numbers of sentences and formulas differ
(executing the formulas needs no alignment with the sentences) and where a formula is broken (then not even the gold
symbol solves the item). Training rows whose sentences and formulas do not pair up are rejected. Rows of a story repeat
its premises once per conclusion: in train, whose conclusions have no formulas, these are duplicates.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from collection.sources.base import (
    Example,
    Licence,
    Prompt,
    Reason,
    Rejected,
    Row,
    Source,
    Upstream,
    require,
)
from collection.sources.row_files import read_jsonl_rows
from symbol_llm.record import Split

_FILES = {
    Split.TRAIN: ("data/v0.0/folio-train.jsonl", "folio_v2_train.jsonl"),
    Split.TEST: ("data/v0.0/folio-validation.jsonl", "folio_v2_validation.jsonl"),
}
_LABELS = {"True": "True", "False": "False", "Unknown": "Uncertain", "Uncertain": "Uncertain"}


class Folio(Source):
    """Sentences to first-order logic; the label of the conclusion is the answer."""

    task = "folio"
    format = "fol"
    family = "FOL"
    licence = Licence("CC-BY-SA-4.0", True)
    upstream = Upstream(
        dataset="folio",
        url="https://github.com/Yale-LILY/FOLIO",
        revision="v0.0",
        citation="Han et al. 2022. FOLIO: Natural Language Reasoning with First-Order Logic. arXiv:2209.00840.",
        sizes={"train": 1004, "test": 204},
    )
    prompt = Prompt(
        instructions=(
            "Translate each sentence into a formula of first-order logic, one per line.",
            "Write the first-order logic for these sentences, one formula for each line.",
            "Formalise the sentences in first-order logic. Keep their order, a formula per line.",
            "Give a first-order formula for every sentence, line by line.",
            "Express what each line says as a formula with quantifiers and predicates.",
            "Turn the statements into first-order logic, one line for one statement.",
            "For each of the sentences, write the corresponding logical formula on its own line.",
            "Convert the text into first-order formulas, sentence by sentence.",
            "Represent the sentences in predicate logic. Each line becomes one formula.",
            "Read the sentences and state them as a theory of first-order logic, a formula per line.",
        ),
        input_label="The sentences are:",
        cue="The corresponding first-order formulas are:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The rows of each split's file. Raises FilesMissing if there is neither."""
        found = require(folder, *(name for names in _FILES.values() for name in names))
        for split, names in _FILES.items():
            for path in [folder / name for name in names if folder / name in found][:1]:
                yield from read_jsonl_rows(path, folder, split)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        problem = _malformed(row.data)
        if problem:
            return Rejected(Reason.MALFORMED_ROW, problem)
        sentences, formulas = _texts(row.data["premises"]), _texts(row.data["premises-FOL"])
        if not any(sentences):
            return Rejected(Reason.EMPTY_INPUT, "the row has no premises")
        if row.split is Split.TRAIN and len(sentences) != len(formulas):
            return Rejected(Reason.MISALIGNED, f"{len(sentences)} premises, {len(formulas)} formulas")
        if not any(formulas) or (row.split is Split.TRAIN and not all(formulas)):
            return Rejected(Reason.EMPTY_SYMBOL, "a premise has an empty formula")
        group = f"story-{row.data['story_id']}" if "story_id" in row.data else f"story-{_digest(sentences)}"
        conclusion = " ".join(row.data.get("conclusion-FOL", "").split())
        answer = None
        if conclusion:
            sentences.append(" ".join(row.data["conclusion"].split()))
            formulas.append(conclusion)
            answer = _LABELS[row.data["label"]]
        return Example(input="\n".join(sentences), completion="\n".join(formulas), answer=answer, group=group)


def _malformed(data: Any) -> str:
    """What is wrong with a row, or an empty text."""
    if not isinstance(data, dict):
        return "the row is no JSON object"
    for key in ("premises", "premises-FOL"):
        value = data.get(key)
        if not isinstance(value, str | list) or not all(isinstance(text, str) for text in value):
            return f"{key} is neither a text nor a list of texts"
    if not all(isinstance(data.get(key, ""), str) for key in ("conclusion", "conclusion-FOL")):
        return "the conclusion is no text"
    if "conclusion-FOL" in data and not data.get("conclusion"):
        return "the conclusion has a formula but no sentence"
    return "" if data.get("label") in _LABELS else f"unknown label {data.get('label')!r}"


def _texts(value: str | list[str]) -> list[str]:
    """The sentences or formulas, each on one line."""
    return [" ".join(text.split()) for text in (value.strip().split("\n") if isinstance(value, str) else value)]


def _digest(sentences: list[str]) -> str:
    return hashlib.sha256("\n".join(sentences).encode("utf-8", "surrogatepass")).hexdigest()[:12]


FOLIO = Folio()
