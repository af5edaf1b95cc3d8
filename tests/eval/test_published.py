"""The published tables: complete, and consistent with the averages that the paper prints."""

from __future__ import annotations

import pytest

from collection.sources import SOURCES, get
from eval.published import TABLES, beside, load, paper_tasks
from symbol_llm.formats import get as get_format


@pytest.mark.parametrize(
    ("model", "printed"),
    [
        ("7B LLaMA-2-Chat", 22.59),
        ("7B single-task SFT", 71.46),
        ("7B Symbol-LLM", 71.88),
        ("13B LLaMA-2-Chat", 18.46),
        ("13B single-task SFT", 72.32),
        ("13B Symbol-LLM", 74.34),
    ],
)
def test_the_plain_mean_of_the_rows_is_the_printed_average(model: str, printed: float) -> None:
    rows = load("symbolic").rows.values()
    assert sum(row[model] for row in rows) / 34 == pytest.approx(printed, abs=0.005)


def test_the_34_tasks_are_ours_in_the_same_order_with_the_same_metric() -> None:
    assert list(paper_tasks()) == list(SOURCES)[:34]
    others = [
        task for task in paper_tasks() if beside("symbolic", task)["metric"] != get_format(get(task).format).metric
    ]
    assert others == ["webqsp"], "its F1 is over answers from Freebase"


def test_general_is_the_mean_of_mmlu_and_bbh() -> None:
    for model, row in load("general").rows.items():
        if model.startswith(("7B", "13B")):
            mean = (row["MMLU"] + row["BBH"]) / 2
            assert load("summary").rows[model]["general"] == pytest.approx(mean, abs=0.011), model


def test_every_table_names_its_source_and_has_no_hole_it_does_not_mean() -> None:
    for name in TABLES:
        table = load(name)
        assert "arXiv 2311.09278" in table.source and ".png" in table.source
        for row in table.rows.values():
            values = [value for value in row.values() if not isinstance(value, str)]
            assert values and all(0 <= value <= 100 for value in values)
    assert "7B WizardMath" not in load("delegate").rows["gsm_hard"]


def test_names_ignore_underscores_and_unknown_ones_have_nothing_beside() -> None:
    assert beside("delegate", "gsm_hard") == beside("delegate", "gsmhard")
    assert beside("symbolic", "scan_generated") is None and beside("symbolic", "scan.evolved") is None
