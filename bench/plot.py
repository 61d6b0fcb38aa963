"""The picture of the documentation: rates beside what the floors would allow."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import matplotlib as mpl

from bench.measurement import Result

PICTURE: Final = Path("docs/performance.svg")


def draw(results: Sequence[Result], path: Path = PICTURE) -> None:
    """Draw the rates of one worker on the embedded store, at the most users and connections."""
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "poolhouse"  # the same picture for the same numbers
    from matplotlib import pyplot  # noqa: PLC0415 - after the choice of what draws

    chosen = _chosen(results)
    names = [result.scenario.replace(" + ", " +\n") for result in chosen]
    places = range(len(chosen))
    figure, axes = pyplot.subplots(figsize=(8, 0.7 * len(chosen) + 1.2))
    floors = [1e6 / result.floor for result in chosen]
    axes.barh(places, floors, color="#d5dbe3", label="floor of one core")
    bars = axes.barh(
        places, [result.rate for result in chosen], height=0.5, color="#2f6fae", label="measured"
    )
    labels = [f" {result.rate:,.0f}  ({result.share:.0%})" for result in chosen]
    axes.bar_label(bars, labels, fontsize=9)
    axes.set_yticks(list(places), names)
    axes.invert_yaxis()
    axes.set_xlabel(f"a second, one worker, {chosen[0].connections} connections")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower right")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _chosen(results: Sequence[Result]) -> list[Result]:
    best = max((r.store == "sqlite", r.workers == 1, r.users, r.connections) for r in results)
    return [
        r for r in results if (r.store == "sqlite", r.workers == 1, r.users, r.connections) == best
    ]
