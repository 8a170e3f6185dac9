"""The sentences and headings of reports, by name; they stand in ``texts.toml``."""

import tomllib
from functools import cache
from importlib.resources import files

from reclaim.reports.model import Text


@cache
def _texts() -> dict[str, Text]:
    data = tomllib.loads(files("reclaim.reports").joinpath("texts.toml").read_text(encoding="utf-8"))
    return {key: Text(**entry) for key, entry in data.items()}


def say(key: str, **slots: object) -> Text:
    """
    A sentence in both languages with its slots filled.

    Parameters
    ----------
    key : str
        Its name in ``texts.toml``.
    **slots : object
        What to put in; a `Text` goes in by language. What is put in is never read as a template.

    Examples
    --------
    >>> say("at", at="{at}").en
    'as of {at}'
    """
    found = _texts()[key]
    if not slots:
        return found
    zh = {name: value.zh if isinstance(value, Text) else value for name, value in slots.items()}
    en = {name: value.en if isinstance(value, Text) else value for name, value in slots.items()}
    return Text(found.zh.format(**zh), found.en.format(**en))


def translated(english: str) -> Text:
    """
    A phrase of another room in both languages; as it is where nobody has translated it.

    Examples
    --------
    >>> translated("parcels outside every footprint").zh, translated("else").zh
    ('损毁范围以外的地块', 'else')
    """
    return _texts().get(english, Text(english, english))
