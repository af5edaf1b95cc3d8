"""Plots as SVG files, by matplotlib: the same numbers give the same file.

pyplot = open_pyplot()
figure, axes = pyplot.subplots()
save(figure, out / "plot.svg")
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from symbol_llm.errors import EngineMissing
from symbol_llm.ledger import replacing


def open_pyplot() -> Any:
    """matplotlib's pyplot, without a display. Raises EngineMissing."""
    try:
        import matplotlib
    except ImportError:
        raise EngineMissing("matplotlib", 'pip install "symbol-llm[plots]"') from None
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "symbol-llm"
    from matplotlib import pyplot

    return pyplot


def save(figure: Any, path: Path) -> Path:
    """Write a figure whole, without the date, and close it."""
    from matplotlib import pyplot

    with replacing(path) as part:
        figure.savefig(part, format="svg", bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)
    return path
