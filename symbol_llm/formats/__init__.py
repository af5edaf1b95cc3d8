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
    "kb_sexpr": "symbol_llm.formats.kb_sexpr:KbSexpr",
    "sparql": "symbol_llm.formats.sparql:Sparql",
    "amr": "symbol_llm.formats.amr:Amr",
    "triples": "symbol_llm.formats.triples:Triples",
    "top": "symbol_llm.formats.top:Top",
    "nlmaps": "symbol_llm.formats.nlmaps:NlMaps",
    "scan": "symbol_llm.formats.scan:Scan",
    "bash": "symbol_llm.formats.bash:Bash",
    "regex": "symbol_llm.formats.regex:Regex",
    "python": "symbol_llm.formats.python:PythonCode",
    "java": "symbol_llm.formats.java:JavaCode",
    "go": "symbol_llm.formats.go:GoCode",
    "fol": "symbol_llm.formats.fol:Fol",
    "logic_program": "symbol_llm.formats.logic_program:LogicProgram",
    "gqa": "symbol_llm.formats.gqa:Gqa",
    "clevr": "symbol_llm.formats.clevr:Clevr",
    "geometry": "symbol_llm.formats.geometry:Geometry",
    "math_program": "symbol_llm.formats.math_program:MathProgram",
    "pddl": "symbol_llm.formats.pddl:Pddl",
    "smiles": "symbol_llm.formats.smiles:Smiles",
    "selfies": "symbol_llm.formats.selfies:Selfies",
    "graph": "symbol_llm.formats.graph:Graph",
    "latex_math": "symbol_llm.formats.latex_math:LatexMath",
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
