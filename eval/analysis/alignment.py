"""``symbol-llm analyse alignment``: where the symbols of each family lie in the hidden states of one or several models.

    injection → infusion        uniformity -0.41 → -0.92 (-0.55 … -0.48)
    SQL    200 records          alignment 0.214 (0.198 … 0.231)   uniformity -0.40     away from the others 0.61

Every model reads the same texts and every interval the same resamples, so that two models are compared pair by pair.
Beside each kind of positive pair stands what chance pairs would give: hidden states of language models fill a narrow
cone, where everything looks aligned. ``is_centred`` takes the common direction out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eval.analysis.choices import Text
from eval.analysis.chosen import Chosen
from eval.analysis.geometry import (
    Estimate,
    between,
    draw_weights,
    interval_of,
    pair_alignment,
    plane,
    positions,
    spread,
    uniformity,
    unit,
)
from eval.analysis.pictures import heat_map, scatter
from eval.store import cannot_write, write_json
from symbol_llm.errors import UserError
from symbol_llm.ledger import make_folder, write_bytes

POINTS = 600  # of the picture; the numbers are of all records
KIND = "alignment"


def analyse(
    models: Sequence[str],
    chosen: Chosen,
    embed: Callable[[str, Sequence[tuple[str, str]]], tuple[np.ndarray, dict[str, Any]]],
    *,
    text: Text = Text.SYMBOL,
    is_centred: bool = False,
    seed: int = 0,
) -> dict[str, Any]:
    """The document of the analysis. ``embed(model, texts)`` gives vectors (n, d) and facts about the model."""
    if len(set(models)) < len(models):
        raise UserError("the same --model is given twice")
    texts = [(prompt if text is Text.PAIR else "", symbol) for prompt, symbol in chosen.texts]
    weights = draw_weights(chosen.families, chosen.clusters, seed)
    pair_weights = {
        kind: draw_weights([kind] * len(pairs), [pair.cluster for pair in pairs], seed)
        for kind, pairs in chosen.pairs.items()
    }
    found, draws = [], []
    for name, model in zip(_names(models), models):
        vectors, facts = embed(model, texts)
        measured, own_draws = _measure(vectors, chosen, weights, pair_weights, is_centred)
        found.append({"name": name, "model": model, **facts, **measured})
        draws.append(own_draws)
    return {
        "kind": KIND,
        "text": str(text),
        "centred": is_centred,
        "seed": seed,
        "families": list(positions(chosen.families)),
        "models": found,
        "changes": [
            _change(found[number], found[number + 1], draws[number], draws[number + 1])
            for number in range(len(found) - 1)
        ],
        "notes": chosen.notes + _empty_kinds(chosen),
    }


def _measure(
    vectors: np.ndarray,
    chosen: Chosen,
    weights: np.ndarray,
    pair_weights: dict[str, np.ndarray],
    is_centred: bool,
) -> tuple[dict[str, Any], dict[str, Estimate]]:
    num = len(chosen.families)
    if is_centred:
        vectors = vectors - vectors[:num].mean(0)
    vectors = unit(vectors)
    x, groups = vectors[:num], positions(chosen.families)
    names, members = list(groups), list(groups.values())
    evenly = uniformity(x, members, weights)
    own = [spread(x[places], weights[:, places]) for places in members]
    matrix = [
        [own[a].value if a == b else between(x[members[a]], x[members[b]]) for b in range(len(names))]
        for a in range(len(names))
    ]
    far = [row[b] for a, row in enumerate(matrix) for b in range(len(names)) if a != b]
    pairs: dict[str, dict[str, Any]] = {}
    draws = {"uniformity": evenly.overall}
    aligned = _mean_of(own)
    draws["family"] = aligned
    pairs["family"] = {
        "pairs": sum(len(places) * (len(places) - 1) // 2 for places in members),
        **_said("alignment", aligned),
        "chance": _mean(far),
    }
    for kind, listed in chosen.pairs.items():
        if not listed:
            continue
        a, b = vectors[[pair.a for pair in listed]], vectors[[pair.b for pair in listed]]
        draws[kind] = pair_alignment(a, b, pair_weights[kind])
        pairs[kind] = {"pairs": len(listed), **_said("alignment", draws[kind]), "chance": between(a, b)}
    points, shares = plane(x)
    shown = np.unique(np.linspace(0, num - 1, min(num, POINTS)).round().astype(int))
    return {
        **_said("uniformity", evenly.overall),
        "records": num,
        "pairs": pairs,
        "by_family": [
            {
                "family": name,
                "records": len(places),
                **_said("alignment", align),
                "uniformity": even.value,
                "uniformity_interval": even.interval(),
                "others": _mean([value for b, value in enumerate(matrix[k]) if b != k]),
            }
            for k, (name, places, align, even) in enumerate(zip(names, members, own, evenly.within))
        ],
        "distance": matrix,
        "uniformity_matrix": [
            [value if np.isfinite(value) else None for value in row] for row in evenly.matrix.tolist()
        ],
        "points": [[*np.round(points[place], 5).tolist(), names.index(chosen.families[place])] for place in shown],
        "variance": [round(share, 4) for share in shares],
    }, draws


def _said(name: str, estimate: Estimate) -> dict[str, Any]:
    prefix = "" if name == "alignment" else f"{name}_"
    return {name: estimate.value, f"{prefix}interval": estimate.interval()}


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _mean_of(parts: Sequence[Estimate]) -> Estimate:
    """The plain mean over the families that have pairs: a large family counts as much as a small one."""
    with_pairs = [part for part in parts if part.value is not None]
    if not with_pairs:
        return Estimate(None, np.empty(0))
    draws = [part.draws for part in with_pairs]
    value = _mean([part.value for part in with_pairs])
    # A family of one cluster has no draws: it stands still while the others move.
    moving = [own if len(own) else None for own in draws]
    length = max((len(own) for own in draws), default=0)
    if not length:
        return Estimate(value, np.empty(0))
    filled = [own if own is not None else np.full(length, part.value) for own, part in zip(moving, with_pairs)]
    return Estimate(value, np.mean(filled, axis=0))


def _change(
    before: dict[str, Any], after: dict[str, Any], old: dict[str, Estimate], new: dict[str, Estimate]
) -> dict[str, Any]:
    """After minus before, resample by resample."""
    measures = {}
    for name in old:
        a, b = old[name], new[name]
        if a.value is None or b.value is None:
            continue
        interval = interval_of(b.draws - a.draws) if len(a.draws) == len(b.draws) else None
        measures[name] = {
            "difference": b.value - a.value,
            "interval": interval,
            "is_real": None if interval is None else not interval[0] <= 0 <= interval[1],
        }
    return {"from": before["name"], "to": after["name"], "measures": measures}


def _names(models: Sequence[str]) -> list[str]:
    """Short names for models: what tells their paths apart."""
    for depth in range(1, 8):
        names = ["/".join(Path(model).parts[-depth:]) for model in models]
        if len(set(names)) == len(names) and not (depth == 1 and set(names) == {"model"}):
            return names
    return list(models)


def _empty_kinds(chosen: Chosen) -> list[str]:
    said = {
        "formats": "no record shares its input with one of another format: pairs of formats are left out",
        "evolved": "no pairs of original and evolved record: give the folder of symbol-llm evolve with --evolved",
    }
    return [text for kind, text in said.items() if not chosen.pairs.get(kind)]


def write(document: dict[str, Any], out: Path) -> list[Path]:
    """``out``/analysis/alignment.json and two pictures per model; returns the files. Raises UserError."""
    folder = make_folder(out / "analysis")
    files = [folder / "alignment.json"]
    write_json(files[0], document)
    for number, (heat, cloud) in enumerate(pictures(document), 1):
        for kind, svg in (("distances", heat), ("plane", cloud)):
            path = folder / f"alignment-{number}-{kind}.svg"
            try:
                write_bytes(path, svg.encode("utf-8"))
            except OSError as error:
                raise cannot_write(path, error) from error
            files.append(path)
    return files


def pictures(document: dict[str, Any]) -> list[tuple[str, str]]:
    """For each model the heat map between families and the plane of its first two principal components, as SVG."""
    highest = max(
        (value for model in document["models"] for row in model["distance"] for value in row if value is not None),
        default=1.0,
    )
    drawn = []
    for model in document["models"]:
        x, y = (f"component {k}, {100 * share:.0f} % of variance" for k, share in enumerate(model["variance"], 1))
        drawn.append(
            (
                heat_map(
                    document["families"], model["distance"], f"mean squared distance: {model['name']}", highest or 1.0
                ),
                scatter(document["families"], model["points"], f"hidden states: {model['name']}", x, y),
            )
        )
    return drawn
