"""Upstream files of the general instructions.

```
RAW/dolly/databricks-dolly-15k.jsonl     a file on the Hugging Face hub, of one commit
RAW/flan/…                               by hand: tens of gigabytes, of which a user picks
```
"""

from __future__ import annotations

from collection.fetch_files.kinds import NOT_PUBLISHED, Dataset, HubFile, ManualStep, github

_FLAN = ("google-research/FLAN", "e9e4ec6e2701182c7a91af176f705310da541277")
_ORCA = ("Open-Orca/OpenOrca", "e9c87b4abb2609913751f9b26553fdb9c061796c")

DATASETS = (
    Dataset(
        "flan",
        licence="mixed: each task keeps its own",
        manual=(
            ManualStep(
                what="rendered sub-mixtures of the FLAN Collection, tens of gigabytes in all",
                steps=(
                    "Choose among flan2021, t0, niv2, cot and dialog.",
                    "Fetch the ones you want: hf download conceptofmind/flan2021_submix_original --repo-type dataset "
                    "--local-dir RAW/flan/flan2021",
                ),
                done=("**/*.parquet", "**/*.jsonl", "**/*.jsonl.gz"),
            ),
        ),
    ),
    Dataset(
        "cot",
        licence="repository Apache-2.0; each task keeps its own",
        files=tuple(
            github(*_FLAN, f"flan/v2/cot_data/{task}_train.tsv", digest, size, f"cot_data/{task}_train.tsv")
            for task, digest, size in (
                ("aqua", "sha256:2e43bd7900e739a78d7b7b7444e19bae4259399327eb76b78a30f4e4fb7dfdda", 869_494),
                ("creak", "sha256:ee6b9a3d88fbc1bdf7cd751c7f266edfc4c15e475560408ffb79490b2fe7bdea", 1_506_933),
                ("ecqa", "sha256:cf6967d587851f25a834cdd16c73f17a4da08bae5b8821922a64b3107160e01c", 1_960_741),
                ("esnli", "git:c60e7fb7066e8fe72256ea3b1a0797b5ee1b20b0", None),
                ("gsm8k", "sha256:acecbb7438cccae1b2eaa212a291c127ece02670d8bb39600164ab20f1d759a7", 3_633_007),
                ("qasc", "sha256:566ba8c3945b5fe8e3125ca4919c15f36e1067b881c251e75d071ad38c861b9a", 418_177),
                ("qed", "git:6e9c08028dfe399f89e1c0d08d13638a1f62d502", None),
                ("sensemaking", "sha256:c978b40455ed62b1755956f25327c7cec6f9d4954f7185e6fb14b03db74c65af", 1_523_556),
                ("strategyqa", "sha256:0e56b9f46b4d1569e45bf4c7f10d7854be81ae62303098fbd03d3e0bf912201f", 492_554),
            )
        ),
    ),
    Dataset(
        "codealpaca",
        licence="data CC BY-NC 4.0, code Apache-2.0; written by an OpenAI model, whose terms may apply",
        files=(
            github(
                "sahil280114/codealpaca",
                "2f78ddc5c682ed6738ad092bbbfa59ba915afcb0",
                "data/code_alpaca_20k.json",
                "git:4599591b17572755907bd945e34d25a956dcab09",
                None,
                "code_alpaca_20k.json",
            ),
        ),
    ),
    Dataset(
        "evol_instruct",
        licence="CC BY-NC 4.0 (repository), MIT (dataset cards); written by an OpenAI model, whose terms may apply",
        files=(
            HubFile(
                repository="WizardLMTeam/WizardLM_evol_instruct_70k",
                path="alpaca_evol_instruct_70k.json",
                place="alpaca_evol_instruct_70k.json",
                revision="16b48bd8eecad79d4f42e1ab641db317e1b27443",
                why_no_digest=NOT_PUBLISHED,
            ),
            HubFile(
                repository="WizardLMTeam/WizardLM_evol_instruct_V2_196k",
                path="WizardLM_evol_instruct_V2_143k.json",
                place="WizardLM_evol_instruct_V2_143k.json",
                revision="main",
                why_no_digest=NOT_PUBLISHED,
            ),
            github(
                "nlpxucan/WizardLM",
                "cd4b4cc022b6426aee62d51f7ae99a4a6ec9aaef",
                "WizardLM/data/WizardLM_testset.jsonl",
                "sha256:e216ec20538a7040b908f654f1f767305460f0a71f01b3db9f3989c8a78f8245",
                80_906,
                "WizardLM_testset.jsonl",
            ),
        ),
        note="No commit of the V2 release is known to pin: the one that was fetched is written down.",
    ),
    Dataset(
        "alpaca",
        licence="CC BY-NC 4.0; written by an OpenAI model, whose terms may apply",
        files=(
            github(
                "tatsu-lab/stanford_alpaca",
                "761dc5bfbdeeffa89b8bff5d038781a4055f796a",
                "alpaca_data.json",
                "git:3779ddbc040543ab1834ef216c983d6fcc06cc9a",
            ),
        ),
    ),
    Dataset(
        "dolly",
        licence="CC BY-SA 3.0",
        files=(
            HubFile(
                repository="databricks/databricks-dolly-15k",
                path="databricks-dolly-15k.jsonl",
                place="databricks-dolly-15k.jsonl",
                revision="bdd27f4d94b9c1f951818a7da7fd7aeea5dbff1a",
                digest="sha256:2df9083338b4abd6bceb5635764dab5d833b393b55759dffb0959b6fcbf794ec",
            ),
        ),
    ),
    Dataset(
        "oasst",
        licence="Apache-2.0",
        files=(
            HubFile(
                repository="OpenAssistant/oasst1",
                path="2023-04-12_oasst_ready.trees.jsonl.gz",
                place="2023-04-12_oasst_ready.trees.jsonl.gz",
                revision="fdf72ae0827c1cda404aff25b6603abec9e3399b",
                digest="sha256:2a9a8fd343e9b28e04a895a669d3253f82d93e9c174d440199ae19d5fafbdff7",
                size=34_145_252,
            ),
        ),
    ),
    Dataset(
        "sharegpt",
        licence="card Apache-2.0; chats of users with an OpenAI model, whose terms may apply",
        files=(
            HubFile(
                repository="anon8231489123/ShareGPT_Vicuna_unfiltered",
                path="ShareGPT_V3_unfiltered_cleaned_split.json",
                place="ShareGPT_V3_unfiltered_cleaned_split.json",
                revision="192ab2185289094fc556ec8ce5ce1e8e587154ca",
                digest="sha256:35f0e213ce091ed9b9af2a1f0755e9d39f9ccec34ab281cd4ca60d70f6479ba4",
                size=672_837_942,
            ),
        ),
    ),
    Dataset(
        "openorca",
        licence="MIT; written by OpenAI models, whose terms may apply",
        files=tuple(
            HubFile(
                repository=_ORCA[0],
                path=name,
                place=name,
                revision=_ORCA[1],
                why_no_digest=NOT_PUBLISHED,
            )
            for name in ("1M-GPT4-Augmented.parquet", "3_5M-GPT3_5-Augmented.parquet")
        ),
        note="About 4 GB.",
    ),
)
