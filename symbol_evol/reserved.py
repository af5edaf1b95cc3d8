"""Words that no fresh name may be, by language: its keywords, operators, and the standard names of what it defines.

```
reserved("sql") -> {"select", "from", …}    reserved("clevr") -> {"count", "exist", "red", …}
```
"""

from __future__ import annotations

from functools import cache

# What every reader takes for logic, whatever the language; and the words that tell another notation.
_COMMON = "and or not true false none null nil all exists forall if then else is in stands for name term"
_PDDL = """
    define domain problem requirements types constants predicates functions action parameters precondition effect
    objects init goal metric minimize maximize either object when imply exists forall increase decrease assign strips
    typing total-cost start end over at
"""
_SPARQL = """
    select distinct reduced where filter optional union minus graph service bind values order by asc desc limit offset
    group having prefix base ask construct describe from named undef str lang langmatches datatype bound sameterm isiri
    isuri isblank isliteral regex count sum min max avg sample group_concat a as exists xsd ns rdf rdfs
"""
_SCAN = "jump run walk look turn left right around opposite twice thrice and after"
_GRAPH = "start end step must precede min hour day week month year minutes hours days weeks months years"


@cache
def reserved(format_name: str) -> frozenset[str]:
    """In lower case."""
    return frozenset(word.lower() for word in (*_COMMON.split(), *_words(format_name)))


def _words(format_name: str) -> list[str]:
    match format_name:
        case "sql":
            from symbol_llm.formats.sql_tokens import RESERVED

            return sorted(RESERVED)
        case "pddl":
            return _PDDL.split()
        case "sparql":
            return _SPARQL.split()
        case "kb_sexpr":
            from symbol_llm.formats.kb_vocabulary import NOW, OPERATORS

            return [*OPERATORS, NOW]
        case "nlmaps":
            from symbol_llm.formats.nlmaps_query import TAKES

            return [*TAKES, "km", "mi", "key"]
        case "fol":
            from symbol_llm.formats.fol_tree import FREE_VARIABLES, KEYWORDS

            return [*KEYWORDS, *FREE_VARIABLES]
        case "logic_program":
            from symbol_llm.formats.logic_program_parser import RESERVED as RESERVED_IN_PROGRAMS

            return sorted(RESERVED_IN_PROGRAMS)
        case "scan":
            from symbol_llm.formats.scan_grammar import ACTIONS

            return [*_SCAN.split(), *ACTIONS.values()]
        case "clevr":
            from symbol_llm.formats import clevr_operations

            return [*clevr_operations.OPERATIONS, *(v for values in clevr_operations.VALUES.values() for v in values)]
        case "gqa":
            from symbol_llm.formats import gqa_operations

            return [*gqa_operations.OPERATIONS]
        case "geometry":
            from symbol_llm.formats.geometry_predicates import PREDICATES

            return [*PREDICATES]
        case "math_program":
            import builtins
            import keyword

            return [*keyword.kwlist, *keyword.softkwlist, *dir(builtins)]
        case "graph":
            return _GRAPH.split()
    return []
