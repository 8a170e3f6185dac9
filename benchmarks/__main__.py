"""``python -m benchmarks [NAME ...]`` prints the speed table; ``-o FILE`` also writes it as Markdown."""

import argparse
import importlib
import platform
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

from benchmarks.rows import Row

HERE = Path(__file__).parent
PAGE = """# Speed

`make bench` prints this table on your machine, every opponent on the same data in the same run.
"""
NOTES = """
## Where a goal is missed, and why

- A map of 10,000 parcels: about 0.4 s of opening a page go into what does not grow with the parcels (Chinese type, the
  panel of figures, the slider), and a frame cannot be shorter than a sixtieth of a second.
- A ledger of ten times the outlines on the same 500 mines takes 14 times as long: the outlines lie deeper, and each is
  crossed by more others.
- 200,000 footprints with a million parcels (`RECLAIM_BENCH=full`) took 158 CPU s and 11.3 GB, 4.1 GB of them the data
  (goal: 8 GB); the ledger balanced to 2e-7 m².
- The first run on a machine also compiles: about 5 s for cover, 10 s for histories from imagery, 10 to 17 s for a cut
  of more than 400,000 vertices. What was compiled is kept.
"""
NOT_A_BENCHMARK = {"__init__", "__main__", "rows", "data", "zeit"}


def main() -> None:
    names = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NOT_A_BENCHMARK)
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*names, []], metavar="NAME", help=", ".join(names))
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    rows: list[Row] = []
    for name in options.names or names:
        print(f"{name} …", flush=True)
        # a process for each, so that the memory that one reports is its own
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            rows += alone.submit(_rows_of, name).result()
    text = "\n".join([machine(), "", *table(rows), "", NOTES.strip()])
    print(text)
    if options.output:
        options.output.write_text(f"{PAGE}\n{text}\n", encoding="utf-8")


def _rows_of(name: str) -> list[Row]:
    made: list[Row] = importlib.import_module(f"benchmarks.{name}").run()
    return made


def machine() -> str:
    parts = [
        f"Python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in ("geopandas", "shapely", "numpy")),
    ]
    return f"CPU seconds, medians; {', '.join(parts)}."


def table(rows: list[Row]) -> list[str]:
    head = ["| what | reclaim, s | beside | it, s | ratio | goal |", "| --- | ---: | --- | ---: | ---: | ---: |"]
    return [*head, *(f"| {' | '.join(_cells(row))} |" for row in rows)]


def _cells(row: Row) -> list[str]:
    mark = {True: "", False: " (missed)", None: ""}[row.reached]
    return [
        row.name,
        f"{row.ours_cpu_s:.3g}",
        row.opponent,
        "–" if row.opponent_cpu_s is None else f"{row.opponent_cpu_s:.3g}",
        "–" if row.ratio is None else f"{row.ratio:.1f} ×{mark}",
        row.goal if isinstance(row.goal, str) else f"{row.goal:g} ×",
    ]


if __name__ == "__main__":
    main()
