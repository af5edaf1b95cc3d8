"""A Python without some packages: ``HIDDEN_PACKAGES=z3 python -m tests.formats.hidden_packages`` asks all formats,
with names behind it these formats.

Prints one JSON object: format -> what each of its methods gave, or the error that it raised. The packages are hidden
from worker processes too: an interpreter reads ``sitecustomize``, which ``environment`` puts on its path.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_SITE = """
import importlib.machinery, importlib.metadata, os

hidden = set(os.environ["HIDDEN_PACKAGES"].split(","))
find_spec, distribution = importlib.machinery.PathFinder.find_spec, importlib.metadata.distribution


def visible_spec(name, path=None, target=None):
    return None if name.split(".")[0] in hidden else find_spec(name, path, target)


def visible_distribution(name):
    if name in hidden:
        raise importlib.metadata.PackageNotFoundError(name)
    return distribution(name)


importlib.machinery.PathFinder.find_spec = visible_spec
importlib.metadata.distribution = visible_distribution
"""


def environment(hidden: Sequence[str], folder: Path) -> dict[str, str]:
    """The environment of a Python that finds none of the packages (import and distribution names), nor any program."""
    (folder / "sitecustomize.py").write_text(_SITE, encoding="utf-8")
    root = Path(__file__).parents[2]
    return {"HIDDEN_PACKAGES": ",".join(hidden), "PYTHONPATH": f"{folder}:{root}", "PATH": str(folder)}


def ask(name: str) -> dict[str, list[str]]:
    """For each method: the kind of the answer, and the answer as text."""
    from symbol_llm.formats import Format, get
    from tests.formats.fixture_lines import context, lines

    text, other = lines(name, "valid.txt")[:2]
    language: Format[Any] = get(name)
    methods: dict[str, Callable[[], object]] = {
        "engine": lambda: language.engine,
        "accepts": lambda: language.accepts(text, context(name)),
        "equivalent": lambda: language.equivalent(text, other, context(name)),
        "score": lambda: language.score(text, other, context(name)),
    }
    answers = {}
    for method, call in methods.items():
        try:
            answer = call()
        except Exception as error:  # the test looks at its kind
            answer = error
        answers[method] = [type(answer).__name__, str(answer)]
    return answers


if __name__ == "__main__":
    from symbol_llm.formats import FORMATS

    names = sys.argv[1:] or [name for name in FORMATS if name != "text"]
    json.dump({name: ask(name) for name in names}, sys.stdout)
