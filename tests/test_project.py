"""The project file: what it says, and the line to mend where it is wrong."""

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from reclaim.errors import ProjectError, TableError
from reclaim.io.layers import read_layers
from reclaim.io.project import Project, read_project
from reclaim.io.toml_lines import key_lines, line_of

SOUND = """
[project]
name = "Pingguo"
name_zh = "平果"
unit = "ha"
language = "zh"
illustrative = true

[[site]]
site_id = "A"
kind = "mine"
lon = 107.5
lat = 23.3

[layers.footprints]
path = "pits.gpkg"
meaning = "snapshot"
columns = {date = "日期"}
set = {site_id = "A", recorded = 2020-01-31}

[[layers.parcels]]
path = "a/*.shp"
company = "甲公司"
crs = 4547
values.stage = {"已复垦" = "permanent"}

[[layers.parcels]]
path = "b.xlsx"
layer = "Sheet1"
stage_dates = {permanent = "竣工日期"}

[[target]]
rate = 0.86
basis = "damaged"
at = 2019-12-31

[[published]]
figure = "reclaimed"
year = 2019
value = 12029.10
unit = "mu"
relation = "≥"
"""


def write(folder: Path, text: str) -> Path:
    (folder / "reclaim.toml").write_text(text, encoding="utf-8")
    return folder


def faults(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(ProjectError) as caught:
        read_project(write(folder, text))
    return caught.value.faults


def faults_if_any(folder: Path) -> tuple[str, ...]:
    try:
        read_project(folder)
    except ProjectError as error:
        return error.faults
    return ()


def test_what_a_sound_file_says(tmp_path: Path) -> None:
    project = read_project(write(tmp_path, SOUND))
    assert (project.name_zh, project.unit, project.language, project.illustrative) == ("平果", "ha", "zh", True)
    assert project.folder == tmp_path
    footprints, first, second = project.layers
    assert footprints.meaning == "snapshot"
    assert footprints.set == {"site_id": "A", "recorded": "2020-01-31"}
    assert first.crs == "EPSG:4547"
    assert first.company == "甲公司"
    assert second.stage_dates == {"permanent": "竣工日期"}
    assert project.targets[0].at == "2019-12-31"
    published = project.published[0]
    assert (published.value, published.text, published.relation) == (12029.1, "12029.10", ">=")


def test_a_path_to_the_file_and_to_its_folder_are_the_same(tmp_path: Path) -> None:
    write(tmp_path, SOUND)
    assert read_project(tmp_path / "reclaim.toml").path == read_project(tmp_path).path


def test_all_faults_at_once_each_with_its_line_and_the_nearest_name(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        """[project]
unit = "muu"
[layers.footprints]
path = "a.shp"
meening = "increment"
columns = {dat = "日期"}
[[layers.parcels]]
path = 3
values.stage = {"已复垦" = "permanant"}
[[layers.parcels]]
path = "b.shp"
crs = "EPSG:999999"
[[target]]
rate = 86
[[published]]
figure = "reclaimd"
year = 2019
value = 1
[site]
nam = "x"
[project2]
""",
    )
    for expected in (
        "reclaim.toml line 2: unknown unit 'muu'; did you mean 'mu'?",
        "reclaim.toml line 5: unknown key 'meening' in [layers.footprints]; did you mean 'meaning'?",
        "reclaim.toml line 6: unknown column 'dat' in columns; did you mean 'date'?",
        "reclaim.toml line 8: 'path' in [layers.parcels] must be a text, got 3",
        "reclaim.toml line 9: 'permanant' is no stage; did you mean 'permanent'?",
        "reclaim.toml line 14: rate must lie in (0, 1], got 86; did you mean 0.86?",
        "reclaim.toml line 13: [[target]] has no basis",
        "reclaim.toml line 16: unknown figure 'reclaimd'; did you mean 'reclaimed'?",
        "reclaim.toml line 19: [[site]] has no site_id",
        "reclaim.toml line 20: unknown key 'nam' in [[site]]; did you mean 'name'?",
        "reclaim.toml line 21: unknown section [project2]; did you mean 'project'?",
    ):
        assert expected in found, "\n".join(found)
    assert any(fault.startswith("reclaim.toml line 12: 'EPSG:999999' is no coordinate system") for fault in found)
    assert len(found) == 12


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[layers.footprints]\npath = "a.shp"', "line 1: [layers.footprints] does not say what a row means"),
        ('[layers.parcels]\npath = "a.shp"\nmeaning = "snapshot"', "line 3: 'meaning' belongs to footprints"),
        ('[layers.parcel]\npath = "a.shp"', "line 1: unknown table [layers.parcel]; did you mean 'parcels'?"),
        ('[layers.parcels]\nset = {stage = "permanent"}', "[layers.parcels] has no path"),
        ('[[target]]\nrate = 0\nbasis = "damaged"', "line 2: rate must lie in (0, 1], got 0"),
        ('[[target]]\nrate = "86%"\nbasis = "damaged"', "line 2: rate must be a number in (0, 1]"),
        ('[[published]]\nfigure = "new"\nyear = 2019\nvalue = 3', "has no unit"),
        ('[[published]]\nfigure = "rate"\nyear = 2019\nvalue = 86', "did you mean 0.86?"),
        ('[[published]]\nfigure = "new"\nyear = 2019\nvalue = 3\nunit = "acr"', "'acr'"),
        ('[[imagery]]\ndate = "2019-13-01"\npath = "a.tif"', "line 2: '2019-13-01' is not a date"),
        ('[[imagery]]\nsensor = "plain"', "needs either path or stac"),
        ('[[site]]\nsite_id = "A"\n[[site]]\nsite_id = "A"', "line 4: site 'A' stands twice"),
        ('[[site]]\nsite_id = "A"\nlon = 200\nlat = 3', "line 3: lon must be a number between -180 and 180"),
        ('[project]\nname = "a\n', "line 2: not valid TOML"),
        ("[project]\nname = x", "line 2: not valid TOML"),
        ('[layers.parcels]\npath = "C:\\data\\a.shp"', "write a Windows path with / or inside single quotes"),
        ('layers = "x"', "line 1: 'layers' must hold tables"),
        ('[layers.parcels]\npath = "a"\nline = 3', "line 3: unknown key 'line'"),
        ('[layers.parcels]\npath = "a"\nset = {date = [1]}', "must be one value"),
        ('[layers.zones]\npath = "a"\nstage_dates = {permanent = "x"}', "'stage_dates' belongs to parcels"),
    ],
)  # fmt: skip
def test_one_fault(tmp_path: Path, text: str, fault: str) -> None:
    assert any(fault in found for found in faults(tmp_path, text)), faults(tmp_path, text)


@pytest.mark.parametrize("path", ["../secret.shp", "/etc/passwd", "a/../../b.gpkg", "sub/../../x.csv"])
def test_no_path_leads_out(tmp_path: Path, path: str) -> None:
    text = f'[project]\nname = "x"\n[layers.parcels]\ncompany = "甲"\npath = "{path}"\n'
    (fault,) = faults(tmp_path, text)
    assert fault.startswith("reclaim.toml line 5:")
    assert "leads out of the project folder" in fault
    assert read_project(tmp_path, allow_outside=True).layers[0].path == path


@pytest.mark.parametrize(
    "path",
    ["/vsicurl/http://x/a.tif", "/vsizip/a.zip/../b", "https://x/a.geojson", "a.vrt", "PG:dbname=x", "GPKG:a.gpkg:b"],
)
def test_no_path_is_remote_or_virtual(tmp_path: Path, path: str) -> None:
    (fault,) = faults(tmp_path, f'[layers.parcels]\npath = "{path}"\n')
    assert "--allow-remote" in fault
    assert read_project(tmp_path, allow_remote=True).layers[0].path == path


def test_a_database_is_no_remote_file(tmp_path: Path) -> None:
    url = "postgresql://planner@host/mines"
    assert read_project(write(tmp_path, f'[layers.parcels]\npath = "{url}"\n')).layers[0].path == url


def test_no_project_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="reclaim init"):
        read_project(tmp_path)
    with pytest.raises(ProjectError, match="no such project folder"):
        read_project(tmp_path / "nowhere")


def test_other_encodings_and_sizes_are_told(tmp_path: Path) -> None:
    (tmp_path / "reclaim.toml").write_bytes('[project]\nname = "x"\nname_zh = "平果"'.encode("gbk"))
    with pytest.raises(ProjectError, match="line 3: is not UTF-8 text"):
        read_project(tmp_path)
    (tmp_path / "reclaim.toml").write_bytes(b"#" * 5_000_000)
    with pytest.raises(ProjectError, match="too large"):
        read_project(tmp_path)


def test_a_byte_order_mark_and_windows_line_ends_are_no_matter(tmp_path: Path) -> None:
    (tmp_path / "reclaim.toml").write_bytes(b"\xef\xbb\xbf" + SOUND.replace("\n", "\r\n").encode())
    assert read_project(tmp_path).name == "Pingguo"


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes_give_a_project_or_a_clear_fault(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "reclaim.toml").write_bytes(data)
    assert all("\n" not in fault for fault in faults_if_any(folder))


values = st.recursive(
    st.one_of(st.text(max_size=8), st.integers(-5, 5), st.booleans(), st.floats(allow_nan=False)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["path", "date", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)
SECTIONS = ["project", "layers.parcels", "layers.footprints", "target", "published", "imagery", "site"]
KEYS = ["path", "columns", "set", "values", "rate", "basis", "year", "value", "layer", "crs", "lon", "join"]


@settings(max_examples=150, deadline=None)
@given(section=st.sampled_from(SECTIONS), entries=st.dictionaries(st.sampled_from(KEYS), values, max_size=4))
def test_any_values_give_a_project_or_clear_faults(
    tmp_path_factory: pytest.TempPathFactory, section: str, entries: dict[str, object]
) -> None:
    text = f"[[{section}]]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in entries.items())
    folder = write(tmp_path_factory.mktemp("any"), text)
    found = faults_if_any(folder)
    assert all(fault.startswith("reclaim.toml line") and "\n" not in fault for fault in found), found


def toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, str):
        return (
            '"'
            + "".join(f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}" for char in value)
            + '"'
        )
    return str(float(value)) if isinstance(value, float) else str(value)


def test_lines_inside_strings_and_lists_are_no_keys() -> None:
    text = '[a]\nx = """\n[b]\ny = 1\n"""\nz = [\n  "q = 1",\n  {w = 2},\n]\n[[c]]\nk.l = 1\n[c.d]\nm = 2\n'
    lines = key_lines(text)
    assert lines["a", "x"] == 2
    assert ("b",) not in lines
    assert lines["a", "z"] == 6
    assert lines["c", 0, "k", "l"] == 11
    assert lines["c", 0, "d", "m"] == 13
    assert line_of(lines, ("a", "z", 0, "deep")) == 6


# --- tables that are in a notebook already ---------------------------------------------------------------------------


def frame(**columns: list[object]) -> gpd.GeoDataFrame:
    count = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(columns, geometry=[shapely.box(107, 23, 107.001, 23.001)] * count, crs="EPSG:4490")


def test_from_frames_takes_known_names_for_ours() -> None:
    project = Project.from_frames(
        footprints=frame(矿区名称=["A"], 损毁日期=["2018"], 备注=["x"]),
        parcels=frame(DKMC=["P"], 竣工日期=["2019"], 验收日期=["2020"]),
        meaning="increment",
        unit="ha",
    )
    footprints, parcels = read_layers(project)
    assert footprints.meaning == "increment"
    assert footprints.frame[["site_id", "date", "备注"]].to_numpy().tolist() == [["A", "2018", "x"]]
    assert parcels.frame[["parcel_id", "stage", "date"]].to_numpy().tolist() == [
        ["P", "permanent", "2019"],
        ["P", "accepted", "2020"],
    ]


def test_from_frames_reports_every_fault_at_once() -> None:
    bare = frame(site_id=["A"]).set_crs(None, allow_override=True)
    with pytest.raises(TableError) as caught:
        Project.from_frames(footprint=bare, footprints=bare, parcels=bare.drop(columns="geometry"))  # type: ignore[arg-type]
    assert len(caught.value.faults) == 4
    assert "did you mean 'footprints'" in caught.value.faults[0]
    assert "has no CRS" in caught.value.faults[1]


def test_from_frames_leaves_the_frame_as_it_was() -> None:
    given_frame = frame(矿区名称=["A"], 损毁日期=["2018"])
    read_layers(Project.from_frames(footprints=given_frame, meaning="snapshot"))
    assert list(given_frame.columns) == ["矿区名称", "损毁日期", "geometry"]
