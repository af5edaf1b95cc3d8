"""What Logic-LM's files have in common: a context, a question, lettered options, and the letter of the answer.

```
{"context": …, "question": "Is the following statement true or false? Max is sour.",
 "options": ["A) True", "B) False"], "answer": "B"}        the answer is option "False"
```
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from collection.sources.base import Reason, Rejected

_OPTION = re.compile(r"(?P<letter>[A-Z])\) ?(?P<text>.+)", re.DOTALL)


class TextFields(NamedTuple):
    """Context and question, blanks and line breaks made single blanks."""

    context: str
    question: str


def text_fields(data: Any) -> TextFields | Rejected:
    """The texts of a row, or what is wrong with it."""
    names = ("id", "context", "question", "answer")
    if not isinstance(data, dict) or not all(isinstance(data.get(name), str) for name in names):
        return Rejected(Reason.MALFORMED_ROW, f"expected text in {', '.join(names)}")
    fields = TextFields(*(" ".join(data[name].split()) for name in ("context", "question")))
    return fields if all(fields) else Rejected(Reason.EMPTY_INPUT, "the context or the question is empty")


def lettered_options(data: Any) -> dict[str, str] | Rejected:
    """The options by their letters, in order."""
    options = data.get("options")
    if not isinstance(options, list) or not all(isinstance(option, str) for option in options):
        return Rejected(Reason.MALFORMED_ROW, "the row has no list of options")
    found: dict[str, str] = {}
    for option in options:
        match = _OPTION.fullmatch(option.strip())
        if match is None or match["letter"] in found:
            return Rejected(Reason.MALFORMED_ROW, f"{option!r} is no option with a letter of its own")
        found[match["letter"]] = " ".join(match["text"].split())
    return found


def labelled_option(data: Any) -> str | Rejected:
    """The text of the option that the answer names."""
    options = lettered_options(data)
    if isinstance(options, Rejected):
        return options
    if not data["answer"]:
        return Rejected(Reason.NO_LABEL, "the answer is empty")
    if data["answer"] not in options:
        return Rejected(Reason.MALFORMED_ROW, f"{data['answer']!r} is none of the options")
    return options[data["answer"]]


def asked_after(question: str, lead: str) -> str | None:
    """What stands after the fixed words that a question begins with, or None if it does not."""
    return question.removeprefix(lead).strip() if question.startswith(lead) else None
