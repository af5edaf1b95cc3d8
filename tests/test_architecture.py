"""Conventions that hold for the whole repository: import arrows, file lengths, names, instant help."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("symbol_llm", "collection", "symbol_evol", "injection", "infusion", "eval", "recipes", "benchmarks")
# package -> what it may import besides itself
ARROWS = {
    "symbol_llm": set(),
    "collection": {"symbol_llm"},
    "symbol_evol": {"symbol_llm", "collection"},
    "eval": {"symbol_llm", "collection"},
    "injection": {"symbol_llm"},
    "infusion": {"symbol_llm"},
    "recipes": set(PACKAGES),
    "benchmarks": set(PACKAGES),
}
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
# The command tables name modules as text; they are the one place that may point at every package.
HEAVY = ("torch", "transformers", "datasets", "z3", "rdkit", "sqlglot", "pyarrow", "pandas", "sympy", "matplotlib")


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: absolute imports only"
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_follow_the_arrows(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    for module in imported(path):
        top = module.split(".")[0]
        if top in PACKAGES and top != package:
            assert top in ARROWS[package], f"{path} imports {module}: arrows go the other way"


def test_no_circular_imports() -> None:
    """Top-level imports only: an import inside a function is made when it is called."""
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in FILES}
    graph: dict[str, set[str]] = {}
    for name, path in names.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        targets: set[str] = set()
        for node in tree.body:
            if isinstance(node, ast.Import):
                targets.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                targets.add(node.module)
                targets.update(f"{node.module}.{alias.name}" for alias in node.names)
        graph[name] = {target for target in targets if target in names and target != name}

    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail, name])
        if name not in done:
            for target in sorted(graph[name]):
                visit(target, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_files_are_short() -> None:
    sizes = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in FILES)
    assert sizes[len(sizes) // 2] <= 200
    assert sizes[-1] <= 400, [str(p) for p in FILES if len(p.read_text(encoding="utf-8").splitlines()) > 400]


def test_no_drawer_names_and_no_shadowed_standard_library() -> None:
    for path in FILES:
        assert path.stem not in {"utils", "util", "helpers", "misc", "common"}, path
    for stage in ("injection", "infusion"):
        for path in (ROOT / stage).glob("*.py"):
            assert path.stem not in sys.stdlib_module_names, f"{path} would shadow the standard library"


def test_every_module_says_what_it_is() -> None:
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree) or not tree.body, f"{path} has no docstring"


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['symbol-llm', '--help']\n"
        "from symbol_llm.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stderr.strip().endswith("[]"), done.stderr
    assert "collect" in done.stdout


def test_formats_and_tables_are_complete() -> None:
    from importlib.util import find_spec

    from collection.sources import SOURCES
    from eval.delegation import BENCHMARKS
    from symbol_llm.cli import COMMANDS
    from symbol_llm.formats import FORMATS
    from symbol_llm.formats.cli import COMMANDS as FORMAT_COMMANDS
    from symbol_llm.solvers import SOLVERS

    commands = {name: where for name, (where, _) in {**COMMANDS, **FORMAT_COMMANDS}.items()}
    for table in (FORMATS, SOLVERS, SOURCES, BENCHMARKS, commands):
        for name, where in table.items():
            assert find_spec(where.split(":")[0]), f"{name}: {where} does not exist"
