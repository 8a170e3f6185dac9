"""
What may stand in a project file, key by key.

Frozen values; a table of the file that does not fit is refused with every fault in it (``project`` turns these into
lines that a person can mend).
"""

import datetime
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

import geopandas as gpd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from reclaim import dates
from reclaim.errors import DateError
from reclaim.io.words import hint, nearest
from reclaim.tables import INPUT_TABLES, MEASURES, Table
from reclaim.units import area_unit
from reclaim.vocabulary import words

Unit = Literal["mu", "ha", "m2", "km2"]
Language = Literal["zh", "en", "both"]
Meaning = Literal["increment", "snapshot", "cumulative"]
Basis = Literal["damaged", "responsibility", "available", "annual", "plan"]
Sensor = Literal["sentinel-2", "landsat-5", "landsat-7", "landsat-8", "landsat-9", "plain"]
Metric = Literal["vegetated_fraction", "mean_fvc", "mean_index"]
Role = Literal["cover", "history"]
Definition = Literal["white", "peer"]

Problem = tuple[tuple[str, ...], str]  # place below the layer, and what is wrong

FIGURES = (*MEASURES, "rate", "cover", "area")
_RELATIONS = {"≥": ">=", "＞": ">", "≧": ">=", "＝": "=", "==": "="}


def _as_text(value: Any) -> Any:
    """Native TOML dates and numbers where a text is meant."""
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _as_date(value: Any) -> Any:
    text = _as_text(value)
    if isinstance(text, str):
        try:
            dates.parse(text)
        except DateError as error:
            raise ValueError(str(error)) from error
    return text


def _as_cell(value: Any) -> Any:
    """A value of ``set``: one cell that the file lacks."""
    if isinstance(value, datetime.date):
        return value.isoformat()
    if not isinstance(value, str | int | float):
        raise ValueError("must be one value: a text, a number or a date")
    return value


Text = Annotated[str, BeforeValidator(_as_text)]
DateText = Annotated[str, BeforeValidator(_as_date)]
Cell = Annotated[Any, BeforeValidator(_as_cell)]


class Spec(BaseModel):
    """A table of the project file; ``line`` is where it begins."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, strict=True, allow_inf_nan=False
    )

    line: int | None = Field(default=None, exclude=True)


class ProjectSpec(Spec):
    """``[project]``."""

    name: Text = ""
    name_zh: Text = ""
    unit: Unit = "mu"
    language: Language = "both"
    illustrative: bool = False


class JoinSpec(Spec):
    """
    ``join = {path = …, on = …}``: a workbook or CSV whose rows are added to a layer by an id.

    ``on`` is a canonical column of the layer; ``columns`` maps the workbook's.
    """

    path: str
    on: Text
    layer: Text | None = None
    columns: Mapping[str, Text] = Field(default_factory=dict)


class LayerSpec(Spec):
    """
    One ``[layers.X]`` or ``[[layers.X]]``: where a table comes from and how its columns are called there.

    ``frame`` holds the table itself where a project was made in a notebook.
    """

    table: str
    path: str = ""
    layer: Text | tuple[Text, ...] | None = None
    meaning: Meaning | None = None
    company: Text | None = None
    crs: Text | None = None
    columns: Mapping[str, Text] = Field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    set: Mapping[str, Cell] = Field(default_factory=dict)
    geometry: Text | None = None
    stage_dates: Mapping[str, Text] = Field(default_factory=dict)
    join: JoinSpec | None = None
    frame: gpd.GeoDataFrame | None = Field(default=None, exclude=True, repr=False)

    @field_validator("layer", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("crs")
    @classmethod
    def _known_crs(cls, value: str | None) -> str | None:
        from pyproj import CRS
        from pyproj.exceptions import CRSError

        if value is None:
            return None
        named = f"EPSG:{value}" if value.isdecimal() else value
        try:
            CRS.from_user_input(named)
        except CRSError as error:
            raise ValueError(f'{value!r} is no coordinate system; write it as "EPSG:4547"') from error
        return named

    @property
    def agreement(self) -> Table:
        """The agreed table that this layer fills."""
        return INPUT_TABLES[self.table]

    def problems(self) -> list[Problem]:
        """Faults that need more than one key to see."""
        return [*self._source_problems(), *self._name_problems(), *self._value_problems(), *self._stage_problems()]

    def _source_problems(self) -> list[Problem]:
        found: list[Problem] = []
        if not self.path and self.frame is None:
            found.append(((), "has no path"))
        if self.table == "footprints" and self.meaning is None:
            found.append(((), 'does not say what a row means; add meaning = "increment", "snapshot" or "cumulative"'))
        if self.table != "footprints" and self.meaning is not None:
            found.append((("meaning",), f"'meaning' belongs to footprints, not to {self.table}"))
        if self.join is not None and self.join.on not in self.agreement.names:
            found.append((("join",), f"cannot join on {self.join.on!r}{hint(self.join.on, self.agreement.names)}"))
        return found

    def _name_problems(self) -> list[Problem]:
        """Misspelled canonical names; a name that is like none of ours is an extra column, and those are kept."""
        known = self.agreement.names
        found: list[Problem] = []
        for key in ("columns", "values", "set"):
            for name in getattr(self, key):
                close = nearest(name, known, cutoff=0.75)
                if name not in known and close:
                    found.append(((key, name), f"unknown column {name!r} in {key}; did you mean {close!r}?"))
        return found

    def _value_problems(self) -> list[Problem]:
        found: list[Problem] = []
        for name, mapping in self.values.items():
            codes = self.codes(name)
            for theirs, ours in mapping.items():
                if codes and ours not in codes:
                    found.append((("values", name, theirs), f"{ours!r} is no {name}{hint(ours, codes)}"))
        return found

    def _stage_problems(self) -> list[Problem]:
        if not self.stage_dates:
            return []
        if self.table != "parcels":
            return [(("stage_dates",), f"'stage_dates' belongs to parcels, not to {self.table}")]
        stages = list(words("stages"))
        wrong = [stage for stage in self.stage_dates if stage not in stages]
        return [(("stage_dates", stage), f"unknown stage {stage!r}{hint(stage, stages)}") for stage in wrong]

    def codes(self, name: str) -> list[str]:
        """The values that a code column knows; none for other columns."""
        column = next((item for item in self.agreement.columns if item.name == name), None)
        return list(words(column.codes)) if column and column.codes else []


_COVER_KEYS = ("stac", "date", "metric", "threshold", "soil", "vegetation")
_HISTORY_KEYS = ("min_magnitude", "definition")


class ImagerySpec(Spec):
    """
    ``[[imagery]]``: a raster, a scene folder, or a STAC search.

    With ``role = "history"`` a folder with one raster for each year, or one that ``reclaim history`` wrote.
    """

    path: str | None = None
    stac: Mapping[str, Any] | None = None
    role: Role = "cover"
    sensor: Sensor | None = None
    index: Text | None = None
    date: DateText | None = None
    nodata: float | None = None
    scale: float | None = None
    offset: float | None = None
    metric: Metric | None = None
    threshold: float | None = None
    soil: float | None = None
    vegetation: float | None = None
    min_magnitude: float | None = None
    definition: Definition | None = None

    @field_validator("nodata", "scale", "offset", "threshold", "soil", "vegetation", "min_magnitude", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @model_validator(mode="after")
    def _one_source(self) -> "ImagerySpec":
        if (self.path is None) == (self.stac is None):
            raise ValueError("needs either path or stac = {…}")
        return self

    @model_validator(mode="after")
    def _of_its_role(self) -> "ImagerySpec":
        others = _COVER_KEYS if self.role == "history" else _HISTORY_KEYS
        wrong = [key for key in others if getattr(self, key) is not None]
        if wrong and self.role == "history":
            raise ValueError(f'{wrong[0]!r} has no place beside role = "history"')
        if wrong:
            raise ValueError(f'{wrong[0]!r} belongs to yearly stacks; add role = "history"')
        return self


class TargetSpec(Spec):
    """``[[target]]``: the rate to reach, on a named basis."""

    rate: float
    basis: Basis
    at: DateText | None = None
    source: Text | None = None

    @field_validator("rate", mode="before")
    @classmethod
    def _share(cls, value: Any) -> Any:
        number = _number(value)
        if number is None:
            raise ValueError(f"rate must be a number in (0, 1], got {value!r}")
        if not 0 < number <= 1:
            meant = f"; did you mean {number / 100:g}?" if 1 < number <= 100 else ""
            raise ValueError(f"rate must lie in (0, 1], got {value!r}{meant}")
        return number


class PublishedSpec(Spec):
    """
    ``[[published]]``: a figure as it was printed, to be compared with ours.

    ``text`` is the value with the digits that were written, which say how far it was rounded.
    """

    figure: Text
    year: int
    value: float
    text: str = ""
    unit: Text | None = None
    relation: Literal["=", ">=", ">"] = "="
    basis: Basis | None = None
    site_id: Text | None = None
    source: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _keep_digits(cls, data: Any) -> Any:
        if isinstance(data, dict) and "value" in data and "text" not in data:
            number = _number(data["value"])
            return {**data, "text": str(data["value"]), **({} if number is None else {"value": number})}
        return data

    @field_validator("relation", mode="before")
    @classmethod
    def _sign(cls, value: Any) -> Any:
        return _RELATIONS.get(value, value) if isinstance(value, str) else value

    @field_validator("figure")
    @classmethod
    def _known_figure(cls, value: str) -> str:
        if value not in FIGURES:
            raise ValueError(f"unknown figure {value!r}{hint(value, FIGURES)}")
        return value

    @field_validator("year")
    @classmethod
    def _a_year(cls, value: int) -> int:
        if not 1900 <= value <= 2200:
            raise ValueError(f"year must lie between 1900 and 2200, got {value}")
        return value

    @model_validator(mode="after")
    def _has_unit(self) -> "PublishedSpec":
        shares = ("rate", "cover")
        if self.unit is None and self.figure not in shares:
            raise ValueError(f'figure {self.figure!r} is an area and has no unit; add unit = "mu"')
        if self.unit is not None:
            _check_unit(self.unit, share=self.figure in shares)
        elif self.value > 1:
            raise ValueError(f"{self.figure} must be a share, got {self.text}; did you mean {self.value / 100:g}?")
        return self


SHARE_UNITS = ("share", "%", "percent")


def _check_unit(unit: str, *, share: bool) -> None:
    if not share:
        area_unit(unit)  # raises UnitError, a ValueError, with the choice
    elif unit not in SHARE_UNITS:
        raise ValueError(f"unknown unit {unit!r}{hint(unit, SHARE_UNITS)}")


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


UNITS: tuple[Unit, ...] = get_args(Unit)
