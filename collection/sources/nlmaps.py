"""NLmaps v1: questions to OpenStreetMap and the queries that answer them, line by line in two files.

    nlmaps.train.en     How many bars are there in Paris?
    nlmaps.train.mrl    query(area(keyval('name','Paris')),nwr(keyval('amenity','bar')),qtype(count))

becomes the pair, with the operators of the language and the keys of the map as definitions. The keys are those of all
queries at hand, in alphabetical order; a value is not shown, since it is for the model to find. Task ``nlmaps_de``
reads the German questions (``nlmaps.train.de``, whose lines end in a blank). Upstream has no validation
split.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from collection.sources.aligned_lines import read_aligned
from collection.sources.base import Example, Licence, Prompt, Reason, Rejected, Row, Source, Upstream, require
from symbol_llm.errors import SymbolError, UserError
from symbol_llm.formats.base import Context, Name
from symbol_llm.formats.nlmaps import NlMaps
from symbol_llm.record import Split

_SPLITS = {"train": Split.TRAIN, "test": Split.TEST}
_OPERATORS = """\
query(area(…),nwr(…),qtype(…)): what qtype asks of the objects nwr in the area
keyval('key','value'): the key has that value, '*' is any
and(…,…), or(…,…): both of them, one of them
north(…), south(…), east(…), west(…): that part of the area
around(center(…),search(…),maxdist(…),topx(n)): objects of search near those of center, the n nearest
maxdist takes metres, WALKDING_DIST, DIST_INTOWN, DIST_OUTTOWN or DIST_DAYTRIP
qtype(count): how many; qtype(latlong): where; qtype(least(topx(n))): are there at least n
qtype(findkey('key')): the values of a key; nodup(…): each once; findkey('key',topx(n)), latlong(topx(n)): n of them
dist(query(…),query(…),unit(km)): how far apart, in km or mi; dist(query(…),for('walk')): is it near enough for that
The keys of the map:"""
_language = NlMaps()


class NlmapsQuestions(Source):
    format = "nlmaps"
    family = "API"
    licence = Licence("CC-BY-NC-SA-4.0", False)
    prompt = Prompt(
        instructions=(
            "Translate the question about the map into a query of the language below.",
            "Write the OpenStreetMap query that answers the question.",
            "Turn the question into nested operators that a map database can run.",
            "Which query finds what is asked for? Use the operators and keys given here.",
            "Express the question as one functional query over places and their keys.",
            "Convert the question to the query language of the map.",
            "Give the machine readable query for the following geographic question.",
            "Parse the question into area, objects and what is asked of them.",
            "State the question formally, so that it can be looked up on the map.",
            "Compose a query from these operators that returns the answer to the question.",
        ),
        definitions_label="The operators of the query language:",
        input_label="The question is:",
        cue="The corresponding query is:",
    )

    def __init__(self, task: str = "nlmaps", language: str = "en") -> None:
        self.task, self.language = task, language
        self.upstream = Upstream(
            dataset="nlmaps",
            url="https://github.com/carhaas/nlmaps",
            revision="v1",
            citation=(
                "Carolin Haas and Stefan Riezler. 2016. A Corpus and Semantic Parser for Multilingual Natural Language "
                "Querying of OpenStreetMap. NAACL."
            ),
            sizes={"train": 1500, "test": 880},
        )

    def read(self, folder: Path, seed: int = 0) -> Iterator[Row]:
        """One row per pair of lines. The keys of all queries are read first."""
        queries = {split: path for split in _SPLITS for path in sorted(folder.rglob(f"nlmaps.{split}.mrl"))[:1]}
        if not queries:
            require(folder, *(f"nlmaps.{split}.mrl" for split in _SPLITS))
        pairs = {split: (path.with_suffix(f".{self.language}"), path) for split, path in queries.items()}
        for questions, path in pairs.values():
            if not questions.exists():
                raise UserError(
                    f"{path} has no questions beside it: {questions.name} is missing. Fetch it from upstream"
                )
        definitions = _definitions(pair[1] for paths in pairs.values() for pair in _pairs(*paths))
        for split, paths in pairs.items():
            file = paths[1].relative_to(folder).as_posix()
            for index, row in enumerate(read_aligned(*paths)):
                if isinstance(row, Rejected):
                    yield Row(file, index, _SPLITS[split], row)
                else:
                    data = {"question": row[0], "query": row[1], "definitions": definitions}
                    yield Row(file, index, _SPLITS[split], data)

    def to_example(self, row: Row, folder: Path) -> Example | Rejected:
        question, query = row.data["question"].strip(), row.data["query"].strip()
        if not question:
            return Rejected(Reason.EMPTY_INPUT, f"the line of questions ({self.language}) is empty")
        if not query:
            return Rejected(Reason.EMPTY_SYMBOL, "the line of queries is empty")
        return Example(input=question, completion=query, context=Context(row.data["definitions"]))


def _pairs(questions: Path, queries: Path) -> Iterator[tuple[str, str]]:
    return (row for row in read_aligned(questions, queries) if not isinstance(row, Rejected))


def _definitions(queries: Iterable[str]) -> str:
    """The operators, and the keys of all queries that can be read."""
    names: set[Name] = set()
    for query in queries:
        try:
            names |= _language.names(_language.parse(query))
        except SymbolError:
            continue  # the builder rejects it, with its reason
    return "\n".join((_OPERATORS, *(f"key {name.text}: {name.gloss}" for name in sorted(names))))


NLMAPS = NlmapsQuestions()
NLMAPS_DE = NlmapsQuestions("nlmaps_de", "de")
