"""The table of tasks, from the code: for ``collect list`` and for the README.

```
| spider | SQL | sql | EM | 7,000 train / 1,034 dev | CC-BY-SA-4.0 | spider |
```
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collection.sources import SOURCES, get
from collection.sources.base import GeneratedSource
from symbol_llm.formats import get as get_format

COLUMNS = ("task", "family", "format", "metric", "rows upstream", "licence", "commercial", "origin")


def task_rows() -> list[dict[str, Any]]:
    """One row per task, in the paper's order, the generated ones last."""
    rows = []
    for task in SOURCES:
        source = get(task)
        sizes = source.sizes if isinstance(source, GeneratedSource) else source.upstream.sizes
        rows.append(
            {
                "task": task,
                "family": source.family,
                "format": source.format,
                "metric": get_format(source.format).metric,
                "rows upstream": _sizes(sizes),
                "licence": source.licence.name,
                "commercial": "yes" if source.licence.commercial else "no",
                "origin": str(source.origin),
                "sizes": {str(split): size for split, size in sizes.items()},
                "url": source.upstream.url,
                "revision": source.upstream.revision,
            }
        )
    return rows


def _sizes(sizes: Mapping[Any, int]) -> str:
    return " / ".join(f"{size:,} {split}" for split, size in sizes.items())


def as_markdown(rows: list[dict[str, Any]]) -> str:
    """The same as a Markdown table."""
    lines = [" | ".join(COLUMNS), "|".join("---" for _ in COLUMNS)]
    lines += [" | ".join(str(row[column]) for column in COLUMNS) for row in rows]
    return "\n".join(f"| {line} |" if "---" not in line else f"|{line}|" for line in lines)
