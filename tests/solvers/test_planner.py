"""Fast Downward as a solver: real runs, few and small; every ending becomes one outcome."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from symbol_llm.errors import EngineMissing, UserError
from symbol_llm.formats import Context
from symbol_llm.solvers import Job, Limits, Outcome, fast_downward, get, planner, planner_clingo
from symbol_llm.solvers.plan_shortening import shortened
from symbol_llm.solvers.plan_validator import validate
from tests.solvers.test_plan_validator import BLOCKS, PLAN, ROVER, TRIP, TWO

RAW = os.environ.get("SYMBOL_LLM_RAW")
BLOCKS_WORLD = Context(world={"domain": BLOCKS})


def puzzle(size: int) -> tuple[str, str]:
    """A sliding puzzle with two tiles swapped: no solution, and a search space that does not end soon."""
    domain = """(define (domain tiles) (:predicates (at ?t ?p) (gap ?p) (near ?p ?q))
      (:action slide :parameters (?t ?p ?q) :precondition (and (at ?t ?p) (gap ?q) (near ?p ?q))
        :effect (and (at ?t ?q) (gap ?p) (not (at ?t ?p)) (not (gap ?q)))))"""
    cells = [(row, column) for row in range(size) for column in range(size)]
    near = [
        f"(near p{a}{b} p{c}{d})" for a, b in cells for c, d in cells if abs(a - c) + abs(b - d) == 1
    ]  # fmt: skip
    tiles = [f"t{row}{column}" for row, column in cells[:-1]]
    start = [tiles[1], tiles[0], *tiles[2:]]
    init = [f"(at {tile} p{r}{c})" for tile, (r, c) in zip(start, cells)]
    goal = [f"(at {tile} p{r}{c})" for tile, (r, c) in zip(tiles, cells)]
    objects = " ".join([*tiles, *(f"p{r}{c}" for r, c in cells)])
    gap = f"(gap p{size - 1}{size - 1})"
    problem = f"(define (problem p) (:domain tiles) (:objects {objects}) (:init {gap} {' '.join([*near, *init])})"
    return domain, f"{problem} (:goal (and {' '.join(goal)})))"


def test_a_plan_is_found_and_valid() -> None:
    with get("planner") as solver:
        solution = solver.solve(TWO, BLOCKS_WORLD)
        assert solution.outcome is None, solution.message
        assert solution.answer == PLAN
        assert solution.message == "4 steps, cost 4" and solution.engine.startswith("Fast Downward 2")
        assert 0 < solution.cpu_seconds < 60 and solution.wall_seconds > 0
        assert "Solution found" in solution.output
    assert not [name for name in sys.modules if name.startswith(("fast_downward", "up_fast_downward"))]


def test_costs_agree_with_the_planner() -> None:
    with get("planner") as solver:
        solution = solver.solve(TRIP, Context(world={"domain": ROVER}))
    check = validate(ROVER, TRIP, solution.answer)
    assert check.is_valid and f"Plan cost: {check.cost}\n" in solution.output


def test_an_empty_plan_is_an_answer_and_is_flagged() -> None:
    done = TWO.replace("(on b a) (table a)", "(on a b)")
    with get("planner") as solver:
        solution = solver.solve(done, BLOCKS_WORLD)
    assert solution.outcome is None and solution.answer == []
    assert solution.message == planner.EMPTY_PLAN


def test_no_plan_is_no_failure_of_the_planner() -> None:
    impossible = TWO.replace("(on b a) (table a)", "(on b a) (on a b)")
    with get("planner") as solver:
        solution = solver.solve(impossible, BLOCKS_WORLD)
    assert solution.outcome is Outcome.PLAN_UNSOLVABLE and solution.answer is None


@pytest.mark.parametrize(
    ("symbol", "world", "outcome", "message"),
    [
        ("", BLOCKS, Outcome.NO_SYMBOL, "nothing"),
        ("put b on a", BLOCKS, Outcome.PARSE_ERROR, "line 1, column 1"),
        (TWO[:-1], BLOCKS, Outcome.PARSE_ERROR, "expected ')'"),
        ("(" * 10_000, BLOCKS, Outcome.PARSE_ERROR, "nested"),
        ("\n".join(PLAN), BLOCKS, Outcome.REJECTED, "a plan where a problem is expected"),
        (BLOCKS, BLOCKS, Outcome.REJECTED, "a domain where a problem is expected"),
        (TWO.replace("(on A B)", "(under A B)"), BLOCKS, Outcome.REJECTED, "no predicate 'under'"),
        (TWO.replace("A B)\n", "A)\n"), BLOCKS, Outcome.REJECTED, "'b' is not an object"),
        (TWO, "", Outcome.GOLD_ERROR, "no domain"),
        (TWO, BLOCKS[:-1], Outcome.GOLD_ERROR, "the context's domain does not parse"),
        (TWO, TWO, Outcome.GOLD_ERROR, "not a domain"),
    ],
)
def test_bad_symbols_never_reach_the_planner(
    monkeypatch, symbol: str, world: str, outcome: Outcome, message: str
) -> None:
    solver = get("planner")
    monkeypatch.setattr(solver, "_run", lambda *_: pytest.fail("the planner was started"))
    solution = solver.solve(symbol, Context(world={"domain": world}))
    assert solution.outcome is outcome
    assert message in solution.message


def test_the_planner_refuses_what_only_it_knows() -> None:
    odd = TWO.replace("(:objects", "(:requirements :telepathy) (:objects")
    with get("planner") as solver:
        solution = solver.solve(odd, BLOCKS_WORLD)
    assert solution.outcome is Outcome.REJECTED and ":telepathy" in solution.message


def test_cpu_limit_ends_the_search() -> None:
    domain, problem = puzzle(4)
    with get("planner") as solver:
        solution = solver.solve(problem, Context(world={"domain": domain}), Limits(cpu_seconds=1, wall_seconds=120))
    assert solution.outcome is Outcome.CPU_TIMEOUT, solution.message
    assert 0.5 < solution.cpu_seconds < 10


@pytest.mark.full
def test_memory_limit_ends_the_search() -> None:
    domain, problem = puzzle(4)
    limits = Limits(cpu_seconds=60, wall_seconds=300, memory_bytes=64 << 20)
    with get("planner") as solver:
        solution = solver.solve(problem, Context(world={"domain": domain}), limits)
    assert solution.outcome is Outcome.OUT_OF_MEMORY, solution.message


def is_running(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_wall_limit_and_close_leave_no_process_behind(monkeypatch) -> None:
    domain, problem = puzzle(4)
    where = Context(world={"domain": domain})
    begun = []
    start = planner._start

    def spy(*arguments):
        begun.append(start(*arguments))
        return begun[-1]

    monkeypatch.setattr(planner, "_start", spy)
    solver = planner.PlannerSolver()
    late = solver.solve(problem, where, Limits(cpu_seconds=60, wall_seconds=1))
    assert late.outcome is Outcome.WALL_TIMEOUT

    ended: list = []
    thread = threading.Thread(target=lambda: ended.append(solver.solve(problem, where)))
    thread.start()
    while len(begun) < 2 or not solver._running:
        time.sleep(0.01)
    solver.close()
    thread.join()
    assert ended[0].outcome is Outcome.WALL_TIMEOUT
    groups = {process.pid for process in begun}
    left = [path.parent.name for path in Path("/proc").glob("[0-9]*/stat") if _group(path) in groups]
    assert not [pid for pid in left if is_running(pid)]


def _group(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[2])
    except OSError:
        return -1


def test_jobs_run_side_by_side_in_order() -> None:
    done = TWO.replace("(on b a) (table a)", "(on a b)")
    with get("planner") as solver:
        jobs = [Job(TWO, BLOCKS_WORLD), Job("nonsense", BLOCKS_WORLD), Job(done, BLOCKS_WORLD)]
        found = [(solution.outcome, solution.answer) for solution in solver.solve_many(jobs, workers=2)]
    assert found == [(None, PLAN), (Outcome.PARSE_ERROR, None), (None, [])]


@pytest.mark.parametrize(
    ("code", "log", "outcome"),
    [
        (12, "", Outcome.PLAN_UNSOLVABLE),
        (21, "", Outcome.CPU_TIMEOUT),
        (22, "", Outcome.OUT_OF_MEMORY),
        (30, "Traceback\nMemoryError", Outcome.OUT_OF_MEMORY),
        (30, "No module named fast_downward", Outcome.SANDBOX_ERROR),
        (31, "Undefined object\nGot: c", Outcome.REJECTED),
        (35, "", Outcome.SANDBOX_ERROR),
        (256 - 24, "", Outcome.CPU_TIMEOUT),
        (256 - 11, "", Outcome.CRASH),
        (99, "", Outcome.CRASH),
    ],
)
def test_exit_codes_map_to_outcomes(code: int, log: str, outcome: Outcome) -> None:
    ending = planner._Ending(code, "", log, "", 60.0, 61.0, False)
    assert planner._read(ending, Limits(cpu_seconds=60))[0] is outcome


def test_a_missing_planner_says_how_to_install_it(monkeypatch) -> None:
    monkeypatch.setattr(fast_downward, "find_spec", lambda name: None)
    fast_downward.installation.cache_clear()
    try:
        with pytest.raises(EngineMissing, match=r'pip install "symbol-llm\[planner\]"'):
            get("planner").solve(TWO, BLOCKS_WORLD)
    finally:
        fast_downward.installation.cache_clear()


# Other searches


def carrying(num_balls: int) -> tuple[str, str]:
    """A robot with two hands carries balls from one room to the other: hard to do at least cost, easy to do."""
    domain = """(define (domain carrying) (:predicates (at ?b ?r) (robot ?r) (held ?b ?h) (free ?h) (ball ?b) (hand ?h)
        (room ?r)) (:action take :parameters (?b ?r ?h)
        :precondition (and (ball ?b) (room ?r) (hand ?h) (at ?b ?r) (robot ?r) (free ?h))
        :effect (and (held ?b ?h) (not (at ?b ?r)) (not (free ?h))))
      (:action drop :parameters (?b ?r ?h) :precondition (and (ball ?b) (room ?r) (hand ?h) (held ?b ?h) (robot ?r))
        :effect (and (at ?b ?r) (free ?h) (not (held ?b ?h))))
      (:action go :parameters (?r ?s) :precondition (and (room ?r) (room ?s) (robot ?r))
        :effect (and (robot ?s) (not (robot ?r)))))"""
    balls = [f"b{i}" for i in range(num_balls)]
    init = " ".join(f"(ball {ball}) (at {ball} here)" for ball in balls)
    goal = " ".join(f"(at {ball} there)" for ball in balls)
    problem = f"""(define (problem p) (:domain carrying) (:objects {" ".join(balls)} here there left right)
        (:init (room here) (room there) (hand left) (hand right) (free left) (free right) (robot here) {init})
        (:goal (and {goal})))"""
    return domain, problem


def test_an_optimal_plan_costs_least() -> None:
    domain, problem = carrying(3)
    with get("planner", search="optimal") as solver:
        solution = solver.solve(problem, Context(world={"domain": domain}))
    # take two, go, drop two, go back, take one, go, drop one
    assert solution.message == "9 steps, cost 9" and "seq-opt-lmcut" in solution.engine
    with pytest.raises(UserError, match="satisficing, lama-first, optimal"):
        get("planner", search="quick")


def test_clingo_goes_on_where_the_first_search_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(planner.SEARCHES, "satisficing", "seq-opt-lmcut")  # which never ends in time here
    monkeypatch.setattr(planner, "_FIRST_SHARE", 0.01)
    domain, problem = carrying(16)
    with get("planner") as solver:
        assert ", then clingo " in solver.engine
        solution = solver.solve(problem, Context(world={"domain": domain}), Limits(cpu_seconds=100, wall_seconds=3600))
    assert solution.outcome is None and solution.engine.startswith("clingo "), solution
    assert validate(domain, problem, solution.answer).is_valid
    assert solution.cpu_seconds > 0.5, "both searches count"


def test_lama_first_alone_gives_up() -> None:
    domain, problem = puzzle(3)
    with get("planner", search="lama-first") as solver:
        solution = solver.solve(problem, Context(world={"domain": domain}), Limits(cpu_seconds=1, wall_seconds=3600))
        assert solution.outcome in (Outcome.CPU_TIMEOUT, Outcome.PLAN_UNSOLVABLE)
        assert "clingo" not in solution.message + solver.engine


SAS = """begin_version
3
end_version
begin_metric
0
end_metric
2
begin_variable
var0
-1
2
Atom on()
NegatedAtom on()
end_variable
begin_variable
var1
{layer}
2
Atom ready()
NegatedAtom ready()
end_variable
1
begin_mutex_group
2
0 0
1 0
end_mutex_group
begin_state
1
1
end_state
begin_goal
1
0 0
end_goal
2
begin_operator
get-ready 
0
1
0 1 -1 0
1
end_operator
begin_operator
switch 
0
2
{conditions}0 0 1 0
0 1 0 1
1
end_operator
0
"""


def test_a_translated_task_as_facts() -> None:
    task = planner_clingo.read_task(SAS.format(layer=-1, conditions=""))
    assert task.operators == ("(get-ready)", "(switch)")
    assert "sets(0,1,0)." in task.facts and "needs(0," not in task.facts, "-1 is any value"
    assert "needs(1,1,0)." in task.facts and "mutex(0,1,0)." in task.facts and "initially(1,1)." in task.facts
    assert planner_clingo.run(SAS.format(layer=-1, conditions="")).answer == ["(get-ready)", "(switch)"]


def test_what_clingo_is_not_given() -> None:
    derived = planner_clingo.run(SAS.format(layer=0, conditions=""))
    assert derived.outcome is Outcome.REJECTED and "derived" in derived.message
    conditional = planner_clingo.run(SAS.format(layer=-1, conditions="1 1 0 ").replace("0 0 1 0", "0 1 0"))
    assert conditional.outcome is Outcome.REJECTED and "conditional" in conditional.message
    impossible = SAS.format(layer=-1, conditions="").replace("0 1 -1 0", "0 1 0 0")
    found = planner_clingo.run(impossible)
    assert found.outcome is Outcome.SOLVER_UNKNOWN and "no plan of up to" in found.message


def test_needless_actions_are_left_out() -> None:
    domain, problem = carrying(1)
    plan = ["(go here there)", "(go there here)", "(take b0 here left)", "(drop b0 here left)", "(take b0 here right)",
            "(go here there)", "(drop b0 there right)", "(go there here)"]  # fmt: skip
    assert shortened(domain, problem, plan) == ["(take b0 here right)", "(go here there)", "(drop b0 there right)"]
    assert shortened(domain, problem, plan[:3]) == plan[:3], "no plan stays as it is"


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
@pytest.mark.parametrize("domain", ["blocksworld", "grippers"])
def test_real_problems_are_solved(domain: str) -> None:
    assert RAW
    folder = Path(RAW) / "llm_pddl" / "domains" / domain
    text = (folder / "domain.pddl").read_text(encoding="utf-8")
    jobs = [Job(path.read_text(encoding="utf-8"), Context(world={"domain": text})) for path in folder.glob("p*.pddl")]
    assert jobs
    with get("planner") as solver:
        for job, solution in zip(jobs, solver.solve_many(jobs)):
            assert solution.outcome is None, solution.message
            assert validate(text, job.symbol, solution.answer).is_valid
