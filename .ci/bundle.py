"""Make a folder that installs reclaim without a network: wheels, samples, documentation, a Chinese font."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FONTS = ("NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "wqy-microhei.ttc", "SourceHanSansSC-Regular.otf")
TEXT = """reclaim, to install without a network. In this folder:

    python -m venv .venv
    .venv/bin/pip install --no-index --find-links wheels "reclaim[report]"
    .venv/bin/reclaim run samples/chinalco-2019 -o out

On Windows:

    py -3.11 -m venv .venv
    .venv\\Scripts\\pip install --no-index --find-links wheels "reclaim[report]"
    .venv\\Scripts\\reclaim run samples\\chinalco-2019 -o out

The wheels are for the system and the Python version that made them. docs/index.html is the documentation.
fonts/ holds a Chinese font where the machine that made this had one: install it if maps and reports ask for one.
"""


def main(target: Path) -> None:
    """Fill ``target``; what was there is replaced."""
    shutil.rmtree(target, ignore_errors=True)
    wheels = target / "wheels"
    wheels.mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    pins = ["-c", str(ROOT / "constraints.txt"), "--wheel-dir", str(wheels)]
    subprocess.run([*pip, "wheel", "--quiet", "--no-build-isolation", *pins, f"{ROOT}[report]"], check=True)
    shutil.copytree(ROOT / "data" / "geo", target / "samples", ignore=shutil.ignore_patterns("output"))
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "-d", str(target.resolve() / "docs")], cwd=ROOT, check=True
    )
    (target / "fonts").mkdir()
    font = _font()
    if font:
        shutil.copyfile(font, target / "fonts" / font.name)
    (target / "README.txt").write_text(TEXT, encoding="utf-8")
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    print(
        f"{target}: {len(list(wheels.iterdir()))} wheels, {size / 1e6:.0f} MB"
        + ("" if font else "; no Chinese font found here")
    )


def _font() -> Path | None:
    from matplotlib import font_manager

    found = {Path(path).name: Path(path) for path in font_manager.findSystemFonts()}
    return next((found[name] for name in FONTS if name in found), None)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
