"""Score outputs that other projects published, and set our numbers beside theirs.

    python -m benchmarks.published_outputs logic-lm Logic-LLM --raw RAW --out OUT [--json]

FOLDER is a clone of the project; nothing is fetched. Each published file becomes a replay file (``OUT/*.jsonl``, rows
of ``id``, ``sample``, ``output``) that ``symbol-llm eval delegate --replay`` takes as well, and is scored here.

    logic-lm   teacherpeterpan/Logic-LLM      outputs/logic_programs/<set>_dev_<model>.json
    linc       benlipkin/linc                 outputs/<model>_folio-neurosymbolic-<k>shot_generations_raw.json
    pal-aqua   reasoning-machines/pal         datasets/outputs/aqua_pal_outputs.jsonl
    llm-p      Cranial-XIX/llm-pddl           experiments/<run>/problems/<method>/<domain>/pNN.pddl

Of Logic-LM's FOLIO programs only the formulas are taken (sections, glosses and declarations go), of LINC's texts the
lines after ``FOL:``; everything else is replayed as it is. *theirs* is the verdict that the project stored with its
outputs, where it stored one: LINC's per sample and its accuracy by vote, LLM+P's "Plan valid" of VAL. PAL's file says
is_correct of every row, and Logic-LM's programs come without verdicts.

*ours* counts what is correct among the outputs. *guessed* adds the chance of a random label for every output that did
not run to an answer: Logic-LM's published accuracies contain such guesses. Logic-LM's ProofWriter programs are for
dev.json, so there the items are those of the validation split.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import eval.delegation
from collection.sources.base import Row
from eval.backends.replay import ReplayBackend
from eval.delegate import run_delegation
from eval.delegation.base import Benchmark, Item
from symbol_llm.console import emit, log, make_table
from symbol_llm.errors import UserError
from symbol_llm.record import Split


class Published(NamedTuple):
    """The outputs of one file: per item of a benchmark the samples, and what the project says of them (0..1).

    ``theirs`` is over all samples, ``their_vote`` over the answers that most samples of an item agree on.
    """

    name: str
    benchmark: str
    outputs: dict[str, list[str]]
    total: int
    theirs: float | None = None
    their_vote: float | None = None
    split: Split = Split.TEST


class Rows(NamedTuple):
    """The items of a benchmark with their raw rows."""

    pairs: list[tuple[Row, Item]]

    def by(self, key: Callable[[Row], str]) -> dict[str, str]:
        """Our ids by a key of the raw row."""
        return {key(row): item.id for row, item in self.pairs}


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


_SETS = {
    "FOLIO": "folio",
    "ProntoQA": "prontoqa",
    "ProofWriter": "proofwriter",
    "LogicalDeduction": "logical_deduction",
}
_STATEMENT = re.compile(r".*(?:uncertain|unknown|false)\? *", re.DOTALL)


def logic_lm(folder: Path, rows_of: Callable[..., Rows]) -> Iterator[Published]:
    """Programs by the id of the row; FOLIO's ids are Logic-LM's own, so there the conclusion and the premises tell."""
    for path in sorted(folder.glob("outputs/logic_programs/*_dev_*.json")):
        data_set, _, model = path.stem.partition("_dev_")
        if data_set not in _SETS:
            continue
        name = _SETS[data_set]
        split = Split.VALIDATION if name == "proofwriter" else Split.TEST
        if name == "folio":
            ids = rows_of(name, split).by(lambda row: _words(" ".join([*row.data["premises"], row.data["conclusion"]])))
        else:
            ids = rows_of(name, split).by(lambda row: str(row.data["id"]))
        outputs = {}
        rows = json.loads(path.read_text(encoding="utf-8"))
        for row in rows:
            key = row["id"]
            if name == "folio":
                key = _words(f"{row['context']} {_STATEMENT.sub('', row['question'])}")
            if key in ids:
                programs = [str(program) for program in row["raw_logic_programs"]]
                outputs[ids[key]] = [_formulas(program) for program in programs] if name == "folio" else programs
        yield Published(f"{data_set} {model}", name, outputs, len(rows), split=split)


def _formulas(program: str) -> str:
    _, _, theory = program.partition("Premises:")
    lines = [line.partition(":::")[0].strip() for line in theory.split("\n")]
    return "\n".join(line for line in lines if line and line != "Conclusion:")


def linc(folder: Path, rows_of: Callable[..., Rows]) -> Iterator[Published]:
    """Ten samples per story, in LINC's own order: the English that each generation repeats tells which story it is."""
    rows = rows_of("folio").pairs
    for path in sorted(folder.glob("outputs/*_folio-neurosymbolic-*shot_generations_raw.json")):
        stem = path.name.removesuffix("_generations_raw.json")
        outputs: dict[str, list[str]] = {}
        generations = json.loads(path.read_text(encoding="utf-8"))
        labels = json.loads((path.parent / f"{stem}_references.json").read_text(encoding="utf-8"))
        for samples, label in zip(generations, labels, strict=True):
            said = [set(_words(" ".join(_after(sample, "TEXT:"))).split()) for sample in samples]
            ends = {_words((_after(sample, "TEXT:") or [""])[-1]) for sample in samples}
            fitting = [
                (max(len(words & told) / len(words | told) for words in said), item.id)
                for row, item in rows
                if item.id not in outputs and item.answer == label and _words(row.data["conclusion"]) in ends
                for told in [set(_words(" ".join([*row.data["premises"], row.data["conclusion"]])).split())]
            ]
            if fitting and max(fitting)[0] > 0.8:
                outputs[max(fitting)[1]] = ["\n".join(_after(sample, "FOL:")) for sample in samples]
        results = json.loads((path.parent / f"{stem}_results.json").read_text(encoding="utf-8"))
        vote = next(value for key, value in results.items() if key != "config")
        verdicts = json.loads((path.parent / f"{stem}_generations_prc.json").read_text(encoding="utf-8"))
        right = [verdict == label for story, label in zip(verdicts, labels, strict=True) for verdict in story]
        theirs = sum(right) / len(right)
        yield Published(stem, "folio", outputs, len(generations), theirs, next(iter(vote.values())))


def _after(text: str, mark: str) -> list[str]:
    return [line.removeprefix(mark).strip() for line in text.split("\n") if line.startswith(mark)]


def pal_aqua(folder: Path, rows_of: Callable[..., Rows]) -> Iterator[Published]:
    """Programs by the question that ends the stored prompt."""
    ids = rows_of("aqua").by(lambda row: _words(row.data["question"]))
    for path in sorted(folder.glob("datasets/outputs/aqua_pal_outputs.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        outputs = {}
        for row in rows:
            question = _words(row["question"].rpartition("Question:")[2].partition("Answer Choices:")[0])
            if question in ids:
                outputs[ids[question]] = [row["generated_answer"]]
        yield Published(path.stem, "aqua", outputs, len(rows))


def llm_p(folder: Path, rows_of: Callable[..., Rows]) -> Iterator[Published]:
    """Generated problems by domain and number."""
    for home in sorted(folder.glob("experiments/*/problems/*/*")):
        if home.name not in ("blocksworld", "termes", "floortile", "grippers"):
            continue
        ids = rows_of(home.name).by(lambda row: Path(row.file).stem)
        problems = sorted(home.glob("p*.pddl"))
        outputs = {ids[p.stem]: [p.read_text(encoding="utf-8", errors="replace")] for p in problems if p.stem in ids}
        checked = home.parents[2] / "plans" / home.parent.name / home.name / "validation.txt"
        name = f"{home.parents[2].name} {home.parent.name} {home.name}"
        theirs = _valid_plans(checked) / len(problems) if checked.is_file() else None
        yield Published(name, home.name, outputs, len(problems), theirs)


def _valid_plans(log_file: Path) -> int:
    """The problems of which some plan file is valid, as the project's own script counts them."""
    valid = set()
    for part in log_file.read_text(encoding="utf-8", errors="replace").split("Checking plan: ")[1:]:
        found = re.search(r"(p\d+)\.pddl", part)
        if found and "Plan valid" in part:
            valid.add(found[1])
    return len(valid)


PROJECTS = {"logic-lm": logic_lm, "linc": linc, "pal-aqua": pal_aqua, "llm-p": llm_p}


def on_split(name: str, split: Split) -> Benchmark:
    """A benchmark whose items are those of a split."""
    benchmark = eval.delegation.get(name)
    if split is not benchmark.split:
        benchmark.split = split  # type: ignore[misc]  # of this one object
    return benchmark


def score(published: Published, raw: Path, out: Path, workers: int) -> dict[str, Any]:
    """Write the replay file, score it, and count. Items without an output are left out of the accuracy given first."""
    name = re.sub(r"[^\w.-]+", "_", published.name)
    lines = [
        json.dumps({"id": identity, "sample": number, "output": output})
        for identity, samples in published.outputs.items()
        for number, output in enumerate(samples)
    ]
    replay = out / f"{name}.jsonl"
    replay.write_text("\n".join([*lines, ""]), encoding="utf-8")
    samples = max((len(outputs) for outputs in published.outputs.values()), default=0)
    if not samples:
        raise UserError(f"{published.name}: none of its rows is an item of {published.benchmark}. Check --raw")
    benchmark = on_split(published.benchmark, published.split)
    document = run_delegation([benchmark], ReplayBackend(replay, samples), out / name, raw=raw, workers=workers)
    ((part,),) = document["scenes"].values()
    num_outputs = len(published.outputs)
    num_failed = num_outputs * samples - part["executed"]
    chance = (part.get("random") or {}).get("accuracy")
    vote = (part.get("samples") or {}).get("vote", {}).get("accuracy")
    return {
        "outputs": published.name,
        "benchmark": published.benchmark,
        "published": published.total,
        "matched": num_outputs,
        "samples": samples,
        "theirs": published.theirs,
        "executed": part["executed"],
        "correct": part["correct"],
        "ours": part["correct"] / (num_outputs * samples),
        "guessed": (part["correct"] + chance * num_failed) / (num_outputs * samples) if chance else None,
        "their_vote": published.their_vote,
        "our_vote": vote * part["items"] / num_outputs if vote is not None else None,
        "outcomes": part["outcomes"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", choices=PROJECTS)
    parser.add_argument("folder", type=Path, help="a clone of the project's repository")
    parser.add_argument("--raw", type=Path, required=True, help="the raw data sets, whole files")
    parser.add_argument("--out", type=Path, required=True, help="replay files and scored runs are written here")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    known: dict[str, Rows] = {}

    def rows_of(name: str, split: Split = Split.TEST) -> Rows:
        if name not in known:
            known[name] = Rows(list(on_split(name, split).rows(arguments.raw)))
        return known[name]

    found = []
    for published in PROJECTS[arguments.project](arguments.folder, rows_of):
        found.append(score(published, arguments.raw, arguments.out, arguments.workers))
        log(json.dumps(found[-1]))
    if not found:
        raise UserError(f"{arguments.folder}: no published outputs of {arguments.project} are here. Pass its clone")
    columns = (
        "outputs",
        "published",
        "matched",
        "samples",
        "theirs",
        "ours",
        "guessed",
        "their_vote",
        "our_vote",
        "executed",
    )
    cells = [[f"{row[c]:.4f}" if isinstance(row[c], float) else row[c] for c in columns] for row in found]
    emit(found, make_table("Published outputs", columns, cells), as_json=arguments.json)


if __name__ == "__main__":
    main()
