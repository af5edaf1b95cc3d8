"""What the formats cost beside their bare engines, how fast they compare symbols, and what importing them costs.

    python benchmarks/formats.py [--raw RAW] [--only sql,fol] [--count 100] [--rounds 7] [--json | --markdown]

Checks: ``accepts`` reads a symbol strictly, asks the engine, and says why not. Beside it the engine alone
(engines/formats.py) on the same symbols, in turns within one run. A ratio is the median over rounds of CPU time / CPU
time, child processes included. Both sides keep their engines and schemas; what is kept per symbol, or per line of one,
is forgotten before each pass; the words that symbols are made of stay known. Left out are symbols that only one side
takes. Bars: a ratio of 1.5, LE 5 ms, regex equivalence 10 ms, an import 50 ms and no heavy library.

docs/format-speed.md has a run on real files, and why some formats are above the bar. The fixtures are lines of a few
words, where a call costs as much as its text: the ratios are higher there.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import psutil

from symbol_llm.console import emit, log, make_table
from symbol_llm.errors import EngineMissing, UserError
from symbol_llm.formats import FORMATS, Context, get

# The fixtures are not installed. Before the folder of this script, where a file has the name of a package.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.engines.formats import ENGINES
from tests.formats import fixture_lines

RATIO, LE_MS, REGEX_MS, IMPORT_MS = 1.5, 5.0, 10.0, 50.0  # the bars
_PASS_SECONDS = 0.05  # a pass shorter than this is repeated within a round
_PER_SYMBOL = 512  # caches of this size or more are keyed by symbols, smaller ones by schemas, scenes, definitions

# What no format may load before it is needed.
HEAVY = (
    "automata clingo datasets math_verify matplotlib networkx numpy pandas penman pyarrow rapidfuzz rdflib rdkit "
    "sacrebleu scipy selfies smatch sqlglot sympy torch transformers tree_sitter z3"
)

Symbol = tuple[str, Context]


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

    sources = map(get_source, SOURCES)
    tasks = [source for source in sources if source.format == name and not isinstance(source, GeneratedSource)]
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
            total += time.clock_gettime((~child.pid << 3) | 2)  # the clock of another process, in nanoseconds
            total += times.children_user + times.children_system
    return total


def cpu_seconds(run: Callable[[], object]) -> float:
    """CPU time of a call, here and in the processes below."""
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
    """What ``parse``, ``accepts`` and the bare engine do in a second of CPU time, and accepts' time / the engine's."""
    language, check = get(name), ENGINES[name]()

    def is_taken(text: str, context: Context) -> bool:
        with suppress(Exception):  # whatever an engine raises for what it does not read
            answer = check(text, context)
            return answer is not None and answer is not False
        return False

    found = symbols(name, raw, count)
    both = [symbol for symbol in found if is_taken(*symbol)]
    caches = caches_of_symbols()

    def anew(call: Callable[[str, Context], object]) -> None:
        for cache in caches:
            cache.cache_clear()
        for text, context in both:
            call(text, context)

    ways: list[Callable[[], None]] = [
        lambda: anew(lambda text, context: language.parse(text)),
        lambda: anew(language.accepts),
        lambda: anew(check),
    ]
    gc.collect()
    gc.freeze()  # else a collection costs as much as there happen to be libraries loaded
    repeats = [1 + int(_PASS_SECONDS / cpu_seconds(way)) for way in ways]
    rounds: list[list[float]] = []
    for _ in range(num_rounds):
        taken = [cpu_seconds(lambda: [way() for _ in range(times)]) for way, times in zip(ways, repeats)]  # noqa: B023
        rounds.append([seconds / times / len(both) for seconds, times in zip(taken, repeats)])
    parse, accepts, engine = (statistics.median(column) for column in zip(*rounds))
    ratio = round(statistics.median(ours / theirs for _, ours, theirs in rounds), 2)
    return {
        "format": name,
        "engine": language.engine,
        "symbols": len(both),
        "left out": len(found) - len(both),
        "parse/s": round(1 / parse),
        "accepts/s": round(1 / accepts),
        "engine/s": round(1 / engine),
        "ratio": ratio,
        "within": ratio <= RATIO,
    }


def milliseconds(run: Callable[[str, str], object], pairs: Sequence[tuple[str, str]]) -> list[float]:
    """Of each call, in order of size; the first pairs also warm up."""
    for pair in pairs[:10]:
        run(*pair)
    taken = []
    for pair in pairs:
        start = time.perf_counter()
        run(*pair)
        taken.append(1000 * (time.perf_counter() - start))
    return sorted(taken)


def equivalences(raw: Path | None, count: int) -> list[dict[str, Any]]:
    """LE of neighbouring formulas of one theory, and equivalence of neighbouring regular expressions."""
    from symbol_llm.formats.fol_parser import parse_theory
    from symbol_llm.formats.logical_equivalence import logical_equivalence

    def le(a: str, b: str) -> float:
        return logical_equivalence(parse_theory(a)[0], parse_theory(b)[0])

    theories = [text.split("\n") for text, _ in symbols("fol", raw, count)]
    formulas = [pair for lines in theories for pair in pairwise(lines)]
    expressions = list(pairwise(text for text, _ in symbols("regex", raw, count)))
    rows = []
    for what, run, pairs, bar in (
        ("LE, parsing included", le, formulas + fixture_lines.pairs("fol", "equal.tsv"), LE_MS),
        ("regex equivalence", get("regex").equivalent, expressions, REGEX_MS),
    ):
        taken = milliseconds(run, pairs)
        median = round(statistics.median(taken), 3)
        p95, worst = round(taken[int(0.95 * len(taken))], 2), round(taken[-1], 2)
        row = {"what": what, "pairs": len(pairs), "median_ms": median, "p95_ms": p95, "worst_ms": worst}
        rows.append(row | {"within": median <= bar})
    return rows


_IMPORT = """
import json, sys, time
import symbol_llm.formats.base
from symbol_llm.formats import get
start = time.process_time()
get(sys.argv[1])
taken = 1000 * (time.process_time() - start)
print(json.dumps([taken, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def imports(names: Sequence[str], num_rounds: int) -> list[dict[str, Any]]:
    """CPU milliseconds of ``get`` in a fresh process that has the base modules and finds its byte code compiled."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment = {**kept, "PYTHONPYCACHEPREFIX": folder}
        for name in names:
            taken: list[float] = []
            for _ in range(num_rounds + 1):
                command = [sys.executable, "-c", _IMPORT, name]
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
                cpu, modules = json.loads(done.stdout)
                taken.append(cpu)
            median = round(statistics.median(taken[1:]), 1)  # the first has compiled
            heavy = ", ".join(sorted(set(HEAVY.split()) & set(modules)))
            rows.append(
                {"format": name, "import_ms": median, "heavy": heavy, "within": median <= IMPORT_MS and not heavy}
            )
    return rows


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """A table in Markdown, numbers to the right; a bar that is missed stands in bold."""

    def shown(value: Any) -> str:
        if isinstance(value, bool):
            return "yes" if value else "**no**"
        return f"{value:,}" if isinstance(value, int) else str(value)

    if not rows:
        return ""
    are_numbers = [isinstance(value, int | float) and not isinstance(value, bool) for value in rows[0].values()]
    sides = ["---:" if is_number else "---" for is_number in are_numbers]
    lines = [list(rows[0]), sides, *([shown(value) for value in row.values()] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--raw", type=Path, help="folder of the raw datasets (default: the fixtures)")
    parser.add_argument("--only", default="", help="formats, separated by commas (default: all)")
    parser.add_argument("--count", type=int, default=100, help="symbols of a format (default 100)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds; the median counts (default 7)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="one JSON document on standard output")
    how.add_argument("--markdown", action="store_true", help="tables in Markdown on standard output")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else [name for name in FORMATS if name in ENGINES]
    checks: list[dict[str, Any]] = []
    for name in names:
        try:
            checks.append(compare(name, options.raw, options.count, options.rounds))
        except EngineMissing as error:
            log(f"{name}: {error}")
    found = {"checks": checks, "imports": imports(names, options.rounds)}
    if not options.only:
        found["equivalence"] = equivalences(options.raw, options.count)
    if options.json:
        emit(found, None, as_json=True)
        return
    if options.markdown:
        print("\n\n".join(map(markdown, found.values())))
        return
    for title, rows in found.items():
        emit(rows, make_table(title, rows[0] if rows else [], [row.values() for row in rows]), as_json=False)


if __name__ == "__main__":
    main()
