"""``python -m reclaim.sample_projects -o OUT`` runs every sample that can be had; ``--maps FOLDER`` maps them."""

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from reclaim.errors import ReclaimError, ReclaimWarning
from reclaim.sample_projects import Sample, samples
from reclaim.sample_projects.gallery import draw_maps, gallery

# what is said while it works, and the page to open
Made = tuple[str, Path]


def main() -> int:
    """Run or draw the samples; real ones whose data cannot be had are skipped with the reason."""
    parser = argparse.ArgumentParser(prog="python -m reclaim.sample_projects", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=Path("out"))
    parser.add_argument("--maps", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    folder: Path = options.maps or options.output
    work = _map if options.maps else _run
    made = [page for sample in samples() if (page := _tried(sample, folder, work))]
    if options.maps:
        made = [gallery(samples(), folder)]
    print("\nOpen:", *made, sep="\n  ")
    return 0


def _tried(sample: Sample, folder: Path, work: Callable[[Sample, Path], Made]) -> Path | None:
    begun = time.monotonic()
    print(f"\n{sample.name}: {sample.title}", flush=True)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ReclaimWarning)
            said, page = work(sample, folder)
    except ReclaimError as error:
        if not sample.fetched:
            raise
        print("  skipped: " + "\n  ".join(error.faults))
        return None
    for warning in caught:
        if issubclass(warning.category, ReclaimWarning):
            print(f"  warning: {warning.message}")
    print(f"  {said} ({time.monotonic() - begun:.0f} s)")
    return page


def _run(sample: Sample, folder: Path) -> Made:
    from reclaim.verbs.run import run

    made, _ = run(sample.folder, output=folder / sample.name)
    rate = made.rates[0]
    why = [f"; {reason}" for reason, m2 in rate.excluded if not m2]
    return "".join([rate.text(unit=made.project.unit), *why]), folder / sample.name / "report.html"


def _map(sample: Sample, folder: Path) -> Made:
    made = draw_maps(sample, folder)
    return ", ".join(f"{path.name} {path.stat().st_size / 1e3:,.0f} kB" for path in made), made[0]


if __name__ == "__main__":
    sys.exit(main())
