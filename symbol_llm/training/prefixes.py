"""Families of rows that begin alike, found once per data set.

    Translate the command …\\nI_JUMP: jump\\n… The command is:| jump twice      ┐
    Translate the command …\\nI_JUMP: jump\\n… The command is:| walk left       ├ one family, trunk 61 tokens
    Translate the command …\\nI_JUMP: jump\\n… The command is:| look thrice     ┘

Prompts put what is shared first (instruction, definitions), so rows of a task fall into few families. Rows of a
family that meet in one pack compute the trunk once (see `collator`). Rows in lexicographic order form a tree by
their common prefixes; from it the families are cut that save most.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np

SHORTEST_TRUNK = 16  # tokens; less is not worth tying rows together
_LONGEST_TRUNK = 1_024  # tokens looked at; the collator shares longer prefixes all the same
# A large family mixes better than many small ones, so a finer cut must save clearly more.
_FINER_MUST_SAVE = 1.2
_BRANCHES = 8


class _Node(NamedTuple):
    depth: int
    left: int
    saved: float  # by the families cut below this node


def find_families(tokens: np.ndarray, offsets: np.ndarray, prompt_lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Family number (-1: none) and trunk length in tokens of each row, both int32 of shape [rows]."""
    import numpy as np

    ends = offsets[:-1] + np.minimum(prompt_lengths, _LONGEST_TRUNK)
    big_endian = tokens.dtype.newbyteorder(">")  # so that bytes sort as numbers
    keys = [tokens[start:end].astype(big_endian).tobytes() for start, end in zip(offsets[:-1], ends, strict=True)]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    width = tokens.dtype.itemsize
    common = [0] + [_common(keys[a], keys[b]) // width for a, b in pairwise(order)]
    families = np.full(len(keys), -1, np.int32)
    trunks = np.zeros(len(keys), np.int32)
    for number, (left, right, depth) in enumerate(cut_families(common)):
        members = order[left:right]
        families[members], trunks[members] = number, depth
    return families, trunks


def cut_families(common: list[int]) -> list[tuple[int, int, int]]:
    """Runs (left, right, depth) of sorted rows; ``common[i]`` is the prefix that rows i-1 and i share."""
    chosen: list[tuple[int, int, int]] = []
    stack = [_Node(0, 0, 0.0)]
    for right, depth in enumerate([*common[1:], 0], 1):
        if depth < SHORTEST_TRUNK:
            depth = 0
        left, below = right - 1, 0.0
        while stack[-1].depth > depth:
            node = stack.pop()
            below, left = _close(node, below, right, chosen), node.left
            if stack[-1].depth >= depth:
                stack[-1] = stack[-1]._replace(saved=stack[-1].saved + below)
                below = 0.0
        if stack[-1].depth < depth:
            stack.append(_Node(depth, left, below))
    return chosen


def _close(node: _Node, below: float, right: int, chosen: list[tuple[int, int, int]]) -> float:
    """Decide between one family for the whole node and the finer ones; return what is saved."""
    num_rows = right - node.left
    as_one = node.depth * (num_rows - -(-num_rows // _BRANCHES))
    finer = node.saved + below
    if as_one * _FINER_MUST_SAVE < finer:
        return finer
    while chosen and chosen[-1][0] >= node.left:
        chosen.pop()
    chosen.append((node.left, right, node.depth))
    return as_one


def _common(a: bytes, b: bytes) -> int:
    """Length of the common prefix of two byte strings."""
    import numpy as np

    shorter = min(len(a), len(b))
    if a[:shorter] == b[:shorter]:
        return shorter
    differ = np.frombuffer(a, np.uint8, shorter) != np.frombuffer(b, np.uint8, shorter)
    return int(differ.argmax())
