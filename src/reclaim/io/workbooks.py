"""
Workbooks as companies send them: titles above the names, merged cells, totals, formulas, several sheets.
"""

import dataclasses
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
from openpyxl.utils.cell import range_boundaries

from reclaim.errors import FileError
from reclaim.io.csvs import with_geometry
from reclaim.io.reading import Options, Reading, unreadable
from reclaim.io.sheets import Block, Row, SheetTable, find_tables, is_empty, table_at
from reclaim.io.words import hint

_MOST_BYTES = 400_000_000  # of unpacked sheets; a workbook of a million filled cells has a tenth of it
_RANGE = re.compile(r"^(?P<sheet>.*)!(?P<range>\$?[A-Za-z]{1,3}\$?\d{1,7}:\$?[A-Za-z]{1,3}\$?\d{1,7})$")
_ERRORS = ("#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#N/A", "#NUM!", "#NULL!")


def read_workbook(path: Path, options: Options) -> Reading:
    """
    Rows of one table of a workbook.

    Parameters
    ----------
    path : Path
        ``.xlsx`` or ``.xlsm``; macros are never run.
    options : Options
        ``layer`` names the sheet, or a range on it (``"Sheet1!A5:F20"``); needed where the workbook holds several
        tables. ``geometry`` as for CSV.

    Returns
    -------
    Reading
        Index 0-based row below the names.

    Raises
    ------
    FileError
        When it is broken, holds no table, or holds several and none was named.
    """
    reading = Reading(gpd.GeoDataFrame())
    table = _chosen(path, options, reading)
    columns = pd.DataFrame([cells for _, cells in table.rows], columns=table.names, dtype=object)
    columns = _cleaned(columns, reading)
    reading = with_geometry(columns.infer_objects(), path.name, options, reading)
    numbers = [number for number, _ in table.rows]
    reading.frame.index = pd.Index(numbers)
    reading.findings = [
        item if item.row is None else dataclasses.replace(item, row=numbers[item.row]) for item in reading.findings
    ]
    _say_header(reading, table)
    return reading


def workbook_tables(path: Path) -> list[tuple[str, SheetTable]]:
    """
    All tables of a workbook, each with the name that ``layer`` takes.

    Raises
    ------
    FileError
        When the workbook is broken.
    """
    book = _open(path)
    found = []
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible":
            grid, wide = _grid(sheet)
            tables = find_tables(grid, wide=wide)
            alone = len(tables) == 1
            found += [(sheet.title if alone else f"{sheet.title}!{table.block.name()}", table) for table in tables]
    return [(name, table) for name, table in found if table.rows]


def _chosen(path: Path, options: Options, reading: Reading) -> SheetTable:
    asked = options.layers[0] if options.layers else None
    ranged = _RANGE.match(asked) if asked else None
    if ranged:
        return _ranged(path, ranged["sheet"], ranged["range"])
    tables = workbook_tables(path)
    if asked is not None:
        here = [(name, table) for name, table in tables if name == asked or name.startswith(f"{asked}!")]
        if not here:
            raise FileError(f"{path.name}: {_no_sheet(path, asked)}")
        tables = here
    if not tables:
        raise FileError(f"{path.name}: holds no table (a row of names with rows below)")
    if len(tables) > 1:
        names = ", ".join(name for name, _ in tables[:12])
        raise FileError(f'{path.name}: holds {len(tables)} tables ({names}); say which with layer = "{tables[0][0]}"')
    _check_formulas(path, reading)
    return tables[0][1]


def _ranged(path: Path, sheet: str, cells: str) -> SheetTable:
    book = _open(path)
    name = sheet.strip("'")
    if name not in book.sheetnames:
        raise FileError(f"{path.name}: {_no_sheet(path, name)}")
    left, top, right, bottom = range_boundaries(cells.upper())
    grid, wide = _grid(book[name])
    table = table_at(grid, Block(top - 1, left - 1, bottom - 1, right - 1), wide=wide) if grid else None
    if table is None:
        raise FileError(f"{path.name}: {sheet}!{cells} holds no table (a row of names with rows below)")
    return table


def _no_sheet(path: Path, asked: str) -> str:
    names = _open(path).sheetnames
    if asked in names:
        return f"sheet {asked!r} holds no table (a row of names with rows below)"
    return f"there is no sheet {asked!r}{hint(asked, names) or '; it has ' + ', '.join(names[:12])}"


def _open(path: Path) -> Any:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(item.file_size for item in archive.infolist()) > _MOST_BYTES:
                raise FileError(
                    f"{path.name}: unpacks to more than {_MOST_BYTES // 10**6} MB; split it, or save it as .csv"
                )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # drop-downs and drawings that openpyxl does not keep: we only read
            return openpyxl.load_workbook(path, data_only=True, keep_links=False)
    except FileError:
        raise
    except Exception as error:  # openpyxl lets through whatever a broken file makes it stumble over
        raise unreadable(path.name, error) from error


def _grid(sheet: Any) -> tuple[list[Row], frozenset[int]]:
    """All cells, merged ones filled, and the rows in which cells are merged across columns."""
    grid: list[Row] = [list(row) for row in sheet.iter_rows(values_only=True)]
    wide = set()
    for merged in sheet.merged_cells.ranges:
        top, left = merged.min_row - 1, merged.min_col - 1
        if top >= len(grid) or left >= len(grid[top]):
            continue
        value = grid[top][left]
        if merged.max_col > merged.min_col:
            wide.add(top)
        for row in range(top, min(merged.max_row, len(grid))):
            for column in range(left, min(merged.max_col, len(grid[row]))):
                grid[row][column] = value
    return grid, frozenset(wide)


def _say_header(reading: Reading, table: SheetTable) -> None:
    if table.header > 0:
        reading.note(
            "workbook-header",
            f"names of the columns stand in row {table.header + 1} of the sheet; "
            f"row 0 of the findings is row {table.header + 2}",
        )
    for number in table.totals:
        reading.note("workbook-total", "is a total and was left out", row=number)


def _cleaned(columns: pd.DataFrame, reading: Reading) -> pd.DataFrame:
    """Empty texts as missing, Excel's error values as missing and said."""
    result = columns.copy()
    for name in columns.columns:
        wrong = columns[name].isin(_ERRORS)
        for position in columns.index[wrong]:
            reading.note(
                "file-warning",
                f"column {name!r} holds {columns[name][position]}",
                "mend the formula",
                severity="warning",
                row=int(position),
            )
        cells = [None if is_empty(cell) or bad else cell for cell, bad in zip(columns[name], wrong, strict=True)]
        result[name] = pd.Series([cell.strip() if isinstance(cell, str) else cell for cell in cells], dtype=object)
    return result


def _check_formulas(path: Path, reading: Reading) -> None:
    """Say when cells hold formulas whose results were never stored."""
    with zipfile.ZipFile(path) as archive:
        sheets = [item for item in archive.namelist() if item.startswith("xl/worksheets/sheet")]
        unsolved = sum(len(_UNSOLVED.findall(archive.read(item))) for item in sheets)
    if unsolved:
        reading.note(
            "file-warning",
            f"{unsolved} cells hold formulas that were never calculated; they count as empty",
            "open the workbook in Excel and save it",
            severity="warning",
        )


_UNSOLVED = re.compile(rb"</f>\s*(?:<v\s*/>|<v></v>)?\s*</c>|<f[^>]*/>\s*(?:<v\s*/>|<v></v>)?\s*</c>")
