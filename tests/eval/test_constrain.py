"""Outputs inside a grammar: every one that is complete parses, whatever the model would have written."""

from __future__ import annotations

from pathlib import Path

import pytest

import symbol_llm.formats
from eval.backends import Finish, Request, Sampling, open_backend
from eval.grammars import grammar_of
from symbol_llm.errors import UserError
from symbol_llm.formats.base import Context
from tests.eval.tiny_model import save_tiny_model
from tests.formats import fixture_lines


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("model"))


def definitions(name: str) -> str:
    return fixture_lines.context(name).definitions


@pytest.mark.full
@pytest.mark.parametrize("name", ["scan", "clevr", "fol"])
def test_constrained_outputs_parse_and_free_ones_do_not(name: str, model: Path) -> None:
    """A model that knows nothing, drawing at temperature 1: of 24 free outputs hardly one parses; of the constrained
    ones that end by themselves all do, and are accepted where the grammar knows the types."""
    language = symbol_llm.formats.get(name)
    grammar = grammar_of(name, definitions(name))
    requests = [Request(f"{name} {i}", "jump", "", grammar=grammar) for i in range(24)]
    sampling = Sampling(max_new_tokens=120, temperature=1.0)
    texts = {}
    for constrain in (True, False):
        backend = open_backend(model=str(model), sampling=sampling, constrain=constrain, threads=1)
        found = [g for g in backend.generate(requests) if not constrain or g.finish is Finish.STOP]
        texts[constrain] = [generation.text for generation in found]
    lines = [text.split("\n")[0] for text in texts[True]]
    assert len(lines) >= 2
    assert all(language.parses(line) for line in lines), lines
    if name != "fol":
        context = Context(definitions(name))
        assert all(language.accepts(line, context).holds is not False for line in lines)
    assert sum(language.parses(text) for text in texts[False]) <= 2


@pytest.mark.parametrize("name", ["scan", "clevr"])
def test_gold_symbols_are_inside_the_grammar(name: str, model: Path) -> None:
    import llguidance
    import llguidance.hf
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    tokens = llguidance.hf.from_tokenizer(tokenizer)
    language = symbol_llm.formats.get(name)
    for text in fixture_lines.lines(name, "valid.txt"):
        symbol = language.render(language.parse(text))
        grammar = llguidance.LLMatcher.grammar_from_lark(grammar_of(name, definitions(name)))
        matcher = llguidance.LLMatcher(tokens, grammar)
        ids = tokenizer(symbol, add_special_tokens=False)["input_ids"]
        assert matcher.consume_tokens(ids) and matcher.is_accepting(), symbol


def test_other_names_and_other_formats() -> None:
    assert '"dax"' in grammar_of("scan", "dax: jump\nfep: walk") and '"I_JUMP"' not in grammar_of("scan", "dax: jump")
    assert grammar_of("smiles", "") == "" == grammar_of("scan", "")
    with pytest.raises(UserError, match="--constrain works inside"):
        open_backend(endpoints=["http://host/v1"], constrain=True)
