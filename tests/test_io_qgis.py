"""To QGIS and back: styles from the vocabulary, and nothing lost on the way."""

import json
import shutil
import sqlite3
import subprocess
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as Xml

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from reclaim.cli import run
from reclaim.io.qgis_styles import qml
from reclaim.io.reading import Options
from reclaim.io.results import result_styles, write_results
from reclaim.io.vectors import read_file
from reclaim.io.write import write_layers
from reclaim.tables import Finding, findings_table
from reclaim.vocabulary import states


def box(x: float, side: float = 100) -> shapely.Polygon:
    return shapely.box(500_000 + x, 2_580_000, 500_000 + x + side, 2_580_000 + side)


def results() -> SimpleNamespace:
    codes = list(states())
    spells = gpd.GeoDataFrame(
        {
            "face_id": range(len(codes)),
            "site_id": "A",
            "state": codes,
            "start": pd.Timestamp("2019-01-01"),
            "end": pd.NaT,
        },
        geometry=[box(200 * n) for n in range(len(codes))],
        crs="EPSG:4545",
    ).to_crs("EPSG:4490")
    parcels = gpd.GeoDataFrame(
        {
            "parcel_id": ["P"],
            "stage": ["permanent"],
            "备注": ['中文，"引号"'],
            "_source": "a.shp",
            "_row": 3,
            "_delivered": 9,
        },
        geometry=[spells.geometry[0]],
        crs="EPSG:4490",
    )
    findings = findings_table(
        [Finding("warning", "overlap", "m", geometry=spells.geometry[1]), Finding("note", "x", "y")]
    )
    cover = pd.DataFrame({"zone_id": ["Z"], "outcome": ["met"], "cover": [0.9]})
    zones = gpd.GeoDataFrame({"zone_id": ["Z"]}, geometry=[spells.geometry[2]], crs="EPSG:4490")
    ledger = pd.DataFrame({"site_id": ["A"], "year": [2019], "closing": [1.0]})
    return SimpleNamespace(
        spells=spells, tables={"parcels": parcels, "zones": zones}, findings=findings, cover=cover, ledger=ledger
    )


def test_every_layer_with_a_style_and_the_same_bytes_twice(tmp_path: Path) -> None:
    path = tmp_path / "results.gpkg"
    names = write_results(results(), path)
    assert {"spells", "parcels", "findings", "cover", "ledger"} <= set(names)
    first = path.read_bytes()
    write_results(results(), path)
    assert path.read_bytes() == first
    with sqlite3.connect(path) as connection:
        styled = dict(connection.execute("SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault"))
    connection.close()
    assert set(styled) == {"spells", "parcels", "findings", "cover"}
    assert read_file(path, Options("parcels")).frame["source_row"].tolist() == [3]
    assert read_file(path, Options("cover")).frame.geometry[0] is not None


def test_a_style_has_the_colours_labels_and_hatches_of_the_vocabulary() -> None:
    root = Xml.fromstring(qml(result_styles()["spells"]).partition("\n")[2])
    labels = {item.get("value"): item.get("label") for item in root.iter("category")}
    assert labels == {code: f"{word.zh} {word.en}" for code, word in states().items()}
    symbols = root.findall("./renderer-v2/symbols/symbol")
    kinds = [[layer.get("class") for layer in symbol.findall("layer")] for symbol in symbols]
    assert kinds[0] == ["SimpleFill", "LinePatternFill"]
    # told apart without colour: no two states have the same hatch
    hatches = [
        Xml.tostring(symbol.findall("layer")[1]) if len(symbol.findall("layer")) > 1 else b"" for symbol in symbols
    ]
    kinds_of_hatch = {
        (len(symbol.findall("layer")), hatch.split(b"@")[0]) for symbol, hatch in zip(symbols, hatches, strict=True)
    }
    assert len(kinds_of_hatch) == len(symbols)
    colour = symbols[0].find("./layer/Option/Option[@name='color']")
    assert colour is not None
    assert (colour.get("value") or "").startswith("238,102,119")


def test_labels_in_one_language() -> None:
    assert "未复垦" in qml(result_styles()["spells"], language="zh")
    assert "未复垦" not in qml(result_styles()["spells"], language="en")


LOOK = """
import json, os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qgis.core import QgsApplication, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
found = {}
for name in ("spells", "parcels", "findings", "cover"):
    layer = QgsVectorLayer(f"{sys.argv[1]}|layername={name}", name, "ogr")
    renderer = layer.renderer()
    found[name] = {
        "valid": layer.isValid(), "count": layer.featureCount(), "crs": layer.crs().authid(), "kind": renderer.type(),
        "labels": [item.label() for item in renderer.categories()],
        "aliases": {field.name(): field.alias() for field in layer.fields() if field.alias()},
    }
print(json.dumps(found))
"""


def test_qgis_opens_the_file_with_its_styles(tmp_path: Path) -> None:
    python = "/usr/bin/python3"
    if not Path(python).exists() or subprocess.run([python, "-c", "import qgis"], capture_output=True).returncode:
        pytest.skip("no QGIS here: apt-get install python3-qgis")
    path = tmp_path / "results.gpkg"
    write_results(results(), path)
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run([python, "-c", LOOK, str(path)], env=environment, capture_output=True, text=True, timeout=120)
    found = json.loads(done.stdout)
    assert all(layer["valid"] and layer["kind"] == "categorizedSymbol" for layer in found.values()), done.stderr
    assert found["spells"]["labels"] == [f"{word.zh} {word.en}" for word in states().values()]
    assert found["spells"]["count"] == len(states())
    assert found["spells"]["crs"] == "EPSG:4490"
    assert found["spells"]["aliases"]["state"] == "状态 state"


# --- there and back --------------------------------------------------------------------------------------------------


def project(folder: Path) -> Path:
    pits = gpd.GeoDataFrame({"site_id": ["A"], "date": ["2018"]}, geometry=[box(0, 1000)], crs="EPSG:4545")
    parcels = gpd.GeoDataFrame(
        {"地块编号": ["P1", "P2"], "竣工日期": pd.to_datetime(["2019-06-01", "2020-06-01"]), "备注": ["一", None]},
        geometry=[box(0), box(200)],
        crs="EPSG:4545",
    )
    write_layers({"损毁": pits, "复垦": parcels}, folder / "land.gpkg")
    (folder / "reclaim.toml").write_text(
        '[layers.footprints]\npath = "land.gpkg"\nlayer = "损毁"\nmeaning = "increment"\n'
        '[layers.parcels]\npath = "land.gpkg"\nlayer = "复垦"\ncolumns = {parcel_id = "地块编号"}\n'
        'stage_dates = {permanent = "竣工日期"}\n',
        encoding="utf-8",
    )
    return folder


def reclaimed(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[int, float]:
    assert run(["ledger", str(folder), "--json", "--unit", "m2"]) == 0
    return {row["year"]: row["reclaimed"] for row in json.loads(capsys.readouterr().out)["rows"]}


def test_an_edit_of_a_mapped_layer_is_seen_by_the_next_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = project(tmp_path)
    before = reclaimed(folder, capsys)
    layers = {name: read_file(folder / "land.gpkg", Options(name)).frame for name in ("损毁", "复垦")}
    layers["复垦"].loc[1, "geometry"] = box(200, 50)  # what a person does in QGIS: reshape one, leave the rest
    write_layers(layers, folder / "land.gpkg")
    after = reclaimed(folder, capsys)
    assert after[2019] == pytest.approx(before[2019], rel=1e-12)
    assert after[2020] == pytest.approx(before[2020] / 4, rel=1e-6)


def test_nothing_is_lost_from_geopackage_to_geopackage(tmp_path: Path) -> None:
    folder = project(tmp_path)
    first = read_file(folder / "land.gpkg", Options("复垦")).frame
    write_layers({"复垦": first}, tmp_path / "again.gpkg")
    again = read_file(tmp_path / "again.gpkg", Options()).frame
    pd.testing.assert_frame_equal(
        pd.DataFrame(first.drop(columns="geometry")), pd.DataFrame(again.drop(columns="geometry"))
    )
    assert first.crs == again.crs
    assert first.geometry.geom_equals_exact(again.geometry, 0).all()


def test_results_can_be_a_project_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = project(tmp_path / "one") if (tmp_path / "one").mkdir() is None else tmp_path
    before = reclaimed(folder, capsys)
    assert run(["run", str(folder), "-o", str(tmp_path / "out")]) == 0
    capsys.readouterr()
    again = tmp_path / "again"
    again.mkdir()
    shutil.copy(tmp_path / "out" / "results.gpkg", again / "results.gpkg")
    (again / "reclaim.toml").write_text(
        '[layers.footprints]\npath = "results.gpkg"\nlayer = "footprints"\nmeaning = "increment"\n'
        '[layers.parcels]\npath = "results.gpkg"\nlayer = "parcels"\n',
        encoding="utf-8",
    )
    assert reclaimed(again, capsys) == pytest.approx(before, rel=2e-6)
