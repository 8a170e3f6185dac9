"""Pieces of a Word document that python-docx has no call for: tables in one go, fields, alt text, sections."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Emu, Mm, Pt, RGBColor

A4 = (Mm(210), Mm(297))
SIDE, TOP, BOTTOM, HEADER = Mm(22), Mm(30), Mm(20), Mm(11)
LATIN, EASTERN = "Arial", "Microsoft YaHei"
_INK = "1D2327"
WHOLE = 14  # tables up to so many rows are kept on one page
# style, points, bold, points before and after
_STYLES = (
    ("Normal", 10, False, 0, 4),
    ("Title", 22, True, 0, 4),
    ("Subtitle", 12, False, 0, 14),
    ("Heading 1", 15, True, 18, 6),
    ("Caption", 9.5, True, 10, 3),
    ("Header", 8.5, False, 0, 0),
    ("Footer", 8.5, False, 0, 0),
)


def set_styles(document: Any) -> None:
    """Fonts and sizes; the east-Asian font is a setting of its own, which python-docx does not know."""
    for name, size, bold, before, after in _STYLES:
        style = document.styles[name]
        style.font.name, style.font.size, style.font.bold, style.font.italic = LATIN, Pt(size), bold, False
        style.font.color.rgb = RGBColor.from_string(_INK)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), EASTERN)
        for spacing in style.element.rPr.findall(qn("w:spacing")):
            style.element.rPr.remove(spacing)
    document.styles["Caption"].paragraph_format.keep_with_next = True
    _no_border(document.styles["Title"])
    for language in document.styles.element.iter(qn("w:lang")):
        # Chinese punctuation stands in the corner in simplified Chinese, in the middle elsewhere
        language.set(qn("w:eastAsia"), "zh-CN")


def _no_border(style: Any) -> None:
    properties = style.element.get_or_add_pPr()
    for border in properties.findall(qn("w:pBdr")):
        properties.remove(border)


def page(section: Any, *, landscape: bool) -> None:
    """A4 with our margins, upright or on its side."""
    width, height = (A4[1], A4[0]) if landscape else A4
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = width, height
    section.left_margin = section.right_margin = SIDE
    section.top_margin, section.bottom_margin, section.header_distance = TOP, BOTTOM, HEADER


def turn(document: Any, *, landscape: bool) -> None:
    """Go on with pages of the other orientation."""
    page(document.add_section(WD_SECTION.NEW_PAGE), landscape=landscape)


def room(document: Any) -> int:
    """Width of the text on the present page, in EMU."""
    section = document.sections[-1]
    return int(section.page_width - section.left_margin - section.right_margin)


def field(paragraph: Any, code: str, shown: str) -> None:
    """A field that Word keeps up to date (page number, number of a caption), with its present value."""
    for kind, text in (("begin", None), (None, code), ("separate", None), ("shown", shown), ("end", None)):
        run = paragraph.add_run()
        if kind in ("begin", "separate", "end"):
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
            run._r.append(element)
        elif kind == "shown":
            run.text = text
        else:
            element = OxmlElement("w:instrText")
            element.set(qn("xml:space"), "preserve")
            element.text = f" {text} "
            run._r.append(element)


def picture(paragraph: Any, data: bytes, *, alt: str, width: int) -> None:
    """A picture with its alternative text, as wide as ``width`` (EMU) or smaller where its height would not fit."""
    inline = paragraph.add_run().add_picture(BytesIO(data), width=Emu(width))
    most = int(Mm(150))
    if inline.height > most:
        inline.width, inline.height = Emu(int(inline.width * most / inline.height)), Emu(most)
    properties = inline._inline.docPr
    properties.set("descr", alt)
    properties.set("title", "")
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def table(
    heads: Sequence[Sequence[str]],
    rows: Sequence[Sequence[str]],
    *,
    widths: Sequence[int],
    right: Sequence[bool],
    total: bool,
) -> Any:
    """
    A whole table as one element: its header row is repeated on every page, and no row is torn apart.

    Parameters
    ----------
    heads : sequence of sequence of str
        The lines of each column's header.
    rows : sequence of sequence of str
        The cells.
    widths : sequence of int
        Widths of the columns, EMU.
    right : sequence of bool
        Which columns stand to the right.
    total : bool
        Whether the last row is a total.
    """
    made = _empty_table(widths)
    made.append(_row([list(lines) for lines in heads], widths, right, head=True))
    for index, row in enumerate(rows):
        last = index == len(rows) - 1
        whole = len(rows) <= WHOLE and not last
        made.append(_row([[cell] for cell in row], widths, right, bold=total and last, keep=whole))
    return made


def _empty_table(widths: Sequence[int]) -> Any:
    made = parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{_twips(sum(widths))}" w:type="dxa"/><w:tblBorders>'
        f'<w:top w:val="single" w:sz="12" w:color="{_INK}"/><w:bottom w:val="single" w:sz="12" w:color="{_INK}"/>'
        '<w:insideH w:val="single" w:sz="4" w:color="D5DADE"/></w:tblBorders><w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        "<w:tblGrid/></w:tbl>"
    )
    grid = made.find(qn("w:tblGrid"))
    for width in widths:
        _add(grid, "w:gridCol").set(qn("w:w"), str(_twips(width)))
    return made


def facts(rows: Sequence[Sequence[str]], *, widths: Sequence[int]) -> Any:
    """A table without a header: name, figure, what stands beside it; several lines to a cell."""
    made = _empty_table(widths)
    for row in rows:
        made.append(_row([cell.split("\n") for cell in row], widths, [False] * len(widths), bold=True))
    return made


def _row(
    cells: Sequence[Sequence[str]],
    widths: Sequence[int],
    right: Sequence[bool],
    *,
    head: bool = False,
    bold: bool = False,
    keep: bool = False,
) -> Any:
    row = OxmlElement("w:tr")
    properties = _add(row, "w:trPr")
    _add(properties, "w:cantSplit")
    if head:
        _add(properties, "w:tblHeader")
    for lines, width, side in zip(cells, widths, right, strict=True):
        cell = _add(row, "w:tc")
        settings = _add(cell, "w:tcPr")
        size = _add(settings, "w:tcW")
        size.set(qn("w:w"), str(_twips(width)))
        size.set(qn("w:type"), "dxa")
        if head:
            _add(settings, "w:vAlign").set(qn("w:val"), "bottom")
        cell.append(_paragraph(lines, right=side, bold=head or bold, keep=head or keep))
    return row


def _paragraph(lines: Sequence[str], *, right: bool, bold: bool, keep: bool) -> Any:
    paragraph = OxmlElement("w:p")
    properties = _add(paragraph, "w:pPr")
    if keep:
        _add(properties, "w:keepNext")
    spacing = _add(properties, "w:spacing")
    for side in ("before", "after"):
        spacing.set(qn(f"w:{side}"), "20")
    if right:
        _add(properties, "w:jc").set(qn("w:val"), "right")
    for index, line in enumerate(lines):
        run = _add(paragraph, "w:r")
        style = _add(run, "w:rPr")
        if bold and index == 0:
            _add(style, "w:b")
        _add(style, "w:sz").set(qn("w:val"), "16")
        if index:
            _add(run, "w:br")
        text = _add(run, "w:t")
        text.set(qn("xml:space"), "preserve")
        text.text = line
    return paragraph


def _add(parent: Any, name: str) -> Any:
    """A new element at the end of another."""
    made = OxmlElement(name)
    parent.append(made)
    return made


def _twips(emu: int) -> int:
    return round(emu / 635)
