"""The reward: times in every form, every hole of the released reward, one verdict for everything else."""

from __future__ import annotations

import string
from random import Random

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collection.procedures.answer_amounts import Time
from collection.procedures.answer_times import MAX_LENGTH, Fault, read_time
from collection.procedures.instance import Step
from collection.procedures.verifier import Gold, Judgement, ProcedureReward, gold_of, judge, last_answer
from symbol_llm.errors import UserError
from tests.collection.procedures.plans import BREAD, plan_of, timed

EIGHTY = "[datetime.timedelta(seconds=4800), datetime.timedelta(seconds=4800)]"
DAY = 86_400
GOLD = gold_of(EIGHTY)


def tagged(answer: str) -> str:
    return f"Steps 1 and 3 take 10 + 70 minutes.\n<answer>{answer}</answer>"


# What the released reward takes, and what it does not though it is right.
TAKEN = ["80 min", "1 hour and 20 minutes", "4800 seconds", "10 + 70 = 80 minutes"]
HOLES = ["1 hr 20 min", "80min", "1h 20min", "1:20", "one hour and twenty minutes", "an hour and 20 minutes"]
OTHERS = [
    "1.3333 hours", "1.33 hours", "1.333 h", "1h20m", "1h20", "1 h. 20 min.", "80 minutes.", "80 mins", "80m", "80 M",
    "Eighty minutes", "4,800 s", "1:20:00", "80:00 min", "1:20 hours", "1 hour, 20 minutes", "1 hour + 20 minutes",
    "20 minutes and 1 hour", "80 minutes (1 hour 20 minutes)", "The shortest possible time is 80 minutes.",
    "80 minutes = 1 hour 20 minutes", "\\boxed{80\\text{ minutes}}", "**80 minutes**", "$80$ min", "`80 min`",
    "10 min + 70 min = 80 min", "10 min + 70 min", "10 + 20 + 50 minutes", "max(70 min, 80 min) = 80 min",
    "1 and 1/3 hours", "1 1/3 hours", "1⅓ hours", "80-minute", "80 minutes or 1 hour 20 minutes", "about 80 minutes",
    "~80 min", "≈ 80 min", "T = 80 min", "８０ min", "eighty-minutes", "Total time: 80 minutes",
    "step 1 -> step 3: 80 minutes", "Steps 1, 3 and 5 take 80 minutes", "START → 1 → 3 → END, 80 minutes",
    "80 minutes to complete", "- 80 min", "Answer - 80 min", "sixty minutes plus twenty minutes", "\n80\nmin\n",
    "80 min equals 1 hour and 20 minutes", "80 min 0 sec",
]  # fmt: skip


@pytest.mark.parametrize("answer", [*TAKEN, *HOLES, *OTHERS])
def test_eighty_minutes(answer: str) -> None:
    assert judge(tagged(answer), GOLD) is Judgement.CORRECT
    assert judge(tagged(answer), gold_of({"low": 4_920, "high": 4_920})) is Judgement.WRONG


def test_a_bare_number_counts_where_only_one_unit_can_be_meant() -> None:
    assert judge(tagged("80"), GOLD) is Judgement.NO_UNIT
    assert judge(tagged("80"), gold_of(EIGHTY, "min")) is Judgement.CORRECT
    assert judge(tagged("10 + 70 = 80"), gold_of(EIGHTY, "min")) is Judgement.CORRECT
    assert judge(tagged("80"), gold_of(EIGHTY, "hour")) is Judgement.WRONG
    assert judge(tagged("70 80"), gold_of(EIGHTY, "min")) is Judgement.CONTRADICTORY
    assert judge(tagged("9"), gold_of(timed(4, 9))) is Judgement.CORRECT
    assert judge(tagged("70"), gold_of(BREAD)) is Judgement.NO_UNIT
    assert judge(tagged("80.0"), gold_of(80.0)) is Judgement.CORRECT


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("an hour and a half", 5_400), ("one and a half hours", 5_400), ("1½ h", 5_400), ("1.5 hours", 5_400),
        ("hour and a half", 5_400), ("1 hour and a half", 5_400), ("1 1/2 hours", 5_400), ("ninety minutes", 5_400),
        ("1 and a half hours", 5_400), ("an hour and a quarter", 4_500), ("half an hour", 1_800), ("half hour", 1_800),
        ("a half hour", 1_800), ("0.5 h", 1_800), (".5 h", 1_800), ("1/2 hour", 1_800), ("a quarter of an hour", 900),
        ("three quarters of an hour", 2_700), ("half a day", DAY // 2), ("two and a half days", 216_000),
        ("a day", DAY), ("a couple of hours", 7_200), ("one hundred and twenty minutes", 7_200),
        ("a hundred seconds", 100), ("two thousand one hundred and five seconds", 2_105),
        ("twenty-five minutes", 1_500),
        ("2 weeks 3 days", 17 * DAY), ("a fortnight", 14 * DAY), ("1,440 minutes", DAY), ("0 minutes", 0),
        ("1.2e+03 min", 72_000), ("5e-1 min", 30),
        ("zero minutes", 0), ("1 day, 8 hours, 5 min", 115_500), ("2 hrs 30 mins 15 secs", 9_015),
        ("1d 2h 3m 4s", 93_784),
        ("the second step takes 5 minutes", 300), ("5 minutes 30", 330), ("3 wks", 21 * DAY),
    ],
)  # fmt: skip
def test_times_in_words_and_figures(text: str, seconds: int) -> None:
    assert read_time(text) == (seconds, seconds, 0)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("1 month", 28, 31), ("2 months", 56, 62), ("1 mo", 28, 31), ("1 year", 365, 366), ("12 months", 365, 366),
        ("13 months", 393, 397), ("1 year and 1 month", 393, 397), ("1.5 years", 365 + 168, 366 + 186),
        ("28 to 31 days", 28, 31), ("28-31 days", 28, 31), ("28–31 days", 28, 31), ("between 28 and 31 days", 28, 31),
        ("4 weeks to 31 days", 28, 31), ("1 month and 2 days", 30, 33), ("half a year", 168, 186),
    ],
)  # fmt: skip
def test_intervals(text: str, low: int, high: int) -> None:
    assert read_time(text) == (low * DAY, high * DAY, 0)


@pytest.mark.parametrize(
    ("answer", "judgement"),
    [
        ("1 month and 2 days", Judgement.CORRECT),
        ("2 days and 1 month", Judgement.CORRECT),
        ("30 to 33 days", Judgement.CORRECT),
        ("31 days", Judgement.CORRECT),
        ("1 month", Judgement.WRONG),  # the released reward takes it: 31 days lie between 30 and 33
        ("33 to 60 days", Judgement.WRONG),  # and this
        ("1 to 100 days", Judgement.WRONG),
        ("34 days", Judgement.WRONG),
    ],
)
def test_gold_with_a_month(answer: str, judgement: Judgement) -> None:
    gold = gold_of("[datetime.timedelta(days=30), datetime.timedelta(days=33)]")
    assert gold == gold_of(plan_of([Step("1", "1 month"), Step("2", "2 days")], [("1", "2")]))
    assert judge(tagged(answer), gold) is judgement


def test_months_and_years_are_not_days() -> None:
    assert judge(tagged("1 month"), gold_of({"low": 28 * DAY, "high": 28 * DAY})) is Judgement.WRONG
    assert judge(tagged("12 months"), gold_of(plan_of([Step("1", "1 year")], []))) is Judgement.CORRECT
    assert judge(tagged("1 year and 2 months"), gold_of(plan_of([Step("1", "14 months")], []))) is Judgement.CORRECT
    assert judge(tagged("52 weeks"), gold_of(plan_of([Step("1", "1 year")], []))) is Judgement.WRONG


@pytest.mark.parametrize(
    ("answer", "judgement"),
    [
        # contradictions: two times, two units
        ("80 min = 2 hours", Judgement.CONTRADICTORY),
        ("80 minutes (2 hours)", Judgement.CONTRADICTORY),
        ("80 min hours", Judgement.CONTRADICTORY),
        ("80 minutes/hours", Judgement.CONTRADICTORY),
        ("1:20 days", Judgement.CONTRADICTORY),
        ("80 or 90 minutes", Judgement.CONTRADICTORY),
        ("80 minutes or 90 minutes", Judgement.CONTRADICTORY),
        ("70 min, 80 min", Judgement.CONTRADICTORY),
        ("80, 90 minutes", Judgement.CONTRADICTORY),
        ("60 minutes and 20 minutes", Judgement.CONTRADICTORY),
        ("90 - 10 minutes", Judgement.CONTRADICTORY),
        # prose: times in it are not added up
        ("10 minutes for mixing, then 70 minutes for baking", Judgement.CONTRADICTORY),
        ("I do not know", Judgement.NO_TIME),
        ("as long as the oven needs", Judgement.NO_TIME),
        ("80 bananas", Judgement.NO_UNIT),
        ("The answer: " + "x" * MAX_LENGTH + " 80 min", Judgement.NO_TIME),
        ("", Judgement.NO_ANSWER),
        (" ", Judgement.NO_ANSWER),
        ("minutes", Judgement.NO_TIME),
        ("...", Judgement.NO_TIME),
        # no times at all
        ("-80 min", Judgement.NO_TIME),
        ("80/0 min", Judgement.NO_TIME),
        ("9" * 30 + " min", Judgement.NO_TIME),
        # not said exactly
        ("not 80 minutes", Judgement.INEXACT),
        ("at least 80 minutes", Judgement.INEXACT),
        ("more than 80 minutes", Judgement.INEXACT),
        ("< 80 minutes", Judgement.INEXACT),
        ("it can't be 80 minutes", Judgement.INEXACT),
        # wrong
        ("79 minutes", Judgement.WRONG),
        ("1.3 hours", Judgement.WRONG),
        ("1.2 hours", Judgement.WRONG),
        ("1.34 hours", Judgement.WRONG),
        ("80 months", Judgement.WRONG),
        ("80 sec", Judgement.WRONG),
        ("70 to 90 minutes", Judgement.WRONG),
    ],
)
def test_everything_else_has_one_verdict(answer: str, judgement: Judgement) -> None:
    assert judge(tagged(answer), GOLD) is judgement


@pytest.mark.parametrize(
    ("completion", "judgement"),
    [
        ("80 min", Judgement.NO_ANSWER),
        ("<answer>80 min", Judgement.NO_ANSWER),
        ("80 min</answer>", Judgement.NO_ANSWER),
        ("</answer>80 min<answer>", Judgement.NO_ANSWER),
        ("", Judgement.NO_ANSWER),
        ("<answer>5 min</answer> no, <answer>80 min</answer>", Judgement.CORRECT),
        ("<answer>80 min</answer> no, <answer>5 min</answer>", Judgement.WRONG),
        ("<answer>80 min</answer> no, <answer>", Judgement.NO_ANSWER),  # cut off while it changed its mind
        ("<answer>5 min <answer>80 min</answer>", Judgement.CORRECT),
        ("<ANSWER>80 MIN</ANSWER>", Judgement.CORRECT),
        ("<answer>80 min</Answer>", Judgement.CORRECT),
        ("<answer>80 min</answer></answer>", Judgement.CORRECT),
        ("<answer>80 min</answer>\nThat took long: 5 min.", Judgement.CORRECT),
    ],
)
def test_only_the_last_tagged_answer_counts(completion: str, judgement: Judgement) -> None:
    assert judge(completion, GOLD) is judgement


ASK = "Then, encode your final answer in <answer></answer> (e.g. <answer>1 min</answer>)"


def test_the_prompts_example_is_never_the_answer() -> None:
    one = "[datetime.timedelta(seconds=60), datetime.timedelta(seconds=60)]"
    reward = ProcedureReward()
    # The released reward cut the first prompt's length off every row, and so scored prompts.
    prompts = [f"short {ASK}", f"{'a much longer prompt ' * 20} {ASK}"]
    assert reward(prompts=prompts, completions=["no idea", "no idea"], answer=[one, one]) == [0.0, 0.0]
    assert reward(prompts=prompts, completions=["<answer>1 min</answer>"] * 2, answer=[one, one]) == [1.0, 1.0]
    for echo in (ASK, "… in <answer></answer> (e.g., <answer>1 min</answer>).", "(e.g. <answer>1 min</answer>)"):
        assert judge(echo, gold_of(one)) is Judgement.NO_ANSWER
        assert judge(f"<answer>1 minute</answer> is asked: {echo}", gold_of(one)) is Judgement.CORRECT
    code = "encode the output of the function in <answer></answer> (e.g. <answer>1</answer>)."
    assert judge(code, gold_of(1.0)) is Judgement.NO_ANSWER
    assert last_answer(f"{ASK}\nSo <answer>9 min</answer>") == "9 min"


def test_code_answers_are_minutes() -> None:
    gold = gold_of(80.17)  # 80 minutes and 10 seconds, rounded
    for answer in ("80.17", "80.17 minutes", "80 min 10 s", "1 hour, 20 minutes and 10 seconds"):
        assert judge(tagged(answer), gold) is Judgement.CORRECT, answer
    assert judge(tagged("81"), gold) is Judgement.WRONG
    assert judge(tagged("80"), gold) is Judgement.WRONG


@pytest.mark.parametrize(
    "answer",
    [
        EIGHTY,
        "[datetime.timedelta(seconds=4800), datetime.timedelta(minutes=80)]",
        {"low": 4800.0, "high": 4800.0},
        '{"low": 4800, "high": 4800}',
        80.0,
        80,
        "80.0",
        timed(80),
    ],
)
def test_gold_in_every_form(answer: object) -> None:
    assert gold_of(answer)[:2] == (4_800, 4_800)


def test_gold_times_of_days_and_nothing() -> None:
    assert gold_of("[datetime.timedelta(0), datetime.timedelta(days=1, seconds=5)]") == Gold(0, DAY + 5)
    assert gold_of("[datetime.timedelta(microseconds=500000), datetime.timedelta(seconds=1)]").low * 2 == 1


@pytest.mark.parametrize(
    "answer",
    [
        "[__import__('os').getcwd(), 1]",
        "[datetime.timedelta(seconds=__import__('os').getpid()), datetime.timedelta(0)]",
        "[datetime.timedelta(parsecs=1), datetime.timedelta(parsecs=1)]",
        "[datetime.timedelta(seconds=-1), datetime.timedelta(0)]",
        "[datetime.timedelta(seconds=2), datetime.timedelta(seconds=1)]",
        "[datetime.timedelta(days=99999999999), datetime.timedelta(days=99999999999)]",
        "80 minutes",
        "",
        None,
        True,
        float("nan"),
        float("inf"),
        {"low": 1},
        {"low": "1", "high": "2"},
        [1, 2],
    ],
)
def test_bad_gold_is_refused_and_never_evaluated(answer: object) -> None:
    with pytest.raises(UserError, match="is no gold time"):
        gold_of(answer)


def test_the_reward_of_a_trainer() -> None:
    reward = ProcedureReward()
    talk = [{"role": "user", "content": ASK}, {"role": "assistant", "content": "<answer>80min</answer>"}]
    answers = [EIGHTY, {"low": 4800, "high": 4800}, EIGHTY, EIGHTY, "no label", 80.0]
    completions = [talk, "<answer>1:20</answer>", "<answer>80</answer>", "", "<answer>80 min</answer>", []]
    rewards = reward(prompts=[ASK] * 6, completions=completions, answer=answers, unit=["", "", "min", None, "", ""])
    assert rewards == [1.0, 1.0, 1.0, 0.0, None, 0.0]
    assert reward.outcomes == {"correct": 3, "no_answer": 2, "gold_error": 1}
    assert reward.__name__ == "procedure_reward"
    assert ProcedureReward(gold="label")(prompts=[""], completions=[tagged("80 min")], label=[EIGHTY]) == [1.0]
    with pytest.raises(UserError, match="no column 'answer'"):
        reward(prompts=[""], completions=[""])
    with pytest.raises(ValueError):
        reward(prompts=[""], completions=["", ""], answer=[EIGHTY])


def test_the_answer_of_a_record_is_a_gold_time() -> None:
    from collection.sources.procedures import PROCEDURES_NATURAL

    row = next(PROCEDURES_NATURAL.read_some(None, 0, limit=1))  # type: ignore[arg-type]
    example = PROCEDURES_NATURAL.to_example(row, None)  # type: ignore[arg-type]
    gold = gold_of(orjson.dumps(example.answer).decode())
    assert judge(example.completion, gold) is Judgement.CORRECT


@given(st.integers(1, 50), st.integers(0, 59), st.integers(0, 59))
def test_any_exact_time_in_several_forms(hours: int, mins: int, secs: int) -> None:
    total = 3_600 * hours + 60 * mins + secs
    for text in (
        f"{hours} hours {mins} minutes {secs} seconds",
        f"{hours}h{mins}m{secs}s",
        f"{hours}:{mins:02}:{secs:02}",
        f"{total} sec",
        f"{total:,} seconds",
        f"{hours * 3600} s + {60 * mins + secs} s = {total} s",
        f"{mins} min + {hours} h and {secs} s",
        f"{total}/60 minutes",
    ):
        assert read_time(text) == (total, total, 0), text


@given(st.text(alphabet=string.printable + "½⅓–−≈→８²", max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert isinstance(read_time(text), Time | Fault)
    assert isinstance(judge(f"<answer>{text}</answer>", GOLD), Judgement)


@pytest.mark.full
def test_fuzz() -> None:
    rng = Random(0)
    words = (
        "1 80 1.5 1/2 ½ one eighty hundred thousand a an half quarter couple of and to or between min minutes hour h s "
        "days month years - + = * ( ) , . : 1:20 <answer> </answer> (e.g. -> second \\boxed{ } $"
    )
    parts = (*words.split(), "\x00", chr(0xD800), "\u202e", "10 min", "1 hour")
    for _ in range(30_000):
        text = rng.choice(("", " ")).join(rng.choices(parts, k=rng.randint(0, 14)))
        found = read_time(text, rng.choice(("", "min")))
        assert isinstance(found, Fault) or (0 <= found.low <= found.high and found.slack >= 0), text
        assert isinstance(judge(text, GOLD), Judgement)
    for long in ("<answer>" * 100_000, "1 and " * 200_000, "<answer>" + "1 " * 400_000 + "</answer>"):
        assert judge(long, GOLD) in (Judgement.NO_ANSWER, Judgement.NO_TIME)
