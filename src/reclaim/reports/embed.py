"""One figure, table or map for people who have their own report system: an HTML fragment, a picture, a Word block."""

import base64
from html import escape
from io import BytesIO
from typing import Literal

from reclaim import maps
from reclaim.assessment import Assessment
from reclaim.errors import ReportError
from reclaim.figures import picture
from reclaim.reports.content import content
from reclaim.reports.layouts import names as layout_names
from reclaim.reports.model import Chart, Sheet, Table
from reclaim.reports.named import field_name, named_blocks
from reclaim.reports.parts.accounts import form_table
from reclaim.reports.setting import setting_of
from reclaim.reports.sheet import map_sheets
from reclaim.reports.view import Numbered, caption_lines, head_lines, printed_rows
from reclaim.vocabulary import Language

Form = Literal["html", "png", "svg", "docx"]
FORMS = ("html", "png", "svg", "docx")


def embed(
    assessment: Assessment, name: str, *, form: Form = "html", language: Language | None = None, number: int = 1
) -> bytes:
    """
    One block of the report by itself.

    Parameters
    ----------
    assessment : Assessment
        Where the figures come from.
    name : str
        ``table_movement``, ``figure_rate``, ``map`` ... (as ``reclaim report --fields`` lists them), or a form of a
        standard by the name of its layout (``nsw``, ``qld``).
    form : {"html", "png", "svg", "docx"}
        An HTML fragment in UTF-8 (a table, a picture or a framed map, without scripts or styles of its own outside the
        map), a PNG at 300 dpi, an SVG, or a Word document that holds just this block.
    language : {"zh", "en", "both"}, optional
        Otherwise the project's.
    number : int
        Number in the caption.

    Returns
    -------
    bytes
        The same for the same assessment.

    Raises
    ------
    ReportError
        For an unknown name or form, and for a table as a picture.
    """
    if not isinstance(assessment, Assessment):
        raise ReportError(f"embed takes an assessment, got {type(assessment).__name__}; make one with reclaim.assess")
    if form not in FORMS:
        raise ReportError(f"embed: form must be one of {', '.join(FORMS)}, got {form!r}")
    setting = setting_of(assessment.project, language)
    if name in layout_names() and name not in ("movement", "accounts"):
        block: Table | Chart | Sheet = form_table(assessment, setting, name)
    else:
        blocks = named_blocks(content(assessment, setting, sheets=map_sheets(assessment, setting)))
        if field_name(name) not in blocks:
            raise ReportError(f"embed: there is no block {name!r}; choose one of {', '.join(blocks)}")
        block = blocks[field_name(name)]
    item = Numbered(block, number)
    if form == "docx":
        return _word(item, setting.language, assessment)
    if form == "html":
        return _fragment(item, setting.language).encode("utf-8")
    if isinstance(block, Sheet) and form == "svg":
        return maps.build(assessment, language=setting.language).svg().encode("utf-8")
    return _image(block, form, setting.language)


def _image(block: Table | Chart | Sheet, form: Literal["png", "svg"], language: Language) -> bytes:
    if isinstance(block, Chart):
        return picture(block.draw(language), form=form)
    data = block.image(language) if isinstance(block, Sheet) else None
    if data is None:
        raise ReportError(f"embed: a table has no {form.upper()}; ask for html or docx, or a chart")
    return data


def _fragment(item: Numbered, language: Language) -> str:
    block = item.block
    caption = " ".join(escape(line) for line in caption_lines(item, language))
    if isinstance(block, Table):
        return f"<figure><figcaption>{caption}</figcaption>{table_html(block, language)}</figure>"
    assert isinstance(block, (Chart, Sheet))
    alt = escape(block.alt.inline(language))
    page = block.page() if isinstance(block, Sheet) else None
    if page is not None:
        rules = 'sandbox="allow-scripts allow-downloads" width="100%" height="600"'
        frame = f'<iframe title="{alt}" {rules} srcdoc="{escape(page)}"></iframe>'
        return f"<figure>{frame}<figcaption>{caption}</figcaption></figure>"
    data = base64.b64encode(_image(block, "svg" if isinstance(block, Chart) else "png", language)).decode("ascii")
    kind = "svg+xml" if isinstance(block, Chart) else "png"
    return f'<figure><img alt="{alt}" src="data:image/{kind};base64,{data}"><figcaption>{caption}</figcaption></figure>'


def table_html(table: Table, language: Language) -> str:
    """
    A table as plain HTML, every text escaped, without styles: it takes those of the page that it is put into.

    Parameters
    ----------
    table : Table
        What to print.
    language : {"zh", "en", "both"}
        Of headers and names.
    """
    heads = ("<br>".join(escape(line) for line in head_lines(column, language)) for column in table.columns)
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    align = [' style="text-align:right"' if column.numeric else "" for column in table.columns]
    rows = []
    for row in printed_rows(table, language):
        cells = "".join(f"<td{side}>{escape(text)}</td>" for text, side in zip(row, align, strict=True))
        rows.append(f"<tr>{cells}</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _word(item: Numbered, language: Language, assessment: Assessment) -> bytes:
    from docx import Document

    from reclaim.reports import word_parts
    from reclaim.reports.word import add_block
    from reclaim.reports.zipped import dated_bytes

    document = Document()
    word_parts.set_styles(document)
    word_parts.page(document.sections[0], landscape=False)
    add_block(document, item, language)
    moment = assessment.at.to_pydatetime()
    document.core_properties.created = document.core_properties.modified = moment
    document.core_properties.author = "reclaim"
    stream = BytesIO()
    document.save(stream)
    return dated_bytes(stream.getvalue(), assessment.at.date())
