"""Finding the name that a person meant."""

import difflib
from collections.abc import Iterable, Sequence


def nearest(name: object, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """
    The known name most like another, or None when none is.

    Examples
    --------
    >>> nearest("meening", ["meaning", "company"])
    'meaning'
    """
    names = {item.casefold(): item for item in known}
    found = difflib.get_close_matches(str(name).casefold()[:200], list(names), n=1, cutoff=cutoff)
    return names[found[0]] if found else None


def hint(name: object, known: Sequence[str]) -> str:
    """
    The end of a message about an unknown name: the nearest right one, or the choice.

    Examples
    --------
    >>> hint("hectare", ["mu", "ha"])
    '; choose mu or ha'
    >>> hint("muu", ["mu", "ha"])
    "; did you mean 'mu'?"
    """
    close = nearest(name, known)
    if close:
        return f"; did you mean {close!r}?"
    return f"; choose {choice(known)}" if 0 < len(known) <= 12 else ""


def choice(known: Sequence[str]) -> str:
    """Names as a choice in prose: ``a, b or c``."""
    return known[0] if len(known) == 1 else f"{', '.join(known[:-1])} or {known[-1]}"
