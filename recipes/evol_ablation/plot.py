"""A bar chart as SVG text: a group of bars for each test set, whiskers for intervals, a dot for each seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_COLOURS = ("#9aa5b1", "#2f6db3")
_WIDTH, _ROW, _BAR, _LEFT, _TOP, _RIGHT = 860, 58, 20, 260, 40, 70


def bars(sets: Mapping[str, Mapping[str, Any]], kinds: Sequence[str]) -> str:
    """Horizontal bars from 0 to 100 %. ``sets``: name -> kind -> mean, interval and seeds, all in 0..1."""
    height = _TOP + _ROW * len(sets) + 40
    span = _WIDTH - _LEFT - _RIGHT

    def x(value: float) -> float:
        return round(_LEFT + span * value, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" '
        f'font-size="13" role="img" aria-label="Exact symbols by test set">',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
    ]
    for number, kind in enumerate(kinds):
        place = _LEFT + 190 * number
        parts.append(f'<rect x="{place}" y="12" width="14" height="14" fill="{_COLOURS[number]}"/>')
        parts.append(f'<text x="{place + 20}" y="24">{escape(kind)} evolved records</text>')
    bottom = _TOP + _ROW * len(sets)
    for tick in range(0, 101, 20):
        parts.append(f'<line x1="{x(tick / 100)}" y1="{_TOP}" x2="{x(tick / 100)}" y2="{bottom}" stroke="#e3e6ea"/>')
        parts.append(f'<text x="{x(tick / 100)}" y="{bottom + 18}" text-anchor="middle">{tick} %</text>')
    for row, (name, entry) in enumerate(sets.items()):
        top = _TOP + _ROW * row + (_ROW - 2 * _BAR) // 2
        parts.append(f'<text x="{_LEFT - 10}" y="{top + _BAR + 4}" text-anchor="end">{escape(name)}</text>')
        for number, kind in enumerate(kinds):
            parts += _bar(entry[kind], top + _BAR * number, _COLOURS[number], x)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bar(value: Mapping[str, Any], top: int, colour: str, x: Any) -> list[str]:
    middle, mean = top + _BAR // 2, value["mean"]
    low, high = value["interval"]
    found = [
        f'<rect x="{x(0)}" y="{top + 2}" width="{round(x(mean) - x(0), 1)}" height="{_BAR - 4}" fill="{colour}"/>',
        f'<line x1="{x(low)}" y1="{middle}" x2="{x(high)}" y2="{middle}" stroke="#222" stroke-width="2"/>',
    ]
    found += [f'<circle cx="{x(seed)}" cy="{middle}" r="3" fill="white" stroke="#222"/>' for seed in value["seeds"]]
    end = max(mean, high, *value["seeds"])
    return [*found, f'<text x="{x(end) + 8}" y="{middle + 4}" font-size="11">{100 * mean:.0f} %</text>']
