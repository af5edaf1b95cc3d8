"""Upstream files of the datasets from sentences to graphs, triples, API calls and commands.

```
RAW/topv2/TOPv2_Dataset.zip     kept packed: its reader reads archives
RAW/amr_ldc/…                   by hand: a purchase from the Linguistic Data Consortium
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

_TEXT2KGBENCH = ("cenguix/Text2KGBench", "50a3d255371b8817cdff70fd88459ac82b339cfe")
_NLMAPS = ("mlappe/Softwareprojekt_NLmaps", "6fab937d88353fa0d6a6323fb86368e97f04e6ea")
_SCAN = ("brendenlake/SCAN", "c4b756cbc010d75c912f16c42c8f15dc6b7e6c8f")


def _ldc(number: str, release: str, archive: str) -> ManualStep:
    return ManualStep(
        what=f"AMR {release} ({number}), from the Linguistic Data Consortium",
        steps=(
            f"Order it at https://catalog.ldc.upenn.edu/{number} as a member or for the fee stated there, and accept "
            "the user agreement: nobody may pass the files on.",
            f"Put the archive ({archive}) into RAW/amr_ldc/.",
            f"Run `symbol-llm collect fetch --tasks amr{release[0]}` again: it unpacks the archive.",
        ),
        done=(f"**/data/amrs/split/training/amr-release-{release}-amrs-training*.txt",),
        archives=(f"*{number}*.tgz", f"*{number}*.tar.gz", f"*{number}*.zip"),
        unpack=Unpack(only=r"(?:.*/)?data/amrs/split/.*\.txt"),
    )


DATASETS = (
    Dataset(
        "amr_ldc",
        licence="LDC user agreement: no redistribution",
        manual=(
            _ldc("LDC2020T02", "3.0", "amr_annotation_3.0_LDC2020T02.tgz"),
            _ldc("LDC2017T10", "2.0", "abstract_meaning_representation_amr_2.0_LDC2017T10.tgz"),
        ),
    ),
    Dataset(
        "amr_bio",
        licence="free download, no licence text",
        files=(
            WebFile(
                url="https://amr.isi.edu/download/2018-01-25/amr-release-bio-v3.0.txt",
                place="amr-release-bio-v3.0.txt",
                revision="3.0",
                why_no_digest=NOT_PUBLISHED,
                mirrors=(
                    "https://web.archive.org/web/20221223153749id_/"
                    "https://amr.isi.edu/download/2018-01-25/amr-release-bio-v3.0.txt",
                ),
            ),
        ),
        note="The host at ISI is not always up; the mirror is a capture of the whole file (about 9 MB). Other captures "
        "end after 1 MiB.",
    ),
    Dataset(
        "amr_little_prince",
        licence="free download, no licence text; the translation may be protected in some countries",
        files=(
            github(
                "wuhao050698/AMR",
                "a867e977f9d1b26422ae7f32824ffafdbf648378",
                "amr-bank-struct-v3.0.txt",
                "sha256:09929d2a12a6db9f8166e68c1a99817281fee8c06e045de5a2354da583f6f694",
                689_806,
            ),
        ),
        note="A copy of https://amr.isi.edu/download/amr-bank-struct-v3.0.txt with its 1,562 graphs.",
    ),
    Dataset(
        "tekgen",
        licence="CC BY-SA 4.0 (Text2KGBench), CC BY-SA 2.0 (TekGen)",
        files=(
            github_folders(
                *_TEXT2KGBENCH,
                Unpack(
                    into="text2kgbench",
                    strip=2,
                    only=r"wikidata_tekgen/(?:ontologies|train|validation|test|ground_truth|unseen_sentences)/.*",
                    entries="af1da37cefe2194ef9d658d8ccafae1646a713c4cfbca28901f4b11a8ea618b1",
                ),
            ),
        ),
        note="The untagged quadruples of the KELM corpus are not fetched: no triple can be read from them.",
    ),
    Dataset(
        "webnlg",
        licence="CC BY-NC-SA 4.0 (WebNLG), CC BY-SA 4.0 (Text2KGBench)",
        files=(
            github_folders(
                "fuzihaofzh/webnlg-dataset",
                "1c777e22cc3f3f8c50ecd791c72756a53663cea8",
                Unpack(
                    strip=1,
                    only=r"release_v2/xml/(?:train|dev|test)/.*\.xml",
                    entries="18c9c0349e4bcde68ddbc6c60e6dec5a0865dae422b480c5a619742d405586f9",
                ),
            ),
            github_folders(
                *_TEXT2KGBENCH,
                Unpack(
                    into="text2kgbench",
                    strip=2,
                    only=r"dbpedia_webnlg/(?:ontologies|train|test|ground_truth)/.*",
                    entries="e7b2dc194db21c7a3b4f6ba141faade90c78b786cd3b610690198e8df95d2c1a",
                ),
            ),
        ),
        note="release_v2 comes from a copy on GitHub of https://gitlab.com/shimorina/webnlg-dataset.",
    ),
    Dataset(
        "mtop",
        licence="CC BY-SA 4.0",
        files=(
            WebFile(
                url="https://dl.fbaipublicfiles.com/mtop/mtop.zip",
                place="mtop.zip",
                revision="2021 release",
                why_no_digest=NOT_PUBLISHED,
                mirrors=("https://fb.me/mtop_dataset",),
            ),
        ),
    ),
    Dataset(
        "topv2",
        licence="CC BY-SA 4.0",
        files=(
            WebFile(
                url="https://dl.fbaipublicfiles.com/topv2/TOPv2_Dataset.zip",
                place="TOPv2_Dataset.zip",
                revision="1.1",
                why_no_digest=NOT_PUBLISHED,
                mirrors=("https://fb.me/TOPv2Dataset",),
            ),
        ),
    ),
    Dataset(
        "nlmaps",
        licence="CC BY-NC-SA 4.0",
        files=tuple(
            github(*_NLMAPS, f"data/original_dataset/{name}", digest, size, name)
            for name, digest, size in (
                ("nlmaps.train.en", "sha256:f14ecccd5bf29645a50484edcfad2b8ce8d8e68f957a9e361575847d9843b471", 83_602),
                ("nlmaps.train.de", "sha256:cf12d81d0f942de0af9816c261baea31d143a05f1493e9e1fa43c325a5071464", 88_558),
                (
                    "nlmaps.train.mrl",
                    "sha256:ecb53929f2f1c8e718bec8597eaf08fed48d0d215dadd182e565abee8f5348a4",
                    199_965,
                ),
                ("nlmaps.test.en", "sha256:8235bcca689d2ad3869ddb6ab21d1bf39f28b9a9240d9cddfbb3669e8e2e4c28", 49_627),
                ("nlmaps.test.de", "sha256:46e20a4819edf7d0ecebad73d12d30221eeb4949f1f98ec79ae0368ace396c1b", 52_745),
                ("nlmaps.test.mrl", "sha256:e886e7d0aa5f58170dc95ae39758667016323b6d4983eaae9aa998ab2502352e", 118_880),
                ("LICENSE.md", "sha256:3d95dff234b0846fefff2122834e98a1f025665e7cf7205033805a5b93e04d56", 18_851),
            )
        ),
        note="A copy on GitHub of version 1 of https://www.cl.uni-heidelberg.de/statnlpgroup/nlmaps/.",
    ),
    Dataset(
        "scan",
        licence="BSD",
        files=tuple(
            github(*_SCAN, path, digest, size)
            for path, digest, size in (
                (
                    "simple_split/tasks_train_simple.txt",
                    "sha256:941bb8a088c5f53ceff12fde902dc008933cf0c4203cc672c47b5f79d73262dd",
                    3_267_938,
                ),
                (
                    "simple_split/tasks_test_simple.txt",
                    "sha256:1fe1c8f5a19d0dc40e41bab94278f45f66f3dc415a978bd29855a23440610fc6",
                    812_450,
                ),
                (
                    "length_split/tasks_train_length.txt",
                    "sha256:b034212dc7cf87ce62f3a067dd6ad49c4d5cd18d51d615d13825516bcb1ebbc2",
                    2_723_418,
                ),
                (
                    "length_split/tasks_test_length.txt",
                    "sha256:0760752ed34a75116ae11dcc1ee17526b7500060da1366540730fa24894d7db3",
                    1_356_970,
                ),
                (
                    "add_prim_split/tasks_train_addprim_jump.txt",
                    "sha256:e3c78485692e028eed4205e1b8b3fd0e785ef2c12d45b5b89204dadf5b239e23",
                    2_579_619,
                ),
                (
                    "add_prim_split/tasks_test_addprim_jump.txt",
                    "sha256:8147ae2651422c701162e174d9d66158daa57858a26b30317ac61797118ac7a5",
                    1_531_555,
                ),
            )
        ),
    ),
)
