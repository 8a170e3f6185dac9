"""
Layers in PostGIS, read and written like files.

Reading sees one moment of the database; results are written in one transaction, so a reader sees all of the old
tables or all of the new ones, also when the connection breaks.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import geopandas as gpd
import pandas as pd

from reclaim.errors import FileError, MissingExtra
from reclaim.io.reading import Options, Reading, frame_of
from reclaim.io.storing import storable
from reclaim.io.words import hint

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

_SECONDS = 15
_LONGEST_NAME = 63  # bytes of a PostgreSQL identifier


def shown_address(url: str, layer: str | tuple[str, ...] | None = None) -> str:
    """
    A database address as it may be shown: without its password.

    Examples
    --------
    >>> shown_address("postgresql://planner:secret@host:5432/mines", "parcels")
    'postgresql://planner@host:5432/mines parcels'
    """
    parts = urlsplit(url)
    user = f"{parts.username}@" if parts.username else ""
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    name = "" if layer is None else f" {layer if isinstance(layer, str) else ', '.join(layer)}"
    return f"postgresql://{user}{parts.hostname or ''}{port}{parts.path}{name}"


def read_database(url: str, options: Options) -> Reading:
    """
    Rows of one table of a PostGIS database.

    Parameters
    ----------
    url : str
        ``postgresql://user@host/database``; a password may also stand in ``PGPASSWORD`` or ``~/.pgpass``.
    options : Options
        ``layer`` names the table, with its schema where that is not the first of the search path.

    Returns
    -------
    Reading
        Rows in the order of the primary key.

    Raises
    ------
    FileError
        When the database cannot be reached, or the table is not there, or several are and none was named.
    MissingExtra
        Without the parts that talk to databases.
    """
    shown = shown_address(url)
    with _transaction(url) as connection:
        spatial = _spatial_tables(connection)
        schema, table = _chosen(connection, spatial, options, shown)
        column, srid = spatial.get((schema, table), (None, 0))
        rows = pd.read_sql(_select(connection, schema, table, column), connection)
    if column is None:
        return Reading(frame_of(rows), spatial=False)
    shapes = gpd.GeoSeries.from_wkb([None if value is None else bytes(value) for value in rows.pop("reclaim_wkb")])
    crs = f"EPSG:{srid}" if srid else None
    return Reading(frame_of(rows, shapes.to_numpy(), crs), declares_crs=crs is not None)


def write_database(layers: Mapping[str, pd.DataFrame], url: str, *, schema: str | None = None) -> list[str]:
    """
    Write tables to a PostGIS database in one transaction; tables of the same names are replaced.

    Parameters
    ----------
    layers : mapping of name to table
        Spatial ones need an EPSG code.
    url : str
        As for ``read_database``.
    schema : str, optional
        An existing schema; otherwise the first of the search path.

    Returns
    -------
    list of str
        Names of the tables.

    Raises
    ------
    FileError
        When the database cannot be reached or refuses; nothing is changed then.
    """
    with _transaction(url, write=True) as connection:
        for name, frame in layers.items():
            _write_one(connection, name, frame, schema)
    return list(layers)


def _write_one(connection: "Connection", name: str, frame: pd.DataFrame, schema: str | None) -> None:
    if len(name.encode()) > _LONGEST_NAME:
        raise FileError(f"{name!r} is too long for the name of a table")
    plain = storable(frame)
    if isinstance(frame, gpd.GeoDataFrame):
        gpd.GeoDataFrame(plain).to_postgis(name, connection, schema=schema, if_exists="replace", index=False)
    else:
        plain.to_sql(name, connection, schema=schema, if_exists="replace", index=False)


def _engine(url: str) -> "Engine":
    try:
        import geoalchemy2  # noqa: F401  (to_postgis needs it)
        import psycopg  # noqa: F401
        import sqlalchemy
    except ImportError as error:
        raise MissingExtra('databases need more: pip install "reclaim[postgis]"') from error
    address = re.sub(r"^(postgresql|postgres)(\+psycopg)?://", "postgresql+psycopg://", url, flags=re.IGNORECASE)
    try:
        made: Engine = sqlalchemy.create_engine(address, connect_args={"connect_timeout": _SECONDS})
    except (sqlalchemy.exc.ArgumentError, ValueError) as error:
        raise FileError(
            f"{shown_address(url)} is no database address; write postgresql://user@host/database"
        ) from error
    return made


@contextmanager
def _transaction(url: str, *, write: bool = False) -> Iterator["Connection"]:
    """One transaction; whatever goes wrong, nothing of it stays."""
    engine = _engine(url)
    import sqlalchemy

    level = "READ COMMITTED" if write else "REPEATABLE READ"
    try:
        with engine.connect().execution_options(isolation_level=level) as connection, connection.begin():
            yield connection
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise FileError(f"{shown_address(url)}: {_reason(error, write=write)}") from error
    finally:
        engine.dispose()


def _reason(error: Exception, *, write: bool) -> str:
    text = " ".join(str(getattr(error, "orig", None) or error).split())[:200]
    lowered = text.lower()
    kept = "; nothing was changed" if write else ""
    if any(
        mark in lowered
        for mark in ("closed the connection", "terminating connection", "connection is lost", "is closed")
    ):
        return f"the database went away{kept} ({text})"
    if any(
        mark in lowered
        for mark in ("could not connect", "connection failed", "connection refused", "timeout", "authentication")
    ):
        return f"the database cannot be reached; check the address, user and network ({text})"
    return f"the database refused{kept} ({text})"


def _spatial_tables(connection: "Connection") -> dict[tuple[str, str], tuple[str, int]]:
    """Tables with geometry: (schema, table) -> (column, SRID); none where PostGIS is not installed."""
    import sqlalchemy

    there = connection.execute(sqlalchemy.text("SELECT to_regclass('geometry_columns')")).scalar()
    if there is None:
        return {}
    rows = connection.execute(
        sqlalchemy.text(
            "SELECT f_table_schema, f_table_name, f_geometry_column, srid FROM geometry_columns ORDER BY 1, 2, 3"
        )
    )
    found: dict[tuple[str, str], tuple[str, int]] = {}
    for schema, table, column, srid in rows:
        found.setdefault((schema, table), (column, int(srid or 0)))
    return found


def _chosen(
    connection: "Connection", spatial: dict[tuple[str, str], tuple[str, int]], options: Options, shown: str
) -> tuple[str, str]:
    import sqlalchemy

    asked = options.layers[0] if options.layers else None
    names = [f"{schema}.{table}" for schema, table in spatial]
    if asked is None:
        if len(spatial) == 1:
            return next(iter(spatial))
        what = f"holds several layers ({', '.join(names[:12])})" if spatial else "holds no layer with geometry"
        raise FileError(f'{shown}: {what}; say which with layer = "{names[0] if names else "schema.table"}"')
    schema, _, table = asked.rpartition(".")
    found = connection.execute(
        sqlalchemy.text(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND ((n.nspname = :schema AND c.relname = :table) "
            "OR (c.relname = :whole AND pg_table_is_visible(c.oid))) ORDER BY 1 LIMIT 1"
        ),
        {"schema": schema, "table": table, "whole": asked},
    ).first()
    if found is None:
        raise FileError(f"{shown}: there is no table {asked!r}{hint(asked, names)}")
    return str(found[0]), str(found[1])


def _select(connection: "Connection", schema: str, table: str, column: str | None) -> Any:
    """All columns of a table, its geometry as WKB, in the order of its primary key."""
    import sqlalchemy

    whole = sqlalchemy.Table(table, sqlalchemy.MetaData(), schema=schema, autoload_with=connection)
    plain = [item for item in whole.columns if item.name != column]
    wkb = [] if column is None else [sqlalchemy.func.ST_AsBinary(whole.columns[column]).label("reclaim_wkb")]
    query = sqlalchemy.select(*plain, *wkb)
    keys = list(whole.primary_key.columns)
    return query.order_by(*keys) if keys else query
