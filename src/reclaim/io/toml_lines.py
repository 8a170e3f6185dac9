"""
Where in a TOML file each key stands.

The standard library's parser gives values without lines. This walks the same text for headers and keys only, so
that a fault in a project file can name the line to mend. It is used on text that has already parsed.
"""

import re
import tomllib
from collections.abc import Mapping

Place = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[\[?)(.+?)(\]\]?)\s*(?:#.*)?$")
_STRING = re.compile(r'"""|\'\'\'|"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*|[\[\]{}]')


def key_lines(text: str) -> Mapping[Place, int]:
    r"""
    Line of each table and key, counted from 1.

    Parameters
    ----------
    text : str
        A TOML document that parses.

    Returns
    -------
    mapping from place to line
        A place is a path of keys; the tables of an array are counted from 0, as in ``("site", 1, "name")``.

    Examples
    --------
    >>> lines = key_lines('[project]\nname = "x"\n[[site]]\n[[site]]\nkind = "mine"')
    >>> lines["project", "name"], lines["site", 1, "kind"]
    (2, 5)
    """
    lines: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    depth, closing = 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not depth and not closing:
            header = _HEADER.match(line)
            if header and (keys := _keys(header[2])):
                table = _enter(keys, header[1] == "[[", counts)
                lines.setdefault(table, number)
                continue
            _note_key(line, table, number, lines)
        depth, closing = _open_at_end(line, depth, closing)
    return lines


def line_of(lines: Mapping[Place, int], place: Place) -> int | None:
    """Line of a place, or of the nearest thing around it that has one."""
    for end in range(len(place), 0, -1):
        if place[:end] in lines:
            return lines[place[:end]]
        within = [line for other, line in lines.items() if other[:end] == place[:end]]
        if within:
            return min(within)
    return None


def _note_key(line: str, table: Place, number: int, lines: dict[Place, int]) -> None:
    name, equals, _ = line.partition("=")
    if not equals or name.lstrip().startswith("#"):
        return
    keys = _keys(name) or _keys(line.rpartition("=")[0])
    for end in range(1, len(keys) + 1):
        lines.setdefault((*table, *keys[:end]), number)


def _enter(keys: list[str], repeated: bool, counts: dict[Place, int]) -> Place:
    """Path of a header, with the number of the array entry that it stands in."""
    place: Place = ()
    for index, key in enumerate(keys):
        place = (*place, key)
        last = index == len(keys) - 1
        if last and repeated:
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place = (*place, counts[place])
    return place


def _keys(text: str) -> list[str]:
    """The parts of a dotted key; quoted parts may hold dots."""
    try:
        found: object = tomllib.loads(f"{text.strip()} = 0")
    except tomllib.TOMLDecodeError:
        return []
    keys = []
    while isinstance(found, dict) and len(found) == 1:
        key, found = next(iter(found.items()))
        keys.append(key)
    return keys


def _open_at_end(line: str, depth: int, closing: str) -> tuple[int, str]:
    """Depth of brackets, and the mark that closes a string of several lines, after a line."""
    position = 0
    if closing:
        position = line.find(closing)
        if position < 0:
            return depth, closing
        position += 3
    while found := _STRING.search(line, position):
        token, position = found[0], found.end()
        if token in ('"""', "'''"):
            end = line.find(token, position)
            if end < 0:
                return depth, token
            position = end + 3
        elif token in "[{":
            depth += 1
        elif token in "]}":
            depth = max(0, depth - 1)
    return depth, ""
