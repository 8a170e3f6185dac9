"""The lint on whole pages that repeat published figures: ten planted mistakes of different kinds, found and no more."""

import json
import warnings
from pathlib import Path

import pytest
from docx import Document

from reclaim.cli import run
from reclaim.errors import ReclaimWarning
from reclaim.reports.lint import lint_text
from reclaim.reports.lint.reading import read_text
from reclaim.verbs.land import assess

PAGES = {path.stem: path.read_text(encoding="utf-8") for path in (Path(__file__).parent / "lint_pages").glob("*.md")}

# the true words, the planted ones, and the quantity in them that is wrong
PLANTED = {
    "zh": [
        ("2018 年达到 14657 亩", "2018 年达到 14675 亩", "14675 亩"),  # a digit
        ("同比增长 104.36%", "同比增长 140.36%", "140.36%"),  # growth
        ("2019 年为 12029 亩", "2019 年为 12029 公顷", "12029 公顷"),  # mu and hectares
        ("之和为 33858 亩", "之和为 33585 亩", "33585 亩"),  # a sum
        ("2019 年全年新增复垦土地约 1.2 万亩", "截至 2019 年底累计复垦土地 1.2 万亩", "1.2 万亩"),  # a flow as a stock
        ("| 覆土 | 206.66 万立方米 |", "| 覆土 | 206.66 立方米 |", "206.66 立方米"),  # the 万 forgotten
        ("| 防渗膜 | 51500 平方米 |", "| 防渗膜 | 51500 亩 |", "51500 亩"),  # m2 and mu
        ("绿化覆盖率大于 95%", "绿化覆盖率大于 98%", "98%"),  # a bound
        ("另有建筑面积约 7.5 万平方米", "复垦面积约 7.5 万平方米", "7.5 万平方米"),  # floor area as land
        ("隔离带 60 公里以上", "隔离带 60 平方公里以上", "60 平方公里"),  # a length as an area
    ],
    "en": [
        ("In 2017, 7,172 mu of", "In 2016, 7,172 mu of", "7,172 mu"),  # a year
        ("up 104.36%", "down 104.36%", "104.36%"),  # up and down
        ("about 12,000 mu", "more than 12,500 mu", "12,500 mu"),  # more than what it is
        ("reached at least 86% in 2019", "has a target of 86%", "86%"),  # achieved as a target
        ("Thirteen mines", "Thirty mines", "Thirty mines"),  # a count
        ("(4.5 mu)", "(0.45 mu)", "0.45 mu"),  # a conversion
        ("2.0666 million m³", "2.0666 million m²", "2.0666 million m²"),  # a volume as an area
        ("CNY 66.13 million", "CNY 66.13 billion", "CNY 66.13 billion"),  # money
        (
            "reclaimed 73 mu (4.87 ha) and has roughly 75,000 square metres of floor space",
            "reclaimed 75,000 square metres of land",
            "75,000 square metres",
        ),  # floor area as land
        (
            "Together the three years make 33,858 mu",
            "At the end of 2019 the stock of reclaimed land was 33,858 mu",
            "33,858 mu",
        ),  # a sum of flows as a stock
    ],
    "mixed": [
        ("| 2018 | 14,657 | 977.13 |", "| 2018 | 14,657 | 97.71 |", "97.71"),  # a cell that does not convert
        ("| 2017 | 7,172 |", "| 2017 | 12,029 |", "12,029"),  # the right number in the wrong row
        ("33,858 |", "33,885 |", "33,885"),  # a total
        ("（1.2 万亩）", "（12 万亩）", "12 万亩"),  # 万
        ("13 座", "18 座", "18 座"),
        ("cover > 95%", "cover < 95%", "95%"),  # the relation turned round
        ("= 45 ha =", "= 450 ha =", "450 ha"),
        ("52,970 m³（dam）", "52,970 m（dam）", "52,970 m"),  # a volume as a length
        ("73 mu reclaimed", "73 ha reclaimed", "73 ha"),
        ("60 km 以上", "60 ha 以上", "60 ha"),
    ],
}


@pytest.fixture(scope="module")
def group(repository):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReclaimWarning)
        return assess(repository / "data" / "geo" / "chinalco-2019")


def bad(text, group):
    return [(item.quantity, item.verdict) for item in lint_text(text, group) if not item.good]


@pytest.mark.parametrize("page", list(PAGES))
def test_a_true_page_has_only_the_rate_without_a_denominator(page, group):
    assert bad(PAGES[page], group) == [("86%", "rate_without_basis")]
    assert len(lint_text(PAGES[page], group)) > 25


@pytest.mark.parametrize("page", list(PAGES))
def test_ten_planted_mistakes_are_found_where_they_stand_and_nothing_else(page, group):
    text = PAGES[page]
    for right, wrong, _ in PLANTED[page]:
        assert text.count(right) == 1, right
        text = text.replace(right, wrong)
    lines = text.split("\n")
    items = lint_text(text, group)
    assert [lines[item.line - 1][item.start : item.end] for item in items] == [item.quantity for item in items]
    expected = sorted([quantity for _, _, quantity in PLANTED[page]] + ["86%"] * (page != "en"))
    assert sorted(item.quantity for item in items if not item.good) == expected


@pytest.mark.parametrize(
    ("page", "right", "wrong", "quantity"),
    [(page, *planted) for page, listed in PLANTED.items() for planted in listed],
)
def test_each_mistake_is_found_alone(page, right, wrong, quantity, group):
    found = [item for item in bad(PAGES[page].replace(right, wrong), group) if item[1] != "rate_without_basis"]
    assert [name for name, _ in found] == [quantity]


def test_a_mistake_that_is_converted_rightly_is_said_once(group):
    text = "2019 年新增复垦 12,209 亩（813.93 公顷）。"
    assert bad(text, group) == [("12,209 亩", "contradicts")]


TABLES = {
    "years across": (
        "| 指标 | 单位 | 2017年 | 2018年 | 2019年 | 三年合计 |\n|---|---|--:|--:|--:|--:|\n"
        "| 新增复垦面积 | 亩 | 7172 | 14567 | 12029 | 33858 |\n"
        "| 新增复垦面积 | 公顷 | 478.13 | 977.13 | 801.93 | 2275.2 |\n"
        "| 同比增长 | % | - | 104.36 | 17.93 | - |\n"
        "| 国家级绿色矿山 | 座 | - | - | 31 | - |\n",
        ["14567", "2275.2", "17.93", "31"],
    ),
    "a bill of quantities": (
        "表 3 赤泥库闭库工程量\n\n| 序号 | 工程 | 单位 | 工程量 | 备注 |\n|:-:|---|:-:|--:|---|\n"
        "| 1 | 覆土 | 万立方米 | 206.66 | |\n| 2 | 混凝土（坝体） | m³ | 52970 | |\n"
        "| 3 | 混凝土（排水沟） | m³ | 5300 | |\n| 4 | 绿化 | 万m² | 45 | |\n"
        "| 5 | 防渗膜 | m² | 51500 | 折合 77.25 亩 |\n| 6 | 监测点 | 个 | 44 | |\n"
        "| 7 | 投资 | 万元 | 6613 | 电话 0851-5566778 |\n",
        ["5300"],
    ),
    "sites, unit in the caption": (
        "分矿山情况（单位：亩）\n\n| 矿山 | 2019 年新增复垦 | 建筑面积（平方米） |\n|---|---|---|\n"
        "| 小关矿 | 73 | 75,000 |\n| 全集团 | 12,092 | |\n",
        ["12,092"],
    ),
    "tabs": ("年份\t新增复垦（亩）\t公顷\n2017\t7172\t478.13\n2018\t14567\t977.13\n2019\t12029\t801.93\n", ["14567"]),
    "wide blanks": ("年份\u3000新增复垦（亩）\n2017\u30007172\n2018\u300014657\n2019\u300012209\n", ["12209"]),
    "no outer pipes": ("Year | reclaimed (mu)\n---|---:\n2017 | 7,172\n2018 | 14,567\n", ["14,567"]),
}


@pytest.mark.parametrize("table", list(TABLES))
def test_numbers_alone_in_tables(table, group):
    text, wrong = TABLES[table]
    lines = text.split("\n")
    items = lint_text(text, group)
    assert [lines[item.line - 1][item.start : item.end] for item in items] == [item.quantity for item in items]
    assert [item.quantity for item in items if not item.good] == wrong
    assert len(items) > len(wrong)


def test_a_row_of_a_site_that_nobody_knows_is_no_figure_of_the_group(group):
    text = "| 矿山 | 2019 年新增复垦（亩） |\n|---|---|\n| 某不知名矿 | 500 |\n"
    assert bad(text, group) == [("500", "no_evidence")]


def test_places_in_a_word_document_are_paragraphs_and_rows(group, tmp_path):
    document = Document()
    document.add_heading("2019 年复垦", level=1)
    document.add_paragraph("")
    document.add_paragraph("集团新增复垦土地 12,209 亩。")
    document.add_paragraph("第一行\n第二行：小关矿复垦 37 亩。")
    rows = [["年份", "新增复垦（亩）"], ["2018", "14,567"]]
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, rows[0] + rows[1], strict=True):
        cell.text = text
    document.add_paragraph("绿色矿山 31 座。")
    document.save(tmp_path / "page.docx")
    lines = [*(paragraph.text for paragraph in document.paragraphs[:4]), *(f"| {a} | {b} |" for a, b in rows)]
    lines.append("绿色矿山 31 座。")
    items = [item for item in lint_text(read_text(tmp_path / "page.docx"), group) if not item.good]
    assert [item.line for item in items] == [3, 4, 6, 7]
    assert [lines[item.line - 1][item.start : item.end] for item in items] == ["12,209 亩", "37 亩", "14,567", "31 座"]


def test_a_merged_cell_of_a_word_table_is_read_once(group, tmp_path):
    document = Document()
    table = document.add_table(rows=2, cols=3)
    for place, text in {(0, 0): "年份", (0, 1): "新增复垦（亩）", (1, 0): "2018"}.items():
        table.cell(*place).text = text
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(1, 1).merge(table.cell(1, 2)).text = "14,567"
    document.save(tmp_path / "page.docx")
    assert bad(read_text(tmp_path / "page.docx"), group) == [("14,567", "contradicts")]


@pytest.mark.filterwarnings("ignore::reclaim.errors.ReclaimWarning")
@pytest.mark.parametrize("ending", [".md", ".txt", ".docx"])
def test_require_exits_1_for_every_bad_verdict_in_every_format(ending, repository, tmp_path, capsys):
    project = str(repository / "data" / "geo" / "chinalco-2019")
    sentences = {
        "contradicts": "2018 年新增复垦 14,567 亩。",
        "no_evidence": "全年修路 17 公里。",
        "wrong_kind": "小关矿复垦 75,000 平方米土地。",
        "rate_without_basis": "2019 年矿山土地复垦率 86% 以上。",
        "agrees": "2018 年新增复垦 14,657 亩。",
    }
    page = tmp_path / f"page{ending}"
    lines = list(sentences.values()) if ending != ".txt" else [list(sentences.values())[-1]]
    if ending == ".docx":
        document = Document()
        for line in lines:
            document.add_paragraph(line)
        document.save(page)
    else:
        page.write_text("\n\n".join(lines), encoding="utf-8")
    assert run(["lint", str(page), project, "--require", "--json"]) == (0 if ending == ".txt" else 1)
    items = json.loads(capsys.readouterr().out)["items"]
    assert [item["verdict"] for item in items] == (["agrees"] if ending == ".txt" else list(sentences))
