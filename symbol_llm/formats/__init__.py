"""The symbolic languages, one file each. ``get("fol")`` gives the one format object of its language.

A format's module is imported when it is asked for, so that listing names costs nothing.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

from symbol_llm.errors import unknown_name
from symbol_llm.formats.base import EMPTY, Context, Format, Name, Score, Verdict

# format name -> module:class
FORMATS: dict[str, str] = {
    "sql": "symbol_llm.formats.sql:Sql",
    "scan": "symbol_llm.formats.scan:Scan",
    "bash": "symbol_llm.formats.bash:Bash",
    "regex": "symbol_llm.formats.regex:Regex",
    "fol": "symbol_llm.formats.fol:Fol",
    "clevr": "symbol_llm.formats.clevr:Clevr",
    "math_program": "symbol_llm.formats.math_program:MathProgram",
    "pddl": "symbol_llm.formats.pddl:Pddl",
    "smiles": "symbol_llm.formats.smiles:Smiles",
    "text": "symbol_llm.formats.text:Text",
}

__all__ = ["EMPTY", "FORMATS", "Context", "Format", "Name", "Score", "Verdict", "get"]


@cache
def get(name: str) -> Format[Any]:
    """The format object of a language. Raises UserError for an unknown name."""
    if name not in FORMATS:
        raise unknown_name("format", name, FORMATS, "symbol-llm format list")
    module, attribute = FORMATS[name].split(":")
    return getattr(importlib.import_module(module), attribute)()
