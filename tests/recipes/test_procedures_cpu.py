"""The curriculum experiment: equal updates, a control that cuts only the link, sums that add up, and a quick run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import orjson
import pytest

from collection.procedures.convert import read
from collection.procedures.splits import Split, belongs, fingerprint
from collection.procedures.trace import trace
from eval.compare import mcnemar
from recipes.procedures_cpu.exam import judged
from recipes.procedures_cpu.plans import FORMS, TEST_FORMS, TESTS, drawn, row, shuffled, write_plans
from recipes.procedures_cpu.report import markdown, shown, written
from recipes.procedures_cpu.results import COMPARISONS, compared, difference, learning, reached, summed
from recipes.procedures_cpu.start import PIECES, SIZES, words_of
from recipes.procedures_cpu.story import ARMS, MIXED, MODELS, PRIMARY, REFERENCES, STAGE_ONE, STAGE_TWO, Scale, story
from recipes.starts import UNKNOWN, word_tokenizer, write_start
from symbol_llm.training.arguments import parse

SCALE = Scale(updates=40, seeds=2, items=4, watched=3)
LONG_TRACE = "1 : 0 + 4 = 4 ; 2 : 4 + 9 = 13 ; end : 13 = 13 ; <answer> 13 minutes </answer>"


# The story


def test_every_arm_takes_as_many_updates_from_models_that_are_there(tmp_path: Path) -> None:
    rounds = list(story(tmp_path, SCALE))
    names = [step.name for steps in rounds for step in steps]
    assert len(set(names)) == len(names)
    updates: dict[str, int] = {f"start-{seed}": 0 for seed in range(SCALE.seeds)}
    for steps in rounds:
        there = dict(updates)  # a step needs nothing of its own round
        for step in steps:
            if "train.py" not in step.command[1]:
                continue
            stage = Path(step.command[1]).parent.name
            config = parse(stage, list(step.command[2:]))
            start = Path(config.model.path or "").relative_to(tmp_path).parts[0]
            assert stage == ("injection" if start.startswith("start-") else "infusion")
            assert start.rpartition("-")[2] == step.name.rpartition("-")[2] == str(config.run.seed)
            assert config.evaluation.every == SCALE.updates // 8 and config.deepspeed.stage == 0
            updates[step.name] = there[start] + (config.run.steps or 0)
    for seed in range(SCALE.seeds):
        assert {updates[f"{arm}-{seed}"] for arm in ARMS} == {2 * SCALE.updates}
        assert {updates[f"{name}-{seed}"] for name in STAGE_ONE} == {SCALE.updates}
        assert {f"exam-{name}-{seed}" for name in MODELS} <= set(names)
    assert set(PRIMARY) <= set(ARMS) and {first for first, _ in STAGE_TWO.values()} == set(STAGE_ONE)


def test_no_arm_reads_a_pool_of_plans_twice(tmp_path: Path) -> None:
    data = {
        step.name.rpartition("-")[0]: [Path(word).name for word in step.command if Path(word).parent.name == "plans"]
        for steps in story(tmp_path, SCALE)
        for step in steps
        if "train.py" in step.command[1]
    }
    for arm, (first, form) in STAGE_TWO.items():
        assert data[arm] == [f"{form}-2"] and data[first][0].endswith("-1")
    assert data[MIXED] == ["graph-1", "language-2"]


# The plans


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("plans")
    write_plans(out, num_rows=60, num_items=12, num_watched=5)
    return out


def _rows(path: Path) -> list[dict]:
    return [orjson.loads(line) for line in path.open("rb")]


def test_a_line_is_the_same_plan_in_every_form(plans: Path) -> None:
    forms = [_rows(plans / f"{form}-1" / "rows.jsonl") for form in FORMS]
    for same in zip(*forms, strict=True):
        found = [read(one["prompt"].strip()) for one in same]
        assert len({fingerprint(plan, with_times=True) for plan in found}) == 1
        for plan, one in zip(found, same):
            assert one["completion"] == trace(plan)
        assert same[0]["completion"] == same[1]["completion"]
        names = [part.partition(" ")[0] for part in same[0]["completion"].split(" ; ")[:-2]]
        assert names == [str(number) for number in range(1, len(names) + 1)], "done in the order of their numbers"
    assert [one["split"] for one in forms[0]] == ["train"] * 60 + ["validation"] * 5
    pools = [{one["prompt"] for one in _rows(plans / f"language-{pool}" / "rows.jsonl")[:60]} for pool in "12"]
    assert not pools[0] & pools[1]


def test_what_is_asked_is_not_trained_on(plans: Path) -> None:
    for form in FORMS:
        for one in _rows(plans / f"{form}-1" / "rows.jsonl"):
            plan = read(one["prompt"].strip())
            assert 3 <= len(plan.steps) <= 5
            assert belongs(plan, Split.TRAIN if one["split"] == "train" else Split.ID)
    for split in TESTS:
        asked = [_rows(plans / "tests" / f"{split}_{form}.jsonl") for form in TEST_FORMS]
        assert all(len(items) == 12 for items in asked)
        for same in zip(*asked):
            found = [read(item["question"]) for item in same]
            assert fingerprint(found[0], with_times=True) == fingerprint(found[1], with_times=True)
            sizes = {Split.LARGER: {6}, Split.TOPOLOGY: {5}, Split.GREEDY_PROOF: {5}}.get(split, {3, 4, 5})
            assert all(len(plan.steps) in sizes for plan in found)
            assert all(belongs(plan, Split.ID if split in (Split.LARGER, Split.PHRASING) else split) for plan in found)
    rules = orjson.loads((plans / "tests" / "rules.json").read_bytes())
    assert rules["greedy_proof"]["longest next step"] == rules["greedy_proof"]["most hops"] == 0


def test_small_plans_come_more_often_and_equally_so_in_both_pools() -> None:
    for pool in (1, 2):
        sizes = Counter(len(plan.steps) for plan, _ in drawn(Split.TRAIN, 600, pool, ["graph"]))
        assert abs(sizes[3] / 600 - 1 / 2) < 0.08 and abs(sizes[5] / 600 - 1 / 6) < 0.06


def test_shuffling_deals_out_the_same_traces_among_plans_of_equally_many_steps() -> None:
    rows = [row("graph", forms["graph"], "train") for _, forms in drawn(Split.TRAIN, 300, 1, ["graph"])]
    dealt = shuffled(rows, Random(0))
    assert [one["prompt"] for one in dealt] == [one["prompt"] for one in rows]
    assert Counter(one["completion"] for one in dealt) == Counter(one["completion"] for one in rows)
    right = 0
    for one in dealt:
        plan = read(one["prompt"].strip())
        assert one["completion"].count(";") == len(plan.steps) + 1
        right += one["completion"] == trace(plan)
    assert right < 15, "the plan no longer says what its trace is"
    assert shuffled(rows, Random(0)) == dealt != shuffled(rows, Random(1))


def test_the_control_is_watched_by_right_traces(plans: Path) -> None:
    control, graph = (_rows(plans / name / "rows.jsonl") for name in ("shuffled-1", "graph-1"))
    assert control[60:] == graph[60:] and control[:60] != graph[:60]


# The start


def test_a_name_is_one_token_and_every_word_is_known(plans: Path, tmp_path: Path) -> None:
    tokenizer = word_tokenizer(words_of(plans), SIZES.max_positions, PIECES)
    pieces = ["1 :", "0", "+ 4", "= 4", ";", "2 :", "4", "+ 9", "= 13", ";", "end :", "13", "= 13", ";", "<answer>"]
    ids = tokenizer(LONG_TRACE, add_special_tokens=False)["input_ids"]
    assert tokenizer.convert_ids_to_tokens(ids)[: len(pieces)] == pieces
    assert tokenizer.decode(ids) == LONG_TRACE
    unknown = tokenizer.convert_tokens_to_ids(UNKNOWN)
    for path in (plans / "tests").glob("*.jsonl"):
        for item in _rows(path):
            read_in, answered = (tokenizer(text)["input_ids"] for text in (item["question"], item["completion"]))
            assert unknown not in read_in + answered and read_in[0] == tokenizer.bos_token_id
    sizes = replace(SIZES, hidden_size=16, intermediate_size=16)
    write_start(tokenizer, sizes, 0, tmp_path / "a", is_alike=True)
    write_start(tokenizer, sizes, 1, tmp_path / "b", is_alike=True)
    write_start(tokenizer, sizes, 0, tmp_path / "c")
    from safetensors.torch import load_file

    a, b, c = (load_file(tmp_path / name / "model.safetensors") for name in "abc")
    query, key = (f"model.layers.3.self_attn.{part}_proj.weight" for part in "qk")
    assert a[query].equal(a[key]) and not c[query].equal(c[key])
    assert a[key].equal(c[key]) and not a[key].equal(b[key])


def test_without_pieces_a_word_is_what_blanks_part() -> None:
    tokenizer = word_tokenizer(["+", "4", "="], 64)
    assert tokenizer.convert_ids_to_tokens(tokenizer("4 + 4 = 8")["input_ids"]) == ["<s>", "4", "+", "4", "=", UNKNOWN]


# The exam and its sums


def test_answers_are_judged_by_the_verifier_and_step_by_step() -> None:
    item = {
        "question": "{ 1 : [ 2 ] , 2 : [ E ] , E : [ ] , S : [ 1 ] } { 1 : 4 , 2 : 9 }",
        "answer": "[datetime.timedelta(seconds=780), datetime.timedelta(seconds=780)]",
        "unit": "min",
    }
    texts = [LONG_TRACE, LONG_TRACE.replace("= 13 ; end : 13", "= 12 ; end : 12"), "1 : 0 + 4 = 4 ;"]
    rows = judged([item] * 3, texts)
    assert [one["judgement"] for one in rows] == ["correct", "correct", "no_answer"]
    assert [one["trace"] for one in rows] == [1, pytest.approx(2 / 3), pytest.approx(1 / 3)]


def _run(rights: str) -> list[dict]:
    verdicts = {"1": "correct", "0": "wrong", "-": "no_answer"}
    return [{"item": n, "judgement": verdicts[c], "trace": float(c == "1"), "text": ""} for n, c in enumerate(rights)]


def test_shares_are_of_items_and_seeds() -> None:
    entry = summed([_run("1100"), _run("1-10")])
    assert entry["mean"] == 0.5 and entry["seeds"] == [0.5, 0.5] and entry["items"] == 4
    assert entry["judgements"] == {"correct": 4, "no_answer": 1, "wrong": 3} and entry["trace"] == 0.5
    low, high = entry["interval"]
    assert 0 <= low < 0.5 < high <= 1


def test_a_difference_pairs_items_within_a_seed() -> None:
    a, b = [_run("0000000011"), _run("0000000111")], [_run("1111111100"), _run("1111111111")]
    entry = difference(a, b)
    assert entry["difference"] == pytest.approx((0.6 + 0.7) / 2)
    assert [(seed["lost"], seed["won"]) for seed in entry["seeds"]] == [(2, 8), (0, 7)]
    assert entry["seeds"][0]["mcnemar"] == mcnemar(2, 8) and entry["mcnemar"] == mcnemar(2, 15)
    low, high = entry["interval"]
    assert -0.1 < low < 0.65 < high <= 1
    same = difference(a, a)
    assert same["difference"] == 0 and same["interval"] == [0, 0] and same["p"] == same["mcnemar"] == 1


def test_the_primary_comparison_stands_alone_and_the_others_are_corrected() -> None:
    flat = {model: [_run("01" * 20)] for model in MODELS}
    tests = {f"{split}_{form}": dict(flat) for split in TESTS for form in TEST_FORMS}
    tests["greedy_proof_language"] = {**flat, "graph-language": [_run("1" * 40)], "mixed": [_run("1" * 40)]}
    found = compared(tests)
    primary = [found["primary"][key] for key in ("test", "base", "arm")]
    assert primary == ["greedy_proof_language", "language-language", "graph-language"]
    assert found["primary"]["difference"] == 0.5 and "p_holm" not in found["primary"]
    assert len(found["secondary"]) == len(TESTS) * len(COMPARISONS) - 1
    real = [entry for entry in found["secondary"] if entry["p_holm"] < 0.05]
    assert {(entry["base"], entry["arm"]) for entry in real} == {
        ("language-language", "mixed"), ("language", "graph-language"), ("shuffled-language", "graph-language"),
    }  # fmt: skip
    assert {entry["test"] for entry in real} == {"greedy_proof_language"}
    assert all(entry["p_holm"] > entry["p"] for entry in real)


def test_the_second_stage_goes_on_counting_where_the_first_ended(tmp_path: Path) -> None:
    for name, key, values in (("graph-0", "graph", (0.1, 0.6)), ("graph-language-0", "language", (0.4, 0.95))):
        (tmp_path / name).mkdir()
        lines = [
            {"step": 20, "loss": 1.0},
            *({"step": 20 * n, f"eval_exact/{key}": v} for n, v in enumerate(values, 1)),
        ]
        (tmp_path / name / "metrics.jsonl").write_bytes(b"\n".join(map(orjson.dumps, lines)))
    points = learning(tmp_path, "graph-language", 0, SCALE)
    assert points == {"graph": [(20, 0.1), (40, 0.6)], "language": [(60, 0.4), (80, 0.95)]}
    assert reached(points) == {"50%": 80, "90%": 80}
    assert reached({"graph": [(20, 1.0)]}) == {"50%": None, "90%": None}


def test_the_tables_and_plots_show_what_was_summed(tmp_path: Path) -> None:
    runs = {model: [_run("0111"), _run("0011")] for model in MODELS}
    tests = {f"{split}_{form}": runs for split in TESTS for form in TEST_FORMS}
    curve = [{"language": [(20, 0.25), (40, 0.95)]}] * 2
    result = {
        "scale": {"updates": 40},
        "check": {"enough": 0.9, "graph": [0.75, 0.5], "language": [0.75, 0.5], "holds": False},
        "rules": {split.value: {"most hops": 0.95} for split in TESTS},
        "tests": {name: {model: summed(each) for model, each in answers.items()} for name, answers in tests.items()},
        **compared(tests),
        "curves": {model: curve for model in (*STAGE_ONE, *ARMS)},
        "learnt": {arm: [reached(points) for points in curve] for arm in ARMS},
    }
    lines = shown(result)
    assert len(lines) == len(MODELS) + 1 and lines[0][1].startswith("62.5 (") and lines[-1][1] == "95.0"
    text = markdown(result)
    assert "reached by 0 of 2 seeds; their mean is 62.5 %" in text and "| language → graph | 40" not in text
    assert "+0.0 points" not in text and "+0.0 (+0.0 … +0.0) points" in text
    assert "| graph → language | 40, 40 | 40, 40 |" in text
    table, *plots = written(result, tmp_path)
    assert table.read_text() == text and len(plots) == 2
    for plot in plots:
        ElementTree.parse(plot)
    before = [plot.read_bytes() for plot in plots]
    assert [plot.read_bytes() for plot in written(result, tmp_path)[1:]] == before


@pytest.mark.full
def test_a_quick_run_killed_on_the_way_ends_with_all_numbers(tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = [sys.executable, "-m", "recipes.procedures_cpu", "--quick", "--json", "--out", str(out)]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while not (out / "graph-0" / "metrics.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (out / "summary.json").exists()
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3_000:]
    assert "already done" in done.stderr
    result = orjson.loads(done.stdout)
    assert result == orjson.loads((out / "summary.json").read_bytes())
    for name, models in result["tests"].items():
        assert set(models) == {*REFERENCES, *ARMS}, name
        assert all(sum(entry["judgements"].values()) == 4 for entry in models.values())
    assert len(result["curves"]["graph-language"][0]["language"]) == 8
    assert result["primary"]["arm"] == "graph-language" and not result["check"]["holds"]
    assert (out / "table.md").is_file() and (out / "accuracy.svg").is_file() and (out / "learning.svg").is_file()
