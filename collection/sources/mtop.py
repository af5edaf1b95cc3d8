"""MTOP: requests to an assistant in eleven domains and six languages, with the calls that carry them out.

Upstream's ``mtop/<language>/{train,eval,test}.txt`` have eight cells a line: id, intent, slots, utterance, domain,
locale, decoupled form, tokens.

    42⇥IN:GET_WEATHER⇥20:24:SL:LOCATION⇥What's it like in Rome?⇥weather⇥en_XX
      ⇥[IN:GET_WEATHER [SL:LOCATION Rome ] ]⇥{"tokens": ["What", "'s", "it", "like", "in", "Rome", "?"], …}

becomes input "What 's it like in Rome ?" (the tokens, since the words of the form are tokens; the utterance as typed
where there are none), the decoupled form as completion, group "42", and as definitions all intents and slots of the
domain. The repack of XSemPLR, ``{train,dev,test}.json``, has the utterances that exist in all languages:

    {"id": "42", "question": {"en": "…", "de": "…"}, "mr": {"slot_intent": {"en": "[IN:GET_WEATHER …", "de": "…"}}}

It does not tell the domain: that is looked up by id in upstream's files, and where those are not here, the inventory is
that of all domains. One row per record and language; Task ``mtop`` is English, ``mtop_all`` all six. Files of other
languages are not read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream
from collection.sources.task_oriented import Inventory, read_cells
from collection.sources.upstream_files import UpstreamFile, upstream_files
from symbol_llm.errors import UserError
from symbol_llm.formats.base import Context
from symbol_llm.record import Split

LANGUAGES = ("en", "de", "es", "fr", "hi", "th")
_SPLITS = {"train": Split.TRAIN, "eval": Split.VALIDATION, "dev": Split.VALIDATION, "test": Split.TEST}


class Mtop(Source):
    format = "top"
    family = "API"
    licence = Licence("CC-BY-SA-4.0", True)
    prompt = Prompt(
        instructions=(
            "Turn the request into a call, using only the intents and slots listed below.",
            "Write the API call that carries out the request. Fill its slots with words of the request.",
            "Translate the request for an assistant into a nested call in brackets.",
            "Which call does the user ask for? Give it with all its arguments.",
            "Parse the request: an intent, and inside of it the slots with their values.",
            "Choose from the candidate calls the one that is asked for, and state its arguments.",
            "Express what the user wants as a tree of intents (IN) and slots (SL).",
            "Map the request to one of the calls that an assistant can make.",
            "Give the meaning of the request in brackets, without the words that carry no argument.",
            "Convert the sentence to a call. Every argument is copied from the sentence.",
        ),
        definitions_label="The calls (IN) and their arguments (SL):",
        input_label="The request is:",
        cue="The corresponding call is:",
    )

    def __init__(self, task: str = "mtop", languages: tuple[str, ...] = ("en",)) -> None:
        self.task, self.languages = task, languages
        self.upstream = Upstream(
            dataset="mtop",
            url="https://fb.me/mtop_dataset",
            revision="2021 release",
            citation=(
                "Haoran Li, Abhinav Arora, Shuohui Chen, Anchit Gupta, Sonal Gupta and Yashar Mehdad. 2021. MTOP: A "
                "Comprehensive Multilingual Task-Oriented Semantic Parsing Benchmark. EACL."
            ),
            sizes={"train": 15_667, "validation": 2_235, "test": 4_386} if languages == ("en",) else {},
        )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """Upstream's files, then XSemPLR's. The inventory of each domain is read first.

        XSemPLR's row i of a file is record i // n in language i % n, of n languages.
        """
        pattern = rf"(?:{'|'.join(self.languages)})/(?:train|eval|test)\.txt|(?:xsemplr_)?(?:train|dev|test)\.json"
        with upstream_files(folder, pattern, "en/train.txt, en/eval.txt, en/test.txt; or XSemPLR's dev.json") as files:
            inventory = Inventory()
            domains: dict[str, str] = {}  # of the rows of upstream's files, by id
            # ``….txt`` first: XSemPLR's rows need the domains.
            ordered = sorted(files.items(), key=lambda item: item[0].endswith(".json"))
            for name, file in ordered:
                for _, row in self._rows(name, file):
                    if not isinstance(row, Rejected) and isinstance(row["symbol"], str):
                        domain = domains.setdefault(row["id"], row["domain"])
                        inventory.add(row["domain"] or domain, row["symbol"])
            for name, file in ordered:
                split = _SPLITS[name.rpartition("/")[2].removeprefix("xsemplr_").partition(".")[0]]
                for index, row in self._rows(name, file):
                    if not isinstance(row, Rejected):
                        row["domain"] = row["domain"] or domains.get(row["id"], "")
                        row["definitions"] = inventory.definitions(row["domain"] or None)
                    yield Row(file.name, index, split, row)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        data = row.data
        if data["symbol"] is None:
            return Rejected(Reason.NO_LABEL, f"there is no form in the language {data['language']}")
        if not data["utterance"].strip():
            return Rejected(Reason.EMPTY_INPUT, "the utterance is empty")
        if not data["symbol"].strip():
            return Rejected(Reason.EMPTY_SYMBOL, "the decoupled form is empty")
        return Example(
            input=data["utterance"].strip(),
            completion=data["symbol"].strip(),
            context=Context(data["definitions"]),
            group=data["id"],
        )

    def _rows(self, name: str, file: UpstreamFile) -> Iterator[tuple[int, dict[str, Any] | Rejected]]:
        return _upstream_rows(file) if name.endswith(".txt") else _xsemplr_rows(file, self.languages)


def _upstream_rows(file: UpstreamFile) -> Iterator[tuple[int, dict[str, Any] | Rejected]]:
    for index, cells in read_cells(file):
        if isinstance(cells, Rejected):
            yield index, cells
        elif len(cells) != 8:
            yield index, Rejected(Reason.MALFORMED_ROW, f"line {index + 1} has {len(cells)} cells, not 8")
        else:
            identity, _, _, utterance, domain, locale, symbol, tokens = cells
            words = _tokens(tokens)
            if words is None:
                yield index, Rejected(Reason.MALFORMED_ROW, f"line {index + 1}: the last cell is no JSON of tokens")
                continue
            yield (
                index,
                {
                    "id": identity,
                    "language": locale.partition("_")[0],
                    "domain": domain,
                    "utterance": " ".join(words) or utterance,
                    "symbol": symbol,
                },
            )


def _tokens(cell: str) -> list[str] | None:
    """The tokens of the last cell; none where it is empty; None where it is not in the format."""
    if not cell.strip():
        return []
    try:
        tokens = json.loads(cell)["tokens"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return tokens if isinstance(tokens, list) and all(isinstance(token, str) for token in tokens) else None


def _xsemplr_rows(file: UpstreamFile, languages: tuple[str, ...]) -> Iterator[tuple[int, dict[str, Any] | Rejected]]:
    records = file.read_json()
    if not isinstance(records, list):
        raise UserError(f"{file.name}: not XSemPLR's list of records. Is it upstream's file?")
    for number, record in enumerate(records):
        for place, language in enumerate(languages):
            yield number * len(languages) + place, _xsemplr_row(record, language)


def _xsemplr_row(record: Any, language: str) -> dict[str, Any] | Rejected:
    try:
        identity, utterance = record["id"], record["question"].get(language, "")
        symbol = record["mr"]["slot_intent"].get(language)
    except (KeyError, TypeError, AttributeError) as error:
        return Rejected(Reason.MALFORMED_ROW, f"not a record of XSemPLR: {error!r}")
    if not isinstance(identity, str) or not isinstance(utterance, str) or not isinstance(symbol, str | None):
        return Rejected(Reason.MALFORMED_ROW, "id, question and slot_intent are not all texts")
    return {"id": identity, "language": language, "domain": "", "utterance": utterance, "symbol": symbol}


MTOP = Mtop()
MTOP_ALL = Mtop("mtop_all", LANGUAGES)
