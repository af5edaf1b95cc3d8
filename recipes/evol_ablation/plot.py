"""A bar for each test set and kind of training, whiskers for intervals, a dot for each seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from recipes.plots import open_pyplot, save

_COLOURS = ("#9aa5b1", "#2f6db3")
_HEIGHT = 0.38


def bars(sets: Mapping[str, Mapping[str, Any]], kinds: Sequence[str], path: Path) -> Path:
    """Horizontal bars from 0 to 100 %. ``sets``: name -> kind -> mean, interval and seeds, all in 0..1."""
    pyplot = open_pyplot()
    figure, axes = pyplot.subplots(figsize=(9, 0.4 + 0.7 * len(sets)))
    for number, kind in enumerate(kinds):
        for row, entry in enumerate(sets.values()):
            value, place = entry[kind], row + _HEIGHT * (number - (len(kinds) - 1) / 2)
            mean, (low, high), seeds = value["mean"], value["interval"], value["seeds"]
            label = f"{kind} evolved records" if row == 0 else None
            axes.barh(place, 100 * mean, _HEIGHT * 0.9, color=_COLOURS[number], label=label)
            axes.hlines(place, 100 * low, 100 * high, color="#222", linewidth=1.5)
            axes.plot([100 * seed for seed in seeds], [place] * len(seeds), "o", ms=4, mfc="w", mec="#222", gid="seeds")
            axes.text(100 * max(mean, high, *seeds) + 1.5, place, f"{100 * mean:.0f} %", va="center", fontsize=8)
    axes.set_yticks(range(len(sets)), list(sets), parse_math=False)
    axes.invert_yaxis()
    axes.set_xlim(0, 106)
    axes.set_xlabel("exact symbols, %")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(kinds))
    return save(figure, path)
