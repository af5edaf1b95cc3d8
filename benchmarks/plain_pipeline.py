"""The collection as one would write it without a builder: `datasets`, a row at a time.

    plain_pipeline(raw, limit, out, tasks, engine="bare")

from_generator ─▶ map (parser, engine, prompt) ─▶ leaks, exact and near duplicates ─▶ Parquet, rejects as JSON lines

It reads with our sources and does what a build does: every symbol through its engine, every refused row kept with its
reason, training rows that a test asks for and repeated ones left out. ``engine`` is "formats", our parsers, engines and
canonical forms, each called row by row; or "bare", the engines as their own documents call them
(engines/formats.py), with the text of a symbol for its canonical form. It has no manifest, cannot go on when killed,
and holds the keys of all rows in memory.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from benchmarks.engines.formats import ENGINES
from collection.sources.base import Rejected, Row
from symbol_llm.errors import SymbolError
from symbol_llm.formats import Context

_WORD = re.compile(r"\w+")
_COLUMNS = ("prompt", "completion", "context", "input", "canonical", "engine", "answer", "world", "group", "why")


def plain_pipeline(raw: Path | None, limit: int | None, out: Path, tasks: Sequence[str], engine: str) -> dict[str, Any]:
    """Run it over the tasks; counts of rows read and kept."""
    import datasets

    import collection.sources

    datasets.disable_progress_bars()
    checked: dict[str, datasets.Dataset] = {}
    for task in tasks:
        source = collection.sources.get(task)
        folder = (raw or Path()) / source.upstream.dataset

        def raw_rows(source: Any = source, folder: Path = folder) -> Iterator[dict[str, Any]]:
            for row in source.read_some(folder, limit=limit):
                if not isinstance(row.data, Rejected):
                    data = orjson.dumps(row.data).decode()
                    yield {"file": row.file, "row": row.index, "split": row.split, "data": data}

        rows = datasets.Dataset.from_generator(raw_rows, cache_dir=str(out / "cache"))
        arguments = {"task": task, "folder": str(folder), "raw": str(raw) if raw else "", "engine": engine}
        checked[task] = rows.map(_checked_row, fn_kwargs=arguments)
    requests, grams = _asked_by_tests(checked)
    kept = 0
    for task, rows in checked.items():
        is_new = functools.partial(_is_new, requests=requests, grams=grams, seen=set(), near=_near_index())
        new = rows.filter(is_new)
        new.to_parquet(out / f"{task}.parquet")
        rows.filter(lambda row: bool(row["why"])).to_json(out / f"{task}.rejects.jsonl")
        kept += len(new)
    return {"rows": sum(map(len, checked.values())), "records": kept}


@functools.lru_cache(maxsize=4096)
def _context(definitions: str, world: str, raw: str) -> Context:
    return Context(definitions, orjson.loads(world) if world else {}, Path(raw) if raw else None)


@functools.cache
def _bare_engine(name: str) -> Callable[[str, Context], Any]:
    return ENGINES[name]() if name in ENGINES else lambda symbol, context: True


def _checked_row(row: dict[str, Any], task: str, folder: str, raw: str, engine: str) -> dict[str, Any]:
    """One row: the same source and prompt in both; parser, engine and canonical form of ours, or the bare engine."""
    import collection.sources
    from collection.prompts import render
    from symbol_llm.formats import get as get_format

    source = collection.sources.get(task)
    result = dict.fromkeys(_COLUMNS, "")
    found = source.to_example(Row(row["file"], row["row"], row["split"], orjson.loads(row["data"])), Path(folder))
    if isinstance(found, Rejected) or not found.input.strip() or not found.completion.strip():
        return result | {"why": found.detail or str(found.reason) if isinstance(found, Rejected) else "empty"}
    world = orjson.dumps(found.context.world).decode() if found.context.world else ""
    context = _context(found.context.definitions, world, raw)
    canonical, used = found.completion, source.format
    if engine == "bare":
        try:
            if _bare_engine(source.format)(found.completion, context) is False:
                return result | {"why": "refused"}
        except Exception as error:
            return result | {"why": repr(error)}
    else:
        language = get_format(source.format)
        try:
            canonical = language.canonical(found.completion, context)
            verdict = language.accepts(found.completion, context)
        except SymbolError as error:
            return result | {"why": str(error)}
        if verdict.holds is False:
            return result | {"why": verdict.reason}
        used = verdict.engine
    prompt = render(source.prompt, found, task, row["split"], 0)
    return result | {
        "prompt": prompt.text,
        "completion": found.completion,
        "context": found.context.definitions,
        "input": found.input,
        "canonical": canonical,
        "engine": used,
        "answer": "" if found.answer is None else orjson.dumps(found.answer).decode(),
        "world": world,
        "group": found.group,
    }


def _asked_by_tests(checked: dict[str, Any]) -> tuple[set[str], set[str]]:
    """The requests of all test rows, and the runs of eight words in them."""
    requests: set[str] = set()
    grams: set[str] = set()
    for rows in checked.values():
        for split, request, context in zip(rows["split"], rows["input"], rows["context"]):
            if split == "test" and request:
                words = _WORD.findall(request.lower())
                requests.add(context + " ".join(words))
                grams.update(_grams(words))
    return requests, grams


def _grams(words: list[str]) -> list[str]:
    return [" ".join(words[start : start + 8]) for start in range(len(words) - 7)] if len(words) >= 25 else []


def _near_index() -> Any:
    from datasketch import MinHashLSH

    return MinHashLSH(threshold=0.8, num_perm=100)


def _is_new(row: dict[str, Any], requests: set[str], grams: set[str], seen: set[Any], near: Any) -> bool:
    """Neither refused, nor asked by a test, nor a repetition of an earlier row, word for word or nearly."""
    from datasketch import MinHash

    words = _WORD.findall(row["input"].lower())
    text = " ".join(words)
    own = _grams(words)
    if row["why"]:
        return False
    if row["split"] != "test" and (
        row["context"] + text in requests or (own and sum(gram in grams for gram in own) >= 0.5 * len(own))
    ):
        return False
    key = (row["split"], row["context"], row["canonical"])
    if (key, text) in seen:
        return False
    seen.add((key, text))
    if len(words) < 12:
        return True
    signature = MinHash(num_perm=100, seed=1)
    signature.update_batch([part.encode() for part in {*words, *map(" ".join, itertools.pairwise(words))}])
    is_new = all(other[0] != key for other in near.query(signature))
    near.insert((key, len(seen)), signature)
    return is_new
