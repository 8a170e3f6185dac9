"""The report as one HTML page that needs no network: pictures and map are inside, nothing else is loaded."""

import base64
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from reclaim.figures import picture
from reclaim.reports.model import Chart, Column, Facts, Note, Report, Sheet, Table
from reclaim.reports.view import Numbered, caption_lines, head_lines, numbered, printed_lines, width_of
from reclaim.reports.widths import is_tall, orientations
from reclaim.reports.wording import say
from reclaim.vocabulary import Language

_LONG = 40  # half-width characters
_POLICY = re.compile(r'http-equiv=["\']Content-Security-Policy["\']\s+content="([^"]*)"', re.IGNORECASE)


def html_page(report: Report) -> str:
    """
    A report as an HTML page.

    Parameters
    ----------
    report : Report
        Made by `content`.

    Returns
    -------
    str
        One page with everything inside. User text is escaped, and is data for the template, never part of it; a
        Content-Security-Policy lets nothing be loaded and nothing run but the map's own scripts.
    """
    language = report.language
    sections: list[dict[str, Any]] = [
        {"key": key, "title": title.lines(language), "runs": _runs(items, language)}
        for key, title, items in numbered(on_screen(report))
    ]
    blocks = [block for section in sections for run in section["runs"] for block in run["blocks"]]
    pages = [block["page"] for block in blocks if block["kind"] == "map"]
    style = _file("report.css")
    page: str = _template().render(
        lang="en" if language == "en" else "zh-CN",
        policy=_policy(style, pages),
        style=style,
        title=report.title.lines(language),
        subtitle=report.subtitle.lines(language),
        contents=say("contents").inline(language),
        banner=report.banner.lines(language) if report.banner else None,
        sections=sections,
    )
    return page


def on_screen(report: Report) -> Report:
    """The report without the further pages of its paper map, which the interactive one holds."""
    sections = (
        replace(section, blocks=tuple(b for b in section.blocks if not (isinstance(b, Sheet) and b.paper_only)))
        for section in report.sections
    )
    return replace(report, sections=tuple(sections))


def _runs(items: Sequence[Numbered], language: Language) -> list[dict[str, Any]]:
    """Blocks in runs of one orientation; on paper a wide run lies on its side, with the heading above it."""
    runs: list[dict[str, Any]] = []
    for item, wide in zip(items, orientations(items, language), strict=True):
        if not runs or runs[-1]["wide"] != wide:
            runs.append({"wide": wide, "groups": [], "blocks": []})
        run, block = runs[-1], _block(item, language)
        run["blocks"].append(block)
        if not run["groups"] or run["groups"][-1]["closed"]:
            run["groups"].append({"blocks": [], "closed": False, "kept": False})
        group = run["groups"][-1]
        group["blocks"].append(block)
        # words and the table or picture that they lead to stay together on paper
        group["closed"] = block["kind"] not in ("text", "note")
        group["kept"] = group["closed"] and not block.get("tall", False)
    return runs


def _block(item: Numbered, language: Language) -> dict[str, Any]:
    block = item.block
    if isinstance(block, Facts):
        return {"kind": "facts", "items": [_fact(fact, language) for fact in block.items]}
    if isinstance(block, Note):
        return {"kind": "note", "lines": block.text.lines(language)}
    if isinstance(block, Table):
        return _table(item, block, language)
    if isinstance(block, Chart):
        return {**_picture(picture(block.draw(language)), "svg+xml"), **_captions(item, language)}
    if isinstance(block, Sheet):
        return _map(item, block, language)
    return {"kind": "text", "lines": block.lines(language)}


def _fact(fact: Any, language: Language) -> dict[str, Any]:
    named = {key: getattr(fact, key).lines(language) for key in ("name", "value", "note")}
    return {**named, "tone": fact.tone}


def _table(item: Numbered, table: Table, language: Language) -> dict[str, Any]:
    rows = printed_lines(table, language)
    sides = [_side(column, [row[i] for row in rows]) for i, column in enumerate(table.columns)]
    heads = [head_lines(column, language) for column in table.columns]
    return {
        "kind": "table",
        "caption": caption_lines(item, language),
        "tall": is_tall(table, language),
        "total": table.total,
        "head": [{"lines": lines, "side": side} for lines, side in zip(heads, sides, strict=True)],
        "rows": [[{"lines": lines, "side": side} for lines, side in zip(row, sides, strict=True)] for row in rows],
        "notes": [line for note in table.notes for line in note.lines(language)],
    }


def _side(column: Column, cells: Sequence[tuple[str, ...]]) -> str:
    """How a column stands: numbers to the right, dates unbroken, long texts with room to be read."""
    if column.numeric:
        return "num"
    if column.kind in ("date", "year"):
        return "date"
    return "long" if any(width_of(line) > _LONG for cell in cells for line in cell) else "text"


def _captions(item: Numbered, language: Language) -> dict[str, Any]:
    assert isinstance(item.block, (Chart, Sheet))
    return {"caption": caption_lines(item, language), "alt": item.block.alt.inline(language)}


def _picture(data: bytes, form: str) -> dict[str, Any]:
    return {"kind": "picture", "source": f"data:image/{form};base64,{base64.b64encode(data).decode('ascii')}"}


def _map(item: Numbered, sheet: Sheet, language: Language) -> dict[str, Any]:
    page, image = sheet.page(), sheet.image(language)
    if page is not None:
        # paper takes the picture; the page inside cannot be printed
        printed = _picture(image, "png")["source"] if image else None
        return {"kind": "map", "page": page, "printed": printed, **_captions(item, language)}
    if image is None:
        return {"kind": "text", "lines": sheet.alt.lines(language)}
    return {**_picture(image, "png"), **_captions(item, language)}


def _policy(style: str, pages: list[str]) -> str:
    """
    What the page may load: nothing.

    A page inside takes over the policy of the page around it, so what a map's own policy allows is added.
    """
    digest = base64.b64encode(sha256(style.encode("utf-8")).digest()).decode("ascii")
    allowed: dict[str, list[str]] = {"style-src": [f"'sha256-{digest}'"], "img-src": ["data:"]}
    for page in pages:
        found = _POLICY.search(page)
        for rule in found[1].split(";") if found else ["script-src 'unsafe-inline'", "style-src 'unsafe-inline'"]:
            name, *sources = rule.replace("&#39;", "'").split() or [""]
            if name and sources and sources != ["'none'"]:
                known = allowed.setdefault(name, [])
                known += [source for source in sources if source not in known]
    if "'unsafe-inline'" in allowed["style-src"]:
        # a hash beside it would switch it off
        allowed["style-src"] = [source for source in allowed["style-src"] if not source.startswith("'sha256-")]
    return "; ".join(["default-src 'none'", *(f"{name} {' '.join(sources)}" for name, sources in allowed.items())])


@cache
def _file(name: str) -> str:
    return files("reclaim.reports").joinpath("pages", name).read_text(encoding="utf-8").strip()


@cache
def _template() -> Any:
    # only the style sheet, which is ours and holds quotes, is let through as it is
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_file("report.html"))
