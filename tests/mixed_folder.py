"""A folder as companies send it, and the same land as one clean GeoPackage."""

import sqlite3
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import shapely

from reclaim.io.cadastral_writing import write_cadastral
from reclaim.io.write import write_layers, write_table

GRID = "EPSG:4545"  # CGCS2000, 3 degrees, central meridian 108, eastings without zone
PREFIXED = "EPSG:4524"  # the same with the zone in front
PINGGUO, JINGXI = "平果矿", "靖西矿"


def square(x: float, y: float, side: float = 100, *, prefix: float = 0) -> shapely.Polygon:
    """A square on the grid, in metres from a corner near Pingguo."""
    return shapely.box(prefix + 460_000 + x, 2_580_000 + y, prefix + 460_000 + x + side, 2_580_000 + y + side)


FOOTPRINTS = pd.DataFrame(
    {
        "footprint_id": ["PG-1", "PG-2", "PG-3", "JX-1", "JX-2"],
        "site_id": [PINGGUO, PINGGUO, PINGGUO, JINGXI, JINGXI],
        "date": ["2017", "2018-05", "2020-03-01", "2018-06-30", "2019-11-15"],
        "damage": ["excavation", "occupation", "excavation", "excavation", "excavation"],
        # PG-3 digs up again what was reclaimed in 2019
        "geometry": [
            square(0, 0, 400),
            square(400, 0, 300),
            square(100, 100, 50),
            square(9000, 0, 400),
            square(9400, 0),
        ],
    }
)
# from the cadastral text, the drawing and the GeoPackage
CADASTRAL = {"P-01": square(100, 100), "P-02": square(0, 0, 80).difference(square(20, 20, 10))}
DRAWN = {"一号": square(9000, 0, 120), "二号": square(9200, 200, 60)}
PARCELS = pd.DataFrame(
    {
        "parcel_id": ["JX-P1", "JX-P2"],
        "site_id": [JINGXI, JINGXI],
        "竣工日期": ["2019-08-31", "2020-04-30"],
        "验收日期": ["2020-10-10", None],
        "geometry": [square(9300, 0, 50), square(9000, 300, 70)],
    }
)


def write_clean(folder: Path) -> None:
    """The land as one GeoPackage with agreed names."""
    folder.mkdir(parents=True)
    rows = [(name, None, "2019", "permanent", shape) for name, shape in CADASTRAL.items()]
    rows += [(name, None, "2020", "permanent", shape) for name, shape in DRAWN.items()]
    for stage, column in (("permanent", "竣工日期"), ("accepted", "验收日期")):
        there = PARCELS[PARCELS[column].notna()]
        columns = (there["parcel_id"], there["site_id"], there[column], there["geometry"])
        rows += [(a, b, c, stage, d) for a, b, c, d in zip(*columns, strict=True)]
    parcels = pd.DataFrame(rows, columns=["parcel_id", "site_id", "date", "stage", "geometry"])
    layers = {
        "footprints": gpd.GeoDataFrame(FOOTPRINTS, geometry="geometry", crs=GRID),
        "parcels": gpd.GeoDataFrame(parcels, geometry="geometry", crs=GRID),
    }
    write_layers(layers, folder / "land.gpkg")
    (folder / "reclaim.toml").write_text(
        '[[layers.footprints]]\npath = "land.gpkg"\nlayer = "footprints"\nmeaning = "increment"\n'
        '[[layers.parcels]]\npath = "land.gpkg"\nlayer = "parcels"\n',
        encoding="utf-8",
    )


def write_mixed(folder: Path) -> None:
    """The same land in the files of two companies, one of them broken."""
    folder.mkdir(parents=True)
    _shapefile(folder / "甲公司_平果矿新增挖损范围.shp")
    _cadastral(folder / "甲公司_平果矿复垦地块2019.txt")
    _workbook(folder / "甲公司_平果矿复垦填报.xlsx")
    _drawing(folder / "乙公司 靖西矿复垦地块2020.dxf")
    _geopackage(folder / "乙公司_靖西矿.gpkg")
    (folder / "乙公司_靖西矿复垦地块补充.gpkg").write_bytes(b"SQLite format 3\0" + b"\x17" * 900)


def _shapefile(path: Path) -> None:
    """In GBK, with nothing that says so."""
    rows = FOOTPRINTS[FOOTPRINTS["site_id"] == PINGGUO]
    damage = {"excavation": "挖损", "occupation": "压占"}
    frame = gpd.GeoDataFrame(
        {
            "图斑编号": rows["footprint_id"],
            "矿区名称": rows["site_id"],
            "损毁类型": rows["damage"].map(damage),
            "损毁日期": ["2017年", "2018年5月", "2020/3/1"],
        },
        geometry=rows["geometry"].tolist(),
        crs=GRID,
    )
    write_table(frame, path, encoding="GBK")
    path.with_suffix(".cpg").unlink()
    table = path.with_suffix(".dbf")
    data = bytearray(table.read_bytes())
    data[29] = 0  # the language byte
    table.write_bytes(data)


def _cadastral(path: Path) -> None:
    frame = gpd.GeoDataFrame({"parcel_id": list(CADASTRAL)}, geometry=list(CADASTRAL.values()), crs=GRID)
    write_cadastral(frame, path, encoding="GBK", prefixed=True)


def _workbook(path: Path) -> None:
    """Declared figures of parcels that were never drawn."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "复垦台账"
    sheet.append(["甲公司2019年度矿山复垦情况表"])
    sheet.merge_cells("A1:D1")
    sheet.append(["矿区名称", "地块编号", "复垦面积（万亩）", "竣工日期"])
    sheet.append([PINGGUO, "D-1", "０.００３", 43646])
    sheet.append([None, "D-2", 0.0012, "2019年9月"])
    sheet.merge_cells("A3:A4")
    sheet.append(["合计", None, 0.0042, None])
    book.save(path)


def _drawing(path: Path) -> None:
    """Boundaries in a drawing of before 2007: one closed line, one of four lines that meet, and a frame around all."""
    offset = 36_000_000
    first, second = (shapely.transform(shape, lambda xy: xy + np.array([offset, 0])) for shape in DRAWN.values())
    entities = [*_closed("地块界线", first), *_text("注记", first, "一号")]
    corners = shapely.get_coordinates(second)
    for start, end in pairwise(corners):
        entities += ["0", "LINE", "8", "地块界线", "10", start[0], "20", start[1], "11", end[0], "21", end[1]]
    entities += [
        *_text("注记", second, "二号"),
        *_closed("图框", shapely.box(*shapely.union(first, second).buffer(500).bounds)),
    ]
    head = ["0", "SECTION", "2", "HEADER", "9", "$ACADVER", "1", "AC1015", "9", "$DWGCODEPAGE", "3", "ANSI_936"]
    lines = [*head, "0", "ENDSEC", "0", "SECTION", "2", "ENTITIES", *entities, "0", "ENDSEC", "0", "EOF"]
    path.write_bytes("\r\n".join(str(line) for line in lines).encode("gbk") + b"\r\n")


def _closed(layer: str, shape: shapely.Polygon) -> list[object]:
    corners = shapely.get_coordinates(shape)[:-1]
    points = [item for x, y in corners for item in ("10", x, "20", y)]
    return ["0", "LWPOLYLINE", "8", layer, "90", len(corners), "70", "1", *points]


def _text(layer: str, shape: shapely.Polygon, words: str) -> list[object]:
    place = shape.representative_point()
    return ["0", "TEXT", "8", layer, "10", place.x, "20", place.y, "40", "5", "1", words]


def _geopackage(path: Path) -> None:
    """Two layers with Chinese names, and the table of styles that QGIS leaves behind."""
    rows = FOOTPRINTS[FOOTPRINTS["site_id"] == JINGXI]
    pits = gpd.GeoDataFrame(
        {"矿山名称": rows["site_id"], "调查日期": pd.to_datetime(rows["date"]), "备注": "新增挖损"},
        geometry=rows["geometry"].tolist(),
        crs=GRID,
    )
    parcels = gpd.GeoDataFrame(PARCELS, geometry="geometry", crs=GRID)
    names = {"parcel_id": "地块编号", "site_id": "矿山名称"}
    write_layers({"当年新增采场": pits, "复垦地块": parcels.rename(columns=names)}, path)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, f_table_name TEXT, styleQML TEXT)")
        connection.execute("INSERT INTO gpkg_contents (table_name, data_type) VALUES ('layer_styles', 'attributes')")
    connection.close()
