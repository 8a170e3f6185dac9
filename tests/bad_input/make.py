"""
Projects that are broken in one way each, with what must be said about it.

``python tests/bad_input/make.py FOLDER`` writes them all, to look at; the tests write each where they need it.
"""

import json
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely import Polygon

CRS = "EPSG:4547"  # CGCS2000, 3-degree zone about 114 E
X, Y = 520_000.0, 3_840_000.0  # Xiaoguan's neighbourhood
TOML = """[project]
name = "broken on purpose"

[layers.footprints]
path = "footprints.geojson"
meaning = "increment"
"""
PARCELS = '\n[layers.parcels]\npath = "parcels.geojson"\n'


@dataclass(frozen=True)
class Case:
    """
    One way of being broken.

    ``code`` is the finding that must be listed, with its severity; or ``fault`` a part of the line that stops the
    command (``verbs``). ``sound`` says whether something sound is left, so that the ledger can still be made.
    """

    name: str
    write: Callable[[Path], None]
    code: str = ""
    severity: str = ""
    fault: str = ""
    sound: bool = True
    verbs: tuple[str, ...] = ("check", "ledger")


CASES: dict[str, Case] = {}


def case(
    code: str = "",
    severity: str = "",
    *,
    fault: str = "",
    sound: bool = True,
    verbs: tuple[str, ...] = ("check", "ledger"),
) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    """Register a function that writes one broken project."""

    def register(write: Callable[[Path], None]) -> Callable[[Path], None]:
        name = write.__name__.strip("_")
        CASES[name] = Case(name, write, code, severity, fault, sound, verbs)
        return write

    return register


# --- good ground to break ---


def square(east: float = 0, north: float = 0, size: float = 300) -> Polygon:
    """A square beside the corner where all projects lie, m."""
    return shapely.box(X + east, Y + north, X + east + size, Y + north + size)


def footprint(shape: Any = None, **more: Any) -> dict[str, Any]:
    """One sound footprint row."""
    base = {"footprint_id": "F1", "site_id": "A", "date": "2018-06-30", "damage": "excavation"}
    return {**base, **more, "geometry": square() if shape is None else shape}


def parcel(shape: Any = None, **more: Any) -> dict[str, Any]:
    """One sound parcel row."""
    base = {"parcel_id": "P1", "site_id": "A", "date": "2019-05-31", "stage": "permanent"}
    return {**base, **more, "geometry": square(size=100) if shape is None else shape}


def table(*rows: dict[str, Any], crs: str | None = CRS) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(list(rows), geometry="geometry", crs=crs)


def short_names(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    """A table whose names a Shapefile can hold."""
    return table(*rows).rename(columns={"footprint_id": "fid"})


def geojson(path: Path, *rows: dict[str, Any], crs: str | None = CRS) -> None:
    """GeoJSON written by hand, so that coordinates and geometries that no library writes can stand in it."""
    head: dict[str, Any] = {"type": "FeatureCollection"}
    if crs:
        head["crs"] = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:{crs.replace(':', '::')}"}}
    features = [
        {
            "type": "Feature",
            "properties": {name: value for name, value in row.items() if name != "geometry"},
            "geometry": _plain(row["geometry"]),
        }
        for row in rows
    ]
    path.write_text(json.dumps({**head, "features": features}, ensure_ascii=False), encoding="utf-8")


def _plain(geometry: Any) -> Any:
    return geometry if geometry is None or isinstance(geometry, dict) else shapely.geometry.mapping(geometry)


def project(folder: Path, *footprints: dict[str, Any], toml: str = TOML, crs: str | None = CRS) -> None:
    """A project with these footprints."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "reclaim.toml").write_text(toml, encoding="utf-8")
    geojson(folder / "footprints.geojson", *(footprints or (footprint(),)), crs=crs)


def with_parcels(folder: Path, *parcels: dict[str, Any], toml: str = "") -> None:
    """A sound footprint, and these parcels."""
    project(folder, toml=TOML + PARCELS + toml)
    geojson(folder / "parcels.geojson", *parcels)


def beside(shape: Any, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A sound footprint and a broken one."""
    return footprint(), footprint(shape, footprint_id="F2", **more)


def ring(*corners: tuple[float, float]) -> dict[str, Any]:
    """A polygon of one ring, as it is written, about the common corner."""
    points = [[X + 1000 + x, Y + y] for x, y in corners]
    return {"type": "Polygon", "coordinates": [[*points, points[0]]]}


# --- geometry ---


@case("repair-refused", "error")
def bow_tie(folder: Path) -> None:
    project(folder, *beside(ring((0, 0), (200, 200), (200, 0), (0, 200))))


@case("repaired", "note")
def ring_that_touches_itself(folder: Path) -> None:
    corners = [(0, 0), (200, 0), (200, 200), (100, 200), (100, 100), (100, 200), (0, 200)]
    project(folder, *beside(ring(*corners)))


@case("repaired", "note")
def ring_pinched_by_a_hair(folder: Path) -> None:
    corners = [(0, 0), (100, 0.00005), (200, 0), (200, 100), (100, -0.00005), (0, 100)]
    project(folder, *beside(ring(*corners)))


@case("hole-is-shell", "error")
def hole_that_is_its_shell(folder: Path) -> None:
    shell = square(1000)
    project(folder, *beside(Polygon(shell.exterior, [shell.exterior])))


@case("hole-outside", "warning")
def hole_outside_its_shell(folder: Path) -> None:
    project(folder, *beside(Polygon(square(1000).exterior, [square(2000, size=7).exterior])))


@case("not-finite", "error")
def coordinate_that_is_no_number(folder: Path) -> None:
    project(folder, *beside(ring((0, 0), (200, math.nan), (200, 200))))


@case("not-finite", "error")
def coordinate_without_end(folder: Path) -> None:
    project(folder, *beside(ring((0, 0), (200, math.inf), (200, 200))))


@case("no-geometry", "error")
def row_without_an_outline(folder: Path) -> None:
    project(folder, footprint(), {**footprint(footprint_id="F2"), "geometry": None})


@case("not-polygon", "error")
def point_for_an_outline(folder: Path) -> None:
    project(folder, *beside(shapely.Point(X, Y)))


@case("not-polygon", "error")
def line_for_an_outline(folder: Path) -> None:
    project(folder, *beside(shapely.LineString([(X, Y), (X + 100, Y), (X + 100, Y + 100)])))


@case("collection", "warning")
def collection_of_everything(folder: Path) -> None:
    project(folder, *beside(shapely.GeometryCollection([square(1000), shapely.Point(X, Y)])))


@case("third-dimension", "note")
def heights(folder: Path) -> None:
    project(folder, *beside(shapely.force_3d(square(1000), 850.0)))


@case("sliver", "note")
def splinter(folder: Path) -> None:
    project(folder, *beside(shapely.box(X + 1000, Y, X + 1060, Y + 0.05)))


# --- reference systems ---


@case("crs-missing", "error", sound=False)
def shapefile_without_prj(folder: Path) -> None:
    project(folder, toml=TOML.replace("footprints.geojson", "footprints.shp"))
    short_names(footprint()).to_file(folder / "footprints.shp", encoding="UTF-8")
    (folder / "footprints.prj").unlink()


@case("crs-unusable", "error", sound=False)
def beijing_1954(folder: Path) -> None:
    project(folder, footprint(), crs="EPSG:2434")


@case("metres-as-degrees", "error", sound=False)
def metres_without_a_system(folder: Path) -> None:
    project(folder, crs=None)


@case("degrees-as-metres", "error", sound=False)
def degrees_in_a_zone(folder: Path) -> None:
    project(folder, footprint(shapely.box(113.0, 34.7, 113.01, 34.71)))


@case("swapped-axes", "error", sound=False)
def latitude_first(folder: Path) -> None:
    project(folder, footprint(shapely.box(34.70, 113.0, 34.71, 113.01)), crs="EPSG:4490")


@case("swapped-axes", "error", sound=False)
def northing_first(folder: Path) -> None:
    project(folder, footprint(shapely.box(Y, X, Y + 300, X + 300)))


@case("zone-prefix", "error", sound=False)
def zone_number_in_the_easting(folder: Path) -> None:
    project(folder, footprint(shapely.transform(square(), lambda xy: np.add(xy, [38_000_000.0, 0.0]))))


@case("wrong-zone", "error", sound=False)
def easting_of_another_zone(folder: Path) -> None:
    project(folder, footprint(shapely.transform(square(), lambda xy: np.add(xy, [37_000_000.0, 0.0]))))


def _beside_a_site(folder: Path, *, crs: str = CRS, place: tuple[float, float] = (114.22, 34.69)) -> None:
    toml = TOML + '\n[layers.sites]\npath = "sites.geojson"\n'
    project(folder, toml=toml, crs=crs)
    geojson(folder / "sites.geojson", {"site_id": "A", "geometry": shapely.Point(*place)}, crs="EPSG:4490")


@case("wrong-zone", "error", sound=False)
def neighbouring_zone_without_a_number(folder: Path) -> None:
    _beside_a_site(folder, crs="EPSG:4546")


@case("far-from-site", "warning")
def site_in_the_next_province(folder: Path) -> None:
    _beside_a_site(folder, place=(113.2, 35.6))


@case("out-of-range", "error", sound=False)
def beyond_the_pole(folder: Path) -> None:
    project(folder, footprint(shapely.box(113.0, 134.7, 113.01, 134.71)), crs="EPSG:4490")


@case("spans-180", "error")
def once_round_the_earth(folder: Path) -> None:
    broken = footprint(shapely.box(-179, 34, 179, 35), footprint_id="F2")
    project(folder, footprint(shapely.box(113.0, 34.7, 113.01, 34.71)), broken, crs="EPSG:4490")


# --- attributes ---


@case("bad-date", "error")
def thirteenth_month(folder: Path) -> None:
    project(folder, *beside(square(1000), date="2018-13-01"))


@case("missing-value", "error")
def row_without_a_date(folder: Path) -> None:
    project(folder, *beside(square(1000), date=None))


@case("missing-value", "error", sound=False)
def no_site_anywhere(folder: Path) -> None:
    rows = ({name: value for name, value in row.items() if name != "site_id"} for row in beside(square(1000)))
    project(folder, *rows)


@case("date-after-recorded", "warning")
def known_before_it_happened(folder: Path) -> None:
    project(folder, footprint(recorded="2017-01-01"))


@case("released-early", "warning")
def released_before_it_was_mined(folder: Path) -> None:
    project(folder, footprint(released="2016-01-01"))


@case("unknown-code", "warning")
def damage_by_magic(folder: Path) -> None:
    project(folder, footprint(damage="magic"))


@case("unknown-liability", "warning")
def liability_of_nobody(folder: Path) -> None:
    project(folder, footprint(liability="nobody"))


@case("unknown-stage", "warning")
def stage_that_nobody_knows(folder: Path) -> None:
    with_parcels(folder, parcel(stage="nearly"))


@case("stage-order", "warning")
def accepted_before_it_was_done(folder: Path) -> None:
    with_parcels(folder, parcel(), parcel(date="2018-08-31", stage="accepted"))


@case("bad-area", "warning")
def area_without_sense(folder: Path) -> None:
    with_parcels(folder, parcel(declared_mu="about fifteen"))


@case("declared-differs", "warning")
def area_in_the_wrong_unit(folder: Path) -> None:
    with_parcels(folder, parcel(declared_mu=10_000.0))


@case("duplicate", "warning")
def row_twice(folder: Path) -> None:
    with_parcels(folder, parcel(), parcel())


@case("duplicate-outline", "warning")
def one_outline_under_two_names(folder: Path) -> None:
    with_parcels(folder, parcel(), parcel(parcel_id="P2"))


# --- ground ---


@case("outside-footprint", "warning")
def parcel_beside_the_mine(folder: Path) -> None:
    with_parcels(folder, parcel(square(2000, size=100)))


@case("overlap", "warning")
def two_parcels_on_one_ground(folder: Path) -> None:
    with_parcels(folder, parcel(), parcel(square(50, size=100), parcel_id="P2", date="2019-07-31"))


@case("order-unclear", "warning")
def years_only(folder: Path) -> None:
    with_parcels(folder, parcel(date="2018"))


@case("before-disturbance", "warning")
def reclaimed_before_it_was_mined(folder: Path) -> None:
    with_parcels(folder, parcel(date="2015-05-31"))


@case("site-mismatch", "warning")
def parcel_of_another_site(folder: Path) -> None:
    project(folder, *beside(square(1000), site_id="B"), toml=TOML + PARCELS)
    geojson(folder / "parcels.geojson", parcel(site_id="B"))


def _permits(folder: Path, **more: Any) -> None:
    project(folder, toml=TOML + '\n[layers.permits]\npath = "permits.geojson"\n')
    row = {"permit_id": "C1", "site_id": "A", "valid_from": "2010-01-01", "valid_to": "2020-12-31"}
    geojson(folder / "permits.geojson", {**row, **more, "geometry": square(size=200)})


@case("outside-permit", "warning")
def mined_beyond_the_permit(folder: Path) -> None:
    _permits(folder)


@case("validity-turned", "warning")
def permit_that_ends_before_it_begins(folder: Path) -> None:
    _permits(folder, valid_to="2001-01-01")


@case("duplicate-site", "error")
def site_that_stands_twice(folder: Path) -> None:
    project(folder, toml=TOML + '\n[layers.sites]\npath = "sites.geojson"\n')
    sites = [{"site_id": "A", "name": name, "geometry": shapely.Point(X, Y)} for name in ("first", "second")]
    geojson(folder / "sites.geojson", *sites)


@case("unknown-site", "warning")
def site_that_is_not_among_the_sites(folder: Path) -> None:
    project(folder, toml=TOML + '\n[[site]]\nsite_id = "B"\n')


@case("no-baseline", "note")
def increments_without_a_baseline(folder: Path) -> None:
    project(folder)


@case("first-survey", "note")
def snapshot_without_a_baseline(folder: Path) -> None:
    project(folder, toml=TOML.replace("increment", "snapshot"))


@case("left-snapshot", "note")
def land_that_leaves_a_snapshot(folder: Path) -> None:
    later = footprint(square(size=200), footprint_id="F2", date="2019-06-30")
    project(folder, footprint(), later, toml=TOML.replace("increment", "snapshot"))


def main(target: Path) -> None:
    """Write all projects, each into a folder of its own."""
    from tests.bad_input import files  # noqa: F401  the cases of files and project files register themselves

    names: Mapping[str, Case] = CASES
    for name, broken in names.items():
        broken.write(target / name)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    main(Path(sys.argv[1]))
