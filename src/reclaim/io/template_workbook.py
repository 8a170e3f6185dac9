"""
The workbook that a company fills in and sends back: drop-downs where words are agreed, notes on every column.
"""

import datetime
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter

from reclaim.io.atomic import atomic_path
from reclaim.vocabulary import words

_MOMENT = datetime.datetime(2000, 1, 1)
_ROWS = 2000  # rows with drop-downs
_LISTS = "lists"
_FIRST_DAY, _LAST_DAY = datetime.date(1950, 1, 1), datetime.date(2100, 12, 31)


@dataclass(frozen=True)
class Entry:
    """One column of a sheet: its name, what to write, and the list or kind that its cells are held to."""

    name: str
    zh: str
    en: str
    codes: str | None = None
    kind: str = "text"  # text, date or area
    needed: bool = False


_PARCELS = (
    Entry("矿区编号", "与“矿区”表一致", "as on the sheet 矿区", needed=True),
    Entry("地块编号", "与图斑编号一致；每行一个地块", "the same as in the drawing; one row a parcel", needed=True),
    Entry("复垦面积（亩）", "申报面积，只填数字", "declared area in mu, a number", kind="area", needed=True),
    Entry("复垦方向", "从列表选择", "choose from the list", codes="end_uses"),
    Entry("复垦前地类", "从列表选择（GB/T 21010）", "choose from the list", codes="land_classes"),
    Entry("复垦后地类", "从列表选择（GB/T 21010）", "choose from the list", codes="land_classes"),
    Entry("计划日期", "计划复垦完成的日期", "day on which it is to be reclaimed", kind="date"),
    Entry("竣工日期", "永久复垦完成的日期", "day on which permanent reclamation was finished", kind="date"),
    Entry("验收日期", "通过验收的日期；未验收则空", "day of acceptance; empty until then", kind="date"),
    Entry("移交日期", "移交的日期；未移交则空", "day of handing over; empty until then", kind="date"),
    Entry("备注", "可不填", "anything else"),
)
_SITES = (
    Entry("矿区编号", "其他表用此编号引用", "the name that the other sheets use", needed=True),
    Entry("矿区名称", "中文名称", "name in Chinese"),
    Entry("英文名称", "可不填", "name in English"),
    Entry("矿区类型", "从列表选择", "choose from the list", codes="site_kinds"),
    Entry("企业名称", "负责企业", "company that answers for it"),
    Entry("省份", "所在省份", "province"),
    Entry("经度", "度，例如 107.52", "degrees east, such as 107.52"),
    Entry("纬度", "度，例如 23.31", "degrees north, such as 23.31"),
)
SHEETS: Mapping[str, Sequence[Entry]] = {"复垦地块": _PARCELS, "矿区": _SITES}
_NOTES = (
    "填写说明 How to fill in",
    "1. 每个表第一行是列名，请勿修改；从第二行起填写。 The first row names the columns; leave it, and write below.",
    "2. 红色列名必填。 Columns with red names are needed.",
    "3. 日期写成 2019-06-30；只知道月份写 2019-06，只知道年份写 2019。 Dates as 2019-06-30, or 2019-06, or 2019.",
    "4. 面积单位为亩，只写数字。 Areas are in mu; numbers only.",
    "5. 没有图形的地块只作为申报数字，不进入台账；请另送图形（Shapefile、GeoPackage、DXF 或勘测定界文本），编号一致。 "
    "Parcels without an outline are shown as declared figures and never enter the ledger; send the outlines too, under "
    "the same numbers.",
    "6. 不要合并单元格，不要加合计行。 Do not merge cells, and add no totals.",
)


def write_template(path: str | os.PathLike[str]) -> Path:
    """
    Write the fill-in workbook.

    Parameters
    ----------
    path : path
        The ``.xlsx``.

    Returns
    -------
    Path
        The file. Sheets 复垦地块 and 矿区 are read back by ``reclaim init`` as they are.
    """
    target = Path(path)
    with atomic_path(target) as fresh:
        book = xlsxwriter.Workbook(str(fresh), {"strings_to_formulas": False, "strings_to_urls": False})
        book.set_properties({"created": _MOMENT})
        _notes(book)
        sheets = {name: book.add_worksheet(name) for name in SHEETS}
        lists = _lists(book)
        for name, sheet in sheets.items():
            _fill_sheet(book, sheet, SHEETS[name], lists)
        book.close()
    return target


def _notes(book: Any) -> None:
    sheet = book.add_worksheet("说明")
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 100, wrapped)
    for row, line in enumerate(_NOTES):
        sheet.write_string(row, 0, line, wrapped)


def _lists(book: Any) -> dict[str, str]:
    """The choices on a hidden sheet, and where each list stands: Excel takes long lists from cells only."""
    sheet = book.add_worksheet(_LISTS)
    sheet.hide()
    places = {}
    names = sorted({entry.codes for entries in SHEETS.values() for entry in entries if entry.codes})
    for column, name in enumerate(names):
        labels = [_label(name, code, word.zh) for code, word in words(name).items()]
        sheet.write_string(0, column, name)
        for row, label in enumerate(labels, start=1):
            sheet.write_string(row, column, label)
        letter = chr(ord("A") + column)
        places[name] = f"={_LISTS}!${letter}$2:${letter}${len(labels) + 1}"
    return places


def _label(name: str, code: str, zh: str) -> str:
    """What stands in a drop-down: the Chinese word; land classes by their code, which is what they are known by."""
    return code if name == "land_classes" else zh


def _fill_sheet(book: Any, sheet: Any, entries: Sequence[Entry], lists: Mapping[str, str]) -> None:
    plain = book.add_format({"bold": True, "bottom": 1})
    needed = book.add_format({"bold": True, "bottom": 1, "font_color": "#C00000"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    text = book.add_format({"num_format": "@"})
    for column, entry in enumerate(entries):
        sheet.write_string(0, column, entry.name, needed if entry.needed else plain)
        sheet.write_comment(0, column, f"{entry.zh}\n{entry.en}", {"x_scale": 1.6, "author": "reclaim"})
        # land-class codes begin with a zero, which only text keeps
        as_text = entry.codes == "land_classes" or entry.name.endswith("编号")
        sheet.set_column(column, column, 16, day if entry.kind == "date" else text if as_text else None)
        rule = _rule(entry, lists)
        if rule is not None:
            sheet.data_validation(1, column, _ROWS, column, rule)
    sheet.freeze_panes(1, 0)


def _rule(entry: Entry, lists: Mapping[str, str]) -> dict[str, Any] | None:
    """What a cell may hold. Dates only warn: a month or a year alone is allowed too."""
    told = {"input_title": entry.name[:32], "input_message": f"{entry.zh} {entry.en}"[:255]}
    if entry.codes is not None:
        return {"validate": "list", "source": lists[entry.codes], "error_type": "warning", **told}
    if entry.kind == "date":
        between = {"validate": "date", "criteria": "between", "minimum": _FIRST_DAY, "maximum": _LAST_DAY}
        return {**between, "error_type": "information", **told}
    if entry.kind == "area":
        return {"validate": "decimal", "criteria": ">=", "value": 0, "error_type": "stop", **told}
    return None
