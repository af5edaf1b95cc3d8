"""A symbol with its definitions, read once, however many steps of renaming and proof ask.

```
Reading(get("scan"), "I_JUMP I_RUN", context).names      {Name("action", "I_JUMP"), Name("action", "I_RUN")}
Reading(get("scan"), "I_JUMP I_RUN", context).defined    all six actions, with their glosses
```
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from symbol_llm.formats import Context, Format, Name


class Reading:
    """What a language says about one symbol. Every member raises SymbolError where it cannot be read."""

    def __init__(self, language: Format[Any], text: str, context: Context) -> None:
        self.language = language
        self.text = text
        self.context = context

    @cached_property
    def tree(self) -> Any:
        return self.language.parse(self.text)

    @cached_property
    def printed(self) -> str:
        """The symbol as its language prints it: comments and line breaks carry no meaning."""
        return self.language.render(self.tree)

    @cached_property
    def names(self) -> frozenset[Name]:
        """The names that the symbol uses."""
        return self.language.names(self.tree)

    @cached_property
    def defined(self) -> tuple[Name, ...]:
        """The names that the context defines."""
        return self.language.defined_names(self.context)

    @cached_property
    def glosses(self) -> frozenset[str]:
        return frozenset(name.gloss for name in self.defined)
