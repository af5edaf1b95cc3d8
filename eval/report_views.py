"""Symbols as a reader sees them: molecules drawn, meaning representations as trees, graphs of steps from left to right.

    smiles  CCO                      {"width": 260, "height": 180, "paths": [["#ff0000", true, "M …"], …]}
    amr     (w / want-01 :ARG0 …)    {"tree": ["w / want-01", [[":ARG0 b / boy", []], …]]}
    graph   {'1': ['END'], …}        {"nodes": [["START", 0, 0, ""], ["1", 1, 0, "10 min"], …], "edges": …}

Only numbers, colours and texts travel to the page, which draws them itself: no markup made from a model's output is
ever inserted. Steps of plans and the colours of SQL need no more than the text; the page makes them from it.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import groupby
from typing import Any

from symbol_llm.errors import SymbolError

WIDTH, HEIGHT = 260, 180
MAX_MOLECULE = 400  # characters
MAX_TREE = 4_000
MAX_DEPTH = 40
MAX_NODES = 40
_PATH = re.compile(r"<path [^>]*?d='([^']+)'[^>]*?(?:style='([^']*)'|fill='(#[0-9A-Fa-f]{6})')[^>]*/>")
_COLOUR = re.compile(r"(stroke|fill):(#[0-9A-Fa-f]{6})")


def view_of(format_name: str, symbol: str) -> dict[str, Any] | None:
    """What the page draws beside a symbol; None where the text says it best, or is not in its language."""
    if format_name in ("smiles", "selfies") and len(symbol) <= MAX_MOLECULE:
        return molecule(format_name, symbol.strip())
    trees = {"amr": amr_tree, "top": top_tree}
    if format_name in trees and len(symbol) <= MAX_TREE:
        tree = trees[format_name](symbol)
        return None if tree is None else {"tree": tree}
    if format_name == "graph" and len(symbol) <= MAX_TREE:
        return step_graph(symbol)
    return None


@lru_cache(maxsize=256)
def molecule(format_name: str, symbol: str) -> dict[str, Any] | None:
    """RDKit's drawing of a molecule, its paths joined by colour; None if RDKit refuses it."""
    from rdkit import Chem
    from rdkit.Chem.Draw import rdMolDraw2D
    from rdkit.rdBase import BlockLogs

    if format_name == "selfies":
        import selfies

        try:
            symbol = selfies.decoder(symbol)
        except selfies.DecoderError:
            return None
    with BlockLogs():
        found = Chem.MolFromSmiles(symbol)
        if found is None or not found.GetNumAtoms():
            return None
        drawing = rdMolDraw2D.MolDraw2DSVG(WIDTH, HEIGHT)
        options: Any = drawing.drawOptions()
        options.clearBackground = False
        try:
            rdMolDraw2D.PrepareAndDrawMolecule(drawing, found)
        except (ValueError, RuntimeError):  # a molecule that RDKit reads and cannot kekulise for drawing
            return None
        drawing.FinishDrawing()
    joined: dict[tuple[str, bool], list[str]] = {}
    for path, style, fill in _PATH.findall(drawing.GetDrawingText()):
        colours = dict(_COLOUR.findall(style))
        is_filled = bool(fill) or "fill" in colours
        colour = (fill or colours.get("fill") or colours.get("stroke", "#000000")).lower()
        joined.setdefault((colour, is_filled), []).append(" ".join(path.split()))
    paths = [[colour, is_filled, " ".join(own)] for (colour, is_filled), own in joined.items()]
    return {"width": WIDTH, "height": HEIGHT, "paths": paths}


def amr_tree(symbol: str) -> list[Any] | None:
    """``[label, children]`` of a graph in PENMAN notation; None if it is none, or too deep to be read as a tree."""
    from symbol_llm.formats.amr_penman import Node, parse

    try:
        root = parse(symbol)
    except SymbolError:
        return None

    def branch(node: Node, role: str, depth: int) -> list[Any] | None:
        if depth > MAX_DEPTH:
            return None
        children: list[Any] = []
        for edge in node.edges:
            if isinstance(edge.target, str):
                children.append([f"{edge.role} {edge.target}", []])
                continue
            below = branch(edge.target, edge.role, depth + 1)
            if below is None:
                return None
            children.append(below)
        return [f"{role} {node.variable} / {node.concept}".strip(), children]

    return branch(root, "", 0)


def top_tree(symbol: str) -> list[Any] | None:
    """``[label, children]`` of brackets of intents and slots; None if it is none, or too deep to be read."""
    from symbol_llm.formats.top_tree import Node, parse

    try:
        root = parse(symbol)
    except SymbolError:
        return None

    def branch(node: Node, depth: int) -> list[Any] | None:
        if depth > MAX_DEPTH:
            return None
        children: list[Any] = []
        for is_word, parts in groupby(node.parts, lambda part: isinstance(part, str)):
            if is_word:
                children.append([" ".join(map(str, parts)), []])
            else:
                children += [branch(part, depth + 1) for part in parts if isinstance(part, Node)]
        return None if None in children else [node.label, children]

    return branch(root, 0)


def step_graph(symbol: str) -> dict[str, Any] | None:
    """Nodes ``[name, column, row, time]`` and edges ``[from, to, time]`` of steps; None for no graph and for a cycle.

    A step stands right of all that come before it.
    """
    from symbol_llm.formats.graph_text import parse

    try:
        graph = parse(symbol)
    except SymbolError:
        return None
    edges = list(graph.edges())
    names = list(dict.fromkeys([*graph.nodes, *(end for _, end, _ in edges)]))
    if len(names) > MAX_NODES:
        return None
    before = {name: [start for start, end, _ in edges if end == name] for name in names}
    columns: dict[str, int] = {}
    while len(columns) < len(names):
        ready = [name for name in names if name not in columns and all(start in columns for start in before[name])]
        if not ready:
            return None
        columns |= {name: max((columns[start] + 1 for start in before[name]), default=0) for name in ready}
    times, rows, nodes = dict(graph.durations), Counter[int](), []
    for name in names:
        nodes.append([name, columns[name], rows[columns[name]], times.get(name, "")])
        rows[columns[name]] += 1
    places = {name: number for number, name in enumerate(names)}
    return {"nodes": nodes, "edges": [[places[start], places[end], time] for start, end, time in edges]}
