"""
Yearly stacks: a folder with one raster for each year.
"""

import os
import warnings
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from reclaim.errors import FileError, ImageryError, ReclaimError, ReclaimWarning
from reclaim.io import band_names
from reclaim.io.safety import safe_path
from reclaim.io.scenes import Scene, Stated, open_scene, scene_paths


class NoYear(ReclaimWarning):
    """A raster in a stack's folder does not say which year it shows."""


def yearly_scenes(folder: str | os.PathLike[str], stated: Stated | None = None) -> dict[int, Scene]:
    """
    The scenes of a stack, by year.

    Parameters
    ----------
    folder : path
        Holds one raster, or one folder or archive of a product, for each year: ``2005.tif``, ``nbr_2005.tif``. The year
        in the name comes before any in the metadata, where the day of processing often stands.
    stated : Stated, optional
        What the files do not say.

    Returns
    -------
    dict of int to Scene
        Years rising.

    Raises
    ------
    FileError
        When there is no such folder, or nothing of a year in it.
    ImageryError
        When two rasters are of one year.

    Warns
    -----
    NoYear
        For a raster that does not say its year; it is left out.
    """
    here = safe_path(folder)
    if not here.is_dir():
        raise FileError(
            f"{folder}: is no folder; a stack is a folder with one raster for each year, 2005.tif and so on"
        )
    chosen = replace(stated or Stated(), date=None)
    found: dict[int, list[str]] = defaultdict(list)
    for path in scene_paths(here, allow_remote=chosen.allow_remote):
        year = _year_of_name(path) or _year_of_metadata(path, chosen)
        if year is None:
            said = f"{Path(path).name}: does not say its year and was left out; name it 2005.tif or the like"
            warnings.warn(said, NoYear, stacklevel=2)
        else:
            found[year].append(path)
    if not found:
        raise FileError(f"{here.name}: holds no raster with a year in its name; name them 2005.tif and so on")
    for year, paths in sorted(found.items()):
        if len(paths) > 1:
            names = " and ".join(Path(path).name for path in paths[:3])
            raise ImageryError(f"{here.name}: {names} are both of {year}; keep one raster for each year")
    # told the year, so that a day of processing in the metadata does not come before it
    return {year: open_scene(paths[0], replace(chosen, date=str(year))) for year, paths in sorted(found.items())}


def _year_of_metadata(path: str, stated: Stated) -> int | None:
    try:
        date = open_scene(path, stated).date
    except ReclaimError:
        return None  # no scene: something else that lies in the folder, such as earlier results
    return None if date is None else date.start.year


def _year_of_name(path: str) -> int | None:
    date = band_names.date_of(Path(path).stem) or band_names.date_of(Path(path).name)
    return None if date is None else date.start.year
