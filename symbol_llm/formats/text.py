"""Plain language, the format of general instructions: ``Three tips for staying healthy are …``.

No grammar: any text with a visible character is accepted. Exact match after whitespace is normalised.
"""

from __future__ import annotations

from symbol_llm.errors import SymbolError
from symbol_llm.formats.base import EMPTY, Context, Format, Score, Verdict


class Text(Format[str]):
    name = "text"
    grammar = "none"
    metric = "EM"

    @property
    def engine(self) -> str:
        return "none"

    def parse(self, text: str) -> str:
        if not text.strip():
            raise SymbolError(text, 0, "a visible character")
        return text

    def render(self, tree: str) -> str:
        return tree

    def canonical(self, text: str, context: Context = EMPTY) -> str:
        return " ".join(self.parse(text).split())

    def accepts(self, text: str, context: Context = EMPTY) -> Verdict:
        return Verdict(None, self.engine, "plain text has no engine")

    def equivalent(self, a: str, b: str, context: Context = EMPTY) -> Verdict:
        same = self.canonical(a) == self.canonical(b)
        return Verdict(True if same else None, self.engine, "same words" if same else "texts differ")

    def score(self, prediction: str, reference: str, context: Context = EMPTY) -> Score:
        same = " ".join(prediction.split()) == " ".join(reference.split())
        return Score("EM", float(same), same, bool(prediction.strip()), True if same else None)
