"""
Who and where: the made-up group, in the counties of the mines that the published figures speak of.

Places and kinds of ground are real; every outline, date and area on them is drawn from the seed.
"""

from dataclasses import dataclass

SEED = 20191231
# of the images; with this one the clouds of July 2019 leave something of every zone to see
SCENES_SEED = 2031

# what was published for the group, mu newly reclaimed; the sample is made to give these figures
PUBLISHED = {2017: 7172.0, 2018: 14657.0, 2019: 12029.0}
# the years before them are made up altogether, ha
EARLIER = {2015: 318.0, 2016: 402.0}
FIRST, LAST = 2015, 2019

# ha that the ledger of the sample opens with as reclaimed; with it the group stands a little above 86 %
RECLAIMED_BEFORE = 835.0


@dataclass(frozen=True)
class Site:
    """One site: names, place, and how its bodies of ore lie."""

    site_id: str
    name: str
    name_zh: str
    kind: str
    company: str
    province: str
    at: tuple[float, float]  # longitude, latitude
    crs: str  # CGCS2000 3-degree zone that holds it
    area: float  # ha of all its bodies, those not yet mined included
    bodies: int
    strike: float  # degrees, the line along which its bodies lie


SITES = (
    Site("GX-PG", "Pingguo mine", "平果矿", "mine", "广西公司", "广西", (107.50, 23.33), "EPSG:4545", 1800, 13, 118),
    Site("GZ-QZ", "Qingzhen mine", "清镇矿", "mine", "贵州公司", "贵州", (106.50, 26.65), "EPSG:4545", 800, 7, 35),
    Site("GZ-XW", "Xiuwen mine", "修文矿", "mine", "贵州公司", "贵州", (106.555, 26.70), "EPSG:4545", 620, 6, 50),
    Site("HA-XG", "Xiaoguan mine", "小关矿", "mine", "河南公司", "河南", (112.98, 34.70), "EPSG:4547", 680, 7, 95),
    Site("SX-XY", "Xiaoyi mine", "孝义矿", "mine", "山西公司", "山西", (111.65, 37.08), "EPSG:4546", 1120, 9, 70),
)

RED_MUD = Site(
    "GZ-CN", "Guizhou red-mud dam", "贵州赤泥库", "red_mud", "贵州公司", "贵州", (106.66, 26.69), "EPSG:4545", 112, 1, 0
)

# 45 ha of greening on the dam, a demonstration planting of 3,000 m2, 73 mu at Xiaoguan: as published
DAM_GREENING_M2 = 450_000.0
DEMO_PLOT_M2 = 3_000.0
XIAOGUAN_M2 = 73 * 2000 / 3

LEGACY_HA = 12.0
SHARED_DUMP_HA = 38.0

# end use -> share of the parcels, class after (GB/T 21010), and the word that the Shanxi company writes
END_USES = {
    "forest": (0.40, "0301", "林地"),
    "cropland": (0.24, "0103", "旱地"),
    "grassland": (0.20, "0404", "草地"),
    "carbon_forest": (0.08, "0301", "碳汇林"),
    "solar": (0.05, "0601", "光伏用地"),
    "pond": (0.03, "1104", "坑塘水面"),
}
