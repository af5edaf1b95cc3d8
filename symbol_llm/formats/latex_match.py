r"""Exact match as the MATH benchmark defines it: both answers as strings, after its normalisation.

    \dfrac{1}{2} = \frac12 = 0.5 = 1/2       12\text{ square units} = 12       45^\circ = 45       \$32 = 32

The rules of ``is_equiv`` (Hendrycks et al. 2021, modeling/math_equivalence.py), one after the other and with their
habits: it knows nothing of mathematics, and ``x=5`` is ``5`` only while the left side is at most two characters.
"""

from __future__ import annotations

import re

_DROPPED = ("\n", "\\!", "\\\\", "\\left", "\\right", "^{\\circ}", "^\\circ", "\\$", "\\%", "%")


def is_match(prediction: str, reference: str) -> bool:
    """Whether the normalised strings are the same."""
    return normalised(prediction) == normalised(reference)


def normalised(text: str) -> str:
    """The string that the benchmark compares."""
    for dropped in _DROPPED:
        text = text.replace(dropped, "\\" if dropped == "\\\\" else "")
    text = text.replace("tfrac", "frac").replace("dfrac", "frac")
    if "\\text{ " in text:  # units on the right
        text = text.split("\\text{ ")[0]
    text = text.replace(" .", " 0.").replace("{.", "{0.")
    if not text:
        return text
    if text[0] == ".":
        text = "0" + text
    sides = text.split("=")
    if len(sides) == 2 and len(sides[0]) <= 2:
        text = sides[1]
    text = re.sub(r"\\sqrt([^{])", r"\\sqrt{\1}", text)
    text = _with_braces(text.replace(" ", ""))
    if text == "0.5":
        text = "\\frac{1}{2}"
    return re.sub(r"\A(-?[0-9]+)/(-?[0-9]+)\Z", r"\\frac{\1}{\2}", text)


def _with_braces(text: str) -> str:
    r"""``\frac12`` becomes ``\frac{1}{2}``, and ``\frac1{72}`` likewise."""
    parts = text.split("\\frac")
    made = [parts[0]]
    for part in parts[1:]:
        if part.startswith("{"):
            made.append(part)
        elif len(part) < 2:
            return text
        elif part[1] == "{":
            made.append(f"{{{part[0]}}}{part[1:]}")
        else:
            made.append(f"{{{part[0]}}}{{{part[1]}}}{part[2:]}")
    return "\\frac".join(made)
