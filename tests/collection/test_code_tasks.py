"""Code tasks from each corpus: what a row becomes, the splits, every quirk of the files."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collection.prompts import render
from collection.sources.base import Example, FilesMissing, Reason, Rejected, Row, Source
from collection.sources.code_corpus import NlToCode
from collection.sources.code_search_net import CodeSearchNet
from collection.sources.conala import Conala
from collection.sources.mbpp import split_of
from collection.sources.mbxp import Mbxp
from collection.sources.nl2go import NL2GO
from collection.sources.nl2java import NL2JAVA, NL2JAVA_CONCODE, NL2JAVA_MBXP
from collection.sources.nl2python import NL2PYTHON, NL2PYTHON_CONALA, NL2PYTHON_MBPP, NL2PYTHON_MBXP
from symbol_llm.errors import UserError
from symbol_llm.formats import get as get_format
from symbol_llm.record import Split

FIXTURES = Path(__file__).parent / "fixtures" / "raw"
RAW = os.environ.get("SYMBOL_LLM_RAW")
ALL = [NL2PYTHON, NL2PYTHON_CONALA, NL2PYTHON_MBPP, NL2PYTHON_MBXP, NL2JAVA, NL2JAVA_CONCODE, NL2JAVA_MBXP, NL2GO]
LISTED = NlToCode("nl2java", "java", CodeSearchNet("java", listed_only=True))


def results(source: Source, folder: Path | None = None) -> Iterator[tuple[Row, Example | Rejected]]:
    folder = folder or FIXTURES / source.upstream.dataset
    for row in source.read(folder):
        yield row, row.data if isinstance(row.data, Rejected) else source.to_example(row, folder)


def outcomes(source: Source, folder: Path | None = None) -> list[tuple[str, object]]:
    """The split and the description or reason of each row."""
    return [
        (row.split, item.reason if isinstance(item, Rejected) else item.input) for row, item in results(source, folder)
    ]


def kept(source: Source) -> list[Example]:
    return [item for _, item in results(source) if isinstance(item, Example)]


def test_python_functions_come_without_their_docstrings() -> None:
    train, validation, test = Split.TRAIN, Split.VALIDATION, Split.TEST
    assert outcomes(NL2PYTHON) == [
        (train, "Half of a number."),
        (train, "Greet somebody politely."),
        (train, "Print a word."),
        (train, Reason.EMPTY_SYMBOL),
        (train, Reason.EMPTY_INPUT),
        (train, Reason.MALFORMED_ROW),
        (train, "Ratio of two numbers."),
        (train, "Wait ö seconds."),
        (train, "A bag of things."),
        (validation, "Twice a number."),
        (test, "Last of some items."),
    ]
    items = kept(NL2PYTHON)
    assert items[0].completion == "def half(x):\n    return x / 2" and items[0].group == "acme/tools"
    assert items[1].completion == 'def greet(name):\n        return "Hello " + name'
    language = get_format("python")
    for item in items:
        assert language.parses(item.completion) == (item.input != "Print a word."), (
            "Python 2 is for the parser to refuse"
        )
        assert item.input not in item.completion or item.input == "Print a word."


def test_shards_are_read_by_number_whether_compressed_or_not() -> None:
    files = list(dict.fromkeys(row.file for row, _ in results(NL2PYTHON)))
    assert files == [
        "python/final/jsonl/train/python_train_0.jsonl.gz",
        "python/final/jsonl/train/python_train_2.jsonl",
        "python/final/jsonl/train/python_train_10.jsonl",
        "python/final/jsonl/valid/python_valid_0.jsonl.gz",
        "python/final/jsonl/test/python_test_0.jsonl.gz",
    ]


def test_java_and_go() -> None:
    assert [text for _, text in outcomes(NL2JAVA)] == [
        "Half of a List<Integer> of numbers.",
        "The name & a bracket.",
        "Broken code.",
        Reason.EMPTY_INPUT,
        "Whether nothing is in it.",
    ]
    assert [text for _, text in outcomes(NL2GO)] == [
        "Half returns half of a number.",
        "Len implements sort.Interface.",
        "Broken does not parse.",
        "Max is the larger of two numbers.",
    ]
    assert kept(NL2GO)[0].completion == "func Half(x int) int {\n\treturn x / 2\n}"
    for source in (NL2JAVA, NL2GO):
        language = get_format(source.format)
        assert [language.parses(item.completion) for item in kept(source)].count(False) == 1


def test_a_zip_of_upstream_gives_the_same_rows(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "python.zip", "w") as archive:
        for path in sorted((FIXTURES / "codesearchnet").glob("python/**/*.jsonl*"), reverse=True):
            archive.write(path, path.relative_to(FIXTURES / "codesearchnet"))
        archive.writestr("python_licenses.pkl", b"not read")
    assert outcomes(NL2PYTHON, tmp_path) == outcomes(NL2PYTHON)
    assert next(row for row, _ in results(NL2PYTHON, tmp_path)).file == (
        "python.zip/python/final/jsonl/train/python_train_0.jsonl.gz"
    )


def test_the_files_of_code_x_glue_are_read_as_upstreams(tmp_path: Path) -> None:
    """Its script writes one file per split, with the same fields."""
    shards, target = FIXTURES / "codesearchnet/go/final/jsonl", tmp_path / "CodeXGLUE_code-to-text/dataset/go"
    target.mkdir(parents=True)
    for name in ("train", "valid"):
        (target / f"{name}.txt").write_text("https://github.com/a/b\n")  # the list that the script reads
        packed = (shards / name / f"go_{name}_0.jsonl.gz").read_bytes()
        (target / f"{name}.jsonl").write_bytes(gzip.decompress(packed))
    (target.parent / "gosu").mkdir()
    (target.parent / "gosu/train.jsonl").write_text("not read\n")
    assert outcomes(NL2GO, tmp_path) == outcomes(NL2GO)
    assert {row.file for row, _ in results(NL2GO, tmp_path)} == {
        "CodeXGLUE_code-to-text/dataset/go/train.jsonl",
        "CodeXGLUE_code-to-text/dataset/go/valid.jsonl",
    }


def test_of_a_shard_and_its_unpacked_copy_one_is_read(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "codesearchnet", tmp_path / "c")
    shard = tmp_path / "c/python/final/jsonl/train/python_train_0.jsonl.gz"
    shard.with_suffix("").write_bytes(gzip.decompress(shard.read_bytes()))
    assert outcomes(NL2PYTHON, tmp_path / "c") == outcomes(NL2PYTHON)


def test_only_the_functions_that_codexglue_lists() -> None:
    assert outcomes(LISTED) == [(Split.TRAIN, "The name & a bracket.")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS pointer"),
        (gzip.compress(b'{"code": "x = 1"}\n' * 200)[:-20], "damaged"),
        (gzip.compress(b"{}\n") + b"garbage", "damaged"),
    ],
    ids=["a pointer", "cut", "garbage behind"],  # gzip's bytes hold the time
)
def test_a_shard_that_is_no_data_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    folder = tmp_path / "go/final/jsonl/train"
    folder.mkdir(parents=True)
    (folder / "go_train_0.jsonl.gz").write_bytes(content)
    with pytest.raises(UserError, match=f"go_train_0.jsonl.gz.*{message}"):
        list(NL2GO.read(tmp_path))


def test_folders_without_data_are_named(tmp_path: Path) -> None:
    (tmp_path / "java").mkdir()
    with pytest.raises(FilesMissing, match=r"java_train_0\.jsonl\.gz"):
        list(NL2JAVA.read(tmp_path))
    for source in (NL2GO, NL2PYTHON_CONALA, NL2PYTHON_MBPP, NL2JAVA_CONCODE, NL2JAVA_MBXP, LISTED):
        with pytest.raises(FilesMissing):
            list(source.read(tmp_path))
    (tmp_path / "python.zip").write_bytes(b"PK no archive")
    with pytest.raises(UserError, match="not a zip archive"):
        list(NL2PYTHON.read(tmp_path))


def test_conala_prefers_the_rewritten_intent() -> None:
    assert outcomes(NL2PYTHON_CONALA) == [
        (Split.TRAIN, "sort list `words` by length of its elements"),
        (Split.TRAIN, "Sorting words by length"),
        (Split.TRAIN, "Größe einer Liste"),
        (Split.TRAIN, Reason.EMPTY_SYMBOL),
        (Split.TRAIN, Reason.EMPTY_INPUT),
        (Split.TRAIN, Reason.MALFORMED_ROW),
        (Split.TRAIN, Reason.MALFORMED_ROW),
        (Split.TEST, "return the first item of `items`"),
    ]
    first, second, *_, last = kept(NL2PYTHON_CONALA)
    assert first.group == second.group == "11" and first.completion == "sorted(words, key=len)"
    assert get_format("python").accepts(last.completion).holds, "a return outside of a function"


def test_mined_pairs_are_read_only_if_asked_for() -> None:
    mined = NlToCode("nl2python_conala", "python", Conala(mined=True))
    assert outcomes(mined) == [*outcomes(NL2PYTHON_CONALA), (Split.TRAIN, "length of a list")]


def test_mbpp_shows_its_tests_and_splits_by_number() -> None:
    found = outcomes(NL2PYTHON_MBPP)
    assert [split for split, _ in found] == [
        Split.TRAIN, Split.TEST, Split.TEST, Split.VALIDATION, *[Split.TRAIN] * 5
    ]  # fmt: skip
    assert [reason for _, reason in found[5:]] == [
        Reason.EMPTY_INPUT, Reason.MALFORMED_ROW, Reason.MALFORMED_ROW, Reason.MALFORMED_ROW
    ]  # fmt: skip
    item = kept(NL2PYTHON_MBPP)[0]
    assert item.input == "Write a function to double a number.\nassert double(2) == 4\nassert double(0) == 0"
    assert item.completion == "def double(x):\n\treturn 2 * x"


@pytest.mark.parametrize(
    ("number", "split"),
    [(1, Split.TRAIN), (10, Split.TRAIN), (11, Split.TEST), (510, Split.TEST), (511, Split.VALIDATION),
     (600, Split.VALIDATION), (601, Split.TRAIN), (974, Split.TRAIN), (None, Split.TRAIN), ("12", Split.TRAIN)],
)  # fmt: skip
def test_split_of(number: object, split: Split) -> None:
    assert split_of(number) is split


def test_concode_shows_the_members_of_the_class() -> None:
    assert outcomes(NL2JAVA_CONCODE) == [
        (Split.TRAIN, "returns the size ."),
        (Split.TRAIN, "shifts a number ."),
        (Split.TEST, "whether it is empty ."),
        (Split.TEST, Reason.EMPTY_INPUT),
        (Split.TEST, Reason.NO_LABEL),
        (Split.TEST, Reason.MALFORMED_ROW),
    ]
    first, second, _ = kept(NL2JAVA_CONCODE)
    assert first.context.definitions == "int _size\nMap _map\nvoid clear"
    assert second.context.definitions == ""
    prompt = render(NL2JAVA_CONCODE.prompt, first, "nl2java_concode", "train", 0).text
    assert "The code can use these members of its class:\nint _size\n" in prompt and "concode" not in prompt
    assert "members" not in render(NL2JAVA_CONCODE.prompt, second, "nl2java_concode", "train", 0).text


def test_concode_in_the_folders_of_upstream(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "concode", tmp_path / "dataset" / "concode")
    assert outcomes(NL2JAVA_CONCODE, tmp_path) == outcomes(NL2JAVA_CONCODE)


def test_mbxp_joins_prompt_and_solution_without_the_comment() -> None:
    assert outcomes(NL2JAVA_MBXP) == [
        (Split.TRAIN, "Write a Java function to double a number.\nIts name is twice."),
        (Split.TEST, "Write a Java function to negate a number.\nIts name is neg."),
        (Split.VALIDATION, "Write a Java function to square a number.\nIts name is square."),
        (Split.TEST, Reason.NO_LABEL),
        (Split.TEST, Reason.EMPTY_INPUT),
    ]
    assert kept(NL2JAVA_MBXP)[0].completion == (
        "import java.util.*;\n\n\nclass Twice {\n    public static int twice(int x) {\n        return 2 * x;\n    }\n}"
    )
    assert kept(NL2PYTHON_MBXP)[0].completion == "def double(x):\n\treturn 2 * x"
    assert get_format("java").accepts(kept(NL2JAVA_MBXP)[0].completion).holds


def test_mbxp_go_has_code_as_soon_as_there_is_a_solution() -> None:
    source = NlToCode("nl2go", "go", Mbxp("go"))
    (_, first), (_, second) = results(source)
    assert isinstance(first, Rejected) and first.reason is Reason.NO_LABEL
    assert isinstance(second, Example)
    assert second.completion == 'package main\n\nimport (\n\t"fmt"\n)\nfunc neg (x int) int {\n\treturn -x // minus\n}'
    assert get_format("go").accepts(second.completion).holds


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=20), lambda inner: st.lists(inner, max_size=3)
)
NAMES = """
    docstring code repo intent rewritten_intent snippet question_id text test_list task_id nl description entry_point
    prompt canonical_solution
"""
FIELDS = st.sampled_from(NAMES.split())


@pytest.mark.parametrize("source", ALL, ids=lambda source: source.task)
@given(data=st.dictionaries(FIELDS, JSON) | JSON)
def test_a_row_of_any_shape_is_an_example_or_rejected(source: NlToCode, data: object) -> None:
    item = source.to_example(Row("file", 0, Split.TRAIN, data), FIXTURES)
    assert isinstance(item, Rejected) or (item.input.strip() and item.completion.strip())


@pytest.mark.parametrize("source", ALL, ids=lambda source: source.task)
def test_rows_have_one_place_and_are_read_the_same_twice(source: NlToCode) -> None:
    first = list(results(source))
    assert first == list(results(source))
    assert len({(row.file, row.index) for row, _ in first}) == len(first)
    assert len(kept(source)) >= 3


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
@pytest.mark.parametrize("source", ALL, ids=lambda source: source.task)
def test_real_rows_are_code(source: NlToCode) -> None:
    """Rows that upstream gives code for are in their language, but for Python 2 and a few faults."""
    assert RAW
    language = get_format(source.format)
    found = [item for _, item in results(source, Path(RAW) / source.upstream.dataset)]
    labelled = [item for item in found if isinstance(item, Example) or item.reason is not Reason.NO_LABEL]
    good = [i for i in labelled if isinstance(i, Example) and language.accepts(i.completion, i.context).holds]
    assert len(good) >= 0.95 * len(labelled) > 0
    assert not [item for item in good if len(item.input.split()) > 3 and item.input in item.completion]


def test_json_of_another_kind_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "conala-train.json").write_text(json.dumps({"rows": []}))
    with pytest.raises(UserError, match="expected a list"):
        list(NL2PYTHON_CONALA.read(tmp_path))
