"""The plan validator on planted faults: each must be found at the right step and for the right reason."""

from __future__ import annotations

import pytest

from symbol_llm.solvers.plan_validator import goal_holds_initially, validate

BLOCKS = """(define (domain blocks)
  (:predicates (on ?x ?y) (table ?x) (clear ?x) (free) (hold ?x))
  (:action pick :parameters (?x) :precondition (and (clear ?x) (table ?x) (free))
    :effect (and (hold ?x) (not (clear ?x)) (not (table ?x)) (not (free))))
  (:action put :parameters (?x) :precondition (hold ?x)
    :effect (and (clear ?x) (table ?x) (free) (not (hold ?x))))
  (:action stack :parameters (?x ?y) :precondition (and (hold ?x) (clear ?y) (not (= ?x ?y)))
    :effect (and (on ?x ?y) (clear ?x) (free) (not (hold ?x)) (not (clear ?y))))
  (:action unstack :parameters (?x ?y) :precondition (and (on ?x ?y) (clear ?x) (free))
    :effect (and (hold ?x) (clear ?y) (not (on ?x ?y)) (not (clear ?x)) (not (free)))))"""
TWO = """(define (problem p) (:domain blocks) (:objects A B)
  (:init (on A B) (table B) (clear A) (free)) (:goal (and (on b a) (table a))))"""
PLAN = ["(unstack a b)", "(put a)", "(pick b)", "(stack b a)"]

ROVER = """(define (domain rover)
  (:requirements :typing :negative-preconditions :action-costs)
  (:types place car - object truck - car)
  (:constants depot - place)
  (:predicates (at ?c - car ?p - place) (road ?p ?q - place) (shut ?p - place) (washed ?c - car))
  (:functions (length ?p ?q - place) (total-cost))
  (:action drive :parameters (?c - car ?p ?q - place)
    :precondition (and (at ?c ?p) (or (road ?p ?q) (road ?q ?p)) (not (shut ?q)))
    :effect (and (not (at ?c ?p)) (at ?c ?q) (increase (total-cost) (length ?p ?q))))
  (:action wash :parameters (?t - truck) :precondition (at ?t depot)
    :effect (and (washed ?t) (increase (total-cost) 2)))
  (:action strike :parameters ()
    :effect (forall (?p - place) (when (not (= ?p depot)) (shut ?p)))))"""
TRIP = """(define (problem trip) (:domain rover)
  (:objects hill lake - place t - truck c - car)
  (:init (at t hill) (at c hill) (road hill lake) (road lake depot) (= (total-cost) 0)
         (= (length hill lake) 3) (= (length lake depot) 4) (= (length depot lake) 4) (= (length lake hill) 3))
  (:goal (and (washed t) (exists (?x - car) (at ?x lake))))
  (:metric minimize (total-cost)))"""


def test_a_right_plan_is_valid_and_costs_its_steps() -> None:
    check = validate(BLOCKS, TWO, PLAN)
    assert check.is_valid and check.failed_step is None
    assert check.cost == 4 and "4 steps" in check.message


@pytest.mark.parametrize(
    ("plan", "step", "message"),
    [
        pytest.param(PLAN[1:], 1, "the precondition (hold a) does not hold", id="missing first step"),
        pytest.param([PLAN[0], *PLAN[2:]], 2, "the precondition (free) does not hold", id="missing step"),
        pytest.param(PLAN[:3], None, "after 3 steps the goal (on b a) does not hold", id="missing last step"),
        pytest.param([PLAN[1], PLAN[0], *PLAN[2:]], 1, "the precondition (hold a)", id="swapped steps"),
        pytest.param([*PLAN[:2], PLAN[3], PLAN[2]], 3, "the precondition (hold b)", id="swapped last steps"),
        pytest.param(["(unstack b a)"], 1, "the precondition (on b a)", id="swapped arguments"),
        pytest.param([*PLAN[:1], "(stack a a)"], 2, "the precondition (clear a)", id="on itself"),
        pytest.param([*PLAN, "(pick b)"], 5, "the precondition (table b)", id="a step too many"),
        pytest.param(["(fly a b)"], 1, "the domain has no action 'fly'", id="unknown action"),
        pytest.param(["(put c)"], 1, "the problem has no object 'c'", id="unknown object"),
        pytest.param(["(put a b)"], 1, "put takes 1 objects, not 2", id="wrong arity"),
        pytest.param(["put a"], 1, "not a plan step", id="not a step"),
        pytest.param(["(put a) (pick b)"], 1, "not a plan step", id="two steps in a line"),
        pytest.param([""], 1, "not a plan step", id="blank line"),
        pytest.param([TWO], 1, "not a plan step", id="a problem"),
    ],
)
def test_planted_faults(plan: list[str], step: int | None, message: str) -> None:
    check = validate(BLOCKS, TWO, plan)
    assert not check.is_valid
    assert check.failed_step == step
    assert message in check.message
    assert check.cost == (step - 1 if step else len(plan))


def test_case_does_not_matter() -> None:
    assert validate(BLOCKS.upper(), TWO, [step.upper() for step in PLAN]).is_valid


def test_the_empty_plan_is_valid_iff_the_goal_holds() -> None:
    check = validate(BLOCKS, TWO, [])
    assert not check.is_valid and check.message == "in the initial state the goal (on b a) does not hold"
    done = TWO.replace("(on b a) (table a)", "(on a b)")
    assert goal_holds_initially(BLOCKS, done) and not goal_holds_initially(BLOCKS, TWO)


def test_types_disjunctions_and_costs_that_depend_on_objects() -> None:
    there = ["(drive t hill lake)", "(drive t lake depot)", "(wash t)"]
    check = validate(ROVER, TRIP, [*there, "(drive c hill lake)"])
    assert check.is_valid and check.cost == 3 + 4 + 2 + 3
    assert validate(ROVER, TRIP, [*there, "(drive t depot lake)"]).is_valid, "roads run both ways"
    goal = validate(ROVER, TRIP, there)
    assert goal.message == "after 3 steps the goal (exists (?x - car) (at ?x lake)) does not hold"


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (["(wash c)"], "step 1 (wash c): 'c' is of type car, but ?t is truck"),
        (["(drive lake hill lake)"], "'lake' is of type place, but ?c is car"),
        (["(drive t hill t)"], "'t' is of type truck, but ?q is place"),
        (["(drive t hill depot)"], "the precondition (or (road hill depot) (road depot hill)) does not hold"),
        (["(strike)", "(drive t hill lake)"], "step 2 (drive t hill lake): the precondition (not (shut lake))"),
        (["(strike)", "(wash t)"], "step 2 (wash t): the precondition (at t depot) does not hold"),
    ],
)
def test_wrong_types_and_negative_preconditions(plan: list[str], message: str) -> None:
    check = validate(ROVER, TRIP, plan)
    assert not check.is_valid and message in check.message


def test_conditional_effects_leave_out_what_they_do_not_meet() -> None:
    problem = TRIP.replace("(at t hill)", "(at t lake)").replace(
        "(exists (?x - car) (at ?x lake))", "(not (shut depot))"
    )
    assert validate(ROVER, problem, ["(strike)", "(drive t lake depot)", "(wash t)"]).is_valid


def test_a_distance_that_nobody_gave_stops_the_plan() -> None:
    problem = TRIP.replace("(= (length hill lake) 3)", "")
    check = validate(ROVER, problem, ["(drive t hill lake)"])
    assert check.failed_step == 1 and "(length hill lake) has no value" in check.message


def test_an_added_fact_survives_its_own_deletion() -> None:
    domain = """(define (domain d) (:predicates (lit) (done))
      (:action touch :parameters () :effect (and (lit) (not (lit)) (done))))"""
    problem = "(define (problem p) (:domain d) (:init) (:goal (and (lit) (done))))"
    assert validate(domain, problem, ["(touch)"]).is_valid


def test_effects_are_computed_in_the_state_before_the_step() -> None:
    domain = """(define (domain d) (:predicates (a) (b))
      (:action swap :parameters () :effect
        (and (when (a) (and (b) (not (a)))) (when (b) (and (a) (not (b)))))))"""
    problem = "(define (problem p) (:domain d) (:init (a)) (:goal (and (b) (not (a)))))"
    assert validate(domain, problem, ["(swap)"]).is_valid
    assert not validate(domain, problem, ["(swap)", "(swap)"]).is_valid


@pytest.mark.parametrize(
    ("domain", "problem"),
    [
        (BLOCKS[:-1], TWO),
        (BLOCKS, TWO.replace("(on A B)", "(on A C)")),
        (BLOCKS, TWO.replace("blocks", "rocks")),
        (TWO, TWO),
    ],
)
def test_a_broken_gold_problem_is_an_error_and_no_verdict(domain: str, problem: str) -> None:
    with pytest.raises(ValueError):
        validate(domain, problem, PLAN)
