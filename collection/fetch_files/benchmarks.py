"""Upstream files of the benchmarks that models answer by delegation. They are for evaluation only.

```
RAW/svamp/SVAMP.json          a file of a commit
RAW/mmlu/data/test/…          an archive, unpacked
```
"""

from __future__ import annotations

from collection.fetch_files.kinds import Dataset, Unpack, WebFile, github, github_folders

_PAL = ("reasoning-machines/pal", "f81ca2a9777f002f98a6b4d0f10b61bd5c8feb02")
_KOJIMA = ("kojima-takeshi188/zero_shot_cot", "5ef330fcdeec0cd26aee27943504f91f8ec1c33c")
_ASDIV = ("chaochun/nlu-asdiv-dataset", "883f90a9a65bf00304ba8f37423910fe743abc47")
_ASYNCHOW = ("fangru-lin/graph-llm-asynchow-plan", "66f9bcffbe6caece8755df7927e14cece69b3160")
_PROCEDURES = ("fangru-lin/procedure_generalization_llm", "f7adbe5e9d594cec8e053f5b61eb4943dce630c7")

DATASETS = (
    Dataset(
        "svamp",
        licence="MIT",
        files=(
            github(
                "arkilpatel/SVAMP",
                "689d7ccac74b9983a2ac7cc3b264f441b99e7c53",
                "SVAMP.json",
                "sha256:5be77703a6d891ae476d7c082787ad361392aa02453b132516cdd5f4e7934e3e",
                339_970,
            ),
        ),
    ),
    Dataset(
        "asdiv",
        licence="CC BY-NC 4.0",
        files=(
            github(
                *_ASDIV,
                "dataset/ASDiv.xml",
                "sha256:ef8904068482919ac48c8eeaaf6df344b8a308ba66d048c2d4d87eab82dc4929",
                947_401,
            ),
        ),
    ),
    Dataset(
        "gsm_hard",
        licence="Apache-2.0 (repository), MIT (card; not verified)",
        files=(
            github(
                *_PAL,
                "datasets/gsmhardv2.jsonl",
                "sha256:2032b0188a49ac0ec38cbe1e695e7d62d6dddc44bbb64f920728aca710e9ddef",
                1_138_151,
            ),
        ),
    ),
    Dataset(
        "mawps_pal",
        licence="Apache-2.0 (repository)",
        files=tuple(
            github(*_PAL, f"datasets/mawps{name}.jsonl", f"sha256:{digest}", size)
            for name, digest, size in (
                ("addsub", "2fae2c92530cdf1ac0487db9a90e68d6af84049d755c07c4486411c1d7f43e75", 70_911),
                ("multiarith", "12e8295088364af21fb6591dbdbd1dda452aade57227f63d725677471ded2951", 109_522),
                ("singleeq", "07bec92bae226dd5231a966e907a0f097ba3170a1557c73ceeb135caad8d09f8", 86_536),
                ("singleop", "feb012e7ed5503cdb96fd127d539692b033000e9134655acaf4f4e0091328e94", 75_278),
            )
        ),
    ),
    Dataset(
        "mawps_kojima",
        licence="none stated",
        files=tuple(
            github(*_KOJIMA, f"dataset/{path}", f"sha256:{digest}", size)
            for path, digest, size in (
                ("AddSub/AddSub.json", "21930fa90385c72b5a15f4b9a4dda27276b889ae9ff44285505cdd9fa0a20df8", 131_373),
                (
                    "MultiArith/MultiArith.json",
                    "dc9db1b6cc68b1ecc2dec830d15aaf8c9a0932aa31d5ffce88ef3628179d36f4",
                    254_012,
                ),
                (
                    "SingleEq/questions.json",
                    "051507bd2b489c257057b485774a83d2710c23a4bc0f4a58e1822ae2773ef05e",
                    137_870,
                ),
            )
        ),
    ),
    Dataset(
        "last_letters",
        licence="none stated",
        files=(
            github(
                *_KOJIMA,
                "dataset/last_letters/last_letters.json",
                "sha256:60e8d092d0a6423d3256e87e0c249b69aefea4cd27985082095fa4e93931fb02",
                84_400,
            ),
        ),
    ),
    Dataset(
        "bbh",
        licence="MIT",
        files=(
            github_folders(
                "suzgunmirac/BIG-Bench-Hard",
                "9ee07bd481feebf959a6b59d61ea57bdcf30964d",
                Unpack(
                    strip=1,
                    only=r"bbh/[^/]+\.json|cot-prompts/[^/]+\.txt",
                    entries="2f0558de1ffcf88dfa34eeeb8ed9c607eae33c491b6e7d482df4d2560e5eb22e",
                ),
            ),
        ),
        note="The files carry BIG-bench's canary: never for training.",
    ),
    Dataset(
        "bigbench_tasks",
        licence="Apache-2.0",
        files=tuple(
            github(*_PAL, f"datasets/{task}.json", f"sha256:{digest}", size, f"{task}/task.json")
            for task, digest, size in (
                ("date_understanding", "ff716f0e399109146db3a998281c39954907b78268a9b633a95582d63847822f", 119_336),
                ("penguins_in_a_table", "f743ab0bd8d500798fc0ab83fdd3547b924e9c1acb15ca11b65ac228c0ab557a", 57_216),
                (
                    "reasoning_about_colored_objects",
                    "0e5dbba357356e5bf4d0a27dd80c8af76646979159f8f5b1918c6f1d03e54b5a",
                    1_292_118,
                ),
            )
        ),
        note="PAL's copies of BIG-bench's files. They carry its canary: never for training.",
    ),
    Dataset(
        "asynchow",
        licence="MIT",
        files=(
            *(
                github(*_ASYNCHOW, f"data/{name}_benchmark.pkl", f"sha256:{digest}", size)
                for name, digest, size in (
                    ("async", "ad028e6df12910494e72318c58675b851957e251cc1dd544b0e951439a50e1d6", 1_744_641),
                    ("para", "ccb323f8b634d2cab954a54e9fd4e049e7a93c58d139df1e959a45af79d972cf", 772_217),
                    ("seq", "6614fcdd939328eb16692807139508abcd7ab83d40fd00169c0ab76e6c7faedd", 876_569),
                )
            ),
            *(
                github(
                    *_PROCEDURES,
                    f"data/asynchow/asynchow_{name}.jsonl",
                    f"sha256:{digest}",
                    size,
                    f"procedure_generalization_llm/data/asynchow/asynchow_{name}.jsonl",
                )
                for name, digest, size in (
                    ("aave_test", "ea7af59639ffe7275640db8030483430977884414f27e76f9747133ade1db44c", 252_669),
                    ("graph_train", "60ed4d44478d324a5ca4cb3a51f43ab5ba4bf6f81e1c8519e0c3c3c8f232d5df", 951_427),
                    ("graph_test", "2e55d2f8e24582b7e11384d0e2f02518dfed491d864824c1b1442628228ede99", 159_811),
                    ("natural_train", "fe39f90e3f4574bd8b60c157e4ded6eac9d8c99e6a11c283350f899d4f9ad74b", 1_273_163),
                    ("natural_test", "c2bfed8213cd9e7214db01c564209925787e9b2b02d5c799567a0ca68aa5b8d2", 217_078),
                    ("python_train", "3eda94f4fb12160a04fd85762cba6146efed3efdb7157ccfbb4aff152009c9c0", 2_388_367),
                    ("python_test", "2e5bfe0797d71a99afee96e151368a0924bf6ae00e08137f8c5df225a3a9b520", 394_853),
                )
            ),
        ),
    ),
    Dataset(
        "mmlu",
        licence="MIT",
        files=(
            WebFile(
                url="https://people.eecs.berkeley.edu/~hendrycks/data.tar",
                place="data.tar",
                digest="sha256:bec563ba4bac1d6aaf04141cd7d1605d7a5ca833e38f994051e818489592989b",
                revision="data.tar of 2020",
                mirrors=(
                    "https://huggingface.co/datasets/cais/mmlu/resolve/"
                    "c30699e8356da336a370243923dbaf21066bb9fe/data.tar",
                ),
                unpack=Unpack(only=r"data/(?:dev|val|test)/[^/]+\.csv|data/README\.txt"),
            ),
        ),
    ),
)
