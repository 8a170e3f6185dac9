"""
Named errors and warnings.

Every error says what is wrong, where, and how to mend it. It also is the built-in error that a Python user would
expect, so ``except ValueError`` keeps working.

Examples
--------
>>> raise ProjectError("reclaim.toml line 3: unknown unit 'acre'; choose mu, ha, m2 or km2")
Traceback (most recent call last):
    ...
reclaim.errors.ProjectError: reclaim.toml line 3: unknown unit 'acre'; choose mu, ha, m2 or km2
"""


class ReclaimError(Exception):
    """
    Something a person sent cannot be used.

    Parameters
    ----------
    *faults : str
        One line per fault: what, where, how to mend.
    """

    def __init__(self, *faults: str) -> None:
        super().__init__(*faults)
        self.faults: tuple[str, ...] = tuple(str(fault) for fault in faults)

    def __str__(self) -> str:
        return "\n".join(self.faults)


class UnitError(ReclaimError, ValueError):
    """A quantity has no unit, or one that is not known."""


class DateError(ReclaimError, ValueError):
    """A date cannot be read."""


class CRSError(ReclaimError, ValueError):
    """Coordinates without a reference system, or with one that cannot be transformed exactly."""


class TableError(ReclaimError, ValueError):
    """A table does not keep its agreement."""


class ProjectError(ReclaimError, ValueError):
    """A project file cannot be used as it stands."""


class FileError(ReclaimError, OSError):
    """A file cannot be read or written."""

    # OSError's own __str__ wins over ReclaimError's when it is given two arguments (errno, text)
    def __str__(self) -> str:
        return "\n".join(self.faults)


class UnsafePath(FileError):
    """A path leads outside the project, or to a remote or virtual source that was not allowed."""


class ImageryError(ReclaimError, ValueError):
    """An image cannot be used as it stands."""


class CriteriaError(ReclaimError, ValueError):
    """A criterion, standard or claim cannot be used as it stands."""


class MapError(ReclaimError, ValueError):
    """A map cannot be made."""


class ReportError(ReclaimError, ValueError):
    """A report cannot be made."""


class MissingExtra(ReclaimError, ImportError):
    """An optional part is not installed; the text says the command that installs it."""


class ConditionNotMet(Exception):
    """A condition that was asked for (``--require``) does not hold; the command line exits with 1."""


class ReclaimWarning(UserWarning):
    """The answer stands, but look."""
