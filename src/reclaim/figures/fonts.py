"""
The font that sets Chinese, found by name on this machine.

None is shipped: a whole Chinese font is some 16 MB. What is missing is said with the package that brings it.
"""

from functools import cache
from pathlib import Path

from matplotlib import font_manager

from reclaim.errors import ReportError

# in the order of preference; simplified Chinese faces only, since others draw some characters in another form
NAMES = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "SimHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
)
LATIN = "DejaVu Sans"  # comes with matplotlib


@cache
def find_chinese() -> tuple[str, Path] | None:
    """Name and file of the first known Chinese font on this machine; None where there is none."""
    return _known() or _known_after_rescan()


def chinese_font() -> str:
    """
    Name of a font that sets Chinese.

    Raises
    ------
    ReportError
        Where this machine has none; the text names the package that brings one.
    """
    return _required()[0]


def chinese_font_file() -> Path:
    """File of the font that sets Chinese; raises as `chinese_font` does."""
    return _required()[1]


def families() -> list[str]:
    """Font families for text in either language, Chinese first where there is one."""
    found = find_chinese()
    return [found[0], LATIN] if found else [LATIN]


def has_chinese(text: str) -> bool:
    """
    Whether a text holds characters that a Latin font lacks.

    Examples
    --------
    >>> has_chinese("mu 亩"), has_chinese("mu")
    (True, False)
    """
    return any("\u2e80" <= char <= "\u9fff" or "\uf900" <= char <= "\uffef" or char >= "\U00020000" for char in text)


def _required() -> tuple[str, Path]:
    found = find_chinese()
    if found is None:
        raise ReportError(
            "no font for Chinese text on this machine; install one (Debian, Ubuntu: apt-get install fonts-noto-cjk), "
            "or ask for English with --language en"
        )
    return found


def _known() -> tuple[str, Path] | None:
    # of a family its upright face of ordinary weight, whatever the order in which this machine lists them
    listed = sorted(font_manager.fontManager.ttflist, key=_plainness, reverse=True)
    faces = {face.name: Path(face.fname) for face in listed}
    return next(((name, faces[name]) for name in NAMES if name in faces and faces[name].exists()), None)


def _plainness(face: font_manager.FontEntry) -> tuple[bool, float, str]:
    weight = font_manager.weight_dict[face.weight] if isinstance(face.weight, str) else face.weight
    return face.style != "normal", abs(float(weight) - 400), str(face.fname)


def _known_after_rescan() -> tuple[str, Path] | None:
    """Matplotlib remembers its list of fonts; one installed since then is not in it."""
    listed = {face.fname for face in font_manager.fontManager.ttflist}
    for path in font_manager.findSystemFonts():
        if path not in listed and any(word in Path(path).name.lower() for word in ("cjk", "han", "wqy", "hei", "sc")):
            try:
                font_manager.fontManager.addfont(path)
            except (OSError, RuntimeError):
                continue
    return _known()
