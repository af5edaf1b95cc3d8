"""Longest paths by networkx. ``run`` works in a worker's process (symbol_llm/solvers/worker.py).

```
adj_list = {7: [(3, 30.0)], 3: []}, source = 7, target = 3     →     {"low": 30.0, "high": 30.0, "path": ["7", "3"]}
```
"""

from __future__ import annotations

from symbol_llm.errors import SymbolError
from symbol_llm.formats.graph_paths import longest_path, longest_time, path_fault
from symbol_llm.formats.graph_text import parse
from symbol_llm.solvers.outcome import Outcome, Solution

TARGET = "symbol_llm.solvers.graph_paths_job:run"


def prepare() -> None:
    """Load the engine in the child."""
    import networkx  # noqa: F401


def run(text: str) -> Solution:
    """Time and nodes of a longest path."""
    import networkx

    engine = f"networkx {networkx.__version__}"
    try:
        graph = parse(text)
    except SymbolError as error:
        return Solution(Outcome.PARSE_ERROR, message=str(error), engine=engine)
    if fault := path_fault(graph):
        return Solution(Outcome.REJECTED, message=fault, engine=engine)
    # Twelve digits: a sum of 0.1 and 0.2 is 0.3.
    low, high = (float(f"{time:.12g}") for time in longest_time(graph))
    path, _ = longest_path(graph)
    return Solution(None, answer={"low": low, "high": high, "path": path}, engine=engine)
