"""
What people call our columns and values.

The lists are data (``vocabulary/synonyms.toml``); here they are compared: without regard to case, width, spaces,
underscores, and a unit in brackets.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from reclaim.tables import INPUT_TABLES
from reclaim.vocabulary import load, words

_BRACKETS = re.compile(r"[(\[【〔][^)\]】〕]*[)\]】〕]\s*$")


def bare(name: object) -> str:
    """
    A name as it is compared.

    Examples
    --------
    >>> bare("复垦面积（万亩）"), bare("Mine_Name "), bare("ＤＫＭＣ")
    ('复垦面积', 'minename', 'dkmc')
    """
    text = unicodedata.normalize("NFKC", str(name)).strip()
    text = _BRACKETS.sub("", text) or text
    return re.sub(r"[\s_\-:：*]+", "", text).casefold()


def bracketed(name: object) -> str | None:
    """
    What stands in brackets at the end of a column's name, usually its unit.

    Examples
    --------
    >>> bracketed("面积（万亩）"), bracketed("面积")
    ('万亩', None)
    """
    found = _BRACKETS.search(unicodedata.normalize("NFKC", str(name)).strip())
    return found[0].strip()[1:-1].strip() or None if found else None


@cache
def column_names(table: str) -> Mapping[str, tuple[str, ...]]:
    """For each bare name that people use, the agreed columns of a table that it may mean."""
    found: dict[str, list[str]] = {}
    agreement = INPUT_TABLES[table]
    synonyms = load("synonyms")["columns"].get(table, {})
    for column in agreement.columns:
        if column.kind == "geometry":
            continue
        for name in (column.name, column.zh, *synonyms.get(column.name, ())):
            entry = found.setdefault(bare(name), [])
            if column.name not in entry:
                entry.append(column.name)
    return {name: tuple(columns) for name, columns in found.items()}


@cache
def stage_columns() -> Mapping[str, str]:
    """For each bare name of a date column, the stage that it dates."""
    return {bare(name): stage for stage, names in load("synonyms")["columns"]["stage_dates"].items() for name in names}


@cache
def value_codes(list_name: str) -> Mapping[str, str]:
    """
    For each bare value that people write, the agreed code of one list of the vocabulary.

    Examples
    --------
    >>> value_codes("stages")[bare("Phase III Release")], value_codes("damage")[bare("挖损")]
    ('certified', 'excavation')
    """
    synonyms = load("synonyms")["values"].get(list_name, {})
    found: dict[str, str] = {}
    for code, word in words(list_name).items():
        for name in (code, word.zh, word.en, *synonyms.get(code, ())):
            found.setdefault(bare(name), code)
    return found


@cache
def table_words() -> Mapping[str, tuple[str, ...]]:
    """Words in a file's name that say which table it is."""
    return {table: tuple(words_) for table, words_ in load("synonyms")["tables"].items()}


@cache
def meaning_words() -> Mapping[str, tuple[str, ...]]:
    """Words that say what a footprint row means."""
    return {meaning: tuple(words_) for meaning, words_ in load("synonyms")["meanings"].items()}
