"""PostGIS, against a real server that the tests start themselves."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from reclaim.errors import FileError
from reclaim.io.databases import read_database, shown_address, write_database
from reclaim.io.layers import read_layers
from reclaim.io.project import read_project
from reclaim.io.reading import Options
from reclaim.io.results import write_results

ACCOUNT = "postgres"  # the server refuses to run as root


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def _why_not() -> str | None:
    binaries = _binaries()
    if binaries is None:
        return "no PostgreSQL server here: apt-get install postgresql postgresql-postgis"
    version = binaries.parent.name
    if not Path(f"/usr/share/postgresql/{version}/extension/postgis.control").exists():
        return "no PostGIS here: apt-get install postgresql-postgis"
    return None


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of a fresh server with PostGIS, on a socket of its own."""
    reason = _why_not()
    if reason and os.environ.get("RECLAIM_POSTGIS") == "required":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    binaries = _binaries()
    assert binaries is not None
    # below /tmp: the path of a socket may have some hundred characters only
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    prefix = []
    if os.geteuid() == 0:
        shutil.chown(folder, ACCOUNT)
        prefix = ["runuser", "-u", ACCOUNT, "--"]
    data = folder / "data"

    def run(*command: str) -> None:
        done = subprocess.run([*prefix, *command], cwd=folder, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr

    run(str(binaries / "initdb"), "-D", str(data), "-U", ACCOUNT, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c shared_buffers=16MB"
    run(str(binaries / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        run(str(binaries / "psql"), "-h", str(folder), "-U", ACCOUNT, "-c", "CREATE EXTENSION postgis", ACCOUNT)
        yield f"postgresql://{ACCOUNT}@/{ACCOUNT}?host={folder}"
    finally:
        run(str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def parcels() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "地块编号": ["P1", "P2", "P3"],
            "竣工日期": pd.to_datetime(["2019-06-01", "2020-01-31", None]),
            "面积": [1.5, None, 3.0],
        },
        geometry=[shapely.box(500000 + 200 * i, 2580000, 500100 + 200 * i, 2580100) for i in range(2)] + [None],
        crs="EPSG:4545",
    )


def test_round_trip_keeps_names_dates_crs_and_gaps(server: str) -> None:
    write_database({"复垦地块": parcels()}, server)
    reading = read_database(server, Options("复垦地块"))
    frame = reading.frame
    assert frame.crs.to_epsg() == 4545
    assert reading.declares_crs
    assert list(frame.columns) == ["地块编号", "竣工日期", "面积", "geometry"]
    assert [str(day) for day in frame["竣工日期"][:2]] == ["2019-06-01", "2020-01-31"]
    assert pd.isna(frame["竣工日期"][2])
    assert frame.geometry[0].equals(parcels().geometry[0])
    assert frame.geometry[2] is None


def test_a_table_that_is_not_there_names_the_nearest(server: str) -> None:
    write_database({"parcels": parcels()}, server)
    with pytest.raises(FileError, match=r"there is no table 'public.parcel'; did you mean 'public.parcels'"):
        read_database(server, Options("public.parcel"))


def test_several_layers_and_none_named_is_a_question(server: str) -> None:
    write_database({"one": parcels(), "two": parcels()}, server)
    with pytest.raises(FileError, match="holds several layers"):
        read_database(server, Options())


def test_a_name_is_never_sql(server: str) -> None:
    write_database({"keep": parcels()}, server)
    with pytest.raises(FileError, match="there is no table"):
        read_database(server, Options('keep"; DROP TABLE keep; --'))
    write_database({'odd"; DROP TABLE keep; --': parcels()}, server)
    assert len(read_database(server, Options("keep")).frame) == 3


def test_writing_is_one_transaction(server: str) -> None:
    write_database({"first": parcels(), "second": parcels()}, server)
    with pytest.raises(FileError):
        write_database({"first": parcels().iloc[:1], "x" * 80: parcels()}, server)
    assert len(read_database(server, Options("first")).frame) == 3


def test_a_database_that_goes_away_leaves_the_old_tables(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg

    write_database({"first": parcels()}, server)
    original = gpd.GeoDataFrame.to_postgis

    def cut_off(self: gpd.GeoDataFrame, name: str, con: object, **keys: object) -> None:
        original(self, name, con, **keys)
        if name == "second":
            with psycopg.connect(server, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    monkeypatch.setattr(gpd.GeoDataFrame, "to_postgis", cut_off)
    with pytest.raises(FileError, match=r"went away; nothing was changed"):
        write_database({"first": parcels().iloc[:1], "second": parcels(), "third": parcels()}, server)
    monkeypatch.undo()
    assert len(read_database(server, Options("first")).frame) == 3


def test_results_go_to_a_database_in_one_transaction(server: str) -> None:
    empty = gpd.GeoDataFrame({"code": []}, geometry=[], crs="EPSG:4490")
    made = SimpleNamespace(
        spells=parcels().iloc[:2].to_crs("EPSG:4490"),
        tables={},
        findings=empty,
        cover=pd.DataFrame(),
        ledger=pd.DataFrame({"site_id": ["A"], "year": [2019], "closing": [1.5]}),
    )
    assert write_results(made, server) == ["reclaim_spells", "reclaim_ledger"]
    assert len(read_database(server, Options("reclaim_spells")).frame) == 2
    assert read_database(server, Options("reclaim_ledger")).frame["closing"].tolist() == [1.5]


def test_a_project_reads_a_database_like_a_file(server: str, tmp_path: Path) -> None:
    write_database({"地块": parcels()}, server)
    (tmp_path / "reclaim.toml").write_text(
        f'[[layers.parcels]]\npath = "{server}"\nlayer = "地块"\n'
        'columns = {parcel_id = "地块编号", date = "竣工日期"}\n'
        'set = {stage = "permanent"}\n',
        encoding="utf-8",
    )
    (delivery,) = read_layers(read_project(tmp_path))
    assert delivery.frame["parcel_id"].tolist() == ["P1", "P2", "P3"]
    assert not delivery.findings


def test_a_database_out_of_reach_is_one_finding(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    (tmp_path / "reclaim.toml").write_text(
        '[[layers.parcels]]\npath = "postgresql://planner:secret@127.0.0.1:9/mines"\nlayer = "x"\ncompany = "甲"\n',
        encoding="utf-8",
    )
    (delivery,) = read_layers(read_project(tmp_path))
    (finding,) = delivery.findings
    assert finding.severity == "error"
    assert "cannot be reached" in finding.message
    assert "甲" in finding.message
    assert "secret" not in finding.message + str(delivery.source)


def test_a_shown_address_has_no_password() -> None:
    assert "secret" not in shown_address("postgresql://a:secret@h/d")
