"""
The illustrative group: made-up ground that gives the published figures.

The yearly sums are met by ponds that stay open inside one parcel of each year: the account is computed from the files
as anybody would compute it, and the ponds are resized until it says what was published.

Examples
--------
Build it again, the same to the byte::

    python -m reclaim.sample_projects.chinalco FOLDER
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from reclaim.errors import ReclaimError
from reclaim.io.registry import shipped
from reclaim.sample_projects.chinalco import tables
from reclaim.sample_projects.chinalco.cases import pick
from reclaim.sample_projects.chinalco.ground import HA, every_plot, pond
from reclaim.sample_projects.chinalco.plan import PUBLISHED, SCENES_SEED
from reclaim.sample_projects.chinalco.schedule import scheduled
from reclaim.sample_projects.chinalco.writing import write_csv, write_geojson
from reclaim.sample_projects.scenes import write_scenes

NAME = "chinalco-2019"
# written by hand, not drawn
_KEPT = ("reclaim.toml", "README.md", "stated.csv")
_TOLERANCE_MU = 2e-5


def build(folder: Path) -> Path:
    """
    Draw the illustrative group into a folder.

    Parameters
    ----------
    folder : Path
        Its layers are written here; the project file is copied here where it is not there yet.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ReclaimError
        When the ponds cannot be sized so that the account gives the published figures.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in _KEPT:
        if not (folder / name).exists():
            shutil.copyfile(shipped() / NAME / name, folder / name)
    with TemporaryDirectory() as room:
        draft = Path(room)
        for name in _KEPT:
            shutil.copyfile(folder / name, draft / name)
        world = _world(dict.fromkeys(PUBLISHED, 2.5 * HA))
        _write_layers(world, draft)
        _fit(world, draft)
        for layer in sorted(draft.iterdir()):
            if layer.name not in _KEPT:
                shutil.copyfile(layer, folder / layer.name)
    write_scenes(folder, SCENES_SEED)
    return folder


def _world(spare: Mapping[int, float]) -> tables.World:
    plots = scheduled(every_plot(), spare=spare)
    return tables.World(plots, pick(plots))


def _fit(world: tables.World, draft: Path) -> None:
    """Resize the ponds until the account that is read from the files gives the published figures."""
    sizes = dict.fromkeys(PUBLISHED, 2.5 * HA)
    for _ in range(8):
        _write_parcels(world, draft, sizes)
        off = {year: figure - PUBLISHED[year] for year, figure in _account(draft).items()}
        if max(map(abs, off.values())) <= _TOLERANCE_MU:
            return
        sizes = {year: size + off[year] * 2000 / 3 for year, size in sizes.items()}
        if min(sizes.values()) < 0.1 * HA:
            break
    raise ReclaimError(f"the ponds cannot bring the sums to the published ones; still off by {off} mu")


def _account(folder: Path) -> dict[int, float]:
    """Newly reclaimed land of the group by year, mu, from the files."""
    from reclaim.assessment import assess
    from reclaim.io.project import read_project

    group = assess(read_project(folder)).group
    reclaimed = dict(zip(group["year"], group["reclaimed"], strict=True))
    return {year: reclaimed[year] * 3 / 2000 for year in PUBLISHED}


def _write_layers(world: tables.World, folder: Path) -> None:
    write_geojson(tables.sites(), folder / "sites.geojson")
    write_geojson(tables.baseline(world), folder / "baseline.geojson")
    write_geojson(tables.footprints(world), folder / "footprints.geojson")
    write_geojson(tables.permits(world), folder / "permits.geojson")
    write_geojson(tables.responsibility(world), folder / "responsibility.geojson")
    write_geojson(tables.zones(world), folder / "zones.geojson")
    write_geojson(tables.measurements(), folder / "measurements.geojson")
    write_csv(tables.shanxi(world), folder / "parcels-shanxi.csv", crs="EPSG:4546")


def _write_parcels(world: tables.World, folder: Path, sizes: Mapping[int, float]) -> None:
    cases = world.cases
    ponds = {year: pond(cases.with_pond[year], size) for year, size in sizes.items()}
    write_geojson(tables.parcels(world, ponds), folder / "parcels.geojson")
