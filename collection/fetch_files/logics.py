"""Upstream files of the planning and logic datasets.

```
RAW/folio/data/v0.0/folio-train.jsonl     a file of a commit
RAW/llm_pddl/domains/termes/p01.pddl      many small files of a commit, by one archive
```
"""

from __future__ import annotations

from collection.fetch_files.kinds import NOT_PUBLISHED, Dataset, HubFile, Unpack, github, github_folders

_FOLIO = ("Yale-LILY/FOLIO", "5d7bb84c7edab3fb358e057d2807f19cf5cf5e2d")
_LOGIC_LLM = ("teacherpeterpan/Logic-LLM", "d29f1e5e7203e8826cb9c41ba3003e43dc0b9d34")

DATASETS = (
    Dataset(
        "llm_pddl",
        licence="none stated",
        files=(
            github_folders(
                "Cranial-XIX/llm-pddl",
                "f5f897ccabfb19d5158e5a7ac4cb36517cd4c2e0",
                Unpack(
                    strip=1,
                    only=r"domains/(?:blocksworld|termes|floortile|grippers)/[^/]+\.(?:nl|pddl|sol)",
                    entries="7e1e60561535371b9d850c1448f534dbd5e2bd9b06f18493b9f4b7c21b52027f",
                ),
            ),
        ),
    ),
    Dataset(
        "planbench",
        licence="MIT",
        files=(
            github_folders(
                "karthikv792/LLMs-Planning",
                "b008bc4327112affd525035b9e82f93f54b9b3a3",
                Unpack(
                    strip=1,
                    only=r"plan-bench/(?:prompts/blocksworld(?:_3)?/task_1_plan_generation\.json|instances/blocksworld/"
                    r"(?:generated_domain\.pddl|generated_basic(?:_3)?/instance-\d+\.pddl))",
                    entries="9608c63553dce19d11be3b9d1eea61f24f3836287288b8a50151a0a0139187c1",
                ),
            ),
        ),
        note="The archive of the whole repository is fetched, of which 605 files (1.8 MB) are kept.",
    ),
    Dataset(
        "folio",
        licence="CC BY-SA 4.0",
        files=(
            github(
                *_FOLIO,
                "data/v0.0/folio-train.jsonl",
                "sha256:008d34b750d31fa7f014e953228adf4db81ec34bbda9e7f67c96c60438d1e6b2",
                787_496,
            ),
            github(
                *_FOLIO,
                "data/v0.0/folio-validation.jsonl",
                "sha256:6922c988ef10987bd6545568ee8e63e897af80994591fa20539767da58f8e3d1",
                173_456,
            ),
        ),
    ),
    Dataset(
        "malls",
        licence="CC BY-NC 4.0",
        files=tuple(
            HubFile(
                repository="yuan-yang/MALLS-v0",
                path=name,
                place=name,
                revision="main",
                why_no_digest=NOT_PUBLISHED,
            )
            for name in ("MALLS-v0.1-train.json", "MALLS-v0.1-test.json", "folio_parsed.json")
        ),
        note="No commit is known to pin: the one that was fetched is written down.",
    ),
    Dataset(
        "logicnli",
        licence="none stated",
        files=(
            github(
                "omnilabNLP/LogicNLI",
                "c9c847db04af960d4e4d91a5fa9441a9b1785bbb",
                "dataset/LogicNLI_sim.zip",
                "sha256:466ac7117b2b1533f5696e2565a097595ce9351227a9703f9ec39f3249749262",
                856_136,
                "LogicNLI_sim.zip",
            ),
        ),
    ),
    Dataset(
        "logic_llm",
        licence="MIT; originals Apache-2.0 (PrOntoQA, BIG-bench) and CC BY 4.0 (ProofWriter; not verified)",
        files=tuple(
            github(*_LOGIC_LLM, f"data/{path}", f"sha256:{digest}", size)
            for path, digest, size in (
                (
                    "ProofWriter/train.json",
                    "e1dc43105dbdddb9a73c7cfd026a90ced8d69850dd97aaf7bcabbfcd2f4b9b89",
                    2_731_208,
                ),
                ("ProofWriter/dev.json", "e792b54981065c91d4aecc908be17ce9a730f2327548e6fa36717ef01e472240", 541_784),
                ("ProofWriter/test.json", "ecb47ebdada00671e029bcd7a2fb41bfecf2a216f53b075b77816e46d6615698", 542_807),
                ("ProntoQA/dev.json", "2d2e9d0adbef05cd66b51d11516b8fb3d3fb2cbc1664867d1123a000f7b11a5f", 483_050),
                (
                    "LogicalDeduction/train.json",
                    "03054c408fe11db309f7dca128a26453670fa93fc7fa96375d8fb4b2f89f8fca",
                    1_069_822,
                ),
                (
                    "LogicalDeduction/dev.json",
                    "554992a3189224d0b631c1ac674d301defa5fef5f1837b93258db35aeb67d898",
                    271_423,
                ),
            )
        ),
    ),
)
