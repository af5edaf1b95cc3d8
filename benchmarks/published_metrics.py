"""The metrics of other projects beside ours, on the examples that the projects ship with them.

    python -m benchmarks.published_metrics test-suite test-suite-sql-eval --raw RAW [--python PYTHON] [--json]
    python -m benchmarks.published_metrics smatch smatch [--python PYTHON] [--json]
    python -m benchmarks.published_metrics unifiedskg UnifiedSKG [--python PYTHON] [--json]

FOLDER is a clone of the project; nothing is fetched. PYTHON (default: this one) runs the project's own code and has
what it needs: sqlparse, nltk and tqdm for the test suite, nothing for smatch.

    test-suite   taoyds/test-suite-sql-eval   evaluation_examples/{gold,predict}.txt: 131 SParC-like interactions
    smatch       snowblink14/smatch           test_input1.txt, test_input2.txt, tests/test_top.py, the guideline
    unifiedskg   xlang-ai/UnifiedSKG          metrics/webqsp/utils.py on 300 drawn s-expressions, each with its graph

The databases of the test suite are upstream's own under FOLDER/database where they were placed, else the one original
database of each schema: RAW/spider/database and RAW/sparc/database. *theirs* is upstream's verdict on every pair,
asked from its own functions (``eval_exec_match`` with and without --plug_value, ``eval_exact_match``); *ours* is what
``eval symbolic`` counts. Its tokenizer is nltk's for one sentence, so that no model of nltk's has to be downloaded.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from eval.answer_f1 import executed, load
from symbol_llm.console import emit, log, make_table
from symbol_llm.errors import UserError
from symbol_llm.formats import get as get_format
from symbol_llm.formats.base import Context
from symbol_llm.solvers.sql import SqlSolver
from symbol_llm.solvers.sql_compare import spider_test_suite, spider_ts

_ASK_TEST_SUITE = """
import contextlib, json, sys
sys.path.insert(0, ".")
import nltk
nltk.word_tokenize = nltk.tokenize.NLTKWordTokenizer().tokenize
from evaluation import *
kmaps = build_foreign_key_map_from_json("tables.json")
evaluator = Evaluator()
empty = {"except": None, "from": {"conds": [], "table_units": []}, "groupBy": [], "having": [], "intersect": None,
         "limit": None, "orderBy": [], "select": [False, []], "union": None, "where": []}
for line in sys.stdin:
    pair = json.loads(line)
    schema = Schema(get_schema(pair["files"][0]))
    gold = get_sql(schema, pair["gold"])
    said = pair["prediction"].replace("value", "1")
    try:
        found = get_sql(schema, said)
    except Exception:
        found = json.loads(json.dumps(empty))
    both = []
    for sql in (gold, found):
        units = build_valid_col_units(sql["from"]["table_units"], schema)
        both.append(rebuild_sql_col(units, rebuild_sql_val(sql), kmaps[pair["database"]]))
    verdict = {"exact": bool(evaluator.eval_exact_match(both[1], both[0]))}
    for name, plugs in (("executed", False), ("plugged", True)):
        with contextlib.redirect_stdout(sys.stderr):
            verdict[name] = bool(eval_exec_match(pair["files"][0], said, pair["gold"], plugs, False, False))
    print(json.dumps(verdict), flush=True)
"""


class Pair(NamedTuple):
    """A gold query and a prediction, with the database files that both run on."""

    gold: str
    prediction: str
    database: str
    files: list[Path]


def pairs_of(folder: Path, raw: Path) -> Iterator[Pair]:
    """Upstream's examples, interaction by interaction. Raises UserError for a database that is nowhere."""
    texts = [(folder / "evaluation_examples" / name).read_text("utf-8") for name in ("gold.txt", "predict.txt")]
    golds, predictions = ([part.splitlines() for part in re.split(r"\n\s*\n", text.strip())] for text in texts)
    for gold, prediction in zip(golds, predictions, strict=True):
        for wanted, said in zip(gold, prediction):  # as upstream pairs them
            query, database = wanted.strip().split("\t")
            places = (folder / "database", raw / "spider" / "database", raw / "sparc" / "database")
            found = next((files for place in places if (files := sorted((place / database).glob("*.sqlite")))), None)
            if found is None:
                raise UserError(f"{database}: no such database under {', '.join(map(str, places))}. Check --raw")
            yield Pair(query, said.split("\t")[0].strip(), database, found)


def ask_upstream(program: str, folder: Path, python: str, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Upstream's verdict on each line. Raises UserError with its last words where it fails."""
    given = "".join(json.dumps(line, default=lambda path: str(path.absolute())) + "\n" for line in lines)
    done = subprocess.run([python, "-c", program], cwd=folder, input=given, capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"{folder}: its own code failed in {python}:\n{done.stderr[-1_000:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_suite(folder: Path, raw: Path, python: str) -> dict[str, Any]:
    """Counts of the examples that each program calls right, and every pair on which execution differs."""
    pairs = list(pairs_of(folder, raw))
    theirs = ask_upstream(_ASK_TEST_SUITE, folder, python, [pair._asdict() for pair in pairs])
    language, rows = get_format("sql"), []
    with SqlSolver(workers=1) as solver:
        for pair, verdict in zip(pairs, theirs, strict=True):
            answers = [
                [solver.solve(query, Context(world={"database": str(file.absolute())})) for file in pair.files]
                for query in (pair.gold, pair.prediction)
            ]
            ran = [all(solution.outcome is None for solution in side) for side in answers]
            compared = [(gold.answer, said.answer) for gold, said in zip(*answers)] if all(ran) else []
            context = Context(world={"database": str(pair.files[0].absolute())})
            rows.append(
                {
                    **verdict,
                    "our_exact": language.score(pair.prediction, pair.gold, context).is_exact,
                    "our_executed": bool(compared) and all(spider_ts(gold, said) for gold, said in compared),
                    "their_rule": bool(compared)
                    and all(spider_test_suite({**gold, "query": pair.gold}, said) for gold, said in compared),
                    "gold_ran": ran[0],
                    "why": answers[1][0].message,
                    "pair": pair,
                }
            )
    counted = ("exact", "our_exact", "executed", "plugged", "our_executed", "their_rule", "gold_ran")
    differing = [row for row in rows if row["executed"] != row["our_executed"]]
    for row in differing:
        pair = row["pair"]
        log(f"{pair.database}: theirs {row['executed']}, ours {row['our_executed']} ({row['why']})")
        log(f"    gold {pair.gold}\n    said {pair.prediction}")
    return {
        "pairs": len(rows),
        "databases": {pair.database: [file.name for file in pair.files] for pair in pairs},
        **{name: sum(row[name] for row in rows) for name in counted},
        "executions_that_differ": len(differing),
        "exact_matches_that_differ": sum(row["exact"] != row["our_exact"] for row in rows),
    }


_ASK_UNIFIEDSKG = """
import json, logging, sys
sys.path.insert(0, "metrics/webqsp")
logging.disable(logging.ERROR)
from rdflib import Graph
from utils import lisp_to_sparql
for line in sys.stdin:
    drawn = json.loads(line)
    found = Graph().parse(data=drawn["graph"], format="nt").query(lisp_to_sparql(drawn["expression"]))
    print(json.dumps(sorted(str(row[0]) for row in found if row[0] is not None)), flush=True)
"""
_ENTITIES = [f"m.0{number}" for number in range(9)]
_RELATIONS = ["a.b.c", "a.b.d", "a.e.f"]
_CLASSES = ["k.one", "k.two"]
_XSD = "http://www.w3.org/2001/XMLSchema#"


def drawn_graph(rng: Random) -> str:
    """N-Triples about nine things: 60 drawn relations, a class each, and for most a number and two dates."""
    facts = {(rng.choice(_ENTITIES), rng.choice(_RELATIONS), f"<ns:{rng.choice(_ENTITIES)}>") for _ in range(60)}
    for thing in _ENTITIES:
        facts.add((thing, "type.object.type", f"<ns:{rng.choice(_CLASSES)}>"))
        for relation, text in (
            ("n.num.val", f'"{rng.randint(1, 5)}"^^<{_XSD}integer>'),
            ("x.y.from", f'"{rng.randint(2000, 2004)}-01-01T00:00:00"^^<{_XSD}dateTime>'),
            ("x.y.to", f'"{rng.randint(2002, 2006)}-06-01T00:00:00"^^<{_XSD}dateTime>'),
        ):
            if rng.random() < 0.6:
                facts.add((thing, relation, text))
    return "".join(f"<ns:{thing}> <ns:{relation}> {target} .\n" for thing, relation, target in sorted(facts))


def drawn_expression(rng: Random, depth: int = 2) -> str:
    """An s-expression over these names; superlatives and time constraints only outermost, as in the data."""
    relation = rng.choice([rng.choice(_RELATIONS), f"(R {rng.choice(_RELATIONS)})"])
    kind = rng.random()
    if depth == 0 or kind < 0.3 or (depth < 2 and kind > 0.85):
        return f"(JOIN {relation} {rng.choice(_ENTITIES)})"
    if kind < 0.6:
        return f"(JOIN {relation} {drawn_expression(rng, depth - 1)})"
    if kind < 0.75:
        return f"(AND {rng.choice(_CLASSES)} {drawn_expression(rng, depth - 1)})"
    if kind < 0.85:
        return f"(AND {drawn_expression(rng, depth - 1)} {drawn_expression(rng, depth - 1)})"
    if kind < 0.92:
        return f"({rng.choice(['ARGMAX', 'ARGMIN'])} {drawn_expression(rng, depth - 1)} n.num.val)"
    return f"(TC {drawn_expression(rng, depth - 1)} x.y.from {rng.randint(2000, 2005)})"


def unifiedskg(folder: Path, python: str) -> list[dict[str, Any]]:
    """How often two ways of executing s-expressions give the same answers, by the outermost operator."""
    rng = Random(0)
    drawn = [{"graph": drawn_graph(rng), "expression": drawn_expression(rng)} for _ in range(300)]
    theirs = ask_upstream(_ASK_UNIFIEDSKG, folder, python, drawn)
    counts: dict[str, Counter[str]] = {}
    with TemporaryDirectory() as scratch:
        for number, (line, answers) in enumerate(zip(drawn, theirs, strict=True)):
            file = Path(scratch) / f"{number}.nt"
            file.write_text(line["graph"], "utf-8")
            ours = sorted(map(str, executed(line["expression"], load((file,)))))
            is_same = ours == [answer.removeprefix("ns:") for answer in answers]
            counts.setdefault(line["expression"][1:].split()[0], Counter())[str(is_same)] += 1
            if not is_same:
                log(f"{line['expression']}: theirs {answers}, ours {ours}")
    return [
        {"operator": operator, "expressions": found.total(), "same answers": found["True"]}
        for operator, found in sorted(counts.items())
    ]


def smatch(folder: Path, python: str) -> list[dict[str, Any]]:
    """Smatch of upstream's test files, and its tests' numbers of triples."""
    language = get_format("amr")
    graphs = [_graphs((folder / f"test_input{number}.txt").read_text("utf-8")) for number in (1, 2)]
    scores = [language.score(one, two) for one, two in zip(*graphs, strict=True)]
    guideline = (folder / "smatch_tool_guideline.txt").read_text("utf-8")
    stated = re.search(r"Document F-score: ([\d.]+)", guideline)
    command = [python, "smatch.py", "-f", "test_input1.txt", "test_input2.txt", "--significant", "4"]
    prints = [
        re.findall(r"F-score: ([\d.]+)", subprocess.run(line, cwd=folder, capture_output=True, text=True).stdout)
        for line in (command, [*command, "--ms"])
    ]
    rows: list[dict[str, Any]] = [
        {
            "what": "test_input1.txt against test_input2.txt",
            "stated": stated and float(stated[1]),
            "theirs": float(prints[0][0]),
            "ours": round(language.aggregate(scores), 4),
        }
    ]
    rows += [
        {"what": f"its graph {number}", "stated": None, "theirs": float(their), "ours": round(score.value, 4)}
        for number, (their, score) in enumerate(zip(prints[1], scores, strict=True), 1)
    ]
    tests = (folder / "tests" / "test_top.py").read_text("utf-8")
    named = dict(re.findall(r"^(\w) = '([^']+)'", tests, re.MULTILINE))
    for one, two, numbers in re.findall(r"get_amr_match\((\w), (\w)\) == \(([\d, ]+)\)", tests):
        counts = [int(count) for count in language.score(named[one], named[two]).counts]
        rows.append(
            {
                "what": f"{named[one]} against {named[two]}: triples",
                "stated": [int(number) for number in numbers.split(",")],
                "theirs": None,
                "ours": counts,
            }
        )
    return rows


def _graphs(text: str) -> list[str]:
    parts = re.split(r"\n\s*\n", text.strip())
    return ["\n".join(line for line in part.splitlines() if not line.startswith("#")) for part in parts]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", choices=("test-suite", "smatch", "unifiedskg"))
    parser.add_argument("folder", type=Path, help="a clone of the project's repository")
    parser.add_argument("--raw", type=Path, help="the raw data sets: databases of Spider and SParC")
    parser.add_argument("--python", default=sys.executable, help="runs the project's own code")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    arguments = parser.parse_args()
    if arguments.project == "test-suite":
        if arguments.raw is None:
            raise UserError("test-suite needs databases. Pass the folder that holds spider and sparc with --raw")
        found: Any = test_suite(arguments.folder, arguments.raw, arguments.python)
        cells: list[list[Any]] = [[key, str(value)] for key, value in found.items()]
        columns: tuple[str, ...] = ("what", "number")
    else:
        compare = smatch if arguments.project == "smatch" else unifiedskg
        found = compare(arguments.folder, arguments.python)
        cells = [[str(value) for value in row.values()] for row in found]
        columns = tuple(found[0])
    emit(found, make_table(f"{arguments.project}: theirs beside ours", columns, cells), as_json=arguments.json)


if __name__ == "__main__":
    main()
