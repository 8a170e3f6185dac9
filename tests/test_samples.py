"""The sample projects: listed, copied out, built again from the seed, and true to what was published."""

import hashlib
import json
import subprocess
import sys

import pytest

from reclaim.errors import FileError
from reclaim.io.registry import bring, registry, shipped
from reclaim.sample_projects import copy_sample, samples


@pytest.fixture(scope="module")
def group(repository):
    from reclaim.verbs.land import assess

    return assess(repository / "data" / "geo" / "chinalco-2019")


def test_the_published_sums_come_out_unrounded(group):
    rows = group.group.set_index("year")["reclaimed"] * 3 / 2000
    assert rows[2017] == pytest.approx(7172, abs=1e-4)
    assert rows[2018] == pytest.approx(14657, abs=1e-4)
    assert rows[2019] == pytest.approx(12029, abs=1e-4)


def test_the_rate_is_86_percent_or_a_little_more_on_its_named_basis(group):
    rate = next(rate for rate in group.rates if rate.basis == "damaged")
    assert 0.86 <= rate.value < 0.88
    assert rate.outcome == "met"
    assert group.at.isoformat().startswith("2019-12-31")


def test_what_was_published_is_compared(group):
    verdicts = {(row.figure, row.year): row.verdict for row in group.published.itertuples()}
    assert {verdicts["reclaimed", year] for year in (2017, 2018, 2019)} == {"agrees"}
    # the report does not say what its 86 % is a share of
    assert verdicts["rate", 2019] not in {"agrees", "contradicts"}


def test_the_planting_is_too_small_for_the_satellite(group):
    demo = group.cover[group.cover["zone_id"] == "GZ-CN-DEMO"].set_index("source")
    assert set(demo["outcome"]) == {"insufficient"}
    clouded = demo.loc["sentinel_20190706.tif"]
    assert 0 < clouded["valid"] < 0.5
    assert clouded["high"] - clouded["low"] == pytest.approx(1 - clouded["valid"])


@pytest.mark.filterwarnings("ignore::reclaim.errors.ReclaimWarning")
def test_and_large_enough_for_the_drone(repository):
    from reclaim.verbs.cover import cover

    folder = repository / "data" / "geo" / "chinalco-2019"
    zones = folder / "zones.geojson"
    seen = cover(zones, [folder / "scenes" / "drone_20190826.tif"], index="ngrdi", threshold=0.0)
    demo = seen.set_index("zone_id").loc["GZ-CN-DEMO"]
    assert demo["outcome"] == "met"
    truth = (folder / "scenes" / "truth.csv").read_text(encoding="utf-8")
    assert demo["cover"] == pytest.approx(float(truth.split("drone_20190826.tif,GZ-CN-DEMO,")[1].split()[0]), abs=0.005)


def test_the_hard_cases_are_in_it(group):
    codes = set(group.findings["code"])
    assert {"overlap", "outside-footprint", "order-unclear", "site-mismatch"} <= codes
    assert "error" not in set(group.findings["severity"])
    columns = group.group.set_index("year")
    assert columns.at[2018, "redisturbed"] > 0
    assert columns.at[2019, "reclaimed_again"] > 0
    assert columns.at[2019, "failed"] > 0
    assert columns.at[2019, "temporary"] > 0
    assert len(group.shared), "two mines share a dump"
    assert len(group.apart), "legacy land stands apart"


def test_the_demo_plot_the_dam_and_the_73_mu_have_their_published_size(group):
    from reclaim.geodesy import area

    zones = group.tables["zones"].set_index("zone_id")
    assert area(zones.loc[["GZ-CN-DEMO"]].geometry, crs=zones.crs)[0] == pytest.approx(3000, abs=0.05)
    assert area(zones.loc[["GZ-CN-GREENING"]].geometry, crs=zones.crs)[0] == pytest.approx(450_000, abs=0.5)
    assert zones.at["GZ-CN-DEMO", "min_cover"] == ">0.95"
    parcels = group.tables["parcels"].set_index("parcel_id")
    assert area(parcels.loc[["HA-XG-73-00"]].geometry, crs=parcels.crs)[0] == pytest.approx(73 * 2000 / 3, abs=0.05)


def test_every_layer_says_that_it_is_made_up(repository):
    folder = repository / "data" / "geo" / "chinalco-2019"
    for layer in folder.glob("*.geojson"):
        assert "made up" in json.loads(layer.read_text(encoding="utf-8"))["note"]
    assert "illustrative = true" in (folder / "reclaim.toml").read_text(encoding="utf-8")
    assert "made up" in (folder / "README.md").read_text(encoding="utf-8")
    assert sum(file.stat().st_size for file in folder.rglob("*")) < 4e6


def test_it_is_built_again_to_the_byte(repository, tmp_path):
    subprocess.run([sys.executable, "-m", "reclaim.sample_projects.chinalco", str(tmp_path)], check=True)
    kept = repository / "data" / "geo" / "chinalco-2019"
    layers = [str(path.relative_to(kept)) for path in kept.rglob("*") if path.suffix in {".geojson", ".csv", ".tif"}]
    assert len(layers) >= 15
    differing = [name for name in layers if (tmp_path / name).read_bytes() != (kept / name).read_bytes()]
    assert not differing


def test_a_sample_is_copied_out_and_nothing_of_mine_is_replaced(tmp_path):
    folder = copy_sample("chinalco-2019", tmp_path / "mine")
    assert (folder / "reclaim.toml").is_file()
    with pytest.raises(FileError, match="already there"):
        copy_sample("chinalco-2019", folder)
    with pytest.raises(FileError, match="choose amazon, brumadinho, chinalco-2019"):
        copy_sample("chinalco", tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_real_data_come_from_the_folder_that_reclaim_data_names(peer_data, tmp_path, monkeypatch):
    monkeypatch.setenv("RECLAIM_DATA", str(peer_data))
    folder = copy_sample("amazon", tmp_path / "amazon")
    for remote in registry(folder):
        content = (folder / remote.name).read_bytes()
        assert len(content) == remote.bytes
        assert hashlib.sha256(content).hexdigest() == remote.sha256


def test_a_changed_or_missing_file_is_refused(tmp_path, monkeypatch):
    folder, data = tmp_path / "project", tmp_path / "data"
    folder.mkdir()
    (folder / "registry.toml").write_bytes((shipped() / "amazon" / "registry.toml").read_bytes())
    (data / "amazon").mkdir(parents=True)
    (data / "amazon" / "amazon_2019_new_mining.geojson").write_text("{}", encoding="utf-8")
    monkeypatch.setenv("RECLAIM_DATA", str(data))
    with pytest.raises(FileError) as caught:
        bring(folder)
    first, *others = caught.value.faults
    assert "not the published file" in first
    assert len(others) == 2
    assert all("not there" in fault for fault in others)
    assert [path.name for path in folder.iterdir()] == ["registry.toml"]


def test_a_registry_of_somebody_else_fetches_nothing(tmp_path, monkeypatch):
    monkeypatch.delenv("RECLAIM_DATA", raising=False)
    text = (shipped() / "amazon" / "registry.toml").read_text(encoding="utf-8")
    (tmp_path / "registry.toml").write_text(text.replace("earthrise-media", "somebody"), encoding="utf-8")
    with pytest.raises(FileError, match="never fetched"):
        bring(tmp_path)


def test_without_a_network_the_reason_is_told(tmp_path, monkeypatch):
    monkeypatch.delenv("RECLAIM_DATA", raising=False)
    (tmp_path / "registry.toml").write_bytes((shipped() / "amazon" / "registry.toml").read_bytes())
    with pytest.raises(FileError, match="cannot be reached"):
        bring(tmp_path)


def test_the_shipped_registries_name_a_commit_a_hash_and_a_licence():
    files = [remote for sample in samples() for remote in registry(sample.folder)]
    assert len(files) == 6
    for remote in files:
        assert len(remote.commit) == 40
        assert len(remote.sha256) == 64
        assert remote.licence
        assert remote.commit in remote.address
