"""``python -m benchmarks [NAME ...]`` prints the speed table; ``-o FILE`` also writes it as Markdown."""

import argparse
import importlib
import platform
from importlib.metadata import version
from pathlib import Path

from benchmarks.rows import Row

HERE = Path(__file__).parent
PAGE = """# Speed

`make bench` prints this table on your machine, every opponent on the same data in the same run.
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
        module = importlib.import_module(f"benchmarks.{name}")
        if hasattr(module, "run"):
            rows += module.run()
    text = "\n".join([machine(), "", *table(rows)])
    print(text)
    if options.output:
        options.output.write_text(f"{PAGE}\n{text}\n", encoding="utf-8")


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
