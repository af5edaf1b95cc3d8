"""Short prompts for small models: every word, number and mark stands alone, so that blanks part the tokens.

    natural    to open the shop : step 1 . wash the cup ( 4 minutes ) step 2 . … step 1 must precede step 2 and 3 .
               what is the shortest time ?
    graph      { 1 : [ 2 , 3 ] , 2 : [ E ] , 3 : [ E ] , E : [ ] , S : [ 1 ] } { 2 : 4 , 1 : 3 , 3 : 9 }
    code       longest_path ( { 41 : [ ( 77 , 4 ) , ( 12 , 9 ) ] , … , 60 : [ ] , 95 : [ ( 41 , 3 ) ] } , 95 , 60 )

Times are whole minutes, in the graph and the code without unit. Of the ways in which language says an order, some are
kept for a test of other phrasing; they use no word that the others do not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from collection.procedures.instance import Plan, Step, bounds
from collection.procedures.paper_readers import checked, read_symbol
from symbol_llm.errors import SymbolError, UserError

WORDINGS = (
    "step {a} must precede step {b} .",
    "step {a} comes before step {b} .",
    "once step {a} is done , step {b} can start .",
)
HELD_OUT_WORDINGS = (
    "step {b} can start once step {a} is done .",
    "step {a} is done before step {b} can start .",
)
_QUESTION = "what is the shortest time ?"
_MAX_MINUTES = 999_999
_NAMES = r"(?:[0-9]+ , )*(?:[0-9]+ and )?[0-9]+"
_ORDERS = tuple(
    re.compile(re.escape(wording).replace(r"\{a\}", "(?P<a>[0-9]+)").replace(r"\{b\}", f"(?P<b>{_NAMES})") + " ?")
    for wording in (*WORDINGS, *HELD_OUT_WORDINGS)
)
_HEAD = re.compile(r"to (?P<title>[^:]+) : ")
_STEP = re.compile(r"step (?P<name>[0-9]+) \. (?P<text>[^()]+?) \( (?P<time>[0-9]{1,6}) minutes \) ")
_GRAPH = re.compile(r"(?P<steps>\{ [^{}]* \}) (?P<times>\{ [^{}]* \})\s*")
_CODE = re.compile(r"longest_path \( (?P<steps>\{ [^{}]* \}) , (?P<source>[0-9]+) , (?P<target>[0-9]+) \)\s*")


def whole_minutes(plan: Plan) -> list[int]:
    """The time of each step. Raises UserError for a time that is not whole minutes."""
    found = []
    for step in plan.steps:
        low, high = bounds(step.time)
        if low != high or low % 60 or low > 60 * _MAX_MINUTES:
            raise UserError(
                f"step {step.name} takes {step.time}: the compact forms have whole minutes, at most {_MAX_MINUTES:,}"
            )
        found.append(int(low) // 60)
    return found


def natural(plan: Plan, wording: str = WORDINGS[0]) -> str:
    """The prompt in language; ``wording``: one of WORDINGS or HELD_OUT_WORDINGS."""
    steps = plan.steps
    parts = [f"to {plan.title or 'finish'} :"]
    for step, minutes in zip(steps, whole_minutes(plan)):
        parts.append(f"step {step.name} . {step.text or 'work'} ( {minutes} minutes )")
    for step, after in zip(steps, plan.following):
        if after:
            parts.append(wording.format(a=step.name, b=_listed([steps[j].name for j in after])))
    return " ".join((*parts, _QUESTION))


def _listed(names: Sequence[str]) -> str:
    return f"{' , '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def graph(plan: Plan, order: Sequence[int] = ()) -> str:
    """The prompt as a graph from S to E; ``order``: that of the steps among the times."""
    names, minutes = [step.name for step in plan.steps], whole_minutes(plan)
    rows = [
        f"{name} : [ {' , '.join([names[j] for j in after]) or 'E'} ]" for name, after in zip(names, plan.following)
    ]
    first = " , ".join([names[i] for i in plan.first()])
    times = [f"{names[i]} : {minutes[i]}" for i in order or range(len(names))]
    return f"{{ {' , '.join(rows)} , E : [ ] , S : [ {first} ] }} {{ {' , '.join(times)} }}"


def code(plan: Plan, ids: Sequence[int]) -> str:
    """The prompt as a call. ``ids``: a number for each step, then for the target and the source."""
    if len(ids) != len(plan.steps) + 2 or len(set(ids)) != len(ids):
        raise UserError(f"{len(plan.steps)} steps need {len(plan.steps) + 2} different numbers, not {list(ids)}")
    target, source = ids[-2:]
    arcs = [f"( {i} , {minutes} )" for i, minutes in zip(ids, whole_minutes(plan))]
    rows = [
        f"{i} : [ {' , '.join([arcs[j] for j in after]) or f'( {target} , 0 )'} ]"
        for i, after in zip(ids, plan.following)
    ]
    first = " , ".join([arcs[i] for i in plan.first()])
    return f"longest_path ( {{ {' , '.join(rows)} , {target} : [ ] , {source} : [ {first} ] }} , {source} , {target} )"


def read_natural(text: str) -> Plan:
    """Raises SymbolError if the text is no such prompt, or no plan."""
    head = _HEAD.match(text)
    if head is None:
        raise SymbolError(text, 0, "'to … :'")
    at = head.end()
    steps: list[Step] = []
    places: dict[str, int] = {}
    while found := _STEP.match(text, at):
        if found["name"] in places:
            raise SymbolError(text, at, "another step", f"step {found['name']} is defined twice")
        places[found["name"]] = len(steps)
        steps.append(Step(found["name"], f"{found['time']} min", found["text"]))
        at = found.end()
    if not steps:
        raise SymbolError(text, at, "a step such as 'step 1 . wash the cup ( 4 minutes )'")
    edges: dict[tuple[int, int], int] = {}
    while found := next((f for pattern in _ORDERS if (f := pattern.match(text, at))), None):
        for name in re.findall("[0-9]+", found["b"]):
            for either in (found["a"], name):
                if either not in places:
                    raise SymbolError(text, at, "a step that is listed", f"there is no step {either}")
            edge = places[found["a"]], places[name]
            if edge in edges:
                raise SymbolError(text, at, "another constraint", f"step {name} waits for it twice")
            edges[edge] = at
        at = found.end()
    if text[at:].rstrip() != _QUESTION:
        raise SymbolError(text, at, f"a constraint, or {_QUESTION!r}")
    return checked(text, steps, edges, head["title"])


def read_graph(text: str) -> Plan:
    """Raises SymbolError if the text is no such prompt, or no plan."""
    found = _GRAPH.fullmatch(text)
    if found is None:
        raise SymbolError(text, 0, "'{ 1 : [ E ] , … , S : [ 1 ] } { 1 : 4 , … }'")
    adjacency = re.sub(r"\bS\b", "START", re.sub(r"\bE\b", "END", found["steps"]))
    quoted = re.sub(r"\w+", lambda name: f"'{name[0]}'", adjacency)
    times = re.sub(r"(\w+) : ([0-9]+)", r"'\1' : '\2 min'", found["times"])
    return _read(text, f"{quoted}\n{times}")


def read_code(text: str) -> Plan:
    """Raises SymbolError if the text is no such prompt, or no plan."""
    found = _CODE.fullmatch(text)
    if found is None:
        raise SymbolError(text, 0, "'longest_path ( { 41 : [ ( 60 , 0 ) ] , … } , 95 , 60 )'")
    return _read(text, f"adj_list = {found['steps']}\nsource = {found['source']}\ntarget = {found['target']}")


def _read(text: str, symbol: str) -> Plan:
    try:
        return read_symbol(symbol)
    except SymbolError as error:  # the place is one in the symbol: say what, not where
        raise SymbolError(text, 0, error.expected, error.message) from None
