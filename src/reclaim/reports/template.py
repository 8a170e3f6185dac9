"""
People's own Word templates: their styles, our figures.

A template holds placeholders between double braces: single figures, and in a paragraph of its own a table, chart or
map. The values are data for the template, never part of it; the template itself runs in a sandbox.
"""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docx import Document
from docx.opc.exceptions import PackageNotFoundError
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from reclaim.errors import FileError, ReportError
from reclaim.reports.model import Report, Table, clean
from reclaim.reports.named import block_fields, named_blocks
from reclaim.reports.view import Numbered
from reclaim.reports.word import add_block, save
from reclaim.reports.word_parts import set_styles
from reclaim.reports.wording import say

# brackets from the private part of Unicode: no font draws them, so no text of a person's holds them
_OPEN, _CLOSE = "\uf8fe", "\uf8ff"
_MARKER = re.compile(f"{_OPEN}(.+?){_CLOSE}")


def fill(report: Report, template: Path, path: Path, *, values: Mapping[str, str]) -> None:
    """
    Fill a Word template.

    Parameters
    ----------
    report : Report
        Its tables, charts and map, by name.
    template : Path
        A ``.docx`` with placeholders.
    path : Path
        The file to write; the same report and template give the same bytes.
    values : mapping of str to str
        Single figures by name.

    Raises
    ------
    FileError
        Where the template is missing or no Word document.
    ReportError
        For placeholders that are not known, all at once, and for a template that cannot be read.
    """
    document = _opened(template)
    blocks = named_blocks(report)
    known = {**values, **{name: f"{_OPEN}{name}{_CLOSE}" for name in blocks}}
    _check(document, template, known)
    try:
        document.render(
            {name: _unmarked(text, name in blocks) for name, text in known.items()}, _sandbox(), autoescape=True
        )
    except TemplateError as error:
        raise ReportError(f"{template}: the template cannot be filled: {error}") from error
    _put_blocks(document.docx, report)
    save(document.docx, path, report)


def _opened(template: Path) -> Any:
    if not template.is_file():
        raise FileError(f"{template}: there is no such template")
    try:
        Document(str(template))
    except (PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise FileError(f"{template}: is not a Word document; save the template as .docx") from error
    return DocxTemplate(str(template))


def _sandbox() -> SandboxedEnvironment:
    return SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)


def _check(document: Any, template: Path, known: Mapping[str, str]) -> None:
    """Every placeholder that is not known, before anything is written."""
    try:
        asked = document.get_undeclared_template_variables(jinja_env=_sandbox())
    except TemplateError as error:
        raise ReportError(f"{template}: a placeholder is not closed or not well formed: {error}") from error
    unknown = sorted(name for name in asked if name not in known)
    if unknown:
        raise ReportError(
            *(
                f"{template}: unknown placeholder {{{{ {name} }}}}; report --fields lists those that there are"
                for name in unknown
            )
        )


def _unmarked(text: str, marker: bool) -> str:
    return text if marker else clean(text).replace(_OPEN, "").replace(_CLOSE, "")


def _put_blocks(document: Any, report: Report) -> None:
    """Put each table, chart and map in the place of the paragraph that asks for it."""
    blocks = named_blocks(report)
    counts = {"table": 0, "figure": 0}
    for paragraph in list(document.paragraphs):
        found = _MARKER.search(paragraph.text)
        if found is None or found[1] not in blocks:
            continue
        block = blocks[found[1]]
        kind = "table" if isinstance(block, Table) else "figure"
        counts[kind] += 1
        body = document.element.body
        before = len(body)
        add_block(document, Numbered(block, counts[kind]), report.language)
        # what was added stands at the end, before the last section's settings
        for element in list(body)[before - 1 : -1]:
            paragraph._p.addprevious(element)
        paragraph._p.getparent().remove(paragraph._p)


def starter(report: Report, path: Path, *, values: Mapping[str, str]) -> None:
    """
    Write a template to start from: every placeholder once, with its present value beside it.

    Parameters
    ----------
    report : Report
        Whose tables, charts and map are listed.
    path : Path
        The ``.docx`` file.
    values : mapping of str to str
        Single figures by name.
    """
    document = Document()
    set_styles(document)
    document.add_paragraph("{{ project }}", style="Title")
    document.add_paragraph("{{ at }}", style="Subtitle")
    document.add_heading(say("starter_figures").inline(report.language), level=1)
    for name, text in values.items():
        document.add_paragraph(f"{{{{ {name} }}}}　{name}　{_plain(text)}")
    document.add_heading(say("starter_blocks").inline(report.language), level=1)
    for name, caption in block_fields(report).items():
        document.add_paragraph(f"{name}　{_plain(caption)}")
        document.add_paragraph(f"{{{{ {name} }}}}")
    # a template's properties are filled as the rest of it is, so no name may stand there
    save(document, path, report, title="template")


def _plain(text: str) -> str:
    """A text beside a placeholder must not read as one."""
    return clean(text).replace("{", "(").replace("}", ")")
