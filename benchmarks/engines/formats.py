"""The bare engine of each format: what it takes to check a symbol without us.

    check = ENGINES["sql"]()       opens the engine
    check("SELECT 1", context)     true; or false, None or an exception where the engine refuses

Texts that only our reader understands are brought to the engine's own language beforehand, outside of the measured
time: formulas to SMT-LIB, logic programs to clingo's, queries to standard SPARQL. Eight languages have no engine but
ours: theirs is the parser that lark makes of a grammar, which checks no types, looks up no definitions, runs nothing.
"""

from __future__ import annotations

import functools
import importlib
import logging
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from symbol_llm.errors import EngineMissing
from symbol_llm.formats import Context, get

Check = Callable[[str, Context], Any]


def sql() -> Check:
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


def sparql() -> Check:
    """rdflib's parser and translation to algebra, of queries brought from Virtuoso's dialect to the standard before."""
    from rdflib.plugins.sparql import prepareQuery

    logging.getLogger("rdflib").setLevel(logging.CRITICAL)  # it warns of every date that is only a year
    language = get("sparql")
    standard = functools.cache(lambda text: language.render(language.parse(text)))
    return lambda text, context: prepareQuery(standard(text))


def amr() -> Check:
    """penman with the model of AMR."""
    from penman.codec import PENMANCodec
    from penman.models.amr import model

    return lambda text, context: PENMANCodec(model=model).decode(text)


def bash() -> Check:
    """One ``bash -n`` a command."""
    command = ["bash", "-n"]
    return lambda text, context: not subprocess.run(command, input=text.encode(), capture_output=True).returncode


def regex() -> Check:
    """automata-lib's own way: expression, NFA, DFA. It reads neither ~ nor \\b."""
    from automata.fa.dfa import DFA
    from automata.fa.nfa import NFA

    characters = frozenset(map(chr, range(32, 127)))

    def check(text: str, context: Context) -> DFA:
        if "~" in text or "\\" in text:
            raise ValueError(text)
        return DFA.from_nfa(NFA.from_regex(text, input_symbols=characters), minify=False)

    return check


def python() -> Check:
    """CPython's compiler."""
    import warnings

    warnings.simplefilter("ignore", SyntaxWarning)
    return lambda text, context: compile(text, "<program>", "exec", dont_inherit=True)


def code(package: str) -> Check:
    """tree-sitter's parser."""
    import tree_sitter

    parser = tree_sitter.Parser(tree_sitter.Language(importlib.import_module(package).language()))
    return lambda text, context: parser.parse(text.encode()).root_node


def fol() -> Check:
    """Z3's parser of SMT-LIB in this process, on formulas translated beforehand."""
    import z3

    from symbol_llm.formats.fol_parser import parse_theory
    from symbol_llm.formats.fol_smt import script

    scripts = functools.cache(lambda text: script(parse_theory(text)).text)
    return lambda text, context: z3.parse_smt2_string(scripts(text))


def logic_program() -> Check:
    """clingo in this process, on programs translated beforehand: grounding and solving, the answer not looked at."""
    import clingo

    from symbol_llm.formats.logic_program_clingo import problem_text, program_text
    from symbol_llm.formats.logic_program_parser import parse
    from symbol_llm.formats.logic_program_tree import Problem

    @functools.cache
    def translated(text: str) -> tuple[list[str], str]:
        tree = parse(text)
        if isinstance(tree, Problem):
            return ["--warn=none", "--enum-mode=cautious"], problem_text(tree)
        return ["--warn=none"], program_text(tree)

    def check(text: str, context: Context) -> bool | None:
        arguments, program = translated(text)
        control = clingo.Control(arguments)
        control.add("base", [], program)
        control.ground([("base", [])])
        return control.solve().satisfiable

    return check


def math_program() -> Check:
    """A fresh interpreter for each program, without isolation."""

    def check(text: str, context: Context) -> bool:
        program = [sys.executable, "-I", "-c", text + "\nprint(solution())"]
        return not subprocess.run(program, capture_output=True).returncode

    return check


def pddl() -> Check:
    """Fast Downward's translator in a warm process of its own. Plans, which it does not read, are left out."""
    from symbol_llm.formats.pddl_tree import Domain, Plan
    from symbol_llm.solvers.fast_downward import TARGET
    from symbol_llm.solvers.outcome import Limits
    from symbol_llm.solvers.worker import Worker

    language, worker = get("pddl"), Worker(TARGET)
    kind = functools.cache(lambda text: type(language.parse(text)))

    def check(text: str, context: Context) -> bool:
        if kind(text) is Plan:
            return False
        job = (text, None) if kind(text) is Domain else (context.world["domain"], text)
        return worker.call(job, Limits()).answer is None

    return check


def smiles() -> Check:
    """RDKit reads and sanitises."""
    from rdkit import Chem, rdBase

    rdBase.DisableLog("rdApp.*")
    return lambda text, context: Chem.MolFromSmiles(text)


def selfies() -> Check:
    """selfies decodes, RDKit sanitises."""
    import selfies
    from rdkit import Chem

    return lambda text, context: Chem.MolFromSmiles(selfies.decoder(text))


def graph() -> Check:
    """networkx on Python's literals: no cycle, and the longest path."""
    import ast

    import networkx

    def check(text: str, context: Context) -> bool:
        following, durations = map(ast.literal_eval, text.split("\n"))
        graph = networkx.DiGraph(following)
        networkx.set_node_attributes(graph, durations, "time")
        return bool(networkx.dag_longest_path(graph))

    return check


def latex_math() -> Check:
    """math-verify in this process."""
    from math_verify import LatexExtractionConfig, parse

    logging.getLogger("math_verify").setLevel(logging.ERROR)  # it warns that its own time limit is off
    config = [LatexExtractionConfig(boxed_match_priority=0)]
    return lambda text, context: parse(f"$\\boxed{{{text}}}$", config, parsing_timeout=None)


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


def by_grammar(name: str) -> Check:
    """A LALR(1) parser of the surface alone, made by lark."""
    try:
        import lark
    except ImportError as error:
        raise EngineMissing("lark", "pip install lark") from error
    parser = lark.Lark(GRAMMARS[name], parser="lalr")
    return lambda text, context: parser.parse(text)


ENGINES: dict[str, Callable[[], Check]] = {
    "sql": sql,
    "sparql": sparql,
    "amr": amr,
    "bash": bash,
    "regex": regex,
    "python": python,
    "java": functools.partial(code, "tree_sitter_java"),
    "go": functools.partial(code, "tree_sitter_go"),
    "fol": fol,
    "logic_program": logic_program,
    "math_program": math_program,
    "pddl": pddl,
    "smiles": smiles,
    "selfies": selfies,
    "graph": graph,
    "latex_math": latex_math,
    **{name: functools.partial(by_grammar, name) for name in GRAMMARS},
}
