"""Benchmarks of a few rows, written by hand in the upstreams' formats, with the upstreams' folder and file names."""

# ruff: noqa: E501 (a row of a data set stays on its line)

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SVAMP = [
    {"ID": "chal-1", "Body": "A pen costs 3 dollars", "Question": "What do 2 pens cost?", "Equation": "( 3.0 * 2.0 )",
     "Answer": 6.0, "Type": "Multiplication"},
    {"ID": "chal-680", "Body": "Tom had 4 cards. He lost 2.", "Question": "How many are left?",
     "Equation": "( ( 4.0 - 2.0 ) + 3.0 )", "Answer": 2.0, "Type": "Common-Divison"},
]  # fmt: skip
ASDIV = """<?xml version="1.0" encoding="UTF-8" ?>\r
<Machine-Reading-Corpus-File>\r
<ProblemSet>\r
<Problem ID="nluds-0001" Grade="1" Source="x"><Body>Ann has 7 plums &amp; Bo has 2.</Body>
<Question>How many have they?</Question><Solution-Type>Addition</Solution-Type><Answer>9 (plums)</Answer>
<Formula>7+2=9</Formula></Problem>
<Problem ID="nluds-0002" Grade="2" Source="x"><Body>47 eggs go into boxes of 6.</Body>
<Question>How many are left over?</Question><Solution-Type>Substraction</Solution-Type><Answer>5 (eggs)</Answer>
<Formula>47/6=7 r5</Formula></Problem>
<Problem ID="nluds-0003" Grade="2" Source="x"><Body>Ann has 3 coins of 10 cents.</Body>
<Question>Can she pay 25 cents?</Question><Solution-Type>Comparison</Solution-Type><Answer>Yes</Answer>
<Formula>3*10=30 cents &gt; 25 cents</Formula></Problem>
<Problem ID="nluds-0004" Grade="4" Source="x"><Body>Two numbers add up to 7 and differ by 3.</Body>
<Question>Which are they?</Question><Solution-Type>Set</Solution-Type><Answer>5; 2</Answer>
<Formula>x+y=7; x-y=3</Formula></Problem>
<Problem ID="nluds-0005" Grade="2" Source="x"><Body>A dime is 10 cents. Pens cost 25 cents and 15 cents.</Body>
<Question>How many dimes buy both?</Question><Solution-Type>Sum</Solution-Type><Answer>4 (dimes)</Answer>
<Formula>25+15=40 (cent); 40 / 10 (cent/dime)=4</Formula></Problem>
</ProblemSet>
</Machine-Reading-Corpus-File>
"""
ADDSUB = [
    {
        "iIndex": 1,
        "lEquations": ["X = 70 - 27"],
        "lSolutions": ["43"],
        "sQuestion": "Ann had 70 shells . She has 27 . How many did she give ? ",
    }
]
SINGLEEQ = [
    {"lEquations": ["70-x=27"], "lSolutions": [43.0], "grammarCheck": 0, "templateNumber": 0, "sQuestion": "Ann had 70 shells and gave some. She has 27. How many did she give?", "iIndex": 0},
    {"lEquations": ["(2*10.62)+1.59=x"], "lSolutions": [36.78], "grammarCheck": 0, "templateNumber": 9, "sQuestion": "What do two meals and a tea cost?", "iIndex": 1},
]  # fmt: skip
MULTIARITH = [{"iIndex": 0, "lAlignments": [8], "lEquations": ["X=((32.0+42.0)-35.0)"], "lSolutions": [39.0], "sQuestion": " Ann had 32 and Bo 42. They ate 35. How many are left? "}]  # fmt: skip
SINGLEOP = [{"input": "There are 7 caps and 2 more. How many?", "target": 9.0}, {"input": "There are 7 caps and 2 more. How many?", "target": 9.0}]  # fmt: skip
GSM_HARD = [{"input": "Ann packs 2287720 boxes and Bob half as many. How many together?", "target": 3431580.0, "code": "\ndef solution():\n    return 2287720 * 1.5\n"}]  # fmt: skip
GSM8K = [
    {"question": "Ann has 3 boxes of 4 pens. How many?", "answer": "She has 3*4=<<3*4=12>>12 pens.\n#### 12"},
    {"question": "Tom waits 1,000 s. How long?", "answer": "He waits a thousand seconds.\n#### 1,000"},
]
AQUA = [
    {"question": "A pen costs $4 and a book 3 times as much. What do 2 books cost?", "options": ["A)$12", "B)$24", "C)$36", "D)15%", "E)None of these"], "rationale": "A book costs 4 * 3 = $12. Two cost 12 * 2 = 24. Answer B", "correct": "B"},
    {"question": "Which share is it?", "options": ["A)3.57 h", "B)15%", "C)7/20 h", "D)20%", "E)None of these"], "rationale": "It is clear. Answer B", "correct": "B"},
]  # fmt: skip
MATH = {
    "algebra/3.json": {"problem": "What is $3(4^2) - 5$?", "level": "Level 1", "type": "Algebra", "solution": "It is $3(4^2) - 5 = 48 - 5 = \\boxed{43}$."},
    "algebra/12.json": {"problem": "Simplify $\\sqrt{72}$.", "level": "Level 2", "type": "Algebra", "solution": "It is $\\boxed{6\\sqrt{2}}$."},
    "geometry/1.json": {"problem": "For which $x$ is it defined?", "level": "Level 5", "type": "Geometry", "solution": "For $\\boxed{[1,2)}$."},
}  # fmt: skip
LAST_LETTERS = {"examples": [
    {"question": "Take the last letters of each words in \"Ann Bob Cleo Max\" and concatenate them.", "answer": "nbox"},
    {"question": "Take the last letters of each words in \"Ann Bob Jose Maria Max\" and concatenate them.", "answer": "nbax"},
]}  # fmt: skip
COLORED = {"name": "colors", "examples": [
    {"input": "On the desk are a red mug and a blue pen. What color is the pen?", "target_scores": {"red": 0, "blue": 1}},
    {"input": "How many things are not red?", "target_scores": {"0": 0, "zero": 0, "3": 1, "three": 1}},
    {"input": "Is the mug red?", "target_scores": {"yes": 1, "no": 0}},
]}  # fmt: skip
PENGUINS = {"task_prefix": "Here is a table:\nname, age\nLouis, 7\n", "examples": [
    {"input": "How old is Louis?", "target_scores": {"7": 1, "5": 0}, "target": "7"},
]}  # fmt: skip
DATES = {"examples": [
    {"input": "Yesterday was April 30, 2021. What is the date today in MM/DD/YYYY?", "target_scores": {"05/01/2021": 1, "04/29/2021": 0}},
]}  # fmt: skip
COLORED_BBH = {"canary": "x", "examples": [
    {"input": "How many are blue?\nOptions:\n(A) zero\n(B) one\n(C) two", "target": "(C)"},
    {"input": "What color is the pen?\nOptions:\n(A) red\n(B) blue", "target": "(B)"},
]}  # fmt: skip
COUNTING = {
    "canary": "x",
    "examples": [{"input": "I have a hen, and two ducks. How many birds do I have?", "target": "3"}],
}
FOLIO = [{"premises": ["All cats are kind.", "Tom is a cat."], "premises-FOL": ["∀x (Cat(x) → Kind(x))", "Cat(tom)"], "conclusion": "Tom is kind.", "conclusion-FOL": "Kind(tom)", "label": "True"}]  # fmt: skip
_ASKED = "Based on the above information, is the following statement true, false, or unknown?"
PROOFWRITER = [
    {"id": "ProofWriter_AttNoneg-OWA-D5-7_Q1", "context": "Ann is cold. Cold things are rough.", "question": f"{_ASKED} Ann is rough.", "options": ["A) True", "B) False", "C) Unknown"], "answer": "A"},
    {"id": "ProofWriter_AttNoneg-OWA-D5-7_Q2", "context": "Ann is cold. Who knows?", "question": f"{_ASKED} Ann is rough.", "options": ["A) True", "B) False", "C) Unknown"], "answer": "C"},
]  # fmt: skip
PRONTOQA = [
    {"id": "ProntoQA_1", "context": "Every wumpus is red. Max is a wumpus.", "question": "Is the following statement true or false? Max is red.", "options": ["A) True", "B) False"], "answer": "A", "explanation": []},
    {"id": "ProntoQA_2", "context": "Nobody knows. Max is a wumpus.", "question": "Is the following statement true or false? Max is red.", "options": ["A) True", "B) False"], "answer": "B", "explanation": []},
]  # fmt: skip
DEDUCTION = [
    {"id": "logical_deduction_1", "context": "The following paragraphs.\n\nOn a shelf, there are three books: a red book, a blue book, and a gray book. The red book is the leftmost. The gray book is the rightmost.", "question": "Which of the following is true?", "options": ["A) The blue book is the rightmost.", "B) The blue book is the second from the left.", "C) The red book is the rightmost."], "answer": "B"},
    {"id": "logical_deduction_2", "context": "The following paragraphs.\n\nThree birds sit somewhere.", "question": "Which of the following is true?", "options": ["A) One.", "B) Two.", "C) Three."], "answer": "C"},
]  # fmt: skip
SCENE = {"image_filename": "CLEVR_val_000007.png", "image_index": 7, "split": "val", "objects": [
    {"color": "red", "size": "small", "shape": "cube", "material": "rubber", "3d_coords": [0, 0, 0], "rotation": 0.0, "pixel_coords": [1, 1, 1]},
    {"color": "blue", "size": "large", "shape": "sphere", "material": "metal", "3d_coords": [1, 0, 0], "rotation": 0.0, "pixel_coords": [2, 1, 1]},
], "relationships": {"left": [[], [0]], "right": [[1], []], "front": [[], []], "behind": [[], []]}, "directions": {}}  # fmt: skip
QUESTION = {"question": "How many blue balls are there?", "answer": "1", "image_filename": "CLEVR_val_000007.png", "image_index": 7, "program": [
    {"function": "scene", "inputs": [], "value_inputs": []},
    {"function": "filter_color", "inputs": [0], "value_inputs": ["blue"]},
    {"function": "filter_shape", "inputs": [1], "value_inputs": ["sphere"]},
    {"function": "count", "inputs": [2], "value_inputs": []},
]}  # fmt: skip
GQA = {"17": {"question": "Is the sky dark?", "answer": "yes", "imageId": "9", "semantic": [
    {"operation": "select", "dependencies": [], "argument": "sky (5)"},
    {"operation": "verify color", "dependencies": [0], "argument": "dark"},
]}}  # fmt: skip
GRAPH = {"9": {"width": 100, "height": 100, "objects": {"5": {"name": "sky", "x": 0, "y": 0, "w": 100, "h": 40, "attributes": ["dark"], "relations": []}}}}  # fmt: skip
GEOMETRY = {
    "data.json": {"id": 2401, "problem_text": "In the right triangle, A C = 3 and B C = 4. Find A B.", "answer": "B", "choices": ["4", "5", "6", "7"], "precise_value": [4.0, 5.0, 6.0, 7.0]},
    "logic_form.json": {"text_logic_form": ["Equals(LengthOf(Line(A,C)),3)", "Equals(LengthOf(Line(B,C)),4)", "Find(LengthOf(Line(A,B)))"], "dissolved_text_logic_form": [], "diagram_logic_form": ["Perpendicular(Line(A, C), Line(B, C))"], "line_instances": ["AC", "BC", "AB"], "circle_instances": [], "point_positions": {"A": [0.0, 30.0], "B": [40.0, 0.0], "C": [0.0, 0.0]}},
}  # fmt: skip
WIKISQL = [
    {
        "phase": 1,
        "table_id": "1-77-2",
        "question": "Who hiked over 9 km?",
        "sql": {"sel": 0, "agg": 0, "conds": [[1, 1, "9"]]},
    }
]
WIKISQL_TABLES = [
    {
        "id": "1-77-2",
        "header": ["Hiker", "Distance (km)"],
        "types": ["text", "real"],
        "rows": [["Ann Lee", 12.5], ["Tom Ray", 9]],
    }
]
WTQ = (
    "id\tutterance\tcontext\ttargetValue\n"
    "nu-0\twhich hiker went farthest?\tcsv/204-csv/590.csv\tAnn Lee\n"
    "nu-1\thow far did \"t\" go?\tcsv/204-csv/590.csv\t1,009\n"
    "nu-2\twho hiked?\tcsv/204-csv/590.csv\tAnn Lee|Tom \"T\" Ray\n"
    "nu-3\twho is missing?\tcsv/204-csv/1.csv\tNobody\n"
)  # fmt: skip
WTQ_TABLE = '"Hiker","Distance\n(km)",""\n"Ann Lee","1,204","2008"\n"Tom \\"T\\" Ray","1,009","–"\n"Ida"\n'
DOMAIN = "(define (domain blocksworld-4ops) (:requirements :strips) (:predicates (clear ?x) (on-table ?x) (arm-empty) (holding ?x) (on ?x ?y)) (:action pickup :parameters (?ob) :precondition (and (clear ?ob) (on-table ?ob) (arm-empty)) :effect (and (holding ?ob) (not (clear ?ob)) (not (on-table ?ob)) (not (arm-empty)))) (:action putdown :parameters (?ob) :precondition (holding ?ob) :effect (and (clear ?ob) (arm-empty) (on-table ?ob) (not (holding ?ob)))) (:action stack :parameters (?ob ?underob) :precondition (and (clear ?underob) (holding ?ob)) :effect (and (arm-empty) (clear ?ob) (on ?ob ?underob) (not (clear ?underob)) (not (holding ?ob)))) (:action unstack :parameters (?ob ?underob) :precondition (and (on ?ob ?underob) (clear ?ob) (arm-empty)) :effect (and (holding ?ob) (clear ?underob) (not (on ?ob ?underob)) (not (clear ?ob)) (not (arm-empty)))))"  # fmt: skip
PROBLEM = "(define (problem p) (:domain blocksworld-4ops) (:objects b1 b2) (:init (arm-empty) (on-table b1) (on-table b2) (clear b1) (clear b2)) (:goal (and (on b1 b2))))"


def write_all(raw: Path) -> Path:
    """All of them below ``raw``."""
    lines: dict[str, list[Any]] = {
        "gsm8k/grade_school_math/data/test.jsonl": GSM8K,
        "gsm_hard/datasets/gsmhardv2.jsonl": GSM_HARD,
        "mawps_pal/datasets/mawpssingleop.jsonl": SINGLEOP,
        "aqua/test.json": AQUA,
        "folio/data/v0.0/folio-validation.jsonl": FOLIO,
        "wikisql/test.jsonl": WIKISQL,
        "wikisql/test.tables.jsonl": WIKISQL_TABLES,
    }
    documents: dict[str, Any] = {
        "svamp/SVAMP.json": SVAMP,
        "mawps_kojima/dataset/AddSub/AddSub.json": ADDSUB,
        "mawps_kojima/dataset/SingleEq/questions.json": SINGLEEQ,
        "mawps_kojima/dataset/MultiArith/MultiArith.json": MULTIARITH,
        "last_letters/dataset/last_letters/last_letters.json": LAST_LETTERS,
        "bigbench_tasks/reasoning_about_colored_objects/task.json": COLORED,
        "bigbench_tasks/penguins_in_a_table/task.json": PENGUINS,
        "bigbench_tasks/date_understanding/task.json": DATES,
        "bbh/bbh/reasoning_about_colored_objects.json": COLORED_BBH,
        "bbh/bbh/penguins_in_a_table.json": COLORED_BBH,
        "bbh/bbh/date_understanding.json": COLORED_BBH,
        "bbh/bbh/object_counting.json": COUNTING,
        "logic_llm/data/ProofWriter/test.json": PROOFWRITER,
        "logic_llm/data/ProntoQA/dev.json": PRONTOQA,
        "logic_llm/data/LogicalDeduction/dev.json": DEDUCTION,
        "clevr/CLEVR_v1.0/questions/CLEVR_val_questions.json": {"questions": [QUESTION]},
        "clevr/CLEVR_v1.0/scenes/CLEVR_val_scenes.json": {"scenes": [SCENE]},
        "clevr/closure/and_mat_spa_val.json": {"questions": [QUESTION]},
        "gqa/questions1.2/val_all_questions.json": GQA,
        "gqa/sceneGraphs/val_sceneGraphs.json": GRAPH,
        **{f"math/MATH/test/{name}": problem for name, problem in MATH.items()},
        **{f"geometry3k/data/geometry3k/test/2401/{name}": part for name, part in GEOMETRY.items()},
    }
    texts = {name: "\n".join(json.dumps(row) for row in rows) for name, rows in lines.items()}
    texts |= {name: json.dumps(document) for name, document in documents.items()}
    texts |= {
        "asdiv/dataset/ASDiv.xml": ASDIV,
        "wikitablequestions/data/pristine-unseen-tables.tsv": WTQ,
        "wikitablequestions/csv/204-csv/590.csv": WTQ_TABLE,
        "llm_pddl/domains/blocksworld/domain.pddl": DOMAIN,
        "llm_pddl/domains/blocksworld/p01.pddl": PROBLEM,
        "llm_pddl/domains/blocksworld/p01.nl": "You have 2 blocks. Put b1 on b2.",
    }
    for name, text in texts.items():
        path = raw / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return raw
