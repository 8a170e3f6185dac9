"""Print exact versions of all that reclaim and its extras need, as installed here: names and numbers only."""

import sys
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def closure(name: str, extras: frozenset[str], seen: dict[str, frozenset[str]]) -> None:
    """Walk what a distribution needs, with its extras, as far as it is installed."""
    known = seen.get(name, frozenset())
    if name in seen and extras <= known:
        return
    seen[name] = known | extras
    for text in distribution(name).requires or []:
        need = Requirement(text)
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras | {""}):
            try:
                closure(canonicalize_name(need.name), frozenset(need.extras), seen)
            except PackageNotFoundError:
                print(f"not installed, so not pinned: {need.name}", file=sys.stderr)


seen: dict[str, frozenset[str]] = {}
closure("reclaim", frozenset({"dev"}), seen)
print("# Exact versions that the tests passed with. Made by `make pins`; use with: pip install -c constraints.txt")
for name in sorted(seen.keys() - {"reclaim"}):
    print(f"{name}=={distribution(name).version}")
