"""
The imagery of a project as pictures for its map.
"""

import warnings
from collections.abc import Iterator
from pathlib import Path

from reclaim.assessment import Assessment
from reclaim.errors import FileError, ImageryError, ReclaimError, ReclaimWarning, UnsafePath
from reclaim.io.project import Project
from reclaim.io.rasters import close_rasters
from reclaim.io.safety import safe_path
from reclaim.io.scenes import Scene, Stated, open_scene, scene_paths
from reclaim.io.specs import ImagerySpec
from reclaim.maps.rasters import Box, Picture
from reclaim.maps.rasters import pictures as pictures_of

MOST_SCENES = 6


class ImageNotShown(ReclaimWarning):
    """An image of the project is not on its map."""


def pictures(assessment: Assessment, bounds: Box | None) -> Iterator[tuple[Picture, bool]]:
    """
    Pictures of a project's images over its land, in the order of their dates, and which of them is shown first.

    An image that cannot be drawn is a warning and never loses the others. Only local files are drawn.
    """
    project = assessment.project
    if not project.imagery or bounds is None:
        return
    scenes = sorted(_scenes(project), key=lambda pair: str(pair[0].date or ""))
    if len(scenes) > MOST_SCENES:
        _tell(f"{len(scenes)} images; the map shows the first and the last {MOST_SCENES - 1} of them")
        scenes = [scenes[0], *scenes[1 - MOST_SCENES :]]
    try:
        made = list(pictures_of(scenes, _room(bounds)))
    except ReclaimError as error:
        _tell("; ".join(error.faults))
        return
    finally:
        close_rasters()
    eyes = [picture for picture in made if picture.ramp is None and not picture.classes]
    first = eyes[-1] if eyes else None
    yield from ((picture, picture is first) for picture in made)


def _scenes(project: Project) -> Iterator[tuple[Scene, str]]:
    for spec in project.imagery:
        if spec.path is None or spec.role != "cover":
            continue
        stated = Stated(spec.sensor, spec.nodata, spec.scale, spec.offset, spec.date)
        for path in _paths(project, spec):
            try:
                yield open_scene(path, stated), spec.index or "ndvi"
            except (ImageryError, FileError, UnsafePath) as error:
                _tell("; ".join(error.faults))


def _paths(project: Project, spec: ImagerySpec) -> list[str]:
    text = str(spec.path)
    try:
        path = safe_path(text, project.folder, allow_outside=project.allow_outside)
        if path.exists():
            return scene_paths(path)
        found = sorted(Path(project.folder).glob(text)) if any(sign in text for sign in "*?[") else []
        return [str(safe_path(item, project.folder, allow_outside=project.allow_outside)) for item in found]
    except (FileError, UnsafePath) as error:
        _tell("; ".join(error.faults))
        return []


def _room(bounds: Box) -> Box:
    """The land with a quarter of its size around it."""
    west, south, east, north = bounds
    x, y = max((east - west) / 4, 0.005), max((north - south) / 4, 0.005)
    return west - x, south - y, east + x, north + y


def _tell(text: str) -> None:
    warnings.warn(f"map: {text}; not shown on the map", ImageNotShown, stacklevel=3)
