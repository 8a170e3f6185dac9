"""How the figures were made: definitions, CRS, area rule, dates, versions, and the hashes of the inputs."""

from reclaim.assessment import Assessment
from reclaim.reports.model import Block, Column, Section, Table, Text, plain
from reclaim.reports.printed import period
from reclaim.reports.setting import Setting
from reclaim.reports.wording import say
from reclaim.tables import LEDGER
from reclaim.units import label
from reclaim.vocabulary import states, words

_TEXTS = ("method_cut", "method_states", "method_area", "method_dates", "missing")
_DEFINED = ("opening", "new", "redisturbed", "failed", "reclaimed", "reclaimed_again", "correction", "closing",
            "temporary", "left", "ever")  # fmt: skip


def method(assessment: Assessment, setting: Setting) -> Section:
    """The method page."""
    blocks: list[Block] = [say(key) for key in _TEXTS]
    blocks += [preparation(assessment, setting), definitions()]
    versions = assessment.provenance.get("versions", {})
    inputs = assessment.provenance.get("inputs", {})
    if versions:
        columns = (Column("name", say("name")), Column("version", say("version")))
        rows = tuple((str(name), str(value)) for name, value in versions.items())
        blocks.append(Table("versions", say("method_versions"), columns, rows))
    if inputs:
        columns = (Column("name", say("file")), Column("hash", say("hash")))
        rows = tuple((str(name), str(value)) for name, value in inputs.items())
        blocks.append(Table("inputs", say("method_inputs"), columns, rows))
    return Section("method", say("method"), tuple(blocks))


def preparation(assessment: Assessment, setting: Setting) -> Table:
    """The dates, the reference system and the units that the figures stand on."""
    columns = (Column("item", say("item")), Column("value", say("set_as")))
    known = say("known_all") if assessment.known_at is None else plain(assessment.known_at.date().isoformat())
    rows = [
        (say("prep_at"), plain(assessment.at.date().isoformat())),
        (say("prep_known"), known),
        (say("prep_crs"), say("prep_crs_value")),
        (say("prep_area"), say("prep_area_value")),
        (say("prep_unit"), Text(label(setting.unit, "zh"), label(setting.unit, "en"))),
        (say("prep_rounding"), say("prep_rounding_value")),
    ]
    if len(assessment.group):
        rows.insert(2, (say("prep_years"), plain(period(assessment))))
    return Table("preparation", say("preparation"), columns, tuple(rows))


def definitions() -> Table:
    """Every state, figure and basis with what it means."""
    columns = (Column("term", say("term")), Column("meaning", say("meaning")))
    named = [(Text(word.zh, word.en), say(f"means_{code}")) for code, word in states().items()]
    named += [(Text(LEDGER[code].zh, code.replace("_", " ")), say(f"means_{code}_flow")) for code in _DEFINED]
    named += [(Text(word.zh, f"rate, {word.en}"), say(f"means_{code}_basis")) for code, word in words("bases").items()]
    return Table("definitions", say("definitions"), columns, tuple(named))
