"""One delivery while it is looked over: its rows, which of them still stand, and what was said about them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from reclaim.tables import INPUT_TABLES, Delivery, Finding, Severity
from reclaim.vocabulary import findings as kinds

Mask = npt.NDArray[np.bool_]
Saying = str | Callable[[int], str]

_ID_COLUMNS = {"sites": "site_id", "measurements": "point_id", "zones": "zone_id", "permits": "permit_id"}
_ID_COLUMNS |= {"footprints": "footprint_id", "parcels": "parcel_id"}


@dataclass
class Remark:
    """Something to say about one row (``at``) or a whole file (``at`` is None)."""

    code: str
    at: int | None
    message: str
    fix: str
    severity: Severity
    area_m2: float = np.nan
    place: Any = None


@dataclass
class Sheet:
    """
    One delivery on the table.

    Attributes
    ----------
    delivery : Delivery
        As it came.
    frame : DataFrame
        Its columns without geometry, rows numbered from 0.
    row : array of int
        Row in the file.
    shapes : array of geometries
        In the file's own CRS until ``placed``, in EPSG:4490 from then on.
    area_m2 : array of float
        Ellipsoidal area, once measured.
    ids : array of str or None
        What each row is called, once its columns were read.
    kept : array of bool
        Rows that have not been set aside.
    shaped : array of bool
        Rows whose geometry can be worked with.
    remarks : list of Remark
    """

    delivery: Delivery
    frame: pd.DataFrame
    row: npt.NDArray[np.int64]
    shapes: npt.NDArray[Any]
    area_m2: npt.NDArray[np.float64]
    ids: npt.NDArray[Any]
    kept: Mask
    shaped: Mask
    remarks: list[Remark] = field(default_factory=list)

    @classmethod
    def of(cls, delivery: Delivery) -> "Sheet":
        """A fresh sheet."""
        frame = delivery.frame
        count = len(frame)
        shapes = np.full(count, None, dtype=object)
        if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
            shapes[:] = np.asarray(frame.geometry.array, dtype=object)
            frame = pd.DataFrame(frame.drop(columns=frame.active_geometry_name))
        return cls(
            delivery,
            frame.reset_index(drop=True),
            _row_numbers(delivery.frame.index),
            shapes,
            np.full(count, np.nan),
            np.full(count, None, dtype=object),
            np.ones(count, dtype=bool),
            np.ones(count, dtype=bool),
        )

    @property
    def table(self) -> str:
        """Name of the agreed table."""
        return self.delivery.table

    @property
    def needs_ground(self) -> bool:
        """Whether a row without geometry is of no use."""
        return INPUT_TABLES[self.table]["geometry"].needed

    @property
    def crs(self) -> Any:
        """The system the delivery came in."""
        frame = self.delivery.frame
        named = isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None
        return frame.crs if named else None

    @property
    def id_column(self) -> str | None:
        """The column that names a row."""
        return _ID_COLUMNS.get(self.table)

    @property
    def source_stem(self) -> str:
        """The file's name without folder and ending."""
        return PurePath(self.delivery.source).stem or self.table

    def boxes(self) -> npt.NDArray[np.float64]:
        """West, south, east and north of each row, shape (n, 4); NaN where there is nothing to work with."""
        box = np.full((len(self.shapes), 4), np.nan)
        box[self.shaped] = np.asarray(shapely.bounds(self.shapes[self.shaped])).reshape(-1, 4)
        return box

    def id_of(self, at: int) -> str | None:
        """A row's own name, if it has one."""
        value = self.ids[at]
        return value if isinstance(value, str) else None

    def name(self, at: int) -> str:
        """What to call a row in a sentence."""
        return self.id_of(at) or f"row {self.row[at]}"

    def remark(
        self,
        code: str,
        where: Mask | npt.NDArray[np.int64] | None,
        say: Saying,
        *,
        fix: Saying | None = None,
        area: npt.NDArray[np.float64] | float | None = None,
        severity: Severity | None = None,
        place: npt.NDArray[Any] | None = None,
    ) -> npt.NDArray[np.int64]:
        """
        Say something about rows, or about the whole delivery where ``where`` is None.

        Parameters
        ----------
        code : str
            Kind of finding in the vocabulary, which gives severity and fix unless they are told here.
        where : mask or positions
        say, fix : str or function of a position
        area, place : array over all rows, optional
            Area at stake and ground; otherwise those of the row.

        Returns
        -------
        array of int
            The positions spoken of.
        """
        kind = kinds()[code]
        weight: Severity = severity or kind["severity"]  # type: ignore[assignment]
        cure = fix if fix is not None else kind["fix"]
        if where is None:
            total = area if isinstance(area, float) else np.nan
            self.remarks.append(Remark(code, None, _said(say, 0), _said(cure, 0), weight, total))
            return np.empty(0, dtype=np.int64)
        positions = np.flatnonzero(where) if where.dtype == bool else where.astype(np.int64)
        for at in positions.tolist():
            stake = float(area[at]) if isinstance(area, np.ndarray) else np.nan if area is None else area
            ground = None if place is None else place[at]
            self.remarks.append(Remark(code, at, _said(say, at), _said(cure, at), weight, stake, ground))
        return positions

    def refuse(self, code: str, where: Mask | npt.NDArray[np.int64], say: Saying, **more: Any) -> None:
        """Say why rows are set aside, and set them aside."""
        self.kept[self.remark(code, where, say, **more)] = False

    def refuse_shape(self, code: str, where: Mask | npt.NDArray[np.int64], say: Saying, **more: Any) -> None:
        """Set aside rows whose geometry cannot be worked with; where a table can do without, only the geometry."""
        positions = self.remark(code, where, say, **self._weighed(more))
        self.shaped[positions] = False
        if self.needs_ground:
            self.kept[positions] = False

    def _weighed(self, more: dict[str, Any]) -> dict[str, Any]:
        return more if self.needs_ground else {**more, "severity": "warning"}

    def refuse_together(self, code: str, where: Mask, say: str, **more: Any) -> None:
        """
        Set aside rows that share one fault: said once where all rows have it, row by row otherwise.

        A wrong CRS is one mistake, not ten thousand.
        """
        among = self.shaped
        if where.sum() > 1 and bool(np.all(where[among])):
            self.remark(code, None, f"all {int(where.sum())} rows: {say}", **self._weighed(more))
            self.shaped[where] = False
            if self.needs_ground:
                self.kept[where] = False
        else:
            self.refuse_shape(code, where, lambda at: f"{self.name(at)}: {say}", **more)

    def findings(self) -> list[Finding]:
        """What was said, with the place and area of each row."""
        delivery = self.delivery
        made = []
        for remark in self.remarks:
            at = remark.at
            place, stake = remark.place, remark.area_m2
            if at is not None:
                place = self.shapes[at] if place is None and self.shaped[at] else place
                stake = self.area_m2[at] if np.isnan(stake) else stake
            made.append(
                Finding(
                    remark.severity,
                    remark.code,
                    remark.message,
                    remark.fix,
                    table=delivery.table,
                    source=delivery.source,
                    row=None if at is None else int(self.row[at]),
                    id=None if at is None else self.id_of(at),
                    area_m2=float(stake),
                    geometry=place,
                )
            )
        return [*delivery.findings, *made]


def _said(say: Saying, at: int) -> str:
    return say if isinstance(say, str) else say(at)


def _row_numbers(index: pd.Index) -> npt.NDArray[np.int64]:
    """The 0-based rows of the file; a frame from a notebook may have any index, then its own order counts."""
    if pd.api.types.is_integer_dtype(index.dtype):
        return index.to_numpy(dtype=np.int64)
    return np.arange(len(index), dtype=np.int64)


def mu(m2: float) -> str:
    """An area for a sentence."""
    return f"{m2 * 3 / 2000:,.2f} mu"
