"""
A map inside another page: a notebook's cell, or an HTML report.

The map keeps to itself in an ``iframe`` with its own document. A page that has a Content-Security-Policy hands it down
to the map inside, so such a page must allow the map's scripts by their hashes (``script_hashes``).
"""

import re

from reclaim.maps.escape import markup_text


def frame(page: str, *, title: str, height: int = 620) -> str:
    """
    A page as an ``iframe`` for another page.

    Parameters
    ----------
    page : str
        A whole page, as ``Sheet.html`` gives it.
    title : str
        Said by screen readers; may hold anything.
    height : int
        Pixels.
    """
    document = page.replace("&", "&amp;").replace('"', "&quot;")
    return (
        f'<iframe srcdoc="{document}" title="{markup_text(title)}" '
        f'style="width:100%;height:{int(height)}px;border:1px solid #d8ded9" allowfullscreen></iframe>'
    )


def script_hashes(page: str) -> tuple[str, ...]:
    """
    The scripts that a page allows, as a Content-Security-Policy names them.

    Examples
    --------
    >>> script_hashes("default-src 'none'; script-src 'sha256-AA=' 'sha256-BB='; img-src data:")
    ("'sha256-AA='", "'sha256-BB='")
    """
    found = re.search(r"script-src ([^;]*);", page)
    return tuple(found[1].split()) if found else ()
