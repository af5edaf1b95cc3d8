"""SELFIES of molecules, e.g. ``[C][C][C][=Branch1][C][=O][O]`` (propionic acid).

Every sequence of SELFIES symbols is a molecule: where a valence is used up, the rest of a branch is left out. Our
reader checks the symbols and gives positions; the selfies package decodes, RDKit sanitises. Two SELFIES are equivalent
if their molecules have the same canonical isomeric SMILES; the canonical form is the SELFIES of that SMILES.
"""

from __future__ import annotations

import re
from functools import lru_cache

from symbol_llm.errors import EngineMissing, SymbolError
from symbol_llm.formats.base import EMPTY, Context, Format, Score, Verdict
from symbol_llm.formats.smiles import ELEMENTS, Smiles, score_molecule

Tree = tuple[str, ...]  # the symbols, and "." between molecules

# A molecule of ChEBI-20 has up to about 1,000 symbols.
MAX_SYMBOLS = 3_000

_TOKEN = re.compile(r"\[[^\[\]]*\]|\.")
_SYMBOL = re.compile(
    r"\[(?:[=#]?Branch[1-3]|(?:[=#]|[-/\\][/\\]|[/\\]-)?Ring[1-3]|nop|epsilon"
    r"|[=#/\\]?[0-9]{0,3}(?P<element>[A-Z][a-z]?)@{0,2}(?:H[0-9])?(?:[+-][1-9]{1,2})?)\]"
)


class Selfies(Format[Tree]):
    name = "selfies"
    grammar = "SELFIES 2, Krenn et al. 2020 and Lo et al. 2023 (selfiesv2.readthedocs.io)"
    metric = "EM"

    @property
    def engine(self) -> str:
        return _engine()

    def parse(self, text: str) -> Tree:
        if not text:
            raise SymbolError(text, 0, "a symbol such as [C]")
        symbols: list[str] = []
        at = 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                closing = text[at] == "[" and "the ']' of this symbol"
                raise SymbolError(text, at, closing or "a symbol such as [C]")
            symbol = match[0]
            if symbol == ".":
                if not symbols or symbols[-1] == ".":
                    raise SymbolError(text, at, "a symbol before the '.'")
            else:
                known = _SYMBOL.fullmatch(symbol)
                if known is None or (known["element"] and known["element"] not in ELEMENTS):
                    shown = symbol if len(symbol) < 30 else symbol[:30] + "…"
                    raise SymbolError(text, at, "a symbol of SELFIES", f"{shown} is no symbol of SELFIES")
            symbols.append(symbol)
            if len(symbols) > MAX_SYMBOLS:
                raise SymbolError(text, at, f"at most {MAX_SYMBOLS} symbols")
            at = match.end()
        if symbols[-1] == ".":
            raise SymbolError(text, at, "a symbol after the '.'")
        return tuple(symbols)

    def render(self, tree: Tree) -> str:
        return "".join(tree)

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        """SELFIES of the canonical SMILES. Raises SymbolError also where the molecule is refused."""
        smiles = self.to_smiles(text)
        result = _encoded(smiles)
        # Encoding may lose a stereo mark that the first pass still carried.
        for _ in range(4):
            again = _encoded(self.to_smiles(result))
            if again == result:
                break
            result = again
        return result

    def to_smiles(self, text: str) -> str:
        """Canonical isomeric SMILES of the molecule. Raises SymbolError if selfies or RDKit refuses it."""
        self.parse(text)
        smiles, fault = _decoded(text)
        if fault:
            raise SymbolError(text, 0, "a molecule", fault)
        try:
            return Smiles().canonical(smiles)
        except SymbolError as error:
            raise SymbolError(text, 0, "a molecule that RDKit can sanitise", f"{smiles}: {error.message}") from error

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        """Whether selfies decodes it to at least one atom and RDKit sanitises the molecule."""
        try:
            self.parse(text)
        except SymbolError as error:
            return Verdict(False, "symbol-llm", str(error))
        smiles, fault = _decoded(text)
        if fault:
            return Verdict(False, self.engine, fault)
        if _is_molecule(smiles):
            return Verdict(True, self.engine, f"decoded: {smiles}")
        return Verdict(False, self.engine, f"{smiles}: {Smiles().accepts(smiles).reason}")

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        """The same molecule: stereo, isotopes and charges count, tautomers differ."""
        try:
            first, second = self.to_smiles(a), self.to_smiles(b)
        except SymbolError as error:
            return Verdict(None, self.engine, str(error))
        if first == second:
            return Verdict(True, self.engine, f"same canonical SMILES {first}")
        return Verdict(False, self.engine, f"canonical SMILES differ: {first} and {second}")

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        return score_molecule(self, prediction, reference)


def from_smiles(smiles: str) -> str:
    """SELFIES of a SMILES, as written.

    Raises SymbolError where SELFIES cannot say it: more bonds on an atom than its rules allow (perchlorate), or a
    stereo centre other than @ and @@.
    """
    Smiles().parse(smiles)
    return _encoded(smiles)


@lru_cache(maxsize=1)
def _engine() -> str:
    from importlib.metadata import version

    try:
        import rdkit.rdBase
        import selfies  # noqa: F401
    except ImportError as error:
        raise EngineMissing("selfies and RDKit", "pip install selfies rdkit") from error
    # selfies.__version__ lags behind the distribution.
    return f"selfies {version('selfies')}, RDKit {rdkit.rdBase.rdkitVersion}"


def _is_molecule(smiles: str) -> bool:
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        return Chem.MolFromSmiles(smiles) is not None


def _encoded(smiles: str) -> str:
    _engine()
    import selfies

    try:
        return str(selfies.encoder(smiles))
    except selfies.EncoderError as error:
        reason = next((line.strip() for line in str(error).split("\n") if line.strip()), "no reason given")
        raise SymbolError(smiles, 0, "a molecule that SELFIES can say", reason) from error
    except RecursionError as error:
        raise SymbolError(smiles, 0, "fewer branches within each other") from error


@lru_cache(maxsize=4_096)
def _decoded(text: str) -> tuple[str, str]:
    """SMILES, or the reason why there is none."""
    _engine()
    import selfies

    try:
        smiles = str(selfies.decoder(text))
    except selfies.DecoderError as error:
        return "", str(error).split("\n")[0]
    except RecursionError:
        return "", "too many branches within each other"
    return (smiles, "") if smiles else ("", "no atom is left of it")
