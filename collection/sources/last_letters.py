"""Last letters of Kojima et al. 2022: four names, and the letters that end them.

    dataset/last_letters/last_letters.json
    {"examples": [{"question": "Take the last letters of each words in \\"Ann Bob Cleo Max\\" and concatenate them.",
                   "answer": "nbox"}, …]}
    →   input       the question
        completion  def solution():⏎    return "".join(word[-1] for word in "Ann Bob Cleo Max".split())
        answer      "nbox"

A benchmark of delegation, not a task of the collection: all rows are test rows. In about three of a hundred rows a name
is two words ("Jose Antonio"), and upstream takes its last letter alone: the words of the question have five last
letters, the answer has four. The program reads the question as it stands, so it does not give these answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream, require
from collection.sources.json_array import read_json_array
from collection.sources.letters import LETTERS
from symbol_llm.record import Split

_FILE = "dataset/last_letters/last_letters.json"
_NAMES = re.compile(r'Take the last letters of (?:each|the) words in "([^"]+)" and concatenate them\.')


class LastLetters(Source):
    task = "last_letters"
    format = "math_program"
    family = "Symbolic"
    licence = Licence("none stated", False)
    upstream = Upstream(
        dataset="last_letters",
        url="https://github.com/kojima-takeshi188/zero_shot_cot",
        revision="5ef330f",
        citation="Kojima et al. 2022. Large Language Models are Zero-Shot Reasoners. NeurIPS. After Wei et al. 2022.",
        sizes={"test": 500},
    )
    prompt: Prompt = LETTERS.prompt

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The examples of the one file. Raises FilesMissing if it is not there."""
        for path in require(folder, _FILE):
            for index, data in enumerate(read_json_array(path, "examples")):
                yield Row(_FILE, index, Split.TEST, data)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        data = row.data
        if not isinstance(data, dict) or not all(isinstance(data.get(key), str) for key in ("question", "answer")):
            return Rejected(Reason.MALFORMED_ROW, 'an example needs the texts "question" and "answer"')
        question = data["question"].strip()
        if not question:
            return Rejected(Reason.EMPTY_INPUT, "the question is empty")
        if not data["answer"].strip():
            return Rejected(Reason.NO_LABEL, "the answer is empty")
        names = _NAMES.fullmatch(question)
        body = f'return "".join(word[-1] for word in "{names[1]}".split())' if names and "\\" not in names[1] else ""
        program = f"def solution():\n    {body}" if body else ""
        return Example(input=question, completion=program, answer=data["answer"].strip())


LAST_LETTERS = LastLetters()
