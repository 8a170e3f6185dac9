"""Word files are zip archives that carry the moment of writing; here they carry the report's own date instead."""

import zipfile
from datetime import date
from io import BytesIO


def dated_bytes(data: bytes, at: date) -> bytes:
    """
    A zip archive with every entry dated alike, so that the same content is the same file.

    Parameters
    ----------
    data : bytes
        The archive as a library made it.
    at : date
        The date of every entry; zip knows none before 1980.
    """
    stamp = (max(at.year, 1980), at.month, at.day, 0, 0, 0)
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(stream, "w") as target:
        for item in source.infolist():
            entry = zipfile.ZipInfo(item.filename, date_time=stamp)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            entry.create_system = 3
            target.writestr(entry, source.read(item.filename))
    return stream.getvalue()
