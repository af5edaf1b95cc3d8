"""AQuA and MATH rows: programs that give the gold answer, and why most rows have none."""

from __future__ import annotations

import ast
import os
import shutil
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collection.distill.tasks import get as distill_task
from collection.sources.aqua import AQUA_CODE, option_number
from collection.sources.aqua import read_fields as aqua_fields
from collection.sources.base import Example, Reason, Rejected, Row, Source
from collection.sources.hendrycks_math import MATH_CODE, number_of, without_figures
from collection.sources.hendrycks_math import read_fields as math_fields
from symbol_llm.errors import UserError
from symbol_llm.record import Split
from symbol_llm.solvers.answers import same_number
from symbol_llm.solvers.base import Job
from symbol_llm.solvers.python import PythonSolver

FIXTURES = Path(__file__).parent / "fixtures" / "raw"
RAW = os.environ.get("SYMBOL_LLM_RAW")


def results(source: Source, folder: Path | None = None) -> list[tuple[Row, Example | Rejected]]:
    folder = folder or FIXTURES / source.upstream.dataset
    rows = source.read(folder)
    return [(row, row.data if isinstance(row.data, Rejected) else source.to_example(row, folder)) for row in rows]


def ends(source: Source) -> list[object]:
    return [item.reason if isinstance(item, Rejected) else item.answer for _, item in results(source)]


def test_aqua_rows_end_as_they_should() -> None:
    none = Reason.NOT_DERIVABLE
    assert ends(AQUA_CODE) == [
        24, 6800, 25, none, none, none, none, Reason.EMPTY_INPUT, Reason.NO_LABEL, Reason.MALFORMED_ROW,
        Reason.MALFORMED_ROW, 240, 48,
    ]  # fmt: skip
    files = [row.file for row, _ in results(AQUA_CODE)]
    assert files == ["train.json"] * 11 + ["dev.json", "test.tok.json"], "tokenised twins only where alone"
    assert [row.split for row, _ in results(AQUA_CODE)][-2:] == [Split.VALIDATION, Split.TEST]


def test_an_aqua_program_refers_to_the_question() -> None:
    found = [item for _, item in results(AQUA_CODE) if isinstance(item, Example)]
    assert found[0].completion == (
        "def solution():\n    step_1 = 4 * 3\n    step_2 = step_1 * 2\n    return step_2"
    )  # fmt: skip
    assert "(1 - 15 / 100) * 200" in found[1].completion
    assert found[2].completion.endswith("step_1 = 20 / 80\n    return step_1 * 100")
    assert all("A)" not in item.input and item.input.endswith("?") for item in found)


def test_rows_without_a_program_say_how_to_get_one_and_keep_their_answer() -> None:
    for source, fields in ((AQUA_CODE, aqua_fields), (MATH_CODE, math_fields)):
        rejected = [(row, item) for row, item in results(source) if isinstance(item, Rejected)]
        rejected = [(row, item) for row, item in rejected if item.reason is Reason.NOT_DERIVABLE]
        assert rejected
        for row, item in rejected:
            can_be_asked = distill_task(source.task).to_question(row, Path()) is not None
            assert ("symbol-llm distill" in item.detail) == can_be_asked
            assert not isinstance(fields(row.data), Rejected)


@pytest.mark.parametrize(
    ("option", "number"),
    [
        ("14.85 hours", ("14.85", False)),
        ("Rs. 1,200", ("1200", False)),
        ("$895", ("895", False)),
        ("400$", ("400", False)),
        ("50.25%", ("50.25", True)),
        ("7.2 percent", ("7.2", True)),
        ("1/6", ("1/6", False)),
        ("-3", ("-3", False)),
        ("Rs.-3", ("-3", False)),
        ("25 km/h", ("25", False)),
        ("4 h", ("4", False)),
        ("85,000$.", ("85000", False)),
        (".084%", ("0.084", True)),
        ("None of these", None),
        ("16:15", None),
        ("-5 and 3", None),
        ("5x", None),
        ("y = x - 5", None),
        ("4^5", None),
        ("7!", None),
        ("40*pi", None),
        ("12.1 million", None),
        ("20 3⁄17 days", None),
        ("1/0", None),
        ("t/20", None),
        ("", None),
    ],
)
def test_option_number(option: str, number: tuple[str, bool] | None) -> None:
    assert option_number(option) == (number and (Fraction(number[0]), number[1]))


def test_math_rows_end_as_they_should() -> None:
    found = {
        f"{Path(row.file).parts[1]}/{'/'.join(Path(row.file).parts[2:])}": item for row, item in results(MATH_CODE)
    }
    answers = {name: item.answer if isinstance(item, Example) else item.reason for name, item in found.items()}
    none = Reason.NOT_DERIVABLE
    assert answers == {
        "train/algebra/2.json": 43,
        "train/algebra/10.json": -15,
        "train/algebra/11.json": none,
        "train/algebra/12.json": none,
        "train/algebra/13.json": Reason.NO_LABEL,
        "train/algebra/14.json": Reason.EMPTY_INPUT,
        "train/algebra/15.json": 5,
        "train/algebra/16.json": Reason.MALFORMED_ROW,
        "train/algebra/17.json": Reason.MALFORMED_ROW,
        "train/geometry/1.json": 27,
        "train/prealgebra/7.json": "4/11",
        "train/prealgebra/8.json": 30,
        "test/number_theory/3.json": none,
        "test/number_theory/4.json": 43,
    }
    assert list(answers)[:2] == ["train/algebra/2.json", "train/algebra/10.json"], "by number, not by letters"
    item = found["train/algebra/10.json"]
    assert isinstance(item, Example)
    assert item.completion.split("\n")[1:] == [
        "    step_1 = 2 * 3 - 9", "    step_2 = 2 * step_1 - 9", "    return step_2"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (r"\frac14", "1/4"), (r"\dfrac{3}{20}", "3/20"), (r"1,\!200", "1200"), ("10{,}000", "10000"), (r"25\%", "25"),
        (r"\$30", "30"), (r"70^\circ", "70"), (r"6 \frac{3}{4}", "27/4"), (r"-\frac{250}{9}", "-250/9"),
        (r"5\text{ cm}", "5"), ("2^{10}", "1024"), (".5", "1/2"),
    ],
)  # fmt: skip
def test_number_of(answer: str, value: str) -> None:
    assert number_of(answer) == Fraction(value)


@pytest.mark.parametrize(
    "answer", [r"\sqrt{3}", "(0,1]", "x+1", r"\text{Monday}", r"\frac10", "", "1,2", "3!", "2^{9^{9^9}}"]
)
def test_what_is_no_number(answer: str) -> None:
    assert number_of(answer) is None


def test_only_the_labels_of_a_figure_count() -> None:
    text = without_figures('Area of [asy]\ndraw((0,0)--(7,91));\nlabel("$6$",(3,0),S);\n[/asy] this')
    assert "6" in text and "91" not in text and "this" in text
    assert without_figures("[asy] draw((1,2)") == " "


def test_folders(tmp_path: Path) -> None:
    for source in (AQUA_CODE, MATH_CODE):
        with pytest.raises(UserError):
            list(source.read(tmp_path))
    shutil.copytree(FIXTURES / "math" / "MATH", tmp_path / "inner")
    assert [row.data for row, _ in results(MATH_CODE, tmp_path / "inner")] == [
        row.data for row, _ in results(MATH_CODE)
    ]


JSON = st.recursive(
    st.none() | st.integers(-9, 9) | st.text(max_size=30) | st.sampled_from(["A)1", "B)2", "$1+1=\\boxed{2}$", "A"]),
    lambda inner: st.lists(inner, max_size=5),
)
FIELDS = st.sampled_from(["question", "rationale", "options", "correct", "problem", "solution"])


@pytest.mark.parametrize("source", [AQUA_CODE, MATH_CODE], ids=lambda source: source.task)
@given(data=st.dictionaries(FIELDS, JSON) | JSON)
def test_a_row_of_any_shape_is_an_example_or_rejected(source: Source, data: object) -> None:
    item = source.to_example(Row("file", 0, Split.TRAIN, data), FIXTURES)
    assert isinstance(item, Rejected) or (item.input.strip() and item.completion.strip())


def check_programs(source: Source, items: list[tuple[Row, Example | Rejected]]) -> int:
    """Run every program in the sandbox; each gives its gold answer, and computes."""
    kept = [item for _, item in items if isinstance(item, Example)]
    with PythonSolver() as solver:
        for item, solution in zip(kept, solver.solve_many(Job(item.completion, item.context) for item in kept)):
            assert solution.outcome is None and same_number(solution.answer, item.answer), (item, solution)
            assert any(isinstance(node, ast.BinOp) for node in ast.walk(ast.parse(item.completion)))
    return len(kept)


@pytest.mark.parametrize("source", [AQUA_CODE, MATH_CODE], ids=lambda source: source.task)
def test_programs_give_the_gold_answer(source: Source) -> None:
    assert check_programs(source, results(source)) >= 5


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
@pytest.mark.parametrize("source", [AQUA_CODE, MATH_CODE], ids=lambda source: source.task)
def test_real_programs_give_the_gold_answer(source: Source) -> None:
    """About one row in twelve has a program; all others are well-formed rows without one."""
    assert RAW
    items = results(source, Path(RAW) / source.upstream.dataset)
    assert check_programs(source, items) >= 0.06 * len(items)
    assert {item.reason for _, item in items if isinstance(item, Rejected)} == {Reason.NOT_DERIVABLE}
