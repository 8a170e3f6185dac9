"""GDAL's reader with its faults as ours: warnings become findings, errors one line, a broken ring an empty row."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyogrio
import shapely

from reclaim.io.reading import heard, unreadable
from reclaim.tables import Finding

GDAL_ERRORS = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.FieldError,
    pyogrio.errors.GeometryError,
    pyogrio.errors.CRSError,
    shapely.errors.ShapelyError,
    ValueError,
    OverflowError,
    OSError,
)


def read_frame(source: Path | str | bytes, name: str, findings: list[Finding], **options: Any) -> Any:
    """
    Rows of one layer.

    Parameters
    ----------
    source : Path, str or bytes
        What GDAL opens.
    name : str
        Name of the file, for messages.
    findings : list of Finding
        Takes what the library warns of.
    **options
        For ``pyogrio.read_dataframe``.

    Returns
    -------
    GeoDataFrame, or DataFrame where the layer has no geometry
        A row whose geometry cannot be made has none.

    Raises
    ------
    FileError
        When the file cannot be read.
    """
    try:
        with heard(findings):
            return pyogrio.read_dataframe(source, on_invalid="warn", **options)
    except GDAL_ERRORS as error:
        raise unreadable(name, error) from error


@contextmanager
def configured(**options: Any) -> Iterator[None]:
    """GDAL with some configuration options, for a while."""
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(options))
