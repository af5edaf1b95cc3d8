"""MMLU and BBH through lm-evaluation-harness, with folders and a model of the smallest kind."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest

from eval.general import local_rows, run_general
from symbol_llm.errors import UserError
from tests.eval.tiny_model import save_tiny_model


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Two subjects of six questions each, one with a line end within a cell, and two tasks of BBH."""
    for subject in ("anatomy", "virology"):
        for split in ("dev", "test"):
            path = tmp_path / "raw/mmlu/data" / split / f"{subject}_{split}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", newline="") as file:
                rows = [[f"Is {n}\nright, or is it?", "yes", "no", f"{n}", "maybe", "ABCD"[n % 4]] for n in range(6)]
                csv.writer(file).writerows(rows)
    folder = tmp_path / "raw/bbh/bbh"
    folder.mkdir(parents=True)
    for name, target in (("navigate", "Yes"), ("boolean_expressions", "True")):
        examples = [{"input": f"Walk {n}", "target": target} for n in range(3)]
        (folder / f"{name}.json").write_text(json.dumps({"canary": "x", "examples": examples}))
    return tmp_path / "raw"


def test_questions_are_read_by_the_csv_reader(raw: Path) -> None:
    rows = local_rows("mmlu", raw)["mmlu_anatomy"]
    assert len(rows["dev"]) == len(rows["test"]) == 6
    assert rows["test"][1] == {
        "question": "Is 1\nright, or is it?",
        "choices": ["yes", "no", "1", "maybe"],
        "answer": 1,
    }
    assert local_rows("bbh", raw)["bbh_zeroshot_navigate"]["test"][0] == {"input": "Walk 0", "target": "Yes"}
    assert local_rows("mmlu", None) == {} == local_rows("bbh", raw / "nowhere")


def test_broken_files_are_named(raw: Path) -> None:
    path = raw / "mmlu/data/test/anatomy_test.csv"
    path.write_text("question,A,B,C,D,answer\nq,a,b,c,d,0\n")
    with pytest.raises(UserError, match=r"anatomy_test\.csv, row 1"):
        local_rows("mmlu", raw)
    (raw / "mmlu/data/dev/virology_dev.csv").unlink()
    path.write_text("q,a,b,c,d,A\n")
    with pytest.raises(UserError, match="virology_dev"):
        local_rows("mmlu", raw)
    (raw / "bbh/bbh/navigate.json").write_text('{"examples": [{"input": "x"}]}')
    with pytest.raises(UserError, match=r"navigate\.json"):
        local_rows("bbh", raw)


@pytest.mark.full
def test_a_tiny_model_on_local_folders(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The harness runs; MMLU by hand: the letter with the highest next-token score after five demonstrations."""
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setitem(os.environ, name, "1")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(1)
    model = save_tiny_model(tmp_path / "tiny", room=2048)
    document = run_general(str(model), tmp_path / "run", raw=raw, is_offline=True, batch_size=2)
    assert {name: (part["items"], part["shots"]) for name, part in document["tasks"].items()} == {
        "mmlu_anatomy": (6, 5),
        "mmlu_virology": (6, 5),
        "bbh_zeroshot_boolean_expressions": (3, 0),
        "bbh_zeroshot_navigate": (3, 0),
    }
    assert document["totals"]["MMLU"]["items"] == 12 and document["totals"]["MMLU STEM"]["items"] == 6
    assert document["published"]["rows"]["7B Symbol-LLM"]["MMLU"] == 49.3

    tokenizer, llama = AutoTokenizer.from_pretrained(model), AutoModelForCausalLM.from_pretrained(model).eval()
    rows = local_rows("mmlu", raw)["mmlu_anatomy"]

    def shown(row: dict, letter: str) -> str:
        options = "".join(f"\n{name}. {choice}" for name, choice in zip("ABCD", row["choices"]))
        return f"{row['question'].strip()}{options}\nAnswer:{letter}"

    head = "The following are multiple choice questions (with answers) about anatomy.\n\n"
    shots = "".join(f"{shown(row, ' ' + 'ABCD'[row['answer']])}\n\n" for row in rows["dev"][:5])
    hits = 0
    for row in rows["test"]:
        scores = []
        for letter in "ABCD":
            start = tokenizer(head + shots + shown(row, ""), add_special_tokens=False)["input_ids"]
            whole = tokenizer(head + shots + shown(row, f" {letter}"), add_special_tokens=False)["input_ids"]
            with torch.no_grad():
                logs = torch.log_softmax(llama(torch.tensor([whole])).logits[0].float(), -1)
            scores.append(sum(float(logs[place - 1, whole[place]]) for place in range(len(start), len(whole))))
        hits += scores.index(max(scores)) == row["answer"]
    assert document["tasks"]["mmlu_anatomy"]["value"] == pytest.approx(hits / 6)

    written = (tmp_path / "run/general/mmlu_anatomy.json").stat().st_mtime_ns
    assert run_general(str(model), tmp_path / "run", raw=raw, is_offline=True)["totals"] == document["totals"]
    assert (tmp_path / "run/general/mmlu_anatomy.json").stat().st_mtime_ns == written, "a finished task is kept"


def test_what_cannot_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="unknown suite"):
        run_general("m", tmp_path, suites=["glue"])
    with pytest.raises(UserError, match=r"no files of mmlu, bbh under --raw"):
        run_general("m", tmp_path, is_offline=True)
