"""The six scenes and their benchmarks, from the code: for ``eval list --markdown`` and for the README.

```
| logic | folio, proofwriter, prontoqa, logical_deduction, theories* | fol, logic_program, csp |
```
"""

from __future__ import annotations

from eval.delegation import BENCHMARKS, get


def as_markdown() -> str:
    """One row per scene, in the table's order. Benchmarks on generated items bear a star."""
    scenes: dict[str, tuple[list[str], list[str]]] = {}
    for name in BENCHMARKS:
        benchmark = get(name)
        names, solvers = scenes.setdefault(benchmark.scene, ([], []))
        names.append(name if benchmark.dataset else f"{name}\\*")
        solvers.append(benchmark.solver)
    rows = [f"| {scene} | {', '.join(n)} | {', '.join(dict.fromkeys(s))} |" for scene, (n, s) in scenes.items()]
    return "\n".join(["| scene | benchmarks | solvers |", "|---|---|---|", *rows])
