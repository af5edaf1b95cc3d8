r"""ChEBI-20: molecules and their descriptions.

    CID <tab> SMILES <tab> description
    5950 <tab> C[C@@H](C(=O)O)N <tab> The molecule is the L-enantiomer of alanine. …

becomes input "The molecule is the L-enantiomer …", completion "C[C@@H](C(=O)O)N". Upstream doubles the backslashes
of SMILES (``F/C=C\\F``); one of each pair is meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream, require
from collection.sources.upstream_files import open_file
from symbol_llm.errors import UserError
from symbol_llm.record import Split

_HEADER = ["CID", "SMILES", "description"]
_FILES = {split: f"ChEBI-20_data/{split}.txt" for split in (Split.TRAIN, Split.VALIDATION, Split.TEST)}


class Chebi20(Source):
    task = "chebi20"
    format = "smiles"
    family = "AI4Science"
    licence = Licence("CC-BY-4.0", True)
    upstream = Upstream(
        dataset="chebi20",
        url="https://github.com/blender-nlp/MolT5",
        revision="7de07af8a2fb033bfd4935ebdd166e6ae6507df9",
        citation=(
            "Carl Edwards, ChengXiang Zhai and Heng Ji. 2021. Text2Mol: Cross-Modal Molecule Retrieval with Natural "
            "Language Queries. EMNLP; Carl Edwards et al. 2022. Translation between Molecules and Natural Language. "
            "EMNLP."
        ),
        sizes={"train": 26_407, "validation": 3_301, "test": 3_300},
    )
    prompt = Prompt(
        instructions=(
            "Write the SMILES string of the molecule that is described.",
            "Translate the description of a molecule into SMILES.",
            "Give the SMILES representation of the following molecule.",
            "Which molecule is meant? Answer with its SMILES.",
            "Turn the chemical description into a SMILES string.",
            "Draw the molecule of the description in SMILES notation.",
            "Express the structure that the text describes as SMILES.",
            "Find the molecule that fits the description and write it as SMILES.",
            "Convert the text about a molecule to its SMILES notation.",
            "State the structure of the compound below as a SMILES string.",
        ),
        input_label="The description is:",
        cue="The corresponding SMILES representation is:",
    )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """One row per line of each split's file after its header; ``index`` 0 is the first row."""
        require(folder, *_FILES.values())
        for split, file in _FILES.items():
            if not (folder / file).exists():
                continue
            with open_file(folder / file) as lines:
                if next(lines, b"").split() != [name.encode() for name in _HEADER]:
                    raise UserError(
                        f"{folder / file}, line 1: expected the header 'CID<tab>SMILES<tab>description'. "
                        "Files of text2mol hold vectors instead of SMILES; take those of MolT5"
                    )
                for index, line in enumerate(lines):
                    if line.strip():
                        yield Row(file, index, split, _row(line))

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        smiles, description = row.data["SMILES"].strip(), row.data["description"].strip()
        if not description:
            return Rejected(Reason.EMPTY_INPUT, "the molecule has no description")
        if not smiles:
            return Rejected(Reason.EMPTY_SYMBOL, "the row has no SMILES")
        return Example(input=description, completion=smiles.replace("\\\\", "\\"))


def _row(line: bytes) -> dict[str, Any] | Rejected:
    try:
        cells = line.decode("utf-8").rstrip("\r\n").split("\t")
    except UnicodeDecodeError as error:
        return Rejected(Reason.MALFORMED_ROW, f"the line is not UTF-8: {error.reason} at byte {error.start}")
    if len(cells) != len(_HEADER):
        return Rejected(Reason.MALFORMED_ROW, f"expected 3 columns (CID, SMILES, description), found {len(cells)}")
    return dict(zip(_HEADER, cells))


CHEBI20 = Chebi20()
