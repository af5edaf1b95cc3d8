"""Descriptions in English to Java methods: ``nl2java`` from CodeSearchNet, and one task for each other corpus.

    Half of a number.   →   public int half(int x) {⏎    return x / 2;⏎}

Which Java corpus the paper used is not published; see code_corpus.py.
"""

from __future__ import annotations

from collection.sources.code_corpus import NlToCode
from collection.sources.code_search_net import CodeSearchNet
from collection.sources.concode import Concode
from collection.sources.mbxp import Mbxp

NL2JAVA = NlToCode("nl2java", "java", CodeSearchNet("java"))
NL2JAVA_CONCODE = NlToCode("nl2java_concode", "java", Concode())
NL2JAVA_MBXP = NlToCode("nl2java_mbxp", "java", Mbxp("java"))
