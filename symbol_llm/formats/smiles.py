r"""SMILES of molecules, e.g. ``C[C@H](N)C(=O)O`` (L-alanine).

Our own reader follows OpenSMILES to the letter and gives positions, which RDKit does not: tokens, bracket atoms,
branches, paired ring closures. RDKit then decides whether it is a molecule (valences, aromaticity). The canonical
form is RDKit's canonical isomeric SMILES; two SMILES are equivalent if it is the same.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NoReturn

from symbol_llm.errors import EngineMissing, SymbolError
from symbol_llm.formats.base import EMPTY, Context, Format, Score, Verdict

if TYPE_CHECKING:
    from rdkit.Chem import Mol

# (kind, text): kind is atom, bond, ring, open, close or dot.
Token = tuple[str, str]
Tree = tuple[Token, ...]

# The longest SMILES of ChEBI-20 has about 1,500 characters; RDKit's canonical ranking is superlinear.
MAX_LENGTH = 5_000
_MOST_KEPT, _LONGEST_KEPT = 10_000, 40  # atoms in brackets; their characters

_NAMES = """
    H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr
    Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt
    Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc
    Lv Ts Og"""
ELEMENTS = frozenset(_NAMES.split())
_SYMBOLS = ELEMENTS | frozenset(["b", "c", "n", "o", "p", "s", "se", "as", "te", "*"])
_TOKEN = re.compile(r"Cl|Br|[BCNOPSFIbcnops*]|\[[^\[\]]*\]|[-=#$:/\\]|[0-9]|%[0-9]{2}|[().]")
_KINDS = {
    "atom": ["Cl", "Br", *"BCNOPSFIbcnops*"],
    "bond": [*"-=#$:/\\"],
    "ring": [*"0123456789", *(f"%{number:02}" for number in range(100))],
    "open": ["("],
    "close": [")"],
    "dot": ["."],
}
# All tokens but the atoms in brackets.
_TOKENS: dict[str, Token] = {token: (kind, token) for kind, tokens in _KINDS.items() for token in tokens}
_BRACKET = re.compile(
    r"\[(?P<isotope>[0-9]{1,3})?(?P<symbol>[A-Z][a-z]?|se|as|te|[bcnops]|\*)"
    r"(?P<chiral>@(?:@|TH[12]|AL[12]|SP[123]|TB(?:20|1[0-9]|[1-9])|OH(?:30|[12][0-9]|[1-9]))?)?"
    r"(?P<hydrogens>H[0-9]?)?(?P<charge>\+\+|--|[+-](?:1[0-5]|[0-9])?)?(?P<map>:[0-9]{1,4})?\]"
)


class Smiles(Format[Tree]):
    name = "smiles"
    grammar = "OpenSMILES 1.0 (opensmiles.org)"
    metric = "EM"

    @property
    def engine(self) -> str:
        return _engine()

    def parse(self, text: str) -> Tree:
        tokens = _plain_tokens(text)
        if tokens is None:
            return _Reader(text).read()
        return tuple([_TOKENS.get(token) or ("atom", token) for token in tokens])

    def render(self, tree: Tree) -> str:
        return "".join(token for _, token in tree)

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """RDKit's canonical isomeric SMILES. Raises SymbolError also where only RDKit refuses the molecule."""
        self.parse(text)
        result, reason = _canonical(text)
        if result is None:
            raise SymbolError(text, 0, "a molecule that RDKit can sanitise", reason)
        return result

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether RDKit reads and sanitises it; the empty string, which RDKit takes, is refused."""
        if _plain_tokens(text) is None:
            try:
                _Reader(text).read()
            except SymbolError as error:
                return Verdict(False, self.engine, str(error))
        if _molecule(text) is None:
            return Verdict(False, self.engine, _refusal(text))
        return _sanitised()

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """Same canonical isomeric SMILES: stereo, isotopes and charges count, tautomers differ."""
        try:
            first, second = self.canonical(a), self.canonical(b)
        except SymbolError as error:
            return Verdict(None, self.engine, str(error))
        if first == second:
            return Verdict(True, self.engine, f"same canonical SMILES {first}")
        return Verdict(False, self.engine, f"canonical SMILES differ: {first} and {second}")

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        return score_molecule(self, prediction, reference)


def score_molecule(language: Format[Any], prediction: str, reference: str) -> Score:
    """EM is exact string match; ``is_equivalent`` tells whether it is the same molecule."""
    prediction, reference = prediction.strip(), reference.strip()
    is_exact, is_parsed = prediction == reference, language.parses(prediction)
    same = language.equivalent(prediction, reference).holds
    if not language.accepts(prediction):  # what is no molecule is not this molecule
        same = False if language.accepts(reference) else None
    return Score(language.metric, float(is_exact), is_exact, is_parsed, same)


def similarity(a: str, b: str) -> float | None:
    """Tanimoto similarity, 0..1, of the Morgan fingerprints (radius 2, 2048 bits); None if one is no molecule.

    The measure of MolT5 (Edwards et al. 2022), which averages it over the pairs where both are valid.
    """
    _engine()
    from rdkit import DataStructs
    from rdkit.Chem import rdFingerprintGenerator

    molecules = [_molecule(text) if Smiles().parses(text) else None for text in (a, b)]
    if molecules[0] is None or molecules[1] is None:
        return None
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    first, second = (generator.GetFingerprint(molecule) for molecule in molecules)
    return float(DataStructs.TanimotoSimilarity(first, second))


@cache
def _engine() -> str:
    try:
        from rdkit import rdBase
    except ImportError as error:
        raise EngineMissing("RDKit", "pip install rdkit") from error
    return f"RDKit {rdBase.rdkitVersion}"


@cache
def _sanitised() -> Verdict:
    return Verdict(True, _engine(), "sanitised")


@cache
def _rdkit() -> tuple[Any, Any]:
    """RDKit's reader, and what keeps it from printing."""
    _engine()
    from rdkit import Chem, rdBase

    return Chem.MolFromSmiles, rdBase.BlockLogs


def _molecule(text: str) -> Mol | None:
    read, silence = _rdkit()
    with silence():
        return read(text)


@lru_cache(maxsize=4_096)
def _canonical(text: str) -> tuple[str | None, str]:
    """Canonical isomeric SMILES, or None and why RDKit refuses."""
    _engine()
    from rdkit import Chem, rdBase

    molecule = _molecule(text)
    if molecule is None:
        return None, _refusal(text)
    with rdBase.BlockLogs():
        style: Any = Chem.SmilesWriteParams()  # RDKit's type stubs say nothing of its attributes
        style.includeDativeBonds = False  # ``->`` to a metal is RDKit's own notation, no part of OpenSMILES
        result = Chem.MolToSmiles(molecule, style)
        # Reading the result again may drop a stereo mark that the first pass still carried.
        for _ in range(4):
            again = Chem.MolFromSmiles(result)
            following = result if again is None else Chem.MolToSmiles(again, style)
            if following == result:
                break
            result = following
    return result, ""


def _refusal(text: str) -> str:
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        raw = Chem.MolFromSmiles(text, sanitize=False)
        if raw is None:
            return "RDKit cannot read it as SMILES"
        problems = [problem.Message() for problem in Chem.DetectChemistryProblems(raw)]
    return "RDKit refuses the molecule: " + ("; ".join(problems) or "sanitisation failed")


class _Letters(dict[str, str]):
    """One letter for each kind of token: that of its kind, a ring's own digit, x for a bracket that is no atom."""

    def __missing__(self, token: str) -> str:
        letter = "a" if _bracket_fault(token) is None else "x"
        if len(self) < _MOST_KEPT and len(token) <= _LONGEST_KEPT:
            self[token] = letter
        return letter


_LETTERS = _Letters({token: token if token.isdigit() else kind[0] for token, (kind, _) in _TOKENS.items()})
# By these letters: what may not begin, follow, or end. Rings with a bond or two digits are left to _Reader.
_NOT_PLAIN = re.compile("[xr]|b[0-9]|(?:^|[db])[bd]|(?:^|[odc])[0-9]|(?:^|[odb])[oc]|[bd]$")
_DEEPER = {"o": 1, "c": -1}


def _plain_tokens(text: str) -> list[str] | None:
    """The tokens of a text without a fault; None says nothing, for then _Reader reads it and finds the fault."""
    tokens = _TOKEN.findall(text) if len(text) <= MAX_LENGTH else []
    letters = "".join(map(_LETTERS.__getitem__, tokens))
    # findall leaves out what does not match.
    if not letters or _NOT_PLAIN.search(letters) or len("".join(tokens)) != len(text):
        return None
    if any([letters.count(ring) % 2 for ring in "0123456789"]):
        return None
    if "o" in letters or "c" in letters:
        depths = list(accumulate([_DEEPER[mark] for mark in _BRANCHES.findall(letters)]))
        if depths[-1] != 0 or min(depths) < 0:
            return None
    return tokens


_BRANCHES = re.compile("[oc]")


def _do_bonds_agree(one: str, other: str) -> bool:
    """Whether the two ends of a ring may name these bonds. Direction marks describe each end for itself."""
    return not one or not other or one == other or {one, other} <= {"/", "\\"}


def _bracket_fault(token: str) -> tuple[int, str] | None:
    """Where in a bracket atom there is a fault, and what was expected."""
    match = _BRACKET.fullmatch(token)
    if match is None:
        return 0, "a bracket atom: [isotope symbol chirality hydrogens charge :class]"
    return None if match["symbol"] in _SYMBOLS else (match.start("symbol"), "the symbol of an element")


class _Reader:
    """One pass over the tokens with a stack of open branches and a table of open rings, which finds the fault."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = []
        self.branches: list[int] = []
        self.rings: dict[int, tuple[int, str]] = {}  # ring number -> position, bond

    def read(self) -> Tree:
        if not self.text:
            self._fail(0, "an atom")
        if len(self.text) > MAX_LENGTH:
            self._fail(MAX_LENGTH, f"at most {MAX_LENGTH} characters")
        at, last = 0, "start"
        for token in self._split():
            known = _TOKENS.get(token)
            if known is None:
                self._bracket(token, at)
                known = ("atom", token)
            elif known[0] != "atom":  # a bare atom may stand anywhere
                self._take(known[0], token, at, last)
            self.tokens.append(known)
            at, last = at + len(token), known[0]
        if at < len(self.text):
            self._unknown(at, last)
        if last in ("bond", "dot"):
            self._fail(at, "an atom after the bond" if last == "bond" else "an atom after the '.'")
        if self.branches:
            self._fail(self.branches[-1], "a ')' that closes this branch")
        if self.rings:
            position, _ = min(self.rings.values())
            self._fail(position, "a second ring closure with this number")
        return tuple(self.tokens)

    def _split(self) -> list[str]:
        """The tokens up to the first character that begins none."""
        tokens = _TOKEN.findall(self.text)
        if len("".join(tokens)) < len(self.text):  # findall leaves out what does not match
            gap = 0
            while match := _TOKEN.match(self.text, gap):
                gap = match.end()
            tokens = _TOKEN.findall(self.text, 0, gap)
        return tokens

    def _fail(self, at: int, expected: str) -> NoReturn:
        raise SymbolError(self.text, at, expected)

    def _unknown(self, at: int, last: str) -> NoReturn:
        mark = self.text[at]
        if mark.isspace():
            self._fail(at, "no white space")
        if mark == "[":
            self._fail(at, "a ']' that closes the bracket atom")
        self._fail(at, "two digits after '%'" if mark == "%" else "an atom" if last == "start" else "an atom or a bond")

    def _take(self, kind: str, token: str, at: int, last: str) -> None:
        starts = last in ("start", "open", "dot", "bond")
        if kind == "bond":
            if starts and last != "open":
                self._fail(at, "an atom")
        elif kind == "ring":
            if (starts and last != "bond") or last == "close":
                self._fail(at, "an atom")
            bond = self.tokens[-1][1] if last == "bond" else ""
            self._ring(int(token.lstrip("%")), bond, at)
        elif kind == "open":
            if starts:
                self._fail(at, "an atom before the branch")
            self.branches.append(at)
        elif kind == "close":
            if not self.branches:
                self._fail(at, "no ')' without its '('")
            if starts:
                self._fail(at, "an atom")
            self.branches.pop()
        elif starts and last != "open":  # a dot
            self._fail(at, "an atom")

    def _ring(self, number: int, bond: str, at: int) -> None:
        if number not in self.rings:
            self.rings[number] = (at, bond)
            return
        _, before = self.rings.pop(number)
        if not _do_bonds_agree(before, bond):
            self._fail(at, f"the bond '{before}' of the other end of the ring")

    def _bracket(self, token: str, at: int) -> None:
        if fault := _bracket_fault(token):
            self._fail(at + fault[0], fault[1])
