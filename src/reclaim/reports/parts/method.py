"""How the figures were made: definitions, units, dates, versions, and the hashes of the inputs."""

from reclaim.assessment import Assessment
from reclaim.reports.model import Block, Column, Section, Table
from reclaim.reports.setting import Setting
from reclaim.reports.wording import say

_TEXTS = ("method_cut", "method_states", "method_rates", "method_area", "method_dates", "missing")


def method(assessment: Assessment, setting: Setting) -> Section:
    """The method page."""
    blocks: list[Block] = [say(key) for key in _TEXTS]
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
