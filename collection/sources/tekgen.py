"""TekGen: sentences of Wikipedia with triples of Wikidata, as Text2KGBench (Wikidata-TekGen) gives them.

    train/ont_1_film_train.jsonl  {"id": "ont_1_film_train_1", "sub_label": "Oh", "rel_label": "film director",
                                   "obj_label": "Ann Bold", "sent": "Ann Bold directed Oh.", "sub": "Q1", …}
    ->  definitions  Concepts: human, film
                     film_director(film,human): film director
        input        Ann Bold directed Oh.
        completion   film_director(Oh,Ann Bold)

Files of the benchmark's repository, unpacked or zipped: ``…/wikidata_tekgen/{ontologies,train,validation,test,
ground_truth,unseen_sentences}``; see text2kgbench.py for their quirks.

The original corpus, ``quadruples-{train,validation,test}.tsv``, is read where it is there, but none of its rows has a
symbol: subject, relations and objects are one text without marks between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from collection.sources.base import Example, Licence, Reason, Rejected, Row, Upstream
from collection.sources.text2kgbench import OntologyTriples, files_of, read_benchmark, read_ontologies
from collection.sources.upstream_files import UpstreamFile, upstream_files
from symbol_llm.record import Split

_QUADRUPLES = {f"quadruples-{split}.tsv": split for split in Split}


class TekGen(OntologyTriples):
    task = "tekgen"
    licence = Licence("CC-BY-SA-4.0", True)
    upstream = Upstream(
        dataset="tekgen",
        url="https://github.com/cenguix/Text2KGBench",
        revision="50a3d255371b8817cdff70fd88459ac82b339cfe",
        citation=(
            "Agarwal et al. 2021. Knowledge Graph Based Synthetic Corpus Generation for Knowledge-Enhanced Language "
            "Model Pre-training. NAACL. Mihindukulasooriya et al. 2023. Text2KGBench: A Benchmark for Ontology-Driven "
            "Knowledge Graph Generation from Text. ISWC."
        ),
        sizes={"train": 5_335, "validation": 3_993, "test": 4_236},  # 174 test sentences of these are the unseen ones
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """The benchmark's rows, then those of the original corpus. One of the two is enough."""
        pattern = rf"{files_of('wikidata_tekgen')}|quadruples-\w+\.tsv"
        with upstream_files(folder, pattern, "wikidata_tekgen/{ontologies,train,validation,test,…}") as files:
            yield from read_benchmark(files, read_ontologies(files))
            yield from _read_quadruples(files)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        if isinstance(row.data, dict) and "quadruples" in row.data:
            return Rejected(Reason.NOT_DERIVABLE, "subject, relations and objects are not told apart in this file")
        return super().to_example(row, folder)


def _read_quadruples(files: Mapping[str, UpstreamFile]) -> Iterator[Row]:
    """One row per line: facts as one text, a tab, the sentence."""
    for name, split in _QUADRUPLES.items():
        if name not in files:
            continue
        with files[name].open() as lines:
            for index, line in enumerate(lines):
                yield Row(files[name].name, index, split, _quadruple(line, index + 1))


def _quadruple(line: bytes, number: int) -> dict[str, str] | Rejected:
    try:
        facts, tab, sentence = line.decode("utf-8").rstrip("\r\n").partition("\t")
    except UnicodeDecodeError as error:
        return Rejected(Reason.MALFORMED_ROW, f"line {number} is not UTF-8: {error.reason}")
    if not tab:
        return Rejected(Reason.MALFORMED_ROW, f"line {number} has no tab between facts and sentence")
    return {"quadruples": facts, "sentence": sentence}


TEKGEN = TekGen()
