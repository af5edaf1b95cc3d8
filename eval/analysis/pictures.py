"""Pictures as SVG text, without a plotting library: heat map, cloud of points, arrows between runs.

    heat_map(["SQL", "AMR"], [[0.2, 0.9], [0.9, 0.3]], "mean squared distance", 1.0)  ->  "<svg …>…</svg>"

Every picture follows the reader's light or dark scheme, tells its groups by shape as well as by colour, and escapes
every text: names come from files.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from itertools import pairwise

STYLE = """
text{font:12px system-ui,sans-serif;fill:#1d2125}.soft{fill:#565e67}.ground{fill:#fff}.line{stroke:#d9dcdf}
@media(prefers-color-scheme:dark){text{fill:#e7eaec}.soft{fill:#a6afb7}.ground{fill:#1c2024}.line{stroke:#363c42}}
.onlight{fill:#14171a}.ondark{fill:#fff}"""
COLOURS = ("#0b6fb3", "#c8500a", "#2a8c55", "#b0589a", "#b58900", "#6a5acd", "#c0392b", "#158a94", "#7d858c", "#8a5a2b")
SHAPES = ("circle", "square", "triangle", "diamond")
PALE, DEEP = (240, 246, 251), (8, 64, 129)


def heat_map(names: Sequence[str], matrix: Sequence[Sequence[float | None]], title: str, highest: float) -> str:
    """A square matrix with its numbers; deep blue is ``highest``, an empty cell has no value."""
    cell, left, top = 46, 16 + 8 * max(map(len, names), default=1), 34 + 6 * max(map(len, names), default=1)
    size = cell * len(names)
    parts = [f'<text x="8" y="18">{escape(title)}</text>']
    for number, name in enumerate(names):
        middle = number * cell + cell / 2
        parts.append(f'<text x="{left - 6}" y="{top + middle + 4:g}" text-anchor="end">{escape(name)}</text>')
        x, y = left + middle, top - 8
        parts.append(f'<text x="{x:g}" y="{y:g}" transform="rotate(-40 {x:g} {y:g})">{escape(name)}</text>')
        for other, value in enumerate(matrix[number]):
            x, y = left + other * cell, top + number * cell
            if value is None:
                parts.append(f'<rect class="line" fill="none" x="{x}" y="{y}" width="{cell - 1}" height="{cell - 1}"/>')
                continue
            share = min(1.0, max(0.0, value / highest))
            colour = ",".join(str(round(a + (b - a) * share)) for a, b in zip(PALE, DEEP))
            ink = "ondark" if share > 0.65 else "onlight"
            parts.append(
                f'<rect fill="rgb({colour})" x="{x}" y="{y}" width="{cell - 1}" height="{cell - 1}">'
                f"<title>{escape(name)} and {escape(names[other])}: {value:.4f}</title></rect>"
                f'<text class="{ink}" x="{x + cell / 2:g}" y="{y + cell / 2 + 4:g}" '
                f'text-anchor="middle">{value:.2f}</text>'
            )
    return _svg(left + size + 6 * max(map(len, names), default=1), top + size + 10, title, parts)


def scatter(names: Sequence[str], points: Sequence[Sequence[float]], title: str, x_label: str, y_label: str) -> str:
    """Points (x, y, group); the legend names the groups."""
    width, height, left, top = 420, 360, 34, 30
    parts = [f'<text x="8" y="18">{escape(title)}</text>']
    parts.append(f'<rect class="line" fill="none" x="{left}" y="{top}" width="{width}" height="{height}"/>')
    if points:
        low = [min(point[k] for point in points) for k in (0, 1)]
        high = [max(point[k] for point in points) for k in (0, 1)]
        reach = max(high[0] - low[0], high[1] - low[1]) or 1.0
        middle = [(low[k] + high[k]) / 2 for k in (0, 1)]
        for px, py, group in points:
            # One scale for both axes: distances in the picture are distances.
            x = left + width / 2 + (px - middle[0]) / reach * (height - 20)
            y = top + height / 2 - (py - middle[1]) / reach * (height - 20)
            parts.append(_mark(int(group), x, y, 3.5))
    parts += _axis_titles(left, top, width, height, 18, x_label, y_label)
    for number, name in enumerate(names):
        y = top + 10 + 18 * number
        parts.append(_mark(number, left + width + 20, y, 5))
        parts.append(f'<text x="{left + width + 32}" y="{y + 4}">{escape(name)}</text>')
    legend = 50 + 8 * max(map(len, names), default=1)
    return _svg(left + width + legend, max(top + height + 30, top + 20 + 18 * len(names)), title, parts)


def trade_off(points: Sequence[tuple[str, float, float]], title: str, x_label: str, y_label: str) -> str:
    """Named points (name, x, y), both shares 0..1, joined in their order by arrows."""
    width, height, left, top = 420, 300, 60, 30
    parts = [
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">'
        f'<path d="M0 0L10 5L0 10z" fill="{COLOURS[0]}"/></marker></defs>',
        f'<text x="8" y="18">{escape(title)}</text>',
    ]
    for tick in range(0, 101, 20):
        x, y = left + width * tick / 100, top + height * (1 - tick / 100)
        parts.append(f'<line class="line" x1="{left}" x2="{left + width}" y1="{y:g}" y2="{y:g}"/>')
        parts.append(f'<text class="soft" x="{left - 6}" y="{y + 4:g}" text-anchor="end">{tick}</text>')
        parts.append(f'<text class="soft" x="{x:g}" y="{top + height + 18}" text-anchor="middle">{tick}</text>')
    places = [(left + width * x, top + height * (1 - y)) for _, x, y in points]
    for (x1, y1), (x2, y2) in pairwise(places):
        far = math.hypot(x2 - x1, y2 - y1)
        if far > 14:
            ex, ey = x2 - 8 * (x2 - x1) / far, y2 - 8 * (y2 - y1) / far
            parts.append(
                f'<line stroke="{COLOURS[0]}" stroke-width="1.6" marker-end="url(#tip)" '
                f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{ex:.1f}" y2="{ey:.1f}"/>'
            )
    for (name, *_), (x, y) in zip(points, places):
        parts.append(f'<circle fill="{COLOURS[0]}" cx="{x:.1f}" cy="{y:.1f}" r="5"/>')
        is_right = x > left + width * 0.7
        parts.append(
            f'<text x="{x + (-9 if is_right else 9):.1f}" y="{y - 8:.1f}" '
            f'text-anchor="{"end" if is_right else "start"}">{escape(name)}</text>'
        )
    parts += _axis_titles(left, top, width, height, 38, x_label, y_label)
    return _svg(left + width + 20, top + height + 50, title, parts)


def _axis_titles(left: int, top: int, width: int, height: int, below: int, x: str, y: str) -> list[str]:
    middle, side = left + width / 2, top + height / 2
    start = '<text class="soft" text-anchor="middle"'
    return [
        f'{start} x="{middle:g}" y="{top + height + below}">{escape(x)}</text>',
        f'{start} x="18" y="{side:g}" transform="rotate(-90 18 {side:g})">{escape(y)}</text>',
    ]


def _mark(group: int, x: float, y: float, r: float) -> str:
    colour = COLOURS[group % len(COLOURS)]
    shape = SHAPES[(group // len(COLOURS) + group) % len(SHAPES)]
    if shape == "circle":
        return f'<circle fill="{colour}" fill-opacity=".75" cx="{x:.1f}" cy="{y:.1f}" r="{r}"/>'
    corners = {
        "square": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
        "triangle": ((0, -1.2), (1.1, 0.9), (-1.1, 0.9)),
        "diamond": ((0, -1.4), (1.2, 0), (0, 1.4), (-1.2, 0)),
    }[shape]
    path = " ".join(f"{x + dx * r:.1f},{y + dy * r:.1f}" for dx, dy in corners)
    return f'<polygon fill="{colour}" fill-opacity=".75" points="{path}"/>'


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img"><title>{escape(title)}</title><style>{STYLE}</style>'
        f'<rect class="ground" width="{width:g}" height="{height:g}"/>{"".join(parts)}</svg>\n'
    )
