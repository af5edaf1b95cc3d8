"""The table of tasks, in the paper's order: task name -> where its source is defined.

Generated sources come last; they need no raw files. A module is imported when its task is asked for.
"""

from __future__ import annotations

import importlib
from functools import cache

from collection.sources.base import Source
from symbol_llm.errors import unknown_name

SOURCES: dict[str, str] = {
    # Planning
    "blocksworld": "collection.sources.llm_pddl:BLOCKSWORLD",
    "termes": "collection.sources.llm_pddl:TERMES",
    "floortile": "collection.sources.llm_pddl:FLOORTILE",
    "grippers": "collection.sources.llm_pddl:GRIPPERS",
    # SQL
    "spider": "collection.sources.spider:SPIDER",
    "sparc": "collection.sources.sparc:SPARC",
    "cosql": "collection.sources.cosql:COSQL",
    # Knowledge bases
    "webqsp": "collection.sources.webqsp:WEBQSP",
    "grailqa": "collection.sources.grailqa:GRAILQA",
    "compwebq": "collection.sources.compwebq:COMPWEBQ",
    # AMR
    "amr3": "collection.sources.amr_ldc:AMR3",
    "amr2": "collection.sources.amr_ldc:AMR2",
    "bioamr": "collection.sources.amr_bio:BIOAMR",
    # Ontology
    "tekgen": "collection.sources.tekgen:TEKGEN",
    "webnlg": "collection.sources.webnlg:WEBNLG",
    # API calls
    "mtop": "collection.sources.mtop:MTOP",
    "topv2": "collection.sources.topv2:TOPV2",
    "nlmaps": "collection.sources.nlmaps:NLMAPS",
    # Command, code
    "scan": "collection.sources.scan:SCAN",
    "nl2bash": "collection.sources.nl2bash:NL2BASH",
    "nl2rx": "collection.sources.nl_rx:NL2RX",
    "nl2python": "collection.sources.nl2python:NL2PYTHON",
    "nl2java": "collection.sources.nl2java:NL2JAVA",
    "nl2go": "collection.sources.nl2go:NL2GO",
    # First-order logic
    "folio": "collection.sources.folio:FOLIO",
    "malls": "collection.sources.malls:MALLS",
    "logicnli": "collection.sources.logicnli:LOGICNLI",
    # Visual reasoning
    "gqa": "collection.sources.gqa:GQA",
    "clevr": "collection.sources.clevr:CLEVR",
    "geometry3k": "collection.sources.geometry3k:GEOMETRY3K",
    # Mathematics
    "gsm8k_code": "collection.sources.gsm8k:GSM8K_CODE",
    "aqua_code": "collection.sources.aqua:AQUA_CODE",
    "math_code": "collection.sources.hendrycks_math:MATH_CODE",
    # AI for science
    "chebi20": "collection.sources.chebi20:CHEBI20",
    # More of the same languages, beside the paper's 34
    "nl2python_conala": "collection.sources.nl2python:NL2PYTHON_CONALA",
    "nl2python_mbpp": "collection.sources.nl2python:NL2PYTHON_MBPP",
    "nl2python_mbxp": "collection.sources.nl2python:NL2PYTHON_MBXP",
    "nl2java_concode": "collection.sources.nl2java:NL2JAVA_CONCODE",
    "nl2java_mbxp": "collection.sources.nl2java:NL2JAVA_MBXP",
    "wikisql": "collection.sources.wikisql:WIKISQL",
    "proofwriter": "collection.sources.proofwriter:PROOFWRITER",
    "planbench": "collection.sources.planbench:PLANBENCH",
    "little_prince": "collection.sources.amr_little_prince:LITTLE_PRINCE",
    # Written by a model and verified by a solver: symbol-llm distill
    "gsm8k_code_distilled": "collection.sources.distilled:GSM8K_CODE",
    "aqua_code_distilled": "collection.sources.distilled:AQUA_CODE",
    "math_code_distilled": "collection.sources.distilled:MATH_CODE",
    "proofwriter_distilled": "collection.sources.distilled:PROOFWRITER",
    "wikitablequestions_distilled": "collection.sources.distilled:WIKITABLEQUESTIONS",
    "blocksworld_generated_distilled": "collection.sources.distilled:BLOCKSWORLD_GENERATED",
    "stories_distilled": "collection.sources.distilled:STORIES",
    # General instructions
    "flan": "collection.sources.flan:FLAN",
    "cot": "collection.sources.cot:COT",
    "codealpaca": "collection.sources.alpaca:CODEALPACA",
    "evol_instruct": "collection.sources.evol_instruct:EVOL_INSTRUCT",
    "alpaca": "collection.sources.alpaca:ALPACA",
    "dolly": "collection.sources.dolly:DOLLY",
    "oasst": "collection.sources.oasst:OASST",
    "sharegpt": "collection.sources.sharegpt:SHAREGPT",
    "openorca": "collection.sources.openorca:OPENORCA",
    # Generated: no files needed
    "blocksworld_generated": "collection.sources.blocksworld_generated:BLOCKSWORLD_GENERATED",
    "grippers_generated": "collection.sources.grippers_generated:GRIPPERS_GENERATED",
    "scan_generated": "collection.sources.scan_generated:SCAN_GENERATED",
    "clevr_generated": "collection.sources.clevr_generated:CLEVR_GENERATED",
    "stories": "collection.sources.stories:STORIES",
    "theories": "collection.sources.theories:THEORIES",
    "letters": "collection.sources.letters:LETTERS",
    "tables": "collection.sources.tables:TABLES",
    "procedures_natural": "collection.sources.procedures:PROCEDURES_NATURAL",
    "procedures_graph": "collection.sources.procedures:PROCEDURES_GRAPH",
    "procedures_code": "collection.sources.procedures:PROCEDURES_CODE",
    "procedures_to_graph": "collection.sources.procedures:PROCEDURES_TO_GRAPH",
    "general": "collection.sources.general:GENERAL",
}

# Other settings of the same datasets. Their rows repeat those of a task above, so a build takes them only by name:
# symbol-llm collect build --tasks mtop_all
VARIANTS: dict[str, str] = {
    "mtop_all": "collection.sources.mtop:MTOP_ALL",  # six languages
    "topv2_10spis": "collection.sources.topv2:TOPV2_10SPIS",  # low-resource splits, samples per intent and slot
    "topv2_25spis": "collection.sources.topv2:TOPV2_25SPIS",
    "topv2_50spis": "collection.sources.topv2:TOPV2_50SPIS",
    "topv2_100spis": "collection.sources.topv2:TOPV2_100SPIS",
    "topv2_250spis": "collection.sources.topv2:TOPV2_250SPIS",
    "topv2_500spis": "collection.sources.topv2:TOPV2_500SPIS",
    "topv2_1000spis": "collection.sources.topv2:TOPV2_1000SPIS",
    "nlmaps_de": "collection.sources.nlmaps:NLMAPS_DE",  # the German questions
    "geometry3k_dissolved": "collection.sources.geometry3k:GEOMETRY3K_DISSOLVED",  # with the diagram's forms
}
BY_NAME = {**SOURCES, **VARIANTS}


@cache
def get(task: str) -> Source:
    """The source of a task. Raises UserError for an unknown name."""
    if task not in BY_NAME:
        raise unknown_name("task", task, BY_NAME, "symbol-llm collect list")
    module, attribute = BY_NAME[task].split(":")
    return getattr(importlib.import_module(module), attribute)
