"""The report in four formats: of the illustrative group, and of 500 sites, ten years and 100,000 parcels."""

import resource
import tempfile
import time
import warnings
from pathlib import Path

from benchmarks.data import mines
from benchmarks.rows import Row
from reclaim.assessment import Assessment
from reclaim.errors import ReclaimWarning
from reclaim.io.project import Project
from reclaim.verbs.land import assess
from reclaim.verbs.reports import write_report

GROUP = Path(__file__).parents[1] / "data" / "geo" / "chinalco-2019"
FORMATS = ("html", "docx", "pdf", "xlsx")


def run() -> list[Row]:
    warnings.simplefilter("ignore", ReclaimWarning)
    return [_group(), _many()]


def _group() -> Row:
    begun, wall = time.process_time(), time.monotonic()
    _four(assess(GROUP))
    cpu, wall = time.process_time() - begun, time.monotonic() - wall
    return Row(f"report of the group in four formats, data to files, {wall:.0f} s", cpu, "–", None, None, "≤ 15 s")


def _many() -> Row:
    footprints, parcels = mines(20_000, 100_000)
    made = assess(Project.from_frames(meaning="increment", name="many", footprints=footprints, parcels=parcels))
    begun, wall = time.process_time(), time.monotonic()
    sizes = _four(made)
    cpu, wall = time.process_time() - begun, time.monotonic() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    name = f"report of 500 sites, 10 years, 100 k parcels in four formats, {wall:.0f} s, {peak:.1f} GB, {sizes}"
    return Row(name, cpu, "–", None, None, "≤ 60 s, ≤ 2 GB")


def _four(made: Assessment) -> str:
    with tempfile.TemporaryDirectory() as folder:
        files = [write_report(made, Path(folder) / f"report.{form}", language="both") for form in FORMATS]
        return ", ".join(f"{path.suffix[1:]} {path.stat().st_size / 1e6:.1f} MB" for path in files)
