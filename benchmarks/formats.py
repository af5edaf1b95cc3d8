"""What the formats cost, beside their bare engines.

    python benchmarks/formats.py [--raw RAW] [--only sql,fol] [--count 100] [--rounds 7] [--json]

Checks: ``accepts`` reads a symbol strictly, asks the engine and says why not. Beside it the engine alone (``bare_…``
below), on the same symbols, in turns within one run; a ratio is the median over rounds of CPU time / CPU time, child
processes included. Both sides keep their engines; what is kept per symbol is forgotten before each pass.
"""

from __future__ import annotations

import argparse
import functools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from symbol_llm.console import emit, log, make_table
from symbol_llm.errors import EngineMissing, SymbolError, UserError
from symbol_llm.formats import FORMATS, Context, get

sys.path.append(str(Path(__file__).resolve().parent.parent))  # the fixtures are not installed
from tests.formats import fixture_lines

RATIO, LE_MS, REGEX_MS, IMPORT_MS = 1.5, 5.0, 10.0, 50.0  # the bars
_PASS_SECONDS = 0.05  # a pass shorter than this is repeated within a round
_PER_SYMBOL = 512  # caches of this size or more are keyed by symbols, smaller ones by schemas, scenes, definitions

Symbol = tuple[str, Context]
Check = Callable[[str, Context], Any]


# The bare engines. Each gives a function that returns something true, or raises, for one symbol.


def bare_sql() -> Check:
    """SQLite's EXPLAIN on an open database."""
    import sqlite3

    from symbol_llm.formats.sql_schema import schema_of

    opened: dict[int, sqlite3.Connection] = {}

    def check(text: str, context: Context) -> bool:
        if id(context) not in opened:
            schema = schema_of(context)
            assert schema is not None
            opened[id(context)] = sqlite3.connect(":memory:", cached_statements=0)
            opened[id(context)].executescript(";".join(schema.statements))
        opened[id(context)].execute("EXPLAIN " + text).close()
        return True

    return check


def bare_sparql() -> Check:
    """rdflib's parser and translation to algebra, of queries brought from Virtuoso's dialect to the standard before."""
    import logging

    from rdflib.plugins.sparql import prepareQuery

    logging.getLogger("rdflib").setLevel(logging.CRITICAL)  # it warns of every date that is only a year
    language = get("sparql")
    standard = functools.cache(lambda text: language.render(language.parse(text)))
    return lambda text, context: prepareQuery(standard(text))


def bare_amr() -> Check:
    """penman with the model of AMR."""
    from penman.codec import PENMANCodec
    from penman.models.amr import model

    return lambda text, context: PENMANCodec(model=model).decode(text)


def bare_bash() -> Check:
    """One ``bash -n`` a command."""
    command = ["bash", "-n"]
    return lambda text, context: not subprocess.run(command, input=text.encode(), capture_output=True).returncode


def bare_regex() -> Check:
    """automata-lib's own way: expression, NFA, DFA. It reads neither ~ nor \\b."""
    from automata.fa.dfa import DFA
    from automata.fa.nfa import NFA

    characters = frozenset(map(chr, range(32, 127)))

    def check(text: str, context: Context) -> DFA:
        if "~" in text or "\\" in text:
            raise ValueError(text)
        return DFA.from_nfa(NFA.from_regex(text, input_symbols=characters), minify=False)

    return check


def bare_python() -> Check:
    """CPython's compiler."""
    import warnings

    warnings.simplefilter("ignore", SyntaxWarning)
    return lambda text, context: compile(text, "<program>", "exec", dont_inherit=True)


def bare_tree_sitter(package: str) -> Check:
    import importlib

    import tree_sitter

    parser = tree_sitter.Parser(tree_sitter.Language(importlib.import_module(package).language()))
    return lambda text, context: parser.parse(text.encode()).root_node


def bare_fol() -> Check:
    """Z3's parser of SMT-LIB in this process, on formulas translated beforehand."""
    import z3

    from symbol_llm.formats.fol_parser import parse_theory
    from symbol_llm.formats.fol_smt import script

    scripts = functools.cache(lambda text: script(parse_theory(text)).text)
    return lambda text, context: z3.parse_smt2_string(scripts(text))


def bare_logic_program() -> Check:
    """clingo in this process, on programs translated beforehand: grounding and solving."""
    from symbol_llm.formats import logic_program_clingo as clingo
    from symbol_llm.formats.logic_program_parser import parse
    from symbol_llm.formats.logic_program_tree import Problem

    @functools.cache
    def job(text: str) -> tuple[str, str]:
        tree = parse(text)
        if isinstance(tree, Problem):
            return "cautious", clingo.problem_text(tree)
        return "model", clingo.program_text(tree)

    return lambda text, context: clingo.run(job(text)).outcome is None


def bare_math_program() -> Check:
    """A fresh interpreter for each program, without isolation."""

    def check(text: str, context: Context) -> bool:
        program = [sys.executable, "-I", "-c", text + "\nprint(solution())"]
        return not subprocess.run(program, capture_output=True).returncode

    return check


def bare_pddl() -> Check:
    """Fast Downward's translator in a warm process of its own. Plans, which it does not read, are left out."""
    from symbol_llm.solvers.fast_downward import TARGET
    from symbol_llm.solvers.outcome import Limits
    from symbol_llm.solvers.worker import Worker

    worker = Worker(TARGET)

    def check(text: str, context: Context) -> bool:
        start = text.split(";")[0] if text.startswith(";") else text
        if "(define" not in start.lower():
            raise ValueError("a plan")
        is_domain = "(domain" in text.lower()
        job = (text, None) if is_domain else (context.world["domain"], text)
        return worker.call(job, Limits()).answer is None

    return check


def bare_smiles() -> Check:
    from rdkit import Chem

    return lambda text, context: Chem.MolFromSmiles(text)


def bare_selfies() -> Check:
    """selfies decodes, RDKit sanitises."""
    import selfies
    from rdkit import Chem

    return lambda text, context: Chem.MolFromSmiles(selfies.decoder(text))


def bare_graph() -> Check:
    """networkx on Python's literals: no cycle, and the longest path."""
    import ast

    import networkx

    def check(text: str, context: Context) -> bool:
        following, durations = map(ast.literal_eval, text.split("\n"))
        graph = networkx.DiGraph(following)
        networkx.set_node_attributes(graph, durations, "time")
        return bool(networkx.dag_longest_path(graph))

    return check


def bare_latex_math() -> Check:
    """math-verify in this process."""
    from math_verify import LatexExtractionConfig, parse

    config = [LatexExtractionConfig(boxed_match_priority=0)]
    return lambda text, context: parse(f"$\\boxed{{{text}}}$", config, parsing_timeout=None)


_NAME = r"/[A-Za-z$][A-Za-z0-9_$]*/"
GRAMMARS = {
    "kb_sexpr": r"""
        start: "(" WORD item+ ")"
        ?item: start | WORD | QUOTED
        QUOTED: /"(?:[^"\\]|\\.)*"(\^\^[^\s()"]+)?/
        WORD: /[^\s()"]+/
        %ignore /\s+/""",
    "triples": r"""
        start: lines | calls
        lines: line ("\n" line)*
        line: PART " | " PART " | " PART
        calls: call (" | " call)*
        call: PART "(" PART "," PART ")"
        PART: /[^|(),\n]*[^|(),\n ]/""",
    "top": r"""
        start: "[" LABEL (WORD | start)* "]"
        LABEL.2: /(IN|SL):[A-Za-z0-9_]+/
        WORD: /[^\s\[\]]+/
        %ignore /\s+/""",
    "nlmaps": r"""
        start: WORD ["(" (start | TEXT) ("," (start | TEXT))* ")"]
        TEXT: /'[^']*'/
        WORD: /[A-Za-z0-9_.]+/
        %ignore /\s+/""",
    "scan": r"""
        start: ACTION (" " ACTION)*
        ACTION: /[A-Za-z][A-Za-z0-9_]*/""",
    "clevr": r"""
        start: NAME "(" [item ("," item)*] ")"
        ?item: start | NAME
        NAME: /[A-Za-z][A-Za-z0-9_]*/
        %ignore /[ \t\n]+/""",
    "gqa": r"""
        start: step (/ *--> */ step)*
        step: WORDS ":" [ARGUMENT] [INPUTS]
        WORDS: /[a-z][a-zA-Z0-9 ]*/
        ARGUMENT: /[^\[\]:>-]+/
        INPUTS: /\[[0-9, ]*\]/""",
    "geometry": r"""
        start: form ("\n" form)*
        form: PREDICATE item ("," item)* ")"
        ?item: form | ATOM
        PREDICATE.2: /[A-Za-z][A-Za-z0-9_]+\(/
        ATOM: /[^(),\n]+/
        %ignore /[ \t]+/""",
}


def bare_lark(name: str) -> Check:
    """For languages that have no engine but ours: a LALR(1) parser of the surface alone, made by lark.

    It checks no types, looks up no definitions and runs nothing.
    """
    try:
        import lark
    except ImportError as error:
        raise EngineMissing("lark", "pip install lark") from error
    parser = lark.Lark(GRAMMARS[name], parser="lalr")
    return lambda text, context: parser.parse(text)


ENGINES: dict[str, Callable[[], Check]] = {
    "sql": bare_sql,
    "sparql": bare_sparql,
    "amr": bare_amr,
    "bash": bare_bash,
    "regex": bare_regex,
    "python": bare_python,
    "java": functools.partial(bare_tree_sitter, "tree_sitter_java"),
    "go": functools.partial(bare_tree_sitter, "tree_sitter_go"),
    "fol": bare_fol,
    "logic_program": bare_logic_program,
    "math_program": bare_math_program,
    "pddl": bare_pddl,
    "smiles": bare_smiles,
    "selfies": bare_selfies,
    "graph": bare_graph,
    "latex_math": bare_latex_math,
    **{name: functools.partial(bare_lark, name) for name in GRAMMARS},
}


# The symbols.


def symbols(name: str, raw: Path | None, count: int) -> list[Symbol]:
    """Different symbols that the format accepts: of the real files where there are any, else the fixtures."""
    language = get(name)
    found = real_symbols(name, raw, count) if raw else []
    if not found:
        where = fixture_lines.context(name)
        found = [(text, where) for text in fixture_lines.lines(name, "valid.txt")]
    unlike = {text: context for text, context in found if language.parses(text)}
    return [(text, context) for text, context in unlike.items() if language.accepts(text, context).holds]


def real_symbols(name: str, raw: Path, count: int) -> list[Symbol]:
    """Gold symbols of the format's tasks, some of each, spread over the beginning of its files."""
    from collection.sources import SOURCES
    from collection.sources import get as get_source
    from collection.sources.base import Example, GeneratedSource

    there = [task for task, where in SOURCES.items() if find_spec(where.split(":")[0])]
    tasks = [s for task in there if (s := get_source(task)).format == name and not isinstance(s, GeneratedSource)]
    found: list[Symbol] = []
    for task in tasks:
        folder = raw / task.upstream.dataset
        share = -(-count // len(tasks))
        with suppress(UserError):  # a dataset that is not there
            rows = list(islice(task.read(folder), 10 * share))
            spread = rows[:: max(1, len(rows) // (2 * share))]
            good = (e for row in spread if isinstance(e := task.to_example(row, folder), Example))
            found += [(e.completion, Context(e.context.definitions, e.context.world, raw)) for e in islice(good, share)]
    return found


# Measuring.


def cpu_seconds_below() -> float:
    """CPU time of all processes below this one, and of those that have ended."""
    ended = os.times()
    total = ended.children_user + ended.children_system
    for child in psutil.Process().children(recursive=True):
        with suppress(OSError, psutil.NoSuchProcess):
            times = child.cpu_times()
            total += time.clock_gettime((~child.pid << 3) | 2)  # a process's own clock, CPUCLOCK_SCHED
            total += times.children_user + times.children_system
    return total


def cpu_seconds(run: Callable[[], object]) -> float:
    below = cpu_seconds_below()
    own = time.process_time()
    run()
    own = time.process_time() - own
    return own + cpu_seconds_below() - below


def caches_of_symbols() -> list[Any]:
    """The caches of the loaded modules that hold a result for each symbol."""
    modules = [module for name, module in sys.modules.items() if name.startswith("symbol_llm.")]
    found = [thing for module in modules for thing in vars(module).values() if hasattr(thing, "cache_parameters")]
    return [cache for cache in found if (cache.cache_parameters()["maxsize"] or 0) >= _PER_SYMBOL]


def compare(name: str, raw: Path | None, count: int, num_rounds: int) -> dict[str, Any]:
    """CPU microseconds a symbol of ``accepts`` and of the bare engine, and their ratio."""
    language, check = get(name), ENGINES[name]()

    def takes(text: str, context: Context) -> bool:
        with suppress(Exception):  # what an engine raises for what it does not read is its own affair
            return bool(check(text, context))
        return False

    found = symbols(name, raw, count)
    both = [symbol for symbol in found if takes(*symbol)]

    caches = caches_of_symbols()

    def ours() -> None:
        for cache in caches:
            cache.cache_clear()
        for text, context in both:
            language.accepts(text, context)

    def bare() -> None:
        for text, context in both:
            check(text, context)

    repeats = [1 + int(_PASS_SECONDS / cpu_seconds(run)) for run in (ours, bare)]
    rounds = []
    for _ in range(num_rounds):
        taken = []
        for run, repeat in zip((ours, bare), repeats):
            seconds = cpu_seconds(lambda run=run, repeat=repeat: [run() for _ in range(repeat)])
            taken.append(1e6 * seconds / repeat / len(both))
        rounds.append(taken)
    mine, theirs = (statistics.median(column) for column in zip(*rounds))
    return {
        "format": name,
        "engine": language.engine,
        "symbols": len(both),
        "left out": len(found) - len(both),
        "checks/s": round(1e6 / mine),
        "engine/s": round(1e6 / theirs),
        "ratio": round(statistics.median(a / b for a, b in rounds), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raw", type=Path)
    parser.add_argument("--only")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else [n for n in FORMATS if n != "text"]
    for name in names:
        try:
            print(compare(name, options.raw, options.count, options.rounds))
        except Exception as e:
            import traceback; traceback.print_exc()


if __name__ == "__main__":
    main()
