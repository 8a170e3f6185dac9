"""
From the text of a project file to its specs, with every fault in it.

Every fault is reported at once, each with the line to mend and the nearest right name.
"""

import datetime
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from reclaim.errors import ProjectError, UnsafePath
from reclaim.io.safety import is_database, is_remote, safe_path
from reclaim.io.specs import ImagerySpec, JoinSpec, LayerSpec, ProjectSpec, PublishedSpec, Spec, TargetSpec
from reclaim.io.toml_lines import Place, key_lines, line_of
from reclaim.io.words import choice, hint, nearest
from reclaim.tables import INPUT_TABLES, SITES
from reclaim.vocabulary import words

SECTIONS = ("project", "site", "layers", "imagery", "target", "published")
SITE_EXTRAS = ("lon", "lat")

SpecT = TypeVar("SpecT", bound=Spec)


def read_specs(
    text: str, name: str, folder: Path, *, allow_outside: bool = False, allow_remote: bool = False
) -> dict[str, Any]:
    """
    What the text of a project file says.

    Parameters
    ----------
    text : str
        TOML.
    name : str
        Name of the file, for messages.
    folder : Path
        Where its relative paths start; no layer may lie outside.
    allow_outside, allow_remote : bool
        What the person at the keyboard allowed.

    Returns
    -------
    dict
        Fields of a ``Project``.

    Raises
    ------
    ProjectError
        With every fault at once, each with its line.
    """
    raw = _parse(text, name)
    reader = _Reader(name, key_lines(text))
    found = reader.project(raw)
    reader.paths(found, folder, allow_outside=allow_outside, allow_remote=allow_remote)
    if reader.faults:
        raise ProjectError(*reader.sorted_faults())
    return found


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=_Digits)
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(_syntax_fault(str(error), text, name)) from error
    except (RecursionError, ValueError) as error:
        raise ProjectError(f"{name}: cannot be read as TOML ({str(error)[:80]})") from error


def _syntax_fault(message: str, text: str, name: str) -> str:
    problem, _, place = message.rpartition(" (at ")
    line = place.removeprefix("line ").partition(",")[0]
    if not line.isdecimal():
        line = str(text.count("\n") + 1)
    what = (problem or message).strip()
    written = text.split("\n")[int(line) - 1] if int(line) <= text.count("\n") + 1 else ""
    tip = ""
    if "\\" in written:
        tip = "; in TOML write a Windows path with / or inside single quotes: 'data\\a.shp'"
    elif "=" in written and not any(mark in written for mark in "\"'"):
        tip = "; texts stand in quotes"
    return f"{name} line {line}: not valid TOML ({what[0].lower()}{what[1:]}){tip}"


class _Digits(float):
    """A TOML number that remembers the digits that were written."""

    text: str

    def __new__(cls, text: str) -> "_Digits":
        self = super().__new__(cls, text)
        self.text = text
        return self

    def __str__(self) -> str:
        return self.text


class _Reader:
    """Turns the parsed file into specs and collects faults with their places."""

    def __init__(self, name: str, lines: Mapping[Place, int]) -> None:
        self.name = name
        self.lines = lines
        self.faults: list[tuple[int, str]] = []

    def fault(self, place: Place, message: str) -> None:
        line = line_of(self.lines, place)
        where = f"{self.name} line {line}" if line else self.name
        self.faults.append((line or 0, f"{where}: {message}"))

    def sorted_faults(self) -> list[str]:
        return list(dict.fromkeys(text for _, text in sorted(self.faults, key=lambda fault: fault[0])))

    def project(self, raw: dict[str, Any]) -> dict[str, Any]:
        for key in raw:
            if key not in SECTIONS:
                self.fault((key,), f"unknown section [{_short(key)}]{hint(key, SECTIONS)}")
        head = raw.get("project", {})
        if isinstance(head, Mapping):
            spec = self.spec(ProjectSpec, head, ("project",), "[project]")
        else:
            self.fault(("project",), "'project' must be a table: [project]")
            spec = None
        head_fields = spec.model_dump() if spec else {}
        return {
            **head_fields,
            "sites_inline": tuple(self.sites(raw)),
            "layers": tuple(self.layers(raw)),
            "imagery": tuple(self.several(ImagerySpec, raw, "imagery")),
            "targets": tuple(self.targets(raw)),
            "published": tuple(self.several(PublishedSpec, raw, "published")),
        }

    def several(self, kind: type[SpecT], raw: Mapping[str, Any], section: str) -> Iterator[SpecT]:
        for place, entry in self.entries(raw, section, (section,)):
            spec = self.spec(kind, entry, place, f"[[{section}]]")
            if spec is not None:
                yield spec

    def targets(self, raw: Mapping[str, Any]) -> Iterator[TargetSpec]:
        seen = set()
        for spec in self.several(TargetSpec, raw, "target"):
            if (spec.basis, spec.at) in seen:
                self.faults.append(
                    (spec.line or 0, f"{self.name} line {spec.line}: a second target for the same basis and date")
                )
            seen.add((spec.basis, spec.at))
            yield spec

    def entries(self, raw: Mapping[str, Any], key: str, place: Place) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        """The tables under a key, whether it stands once ([x]) or several times ([[x]])."""
        found = raw.get(key, [])
        label = ".".join(str(part) for part in place)
        if isinstance(found, Mapping):
            yield place, found
            return
        if not isinstance(found, list):
            self.fault(place, f"'{label}' must be a table: [[{label}]]")
            return
        for index, entry in enumerate(found):
            if isinstance(entry, Mapping):
                yield (*place, index), entry
            else:
                self.fault((*place, index), f"'{label}' must be a table: [[{label}]]")

    def layers(self, raw: Mapping[str, Any]) -> Iterator[LayerSpec]:
        layers = raw.get("layers", {})
        if not isinstance(layers, Mapping):
            self.fault(("layers",), "'layers' must hold tables: [layers.footprints]")
            return
        for table in layers:
            if table not in INPUT_TABLES:
                self.fault(
                    ("layers", table), f"unknown table [layers.{_short(table)}]{hint(table, list(INPUT_TABLES))}"
                )
                continue
            for place, entry in self.entries(layers, table, ("layers", table)):
                label = f"[layers.{table}]"
                spec = self.spec(LayerSpec, {**entry, "table": table}, place, label)
                for below, problem in (spec or _what_stands(entry, table)).problems():
                    self.fault((*place, *below), problem if below else f"{label} {problem}")
                if spec is not None:
                    yield spec

    def sites(self, raw: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        known = [*SITES.names, *SITE_EXTRAS]
        ids = set()
        for place, entry in self.entries(raw, "site", ("site",)):
            for key, value in entry.items():
                close = nearest(key, known, cutoff=0.75)
                if key not in known and close:
                    self.fault((*place, key), f"unknown key {_short(key)!r} in [[site]]; did you mean {close!r}?")
                if isinstance(value, list | Mapping):
                    self.fault((*place, key), f"{_short(key)!r} in [[site]] must be one value")
            self.site_values(place, entry)
            if entry.get("site_id") in ids:
                self.fault((*place, "site_id"), f"site {entry['site_id']!r} stands twice")
            ids.add(str(entry.get("site_id")))
            yield {key: _plain(value) for key, value in entry.items()}

    def site_values(self, place: Place, entry: Mapping[str, Any]) -> None:
        if not entry.get("site_id"):
            self.fault(place, "[[site]] has no site_id")
        kinds = list(words("site_kinds"))
        kind = entry.get("kind", "mine")
        if kind not in kinds:
            self.fault((*place, "kind"), f"unknown kind {_short(kind)!r}; choose {choice(kinds)}")
        if ("lon" in entry) != ("lat" in entry):
            self.fault(place, "[[site]] needs both lon and lat, or neither")
        for key, limit in (("lon", 180), ("lat", 90)):
            value = entry.get(key, 0)
            if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= limit:
                self.fault((*place, key), f"{key} must be a number between -{limit} and {limit}, got {_short(value)}")

    def paths(self, found: Mapping[str, Any], folder: Path, *, allow_outside: bool, allow_remote: bool) -> None:
        """Faults of the paths; whether the files exist is seen when they are opened."""
        specs = [*found["layers"], *(layer.join for layer in found["layers"] if layer.join), *found["imagery"]]
        for spec in specs:
            path = spec.path or ""
            if not path or is_database(path) or (allow_remote and is_remote(path)):
                continue
            try:
                safe_path(path, folder, allow_outside=allow_outside)
            except UnsafePath as error:
                self.faults.append((spec.line or 0, f"{self.name} line {self.path_line(spec)}: {error}"))

    def path_line(self, spec: Spec) -> int:
        """Line of the ``path`` key of a table."""
        starts = [place for place, line in self.lines.items() if line == spec.line]
        return next(
            (self.lines[(*place, "path")] for place in starts if (*place, "path") in self.lines), spec.line or 1
        )

    def spec(self, kind: type[SpecT], entry: Mapping[str, Any], place: Place, label: str) -> SpecT | None:
        values = dict(entry)
        if "line" in values or "frame" in values:
            key = "line" if "line" in values else "frame"
            self.fault((*place, key), f"unknown key {key!r} in {label}")
            return None
        try:
            return kind.model_validate({**values, "line": line_of(self.lines, place)})
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                below = tuple(
                    part for part in detail["loc"] if not str(part).startswith(("function-", "tuple[", "str"))
                )
                self.fault((*place, *below), _detail(detail, below, kind, label))
            return None


def _what_stands(entry: Mapping[str, Any], table: str) -> LayerSpec:
    """The sound keys of a faulty layer, so that its other faults are found in the same run."""
    known = _fields_of(LayerSpec, ())
    sound: dict[str, Any] = {}
    for key, value in entry.items():
        name = key if key in known else nearest(key, known)
        if name is not None:
            sound.setdefault(name, value)
    named = {key: value for key, value in sound.items() if isinstance(value, str | Mapping)}
    kept: dict[str, Any] = {}
    for key, value in {"path": "?", **named}.items():
        try:
            LayerSpec.model_validate({"table": table, key: value})
        except ValidationError:
            continue
        kept[key] = value
    return LayerSpec.model_validate({"table": table, **kept})


def _detail(detail: ErrorDetails, place: Sequence[str | int], kind: type[Spec], label: str) -> str:
    """One fault that the models found, in words."""
    key = _short(place[-1]) if place else ""
    given = _short(detail["input"])
    problem = detail["type"]
    if problem == "extra_forbidden":
        fields = _fields_of(kind, place)
        inside = f"{place[-2]} of {label}" if len(place) > 1 else label
        return f"unknown key {key!r} in {inside}{hint(place[-1], fields)}"
    if problem == "missing":
        return f"{label} has no {key}"
    if problem == "literal_error":
        known = [item.strip("'") for item in detail["ctx"]["expected"].replace(" or ", ", ").split(", ")]
        return (
            f"unknown {key} {given!r}{hint(detail['input'], known)}"
            if nearest(detail["input"], known)
            else f"unknown {key} {given!r}; choose {choice(known)}"
        )
    if problem == "value_error":
        return str(detail["ctx"]["error"])
    kinds = {
        "string_type": "a text",
        "bool_type": "true or false",
        "int_type": "a whole number",
        "float_type": "a number",
    }
    meant = kinds.get(problem, "a table of names and values" if "mapping" in problem or "dict" in problem else "")
    return f"{key!r} in {label} must be {meant}, got {given}" if meant else f"{key!r} in {label}: {detail['msg']}"


def _fields_of(kind: type[Spec], place: Sequence[str | int]) -> list[str]:
    fields = JoinSpec.model_fields if len(place) > 1 and place[-2] == "join" else kind.model_fields
    return [name for name in fields if name not in ("line", "frame", "table", "text")]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.date):
        return value.isoformat()
    return float(value) if isinstance(value, _Digits) else value


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
