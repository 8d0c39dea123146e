"""Reading pages and crawling a site: bounded, polite, and exact about what was found."""

import pytest

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.web import MOST_PAGES, Web
from tests.support.small_site import Answer, SmallSite, small_site

HOME = """<html><head><title>Rotas that hold | Lumen</title><meta name="description" content="Shifts, sorted.">
<link rel="canonical" href="https://lumen.example/"></head><body><h1>Rotas that <em>hold</em></h1>
<script>var hidden = "words that nobody reads"</script><p>Swap shifts with one tap.</p>
<a href="/pricing">Prices</a> <a href="/pricing#plans">Plans</a> <a href="gone/">Old</a> <a href="/closed/plan">x</a>
<a href="https://elsewhere.example/">out</a> <a href="mailto:a@lumen.example">mail</a></body></html>"""


@pytest.fixture
def site():
    pages: dict[str, Answer | str] = {
        "/": HOME,
        "/pricing": "<p>$49 a month</p><a href='/'>home</a>",
        "/robots.txt": Answer("User-agent: *\nDisallow: /closed/", headers={"Content-Type": "text/plain"}),
    }
    with small_site(pages) as made:
        yield made


def reader(site: SmallSite, **limits: float) -> Web:
    return Web(own=(site.root,), **limits)  # type: ignore[arg-type]


def test_a_page_is_read_as_text(site: SmallSite) -> None:
    text = reader(site).page(f"{site.root}/")
    assert "Swap shifts with one tap." in text
    assert "nobody reads" not in text


def test_a_crawl_says_what_search_engines_see(site: SmallSite) -> None:
    crawl = reader(site).crawl(site.root)
    pages = {page.path: page for page in crawl.pages}
    home = pages["/"]
    assert (home.status, home.title, home.description) == (200, "Rotas that hold | Lumen", "Shifts, sorted.")
    assert home.headings == ("Rotas that hold",)
    assert home.canonical == "https://lumen.example/"
    assert home.words == 14
    assert home.links == ("/pricing", "/gone", "/closed/plan")
    assert (pages["/pricing"].title, pages["/pricing"].headings, pages["/pricing"].links) == ("", (), ("/",))
    assert pages["/gone"].status == 404
    assert crawl.broken == (("/", "/gone"),)


def test_robots_txt_closes_pages_to_the_crawl(site: SmallSite) -> None:
    crawl = reader(site).crawl(site.root)
    assert crawl.forbidden == ("/closed/plan",)
    assert not any("/closed/" in asked for asked in site.asked)


@pytest.mark.parametrize(("status", "visited"), [(404, True), (500, False)])
def test_rules_that_cannot_be_had_close_the_site_and_missing_ones_open_it(
    site: SmallSite, status: int, visited: bool
) -> None:
    site.pages["/robots.txt"] = Answer(status=status)
    assert bool(reader(site).crawl(site.root).pages) is visited


def test_a_crawl_ends_at_its_limit_and_says_how_much_it_left_out(site: SmallSite) -> None:
    links = "".join(f'<a href="/p/{number}">p</a>' for number in range(40))
    site.pages["/"] = links
    crawl = reader(site).crawl(site.root)
    assert len(crawl.pages) == MOST_PAGES
    assert crawl.unvisited == 40 - (MOST_PAGES - 1)


def test_a_rendered_crawl_cannot_break_its_table(site: SmallSite) -> None:
    site.pages["/"] = "<title>a | b\n| c |</title>" + "<h1>" + "long " * 100 + "</h1>"
    row = next(line for line in reader(site).crawl(site.root).render().splitlines() if line.startswith("| / |"))
    assert "a \\| b \\| c \\|" in row
    assert len(row) < 300


def test_large_pages_are_cut_and_other_kinds_of_files_left_alone(site: SmallSite) -> None:
    site.pages["/large"] = "<p>" + "word " * 10_000
    assert len(reader(site, largest=1000).page(f"{site.root}/large")) <= 1000
    site.pages["/film"] = Answer("not text", headers={"Content-Type": "video/mp4"})
    assert reader(site).page(f"{site.root}/film") == ""


def test_redirects_without_end_are_refused(site: SmallSite) -> None:
    site.pages["/round"] = Answer(status=301, headers={"Location": "/round"})
    with pytest.raises(ToolError, match="without end"):
        reader(site).page(f"{site.root}/round")


def test_a_missing_page_is_missing_and_a_silent_server_an_outage(site: SmallSite) -> None:
    with pytest.raises(ToolError) as missing:
        reader(site).page(f"{site.root}/nowhere")
    assert missing.value.kind is ToolErrorKind.MISSING
    with small_site({}) as closed:
        root = closed.root
    with pytest.raises(ToolError) as silent:
        Web(own=(root,)).page(f"{root}/")
    assert silent.value.kind is ToolErrorKind.OUTAGE
