"""Who may import whom: lower floors, and what stands to the left on the same floor of the same wing."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "reclaim"

# room -> floor; modules that hold no figures of their own stand on the ground floor
FLOORS = {
    "errors": 0, "units": 0, "dates": 0, "geodesy": 0, "progress": 0,
    "tables": 1, "vocabulary": 1,
    "io": 2,
    "land": 3, "zonal": 3, "timeline": 3,
    "assessment": 4,
    "figures": 5, "maps": 5, "reports": 5,
    "verbs": 6, "sample_projects": 6, "cli": 6,
}  # fmt: skip

# within one floor: each room may import what stands to its left; wings that never meet stand in different rows
LEFT_TO_RIGHT = [
    ["errors", "progress", "units", "dates", "geodesy"],
    ["vocabulary", "tables"],
    ["figures", "maps", "reports"],
    ["verbs", "sample_projects", "cli"],
]

# within one wing: the same, by module (a package counts with all its modules)
WITHIN = {
    "land": [
        "land.checks",
        "land.evidence",
        "land.crossings",
        "land.noding",
        "land.tracing",
        "land.covering",
        "land.borders",
        "land.nesting",
        "land.drawing",
        "land.faces",
        "land.order",
        "land.history",
        "land.movements",
        "land.accounts",
        "land.rate_values",
        "land.rates",
        "land.conflicts",
        "land.reconcile",
        "land.trace",
    ],
    "zonal": ["zonal.bands", "zonal.weights", "zonal.cover", "zonal.criteria"],
    "timeline": ["timeline.segments", "timeline.recovery", "timeline.trend"],
}


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Names inside reclaim that a module imports, with the line; imports inside functions count too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write the import out in full"
            if node.module == "reclaim":
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif node.module and node.module.startswith("reclaim."):
                module = node.module.removeprefix("reclaim.")
                yield module, node.lineno
                yield from ((f"{module}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (
                (alias.name.removeprefix("reclaim."), node.lineno) for alias in node.names if "reclaim" in alias.name
            )


def wrong_arrow(importer: str, target: str) -> bool:
    here, there = importer.split(".")[0], target.split(".")[0]
    if there not in FLOORS or here == there:
        return here == there and _wrong_within(importer, target)
    if FLOORS[here] != FLOORS[there]:
        return FLOORS[here] < FLOORS[there]
    return not any(here in row and there in row and row.index(there) < row.index(here) for row in LEFT_TO_RIGHT)


def _wrong_within(importer: str, target: str) -> bool:
    order = WITHIN.get(importer.split(".")[0], [])
    mine = [i for i, room in enumerate(order) if f"{importer}.".startswith(f"{room}.")]
    theirs = [i for i, room in enumerate(order) if f"{target}.".startswith(f"{room}.")]
    return bool(mine and theirs and theirs[0] > mine[0])


def test_every_room_has_a_floor() -> None:
    rooms = {name_of(path).split(".")[0] for path in modules()} - {"", "__main__"}
    assert rooms <= FLOORS.keys(), f"give these a floor: {sorted(rooms - FLOORS.keys())}"


def test_arrows_point_down_or_left() -> None:
    wrong = [
        f"{name_of(path)}:{line} imports {target}"
        for path in modules()
        if name_of(path) not in {"", "__main__"}
        for target, line in imported(path)
        if wrong_arrow(name_of(path), target)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_module_needs_itself() -> None:
    """Not even by an import inside a function: two modules that need each other are one, or a third is missing."""
    arrows = {
        (name := name_of(path)): {target for target, _ in imported(path) if not f"{name}.".startswith(f"{target}.")}
        for path in modules()
        if name_of(path) not in {"", "__main__"}
    }
    while ends := {name for name, targets in arrows.items() if not targets & arrows.keys() - {name}}:
        arrows = {name: targets for name, targets in arrows.items() if name not in ends}
    assert not arrows, f"these lie on a circle or need one: {sorted(arrows)}"


@pytest.mark.parametrize(
    ("importer", "target", "wrong"),
    [
        ("land.faces", "geodesy", False),
        ("geodesy", "tables", True),
        ("land.faces", "zonal.cover", True),
        ("zonal.cover", "land.faces", True),
        ("land.faces", "land.rates", True),
        ("land.rates.text", "land.checks.overlap", False),
        ("maps.sheet", "figures", False),
        ("figures", "maps.sheet", True),
        ("cli.land", "verbs.land", False),
        ("verbs.land", "cli.output", True),
        ("assessment", "maps", True),
    ],
)
def test_the_rule_itself(importer: str, target: str, *, wrong: bool) -> None:
    assert wrong_arrow(importer, target) is wrong


def test_modules_stay_readable() -> None:
    """A module that no longer fits on a few screens wants to be two."""
    long = {name_of(path): n for path in modules() if (n := len(path.read_text(encoding="utf-8").splitlines())) > 450}
    assert not long, f"split these: {long}"
