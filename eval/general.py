"""General tasks: MMLU (5-shot) and BBH (0-shot) through lm-evaluation-harness, to see what symbols cost in language.

    RAW/mmlu/data/{dev,test}/anatomy_dev.csv     question, A, B, C, D, letter          57 subjects
    RAW/bbh/bbh/navigate.json                    {"examples": [{"input", "target"}]}   27 tasks
    → RUN/general/mmlu_anatomy.json, …, summary.json

Prompts, scoring and extraction are the harness's own tasks (``mmlu_*``, ``bbh_zeroshot_*``); only where the rows come
from changes: upstream's files under RAW where they are, else the hub. MMLU is the mean over questions, as is BBH (by
the harness's ``flexible-extract``; the strict match stands beside it). A finished task is not run again. The model is
in this process, or behind a server (``general_server.py``).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from eval.backends.asking import Patience
from eval.backends.openai_server import OpenAIBackend
from eval.backends.prompting import Template, trained_template
from eval.backends.transformers_model import fingerprint
from eval.general_server import served_model
from eval.intervals import mean_interval
from eval.published import load
from eval.store import open_run, write_json
from symbol_llm.console import log, progress
from symbol_llm.errors import EngineMissing, UserError
from symbol_llm.ledger import exclusive, make_folder

SUITES = {"mmlu": "mmlu_", "bbh": "bbh_zeroshot_"}
SHOTS = {"mmlu": 5, "bbh": 0}
_MEASURES = {"mmlu": ("acc,none",), "bbh": ("exact_match,flexible-extract", "exact_match,strict-match")}
# The groups of MMLU's authors, as the harness tags its tasks.
_GROUPS = {
    "MMLU humanities": "mmlu_humanities_tasks",
    "MMLU social sciences": "mmlu_social_sciences_tasks",
    "MMLU STEM": "mmlu_stem_tasks",
    "MMLU other": "mmlu_other_tasks",
}


class Writer(NamedTuple):
    """Who answers: a model in this process, or with ``endpoints`` one behind a server that knows it by this name.

    ``template`` None: as the model folder says that it was trained.
    """

    model: str | None
    endpoints: Sequence[str] = ()
    batch_size: int = 8
    template: Template | None = None
    concurrency: int = 16
    timeout: float = 600.0

    def identity(self) -> dict[str, Any]:
        """What a resumed run must agree with. Raises UserError where neither or nothing is named."""
        if self.endpoints:
            if self.template is not None:
                raise UserError("--template says how the model of --model PATH_OR_ID is asked. Leave it out")
            backend = OpenAIBackend(self.endpoints, model=self.model, patience=Patience(timeout=self.timeout))
            return {"backend": "openai", "model": backend.identity["model"]}
        if self.model is None:
            raise UserError("say who answers, with --model PATH_OR_ID or --endpoint URL")
        return {
            "backend": "transformers",
            "model": self.model,
            "model_fingerprint": fingerprint(Path(self.model)),
            "template": self.template or trained_template(Path(self.model)),
        }

    def open(self) -> Any:
        """The harness's model."""
        if self.endpoints:
            return served_model(self.endpoints, model=self.model, concurrency=self.concurrency, timeout=self.timeout)
        assert self.model is not None
        return _open_model(self.model, self.batch_size)


def run_general(
    writer: Writer,
    out: Path,
    *,
    suites: Sequence[str] = tuple(SUITES),
    raw: Path | None = None,
    limit: int | None = None,
    is_offline: bool = False,
) -> dict[str, Any]:
    """Run the suites into ``out``/general and return the summary, also written there.

    Raises EngineMissing without the harness, and UserError for an unknown suite, a broken raw file, a model that cannot
    be loaded, a server that does not answer or cannot give log-probabilities, and for a suite without local files where
    the hub is not allowed.
    """
    for suite in suites:
        if suite not in SUITES:
            raise UserError(f"unknown suite {suite!r}: choose of {', '.join(SUITES)}")
    identity = writer.identity()
    harness = _harness()
    folder = make_folder(out / "general")
    local = {suite: local_rows(suite, raw) for suite in suites}
    if is_offline and (absent := [suite for suite, rows in local.items() if not rows]):
        raise UserError(f"no files of {', '.join(absent)} under --raw. Leave --offline out to take them from the hub")
    with exclusive(folder):
        config = {
            "kind": "general",
            "harness": harness.__version__,
            **identity,
            "suites": list(suites),
            "limit": limit,
            "local": {suite: sorted(rows) for suite, rows in local.items()},
        }
        open_run(folder, config)
        manager = _task_manager(harness)
        tasks = [
            (suite, name, _config(name, local[suite], folder))
            for suite in suites
            for name in (sorted(local[suite]) or _names(manager, SUITES[suite]))
        ]
        waiting = [task for task in tasks if not (folder / f"{task[1]}.json").is_file()]
        with progress("general", len(tasks)) as advance:
            advance(len(tasks) - len(waiting))
            lm = writer.open() if waiting else None
            for suite, name, task in waiting:
                found = harness.simple_evaluate(
                    model=lm,
                    tasks=[task],
                    num_fewshot=SHOTS[suite],
                    limit=limit,
                    apply_chat_template=identity.get("template") == Template.CHAT,
                    bootstrap_iters=0,
                    task_manager=manager,
                )
                write_json(folder / f"{name}.json", _kept(found, name, suite))
                advance()
    document = {"run": config, **_summary(folder, [(suite, name) for suite, name, _ in tasks], manager)}
    write_json(folder / "summary.json", document)
    return document


def local_rows(suite: str, raw: Path | None) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Task name → split → rows as the harness's task expects them; empty if the files are not there."""
    if raw is None:
        return {}
    if suite == "mmlu":
        return dict(_read_mmlu(raw / "mmlu" / "data"))
    files = sorted((raw / "bbh" / "bbh").glob("*.json"))
    return {f"{SUITES['bbh']}{file.stem}": {"test": _read_bbh(file)} for file in files}


def _read_mmlu(folder: Path) -> Iterator[tuple[str, dict[str, list[dict[str, Any]]]]]:
    for test in sorted((folder / "test").glob("*_test.csv")):
        subject = test.stem.removesuffix("_test")
        dev = folder / "dev" / f"{subject}_dev.csv"
        if not dev.is_file():
            raise UserError(f"{dev} is missing: the five demonstrations of {subject} are in it")
        yield f"{SUITES['mmlu']}{subject}", {"dev": _read_questions(dev), "test": _read_questions(test)}


def _read_questions(path: Path) -> list[dict[str, Any]]:
    """Questions hold line ends: read by the CSV reader, never by line. No header."""
    rows = []
    with path.open(newline="", encoding="utf-8") as file:
        for number, cells in enumerate(csv.reader(file), 1):
            if len(cells) != 6 or cells[5] not in "ABCD" or not cells[5]:
                raise UserError(
                    f"{path}, row {number}: not a question, four options and a letter of A to D: {cells!r:.120}"
                )
            rows.append({"question": cells[0], "choices": cells[1:5], "answer": "ABCD".index(cells[5])})
    return rows


def _read_bbh(path: Path) -> list[dict[str, Any]]:
    try:
        examples = orjson.loads(path.read_bytes())["examples"]
        return [{"input": str(example["input"]), "target": str(example["target"])} for example in examples]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise UserError(f'{path}: not {{"examples": [{{"input", "target"}}]}} ({error!r})') from error


def _config(name: str, local: Mapping[str, Any], folder: Path) -> str | dict[str, Any]:
    """The harness's task, with its rows from files of ours where we have them."""
    if not local:
        return name
    files = {}
    for split, rows in local[name].items():
        path = folder / "rows" / f"{name}.{split}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        files[split] = str(path.absolute())
    # Only a member of a group is merged with the task that the harness knows by this name.
    rows_from = {"dataset_path": "json", "dataset_name": None, "dataset_kwargs": {"data_files": files}}
    return {"group": "local", "task": [{"task": name, **rows_from}]}


def _task_manager(harness: Any) -> Any:
    """The harness's tasks of our two suites alone: to read all of its thousands takes a quarter of a minute."""
    folder = Path(harness.tasks.__file__).parent
    return harness.tasks.TaskManager(
        include_defaults=False, include_path=[folder / "mmlu" / "default", folder / "bbh" / "zeroshot"]
    )


def _names(manager: Any, prefix: str) -> list[str]:
    return sorted(name for name in manager.all_subtasks if name.startswith(prefix))


def _kept(found: Mapping[str, Any], name: str, suite: str) -> dict[str, Any]:
    """What is stored of a task: one entry per item and measure, so that anything can be computed anew."""
    measures: dict[str, list[float]] = {}
    for measure in _MEASURES[suite]:
        metric, _, filtered = measure.partition(",")
        samples = [s for s in found["samples"][name] if s.get("filter", filtered) == filtered]
        measures[measure] = [float(sample[metric]) for sample in sorted(samples, key=lambda s: s["doc_id"])]
    return {"task": name, "suite": suite, "shots": SHOTS[suite], "measures": measures}


def _summary(folder: Path, tasks: Sequence[tuple[str, str]], manager: Any) -> dict[str, Any]:
    stored = {name: orjson.loads((folder / f"{name}.json").read_bytes()) for _, name in tasks}
    groups: dict[str, list[str]] = {}
    for suite, name in tasks:
        groups.setdefault(suite.upper(), []).append(name)
    for group, tag in _GROUPS.items():
        if own := [name for name in stored if name in manager.task_index[tag].tags]:
            groups[group] = own
    parts = {name: _part(entry) for name, entry in stored.items()}
    totals = {}
    for group, names in groups.items():
        joined = {
            measure: [value for name in names for value in stored[name]["measures"][measure]]
            for measure in stored[names[0]]["measures"]
        }
        totals[group] = {**_part({**stored[names[0]], "measures": joined}), "tasks": len(names)}
    both = [totals[suite.upper()]["value"] for suite in SUITES if suite.upper() in totals]
    return {
        "tasks": parts,
        "totals": totals,
        "mean": sum(both) / len(both) if len(both) == len(SUITES) else None,
        "published": {"unit": "percent", "source": load("general").source, "rows": load("general").rows},
    }


def _part(entry: Mapping[str, Any]) -> dict[str, Any]:
    main, *others = entry["measures"].items()
    values = main[1]
    interval = mean_interval(values, [str(number) for number in range(len(values))])
    return {
        "items": len(values),
        "shots": entry["shots"],
        "measure": main[0],
        "value": sum(values) / len(values) if values else None,
        "interval": [interval.low, interval.high],
        **{name: sum(own) / len(own) for name, own in others if own},
    }


def _open_model(model: str, batch_size: int) -> Any:
    import torch
    from lm_eval.models.huggingface import HFLM

    try:
        # The harness asks for CUDA even where torch has none.
        return HFLM(pretrained=model, batch_size=batch_size, device="cuda" if torch.cuda.is_available() else "cpu")
    except (OSError, ValueError) as error:
        raise UserError(
            f"model {model}: cannot be loaded ({str(error).splitlines()[0]}). "
            "Pass a Hugging Face model folder or hub id with --model"
        ) from error


def _harness() -> Any:
    try:
        import lm_eval
        import lm_eval.tasks
        from lm_eval.evaluator import simple_evaluate
    except ImportError as error:
        raise EngineMissing("lm-evaluation-harness", 'pip install "symbol-llm[general]"') from error
    lm_eval.simple_evaluate = simple_evaluate  # lm_eval loads it lazily, and without a type
    log(f"lm-evaluation-harness {lm_eval.__version__}")
    return lm_eval
