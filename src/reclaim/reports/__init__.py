"""Reports: content made once from an assessment, and written as HTML, Word, PDF or a workbook."""

from reclaim.reports.embed import embed
from reclaim.reports.explain import explain, explained_parts
from reclaim.reports.named import environment, fields, filters, functions
from reclaim.reports.setting import Setting, setting_of

__all__ = [
    "Setting",
    "embed",
    "environment",
    "explain",
    "explained_parts",
    "fields",
    "filters",
    "functions",
    "setting_of",
]
