"""Records for the eye: ``symbol-llm collect show gsm8k_code 1 --out OUT``.

    ── gsm8k_code-train-1f0c…  1
       math_program · train · existing · MIT (commercial use allowed)
       main/train.jsonl, row 0 · instruction 4/0-shot
       CPython 3.11.7 accepted it
    prompt
    │ Write a Python program …
    │ The problem is: …
    completion
    │ def solution():
    │     …
    answer
    │ 72

Every line of a text stands behind a bar, so that line ends and blank lines show; what a terminal would obey is escaped.
Rows that were left out are shown the same way, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

import orjson

from symbol_llm.record import Record

T = TypeVar("T")
_WORLD_SHOWN = 400  # characters of a database or a scene


def pick(items: Iterable[T], number: int, *, skip: int = 0) -> list[T]:
    """The first ``number`` items after ``skip`` others."""
    return list(islice(items, skip, skip + number))


def shown(record: Record, number: int, *, colour: bool = False, everything: bool = False) -> str:
    """One record in lines. ``everything`` adds its parts, the canonical form, the world whole and how it was proved."""
    return "\n".join(_lines(record, number, _Style(colour), everything)) + "\n"


def shown_reject(entry: dict[str, Any], number: int, *, colour: bool = False) -> str:
    """A line of ``rejects/<task>.jsonl``: a row that did not become a record, a duplicate or a leak."""
    return "\n".join(_reject_lines(entry, number, _Style(colour))) + "\n"


class _Style:
    """The escapes for a terminal, or none."""

    def __init__(self, colour: bool) -> None:
        self.bold, self.dim, self.plain = ("\033[1m", "\033[2m", "\033[0m") if colour else ("", "", "")


def _lines(record: Record, number: int, style: _Style, everything: bool) -> Iterator[str]:
    use = "commercial use allowed" if record.commercial else "not for commercial use"
    verdict = {True: "accepted it", False: "refused it", None: "could not tell"}[record.accepted]
    source = record.source
    about = [f"{source.file}, row {source.row}", f"instruction {record.template}"]
    about += [f"group {record.group}"] * bool(record.group)
    yield f"{style.bold}── {record.id}{style.plain}  {number}"
    yield f"{style.dim}   {record.format} · {record.split} · {record.origin} · {_line(record.licence)} ({use})"
    yield f"   {_line(' · '.join(about))}"
    yield f"   {_line(record.engine) or 'no engine'} {verdict}{style.plain}"
    yield from _text("prompt", record.prompt, style)
    yield from _text("completion", record.completion, style, is_bold=True)
    if record.answer is not None:
        yield from _text("answer", _plainly(record.answer), style)
    if everything:
        for name in ("instruction", "context", "input", "canonical"):
            yield from _text(name, getattr(record, name), style)
    if record.world is not None:
        yield from _text("world (for the solver, not in the prompt)", _cut(record.world, everything), style)
    if record.parent is not None:
        yield from _text("parent", "\n".join(filter(None, (record.parent, record.proof))), style)


def _reject_lines(entry: dict[str, Any], number: int, style: _Style) -> Iterator[str]:
    record = entry.get("record")  # of duplicates, leaks, and renamings that were not proved
    if record:
        file, row, split = record["source"]["file"], record["source"]["row"], record["split"]
    else:
        file, row, split = entry.get("file", ""), entry.get("row", ""), entry.get("split", "")
    of = entry.get("of") or entry.get("parent")
    yield f"{style.bold}── {entry['reason']}{f' of {of}' if of else ''}{style.plain}  {number}"
    yield f"{style.dim}   {_line(f'{file}, row {row} · {split}')}{style.plain}"
    if entry.get("detail"):
        yield from _text("detail", entry["detail"], style)
    if record:
        yield from _text("prompt", record["prompt"], style)
        yield from _text("completion", record["completion"], style, is_bold=True)
        return
    if entry.get("symbol"):
        yield from _text("symbol", entry["symbol"], style, is_bold=True)
    data = orjson.dumps(entry.get("data"), option=orjson.OPT_INDENT_2).decode()
    yield from _text("row", data, style)


def _text(name: str, text: str, style: _Style, *, is_bold: bool = False) -> Iterator[str]:
    """A named text, each line behind a bar. A last line end adds no line: prompts have one."""
    yield f"{style.dim}{name}{style.plain}"
    for line in text.removesuffix("\n").split("\n"):
        yield f"{style.dim}│{style.plain} {style.bold * is_bold}{_line(line)}{style.plain * is_bold}"


def _line(text: str) -> str:
    """Text for one line: whatever is not printable, but a tab, as its escape."""
    return "".join(c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in text)


def _plainly(answer: str) -> str:
    """A gold answer: a JSON string as its text, any other value as JSON."""
    value = orjson.loads(answer)
    return value if isinstance(value, str) else answer


def _cut(world: str, everything: bool) -> str:
    if everything or len(world) <= _WORLD_SHOWN:
        return world
    return f"{world[:_WORLD_SHOWN]}… ({len(world):,} characters; --all shows them)"
