"""Addresses of links in emails: absolute, countable, and otherwise what they said."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketeer_dagster.model.email_links import absolute, countable, is_own, tagged
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.site_path import below

SITE = "https://acme.example"
UTM = {"utm_source": "mailchimp", "utm_medium": "email", "utm_campaign": "c"}
TAGS = "utm_source=mailchimp&utm_medium=email&utm_campaign=c"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x", f"https://a.example/x?{TAGS}"),
        ("https://a.example/x?plan=team#top", f"https://a.example/x?plan=team&{TAGS}#top"),
        ("https://a.example/?utm_source=own", "https://a.example/?utm_source=own&utm_medium=email&utm_campaign=c"),
        (f"https://a.example/?{TAGS}", f"https://a.example/?{TAGS}"),
        ("https://a.example/?UTM_Source=own&utm_medium=x&utm_campaign=y", "https://a.example/?UTM_Source=own&utm_medium=x&utm_campaign=y"),
        ("https://a.example/?b&a=1&a=2&s=A%2Fb+c", f"https://a.example/?b&a=1&a=2&s=A%2Fb+c&{TAGS}"),
        ("https://a.example/?", f"https://a.example/?{TAGS}"),
        ("https://a.example/#/app?x=1", f"https://a.example/?{TAGS}#/app?x=1"),
        ("https://a.example/?e=*|EMAIL|*", f"https://a.example/?e=*|EMAIL|*&{TAGS}"),
        ("mailto:help@a.example", "mailto:help@a.example"),
        ("*|ARCHIVE|*", "*|ARCHIVE|*"),
    ],
)  # fmt: skip
def test_links_are_countable_and_keep_what_they_say(url: str, expected: str) -> None:
    assert tagged(url, UTM) == expected
    assert tagged(expected, UTM) == expected, "tagged once, however often it is asked"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/signup", "https://acme.example/signup"),
        ("/", "https://acme.example/"),
        ("signup", "https://acme.example/signup"),
        ("./signup?x=1", "https://acme.example/signup?x=1"),
        ("?plan=team", "https://acme.example/?plan=team"),
        ("//app.acme.example/x", "https://app.acme.example/x"),
        (" https://acme.example/a b\n", "https://acme.example/a%20b"),
        ("https://acme.example/?a=1&amp;b=2", "https://acme.example/?a=1&b=2"),
        ("HTTPS://acme.example/X", "HTTPS://acme.example/X"),
        ("tel:+49-30-1", "tel:+49-30-1"),
        ("mailto:help@acme.example?subject=Hi", "mailto:help@acme.example?subject=Hi"),
        ("*|UNSUB|*", "*|UNSUB|*"),
    ],
)
def test_addresses_are_made_whole(url: str, expected: str) -> None:
    assert absolute(url, f"{SITE}/", where="x") == expected
    assert absolute(url, SITE, where="x") == expected


@pytest.mark.parametrize("url", ["/pricing", "/blog/pricing", "pricing"])
def test_a_site_in_a_folder_is_meant_with_its_folder_or_without(url: str) -> None:
    assert absolute(url, "https://acme.example/blog/", where="x") == "https://acme.example/blog/pricing"
    assert below("https://acme.example/blog", "/blogging") == "https://acme.example/blog/blogging"
    assert below("https://acme.example/blog", "/blog") == "https://acme.example/blog/"
    assert below("https://acme.example", "/blog") == "https://acme.example/blog"


@pytest.mark.parametrize("website", ["", "ftp://acme.example", "acme.example", "https://"])
def test_a_path_needs_a_website_to_be_below(website: str) -> None:
    with pytest.raises(BadInput, match=r"emails\[2\]\.cta_url.*no http\(s\) website"):
        absolute("/signup", website, where="emails[2].cta_url")
    assert absolute("https://acme.example/x", website, where="x") == "https://acme.example/x"


@pytest.mark.parametrize(
    "url", ["http:/x", "https://", "/\\evil.example", "#top", "mailto:", "mailto:nobody", "data:x", "*|X|*"]
)
def test_what_leads_nowhere_is_refused(url: str) -> None:
    with pytest.raises(BadInput):
        absolute(url, SITE, where="x")


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://www.acme.example/x", True),
        ("https://app.acme.example", True),
        ("https://ACME.example.", True),
        ("https://notacme.example", False),
        ("https://acme.example@evil.example/", False),
        ("https://acme.example.evil.example", False),
    ],
)
def test_whose_host_it_is(url: str, own: bool) -> None:
    assert is_own(url, SITE) is own
    assert is_own("https://xn--mller-kva.example/x", "https://m\u00fcller.example")


def test_a_host_in_its_own_letters_is_the_same_host() -> None:
    assert is_own("https://straße.example/x", "https://xn--strae-oqa.example/")
    assert is_own("https://www.xn--mller-kva.example/", "https://Müller.example/")
    assert not is_own("https://strasse.example/x", "https://straße.example/")


def test_a_blank_inside_of_an_address_stays_one() -> None:
    assert absolute(" /our team\n ", "https://acme.example", where="body") == "https://acme.example/our%20team"


def test_only_own_hosts_are_counted() -> None:
    assert countable("https://other.example/x", SITE, UTM, where="x") == "https://other.example/x"
    assert countable("/x", SITE, UTM, where="x") == f"{SITE}/x?{TAGS}"


@given(
    st.lists(st.tuples(st.text("abc%+_-", min_size=1, max_size=5), st.text("xyz%+ &=", max_size=5)), max_size=4),
    st.text("ab/?", max_size=4),
)
def test_no_parameter_and_no_fragment_is_lost(pairs: list[tuple[str, str]], fragment: str) -> None:
    query = "&".join(f"{name}={value}" for name, value in pairs).replace(" ", "+")
    url = f"https://acme.example/p?{query}#{fragment}"
    before, after = urlsplit(url), urlsplit(tagged(url, UTM))
    assert after.fragment == before.fragment
    kept = parse_qsl(before.query, keep_blank_values=True)
    assert parse_qsl(after.query, keep_blank_values=True)[: len(kept)] == kept
