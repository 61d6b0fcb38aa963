"""The picture of the crowds: where the marks of an operation meet, its price is the same."""

from pathlib import Path
from typing import Final

import matplotlib as mpl

from bench.scale_report import PICTURE, ScaleReport, by_call

_COLOURS: Final = ("#b9c4d0", "#7fa6cc", "#1f4e79")


def draw(report: ScaleReport, path: Path = PICTURE) -> None:
    """Draw one panel a store, one line an operation, and one mark a dataset."""
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "poolhouse"  # the same picture for the same numbers
    from matplotlib import pyplot  # noqa: PLC0415 - after the choice of what draws

    stores = list(dict.fromkeys(each.store for each in report.results))
    calls = list(dict.fromkeys(each.call for each in report.results))
    sizes = sorted({each.users for each in report.results})
    figure, panels = pyplot.subplots(
        1,
        len(stores),
        figsize=(4.2 * len(stores) + 2.4, 0.22 * len(calls) + 1.4),
        sharey=True,
        squeeze=False,
    )
    found = by_call(report.results)
    for panel, store in zip(panels[0], stores, strict=True):
        for place, call in enumerate(calls):
            some = found[store, call]
            panel.plot([each.cpu for each in some], [place] * len(some), color="#dddddd", zorder=1)
        for size, colour in zip(sizes, _COLOURS, strict=False):
            marks = [each for each in report.results if (each.store, each.users) == (store, size)]
            panel.scatter(
                [each.cpu for each in marks],
                [calls.index(each.call) for each in marks],
                color=colour,
                s=26,
                label=f"{size:,} users",
            )
        panel.set_title(store, fontsize=10)
        panel.set_xlim(left=0)
        panel.set_xlabel("µs of CPU a request")
        panel.spines[["top", "right"]].set_visible(False)
    panels[0][0].set_yticks(range(len(calls)), calls, fontsize=8)
    panels[0][0].invert_yaxis()
    panels[0][0].legend(frameon=False, fontsize=8, loc="upper right")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
