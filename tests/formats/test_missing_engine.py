"""Without its engine a format says so, and how to get it; it never passes a symbol, and never shows a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from symbol_llm.formats import FORMATS
from tests.formats.hidden_packages import environment

# format -> what must be installed for it: import names and distribution names
PACKAGES = {
    "sql": ("sqlglot",),
    "sparql": ("rdflib",),
    "amr": ("penman", "Penman", "smatch"),
    "bash": ("tree_sitter", "tree_sitter_bash", "tree-sitter-bash"),  # and the program itself
    "regex": ("automata", "automata-lib"),
    "java": ("tree_sitter_java", "tree-sitter-java"),
    "go": ("tree_sitter_go", "tree-sitter-go"),
    "fol": ("z3", "z3-solver"),
    "logic_program": ("clingo",),
    "geometry": ("sympy",),
    "pddl": ("up_fast_downward", "up-fast-downward", "fast_downward", "fast-downward.translate"),
    "smiles": ("rdkit",),
    "selfies": ("selfies",),
    "graph": ("networkx",),
    "latex_math": ("math_verify", "math-verify"),
}
# Their engine is this package, or Python itself.
OWN = set(FORMATS) - set(PACKAGES) - {"text"}


Answers = dict[str, dict[str, list[str]]]


def ask(hidden: Sequence[str], folder: Path, *names: str) -> Answers:
    """What the methods of formats say where the packages are not installed."""
    command = [sys.executable, "-m", "tests.formats.hidden_packages", *names]
    done = subprocess.run(command, capture_output=True, env=environment(hidden, folder), check=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """What all formats say where none of the packages is installed."""
    return ask([package for packages in PACKAGES.values() for package in packages], tmp_path_factory.mktemp("site"))


@pytest.mark.parametrize("name", PACKAGES)
def test_a_missing_engine_is_told_with_its_installation(name: str, answers: Answers) -> None:
    kind, message = answers[name]["accepts"]
    assert kind == "EngineMissing" and message.startswith("engine missing: "), message
    assert "Install it with: pip install " in message or (name == "bash" and "apt-get install bash" in message)


@pytest.mark.parametrize("name", PACKAGES)
@pytest.mark.parametrize("method", ["equivalent", "score"])
def test_without_its_engine_a_format_never_claims_more(name: str, method: str, answers: Answers) -> None:
    """What needs the engine says that it is missing; the rest is an answer, never another error."""
    kind, message = answers[name][method]
    assert kind in {"EngineMissing", "Verdict", "Score"}, message


_FORMULAS = ("∀x (Cat(x) → Animal(x))", "∀x (Tabby(x) → Pet(x))")
_GRAPHS = ("(b / boy :mod (t / tall))", "(g / girl :mod (t / tall))")


@pytest.mark.parametrize(
    ("package", "name", "method", "texts", "told"),
    [
        ("rapidfuzz", "fol", "score", _FORMULAS, "rapidfuzz"),  # which atom is which
        ("rapidfuzz", "fol", "equivalent", _FORMULAS, "rapidfuzz"),  # which name is which
        ("scipy", "fol", "equivalent", _FORMULAS, "SciPy"),
        ("scipy", "amr", "score", _GRAPHS, "SciPy"),  # which node is which
        ("numpy", "amr", "score", _GRAPHS, "NumPy"),
    ],
)
def test_a_missing_package_is_told_where_it_is_needed(
    package: str, name: str, method: str, texts: tuple[str, str], told: str, tmp_path: Path
) -> None:
    code = f"from symbol_llm.formats import get; get({name!r}).{method}(*{texts!r})"
    command, env = [sys.executable, "-c", code], environment([package], tmp_path)
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    message = f"EngineMissing: engine missing: {told} is not installed. Install it with: pip install {package}"
    assert done.returncode == 1 and done.stderr.strip().endswith(message), done.stderr
    found = ask([package], tmp_path, name)[name]["accepts"]
    assert found[0] == "Verdict" and "holds=True" in found[1], "the engine does not need it"


@pytest.mark.parametrize("name", sorted(OWN))
def test_other_formats_do_not_need_the_packages(name: str, answers: Answers) -> None:
    assert answers[name]["engine"][0] == "str"
    assert answers[name]["accepts"][0] == "Verdict" and "holds=True" in answers[name]["accepts"][1]


def test_the_command_line_explains_itself(tmp_path: Path) -> None:
    code = "from symbol_llm.cli import main; import sys; sys.argv = ['symbol-llm', *sys.argv[1:]]; main()"
    command = [sys.executable, "-c", code, "format"]
    env = environment(PACKAGES["smiles"], tmp_path)
    done = subprocess.run([*command, "check", "smiles"], input="CCO", capture_output=True, text=True, env=env)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == "error: engine missing: RDKit is not installed. Install it with: pip install rdkit\n"
    listed = subprocess.run([*command, "list", "--json"], capture_output=True, text=True, env=env, check=True)
    rows = {row["format"]: row for row in json.loads(listed.stdout)}
    assert not rows["smiles"]["installed"] and "pip install rdkit" in rows["smiles"]["engine"]
    assert rows["fol"]["installed"]
