"""The delegation benchmarks, one file each, grouped in six scenes."""

from __future__ import annotations

import importlib

from eval.delegation.base import Benchmark
from symbol_llm.errors import unknown_name

# benchmark name -> module:class
BENCHMARKS: dict[str, str] = {
    "gsm8k": "eval.delegation.gsm8k:Gsm8k",
    "stories": "eval.delegation.stories:Stories",
    "letters": "eval.delegation.letters:Letters",
    "folio": "eval.delegation.folio:Folio",
    "theories": "eval.delegation.theories:Theories",
    "blocksworld": "eval.delegation.planning:Blocksworld",
    "termes": "eval.delegation.planning:Termes",
    "floortile": "eval.delegation.planning:Floortile",
    "grippers": "eval.delegation.planning:Grippers",
    "blocksworld_generated": "eval.delegation.planning:BlocksworldGenerated",
    "grippers_generated": "eval.delegation.planning:GrippersGenerated",
    "clevr": "eval.delegation.clevr:Clevr",
    "clevr_generated": "eval.delegation.clevr:ClevrGenerated",
    "spider": "eval.delegation.spider:Spider",
    "tables": "eval.delegation.tables:Tables",
}


def get(name: str) -> Benchmark:
    """The benchmark of that name. Raises UserError for an unknown name."""
    if name not in BENCHMARKS:
        raise unknown_name("benchmark", name, BENCHMARKS, "symbol-llm eval list")
    module, attribute = BENCHMARKS[name].split(":")
    return getattr(importlib.import_module(module), attribute)()
