"""
A text as passages: paragraphs, headings and table cells, each with what stands above it.

Word documents are read as lines: one for each paragraph and each row of a table. What cannot hold a statement (code,
addresses, comments) is blanked, so that every place stays where it was.
"""

import os
import re
import unicodedata
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from reclaim.errors import FileError, MissingExtra, ReportError

_BLANKED = re.compile(r"<!--.*?-->|^(?P<fence>```|~~~).*?^(?P=fence)|\]\([^)\n]*\)|https?://[^\s，。；）)]+|\[\^[^\]\n]*\]|<[^<>\n]{1,200}>",
                      re.DOTALL | re.MULTILINE)  # fmt: skip
_HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")
_COMMON = re.compile(r"\b(?:the|of|and|in|to|is|for|was|were|with|at|by)\b", re.IGNORECASE)
_LATIN_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class Passage:
    """
    A piece of text that is read by itself.

    Attributes
    ----------
    start : int
        Where it begins in the whole text.
    text : str
        The piece.
    above : str
        The headings above it; for a cell of a table also its row's and column's heads.
    cell : bool
        Whether it is a cell of a table.
    label : str
        For a cell, the first cell of its row and the head of its column.
    named : (str, str) or None
        The same, apart.
    """

    start: int
    text: str
    above: str = ""
    cell: bool = False
    label: str = ""
    named: tuple[str, str] | None = None


def read_text(path: str | os.PathLike[str]) -> str:
    """
    The text of a Markdown, plain-text or Word file.

    Raises
    ------
    FileError
        Where the file is missing, or is none of these.
    """
    source = Path(path)
    if not source.is_file():
        raise FileError(f"{source}: there is no such file")
    if source.suffix.lower() == ".docx":
        return _word_lines(source)
    data = source.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise FileError(f"{source}: is neither text in UTF-8 or GB18030 nor a .docx file; save it as one of these")


def _word_lines(source: Path) -> str:
    try:
        from docx import Document
        from docx.opc.exceptions import PackageNotFoundError
        from docx.table import Table
    except ImportError as error:
        raise MissingExtra("reading Word files needs an extra: pip install 'reclaim[report]'") from error
    try:
        document = Document(os.fspath(source))
    except (PackageNotFoundError, KeyError, ValueError) as error:
        raise FileError(f"{source}: is not a Word document; save it as .docx") from error
    lines: list[str] = []
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            rows = ["| " + " | ".join(" ".join(cell.text.split()) for cell in row.cells) + " |" for row in block.rows]
            lines += rows
        else:
            style = (block.style.name or "") if block.style is not None else ""
            level = re.match(r"(?:heading|标题) (\d)", style.lower())
            text = " ".join(block.text.split())
            lines.append(f"{'#' * int(level[1])} {text}" if level and text else text)
            lines.append("")
    return "\n".join(lines)


def require_language(text: str) -> None:
    """
    Refuse a text that is neither Chinese nor English.

    Raises
    ------
    ReportError
        For a text in another script, or a longer one in Latin letters with none of English's common words.
    """
    letters = [char for char in text if char.isalpha()]
    han = sum("\u4e00" <= char <= "\u9fff" for char in letters)
    latin = sum("LATIN" in unicodedata.name(char, "") for char in letters)
    words = _LATIN_WORD.findall(text)
    foreign = letters and han + latin < len(letters) / 2
    no_english = not han and len(words) > 30 and len(_COMMON.findall(text)) < len(words) / 50
    if foreign or no_english:
        raise ReportError("the text is neither Chinese nor English; lint reads these two languages")


def passages(text: str) -> Iterator[Passage]:
    r"""
    The passages of a text, in order.

    Examples
    --------
    >>> [(p.above, p.text) for p in passages("# 2019\n\n| mu | 5 |\n")]
    [('', '# 2019'), ('2019', 'mu'), ('2019 mu', '5')]
    """
    clean = blanked(text)
    headings: dict[int, str] = {}
    header: list[str] = []
    paragraph: list[tuple[int, str]] = []
    for start, line in [*_lines(clean), (len(clean), "")]:
        row = line.strip().startswith("|") and line.count("|") > 1
        heading = _HEADING.match(line)
        if paragraph and (not line.strip() or row or heading or re.match(r"\s*(?:[-*+•]|\d+[.、)])\s", line)):
            yield _joined(paragraph, headings)
            paragraph = []
        if heading:
            level = len(heading[1])
            headings = {key: value for key, value in headings.items() if key < level} | {level: heading[2]}
            yield Passage(start, line, " ".join(value for key, value in headings.items() if key < level))
        elif row:
            header = yield from _row(start, line, headings, header)
        elif line.strip():
            paragraph.append((start, line))
        header = header if row else []


def blanked(text: str) -> str:
    """The text with code, addresses and emphasis marks as so many spaces, and full-width signs as plain ones."""
    clean = _BLANKED.sub(lambda match: "".join(char if char == "\n" else " " for char in match[0]), text)
    return re.sub(r"[*`_]", " ", clean).translate(_PLAIN)


_WIDTHS = {chr(0xFF10 + i): str(i) for i in range(10)}
_PLAIN = str.maketrans(_WIDTHS | {"％": "%", "．": ".", "－": "-", "\u00a0": " ", "\u202f": " ", "\t": " "})


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.split("\n"):
        yield start, line
        start += len(line) + 1


def _joined(lines: list[tuple[int, str]], headings: dict[int, str]) -> Passage:
    return Passage(lines[0][0], "\n".join(line for _, line in lines), " ".join(headings.values()))


def _row(start: int, line: str, headings: dict[int, str], header: list[str]) -> Generator[Passage, None, list[str]]:
    """The cells of one row of a table; gives back the header that holds for the rows after it."""
    if _RULE.match(line):
        return header
    cells = [(match.start(), match[0]) for match in re.finditer(r"[^|]+", line)]
    cells = [(place, text) for place, text in cells if text.strip()]
    for index, (place, text) in enumerate(cells):
        head = header[index] if index < len(header) else ""
        earlier = [cell.strip() for _, cell in cells[:index]]
        above = " ".join(part for part in (*headings.values(), head, *earlier) if part)
        lead = len(text) - len(text.lstrip())
        named = (earlier[0], head) if earlier else None
        label = " ".join([head, *earlier[:1]])
        yield Passage(start + place + lead, text.strip(), above, cell=True, label=label, named=named)
    return header or [text.strip() for _, text in cells]
