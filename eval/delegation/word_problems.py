"""Arithmetic word problems beside GSM8K, solved by programs: one class a set, all of one shape.

    set          items   gold programs from            read from (folder under RAW)
    gsm_hard     1,319   upstream's own programs       gsm_hard
    svamp        1,000   the equation of the row       svamp
    asdiv        2,305   the formula, where it is one  asdiv
    addsub         395   the equation of the row       mawps_kojima, else mawps_pal (no gold programs there)
    singleeq       508   the equation of the row       mawps_kojima, else mawps_pal (no gold programs there)
    multiarith     600   the equation of the row       mawps_kojima, else mawps_pal (no gold programs there)
    singleop       562   none: PAL's file gives only answers   mawps_pal

Answers are numbers. Only ASDiv has others: texts ("Yes", "February 3rd"), compared as texts, and several values,
compared in their order. Published figures on ASDiv are mostly over a subset of 2,096 numeric answers.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from eval.delegation.base import Item
from eval.delegation.program_answers import NumberBenchmark
from symbol_llm.solvers.answers import judge
from symbol_llm.solvers.outcome import Solution

_SOURCES = "collection.sources.word_problems"


class GsmHard(NumberBenchmark):
    name = task = "gsm_hard"
    where = "collection.sources.gsm_hard:GSM_HARD"


class Svamp(NumberBenchmark):
    name = task = "svamp"
    where = f"{_SOURCES}:SVAMP"


class Asdiv(NumberBenchmark):
    name = task = "asdiv"
    where = f"{_SOURCES}:ASDIV"

    def judge(self, solution: Solution, item: Item) -> Solution:
        rule = "text" if isinstance(item.answer, str) else "list" if isinstance(item.answer, list) else "number"
        return judge(solution, item.answer, rule)


class Mawps(NumberBenchmark):
    """A set that two upstream folders have; either is enough."""

    folders: ClassVar[tuple[str, ...]] = ("mawps_kojima", "mawps_pal")

    def has_files(self, raw: Path | None) -> bool:
        return raw is not None and any((raw / name).is_dir() for name in self.folders)


class AddSub(Mawps):
    name = task = "addsub"
    where = f"{_SOURCES}:ADDSUB"


class SingleEq(Mawps):
    name = task = "singleeq"
    where = f"{_SOURCES}:SINGLEEQ"


class MultiArith(Mawps):
    name = task = "multiarith"
    where = f"{_SOURCES}:MULTIARITH"


class SingleOp(Mawps):
    name = task = "singleop"
    where = f"{_SOURCES}:SINGLEOP"
    no_gold = "PAL's file of SingleOp has answers without equations"
