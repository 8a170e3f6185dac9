"""
Styles for QGIS, so that it opens our layers as our maps look.

QGIS looks for a table ``layer_styles`` in a GeoPackage and applies the default style of each layer. The styles are
made from the vocabulary: the colour, the hatch that says the same again, and the Chinese and English label.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree as Xml

from reclaim.errors import FileError
from reclaim.tables import INPUT_TABLES, RESULT_TABLES, Table
from reclaim.vocabulary import Language, Word

Shape = Literal["fill", "line", "marker"]

_DEFAULT = "#777777"
_OUTLINE = "#333333"
_MOMENT = "2000-01-01T00:00:00.000Z"
# a hatch of the vocabulary -> angles of its lines in degrees
_LINES: Mapping[str, tuple[int, ...]] = {"/": (45,), "\\": (135,), "x": (45, 135), "-": (0,), "|": (90,), "+": (0, 90)}
_CREATE = """CREATE TABLE IF NOT EXISTS layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN,
  description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)"""


@dataclass(frozen=True)
class Style:
    """How a layer is drawn: by the codes of one column, or in one way."""

    shape: Shape
    attribute: str | None
    words: tuple[Word, ...]
    table: Table | None = None
    empty_fill: bool = False


def style(
    table: str, attribute: str | None, words: Iterable[Word], *, shape: Shape = "fill", empty_fill: bool = False
) -> Style:
    """A style for one of our tables, its columns named as in the data dictionary."""
    return Style(shape, attribute, tuple(words), {**INPUT_TABLES, **RESULT_TABLES}.get(table), empty_fill)


def qml(look: Style, *, language: Language = "both") -> str:
    """
    A style as QGIS writes it.

    Parameters
    ----------
    look : Style
        What to draw how.
    language : {"zh", "en", "both"}
        Of labels and of the names of columns.

    Returns
    -------
    str
        QML text.
    """
    root = Xml.Element("qgis", version="3.22.0", styleCategories="Symbology|Fields")
    if look.attribute is None:
        renderer = Xml.SubElement(root, "renderer-v2", type="singleSymbol", symbollevels="0", forceraster="0")
        symbols = Xml.SubElement(renderer, "symbols")
        _symbol(symbols, "0", look, look.words[0])
    else:
        renderer = Xml.SubElement(
            root, "renderer-v2", type="categorizedSymbol", attr=look.attribute, symbollevels="0", forceraster="0"
        )
        categories = Xml.SubElement(renderer, "categories")
        symbols = Xml.SubElement(renderer, "symbols")
        for number, word in enumerate(look.words):
            Xml.SubElement(
                categories, "category", value=word.code, symbol=str(number), label=word.label(language), render="true"
            )
            _symbol(symbols, str(number), look, word)
    _aliases(root, look.table, language)
    text = Xml.tostring(root, encoding="unicode")
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{text}"


def add_styles(path: Path, styles: Mapping[str, Style], *, language: Language = "both") -> None:
    """
    Put a ``layer_styles`` table into a GeoPackage that is still being made.

    Parameters
    ----------
    path : Path
        A GeoPackage with the layers.
    styles : mapping of layer to Style
        Layers that the file does not hold are passed over.
    language : {"zh", "en", "both"}
        As for ``qml``.

    Raises
    ------
    FileError
        When the file is no GeoPackage or is locked.
    """
    try:
        with closing(sqlite3.connect(path)) as connection, connection:
            geometry = dict(connection.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
            connection.execute(_CREATE)
            connection.execute("DELETE FROM layer_styles")
            for name in (name for name in styles if name in geometry):
                connection.execute(
                    "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column,"
                    " styleName, styleQML, styleSLD, useAsDefault, description, owner, update_time)"
                    " VALUES ('', '', ?, ?, ?, ?, '', 1, ?, '', ?)",
                    (
                        name,
                        geometry[name],
                        name[:30],
                        qml(styles[name], language=language),
                        f"reclaim: {name}",
                        _MOMENT,
                    ),
                )
            connection.execute(
                "INSERT OR REPLACE INTO gpkg_contents (table_name, data_type, identifier, last_change)"
                " VALUES ('layer_styles', 'attributes', 'layer_styles', ?)",
                (_MOMENT,),
            )
    except sqlite3.Error as error:
        raise FileError(f"{path.name}: styles cannot be written ({error})") from error


def _symbol(symbols: Xml.Element, name: str, look: Style, word: Word) -> None:
    symbol = Xml.SubElement(symbols, "symbol", name=name, type=look.shape, alpha="1", clip_to_extent="1", force_rhr="0")
    colour = word.colour or _DEFAULT
    if look.shape == "marker":
        _layer(symbol, "SimpleMarker", color=rgb(colour), outline_color=rgb(_OUTLINE), name="circle", size="3")
    elif look.shape == "line":
        _layer(symbol, "SimpleLine", line_color=rgb(colour), line_width="0.5")
    else:
        fill = "no" if look.empty_fill else "solid"
        outline = colour if look.empty_fill else _OUTLINE
        width = "0.5" if look.empty_fill else "0.2"
        alpha = 255 if look.empty_fill else 160
        _layer(
            symbol, "SimpleFill", color=rgb(colour, alpha), style=fill, outline_color=rgb(outline), outline_width=width,
            outline_style="solid",
        )  # fmt: skip
        if not look.empty_fill:
            _hatch(symbol, word.hatch or "")


def _hatch(symbol: Xml.Element, hatch: str) -> None:
    mark = hatch[:1]
    distance = str(round(6 / max(1, len(hatch)), 2))  # millimetres; more marks are denser, as in our figures
    for number, angle in enumerate(_LINES.get(mark, ())):
        layer = _layer(symbol, "LinePatternFill", angle=str(angle), distance=distance, line_width="0.26")
        inner = Xml.SubElement(layer, "symbol", name=f"@{symbol.get('name')}@{number + 1}", type="line", alpha="1")
        _layer(inner, "SimpleLine", line_color=rgb(_OUTLINE), line_width="0.26")
    if mark in (".", "o", "O", "*"):
        layer = _layer(symbol, "PointPatternFill", distance_x=distance, distance_y=distance)
        inner = Xml.SubElement(layer, "symbol", name=f"@{symbol.get('name')}@1", type="marker", alpha="1")
        colour = rgb(_OUTLINE, 255 if mark == "." else 0)
        size = "0.7" if mark == "." else "1.6"
        _layer(inner, "SimpleMarker", name="circle", color=colour, outline_color=rgb(_OUTLINE), size=size)


def _layer(symbol: Xml.Element, kind: str, **options: str) -> Xml.Element:
    """A symbol layer with its options in the newer and in the older way of writing."""
    layer = Xml.SubElement(symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})
    listed = Xml.SubElement(layer, "Option", type="Map")
    for name, value in options.items():
        Xml.SubElement(listed, "Option", name=name, type="QString", value=value)
    for name, value in options.items():
        Xml.SubElement(layer, "prop", k=name, v=value)
    return layer


def rgb(colour: str, alpha: int = 255) -> str:
    """
    A colour as QGIS writes it.

    Examples
    --------
    >>> rgb("#EE6677")
    '238,102,119,255'
    """
    return ",".join(str(int(colour[place : place + 2], 16)) for place in (1, 3, 5)) + f",{alpha}"


def _aliases(root: Xml.Element, table: Table | None, language: Language) -> None:
    """Names of the columns for people."""
    if table is None:
        return
    aliases = Xml.SubElement(root, "aliases")
    for number, column in enumerate(item for item in table.columns if item.kind != "geometry"):
        name = column.name if language == "en" else column.zh if language == "zh" else f"{column.zh} {column.name}"
        Xml.SubElement(aliases, "alias", index=str(number), field=column.name, name=name)
