"""The lint, page by page: what it finds in a text, what it leaves alone, and where it says that a mistake stands."""

import json
import warnings

import pytest
from docx import Document

from reclaim.cli import run
from reclaim.errors import FileError, ReclaimWarning, ReportError
from reclaim.reports.lint import lint_text
from reclaim.reports.lint.reading import read_text
from reclaim.verbs.land import assess
from reclaim.verbs.reports import lint

CLEAN_ZH = (
    "# 2019 年矿山复垦情况\n\n"
    "2017、2018、2019 年新增复垦面积分别为 7,172 亩、14,657 亩和 12,029 亩，三年合计 33,858 亩。"
    "其中 2018 年比 2017 年增长 104.36%，2019 年比上年下降 17.93%。\n\n"
    "2019 年，集团新增复垦土地 1.2 万亩（12,029 亩，约合 801.93 公顷），"
    "矿山土地复垦率达到 86% 以上，13 座矿山入选国家级绿色矿山名录。\n\n"
    "贵州赤泥库闭库工程累计投资 6,613 万元，覆土 206.66 万立方米，坝体混凝土 52,970 立方米，"
    "排水沟混凝土 3,500 立方米，绿化 45 万平方米（675 亩），铺设防渗膜 51,500 平方米，设置监测点 44 个。"
    "赤泥种植示范 3,000 平方米，绿化覆盖率超过 95%。\n\n"
    "小关矿复垦土地 73 亩，建成建筑约 75,000 平方米。全集团建成绿化隔离带 60 公里以上。\n\n"
)

PLANTED_ZH = {
    "7,172 亩、14,657 亩和": "7,172 亩、14,567 亩和",  # digits swapped
    "三年合计 33,858 亩": "三年合计 34,858 亩",  # a sum that does not add up
    "增长 104.36%": "增长 114.36%",  # growth
    "约合 801.93 公顷": "约合 1,202.9 公顷",  # conversion by ten
    "13 座矿山": "31 座矿山",  # a count
    "防渗膜 51,500 平方米": "防渗膜 51,500 立方米",  # an area as a volume
    "复垦土地 73 亩，建成建筑约 75,000 平方米": "复垦土地 75,000 平方米",  # floor area as land
    "隔离带 60 公里以上": "隔离带 60 公顷以上",  # a length as an area
    "6,613 万元": "6.613 亿元",  # money by ten
}
ADDED_ZH = "截至 2019 年底，集团累计复垦土地 12,029 亩。\n"  # a flow as a stock

CLEAN_EN = """# Reclamation report

The group newly reclaimed 7,172 / 14,657 / 12,029 mu in 2017 / 2018 / 2019, a mine-land reclamation rate of 86 % or
more, a 3,000 m² red-mud planting with cover above 95 %, the closure quantities of a red-mud dam.

In 2019 the group reclaimed 12,029 mu (801.933 ha, or 8,019,333.33 m²), after 14,657 mu in 2018 (+104.36 % on 2017),
a fall of 17.93 %. Over the three years 2017–2019 the flows add up to 33,858 mu (2,257.2 ha).

13 mines are on the national list of green mines. The closure of the Guizhou red-mud dam cost 66.13 million CNY:
cover soil 2,066,600 m³, concrete 52,970 m³ for the dam and 3,500 m³ for drainage, greening 450,000 m² (45 ha),
membrane 51,500 m², 44 monitoring points.

At Xiaoguan mine 73 mu were reclaimed and about 75,000 m² of buildings stand. Green isolation belts run for 60 km or
more.

| Year | New reclaimed area (mu) | ha |
|---|---:|---:|
| 2017 | 7,172 | 478.133 ha |
| 2018 | 14,657 | 977.133 ha |
| 2019 | 12,029 | 801.933 ha |
"""

PLANTED_EN = {
    "12,029 mu in 2017 / 2018 / 2019": "12,209 mu in 2017 / 2018 / 2019",
    "cover above 95 %": "cover above 98 %",
    "(801.933 ha, or": "(801.933 km², or",
    "a fall of 17.93 %": "a rise of 17.93 %",
    "13 mines": "14 mines",
    "cover soil 2,066,600 m³,": "cover soil 2,066,600 m³, so the cover is 4.59 m thick,",
    "450,000 m² (45 ha)": "450,000 m² (450 ha)",
    "At Xiaoguan mine 73 mu were reclaimed and about 75,000 m² of buildings stand.": (
        "At Xiaoguan mine 75,000 m² of land were reclaimed."
    ),
    "belts run for 60 km": "belts cover an area of 60 km",
    "| 2018 | 14,657 | 977.133 ha |": "| 2018 | 14,657 | 997.133 ha |",
}


@pytest.fixture(scope="module")
def group(repository):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReclaimWarning)
        return assess(repository / "data" / "geo" / "chinalco-2019")


def bad(text, group):
    return [(item.quantity, item.verdict) for item in lint_text(text, group) if not item.good]


def verdict(sentence, group):
    """The verdict on the last quantity of a sentence."""
    return lint_text(sentence, group)[-1].verdict


@pytest.mark.parametrize("page", [CLEAN_ZH, CLEAN_EN], ids=["zh", "en"])
def test_a_true_page_has_nothing_but_the_rate_that_names_no_denominator(page, group):
    assert bad(page, group) == [(bad(page, group)[0][0], "rate_without_basis")]


@pytest.mark.parametrize(
    ("page", "planted"), [(CLEAN_ZH + ADDED_ZH, PLANTED_ZH), (CLEAN_EN, PLANTED_EN)], ids=["zh", "en"]
)
def test_ten_planted_mistakes_are_found_and_nothing_else(page, planted, group):
    for right, wrong in planted.items():
        assert page.count(right) == 1
        page = page.replace(right, wrong)
    found = bad(page, group)
    assert len(found) == 11
    assert [quantity for quantity, kind in found if kind == "rate_without_basis"] in (["86%"], ["86 %"])
    assert not [quantity for quantity, kind in found if kind == "no_evidence"]


@pytest.mark.parametrize("mistake", list(PLANTED_EN.items()) + list(PLANTED_ZH.items()), ids=lambda pair: pair[1][-30:])
def test_each_planted_mistake_is_found_alone(mistake, group):
    right, wrong = mistake
    page = CLEAN_EN if right in CLEAN_EN else CLEAN_ZH
    assert len(bad(page.replace(right, wrong), group)) == 2


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("2019 年新增复垦 12,029 亩。", "agrees"),
        ("2019 年新增复垦 1.2 万亩。", "rounds_to"),
        ("2019年新增复垦１２，０２９亩。", "agrees"),
        ("2019 年新增复垦 12,\n029 亩。", "agrees"),
        ("2019 年新增复垦 12,0 29 亩。", "agrees"),
        ("2019 年新增复垦 **12,029** 亩。", "agrees"),
        ("2019 年新增复垦一万二千亩。", "rounds_to"),
        ("2019 年新增复垦一万三千亩。", "contradicts"),
        ("2019 年新增复垦近 1.3 万亩。", "rounds_to"),
        ("2019 年新增复垦超过 1.2 万亩。", "rounds_to"),
        ("2019 年新增复垦超过 1.3 万亩。", "contradicts"),
        ("2019 年新增复垦 1.1～1.3 万亩。", "agrees"),
        ("2019 年新增复垦 1.3～1.5 万亩。", "contradicts"),
        ("2018 年新增复垦 12,029 亩。", "contradicts"),
        ("2019 年新增复垦 12,029 公顷。", "contradicts"),
        ("2019 年，集团新增复垦面积 12,029 亩，比 2018 年减少 2,628 亩。", "agrees"),
        ("2019 年底，按已损毁土地口径，复垦率超过 86%。", "rounds_to"),
        ("2019 年底，按已损毁土地口径，复垦率超过 89%。", "contradicts"),
        ("2019 年，复垦率 86% 以上。", "rate_without_basis"),
        ("2019 年，复垦率百分之八十六以上。", "rate_without_basis"),
        ("2019 年，复垦率 91%。", "contradicts"),
        ("2019 年矿山土地复垦率目标为 86%。", "wrong_kind"),
        ("In 2019 the target of the group was a reclamation rate of 86 %.", "wrong_kind"),
        ("三年累计新增复垦 33,858 亩。", "agrees"),
        ("集团累计复垦面积达到 33,858 亩。", "wrong_kind"),
        ("By the end of 2019 the cumulative reclaimed land stood at 33,858 mu.", "wrong_kind"),
        ("赤泥示范地绿化覆盖率 95%。", "contradicts"),  # on record: more than 95 %
        ("赤泥示范地绿化覆盖率达 95% 以上。", "agrees"),
        ("绿化面积 60 公里。", "wrong_kind"),
        ("监测点 44 处。", "agrees"),
        ("绿色矿山十三座。", "agrees"),
        ("全年种树 5,000 株，投入劳力 300 个工日，修路 17 公里。", "no_evidence"),
    ],
)
def test_one_sentence(sentence, expected, group):
    assert verdict(sentence, group) == expected


def test_a_supposition_is_no_claim(group):
    assert lint_text("如果复垦率指当年口径，则应复垦 13,987.2 亩。", group) == []
    assert lint_text("A width of 10 m would be 60 ha.", group) == []


def test_what_is_no_quantity_is_left_alone(group):
    text = "第 3 项措施分 2 个阶段、3 个月完成；见 GB/T 21010-2017 与表 5。1 mu = 2000/3 m².\n\n"
    text += "```\nreclaimed 99,999 mu\n```\n"
    assert lint_text(text, group) == []


def test_places_are_lines_and_characters_of_that_line(group):
    text = "# 标题\n\n前一行没有数字。\n2018 年新增复垦 14,567 亩。\n"
    item = lint_text(text, group)[0]
    line = text.splitlines()[item.line - 1]
    assert (item.line, line[item.start : item.end], item.quantity) == (4, "14,567 亩", "14,567 亩")


def test_a_table_taken_over_from_the_report_agrees_cell_by_cell(group):
    from reclaim.reports.content import content
    from reclaim.reports.setting import Setting
    from reclaim.reports.view import head_lines, printed_rows

    table = next(t for t in content(group, Setting("both")).tables() if t.key == "by-site")
    rows = [[" ".join(head_lines(column, "both")) for column in table.columns], *printed_rows(table, "both")]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    assert not [item for item in lint_text("\n".join(lines), group) if not item.good]
    swapped = [lines[0], lines[1].replace(rows[1][1], rows[2][1]), *lines[2:]]
    assert [item.verdict for item in lint_text("\n".join(swapped), group) if not item.good] == ["contradicts"]


def test_a_word_document_reads_like_its_text(group, tmp_path):
    document = Document()
    document.add_heading("2019 年", level=1)
    document.add_paragraph("集团新增复垦土地 12,209 亩。")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ["年份", "新增复垦（亩）", "2018", "14,657"], strict=True):
        cell.text = text
    document.save(tmp_path / "page.docx")
    items = lint_text(read_text(tmp_path / "page.docx"), group)
    assert [(item.quantity, item.verdict) for item in items] == [("12,209 亩", "contradicts"), ("14,657", "agrees")]


@pytest.mark.parametrize(
    "text",
    [
        "Площадь рекультивации составила 12029 му.",
        "Die Gruppe hat im Jahr 2019 rund 801 ha Bergbauland rekultiviert. " * 5,
    ],
)
def test_a_text_in_neither_language_is_refused(text, group):
    with pytest.raises(ReportError, match="neither Chinese nor English"):
        lint_text(text, group)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "x.docx").write_bytes(b"PK no zip")
    (tmp_path / "x.txt").write_bytes(b"\xff\xfe\x00\xd8\x81\xff")
    for name in ("x.docx", "x.txt", "none.md"):
        with pytest.raises(FileError):
            read_text(tmp_path / name)


def test_text_in_the_old_chinese_encoding_is_read(tmp_path, group):
    (tmp_path / "old.txt").write_bytes("2019 年新增复垦 12,029 亩。".encode("gb18030"))
    assert [item.verdict for item in lint(tmp_path / "old.txt", group)] == ["agrees"]


@pytest.mark.filterwarnings("ignore::reclaim.errors.ReclaimWarning")
def test_the_command_says_it_in_json_and_by_its_exit_code(repository, tmp_path, capsys):
    project = str(repository / "data" / "geo" / "chinalco-2019")
    page = tmp_path / "page.md"
    page.write_text("2018 年新增复垦 14,567 亩。", encoding="utf-8")
    assert run(["lint", str(page), project, "--json"]) == 0
    items = json.loads(capsys.readouterr().out)["items"]
    assert set(items[0]) == {"line", "start", "end", "quantity", "verdict", "message"}
    assert items[0]["verdict"] == "contradicts"
    assert run(["lint", str(page), project, "--require"]) == 1
    page.write_text("2018 年新增复垦 14,657 亩。", encoding="utf-8")
    assert run(["lint", str(page), project, "--require"]) == 0
