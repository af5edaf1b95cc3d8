"""Definitions and names that make trouble: handled, or refused with the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from symbol_evol.distances import Renamed, all_words, key
from symbol_evol.proof import Proof, prove
from symbol_evol.reading import Reading
from symbol_evol.rename import Refused, Renaming, choose_renaming
from symbol_evol.reserved import reserved
from symbol_llm.formats import Context, Name
from symbol_llm.formats import get as get_format
from symbol_llm.record import Record
from tests.symbol_evol.examples import generated, record_of, written


def proved(record: Record, seed: int = 0, style: str = "paper") -> tuple[Renaming, Proof]:
    renaming = choose_renaming(record, style, seed)
    assert isinstance(renaming, Renaming), renaming
    proof = prove(record, renaming)
    assert isinstance(proof, Proof), proof
    return renaming, proof


def with_all(record: Record, *names: Name) -> tuple[Renaming, Proof]:
    """The first renaming of all these names, proved."""
    for seed in range(200):
        renaming = choose_renaming(record, "paper", seed)
        if isinstance(renaming, Renaming) and set(names) <= renaming.mapping.keys():
            return proved(record, seed)
    raise AssertionError(names)


def replanted(record: Record, renaming: Renaming, mapping: dict[Name, str]) -> Renaming:
    """The same renaming with other new names."""
    language = get_format(record.format)
    return replace(
        renaming,
        completion=language.render(language.rename(language.parse(record.completion), mapping)),
        context=language.rename_context(renaming.original, mapping),
        mapping=mapping,
    )


def test_definitions_of_something_else() -> None:
    record = record_of("fol", "folio", "Dog(x): x is a dog", "Tom is a cat.", "Cat(tom)")
    refused = choose_renaming(record, "paper", 0)
    assert isinstance(refused, Refused) and refused.reason == "definitions_differ"


def test_definitions_that_contradict_themselves() -> None:
    record = replace(generated("scan_generated", 1)[0], context="I_RUN: run\nI_RUN: walk")
    refused = choose_renaming(record, "paper", 0)
    assert isinstance(refused, Refused) and refused.reason == "not_readable"


def test_nothing_to_define() -> None:
    record = replace(written()[0], context="")
    refused = choose_renaming(record, "paper", 0)
    assert isinstance(refused, Refused) and refused.reason == "nothing_defined"


def test_missing_definitions_of_a_language_are_written_out() -> None:
    record = replace(generated("scan_generated", 1)[0], context="")
    renaming, _ = proved(record)
    assert "I_WALK: walk" in renaming.original.definitions


def test_a_name_that_is_in_the_symbol_alone_stays() -> None:
    record = record_of("fol", "folio", "Cat(x): x is a cat", "All cats sleep.", "∀x (Cat(x) → Sleeps(x))")
    renaming, _ = proved(record)
    assert {name.text for name in renaming.mapping} == {"Cat"} and "Sleeps(x)" in renaming.completion


def test_a_column_and_a_table_of_one_name() -> None:
    record = record_of(
        "sql",
        "spider",
        "CREATE TABLE kind (kind text, size int)",
        "Which are over 3?",
        "SELECT kind FROM kind WHERE size > 3",
    )
    table, column = Name("table", "kind"), Name("column", "kind")
    renaming, proof = with_all(record, table, column)
    assert proof.kind == "inverse + execution" and renaming.mapping[table] != renaming.mapping[column]
    assert all({table, column} <= r.mapping.keys() or not {table, column} & r.mapping.keys() for r in many(record))


def many(record: Record) -> list[Renaming]:
    found = [choose_renaming(record, "paper", seed) for seed in range(30)]
    return [renaming for renaming in found if isinstance(renaming, Renaming)]


def test_a_variable_named_like_a_predicate() -> None:
    """FOL has no such formulas, and no name may be one of its free variables."""
    record = replace(written()[2], completion="∀cat (cat(cat) → small(cat))")
    refused = choose_renaming(record, "paper", 0)
    assert isinstance(refused, Refused) and refused.reason == "not_readable" and "variable" in refused.detail
    record = record_of("fol", "folio", "", "Everybody knows Tom.", "∀y (Person(y) → Knows(y, tom))")
    language = get_format("fol")
    with pytest.raises(ValueError, match="cannot be renamed"):
        language.rename(language.parse(record.completion), {Name("constant", "tom"): "y"})


def test_an_alias_named_like_a_new_name() -> None:
    record = written()[0]  # FROM trees AS T1
    renaming = choose_renaming(record, "paper", 0)
    assert isinstance(renaming, Renaming)
    mapping = {**renaming.mapping, sorted(renaming.mapping)[0]: "t1"}
    refused = prove(record, replanted(record, renaming, mapping))
    assert isinstance(refused, Refused) and refused.reason == "collision" and "stands in the record" in refused.detail


def test_a_reserved_word_as_an_old_name() -> None:
    definitions = 'CREATE TABLE "order" (id int, "group" text)'
    record = record_of("sql", "spider", definitions, "How many?", 'SELECT COUNT(*) FROM "order" WHERE "group" > \'a\'')
    renaming, proof = with_all(record, Name("table", "order"), Name("column", "group"))
    assert proof.kind == "inverse + execution" and '"order"' not in renaming.completion


@pytest.mark.parametrize("word", ["between", "Order"])
def test_a_reserved_word_as_a_new_name(word: str) -> None:
    record = written()[0]
    renaming = choose_renaming(record, "paper", 0)
    assert isinstance(renaming, Renaming)
    mapping = {**renaming.mapping, sorted(renaming.mapping)[0]: word}
    refused = prove(record, replanted(record, renaming, mapping))
    assert isinstance(refused, Refused) and refused.reason == "collision" and "of the language" in refused.detail


def test_every_language_has_reserved_words() -> None:
    assert {"select"} <= reserved("sql") and {"define"} <= reserved("pddl") and {"i_jump"} <= reserved("scan")
    for record in written():
        assert {"and", "not"} <= reserved(record.format)


def test_names_in_string_literals_stay() -> None:
    record = written()[1]  # WHERE Kind = 'height' … MAX(height)
    renaming, proof = with_all(record, Name("column", "height"), Name("column", "kind"))
    assert "= 'height'" in renaming.completion and renaming.completion.count("height") == 1
    assert "height" in proof.words


def test_a_value_that_is_spelt_like_a_key_keeps_the_key() -> None:
    """``bicycle_parking`` as a value would be an old name in the completion."""
    record = record_of(
        "nlmaps",
        "nlmaps",
        "key amenity: amenity\nkey bicycle_parking: bicycle parking",
        "Are there racks?",
        "query(nwr(keyval('amenity','bicycle_parking'),keyval('bicycle_parking','*')),qtype(count))",
    )
    for renaming in many(record):
        assert {name.text for name in renaming.mapping} == {"amenity"}
        assert isinstance(prove(record, renaming), Proof)


def test_a_name_that_the_request_says_stays() -> None:
    record = record_of(
        "sql", "spider", "CREATE TABLE t_1 (tree_id int)", "List tree_id of t_1.", "SELECT tree_id FROM t_1"
    )
    refused = choose_renaming(record, "paper", 0)
    assert isinstance(refused, Refused) and refused.reason == "name_in_request"


def test_a_name_that_the_request_says_in_another_case_stays() -> None:
    definitions = "CREATE TABLE people (People_ID int, Height real)"
    record = record_of(
        "sql", "spider", definitions, "How tall is people_id 5?", "SELECT Height FROM people WHERE People_ID = 5"
    )
    for renaming in many(record):
        assert "People_ID" not in {name.text for name in renaming.mapping}
        assert isinstance(prove(record, renaming), Proof)


def test_spelling_in_another_case_is_the_same_name() -> None:
    record = written()[1]  # FROM Trees, while the table is trees
    renaming, proof = with_all(record, Name("table", "trees"))
    assert "trees" not in renaming.completion.lower() and proof.kind == "inverse + execution"


def test_two_names_that_look_the_same() -> None:
    record = record_of(
        "fol", "folio", "", "A city.", "City(rome) ∧ Сity(paris)"
    )  # the second begins with a Cyrillic letter
    refused = choose_renaming(record, "paper", 0)
    assert isinstance(refused, Refused) and refused.reason == "look_alikes"


def test_a_new_name_that_looks_like_an_old_word_collides() -> None:
    assert key("сity") == key("City") and key("сity") in all_words("the city")
    record = record_of("fol", "folio", "", "Ann works for the mayor.", "WorksFor(ann, boss)")
    renaming = choose_renaming(record, "paper", 0)
    assert isinstance(renaming, Renaming)
    mapping = {**renaming.mapping, sorted(renaming.mapping)[0]: "mаyor"}  # with a Cyrillic а
    refused = prove(record, replanted(record, renaming, mapping))
    assert isinstance(refused, Refused) and refused.reason == "collision"


def test_a_new_name_is_no_word_of_any_instruction() -> None:
    """The evolved prompt may draw another of the task's instructions than the record's own."""
    record = generated("scan_generated", 1)[0]
    assert "translate" not in record.prompt.lower()
    renaming = choose_renaming(record, "paper", 0)
    assert isinstance(renaming, Renaming)
    mapping = {**renaming.mapping, sorted(renaming.mapping)[0]: "translate"}
    refused = prove(record, replanted(record, renaming, mapping))
    assert isinstance(refused, Refused) and refused.reason == "collision" and "stands in the record" in refused.detail


def test_the_other_part_of_the_names_is_refused() -> None:
    record = generated("scan_generated", 1)[0]
    renaming = choose_renaming(record, "paper", 0)
    assert isinstance(renaming, Renaming)
    refused = prove(record, replace(renaming, held_out=True))
    assert isinstance(refused, Refused) and refused.reason == "collision" and "other part" in refused.detail


def test_texts_are_compared_word_by_word() -> None:
    texts = Renamed("pddl", {Name("predicate", "on"): "qk3"}, False)
    assert texts.compare("(on a b) (on-table a)", "(qk3 a b) (on-table a)") == (frozenset(), "")
    assert texts.compare("(on a b)", "(ON a b)").names == {"on"}
    assert "became" in texts.compare("(on a b)", "(qk3 a c)").fault
    assert "words" in texts.compare("(on a b)", "(qk3 a)").fault


def test_symbols_that_do_not_parse() -> None:
    record = replace(generated("scan_generated", 1)[0], completion="I_JUMP  I_JUMP")
    refused = choose_renaming(record, "paper", 0)
    assert isinstance(refused, Refused) and refused.reason == "not_readable"


def test_an_original_that_gives_no_result_is_told_from_a_wrong_one() -> None:
    record = generated("clevr_generated", 1)[0]
    renaming = choose_renaming(record, "paper", 0)
    assert isinstance(renaming, Renaming)
    broken = Context(renaming.original.definitions, {"scene": {"objects": "none"}})
    context = Context(renaming.context.definitions, broken.world)
    before = Reading(get_format("clevr"), record.completion, broken)
    refused = prove(record, replace(renaming, before=before, context=context))
    assert isinstance(refused, Refused) and refused.reason == "engine_undecided"


def test_a_style_with_fewer_names_than_the_schema_has_columns() -> None:
    columns = ", ".join(f"made_up_{number} int" for number in range(300))
    record = record_of("sql", "spider", f"CREATE TABLE t_1 ({columns})", "All?", "SELECT made_up_7 FROM t_1")
    found = [choose_renaming(record, "short", seed, held_out=True) for seed in range(6)]
    refused = [result for result in found if isinstance(result, Refused)]
    assert refused and all(r.reason == "too_few_names" and "short" in r.detail for r in refused)


def test_a_concept_that_is_spelt_like_a_relation_keeps_the_relation() -> None:
    """``ethnicGroup(Place,ethnicGroup)``: with the relation renamed, the prompt would still say the old name."""
    definitions = "Concepts: Place\nbirthPlace(Person,Place): birth place\nethnicGroup(Place,ethnicGroup): ethnic group"
    record = record_of("triples", "webnlg", definitions, "Ann was born in Rome.", "birthPlace(Ann,Rome)")
    assert {frozenset(name.text for name in renaming.mapping) for renaming in many(record)} == {
        frozenset({"birthPlace"})
    }
    proved(record)
    record = replace(record, completion="ethnicGroup(Rome,Romans)")
    refused = choose_renaming(record, "paper", 0)
    assert isinstance(refused, Refused) and refused.reason == "name_in_request"


_NUMBERED = "CREATE TABLE drivers (driver_id number PRIMARY KEY, number number)"


def test_a_column_that_is_called_like_its_type() -> None:
    record = record_of(
        "sql", "spider", _NUMBERED, "Which are over 3?", "SELECT driver_id FROM drivers WHERE number > 3"
    )
    column = Name("column", "number")
    renaming, proof = with_all(record, column)
    assert (
        proof.kind == "inverse + execution"
        and f"{renaming.mapping[column]} number -- number" in renaming.context.definitions
    )
    for seed in range(20):  # exchanged, driver_id is called number and has that type
        proved(record, seed, "shuffled")
    missed = replace(
        renaming.context, definitions=renaming.context.definitions.replace(f"{renaming.mapping[column]} ", "number ")
    )
    refused = prove(record, replace(renaming, context=missed))
    assert isinstance(refused, Refused) and refused.reason == "old_name_leaks" and "still says number" in refused.detail


def test_exchanged_names_of_which_one_needs_quotes() -> None:
    definitions = 'CREATE TABLE episodes (title text, "18_49_share" text, "rating (%)" real)'
    symbol = 'SELECT title FROM episodes WHERE "rating (%)" > 2 AND "18_49_share" = \'a\''
    record = record_of("sql", "spider", definitions, "Which?", symbol)
    for seed in range(30):  # the one table has no other, so a column is among them
        proved(record, seed, "shuffled")


def test_a_constant_with_a_plus_sign_is_defined() -> None:
    record = record_of(
        "fol", "folio", "", "Whoever gets the best grade is glad.", "∀x (Gets(x, a+) → Glad(x))\nGets(ann, a)"
    )
    renaming, _ = with_all(record, Name("constant", "a+"), Name("constant", "a"))
    assert "a+" not in renaming.completion
    for other in many(record):
        assert isinstance(prove(record, other), Proof), other
