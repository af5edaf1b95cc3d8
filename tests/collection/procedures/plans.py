"""Plans that several tests use."""

from __future__ import annotations

from collections.abc import Sequence

from collection.procedures.instance import Plan, Step


def plan_of(steps: Sequence[Step], edges: Sequence[tuple[str, str]], title: str = "") -> Plan:
    """A plan whose edges are pairs of names."""
    places = {step.name: place for place, step in enumerate(steps)}
    following = [tuple(places[later] for earlier, later in edges if earlier == step.name) for step in steps]
    return Plan(tuple(steps), tuple(following), title)


BREAD = plan_of(
    [
        Step("1", "10 minutes", "heat the oven"),
        Step("2", "1 min", "mix (well) the batter"),
        Step("3", "1 hour", "bake"),
        Step("4", "20 seconds", "say grace"),
    ],
    [("1", "3"), ("2", "3"), ("2", "4")],
    "bake bread",
)


def timed(*minutes: int, edges: str = "") -> Plan:
    """``timed(3, 5, edges="1-2")``: steps of so many minutes."""
    steps = [Step(str(i), f"{time} min", f"do task {i}") for i, time in enumerate(minutes, 1)]
    return plan_of(steps, [tuple(edge.split("-")) for edge in edges.split()], "finish")  # type: ignore[misc]
