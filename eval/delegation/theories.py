"""Logical reasoning on generated theories: one to three steps, labels in equal shares.

Every cat is kind. Tom is a cat. Tom is kind.  →  three formulas  →  "True"
"""

from __future__ import annotations

from eval.delegation.folio import Folio


class Theories(Folio):
    name = "theories"
    task = "theories"
