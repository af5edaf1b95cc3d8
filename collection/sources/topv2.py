"""TOPv2: requests to an assistant in eight domains, with the calls that carry them out.

    domain⇥utterance⇥semantic_parse
    alarm⇥Wake me at six⇥[IN:CREATE_ALARM Wake me [SL:DATE_TIME at six ] ]

becomes input "Wake me at six", the third cell as completion (coupled, as upstream writes it: all words stay in the
brackets), group "alarm", and as definitions all intents and slots of the domain.

Upstream repeats many rows exactly (a third of timer_train), which the builder removes. Tasks ``topv2_10spis`` to
``topv2_1000spis`` are upstream's low-resource splits with so many samples per intent and slot, whose third column is
headed ``seqlogical``, tested on the whole test files of their domains.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream
from collection.sources.task_oriented import Inventory, read_cells
from collection.sources.upstream_files import UpstreamFile, upstream_files
from symbol_llm.formats.base import Context
from symbol_llm.record import Split

_SPLITS = {"train": Split.TRAIN, "eval": Split.VALIDATION, "valid": Split.VALIDATION, "test": Split.TEST}
_HEADERS = (["domain", "utterance", "semantic_parse"], ["domain", "utterance", "seqlogical"])


class Topv2(Source):
    """All rows; or one low-resource setting, where ``spis`` says which."""

    format = "top"
    family = "API"
    licence = Licence("CC-BY-SA-4.0", True)
    prompt = Prompt(
        instructions=(
            "Mark the request with the calls and arguments listed below. Keep all of its words.",
            "Put the request into brackets: an intent around it, a slot around each argument.",
            "Bracket the words of the request with the intents and slots that they stand for.",
            "Turn the request into a tree of calls, with every word kept in its place.",
            "Annotate the request as a nested call. Intents begin with IN, slots with SL.",
            "Which call does the request ask for? Write it around the words of the request.",
            "Parse the request for an assistant: label what it wants and every detail it gives.",
            "Write the request as an API call in brackets, using only the labels given here.",
            "Find the intent of the request and its slots, and mark both in the text itself.",
            "Rewrite the request as a labelled tree that still holds each of its words.",
        ),
        definitions_label="The calls (IN) and their arguments (SL):",
        input_label="The request is:",
        cue="The corresponding call is:",
    )

    def __init__(self, task: str = "topv2", spis: int | None = None) -> None:
        self.task, self.spis = task, spis
        self.upstream = Upstream(
            dataset="topv2",
            url="https://fb.me/TOPv2Dataset",
            revision="v1.1",
            citation=(
                "Xilun Chen, Asish Ghoshal, Yashar Mehdad, Luke Zettlemoyer and Sonal Gupta. 2020. Low-Resource Domain "
                "Adaptation for Compositional Task-Oriented Semantic Parsing. EMNLP."
            ),
            sizes={} if spis else {"train": 124_597, "validation": 17_160, "test": 38_785},
        )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """One row per line, but for the headers. The inventory of each domain is read first."""
        if self.spis:
            pattern = rf"(?:[a-z]+)_(?:test|(?:train|valid)_{self.spis}spis)\.tsv"
        else:
            pattern = r"(?:[a-z]+)_(?:train|eval|test)\.tsv"
        with upstream_files(folder, pattern, "alarm_train.tsv, alarm_eval.tsv, …") as files:
            if self.spis:
                scarce = {name.split("_")[0] for name in files if name.endswith("spis.tsv")}
                files = {name: file for name, file in files.items() if name.split("_")[0] in scarce}
            inventory = Inventory()
            for file in files.values():
                for _, row in _rows(file):
                    if not isinstance(row, Rejected):
                        inventory.add(row["domain"], row["semantic_parse"])
            for name, file in files.items():
                split = _SPLITS[name.removesuffix(".tsv").split("_")[1]]
                for index, row in _rows(file):
                    if not isinstance(row, Rejected):
                        row["definitions"] = inventory.definitions(row["domain"])
                    yield Row(file.name, index, split, row)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        utterance, symbol = row.data["utterance"].strip(), row.data["semantic_parse"].strip()
        if not utterance:
            return Rejected(Reason.EMPTY_INPUT, "the second cell is empty")
        if not symbol:
            return Rejected(Reason.EMPTY_SYMBOL, "the third cell is empty")
        context = Context(row.data["definitions"])
        return Example(input=utterance, completion=symbol, context=context, group=row.data["domain"])


def _rows(file: UpstreamFile) -> Iterator[tuple[int, dict[str, str] | Rejected]]:
    for index, cells in read_cells(file):
        if isinstance(cells, Rejected):
            yield index, cells
        elif index == 0 and cells in _HEADERS:
            continue
        elif len(cells) != 3:
            yield index, Rejected(Reason.MALFORMED_ROW, f"line {index + 1} has {len(cells)} cells, not 3")
        else:
            yield index, {"domain": cells[0], "utterance": cells[1], "semantic_parse": cells[2]}


TOPV2 = Topv2()
TOPV2_10SPIS = Topv2("topv2_10spis", 10)
TOPV2_25SPIS = Topv2("topv2_25spis", 25)
TOPV2_50SPIS = Topv2("topv2_50spis", 50)
TOPV2_100SPIS = Topv2("topv2_100spis", 100)
TOPV2_250SPIS = Topv2("topv2_250spis", 250)
TOPV2_500SPIS = Topv2("topv2_500spis", 500)
TOPV2_1000SPIS = Topv2("topv2_1000spis", 1000)
