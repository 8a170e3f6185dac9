"""
What a reader sees where scripts are off: a static picture and the main table.
"""

import base64

from reclaim.assessment import Assessment
from reclaim.errors import MapError
from reclaim.maps import accounts, paper
from reclaim.maps.desk import few_colours, written
from reclaim.maps.escape import markup_text
from reclaim.maps.facts import Facts
from reclaim.maps.margin import said
from reclaim.units import convert, label
from reclaim.vocabulary import Language, load


def fallback(facts: Facts) -> str:
    """
    Picture, rate and ledger as HTML; every text in it is escaped.

    Parameters
    ----------
    facts : Facts
        From ``facts.gather``.
    """
    assessment, language = facts.assessment, facts.language
    words = load("maps")["words"]
    zh, en = facts.title
    title = {"zh": zh, "en": en}.get(language, zh if zh == en else f"{zh} {en}")
    parts = [f"<h1>{markup_text(title)}</h1>"]
    if assessment.project.illustrative:
        parts.append(f"<p><strong>{markup_text(said(words['illustrative'], language))}</strong></p>")
    parts.append(f"<p>{markup_text(said(words['no_script'], language))}</p>")
    for card in accounts.rate_cards(assessment)[:1]:
        name = f"{said(words['rate'], language)}: {card['value']} ({said(card['basis'], language)}, {card['at']})"
        parts.append(f"<p>{markup_text(name)}</p>")
    parts.append(_picture(facts))
    parts.append(_table(assessment, language))
    parts.append("<p>" + markup_text(" · ".join(facts.notes)) + "</p>")
    return f'<div class="rc-noscript">{"".join(parts)}</div>'


def _picture(facts: Facts) -> str:
    """The map on paper; in English where this machine cannot set Chinese."""
    try:
        pages = paper.figures(facts, page="slide", only=[0])
    except MapError:
        pages = paper.figures(facts.in_english(), page="slide", only=[0])
    png = few_colours(written(pages[0], "png", dpi=92))
    return (
        f'<p><img alt="{markup_text(facts.title[1])}" src="data:image/png;base64,{base64.b64encode(png).decode()}"></p>'
    )


def _table(assessment: Assessment, language: Language) -> str:
    columns, unit = accounts.columns(), assessment.project.unit
    head = "".join(f"<th>{markup_text(said(column, language))}</th>" for column in columns)
    lines = []
    for row in assessment.group.to_dict("records"):
        cells = "".join(f"<td>{_cell(row[column['key']], unit)}</td>" for column in columns)
        lines.append(f"<tr><th>{int(row['year'])}</th>{cells}</tr>")
    name = said(load("maps")["words"]["table_of_figures"], language)
    caption = f"{name} ({label(unit, language)})"
    table = f"<table><caption>{markup_text(caption)}</caption><tr><th></th>{head}</tr>{''.join(lines)}</table>"
    return f'<div class="rc-wide">{table}</div>'


def _cell(value: float, unit: str) -> str:
    return "–" if value != value else f"{float(convert(float(value), 'm2', unit)):,.2f}"
