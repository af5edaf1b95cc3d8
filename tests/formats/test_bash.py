"""Bash: what the contract tests cannot know."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from symbol_llm.errors import EngineMissing, SymbolError
from symbol_llm.formats import get
from symbol_llm.formats.bash import template
from symbol_llm.formats.bash_syntax import MAX_LENGTH, bash, complaint, walk
from tests.formats.bad_input import check_bad_input
from tests.formats.fixture_lines import lines

BASH = get("bash")
RAW = os.environ.get("SYMBOL_LLM_RAW")


def printed(command: str, folder: Path) -> str:
    """What bash prints for a harmless command of this file."""
    ended = subprocess.run([bash()[0], "-c", command], capture_output=True, cwd=folder, env={}, text=True, check=False)
    return ended.stdout


@pytest.mark.parametrize(
    "text",
    ["touch {}", "echo $(touch {})", "x=`touch {}`", "trap 'touch {}' EXIT", "set +n; touch {}", "cat <(touch {})"],
)
def test_checking_never_executes(text: str, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    assert BASH.accepts(text.format(proof)).holds is True
    assert not proof.exists()


def test_checking_reads_no_start_up_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proof, start = tmp_path / "proof", tmp_path / "start"
    start.write_text(f"touch {proof}\n")
    monkeypatch.setenv("BASH_ENV", str(start))
    monkeypatch.setenv("BASH_FUNC_ls%%", f"() {{ touch {proof}; }}")
    complaint.cache_clear()
    assert BASH.accepts("ls").holds is True
    assert not proof.exists()


def test_missing_bash_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    bash.cache_clear()
    monkeypatch.setenv("PATH", "")
    try:
        with pytest.raises(EngineMissing, match="install bash"):
            _ = BASH.engine
    finally:
        monkeypatch.undo()
        bash.cache_clear()
    assert BASH.engine.startswith("GNU bash ")


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("ls | | wc", 5),
        ("  echo 'open", 7),
        ("sort names \\", 11),
        ("größe | |", 8),
        ("ls `a <b> | c`", 8),
        ("a\0b", 1),
    ],
)
def test_position_of_a_fault(text: str, position: int) -> None:
    with pytest.raises(SymbolError) as caught:
        BASH.parse(text)
    assert caught.value.position == position
    assert caught.value.text == text


def test_a_warning_of_bash_is_a_refusal() -> None:
    verdict = BASH.accepts("cat <<EOF\nnever closed")
    assert verdict.holds is False and "here-document" in verdict.reason


def test_bash_and_tree_sitter_complement_each_other() -> None:
    assert BASH.accepts("cd `which <tool> | xargs dirname`").holds is True  # bash does not look into backquotes
    assert not BASH.parses("cd `which <tool> | xargs dirname`")
    assert BASH.parses("ls | ! wc") and BASH.accepts("ls | ! wc").holds is False


@pytest.mark.parametrize(
    "text", ["g=`md5sum f` > f.md5", "ls !(*.bak)", "rm @(a|b)*.txt", "for f in +([0-9]); do ls; done"]
)
def test_gaps_of_the_grammar_are_closed(text: str) -> None:
    assert BASH.render(BASH.parse(text)) == text
    assert BASH.accepts(text).holds is True


def test_white_space_that_means_something_stays() -> None:
    for text in ['echo "a  b"', "echo 'a  b'", "cat <<E\n  a  $x   b\n\nE", "echo ${x:-a  b}", "echo a\\ \\ b"]:
        assert BASH.render(BASH.parse(text)) == text


def test_gap_becomes_one_blank_or_newline() -> None:
    assert BASH.render(BASH.parse("a  &&\t b |   c \\\n  d\n\n  e")) == "a && b | c d\ne"


def test_tree_tells_the_structure() -> None:
    kinds = [kind for kind, _ in walk(BASH.parse("ls | wc -l > out"))]
    assert kinds.count("command") == 2 and {"pipeline", "file_redirect"} <= set(kinds)


@pytest.mark.parametrize(
    "text",
    [
        """V=x; echo `echo a``echo b` $V\\' 'c'$V\\\\ `echo "d"`""",
        """V=x; echo 2> /dev/null `echo a``echo b`'' "$V" """,
        """echo 'a'b"c"\\ d 'e'\\''f'""",
        """echo "a" 'b c' d\\ e "it's" 'say "x"' '' "q\\"q" \\* '*'""",
        """echo "$(echo "a  b")" `echo "x y"` $(  echo z )""",
        "echo '2'>&1; echo \"3\"",
        "echo '~' {} '{a,b}' {a,b} \\$x '$x' \"a$\"",
        "echo a|cat&&echo b||echo c ;echo d",
        "x='a b'; echo $x; echo \"$x\"; for i in 'p' q; do echo \"i\" $i;done",
        "cat <<'E'\n$x  `y`\nE",
        "[ 'a' = a ] && echo same; [[ a.b =~ 'a.b' ]] && echo literal",
        "echo `echo \\`echo deep\\``",
        'echo one\\\ntwo "three\\\nfour"',
    ],
)
def test_canonical_form_does_the_same(text: str, tmp_path: Path) -> None:
    canonical = BASH.canonical(text)
    assert printed(canonical, tmp_path) == printed(text, tmp_path) != ""
    assert BASH.canonical(canonical) == canonical


def test_valid_commands_stay_valid_in_canonical_form() -> None:
    for text in lines("bash", "valid.txt"):
        assert BASH.accepts(BASH.canonical(text)).holds is True


def test_template_abstracts_arguments() -> None:
    assert template("find . -name '*.c' | xargs -n 1 grep -l main") == (
        "find",
        "-name",
        "|",
        "xargs",
        "-n",
        "grep",
        "-l",
    )
    assert template("sudo find . -exec rm -r {} \\;")[:5] == ("sudo", "find", "-exec", "rm", "-r")
    assert template("ls --color=auto '--x'") == ("ls", "--color", "--x")
    assert template("find a -type f") == template("find 'b c' -type d")


def test_score_of_a_longer_reference_and_of_an_equal_spelling() -> None:
    score = BASH.score("find . -name '*.c'", 'find .  -name "*.c"')
    assert not score.is_exact and score.is_equivalent is True and 0 < score.value <= 1
    wrong = BASH.score("ls -a", "find . -name '*.c'")
    assert wrong.is_parsed and wrong.is_equivalent is None and wrong.value < 0.3


def test_deep_nesting_ends_with_an_error() -> None:
    for text in ["$(" * 5_000 + ")" * 5_000, "(" * 10_000 + "ls" + ")" * 10_000, "{ " * 3_000 + "ls" + "; }" * 3_000]:
        with pytest.raises(SymbolError):
            BASH.parse(text)


def test_length_is_limited() -> None:
    """On "]|" again and again tree-sitter took 15 s and 1.4 GB for 20,000 characters."""
    with pytest.raises(SymbolError, match="at most 10,000 characters"):
        BASH.parse("]|" * 5_001)
    with pytest.raises(SymbolError, match="not bash syntax"):
        BASH.parse("]|" * 500)
    assert BASH.parses("echo " + "a" * (MAX_LENGTH - 5))


def test_a_canonical_form_that_would_be_too_long_keeps_its_quotes() -> None:
    text = "echo " + '"a b" ' * 1_600 + '"it\'s" ' * 40
    assert BASH.canonical(text) == BASH.canonical(BASH.canonical(text))
    longer = "echo " + '"it\'s" ' * 1_400
    assert BASH.canonical(longer) == longer.strip() == BASH.canonical(longer.strip())


@pytest.mark.parametrize("text", ["\\\n  two words", " \\\n two words", "\\\ntwo words", "\\\n\\\n \ttwo words"])
def test_a_joined_line_before_the_first_word_is_white_space(text: str) -> None:
    tree = BASH.parse(text)
    assert BASH.parse(BASH.render(tree)) == tree == BASH.parse("two words")


def test_an_escaped_blank_at_the_end_is_part_of_the_last_word() -> None:
    assert BASH.canonical("echo a\\ ") == BASH.canonical("echo 'a '") == "echo 'a '"
    assert BASH.canonical("echo a\\\\ ") == BASH.canonical("echo 'a\\'") == "echo 'a\\'"


@pytest.mark.full
def test_bad_input() -> None:
    assert check_bad_input("bash", 20_000, engine_every=5) > 1_000


@pytest.mark.raw
@pytest.mark.skipif(not RAW, reason="set SYMBOL_LLM_RAW to the folder of raw datasets")
def test_real_commands() -> None:
    assert RAW
    folder = Path(RAW) / "nl2bash"
    path = folder / "all.cm" if (folder / "all.cm").exists() else folder / "data/bash/all.cm"
    commands = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    good = [command for command in commands if BASH.parses(command)]
    assert len(good) >= 0.98 * len(commands)
    refused = 0
    for command in good:
        tree = BASH.parse(command)
        assert BASH.parse(BASH.render(tree)) == tree
        canonical = BASH.canonical(command)
        assert BASH.canonical(canonical) == canonical
        if BASH.accepts(command):
            assert BASH.accepts(canonical).holds is True
        else:
            refused += 1
    assert refused <= 0.01 * len(commands)
