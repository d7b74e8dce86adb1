"""What the public sees: walks over the whole demo site, tags, feeds, maps, and that reading never writes."""
import re
import xml.etree.ElementTree as ElementTree
from html import unescape

import html5lib
import pytest
from webob import Request

from govportal.content import publish
from govportal.content.columns import ColumnStore
from govportal.content.kinds import all_kinds
from govportal.content.law import clause
from govportal.content.transfer import documents_of
from govportal.portal.finder import DIMENSIONS
from govportal.portal.machine import all_urls
from tests.conftest import ITEM

ENTRIES = ["/news/", "/search", "/services", "/questions/", "/rate", "/mine"]


def visible(text: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style).*?</\1>", "", text, flags=re.S)))


def test_every_page_of_the_map_answers_and_links_to_what_exists(app, site):
    """All own pages and every 25th of the registers: 200, one h1, a title of its own, no dead link inside."""
    columns = ColumnStore().get(site)
    urls = [path for path, _ in all_urls(columns)]
    chosen = [path for number, path in enumerate(urls) if number % 25 == 0 or not path.startswith("/items/") or columns.item_at(path).state == "完整"]
    seen_titles, links = {}, set()
    for path in chosen:
        text = app.get(path).text
        assert text.count("<h1") == 1, path
        title = re.search(r"<title>(.*?)</title>", text).group(1)
        assert seen_titles.setdefault((title, path), path) == path
        links |= {unescape(link) for link in re.findall(r'href="(/[^"#]*)', text)}
        assert 'href="#"' not in text and "None<" not in text and ">None" not in text, path
    assert len(chosen) > 700
    known = set(urls)
    for link in sorted(link for link in links if link not in known and not link.startswith(("/static/", "/services?", "/questions/?", "/search?"))):
        assert app.get(link, expect_errors=True).status_int in (200, 301, 302), link


def test_six_entries_lead_to_true_pages(app):
    for path in ENTRIES:
        page = app.get(path)
        assert 'aria-current="page"' in page.text and len(visible(page.text)) > 200
        for link in set(re.findall(r'href="(/[^"#?]*)', page.text)):
            assert app.get(link, expect_errors=True).status_int in (200, 301, 302), (path, link)


def test_reading_never_writes(app, demo_db):
    before = demo_db.lastTransaction()
    for path in [*ENTRIES, "/", "/items/id-card/id-card", "/services?person=%E6%88%B7%E7%B1%8D%E5%8A%9E%E7%90%86", "/sitemap.xml", "/nothing"]:
        app.get(path, expect_errors=True)
    assert demo_db.lastTransaction() == before


def test_the_finder_narrows_with_counts_and_never_ends_dead(app, site):
    columns = ColumnStore().get(site)
    page = app.get("/services?for=person")
    for label, count in dict(columns.select((("audience", "person"),))[1])["person"][:6]:
        narrowed = app.get("/services", {"for": "person", "person": label})
        assert f'class="h-n">{count} 件事' in narrowed.text
    assert "个人办事" in page.text
    empty = app.get("/services", {"for": "person", "person": "死亡殡葬", "w": "施工"})
    assert "没有符合全部条件的事项" in empty.text and "去掉" in empty.text and "12345" in empty.text
    assert app.get("/services", {"person": "不存在的主题"}).status_int == 200


def links(page, start="/services?"):
    return {link for link in (unescape(link) for link in re.findall(r'href="(/[^"]*)"', page.text[page.text.index("<main"):page.text.index("</main>")])) if link.startswith(start)}


def test_a_word_narrows_counts_and_stays_in_every_link(app, site):
    columns = ColumnStore().get(site)
    page = app.get("/services", {"for": "person", "w": "登记", "sort": "fast"})
    rows, counts = columns.select((("audience", "person"),), "登记")
    found = [columns.items[number] for number in rows]
    assert f'class="h-n">{len(found)} 件事' in page.text and 20 < len(found) < columns.size
    for name, attribute in (("org", "org"), ("type", "type"), ("region", "region")):
        for label, number in counts[name]:
            assert number == sum(getattr(row, attribute) == label for row in found), (name, label)
    narrowed = links(page) - {"/services?for=person&sort=fast"}
    assert len(narrowed) > 20 and all("w=" in link and ("sort=fast" in link or "sort=" in link or "w=%E7%99%BB%E8%AE%B0" in link) for link in narrowed)
    assert sum("sort=fast" not in link for link in narrowed) == len(("", "name", "org"))      # the other orders only
    label, number = counts["type"][0]
    assert f'class="h-n">{number} 件事' in app.get("/services", {"for": "person", "w": "登记", "type": label}).text
    names = re.findall(r'<h3><a href="[^"]*">(.*?)</a>', app.get("/services", {"w": "登记", "sort": "name"}).text)
    everything = sorted(columns.items[number].name for number in columns.select((), "登记")[0])
    assert [unescape(name) for name in names] == everything[:20]
    assert 'name="sort" value="fast"' in page.text


def test_of_equal_name_matches_the_citys_own_guide_stands_first(app, site):
    columns = ColumnStore().get(site)
    for word in ("结婚登记", "居民身份证", "户口"):
        states = [row.state for row in columns.match("items", word) if word in row.name]
        assert states == sorted(states, key=("完整", "整理中", "挂起").index) and states[0] == "完整", (word, states)


def test_a_chosen_region_matters(small):
    def district(site):
        for name, region in (("two", "990102"), ("three", "990100")):
            item = publish.create(site["items"], name, "DirectoryItem", actor="a")
            publish.put(item, {"name": {"two": "住房补贴", "three": "乙类登记"}[name], "type": "行政确认", "legal_basis": [{"law": "甲"}]}, actor="a")
            publish.put(publish.create(item, name, "ImplementationItem", actor="a"), {**ITEM, "region": region, "hot": None}, actor="a")
    small.change(district)
    app = small.app()

    def first(text):
        return re.search(r'<h3><a href="[^"]*">(.*?)</a>', text).group(1)
    assert first(app.get("/services").text) == "出生登记" and "只看" not in app.get("/services").text
    app.post("/region/set", {"region": "990102", "back": "/"})
    page = app.get("/services")
    assert first(page.text) == "住房补贴" and "只看城中区</a>" in page.text and "它单独的 1 件，排在前面" in visible(page.text)
    assert 'class="h-n">1 件事' in page.click("只看城中区").text and "只看城中区" not in page.click("只看城中区").text
    assert "只看城中区" in app.get("/").text and app.get("/").text.index("<b>住房补贴</b>") < app.get("/").text.index("<b>出生登记</b>")
    assert "/services?for=person&amp;region=990102" in app.get("/services?for=person").text
    app.post("/region/set", {"region": "990103", "back": "/"})
    for path in ("/", "/services"):
        text = visible(app.get(path).text)
        assert "城东区" in text and "没有它单独的事项" in text, path
        assert "出生登记" in text and "只看城东区" not in text
    app.post("/region/set", {"region": "990100", "back": "/"})
    assert "没有它单独的" not in app.get("/services").text


def test_facet_counts_equal_a_plain_count(site):
    columns = ColumnStore().get(site)
    rows, counts = columns.select((("audience", "person"), ("type", "公共服务")))
    chosen = [columns.items[row] for row in rows]
    plain = [row for row in columns.items if row.type == "公共服务" and ("自然人" in row.objects if row.objects else row.person_topics)]
    assert sorted(row.uid for row in chosen) == sorted(row.uid for row in plain)
    for label, number in counts["org"]:
        assert number == sum(row.org == label for row in plain)
    assert set(DIMENSIONS) >= {"person", "legal", "org", "region"}


def test_elements_of_every_complete_guide_stand_on_its_page(app, site):
    """The 22 elements of R4.2.2.1, visible, for every own item and every 情形."""
    columns = ColumnStore().get(site)
    own = [row for row in columns.items if row.state == "完整"]
    assert len(own) >= 60
    for row in own:
        text = visible(app.get(row.path).text)
        for word in (row.name, row.type, "依据", "承诺时限", "法定时限", "收费", "要带什么", "怎么办", "办理形式", "审查标准", "通办范围", "预约办理", "网上支付", "物流快递", "在哪办", "监督投诉", "示例"):
            assert word in text, (row.path, word)
        item = site.at(row.path)
        for child in item.values():
            if child.kind == "HandlingItem":
                narrowed = app.get(f"{row.path}?case={child.__name__}").text
                wanted = set(child.live.values["use_materials"])
                for material in item.live.values["materials"]:
                    shown = f'<th scope="row">{material["name"]}' in unescape(narrowed)
                    assert shown == (material["key"] in wanted), (row.path, child.__name__, material["name"])


def test_clause_text_comes_from_the_law_records_character_by_character(app, site):
    """Every citation with an article is found in a law record, whose digest equals that of the source text."""
    import hashlib
    import json

    from govportal.shipped import shipped
    digests = json.loads((shipped("content") / "laws" / "digests.json").read_text(encoding="utf-8"))
    laws = {document.live.head["title"]: document.live.values for document in site["shared"]["laws"].values()}
    assert len(laws) >= 200
    for title, values in laws.items():
        whole = "".join(row["no"] + row["text"] for row in values["articles"])
        assert hashlib.sha256(re.sub(r"\s", "", whole).encode()).hexdigest() == digests[title], title
    checked = 0
    for document in documents_of(site):
        if document.kind == "DirectoryItem" and document.live.values.get("demo"):
            for row in document.live.values["legal_basis"]:
                if row["article"]:
                    text = clause(laws[row["law"]], row["article"])
                    assert text, (document.__name__, row)
                    page = unescape(app.get(f"/items/{document.__name__}/{document.__name__}").text)
                    assert all(f"<p>{line}</p>" in page for line in text.split("\n")), (document.__name__, row)
                    checked += 1
    assert checked > 80


def test_figures_on_the_home_page_are_counted(app, site):
    columns = ColumnStore().get(site)
    text = app.get("/").text
    for number in (columns.size, len(columns.questions), len(columns.plain["Place"])):
        assert f"<dd>{number:,}<small>" in text


def test_page_tags_of_the_annex(app):
    """A1–A6: site tags everywhere, column tags on lists, article tags on articles, none empty."""
    for path, wanted in (("/", ["SiteName", "SiteDomain", "SiteIDCode"]), ("/news/tongzhi", ["SiteName", "ColumnName", "ColumnDescription", "ColumnKeywords", "ColumnType"]),
                         ("/news/tongzhi/n1", ["SiteName", "ColumnName", "ArticleTitle", "PubDate", "ContentSource"]), ("/items/id-card/id-card", ["SiteName", "ColumnName"])):
        tags = dict(re.findall(r'<meta name="([A-Z]\w+)" content="([^"]*)"', app.get(path).text))
        assert all(tags.get(name) for name in wanted), (path, tags)
    text = app.get("/news/tongzhi/n1").text
    published = re.search(r'name="PubDate" content="(\d{4}-\d\d-\d\d \d\d:\d\d)"', text).group(1)
    assert published in visible(text)


def test_document_and_interpretation_link_both_ways(app, site):
    pairs = [(document, site.document(uid)) for document in documents_of(site) if document.kind == "NewsArticle" for uid in document.live.values["interpretation_of"]]
    assert pairs
    from govportal.content.model import path_of
    for interpretation, document in pairs:
        assert f'href="{path_of(document)}"' in app.get(path_of(interpretation)).text and f'href="{path_of(interpretation)}"' in app.get(path_of(document)).text


def test_feeds_sitemap_robots_opensearch(app, site):
    for path in ("/news/tongzhi/feed", "/questions/feed"):
        feed = ElementTree.fromstring(app.get(path).body)
        assert feed.tag.endswith("feed") and len(feed.findall("{*}entry")) > 5
    urls = ElementTree.fromstring(app.get("/sitemap.xml").body)
    assert len(urls) == len(all_urls(ColumnStore().get(site))) and "Sitemap: " in app.get("/robots.txt").text
    assert ElementTree.fromstring(app.get("/opensearch.xml").body).find("{*}ShortName") is not None


@pytest.mark.parametrize("path", ["/", "/services", "/items/id-card/id-card", "/items/id-card/id-card/print", "/news/", "/questions/", "/search?q=%E7%A4%BE%E4%BF%9D", "/nothing"])
def test_pages_are_well_formed_html(app, path):
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(app.get(path, expect_errors=True).text)
    assert not parser.errors, parser.errors[:3]


def test_weights_on_the_wire(app):
    for path, limit in (("/", 200_000), ("/items/id-card/id-card", 120_000)):
        def packed(url):
            return Request.blank(url, headers={"Accept-Encoding": "gzip"}).get_response(app.app)
        assets = {unescape(url).split("#")[0] for url in re.findall(r'(?:src|href)="(/static/[^"]+)"', app.get(path).text)}
        assert len(packed(path).body) + sum(len(packed(url).body) for url in assets) < limit


def test_no_telephone_link_to_a_number_that_is_not_a_public_line(app, site):
    columns = ColumnStore().get(site)
    for row in [row for row in columns.items if row.state == "完整"][:40] + columns.items[-40:]:
        assert set(re.findall(r'href="tel:([^"]+)"', app.get(row.path).text)) <= {"12345"}


def test_registered_rows_say_so_and_what_is_missing(app, site):
    row = next(row for row in ColumnStore().get(site).items if row.state == "整理中" and row.region == "511602")
    text = visible(app.get(row.path).text)
    assert "指南整理中" in text and "未提供" in text and "仅供演示" in text


def test_every_kind_has_documents_in_the_demo_site(site):
    kinds = {document.kind for document in documents_of(site)}
    assert kinds == set(all_kinds())


def test_no_id_or_mobile_number_is_anywhere_in_the_content(site):
    """L10: no full ID and no mobile number that could be somebody's."""
    from govportal.base.identifiers import IdentifierError, check_resident_id
    for document in documents_of(site):
        if document.live is None:
            continue
        text = repr(document.live.values)
        for number in re.findall(r"(?<![0-9A-Z])[1-9][0-9]{16}[0-9X](?![0-9A-Z])", text):
            with pytest.raises(IdentifierError):
                check_resident_id(number)
        assert not re.search(r"(?<![0-9A-Za-z.\-])1[3-9][0-9]{9}(?![0-9A-Za-z])", text), document.uid
