"""Asking for a format loads no heavy library: those wait until an engine is needed."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = (
    "automata clingo datasets math_verify matplotlib networkx numpy pandas penman pyarrow rapidfuzz rdflib rdkit "
    "sacrebleu scipy selfies smatch sqlglot sympy torch transformers tree_sitter z3"
)
_LOADED = """
import json, sys
from symbol_llm.formats import FORMATS, get
loaded = {}
for name in FORMATS:
    before = set(sys.modules)
    get(name)
    loaded[name] = sorted(set(sys.modules) - before)
print(json.dumps(loaded))
"""


def test_formats_load_no_heavy_library() -> None:
    done = subprocess.run([sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout)
    assert loaded["fol"] and loaded["sql"], "modules are counted where they are first loaded"
    assert {name: found for name, modules in loaded.items() if (found := set(HEAVY.split()) & set(modules))} == {}
