"""One page, whatever its spelling: in Python and in SQL alike, in every table that names pages."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketeer_dagster.campaigns.looking import sightings
from marketeer_dagster.campaigns.watch import query_shift, traffic_drops
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts.page_copy import PageCopy
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.pages import named_page, page_of
from marketeer_dagster.store import Store
from marketeer_dagster.warehouse import Warehouse, sync_store
from marketeer_dagster.warehouse.schema import ensure
from resources.market_data import metrics_brief
from tests.store import values
from tests.support.publishing import a_page
from tests.warehouse.frames import ask, at, ga4, put
from tests.warehouse.test_marts import build, publish

SITE = "https://acme.example"
BLOG = "https://www.acme.example/blog/"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        ensure(opened)
        yield opened


def in_sql(connection: duckdb.DuckDBPyConnection, address: str, site: str | None) -> str:
    return connection.execute("select page_of(?, ?)", [address, site]).fetchall()[0][0]


@pytest.mark.parametrize(
    "spelt",
    [
        "/pricing", "/pricing/", "//pricing//", "/pricing?utm_source=x&p=3", "/pricing#top", "/pricing/index.html",
        "/pricing/INDEX.PHP", "/%70ricing", "https://acme.example/pricing", "http://www.ACME.example:80/pricing/",
        "https://acme.example.:443/pricing?gclid=1#x", "HTTPS://user:secret@acme.example/pricing",
        "acme.example/pricing", "www.acme.example/pricing/",
    ],
)  # fmt: skip
def test_a_page_has_one_identity(connection: duckdb.DuckDBPyConnection, spelt: str) -> None:
    assert page_of(spelt, SITE) == "/pricing" == in_sql(connection, spelt, SITE)


@pytest.mark.parametrize(
    ("spelt", "site", "page"),
    [
        ("/Pricing", SITE, "/Pricing"),  # case tells paths apart, on the web and in analytics
        ("/blog/pricing", SITE, "/blog/pricing"),
        ("/blog/pricing/", BLOG, "/pricing"),
        ("https://acme.example/blog/pricing", BLOG, "/pricing"),
        ("/blog", BLOG, "/"),
        ("/blogger", BLOG, "https://acme.example/blogger"),
        ("/pricing", BLOG, "https://acme.example/pricing"),
        ("https://shop.acme.example/pricing", SITE, "https://shop.acme.example/pricing"),
        ("https://acme.example:8443/pricing", SITE, "https://acme.example:8443/pricing"),
        ("https://other.example", SITE, "https://other.example/"),
        ("/caf%C3%A9/", SITE, "/café"),
        ("/caf%c3%a9", SITE, "/café"),
        ("/a%2Fb", SITE, "/a%2Fb"),
        ("/a%2fb", SITE, "/a%2Fb"),
        ("/%E4", SITE, "/%E4"),
        ("/100%", SITE, "/100%25"),
        ("/?p=12&utm_source=x", SITE, "/?p=12"),
        ("/index.php?page_id=7", SITE, "/?page_id=7"),
        ("/?s=pricing", SITE, "/"),
        ("", SITE, "/"),
        ("(not set)", SITE, "(not set)"),
        ("(other)", BLOG, "(other)"),
        ("https://any.example/pricing/", None, "/pricing"),
    ],
)
def test_what_tells_pages_apart_and_what_does_not(
    connection: duckdb.DuckDBPyConnection, spelt: str, site: str | None, page: str
) -> None:
    assert page_of(spelt, site) == page == in_sql(connection, spelt, site)


@pytest.mark.parametrize(
    ("written", "site"),
    [
        ("https://müller.example/preise", "https://xn--mller-kva.example/"),
        ("https://xn--mller-kva.example/preise/", "https://müller.example"),
        ("https://www.MÜLLER.example/preise", "https://müller.example/"),
        ("https://straße.example/preise", "https://xn--strae-oqa.example/"),
        ("//xn--mller-kva.example/preise", "https://müller.example"),
        ("//acme.example/preise?x=1", SITE),
        ("/preise", "https://müller.example"),
    ],
)
def test_a_named_page_is_found_in_whatever_letters_its_host_is_written(written: str, site: str) -> None:
    assert named_page(written, site) == "/preise"


PIECES = st.sampled_from(
    ["/", "//", "blog", "pricing", "/blog/", "index.html", "index.php", "Index.HTM", "?", "#", "&", "=", "p=1",
     "page_id=22", "utm_source=x", "%", "%2f", "%25", "%C3%A9", "%c3", "%41", "%0a", "é", "W", "www.", "acme.example",
     "other.example", "https://", "HTTP://", ":443", ":80", ":8080", ".", "@", "(not set)", "(", ")", " ", "\n",
     "\x01", "+", "'"]
)  # fmt: skip
ADDRESSES = st.lists(PIECES, max_size=8).map("".join) | st.text(st.characters(exclude_characters="\x00", codec="utf-8"))
SITES = st.sampled_from(
    [None, "", SITE, BLOG, "http://acme.example:80/blog", "https://acme.example/index.html", "nonsense"]
)


@settings(max_examples=400, deadline=None)
@given(address=ADDRESSES, site=SITES)
def test_python_and_sql_agree_and_to_name_a_page_twice_changes_nothing(
    connection: duckdb.DuckDBPyConnection, address: str, site: str | None
) -> None:
    page = page_of(address, site)
    assert in_sql(connection, address, site) == page
    assert page_of(page) == page == in_sql(connection, page, "")
    if page.startswith("/") or page.isascii():  # a person's host in other letters than ASCII becomes the vendors'
        assert named_page(page, site) == page
    if not (site or "").rstrip("/").endswith("blog"):
        assert page_of(page, site) == page


def test_a_copy_of_a_page_names_it_by_its_identity() -> None:
    assert a_page("/pricing/").path == "/pricing"
    assert PageCopy.model_validate(a_page("//a//").model_dump()).path == "/a"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return at(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        opened.migrate()
        opened.tenants.add(values.tenant(website=SITE))
        opened.campaigns.add(values.campaign())
        yield opened


def results(warehouse: Warehouse) -> list[tuple[object, ...]]:
    return ask(warehouse, "SELECT target, sessions, conversions FROM artefact_performance ORDER BY ALL")


@pytest.mark.parametrize("known_by", ["website", "connection", "url"])
def test_a_site_in_a_folder_finds_its_figures(warehouse: Warehouse, store: Store, known_by: str) -> None:
    """However it is known that the site lives at /blog: the website, WordPress's address, or the page's own."""
    if known_by == "website":
        store.tenants.save(values.tenant(website=BLOG))
    if known_by == "connection":
        settings = {"base_url": BLOG, "user": "editor"}
        store.connections.set(Connection(tenant=TenantId("acme"), tool="wordpress", settings=settings))
    url = "https://acme.example/blog/pricing/" if known_by == "url" else ""
    publication = publish(store, "k1", "one", datetime(2026, 3, 1, tzinfo=UTC), url=url)
    assert store.publications.get(publication).target == "/pricing"
    put(warehouse, "acme", pd.concat([ga4(5, page="/blog/pricing/"), ga4(5, page="/pricing", sessions=9)]))
    build(warehouse, store)
    if known_by == "url":
        assert results(warehouse) == [("/pricing", 500, 25)]
    else:
        pages = ask(warehouse, "SELECT page, sum(sessions) FROM page_performance GROUP BY 1 ORDER BY 1")
        assert pages == [("/pricing", 500), ("https://acme.example/pricing", 45)]
        assert results(warehouse) == [("/pricing", 500, 25)]


def test_the_sandboxs_address_of_a_page_is_not_its_identity(warehouse: Warehouse, store: Store) -> None:
    publish(store, "k1", "one", datetime(2026, 3, 1, tzinfo=UTC), url="http://127.0.0.1:9/sites/acme/pricing/")
    put(warehouse, "acme", ga4(5, page="/pricing"))
    build(warehouse, store)
    assert results(warehouse) == [("/pricing", 500, 25)]


def test_a_page_taken_over_by_another_tool_is_one_page(warehouse: Warehouse, store: Store) -> None:
    publish(store, "k1", "one", datetime(2026, 3, 1, tzinfo=UTC), target="/pricing/")
    publish(store, "k2", "two", datetime(2026, 3, 3, tzinfo=UTC), tool="webflow")
    put(warehouse, "acme", ga4(5))
    build(warehouse, store)
    assert [(row[1], row[2]) for row in results(warehouse)] == [(300, 15), (200, 10)]


def searches(warehouse: Warehouse, *pages: str) -> None:
    last = date(2026, 3, 31)
    rows = [
        {"date": last - timedelta(days=n), "page": page, "query": f"about {page}", "country": "usa",
         "device": "desktop", "clicks": 5, "impressions": 50, "position": 2.0}
        for n in range(35) for page in pages
    ]  # fmt: skip
    put(warehouse, "acme", pd.DataFrame(rows), "gsc_daily")
    put(warehouse, "acme", ga4(60, first=last - timedelta(days=59), page="/pricing"))


def test_evidence_and_briefs_are_of_the_page_asked_for_alone(warehouse: Warehouse, store: Store) -> None:
    """Case 74: /pricing is not /blog/pricing; `/` is not every page with a slash, another host is another page."""
    searches(warehouse, "/pricing/", "/blog/pricing", "/", "/careers/", "https://shop.acme.example/pricing")
    build(warehouse, store)
    with warehouse.reading() as snapshot:
        found = query_shift(snapshot, TenantId("acme"), "/pricing", date(2026, 3, 31))
        front = query_shift(snapshot, TenantId("acme"), "/", date(2026, 3, 31))
    assert "| about /pricing/ | 5.0" in found and found.count("about") == 1
    assert "| about / | 5.0" in front and front.count("about") == 1
    for target in ("/pricing", "/pricing/", "https://www.acme.example/pricing"):
        brief = metrics_brief(warehouse, "acme", target)
        assert "Search query of /pricing" in brief and "| about /pricing/ |" in brief
        assert "Source / medium of /pricing" in brief and "google / organic" in brief
        assert "about /blog/pricing" not in brief and "about /careers/" not in brief and "shop" not in brief


def test_a_page_is_held_to_its_newest_publication_by_any_tool(
    warehouse: Warehouse, store: Store, catalog: Catalog
) -> None:
    """A page rewritten five weeks ago has half its visitors since: that is its level now."""
    last = date(2026, 5, 31)
    levels = [400] * 80 + [200] * 35
    rows = ga4(len(levels), first=last - timedelta(days=len(levels) - 1), page="/pricing/").assign(
        sessions=levels, users=levels, conversions=0
    )
    steady = ga4(len(levels), first=last - timedelta(days=len(levels) - 1), page="/features", sessions=500)
    put(warehouse, "acme", pd.concat([rows, steady]))
    publish(store, "k1", "one", datetime(2026, 4, 27, tzinfo=UTC), tool="webflow", target="/pricing")
    build(warehouse, store)
    with warehouse.reading() as snapshot:
        dropped = list(sightings(traffic_drops(snapshot, TenantId("acme"), last, catalog.signal("traffic_drop"))))
    assert [sighting.subject for sighting in dropped if sighting.subject.startswith("/")] == []


def test_what_is_synced_tells_where_the_site_is(warehouse: Warehouse, store: Store) -> None:
    simulated = Connection(
        tenant=TenantId("acme"), tool="wordpress", settings={"base_url": "http://127.0.0.1:1/wp"}, simulated=True
    )
    store.connections.set(simulated)
    with warehouse.writing() as writer:
        sync_store(store, writer)
    assert ask(warehouse, "SELECT site FROM tenants") == [(f"{SITE}/",)]
