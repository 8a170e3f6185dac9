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
SIDE, TOP, BOTTOM, HEADER = Mm(20), Mm(28), Mm(18), Mm(11)
LATIN, EASTERN = "Arial", "Microsoft YaHei"
_INK, _FAINT, _RULE = "1D2327", "5B656C", "D5DADE"
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
    """Go on with pages of the other orientation; the break hangs on the last paragraph, so it makes no empty page."""
    page(document.add_section(WD_SECTION.NEW_PAGE), landscape=landscape)
    holder = document.element.body[-2]
    before = holder.getprevious()
    if before is not None and before.tag == qn("w:p") and before.find(f".//{qn('w:sectPr')}") is None:
        before.get_or_add_pPr().append(holder.pPr.find(qn("w:sectPr")))
        holder.getparent().remove(holder)


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


def picture(paragraph: Any, data: bytes, *, alt: str, width: int, most: int) -> None:
    """A picture with its alternative text, as wide as ``width`` (EMU) or smaller where it would be higher than most."""
    inline = paragraph.add_run().add_picture(BytesIO(data), width=Emu(width))
    if inline.height > most:
        inline.width, inline.height = Emu(int(inline.width * most / inline.height)), Emu(most)
    properties = inline._inline.docPr
    properties.set("descr", alt)
    properties.set("title", "")
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def table(
    heads: Sequence[Sequence[str]],
    rows: Sequence[Sequence[Sequence[str]]],
    *,
    widths: Sequence[int],
    right: Sequence[bool],
    total: bool,
    whole: bool,
    notes: bool = False,
) -> Any:
    """
    A whole table as one element: its header row is repeated on every page, and no row is torn apart.

    Parameters
    ----------
    heads : sequence of sequence of str
        The lines of each column's header.
    rows : sequence of sequence of sequence of str
        The lines of each cell.
    widths : sequence of int
        Widths of the columns, EMU.
    right : sequence of bool
        Which columns stand to the right.
    total : bool
        Whether the last row is a total.
    whole : bool
        Whether all rows stay on one page.
    notes : bool
        Whether notes follow, from which the last row is not parted.
    """
    made = _empty_table(widths)
    made.append(_row([list(lines) for lines in heads], widths, right, head=True))
    last = len(rows) - 1
    for index, row in enumerate(rows):
        kept = notes if index == last else whole
        made.append(_row(row, widths, right, bold=total and index == last, keep=kept))
    return made


def _empty_table(widths: Sequence[int], *, ruled: bool = True) -> Any:
    rules = _borders("tblBorders", top=(12, _INK), bottom=(12, _INK), insideH=(4, _RULE)) if ruled else ""
    sides = "".join(f'<w:{side} w:w="60" w:type="dxa"/>' for side in ("left", "right"))
    made = parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{_twips(sum(widths))}" w:type="dxa"/>{rules}'
        f'<w:tblLayout w:type="fixed"/><w:tblCellMar>{sides}</w:tblCellMar></w:tblPr><w:tblGrid/></w:tbl>'
    )
    grid = made.find(qn("w:tblGrid"))
    for width in widths:
        _add(grid, "w:gridCol").set(qn("w:w"), str(_twips(width)))
    return made


def _borders(name: str, **sides: tuple[int, str]) -> str:
    """Lines around a table or cell: width in eighths of a point, and colour."""
    lines = (f'<w:{side} w:val="single" w:sz="{size}" w:color="{colour}"/>' for side, (size, colour) in sides.items())
    return f"<w:{name}>{''.join(lines)}</w:{name}>"


def facts(items: Sequence[tuple[Sequence[Sequence[str]], str]], *, width: int) -> Any:
    """
    Figures as cards, two beside each other; of an odd number the first is as wide as the page.

    Parameters
    ----------
    items : sequence of (lines, colour)
        The lines of name, figure and note, and the colour (RRGGBB) of the card's left edge.
    width : int
        Width of the page's text, EMU.
    """
    half = width // 2
    made = _empty_table([half, width - half], ruled=False)
    alone = len(items) % 2
    for start in range(-alone, len(items), 2):
        row = _add(made, "w:tr")
        _add(_add(row, "w:trPr"), "w:cantSplit")
        for lines, colour in items[max(start, 0) : start + 2]:
            wide = bool(alone) and start < 0
            row.append(_card(lines, colour, width=width if wide else half, wide=wide))
    return made


def _card(lines: Sequence[Sequence[str]], colour: str, *, width: int, wide: bool) -> Any:
    name, figure, note = lines
    cell = OxmlElement("w:tc")
    settings = _add(cell, "w:tcPr")
    size = _add(settings, "w:tcW")
    size.set(qn("w:w"), str(_twips(width)))
    size.set(qn("w:type"), "dxa")
    if wide:
        _add(settings, "w:gridSpan").set(qn("w:val"), "2")
    thin = (4, _RULE)
    edges = _borders("tcBorders", top=thin, left=(24, colour), bottom=thin, right=thin)
    settings.append(parse_xml(edges.replace(">", f" {nsdecls('w')}>", 1)))
    settings.append(parse_xml(f'<w:tcMar {nsdecls("w")}><w:left w:w="140" w:type="dxa"/></w:tcMar>'))
    cell.append(_lines([(" ".join(name), 16, False, _FAINT)]))
    rest = [(line, 18, False, _FAINT) for line in figure[1:]]
    cell.append(_lines([(figure[0] if figure else "", 36 if wide else 26, True, _INK), *rest]))
    cell.append(_lines([(line, 16, False, _INK) for line in note]))
    return cell


def _lines(pieces: Sequence[tuple[str, int, bool, str]]) -> Any:
    """A paragraph of lines: text, half points, bold, colour."""
    paragraph = OxmlElement("w:p")
    properties = _add(paragraph, "w:pPr")
    spacing = _add(properties, "w:spacing")
    for side in ("before", "after"):
        spacing.set(qn(f"w:{side}"), "10")
    for index, (text, size, bold, colour) in enumerate(pieces):
        _run(paragraph, text, size=size, bold=bold, colour=colour, below=index > 0)
    return paragraph


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
        spacing.set(qn(f"w:{side}"), "24")
    # Chinese fonts ask for very tall lines; a table wants them alike
    spacing.set(qn("w:line"), "200")
    spacing.set(qn("w:lineRule"), "exact")
    if right:
        _add(properties, "w:jc").set(qn("w:val"), "right")
    for index, line in enumerate(lines):
        # the second language is fainter than the first
        _run(paragraph, line, size=15, bold=bold and not index, colour=_FAINT if index else _INK, below=index > 0)
    return paragraph


def _run(paragraph: Any, text: str, *, size: int, bold: bool, colour: str, below: bool) -> None:
    run = _add(paragraph, "w:r")
    style = _add(run, "w:rPr")
    if bold:
        _add(style, "w:b")
    _add(style, "w:color").set(qn("w:val"), colour)
    _add(style, "w:sz").set(qn("w:val"), str(size))
    if below:
        _add(run, "w:br")
    element = _add(run, "w:t")
    element.set(qn("xml:space"), "preserve")
    element.text = text


def _add(parent: Any, name: str) -> Any:
    """A new element at the end of another."""
    made = OxmlElement(name)
    parent.append(made)
    return made


def _twips(emu: int) -> int:
    return round(emu / 635)
