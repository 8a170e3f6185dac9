"""
A project file written for people: every proposal with the reason, every open point where it is to be mended.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from reclaim.io.propose import Columns
from reclaim.io.scanning import Folder, Found, Image, samples, summary
from reclaim.tables import INPUT_TABLES
from reclaim.vocabulary import words

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ORDER = ("sites", "footprints", "parcels", "permits", "baseline", "responsibility", "zones", "measurements")
_MEANINGS = {
    "increment": "each row is land newly disturbed at its date",
    "snapshot": "each row is the outline of open land as it stood at its date",
    "cumulative": "each row is the outline of all land disturbed up to its date",
}


def project_text(found: Folder, *, name: str) -> str:
    """
    A project file for what was found in a folder.

    Parameters
    ----------
    found : Folder
        The layers with what they were taken for.
    name : str
        Name of the project.

    Returns
    -------
    str
        TOML with comments.
    """
    lines = [
        "# Proposed by reclaim init from the files in this folder. 由 reclaim init 根据本文件夹中的文件生成。",
        "# Look at every line with a question mark in front; then: reclaim check .",
        "",
        "[project]",
        f"{'name_zh' if any(ord(char) > 0x2E7F for char in name) else 'name'} = {quoted(name)}",
        'unit = "mu"            # of figures: mu, ha, m2 or km2',
        'language = "both"      # of maps and reports: zh, en or both',
        "",
    ]
    for table in _ORDER:
        for layer in found.layers:
            if layer.table == table:
                lines += [*_layer_lines(layer), ""]
    for layer in found.layers:
        if layer.table is None:
            lines += [*_unclear_lines(layer), ""]
    if not any(layer.table == "sites" for layer in found.layers):
        lines += [*_site_lines(found), ""]
    for image in found.images:
        lines += [*_image_lines(image), ""]
    lines += [
        "# [[target]]             # the rate to reach; without one 0.86 is shown and said to be the default",
        "# rate = 0.86",
        '# basis = "damaged"      # damaged, responsibility, available, annual or plan',
        "",
    ]
    return "\n".join(lines)


def quoted(text: str) -> str:
    """
    A text as a TOML string.

    Examples
    --------
    >>> print(quoted("the 'old' pit"))
    "the 'old' pit"
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if _PLAIN_KEY.fullmatch(name) else quoted(name)


def _pairs(mapping: dict[str, str]) -> str:
    return "{" + ", ".join(f"{_key(key)} = {quoted(value)}" for key, value in mapping.items()) + "}"


def _comment(text: str) -> str:
    """Text in a comment: on one line, without characters that end it."""
    return "# " + "".join(char if char.isprintable() else " " for char in text)


def _layer_lines(layer: Found) -> Iterator[str]:
    table = INPUT_TABLES[layer.table or "parcels"]
    yield _comment(f"{table.zh} {table.name}: {summary(layer)}")
    if layer.problem:
        yield _comment("? it cannot be read and counts nothing until it is sent again")
    for doubt in layer.doubts:
        yield _comment(f"? {doubt}")
    yield f"[[layers.{table.name}]]"
    yield f"path = {quoted(layer.path)}"
    if layer.layer is not None:
        yield f"layer = {quoted(layer.layer)}"
    if table.name == "footprints":
        meaning = layer.meaning or "increment"
        others = ", ".join(other for other in _MEANINGS if other != meaning)
        yield f"meaning = {quoted(meaning)}  # {_MEANINGS[meaning]}; or: {others}"
    if layer.company:
        yield f"company = {quoted(layer.company)}"
    if layer.crs is not None:
        yield f"crs = {quoted(layer.crs)}"
    yield from _column_lines(layer.columns, _as_they_are(layer))
    if layer.sets:
        yield f"set = {_pairs(layer.sets)}"
    if layer.join is not None:
        yield from _join_lines(layer.join)
    yield from _value_lines(layer)
    yield from _rest_lines(layer)


def _as_they_are(layer: Found) -> set[str]:
    return set() if layer.frame is None else {str(name) for name in layer.frame.columns}


def _column_lines(columns: Columns, there: set[str]) -> Iterator[str]:
    renamed = {ours: theirs for ours, theirs in columns.columns.items() if ours != theirs}
    if renamed:
        yield f"columns = {_pairs(renamed)}"
    if columns.stage_dates:
        yield f"stage_dates = {_pairs(columns.stage_dates)}  # one row, one date for each stage"


def _join_lines(table: Found) -> Iterator[str]:
    parts = [f"path = {quoted(table.path)}", 'on = "parcel_id"']
    if table.layer is not None:
        parts.append(f"layer = {quoted(table.layer)}")
    if table.columns.columns:
        parts.append(f"columns = {_pairs(table.columns.columns)}")
    yield "join = {" + ", ".join(parts) + "}"
    if table.columns.stage_dates:
        yield f"stage_dates = {_pairs(table.columns.stage_dates)}  # from the joined table"


def _value_lines(layer: Found) -> Iterator[str]:
    """Values that the vocabulary does not know, ready to be filled in."""
    sources = [layer] if layer.join is None else [layer, layer.join]
    for source in sources:
        for ours, values in source.columns.values.items():
            column = INPUT_TABLES[layer.table or "parcels"][ours]
            yield _comment(f"? values of {ours} that are not known; choose from {', '.join(words(column.codes or ''))}")
            yield _comment(
                f"values.{ours} = " + "{" + ", ".join(f'{quoted(value)} = "…"' for value in values[:12]) + "}"
            )


def _rest_lines(layer: Found) -> Iterator[str]:
    if layer.frame is None:
        return
    taken = {*layer.columns.columns.values(), *layer.columns.stage_dates.values(), "geometry"}
    rest = [str(name) for name in layer.frame.columns if name not in taken]
    if rest:
        shown = "; ".join(f"{name} ({samples(layer.frame[name])})" for name in rest[:10])
        yield _comment(f"kept as they are: {shown}{' …' if len(rest) > 10 else ''}")


def _unclear_lines(layer: Found) -> Iterator[str]:
    yield _comment(f"? {layer.name}: {layer.problem or summary(layer)}")
    for doubt in layer.doubts:
        yield _comment(f"? {doubt}")
    if layer.frame is not None:
        shown = "; ".join(
            f"{name} ({samples(layer.frame[name])})" for name in layer.frame.columns[:8] if name != "geometry"
        )
        yield _comment(f"its columns: {shown}")
    yield _comment(f"[[layers.parcels]]  # or {', '.join(name for name in _ORDER if name != 'parcels')}")
    yield _comment(f"path = {quoted(layer.path)}")
    if layer.layer is not None:
        yield _comment(f"layer = {quoted(layer.layer)}")


def _site_lines(found: Folder) -> Iterator[str]:
    """Sites that the layers name, to be filled in."""
    layers = [layer for layer in found.layers if layer.table in ("footprints", "parcels")]
    names = sorted(
        {name for layer in layers for name in [*layer.ids("site_id"), layer.sets.get("site_id", "")] if name}
    )
    yield _comment("sites: say what you want to see in tables and maps")
    for name in names[:3] or ["A"]:
        yield _comment("[[site]]")
        yield _comment(f"site_id = {quoted(name)}")
        yield from (_comment(line) for line in ('name = ""', 'name_zh = ""', 'kind = "mine"', 'company = ""'))
    if len(names) > 3:
        yield _comment(f"… and {', '.join(names[3:30])}{' …' if len(names) > 30 else ''}")


def _image_lines(image: Image) -> Iterator[str]:
    """Imagery, live only where its sensor is known."""
    lines = ["[[imagery]]", f"path = {quoted(image.path)}"]
    if image.sensor:
        lines.append(f"sensor = {quoted(image.sensor)}")
    if image.date:
        lines.append(f"date = {quoted(image.date)}")
    if image.sensor and image.date:
        yield from lines
        return
    missing = "which sensor it is" if not image.sensor else "its date"
    yield _comment(f"? {Path(image.path).name}: imagery? Its name does not tell {missing}")
    yield from (_comment(line) for line in lines)
