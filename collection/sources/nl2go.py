"""Descriptions in English to Go functions, from CodeSearchNet.

    Half returns half of a number.   →   func Half(x int) int {⏎	return x / 2⏎}

Which Go corpus the paper used is not published; see code_corpus.py. MBXP's Go file has no solutions at all, so there
is no task that reads it.
"""

from __future__ import annotations

from collection.sources.code_corpus import NlToCode
from collection.sources.code_search_net import CodeSearchNet

NL2GO = NlToCode("nl2go", "go", CodeSearchNet("go"))
