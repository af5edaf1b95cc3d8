"""Where Fast Downward is installed, and its own translator as a checker of PDDL.

    check(("(define (domain d) …)", "(define (problem p) (:domain d) … (:goal (on a b c)))"))
    →   refused: "… Predicate 'on' of arity 2 used with 3 arguments. Got: (on a b c)"

Fast Downward is GPL-3. The planner runs as a process (planner.py), and the translator's parser is loaded only by
``prepare`` and ``check``, the functions of a worker process (worker.py); nothing here imports it in this one.
The translator that is shipped with the planner is used, so that checker and planner always agree.
"""

from __future__ import annotations

import io
import re
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from symbol_llm.errors import EngineMissing
from symbol_llm.solvers.outcome import Outcome, Solution

TARGET = "symbol_llm.solvers.fast_downward:check"


class Installation(NamedTuple):
    """The planner's driver script, the folder of its translator package, and its version."""

    driver: Path
    translator: Path
    version: str


@cache
def installation() -> Installation:
    """Find Fast Downward without importing it. Raises EngineMissing."""
    spec = find_spec("up_fast_downward")  # a top-level package is found without running it
    for folder in spec.submodule_search_locations or () if spec else ():
        home = Path(folder) / "downward"
        driver, translator = home / "fast-downward.py", home / "builds" / "release" / "bin"
        if driver.is_file() and (translator / "fast_downward" / "translate").is_dir():
            text = (home / "driver" / "version.py").read_text(encoding="utf-8")
            version = re.search(r'__version__ = "(.+)"', text)
            return Installation(driver, translator, version[1] if version else "unknown")
    raise EngineMissing("Fast Downward", 'pip install "symbol-llm[planner]"')


# The worker's side.


def prepare() -> None:
    """Load the translator's parser. Some releases read their options from the command line when imported."""
    sys.argv[1:] = ["domain.pddl", "problem.pddl"]
    sys.path.insert(0, str(installation().translator))
    from fast_downward.translate import options

    options.set_options(sys.argv[1:])


def check(texts: tuple[str, str | None]) -> Solution:
    """Let the translator read a domain and, if there is one, a problem. ``answer`` is null or its complaint."""
    from fast_downward.translate.pddl_parser import lisp_parser, parse_error, parsing_functions, warning

    def tree(text: str) -> Any:
        # Lines as a text file has them: the planner reads files with universal newlines.
        return lisp_parser.parse_nested_list(io.StringIO(text, newline=None))

    domain, problem = texts
    warning.printed_warnings.clear()  # it would grow for ever
    try:
        if problem is None:
            for _ in parsing_functions.parse_domain_pddl(parsing_functions.Context(), tree(domain)):
                pass
        else:
            parsing_functions.parse_task(tree(domain), tree(problem))
    except parse_error.ParseError as error:
        # The complaint comes last; before it stands the trail "Parsing problem -> Parsing goal -> …".
        said = [line.strip() for line in str(error).splitlines()]
        return Solution(
            None, answer="; ".join(line for line in said if line and not line.startswith(("->", "Parsing")))
        )
    except MemoryError:
        raise
    except Exception as error:  # the parser has no guard for some malformed texts
        return Solution(Outcome.REJECTED, message=f"the translator fails on it: {type(error).__name__}: {error}")
    return Solution(None, answer=None)
