"""EM, the metric of many languages, and beside it whether prediction and reference mean the same.

```
exact_match(get("clevr"), "count( scene() )", "count(scene())", EMPTY)     value 0.0, is_equivalent True
```
"""

from __future__ import annotations

from typing import Any

from symbol_llm.formats.base import Context, Format, Score


def exact_match(language: Format[Any], prediction: str, reference: str, context: Context) -> Score:
    """EM of the texts but for blanks around them.

    Where the reference does not parse, nothing is known of equivalence; where only the prediction does not, it is none.
    """
    is_exact, is_parsed = prediction.strip() == reference.strip(), language.parses(prediction)
    if not language.parses(reference):
        is_equivalent = None
    else:
        is_equivalent = language.equivalent(prediction, reference, context).holds if is_parsed else False
    return Score(language.metric, float(is_exact), is_exact, is_parsed, is_equivalent)
