"""Worked examples of planning problems for few-shot prompts: small scenes of our own in the words of LLM+P.

    You have 2 blocks. ⏎b2 is on top of b1. … ⏎b1 should be on top of b2.   →   (define (problem example-1) …)

Scenes on grids are written out by rule, since a grid of four cells has eight facts about neighbours.
"""

from __future__ import annotations

from eval.delegation.base import Demonstration


def _problem(name: str, domain: str, objects: list[str], init: list[str], goal: list[str]) -> str:
    lines = [f"(define (problem {name})", f"(:domain {domain})", f"(:objects {' '.join(objects)})", "(:init", *init]
    return "\n".join([*lines, ")", "(:goal (and", *goal, "))", ")"])


def _blocks(number: int, init: list[str], goal: list[str]) -> Demonstration:
    """Facts are "b1 b2" (on top of), "b1" (on the table) and, in init, "clear b1"."""
    names = [f"b{place}" for place in range(1, number + 1)]
    told = [f"You have {number} blocks. "]
    facts = []
    for fact in init:
        words = fact.split()
        if words[0] == "clear":
            told.append(f"{words[1]} is clear. ")
            facts.append(f"(clear {words[1]})")
        else:
            told.append(f"{words[0]} is on top of {words[1]}. " if len(words) == 2 else f"{words[0]} is on the table. ")
            facts.append(f"(on {fact})" if len(words) == 2 else f"(on-table {fact})")
    told += ["Your arm is empty. ", "Your goal is to move the blocks. "]
    told += [f"{' should be on top of '.join(fact.split())}. " for fact in goal]
    symbol = _problem(
        f"example-{number}", "blocksworld-4ops", names, ["(arm-empty)", *facts], [f"(on {fact})" for fact in goal]
    )
    return Demonstration("\n".join(told).strip(), symbol, {"solvable": True})


def _balls(rooms: int, robots: list[int], balls: list[int], goal: dict[int, int]) -> Demonstration:
    """Rooms of robots and balls by number; ``goal`` says which ball belongs in which room."""
    hands = [f"{side}gripper{number}" for number in range(1, len(robots) + 1) for side in "rl"]
    objects = [
        *(f"robot{number}" for number in range(1, len(robots) + 1)), "- robot",
        *hands, "- gripper",
        *(f"room{number}" for number in range(1, rooms + 1)), "- room",
        *(f"ball{number}" for number in range(1, len(balls) + 1)), "- object",
    ]  # fmt: skip
    init = []
    for number, room in enumerate(robots, 1):
        init += [f"(at-robby robot{number} room{room})"]
        init += [f"(free robot{number} {side}gripper{number})" for side in "rl"]
    init += [f"(at ball{number} room{room})" for number, room in enumerate(balls, 1)]
    several = len(robots) > 1
    told = [
        f"You control {len(robots)} robot{'s, each robot' if several else ', the robot'} has a left gripper "
        "and a right gripper. ",
        f"There are {rooms} rooms and {len(balls)} balls. ",
        " ".join(f"robot{number} is in room{room}." for number, room in enumerate(robots, 1)) + " ",
        " ".join(f"ball{number} is in room{room}." for number, room in enumerate(balls, 1)) + " ",
        f"The robot{'s' if several else ''}{chr(39)}{'' if several else 's'} grippers are free. ",
        "Your goal is to transport the balls to their destinations. ",
        *(f"ball{number} should be in room{room}. " for number, room in goal.items()),
    ]
    wanted = [f"(at ball{number} room{room})" for number, room in goal.items()]
    symbol = _problem(f"example-{rooms}-{len(balls)}", "gripper-strips", objects, init, wanted)
    return Demonstration("\n".join(told).strip(), symbol, {"solvable": True})


def _towers(rows: int, columns: int, depot: str, highest: int, goal: dict[str, int]) -> Demonstration:
    """The robot starts at the depot; ``goal`` gives heights of cells such as "0-1"."""
    cells = [(row, column) for row in range(rows) for column in range(columns)]
    names = {cell: f"pos-{cell[0]}-{cell[1]}" for cell in cells}
    init = [f"(height {name} n0)" for name in names.values()] + [f"(at pos-{depot})"]
    init += [f"(SUCC n{number + 1} n{number})" for number in range(highest)]
    init += [
        f"(NEIGHBOR {names[a]} {names[b]})" for a in cells for b in cells if abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1
    ]
    init.append(f"(IS-DEPOT pos-{depot})")
    wanted = [f"(height {name} n{goal.get(name.removeprefix('pos-'), 0)})" for name in names.values()]
    objects = [*(f"n{number}" for number in range(highest + 1)), "- numb", *names.values(), "- position"]
    heights = ", ".join(f"the height at pos-{cell} is {height}" for cell, height in goal.items())
    told = [
        f"The robot is on a grid with {rows} row{'s' * (rows > 1)} and {columns} columns. ",
        *(" ".join(names[row, column] for column in range(columns)) + " " for row in range(rows)),
        f"The robot is at pos-{depot}. ",
        f"The depot for new blocks is at pos-{depot}. ",
        f"The maximum height of blocks is {highest}. ",
        f"Your goal is to build blocks so that {heights}. ",
        "You cannot have an unplaced block at the end.",
    ]
    symbol = _problem(f"example-{rows}x{columns}", "termes", objects, init, [*wanted, "(not (has-block))"])
    return Demonstration("\n".join(told), symbol, {"solvable": True})


def _tiles(rows: int, columns: int, robot: str, colors: list[str]) -> Demonstration:
    """One robot that begins with white. ``colors`` are those of the rows from 1 on, one tile after the other."""
    cells = [(row, column) for row in range(rows) for column in range(1, columns + 1)]
    names = {cell: f"tile_{cell[0]}-{cell[1]}" for cell in cells}
    init = ["(= (total-cost) 0)", f"(robot-at robot1 tile_{robot})", "(robot-has robot1 white)"]
    init += ["(available-color white)", "(available-color black)"]
    init += [f"(clear {name})" for name in names.values() if name != f"tile_{robot}"]
    for relation, (down, right) in {"up": (1, 0), "down": (-1, 0), "right": (0, 1), "left": (0, -1)}.items():
        for row, column in cells:
            other = (row + down, column + right)
            init += [f"({relation} {names[other]} {names[row, column]})"] if other in names else []
    painted = dict(zip([names[cell] for cell in cells if cell[0] > 0], colors, strict=True))
    objects = [*names.values(), "- tile robot1 - robot white black - color"]
    goal = [f"(painted {name} {color})" for name, color in painted.items()]
    problem = _problem(f"example-{rows}{columns}", "floor-tile", objects, init, goal)
    told = [
        f"You have {rows} rows and {columns} column{'s' * (columns > 1)} of unpainted floor tiles. ",
        *(" ".join(names[row, column] for column in range(1, columns + 1)) + " " for row in range(rows)),
        "You have 1 robot. ",
        "Each robot can paint in color white or black. ",
        f"robot1 is at tile_{robot}. ",
        "Your goal is to paint the grid in the following pattern: ",
        "; ".join(f"{name} is {color}" for name, color in painted.items()) + ".",
    ]
    return Demonstration("\n".join(told), f"{problem[:-2]}\n(:metric minimize (total-cost))\n)", {"solvable": True})


BLOCKSWORLD = (
    _blocks(2, ["b2 b1", "b1", "clear b2"], ["b1 b2"]),
    _blocks(3, ["b1", "b3 b1", "b2", "clear b3", "clear b2"], ["b3 b2", "b1 b3"]),
    _blocks(4, ["b4", "b1 b4", "b2 b1", "b3", "clear b2", "clear b3"], ["b4 b3", "b2 b4"]),
)
GRIPPERS = (
    _balls(2, [1], [1, 2], {1: 2}),
    _balls(3, [3, 1], [1, 1, 2], {1: 3, 3: 1}),
    _balls(4, [2], [4, 3, 2], {1: 1, 2: 1, 3: 4}),
)
TERMES = (
    _towers(1, 3, "0-0", 1, {"0-1": 1}),
    _towers(2, 2, "1-0", 2, {"0-0": 1, "1-1": 1}),
    _towers(2, 3, "0-1", 2, {"1-2": 1}),
)
FLOORTILE = (
    _tiles(2, 1, "0-1", ["white"]),
    _tiles(2, 2, "0-1", ["black", "white"]),
    _tiles(3, 2, "0-2", ["white", "black", "black", "white"]),
)
