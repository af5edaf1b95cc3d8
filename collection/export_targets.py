"""What each trainer reads: the shape of a row, and which file it goes to.

    trl                     train.jsonl          {"prompt": "…The actions are:\\n", "completion": "I_JUMP", …}
    openai                  train.jsonl          {"messages": [{"role": "user", …}, {"role": "assistant", …}]}
    llamafactory            train/scan.jsonl     {"instruction": "Translate …", "input": "…", "output": "I_JUMP", …}
    llamafactory-sharegpt   train/scan.jsonl     {"conversations": [{"from": "human", …}, {"from": "gpt", …}], …}
    jsonl                   train.jsonl          all columns of the record
    datasets                scan/train.parquet   all columns of the record

The model sees the same prompt, byte for byte, in every one of them. Splits never share a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from symbol_llm.record import Record


@dataclass(frozen=True, slots=True)
class Target:
    """One kind of export. ``file`` may hold {split} and {task}; records whose name is the same share a file."""

    file: str
    row: Callable[[Record], dict[str, Any]]
    usage: str  # how the result is read; {dest}, {task} and {split} are filled in


def _known(record: Record) -> dict[str, Any]:
    """What a row says about itself, where the trainer passes over columns that it does not know."""
    return {"id": record.id, "task": record.task, "licence": record.licence}


def prompt_completion(record: Record) -> dict[str, Any]:
    """A row as TRL's SFTTrainer reads it; loss is on the completion alone.
    Source: TRL, docs/source/dataset_formats.md, "prompt-completion"."""
    return {"prompt": record.prompt, "completion": record.completion, **_known(record)}


def alpaca(record: Record) -> dict[str, Any]:
    """A row whose ``instruction`` and ``input``, joined by a line end as LLaMA-Factory does, are the prompt.
    Source: LLaMA-Factory, data/README.md, "Alpaca Format"."""
    instruction, request = record.prompt, ""
    # An empty column would be passed over without its line end.
    if record.instruction and record.prompt.startswith(record.instruction + "\n"):
        rest = record.prompt[len(record.instruction) + 1 :]
        if rest:
            instruction, request = record.instruction, rest
    return {"instruction": instruction, "input": request, "output": record.completion, **_known(record)}


def sharegpt(record: Record) -> dict[str, Any]:
    """A conversation of one turn. Source: LLaMA-Factory, data/README.md, "Sharegpt Format"."""
    turns = [{"from": "human", "value": record.prompt}, {"from": "gpt", "value": record.completion}]
    return {"conversations": turns, **_known(record)}


def messages(record: Record) -> dict[str, Any]:
    """A chat of one turn and nothing else: OpenAI refuses a file whose rows have a key that it does not know.
    Source: OpenAI, "Fine-tuning", and the cookbook's checks (examples/Chat_finetuning_data_prep.ipynb)."""
    turns = [{"role": "user", "content": record.prompt}, {"role": "assistant", "content": record.completion}]
    return {"messages": turns}


_LLAMAFACTORY = "llamafactory-cli train … --dataset_dir {dest} --dataset all_{split}   (or {task}_{split})"

TARGETS: dict[str, Target] = {
    "trl": Target("{split}.jsonl", prompt_completion, "trl sft --dataset_name {dest} …"),
    "llamafactory": Target("{split}/{task}.jsonl", alpaca, _LLAMAFACTORY),
    "llamafactory-sharegpt": Target("{split}/{task}.jsonl", sharegpt, _LLAMAFACTORY),
    "openai": Target(
        "{split}.jsonl", messages, 'client.files.create(file=open("{dest}/{split}.jsonl", "rb"), purpose="fine-tune")'
    ),
    "jsonl": Target("{split}.jsonl", Record.to_json, 'datasets.load_dataset("{dest}", split="{split}")'),
    "datasets": Target(
        "{task}/{split}.parquet", Record.to_json, 'datasets.load_dataset("{dest}", "{task}", split="{split}")'
    ),
}

# Every column that is not named here is absent for LLaMA-Factory once ``columns`` is given.
_COLUMNS: dict[str, dict[str, Any]] = {
    "llamafactory": {"columns": {"prompt": "instruction", "query": "input", "response": "output"}},
    "llamafactory-sharegpt": {"formatting": "sharegpt", "columns": {"messages": "conversations"}},
}


def dataset_info(target: str, files: Iterable[tuple[str, str]]) -> dict[str, Any] | None:
    """LLaMA-Factory's ``dataset_info.json`` for (task, split) pairs, each with a file; None for other targets.

    One data set per task and split (``spider_train``), and one with all tasks of a split (``all_train``: the folder).
    """
    if target not in _COLUMNS:
        return None
    pairs = list(files)
    named = {f"{task}_{split}": f"{split}/{task}.jsonl" for task, split in pairs}
    named |= {f"all_{split}": split for split in dict.fromkeys(split for _, split in pairs)}
    return {name: {"file_name": file, **_COLUMNS[target]} for name, file in named.items()}
