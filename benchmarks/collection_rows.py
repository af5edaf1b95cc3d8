"""Raw files of any size, in the formats of four upstreams, for the benchmark of the builder.

    python benchmarks/collection_rows.py [--rows 100000] [--out FOLDER]

Half of the rows are instructions (FLAN with few answers, OpenOrca with long ones), the rest calls (TOPv2) and
molecules (ChEBI-20). Every tenth row is an earlier one again, every tenth an earlier one with a word changed, every
tenth of TOPv2 and ChEBI-20 a test row. Written a row at a time; the same number gives the same bytes.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

import orjson

SHARES = {"flan": 0.35, "openorca": 0.25, "topv2": 0.25, "chebi20": 0.15}
_SYLLABLES = ["ba", "ke", "li", "mo", "nu", "pa", "re", "si", "to", "va", "zen", "dor", "mal", "pin", "sor", "tek"]
_WORDS = [a + b + c for a in _SYLLABLES for b in _SYLLABLES for c in ("", "n", "r", "st")]
_ATOMS = ("C", "CC", "C(=O)", "C(O)", "N", "O", "C(C)", "c1ccccc1", "C(N)")
_BACK = 2_000  # an earlier row is one of the last so many


class Row(NamedTuple):
    """What is asked, and the symbol or answer."""

    request: str
    symbol: str


def _words(rng: Random, low: int, high: int) -> str:
    return " ".join(rng.choices(_WORDS, k=rng.randint(low, high)))


def _flan(rng: Random) -> Row:
    return Row(f"Is it true? {_words(rng, 40, 120)}", rng.choice(("yes", "no", "it is not possible to tell")))


def _openorca(rng: Random) -> Row:
    return Row(_words(rng, 20, 90), _words(rng, 60, 200))


def _topv2(rng: Random) -> Row:
    what, when = _words(rng, 2, 9), f"at {rng.randint(1, 12)} {rng.choice(_WORDS)}"
    return Row(f"{what} {when}", f"[IN:CREATE_ALARM {what} [SL:DATE_TIME {when} ] ]")


def _chebi20(rng: Random) -> Row:
    chain = "".join(rng.choices(_ATOMS, k=rng.randint(4, 14)))
    return Row(f"The molecule is {_words(rng, 20, 60)}.", f"C{chain}C")


_MAKERS: dict[str, Callable[[Random], Row]] = {
    "flan": _flan,
    "openorca": _openorca,
    "topv2": _topv2,
    "chebi20": _chebi20,
}
# file name -> header, and how a row is written
_FILES: dict[str, dict[str, tuple[str, Callable[[Row, int], bytes]]]] = {
    "flan": {
        "flan2021_submix_original/train.jsonl": (
            "",
            lambda row, n: orjson.dumps({"inputs": row.request, "targets": row.symbol, "task_name": f"task_{n % 60}"}),
        )
    },
    "openorca": {
        "1M-GPT4-Augmented.jsonl": (
            "",
            lambda row, n: orjson.dumps(
                {"id": f"flan.{n}", "system_prompt": "", "question": row.request, "response": row.symbol}
            ),
        )
    },
    "topv2": {
        f"TOPv2_Dataset/alarm_{split}.tsv": (
            "domain\tutterance\tsemantic_parse\n",
            lambda row, n: f"alarm\t{row.request}\t{row.symbol}".encode(),
        )
        for split in ("train", "test")
    },
    "chebi20": {
        f"ChEBI-20_data/{split}.txt": (
            "CID\tSMILES\tdescription\n",
            lambda row, n: f"{n}\t{row.symbol}\t{row.request}".encode(),
        )
        for split in ("train", "test")
    },
}


def write_rows(folder: Path, rows: int) -> dict[str, int]:
    """Write about ``rows`` rows below ``folder``. Gives the number per dataset."""
    counts = {dataset: max(20, int(rows * share)) for dataset, share in SHARES.items()}
    for dataset, count in counts.items():
        rng, make = Random(dataset), _MAKERS[dataset]
        files = []
        for name, (header, line) in _FILES[dataset].items():
            path = folder / dataset / name
            path.parent.mkdir(parents=True, exist_ok=True)
            files.append((path.open("wb"), line))
            files[-1][0].write(header.encode())
        earlier: list[Row] = []
        for number in range(count):
            kind = number % 10
            row = make(rng)
            if earlier and kind == 3:
                row = rng.choice(earlier)
            elif earlier and kind == 6 and dataset != "topv2":
                old = rng.choice(earlier)
                row = Row(old.request.replace(" ", f" {rng.choice(_WORDS)} ", 1), old.symbol)
            else:
                earlier.append(row)
                del earlier[:-_BACK]
            file, line = files[-1 if kind == 9 else 0]
            file.write(line(row, number) + b"\n")
        for file, _ in files:
            file.close()
    return counts


def main() -> None:
    """Write the files and say how many rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--out", type=Path, help="where the files go; default: a folder that is then removed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for dataset, count in write_rows(options.out or Path(scratch), options.rows).items():
            print(f"{dataset:10s} {count:,} rows")


if __name__ == "__main__":
    main()
