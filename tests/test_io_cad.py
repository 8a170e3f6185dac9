"""Drawings: boundaries that were drawn as lines."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
import shapely

from reclaim.errors import FileError
from reclaim.io.cad import cad_layers
from reclaim.io.reading import Options, Reading
from reclaim.io.vectors import read_file

Point = tuple[float, float]


def ring(layer: str, x: float, y: float, side: float) -> list[object]:
    points = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    return ["0", "LWPOLYLINE", "8", layer, "90", 4, "70", 1, *(item for a, b in points for item in ("10", a, "20", b))]


def line(layer: str, a: Point, b: Point) -> list[object]:
    return ["0", "LINE", "8", layer, "10", a[0], "20", a[1], "11", b[0], "21", b[1]]


def label(layer: str, x: float, y: float, text: str) -> list[object]:
    return ["0", "TEXT", "8", layer, "10", x, "20", y, "40", 5, "1", text]


def drawing(path: Path, *entities: Sequence[object], version: str = "AC1015", encoding: str = "gbk") -> Path:
    head = ["0", "SECTION", "2", "HEADER", "9", "$ACADVER", "1", version, "9", "$DWGCODEPAGE", "3", "ANSI_936"]
    body = [item for entity in entities for item in entity]
    lines = [*head, "0", "ENDSEC", "0", "SECTION", "2", "ENTITIES", *body, "0", "ENDSEC", "0", "EOF"]
    path.write_bytes("\r\n".join(map(str, lines)).encode(encoding) + b"\r\n")
    return path


def read(path: Path, *layers: str) -> Reading:
    return read_file(path, Options(layers or None))


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings]


@pytest.mark.parametrize(("version", "encoding"), [("AC1015", "gbk"), ("AC1021", "utf-8"), ("AC1015", "utf-8")])
def test_closed_lines_are_polygons_with_their_labels(tmp_path: Path, version: str, encoding: str) -> None:
    entities = [ring("地块界线", 0, 0, 100), label("注记", 10, 10, "一号地块")]
    path = drawing(tmp_path / "a.dxf", *entities, version=version, encoding=encoding)
    frame = read(path).frame
    assert frame.area.tolist() == [10_000]
    assert frame[["cad_layer", "text"]].to_numpy().tolist() == [["地块界线", "一号地块"]]
    assert frame.crs is None


def test_lines_that_meet_within_a_millimetre_close(tmp_path: Path) -> None:
    corners = [(0, 0), (50, 0), (50, 50), (0, 50), (0, 0)]
    lines = [line("JZX", (a[0] + 0.0002, a[1]), b) for a, b in pairwise(corners)]
    assert read(drawing(tmp_path / "a.dxf", *lines)).frame.area.tolist() == pytest.approx([2500], rel=1e-4)


def test_lines_that_close_nothing_are_listed_with_their_place(tmp_path: Path) -> None:
    path = drawing(tmp_path / "a.dxf", ring("JZX", 0, 0, 10), line("JZX", (500, 700), (540, 700)))
    reading = read(path)
    assert len(reading.frame) == 1
    (finding,) = [item for item in reading.findings if item.code == "cad-open"]
    assert "40.0 units from 500.00, 700.00" in finding.message


def test_a_ring_inside_is_a_hole_unless_it_is_named(tmp_path: Path) -> None:
    entities = [ring("JZX", 0, 0, 100), ring("JZX", 10, 10, 20), ring("JZX", 50, 50, 30), label("ZJ", 60, 60, "岛")]
    frame = read(drawing(tmp_path / "a.dxf", *entities)).frame
    assert frame.area.tolist() == [10_000 - 400 - 900, 900]
    assert frame["text"].isna().tolist() == [True, False]
    assert frame["text"][1] == "岛"


def test_a_ring_drawn_twice_counts_once(tmp_path: Path) -> None:
    assert len(read(drawing(tmp_path / "a.dxf", ring("JZX", 0, 0, 10), ring("JZX", 0, 0, 10))).frame) == 1


def test_boundaries_on_several_layers_are_a_question(tmp_path: Path) -> None:
    path = drawing(tmp_path / "a.dxf", ring("地块界", 0, 0, 10), ring("地块界", 20, 0, 10), ring("图框", -90, -90, 300))
    assert cad_layers(path) == {"地块界": 2, "图框": 1}
    with pytest.raises(FileError, match=r"several CAD layers \(地块界: 2, 图框: 1\); say which with layer"):
        read(path)
    assert len(read(path, "地块界").frame) == 2
    with pytest.raises(FileError, match="no CAD layer '地块界线'; did you mean '地块界'"):
        read(path, "地块界线")


def test_what_closes_nothing_at_all(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no line of the drawing closes to a boundary"):
        read(drawing(tmp_path / "a.dxf", line("0", (0, 0), (1, 1))))


def test_a_drawing_cut_off_is_refused_at_once(tmp_path: Path) -> None:
    path = drawing(tmp_path / "a.dxf", ring("JZX", 0, 0, 10))
    data = path.read_bytes()
    for length in range(200, len(data) - 8, 37):
        path.write_bytes(data[:length])
        with pytest.raises(FileError, match=r"is cut off|is damaged|is not a DXF"):
            read(path)


def test_binary_drawings_and_dwg_say_how_to_save_them(tmp_path: Path) -> None:
    path = tmp_path / "a.dxf"
    path.write_bytes(b"AutoCAD Binary DXF\r\n\x1a\x00")
    with pytest.raises(FileError, match="save it as a text"):
        read(path)
    path.write_bytes(b"AC1032\x00\x00")
    with pytest.raises(FileError, match="DWG drawing under the name of a DXF"):
        read(path)
    (tmp_path / "a.dwg").write_bytes(b"AC1032")
    with pytest.raises(FileError) as caught:
        read(tmp_path / "a.dwg")
    assert "save it as DXF" in caught.value.faults[0]
    assert len(caught.value.faults) == 1


def test_coordinates_beyond_reason_are_no_boundary(tmp_path: Path) -> None:
    path = drawing(tmp_path / "a.dxf", ring("JZX", 0, 0, 10), line("JZX", (1e300, 0), (0, 1e300)))
    assert read(path).frame.total_bounds.tolist() == [0, 0, 10, 10]


def test_formatting_of_labels_is_left_out(tmp_path: Path) -> None:
    text = ["0", "MTEXT", "8", "ZJ", "10", 5, "20", 5, "40", 2, "1", r"{\fSimSun|b0;一号}\P复垦"]
    frame = read(drawing(tmp_path / "a.dxf", ring("JZX", 0, 0, 10), text)).frame
    assert frame["text"][0].split() == ["一号", "复垦"]


def test_a_polygon_is_sound(tmp_path: Path) -> None:
    frame = read(drawing(tmp_path / "a.dxf", ring("JZX", 0, 0, 100), ring("JZX", 10, 10, 20))).frame
    assert shapely.is_valid(frame.geometry.to_numpy()).all()
