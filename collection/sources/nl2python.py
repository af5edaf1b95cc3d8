"""Descriptions in English to Python code: ``nl2python`` from CodeSearchNet, and one task for each other corpus.

    Half of a number.   →   def half(x):⏎    return x / 2

Which Python corpus the paper used is not published; see code_corpus.py.
"""

from __future__ import annotations

from collection.sources.code_corpus import NlToCode
from collection.sources.code_search_net import CodeSearchNet
from collection.sources.conala import Conala
from collection.sources.mbpp import Mbpp
from collection.sources.mbxp import Mbxp

NL2PYTHON = NlToCode("nl2python", "python", CodeSearchNet("python"))
NL2PYTHON_CONALA = NlToCode("nl2python_conala", "python", Conala())
NL2PYTHON_MBPP = NlToCode("nl2python_mbpp", "python", Mbpp())
NL2PYTHON_MBXP = NlToCode("nl2python_mbxp", "python", Mbxp("python"))
