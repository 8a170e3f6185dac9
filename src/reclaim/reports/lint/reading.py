"""
A text as passages: paragraphs, headings and table cells, each with what stands above it.

Word documents are read as lines: one for each paragraph and each row of a table, empty ones too. What cannot hold a
statement (code, addresses, comments) is blanked, so that every place stays where it was.
"""

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reclaim.errors import FileError, MissingExtra, ReportError
from reclaim.reports.lint.cells import amount, cells, columns_marked, is_row, split_row

if TYPE_CHECKING:
    from docx.table import _Row

_BLANKED = re.compile(r"<!--.*?-->|^(?P<fence>```|~~~).*?^(?P=fence)|\]\([^)\n]*\)|https?://[^\s，。；）)]+|\[\^[^\]\n]*\]|<[^<>\n]{1,200}>",
                      re.DOTALL | re.MULTILINE)  # fmt: skip
_HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")
_ITEM = re.compile(r"\s*(?:(?:[-*+•]|\d+[.)])\s|\d+、|[（(][一二三四五六七八九十\d]+[）)]|[①-⑳])")
END_OF_PARAGRAPH = "\u2029"
_UNDERLINE = re.compile(r"(?:={3,}|-{3,})\s*$")
_NUMBERED = re.compile(
    r"(?:第[一二三四五六七八九十\d]+[章节部]|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[）)]|\d+(?:\.\d+)+\s)"
)
_BARE = 7  # the level of a heading without marks: below all that have them
_CAPTION = 60  # characters of a line above a table that may be its caption
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
    unit_words : tuple of str
        For a cell, where the unit of a number alone may be told.
    row : tuple of str
        For a cell, the cells that name its row.
    """

    start: int
    text: str
    above: str = ""
    cell: bool = False
    label: str = ""
    named: tuple[str, str] | None = None
    unit_words: tuple[str, ...] = ()
    row: tuple[str, ...] = ()


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
            lines += [f"| {' | '.join(_cell_texts(row, first=not index))} |" for index, row in enumerate(block.rows)]
        else:
            style = (block.style.name or "") if block.style is not None else ""
            level = re.match(r"(?:heading|标题) (\d)", style.lower())
            # what is said of a paragraph stands behind it, so that places in it are places in the document
            lines.append(block.text.replace("\n", "\v") + END_OF_PARAGRAPH + "#" * int(level[1] if level else 0))
    return "\n".join(lines)


def _cell_texts(row: "_Row", *, first: bool) -> Iterator[str]:
    """The texts of a row; what a merged cell holds is said once, but a merged head names all its columns."""
    seen: set[int] = set()
    for cell in row.cells:
        again = id(cell._tc) in seen and not first
        seen.add(id(cell._tc))
        yield "" if again else " ".join(cell.text.split())


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
    clean = blanked(columns_marked(text))
    headings: dict[int, str] = {}
    header: list[str] = []
    paragraph: list[tuple[int, str]] = []
    caption, begun = "", False
    for start, whole in [*_lines(clean), (len(clean), "")]:
        line, ends, _ = whole.partition(END_OF_PARAGRAPH)
        row = is_row(line) or (bool(header) and bool(_RULE.match(line)))
        heading = _heading(whole, under=paragraph, first=not begun and not row)
        if paragraph and (not line.strip() or row or heading or _ITEM.match(line)):
            made = _joined(paragraph, headings)
            caption = made.text.strip() if len(made.text) <= _CAPTION else ""
            yield made
            paragraph = []
        if heading:
            level, place, words = heading
            headings = {key: value for key, value in headings.items() if key < level}
            yield Passage(start if place is None else place, words, " ".join(headings.values()))
            headings, caption = headings | {level: words.strip("# ")}, ""
        elif row:
            yield from _row(start, line, header, (*headings.values(), caption))
            header = header or ([] if _RULE.match(line) else [text for _, text in split_row(line)])
        elif line.strip():
            paragraph.append((start, line))
        if paragraph and ends:
            made = _joined(paragraph, headings)
            caption = made.text.strip() if len(made.text) <= _CAPTION else ""
            yield made
            paragraph = []
        header = header if row else []
        begun = begun or bool(line.strip())


def _heading(line: str, *, under: list[tuple[int, str]], first: bool) -> tuple[int, int | None, str] | None:
    """Level, place (None: this line) and words of a heading, however it is marked."""
    marked = _HEADING.match(line)
    if marked:
        return len(marked[1]), None, line
    text, ends, level = line.partition(END_OF_PARAGRAPH)
    if ends and level:
        return len(level), None, text
    if _UNDERLINE.match(line) and len(under) == 1:
        place, words = under.pop()
        return (1 if line[0] == "=" else 2), place, words
    return (_BARE, None, text) if _is_bare_heading(text, first=first) else None


def _is_bare_heading(line: str, *, first: bool) -> bool:
    """A heading without marks, as in plain text: the first line, or one that begins with a number of its own."""
    words = line.strip()
    stands = bool(_NUMBERED.match(words)) or first
    return (
        stands
        and 0 < len(words) <= _CAPTION
        and not re.search(r"[。；;，,：:|]|\.$", words)
        and not amount().search(words)
    )


def blanked(text: str) -> str:
    """The text with code, addresses and emphasis as so many spaces; full-width signs and 二〇一九年 as plain digits."""
    clean = _BLANKED.sub(lambda match: "".join(char if char == "\n" else " " for char in match[0]), text)
    clean = re.sub(r"[*`_]", " ", clean).translate(_PLAIN)
    return _HAN_YEAR.sub(lambda match: match[0].translate(_HAN_DIGITS), clean)


_HAN_YEAR = re.compile(r"(?:一九|二[〇零○Ｏ])[〇零○Ｏ一二三四五六七八九]{2}(?=\s*年)")
_HAN_DIGITS = str.maketrans("〇零○Ｏ一二三四五六七八九", "0000123456789")
_WIDTHS = {chr(0xFF10 + i): str(i) for i in range(10)}
_PLAIN = str.maketrans(_WIDTHS | {"％": "%", "．": ".", "－": "-", "\u00a0": " ", "\u202f": " ", "\t": " "})


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.split("\n"):
        yield start, line
        start += len(line) + 1


def _joined(lines: list[tuple[int, str]], headings: dict[int, str]) -> Passage:
    return Passage(lines[0][0], "\n".join(line for _, line in lines), " ".join(headings.values()))


def _row(start: int, line: str, header: list[str], above: tuple[str, ...]) -> Iterator[Passage]:
    """The cells of one row of a table."""
    if _RULE.match(line):
        return
    for cell in cells(line, header, above[-1]):
        around = " ".join(part for part in (*above, cell.head, *cell.row) if part)
        label = " ".join([cell.head, *cell.row]).strip()
        named = (cell.first, cell.own_head) if cell.first else None
        where = cell.unit_words
        yield Passage(start + cell.start, cell.text, around, True, label, named, where, cell.row)
