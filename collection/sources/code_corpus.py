"""Code tasks that can be fed from several corpora: ``nl2python`` from CodeSearchNet, CoNaLa, MBPP or MBXP.

    NlToCode("nl2python", "python", CodeSearchNet("python"))
    NlToCode("nl2python_conala", "python", Conala())

Which corpora the paper used for NL2Python, NL2Java and NL2Go is not published. The tasks of these names read
CodeSearchNet, the one family that has all three languages; each other corpus has a task of its own. A corpus knows
its files and what a row says; a task adds the language and the words of the prompt.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream
from symbol_llm.formats.base import Context

LANGUAGES = {"python": "Python", "java": "Java", "go": "Go"}


class Pair(NamedTuple):
    """A description and its code. ``definitions`` tell what the code may use; ``group``: rows of one origin."""

    description: str
    code: str
    definitions: str = ""
    group: str = ""


class Corpus(ABC):
    """One collection of descriptions with code."""

    licence: Licence
    upstream: Upstream

    @abstractmethod
    def read(self, folder: Path) -> Iterator[Row]:
        """Rows in a fixed order. Raises UserError if the folder is not upstream's."""

    @abstractmethod
    def to_pair(self, data: Mapping[str, Any]) -> Pair | Rejected:
        """What a row, a JSON object, says."""


class NlToCode(Source):
    """Descriptions in English to code of one language ("python", "java", "go"), from one corpus."""

    family = "Code"

    def __init__(self, task: str, language: str, corpus: Corpus) -> None:
        self.task = task
        self.format = language
        self.corpus = corpus
        self.licence = corpus.licence
        self.upstream = corpus.upstream
        self.prompt = _prompt(LANGUAGES[language])

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        return self.corpus.read(folder)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        if not isinstance(row.data, dict):
            return Rejected(Reason.MALFORMED_ROW, f"a row must be an object, this is a {type(row.data).__name__}")
        pair = self.corpus.to_pair(row.data)
        if isinstance(pair, Rejected):
            return pair
        description = pair.description.strip()
        code = pair.code.replace("\r\n", "\n").replace("\r", "\n").strip("\n").rstrip()
        if not description:
            return Rejected(Reason.EMPTY_INPUT, "the description is empty")
        if not code:
            return Rejected(Reason.EMPTY_SYMBOL, "there is no code")
        return Example(input=description, completion=code, context=Context(pair.definitions), group=pair.group)


def texts(data: Mapping[str, Any], *names: str) -> tuple[str, ...] | Rejected:
    """Fields of a row that must be texts."""
    values = tuple(data.get(name) for name in names)
    missing = [name for name, value in zip(names, values) if not isinstance(value, str)]
    if missing:
        return Rejected(Reason.MALFORMED_ROW, f"no text under {', '.join(missing)}")
    return values  # type: ignore[return-value]  # all are texts


def _prompt(language: str) -> Prompt:
    return Prompt(
        instructions=(
            f"Write {language} code that does what is described.",
            f"Translate the description into {language}.",
            f"Implement the following in {language}.",
            f"Give the {language} code for this description.",
            f"Turn the sentence into {language} code.",
            f"Which {language} code fulfils this request?",
            f"Write the {language} code that the text asks for.",
            f"Express the request in {language}.",
            f"Program what is described, in {language}.",
            f"Read the description and write the {language} code for it.",
        ),
        definitions_label="The code can use these members of its class:",
        input_label="The description is:",
        cue=f"The corresponding {language} code is:",
    )
