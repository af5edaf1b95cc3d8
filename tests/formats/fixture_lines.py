"""Reading the plain-text fixtures of a format: one case a line, ``⏎`` for a newline, ``␀`` for a NUL byte.

    fixtures/<format>/valid.txt     symbols that parse and that the engine accepts
    fixtures/<format>/invalid.txt   symbols that do not parse, or (after a tab and "engine") only the engine refuses
    fixtures/<format>/equal.tsv     a <tab> b: same canonical form
    fixtures/<format>/distinct.tsv  a <tab> b: different canonical forms, provably not equivalent
    fixtures/<format>/definitions.txt and world.json   the context of all lines, where the language needs one
Lines that begin with "# " are comments.
"""

from __future__ import annotations

import json
from pathlib import Path

from symbol_llm.formats import Context

FOLDER = Path(__file__).parent / "fixtures"


def _decode(text: str) -> str:
    return text.replace("⏎", "\n").replace("␀", "\0")


def lines(name: str, file: str) -> list[str]:
    text = (FOLDER / name / file).read_text(encoding="utf-8")
    return [_decode(line) for line in text.split("\n") if line and not line.startswith("# ")]


def pairs(name: str, file: str) -> list[tuple[str, str]]:
    rows = [line.split("\t") for line in lines(name, file)]
    assert all(len(row) == 2 for row in rows), f"{name}/{file}: two columns a line"
    return [(a, b) for a, b in rows]


def context(name: str) -> Context:
    definitions, world = FOLDER / name / "definitions.txt", FOLDER / name / "world.json"
    return Context(
        definitions.read_text(encoding="utf-8") if definitions.exists() else "",
        json.loads(world.read_text(encoding="utf-8")) if world.exists() else {},
        FOLDER / name,
    )
