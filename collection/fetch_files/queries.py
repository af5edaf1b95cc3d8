"""Upstream files of the SQL and knowledge-base datasets.

```
RAW/spider/tables.json     by hand: the archive lies on Google Drive
RAW/wikisql/data/…         data.tar.bz2 of a commit, unpacked
```
"""

from __future__ import annotations

from collection.fetch_files.kinds import (
    NOT_PUBLISHED,
    Dataset,
    ManualStep,
    Unpack,
    WebFile,
    github,
    github_folders,
)

_CHATKBQA = ("LHRLAB/ChatKBQA", "229ea36119da012cd86cd0fce9329f06fa03db72")
_RANKKBQA = ("divinerIU/RankKBQA", "e9079b9f6428fe8411a3653c1595666dd589af48")
_DROPBOX = "https://www.dropbox.com/sh/7pkwkrfnwqhsnpo"
_NO_MAC = r"(?!__MACOSX/)(?!.*\.DS_Store$).+"


def _drive(dataset: str, archives: tuple[str, ...], file_id: str, done: tuple[str, ...]) -> ManualStep:
    return ManualStep(
        what=f"{archives[0]}, from Google Drive",
        steps=(
            f"Open https://drive.google.com/file/d/{file_id}/view in a browser (it is the link of "
            f"https://yale-lily.github.io/{dataset}) and download the archive: Google asks a person to confirm.",
            f"Put it, as {' or '.join(archives)}, into RAW/{dataset}/.",
            f"Run `symbol-llm collect fetch --tasks {dataset}` again: it unpacks the archive.",
        ),
        done=done,
        archives=archives,
        unpack=Unpack(strip=1, only=_NO_MAC),
    )


DATASETS = (
    Dataset(
        "spider",
        licence="CC BY-SA 4.0",
        manual=(
            _drive(
                "spider",
                ("spider_data.zip", "spider.zip"),
                "1403EGqzIDoHMdQF4c9Bkyl7dZLZ5Wt6J",
                ("tables.json",),
            ),
        ),
    ),
    Dataset(
        "sparc",
        licence="CC BY-SA 4.0",
        manual=(
            _drive("sparc", ("sparc.zip",), "1Uu7NMHTR1tdQw1t7bAuM7OPU4LElVKfg", ("tables.json", "sparc/tables.json")),
        ),
    ),
    Dataset(
        "cosql",
        licence="CC BY-SA 4.0",
        manual=(
            _drive(
                "cosql",
                ("cosql_dataset.zip",),
                "1Y3ydpFiQQ3FC0bzdfy3groV95O_f1nXF",
                ("tables.json", "cosql_dataset/tables.json"),
            ),
        ),
    ),
    Dataset(
        "wikisql",
        licence="BSD-3-Clause",
        files=(
            github(
                "salesforce/WikiSQL",
                "7857cfd8aefcc9823245c370f9e39ecd55745ea6",
                "data.tar.bz2",
                "git:941de4cb2ad5fa7aeb2e37d314468636ce070af7",
                unpack=Unpack(only=r"data/(?:train|dev|test)\.(?:jsonl|tables\.jsonl|db)"),
            ),
        ),
    ),
    Dataset(
        "webqsp",
        licence="none stated in the files; see the licence in upstream's archive",
        files=(
            WebFile(
                url="https://download.microsoft.com/download/F/5/0/F5012144-A4FB-4084-897F-CFDA99C60BDF/WebQSP.zip",
                place="WebQSP.zip",
                revision="item 52763 of the Microsoft Download Center",
                why_no_digest=NOT_PUBLISHED,
            ),
            github(
                *_RANKKBQA,
                "data/WebQSP/generation/merged/WebQSP_train.json",
                "sha256:b64c7df8be6de4b2b4d2b869b085b700f0e3f6facfb5a60819296d3cd9027476",
                4_030_734,
                "generation/merged/WebQSP_train.json",
            ),
            github(
                *_RANKKBQA,
                "data/WebQSP/generation/merged/WebQSP_test.json",
                "sha256:79587d91f986ea5abb83c93a87edd12d35c42380499907203b1a6f0a182ca55f",
                2_078_347,
                "generation/merged/WebQSP_test.json",
            ),
        ),
        note="generation/merged holds the same questions with s-expressions, from GMT-KBQA by way of RankKBQA (MIT).",
    ),
    Dataset(
        "grailqa",
        licence="CC BY-SA 4.0 (the dataset's page; not verified), repository Apache-2.0",
        files=(
            WebFile(
                url="https://dl.orangedox.com/WyaCpL?dl=1",
                place="GrailQA_v1.0.zip",
                revision="1.0",
                why_no_digest=NOT_PUBLISHED,
            ),
        ),
        note="If the address answers with a web page, download the archive from https://dki-lab.github.io/GrailQA/ "
        "in a browser and put it into RAW/grailqa/ as GrailQA_v1.0.zip.",
    ),
    Dataset(
        "complexwebquestions",
        licence="unclear: copies carry GPL-2.0 or Apache-2.0",
        files=tuple(
            github(
                *_CHATKBQA,
                f"data/CWQ/origin/{name}",
                digest,
                size,
                name,
                mirrors=(f"{_DROPBOX}/{key}/{name}?dl=1",),
            )
            for name, digest, size, key in (
                (
                    "ComplexWebQuestions_train.json",
                    "git:2afacd41aec6a4e846b21216fb48811cf34f787e",
                    None,
                    "AAAIHeWX0cPpbpwK6w06BCxva",
                ),
                (
                    "ComplexWebQuestions_dev.json",
                    "git:5d34f6d3f16619e9ed82fe5eb5abd58198b5bc40",
                    None,
                    "AADH8beLbOUWxwvY_K38E3ADa",
                ),
                (
                    "ComplexWebQuestions_test.json",
                    "sha256:2ee8c678d3e1eb67f808072bea5c46db709fd304cb7daa477e61ccd331238dcd",
                    3_317_155,
                    "AABr4ysSy_Tg8Wfxww4i_UWda",
                ),
            )
        ),
        note="Upstream's release 1.1 lies in a Dropbox folder that cannot be pinned: fetched is the copy in ChatKBQA, "
        "the same bytes as the copy in RankKBQA; Dropbox is the mirror.",
    ),
    Dataset(
        "wikitablequestions",
        licence="CC BY-SA 4.0",
        files=(
            github_folders(
                "ppasupat/WikiTableQuestions",
                "7d455a5a707b96341ef72aff9428749d443d8aa9",
                Unpack(
                    strip=1,
                    only=r"(?:(?:tagged/)?data/[^/]+\.(?:tsv|examples|tagged)|csv/\d+-csv/\d+\.csv)",
                    entries="c0fab516e66b31828c0a1eff9c8b94cfce02e9ecb6bb34b9e17de7763c48fc02",
                ),
            ),
        ),
        note="Benchmark: evaluation only.",
    ),
)
