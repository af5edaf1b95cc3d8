"""MMLU and BBH through lm-evaluation-harness, with folders and a model of the smallest kind."""

from __future__ import annotations

import csv
import json
import os
import re
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from typer.testing import CliRunner

from eval.backends.prompting import Template
from eval.general import Writer, local_rows, run_general
from symbol_llm.cli import app
from symbol_llm.errors import UserError
from tests.eval.misbehaving_server import Handler, serving
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
    document = run_general(Writer(str(model), batch_size=2), tmp_path / "run", raw=raw, is_offline=True)
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
    assert run_general(Writer(str(model)), tmp_path / "run", raw=raw, is_offline=True)["totals"] == document["totals"]
    assert (tmp_path / "run/general/mmlu_anatomy.json").stat().st_mtime_ns == written, "a finished task is kept"


class Reading:
    """A server that reads: the log-probabilities of every token of a prompt, as the protocol has them with ``echo``."""

    def __init__(self, model: Path) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.tokenizer = AutoTokenizer.from_pretrained(model)
        self.model = AutoModelForCausalLM.from_pretrained(model).eval()
        self.lock = Lock()

    def __call__(self, handler: Handler, body: dict[str, Any], number: int) -> None:
        import torch

        assert body["echo"] is True and body["logprobs"] == 1 and "span" not in body
        encoded = self.tokenizer(body["prompt"], add_special_tokens=False, return_offsets_mapping=True)
        ids, offsets = encoded["input_ids"], [start for start, _ in encoded["offset_mapping"]]
        with self.lock, torch.no_grad():
            logs = torch.log_softmax(self.model(torch.tensor([ids])).logits[0].float(), -1)
        own = [float(logs[place - 1, ids[place]]) for place in range(1, len(ids))]
        top = [{"t": float(logs[place - 1].max())} for place in range(1, len(ids))]
        # The token that the server adds, because it cannot add none, stands behind the prompt.
        found = {
            "tokens": ["t"] * (len(ids) + 1),
            "token_logprobs": [None, *own, -0.5],
            "top_logprobs": [{}, *top, {"t": -0.5}],
            "text_offset": [*offsets, len(body["prompt"])],
        }
        part = {"index": 0, "finish_reason": "length", "text": body["prompt"] + "x", "logprobs": found}
        handler.send({"id": "1", "object": "x", "created": 0, "model": "m", "choices": [part]})


@pytest.mark.full
def test_mmlu_behind_a_server_that_reads_is_mmlu_in_this_process(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setitem(os.environ, name, "1")
    model = save_tiny_model(tmp_path / "tiny", room=2048)
    options: dict[str, Any] = {"suites": ["mmlu"], "raw": raw, "is_offline": True}
    own = run_general(Writer(str(model)), tmp_path / "own", **options)
    with serving(Reading(model)) as server:
        document = run_general(Writer("tiny", [server.url], concurrency=2), tmp_path / "served", **options)
    assert len(server.bodies) == 2 * 6 * 4 and document["run"]["backend"] == "openai"
    for name in ("mmlu_anatomy", "mmlu_virology"):
        stored = [json.loads((tmp_path / out / f"general/{name}.json").read_text()) for out in ("own", "served")]
        assert stored[0] == stored[1]
    assert document["totals"] == own["totals"]


@pytest.mark.full
def test_a_real_server_answers_bbh_and_cannot_read(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``transformers serve``: BBH as in this process; MMLU is refused, in words, before anything is stored."""
    from recipes.self_training.asking import served

    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setitem(os.environ, name, "1")
    model = save_tiny_model(tmp_path / "tiny", room=2048)
    options: dict[str, Any] = {"raw": raw, "is_offline": True, "limit": 2}
    own = run_general(Writer(str(model)), tmp_path / "own", suites=["bbh"], **options)
    with served(model, tmp_path / "server.log") as url:
        command = ["eval", "general", "--endpoint", url, "--model", str(model), "--tasks", "bbh", "--raw", str(raw)]
        command += ["--limit", "2", "--offline", "--concurrency", "2", "--out", str(tmp_path / "served"), "--json"]
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 0, result.output
        with pytest.raises(UserError, match=r"does not give the log-probabilities .* --tasks bbh"):
            run_general(Writer(str(model), [url]), tmp_path / "mmlu", suites=["mmlu"], **options)
    for name in ("bbh_zeroshot_boolean_expressions", "bbh_zeroshot_navigate"):
        stored = [json.loads((tmp_path / out / f"general/{name}.json").read_text()) for out in ("own", "served")]
        assert stored[0] == stored[1]
    assert json.loads(result.stdout)["totals"] == own["totals"]
    assert not (tmp_path / "mmlu/general/mmlu_anatomy.json").exists()


def test_a_server_that_fails_ends_the_run_and_what_was_done_stands(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BBH's first task is answered, the second not: the same command asks for the second alone."""
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setitem(os.environ, name, "1")
    options: dict[str, Any] = {"suites": ["bbh"], "raw": raw, "is_offline": True}

    def tiring(handler: Handler, body: dict[str, Any], number: int) -> None:
        if number < 3:
            handler.answer("So the answer is True.")
        else:
            handler.fail(422, "enough")

    with (
        serving(tiring) as server,
        pytest.raises(UserError, match=r"no answer to a question \(refused\)\. Finished tasks are kept"),
    ):
        run_general(Writer("tiny", [server.url], concurrency=1), tmp_path / "run", **options)
    assert [path.name for path in (tmp_path / "run/general").glob("bbh*")] == ["bbh_zeroshot_boolean_expressions.json"]
    with serving(lambda handler, body, number: handler.answer("So the answer is True.")) as server:
        document = run_general(Writer("tiny", [server.url]), tmp_path / "run", **options)
    assert len(server.bodies) == 3 and document["tasks"]["bbh_zeroshot_boolean_expressions"]["value"] == 1.0
    assert server.bodies[0]["stop"] and "Walk" in server.bodies[0]["prompt"]


def test_what_cannot_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"with --model PATH_OR_ID or --endpoint URL"):
        run_general(Writer(None), tmp_path)
    with pytest.raises(UserError, match="Leave it out"):
        run_general(Writer("m", ["http://localhost:1/v1"], template=Template.CHAT), tmp_path)
    with pytest.raises(UserError, match="unknown suite"):
        run_general(Writer("m"), tmp_path, suites=["glue"])
    with pytest.raises(UserError, match=r"no files of mmlu, bbh under --raw"):
        run_general(Writer("m"), tmp_path, is_offline=True)


@pytest.mark.full
def test_a_model_of_chat_turns_is_asked_in_its_turns(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What reaches the model for BBH: the harness gives the task's description as a system turn, then the question."""
    from lm_eval.models.huggingface import HFLM
    from transformers import AutoTokenizer

    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setitem(os.environ, name, "1")
    model = save_tiny_model(tmp_path / "tiny", room=2048)
    tokenizer = AutoTokenizer.from_pretrained(model)
    tokenizer.chat_template = (
        "{% for m in messages %}{{ bos_token + '[' + m['role'] + '] ' + m['content'] }}{% endfor %}"
    )
    tokenizer.save_pretrained(model)
    asked: dict[Template, list[list[int]]] = {}

    for template in Template:
        seen: list[list[int]] = []

        def generate(self: Any, context: Any, *args: Any, seen: list[list[int]] = seen, **options: Any) -> Any:
            seen.extend(context.tolist())
            return context  # nothing is written

        monkeypatch.setattr(HFLM, "_model_generate", generate)
        writer = Writer(str(model), batch_size=1, template=template)
        document = run_general(writer, tmp_path / template, suites=["bbh"], raw=raw, is_offline=True)
        assert document["run"]["template"] == template
        asked[template] = sorted(seen)
    shown = [tokenizer.decode(ids) for ids in asked[Template.CHAT]]
    assert len(shown) == 6
    for ids, text in zip(asked[Template.CHAT], shown):
        assert re.fullmatch(r"<s>\[system\] [^<]+\n\n<s>\[user\] Q: Walk \d\nA:[^<]*", text), text
        assert ids == tokenizer(text, add_special_tokens=False)["input_ids"], "one BOS a turn, none added"
    assert not any("[user]" in tokenizer.decode(ids) for ids in asked[Template.RAW])
