"""Upstream files of the code, visual, mathematics and chemistry datasets.

```
RAW/gsm8k/grade_school_math/data/train.jsonl     two files of a commit
RAW/clevr/CLEVR_v1.0/questions/…                 an archive, unpacked
```
"""

from __future__ import annotations

from collection.fetch_files.kinds import NOT_PUBLISHED, Dataset, Unpack, WebFile, github

_CODEXGLUE = ("microsoft/CodeXGLUE", "ac74a62802a0dd159b3258c78a2df8ad36cdf2b9")
_NL2BASH = ("TellinaTool/nl2bash", "466c5fe873ab08c7cc0112ea1521cc6ad9c20992")
_DEEP_REGEX = ("nicholaslocascio/deep-regex", "a48ac3b994e9b9f769abf100db84ba85ca8d4956")
_MXEVAL = ("amazon-science/mxeval", "e09974f990eeaf0c0e8f2b5eaff4be66effb2c86")
_INTERGPS = ("lupantech/InterGPS", "99e6b5293c7bb4a5eaf2a370e6b213c79ab33ebb")
_GSM8K = ("openai/grade-school-math", "3101c7d5072418e28b9008a6636bde82a006892c")
_AQUA = ("google-deepmind/AQuA", "26b64ed1f22208c6742f47df547dfd65088ec30d")
_MOLT5 = ("blender-nlp/MolT5", "7de07af8a2fb033bfd4935ebdd166e6ae6507df9")
_ZENODO = "https://zenodo.org/record/7857872/files"
_GQA = "https://downloads.cs.stanford.edu/nlp/data/gqa"
_BERKELEY = "https://people.eecs.berkeley.edu/~hendrycks"

DATASETS = (
    Dataset(
        "nl2bash",
        licence="MIT",
        files=(
            github(
                *_NL2BASH,
                "data/bash/all.nl",
                "sha256:1db0c529c350b463919624550b8f5882a97c42ad5051c7d49fbc496bc4e8b770",
                1_032_340,
                "all.nl",
            ),
            github(
                *_NL2BASH,
                "data/bash/all.cm",
                "sha256:3a72eaced7fa14a0938354cefc42b2dcafb2d47297102f1279086e18c3abe57e",
                575_091,
                "all.cm",
            ),
        ),
    ),
    Dataset(
        "nl_rx",
        licence="MIT",
        files=tuple(
            github(*_DEEP_REGEX, f"datasets/{path}", f"sha256:{digest}", size)
            for path, digest, size in (
                ("NL-RX-Turk/src.txt", "c4abd0cf27ad44fabb8a1c198bc5698fae2424287d4b054b31f670f4c33dc81c", 615_567),
                ("NL-RX-Turk/targ.txt", "cf7c6126d2e1cbd4fbc171421dad1e7f2860f93f9153ea0eb24555d6ed5e8b67", 269_898),
                ("NL-RX-Synth/src.txt", "df4cbf92812314bd98eabfd40ab345d262bce84decfb9b723a40efb541d82bf4", 677_234),
                ("NL-RX-Synth/targ.txt", "cf7c6126d2e1cbd4fbc171421dad1e7f2860f93f9153ea0eb24555d6ed5e8b67", 269_898),
                ("KB13/src.txt", "a8bcd549ec9b77b43648662f89e3bf1ba7a08982094ec86ee79f92519150825f", 35_105),
                ("KB13/targ.txt", "872c59f00366e9a03060bf378d520ae418e4b12b537f4d4294e5903765209e88", 17_087),
            )
        ),
    ),
    Dataset(
        "codesearchnet",
        licence="each function keeps the licence of its repository; code of the collection MIT",
        files=(
            *(
                WebFile(
                    url=f"{_ZENODO}/{language}.zip",
                    place=f"{language}.zip",
                    revision="Zenodo record 7857872",
                    why_no_digest=NOT_PUBLISHED,
                )
                for language in ("python", "java", "go")
            ),
            github(
                *_CODEXGLUE,
                "Code-Text/code-to-text/dataset.zip",
                "git:4a9e2be266988cb5fe0c27fa1e0e52cc59587ded",
                None,
                "CodeXGLUE_code-to-text.zip",
                unpack=Unpack(
                    into="CodeXGLUE_code-to-text", only=r"dataset/(?:python|java|go)/(?:train|valid|test)\.txt"
                ),
            ),
        ),
        note="About 2.5 GB. Upstream's own bucket is closed; the record on Zenodo is by the authors of CodeXGLUE.",
    ),
    Dataset(
        "conala",
        licence="MIT (card of neulab/conala; not verified)",
        files=(
            WebFile(
                url="https://www.phontron.com/download/conala-corpus-v1.1.zip",
                place="conala-corpus-v1.1.zip",
                revision="1.1",
                why_no_digest=NOT_PUBLISHED,
                mirrors=("http://www.phontron.com/download/conala-corpus-v1.1.zip",),
                unpack=Unpack(only=r"conala-corpus/conala-(?:train|test|mined)\.jsonl?"),
            ),
        ),
    ),
    Dataset(
        "concode",
        licence="CodeXGLUE data licence (C-UDA; the file's text is CC0 1.0)",
        files=tuple(
            github(*_CODEXGLUE, f"Text-Code/text-to-code/dataset/concode/{name}", digest, size, name)
            for name, digest, size in (
                ("train.json", "git:5876a94c6601c9ac0efa465d619cff9fb02724ea", None),
                ("dev.json", "sha256:cd4f91cfaa12a886a1d7acaf92eaf8ab066845c37a9221e56634d345958c922a", 1_772_646),
                ("test.json", "sha256:3323b1d723c2183a0ef4693413d25ef5a6b988b50b37b2f401de6c2c5c55159f", 1_631_312),
            )
        ),
    ),
    Dataset(
        "mbpp",
        licence="CC BY 4.0",
        files=(
            WebFile(
                url="https://raw.githubusercontent.com/google-research/google-research/"
                "2251e8c67a7fe7d6348714967ee101080b28e956/mbpp/mbpp.jsonl",
                place="mbpp.jsonl",
                revision="2251e8c67a7fe7d6348714967ee101080b28e956",
                why_no_digest="the commit pins it; its repository is too large to read the digest from",
                size=563_743,
            ),
        ),
    ),
    Dataset(
        "mbxp",
        licence="CC BY 4.0 (data), Apache-2.0 (code)",
        files=tuple(
            github(*_MXEVAL, f"data/mbxp/{name}", f"sha256:{digest}", size)
            for name, digest, size in (
                (
                    "mbgp_release_v1.1.jsonl",
                    "90f519222a4c45bdbed8309076433d2f573c6f37329a848581fa789839b67da8",
                    1_674_633,
                ),
                (
                    "mbjp_release_v1.2.jsonl",
                    "139a0fcdff2f4c6d456c546c82f43a1f389dfe3125f5f2c3f6a12f478483dffd",
                    2_420_406,
                ),
                ("mbpp_release_v1.jsonl", "2ea7949f20ed5ecaacf4c9970d29430ec3f13772f4dd379665b1234f14b0ec3e", 936_808),
                ("LICENSE", "95df2e9564862e51d69683a899b6dcc8218d577057bdf67322880769ff85f29e", 18_649),
            )
        ),
    ),
    Dataset(
        "gqa",
        licence="CC BY 4.0",
        files=tuple(
            WebFile(url=f"{_GQA}/{name}", place=name, revision="1.2", why_no_digest=NOT_PUBLISHED)
            for name in ("questions1.2.zip", "sceneGraphs.zip")
        ),
        note="About 1.5 GB; the archives stay packed.",
    ),
    Dataset(
        "clevr",
        licence="CC BY 4.0",
        files=(
            WebFile(
                url="https://dl.fbaipublicfiles.com/clevr/CLEVR_v1.0_no_images.zip",
                place="CLEVR_v1.0_no_images.zip",
                revision="1.0",
                why_no_digest=NOT_PUBLISHED,
                mirrors=("https://s3-us-west-1.amazonaws.com/clevr/CLEVR_v1.0_no_images.zip",),
                unpack=Unpack(only=r"CLEVR_v1\.0/(?:(?:questions|scenes)/[^/]+\.json|[^/]+\.txt)"),
            ),
        ),
        note="The archive without images, about 86 MB; unpacked more than 1 GB.",
    ),
    Dataset(
        "geometry3k",
        licence="MIT (repository; no separate licence of the data)",
        files=tuple(
            github(*_INTERGPS, f"data/geometry3k/{split}.zip", f"git:{blob}", None, f"{split}.zip")
            for split, blob in (
                ("train", "13cd1f121923595efb04ab160185ab8255e8bd25"),
                ("val", "ba4b957be793c5356591de55f6d7d710f94d9d7b"),
                ("test", "cdf74f8d16e3450839553c70ef345f43e42ef7c5"),
            )
        ),
    ),
    Dataset(
        "gsm8k",
        licence="MIT",
        files=(
            github(
                *_GSM8K,
                "grade_school_math/data/train.jsonl",
                "sha256:17f347dc51477c50d4efb83959dbb7c56297aba886e5544ee2aaed3024813465",
                4_166_206,
            ),
            github(
                *_GSM8K,
                "grade_school_math/data/test.jsonl",
                "sha256:3730d312f6e3440559ace48831e51066acaca737f6eabec99bccb9e4b3c39d14",
                749_738,
            ),
        ),
    ),
    Dataset(
        "aqua",
        licence="Apache-2.0",
        files=tuple(
            github(*_AQUA, name, digest, size)
            for name, digest, size in (
                ("train.json", "git:a805bddefde8d70fdb66ff7ab85a1999bdc3eece", None),
                ("dev.json", "sha256:4a52301d8a49ae0b286f8e697f9c5da1b109b247b825b47b4c6de34312dceec5", 132_008),
                ("test.json", "sha256:de41581881ef95c5588c44ddc701c77fd480839241dd422a0d181262af24520c", 130_192),
            )
        ),
    ),
    Dataset(
        "math",
        licence="MIT (repository); a copy on the Hugging Face hub was taken down after a notice by a rights holder",
        files=(
            WebFile(
                url=f"{_BERKELEY}/MATH.tar",
                place="MATH.tar",
                digest="sha256:0fbe4fad0df66942db6c221cdcc95b298cc7f4595a2f0f518360cce84e90d9ac",
                revision="MATH.tar of 2021",
                mirrors=(f"https://web.archive.org/web/20240101000000id_/{_BERKELEY}/MATH.tar",),
                unpack=Unpack(only=r"MATH/(?:train|test)/[^/]+/\d+\.json"),
            ),
        ),
        note="Check whether you may use it before you fetch it.",
    ),
    Dataset(
        "chebi20",
        licence="repository BSD-3-Clause; texts CC BY 4.0 (ChEBI) and PubChem",
        files=tuple(
            github(*_MOLT5, f"ChEBI-20_data/{name}", digest, size)
            for name, digest, size in (
                ("train.txt", "git:c1b42b82fdc8fb5287614e159196e25370763aac", None),
                (
                    "validation.txt",
                    "sha256:f410b58e6825986577d01b4f0c14b59ed61c1343a15118ba584de4bbcea1508c",
                    1_289_422,
                ),
                ("test.txt", "sha256:91776254b54ef13ad701ede0ecdbd7bcd30c19a66e52aa34a6dac8d0e7306d72", 1_274_868),
            )
        ),
    ),
)
