"""
Refresh the vendored files of the maps: take each package as a tarball, copy the files used, write the manifest.

Needs npm. Run it from the repository: ``python tools/vendor_assets.py``.
Nothing else in the project loads from outside.
"""

import hashlib
import subprocess
import tarfile
import tempfile
from pathlib import Path

ASSETS = Path(__file__).parents[1] / "src" / "reclaim" / "maps" / "assets"

# package, version, licence, {file in the package: name here}
PACKAGES = [
    (
        "leaflet",
        "1.9.4",
        "BSD-2-Clause",
        {
            "dist/leaflet.js": "leaflet.js",
            "dist/leaflet.css": "leaflet.css",
            "dist/images/layers.png": "layers.png",
            "dist/images/layers-2x.png": "layers-2x.png",
            "dist/images/marker-icon.png": "marker-icon.png",
            "dist/images/marker-icon-2x.png": "marker-icon-2x.png",
            "dist/images/marker-shadow.png": "marker-shadow.png",
            "LICENSE": "leaflet-LICENSE.txt",
        },
    ),
    (
        "jquery",
        "3.7.1",
        "MIT",
        {"dist/jquery.min.js": "jquery.min.js", "LICENSE.txt": "jquery-LICENSE.txt"},
    ),
]

# addresses that folium gives these files, without their version
URLS = {
    "leaflet.js": ["https://cdn.jsdelivr.net/npm/leaflet/dist/leaflet.js"],
    "leaflet.css": ["https://cdn.jsdelivr.net/npm/leaflet/dist/leaflet.css"],
    "jquery.min.js": ["https://code.jquery.com/jquery-3.7.1.min.js"],
}


def main() -> None:
    """Refresh everything."""
    vendor = ASSETS / "vendor"
    vendor.mkdir(parents=True, exist_ok=True)
    rows = []
    for package, version, licence, names in PACKAGES:
        contents = fetch(f"{package}@{version}", list(names))
        for source, target in names.items():
            data = contents[source]
            if target == "leaflet.js":
                data = data.replace(b"\n//# sourceMappingURL=leaflet.js.map", b"")
            (vendor / target).write_bytes(data)
            rows.append((target, package, version, licence, hashlib.sha256(data).hexdigest()))
    (ASSETS / "manifest.toml").write_text(manifest(rows), encoding="utf-8")
    print(f"{len(rows)} files, {sum((vendor / row[0]).stat().st_size for row in rows) / 1e6:.2f} MB")  # noqa: T201


def fetch(package: str, names: list[str]) -> dict[str, bytes]:
    """Some files of a package."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True
        )
        with tarfile.open(Path(folder) / done.stdout.split()[-1]) as archive:
            return {name: archive.extractfile(f"package/{name}").read() for name in names}


def manifest(rows: list[tuple[str, str, str, str, str]]) -> str:
    """The manifest as TOML."""
    lines = ["# Written by tools/vendor_assets.py. urls: addresses that the file stands for, without their version."]
    for file, package, version, licence, digest in rows:
        lines += ["", "[[asset]]", f'file = "{file}"', f'package = "{package}"', f'version = "{version}"']
        lines += [f'licence = "{licence}"', f'sha256 = "{digest}"']
        if file in URLS:
            lines.append(f"urls = {URLS[file]!r}".replace("'", '"'))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
