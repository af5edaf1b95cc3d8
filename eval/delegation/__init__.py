"""The delegation benchmarks, one obvious place each, grouped in six scenes."""

from __future__ import annotations

import importlib

from eval.delegation.base import Benchmark
from symbol_llm.errors import unknown_name

# benchmark name -> module:class
BENCHMARKS: dict[str, str] = {
    # maths: Python
    "gsm8k": "eval.delegation.gsm8k:Gsm8k",
    "math": "eval.delegation.hendrycks_math:Math",
    "aqua": "eval.delegation.aqua:Aqua",
    "gsm_hard": "eval.delegation.word_problems:GsmHard",
    "svamp": "eval.delegation.word_problems:Svamp",
    "asdiv": "eval.delegation.word_problems:Asdiv",
    "addsub": "eval.delegation.word_problems:AddSub",
    "singleeq": "eval.delegation.word_problems:SingleEq",
    "singleop": "eval.delegation.word_problems:SingleOp",
    "multiarith": "eval.delegation.word_problems:MultiArith",
    "stories": "eval.delegation.stories:Stories",
    # symbolic reasoning: Python
    "colored_objects": "eval.delegation.big_bench:ColoredObjects",
    "penguins": "eval.delegation.big_bench:Penguins",
    "date": "eval.delegation.big_bench:Date",
    "object_counting": "eval.delegation.big_bench:ObjectCounting",
    "colored_objects_bbh": "eval.delegation.big_bench:ColoredObjectsBbh",
    "penguins_bbh": "eval.delegation.big_bench:PenguinsBbh",
    "date_bbh": "eval.delegation.big_bench:DateBbh",
    "last_letters": "eval.delegation.letters:LastLetters",
    "letters": "eval.delegation.letters:Letters",
    # logic: provers
    "folio": "eval.delegation.folio:Folio",
    "proofwriter": "eval.delegation.proofwriter:ProofWriter",
    "prontoqa": "eval.delegation.prontoqa:ProntoQA",
    "logical_deduction": "eval.delegation.logical_deduction:LogicalDeduction",
    "theories": "eval.delegation.theories:Theories",
    # planning: a planner
    "blocksworld": "eval.delegation.planning:Blocksworld",
    "termes": "eval.delegation.planning:Termes",
    "floortile": "eval.delegation.planning:Floortile",
    "grippers": "eval.delegation.planning:Grippers",
    "blocksworld_generated": "eval.delegation.planning:BlocksworldGenerated",
    "grippers_generated": "eval.delegation.planning:GrippersGenerated",
    # visual: executors of scene graphs and of geometry
    "clevr": "eval.delegation.clevr:Clevr",
    "closure": "eval.delegation.clevr:Closure",
    "gqa": "eval.delegation.gqa:Gqa",
    "geometry3k": "eval.delegation.geometry3k:Geometry3K",
    "clevr_generated": "eval.delegation.clevr:ClevrGenerated",
    # tables: SQLite
    "wikisql": "eval.delegation.wikisql:WikiSql",
    "wikitablequestions": "eval.delegation.wikitablequestions:WikiTableQuestions",
    "spider": "eval.delegation.spider:Spider",
    "tables": "eval.delegation.tables:Tables",
}


def get(name: str, shots: int = 0) -> Benchmark:
    """The benchmark of that name, with ``shots`` demonstrations in its prompts.

    Raises UserError for an unknown name, or for more shots than it has demonstrations.
    """
    if name not in BENCHMARKS:
        raise unknown_name("benchmark", name, BENCHMARKS, "symbol-llm eval list")
    module, attribute = BENCHMARKS[name].split(":")
    benchmark: Benchmark = getattr(importlib.import_module(module), attribute)()
    return benchmark.with_shots(shots)
