"""The WordPress publisher against the stand-in and against a real WordPress: the same assertions for both."""

from collections.abc import Iterator
from itertools import count

import httpx
import pytest

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ConfigError, ToolError, ToolErrorKind
from marketeer_dagster.model.publication import Publication
from marketeer_dagster.publishing.html import key_of
from marketeer_dagster.publishing.protocols import Trial
from resources.web import Web
from resources.wordpress import WordPressPublisher
from resources.wordpress_rest import WordPressClient
from tests.support.proxy import Fault, proxied
from tests.support.publishing import a_page, a_publication, a_tenant, an_artefact, an_experiment
from tests.support.sites import SITES, Site, running_site
from tests.support.wordpress import require_packages

_numbers = count(1)


@pytest.fixture(scope="module", params=SITES)
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    with running_site(request.param) as running:
        yield running


@pytest.fixture
def publisher(site: Site) -> Iterator[WordPressPublisher]:
    made = WordPressPublisher(site.connection)
    yield made
    made.close()


@pytest.fixture
def client(site: Site) -> Iterator[WordPressClient]:
    with WordPressClient(site.connection) as made:
        yield made


@pytest.fixture
def path() -> str:
    """A path of the test's own."""
    return f"/page-{next(_numbers)}"


def publication(publisher: WordPressPublisher, path: str, version: int = 1, **changes: object) -> Publication:
    artefact = an_artefact(a_page(path, **changes), version=version)
    return a_publication(publisher.prepare(a_tenant(), artefact, None)[0], artefact)


def public_html(client: WordPressClient, path: str) -> httpx.Response:
    return httpx.get(f"{client.home()}{path}", follow_redirects=True, timeout=60)


def test_a_new_page_is_found_only_after_it_was_written(publisher: WordPressPublisher, path: str) -> None:
    wanted = publication(publisher, path)
    assert publisher.find(wanted) is None
    written = publisher.write(wanted, public=True)
    found = publisher.find(wanted)
    assert found is not None
    assert (found.external_id, found.url, found.public, found.found) == (written.external_id, written.url, True, True)
    assert written.found is False


def test_what_visitors_get_is_what_was_approved(
    publisher: WordPressPublisher, client: WordPressClient, path: str
) -> None:
    wanted = publication(publisher, path)
    receipt = publisher.write(wanted, public=True)
    shown = httpx.get(receipt.url, timeout=60)
    assert shown.status_code == 200
    assert f"<!-- marketeer:key={wanted.idempotency_key} -->" in shown.text
    assert "<h1>Reports that write themselves</h1>" in shown.text
    assert 'action="https://app.acme.example/signup"' in shown.text
    assert 'type="email"' in shown.text
    assert "<p></p>" not in shown.text
    assert "日本語" in shown.text
    assert "<title>Automatic weekly reports" in shown.text
    stored = client.page(int(receipt.external_id))
    assert "🎉" in stored.content.raw
    assert stored.content.raw.startswith("<!-- wp:html -->\n<!-- marketeer:key=")


def test_a_draft_is_seen_by_nobody(publisher: WordPressPublisher, client: WordPressClient, path: str) -> None:
    wanted = publication(publisher, path)
    receipt = publisher.write(wanted, public=False)
    assert receipt.public is False
    assert f"post={receipt.external_id}" in receipt.url
    assert public_html(client, path).status_code == 404
    found = publisher.find(wanted)
    assert found is not None
    assert (found.public, found.external_id) == (False, receipt.external_id)


def test_a_draft_becomes_public_as_the_same_page(
    publisher: WordPressPublisher, client: WordPressClient, path: str
) -> None:
    wanted = publication(publisher, path)
    draft = publisher.write(wanted, public=False)
    public = publisher.write(wanted, public=True)
    assert public.external_id == draft.external_id
    assert public_html(client, path).status_code == 200
    assert len(client.pages(path.strip("/"))) == 1


def test_a_new_version_changes_the_page_and_makes_no_second_one(
    publisher: WordPressPublisher, client: WordPressClient, path: str
) -> None:
    first = publisher.write(publication(publisher, path), public=True)
    newer = publication(publisher, path, version=2, headline="Fridays without reports")
    assert publisher.find(newer) is None
    second = publisher.write(newer, public=True)
    assert (second.external_id, second.url) == (first.external_id, first.url)
    assert "Fridays without reports" in public_html(client, path).text
    assert client.pages(f"{path.strip('/')}-2") == ()


def test_writing_again_changes_nothing(publisher: WordPressPublisher, client: WordPressClient, path: str) -> None:
    wanted = publication(publisher, path)
    first = publisher.write(wanted, public=True)
    again = publisher.write(wanted, public=True)
    assert again.external_id == first.external_id
    assert len(client.pages(path.strip("/"))) == 1


def test_a_draft_of_a_public_page_leaves_visitors_the_old_one(
    publisher: WordPressPublisher, client: WordPressClient, path: str
) -> None:
    publisher.write(publication(publisher, path), public=True)
    newer = publication(publisher, path, version=2, headline="Fridays without reports")
    receipt = publisher.write(newer, public=False)
    assert receipt.public is False
    assert "Fridays without reports" not in public_html(client, path).text
    found = publisher.find(newer)
    assert found is not None
    assert found.public is False
    publisher.write(newer, public=True)
    assert "Fridays without reports" in public_html(client, path).text


def test_a_page_somebody_else_made_is_taken_over_not_doubled(
    publisher: WordPressPublisher, client: WordPressClient, path: str
) -> None:
    slug = path.strip("/")
    old = client.create({"slug": slug, "title": "Old", "status": "publish", "content": "<p>Old page</p>"})
    wanted = publication(publisher, path)
    assert publisher.find(wanted) is None
    assert publisher.write(wanted, public=True).external_id == str(old.id)
    assert "Old page" not in public_html(client, path).text


def test_both_arms_of_a_test_stand_in_one_page_and_the_winner_takes_it_back(
    publisher: WordPressPublisher, client: WordPressClient, path: str
) -> None:
    control = an_artefact(a_page(path))
    challenger = an_artefact(a_page(path, headline="Fridays without reports"), version=2)
    experiment = an_experiment(control, challenger, path)
    before = publisher.write(publication(publisher, path), public=True)

    trial = Trial(experiment=experiment, arms=(control, challenger))
    both = a_publication(publisher.prepare(a_tenant(), challenger, trial)[0], challenger, key="pub_both")
    assert publisher.write(both, public=True).external_id == before.external_id
    shown = public_html(client, path).text
    assert f'<div data-experiment="{experiment.id}" data-variant="control" data-share="0.5">' in shown
    assert f'<div data-experiment="{experiment.id}" data-variant="b" data-share="0.5" hidden>' in shown
    script = both.payload.split("<script")[1].split("script>")[0].encode().decode("unicode_escape")
    assert script in shown

    winner = a_publication(publisher.prepare(a_tenant(), challenger, None)[0], challenger, key="pub_winner")
    assert publisher.find(winner) is None
    assert publisher.write(winner, public=True).external_id == before.external_id
    shown = public_html(client, path).text
    assert "Fridays without reports" in shown
    assert "data-experiment" not in shown


def test_a_nested_path_gets_its_parent_as_a_draft(
    publisher: WordPressPublisher, client: WordPressClient, path: str
) -> None:
    wanted = publication(publisher, f"{path}/reports")
    receipt = publisher.write(wanted, public=True)
    assert receipt.url.rstrip("/").endswith(f"{path}/reports")
    assert public_html(client, f"{path}/reports").status_code == 200
    parent = client.page_at(path)
    assert parent is not None
    assert parent.public is False
    assert publisher.write(wanted, public=True).external_id == receipt.external_id


def test_equal_slugs_below_different_parents_are_different_pages(publisher: WordPressPublisher, path: str) -> None:
    one = publisher.write(publication(publisher, f"{path}-a/reports"), public=True)
    other = publisher.write(publication(publisher, f"{path}-b/reports"), public=True)
    assert one.external_id != other.external_id


def test_the_front_page_can_be_published(publisher: WordPressPublisher, client: WordPressClient) -> None:
    wanted = publication(publisher, "/", headline="The new front page")
    receipt = publisher.write(wanted, public=True)
    assert "The new front page" in public_html(client, "/").text
    found = publisher.find(wanted)
    assert found is not None
    assert found.external_id == receipt.external_id


def test_a_slug_posted_twice_becomes_slug_2(client: WordPressClient, path: str) -> None:
    slug = path.strip("/")
    fields: dict[str, object] = {"slug": slug, "title": "T", "status": "draft", "content": "x"}
    assert [client.create(fields).slug for _ in range(3)] == [slug, f"{slug}-2", f"{slug}-3"]


def test_an_address_wordpress_keeps_for_itself_is_refused_and_nothing_stays(
    publisher: WordPressPublisher, client: WordPressClient
) -> None:
    with pytest.raises(ToolError, match="/feed is taken") as refused:
        publisher.write(publication(publisher, "/feed"), public=True)
    assert refused.value.kind is ToolErrorKind.INVALID
    assert client.pages("feed-2") == ()


def test_unregistered_meta_is_dropped_without_a_word(client: WordPressClient, path: str) -> None:
    page = client.create(
        {"slug": path.strip("/"), "title": "T", "meta": {"nobody_knows": "x", "meta_description": "D"}}
    )
    assert not page.has_meta("nobody_knows")
    assert client.page(page.id).meta == {"meta_description": "D"}


def test_the_description_goes_to_a_registered_field_and_nowhere_else(site: Site, path: str) -> None:
    good = WordPressPublisher(site.connected(description_meta="meta_description"))
    receipt = good.write(publication(good, path), public=True)
    with WordPressClient(site.connection) as client:
        meta = client.page(int(receipt.external_id)).meta
        assert isinstance(meta, dict)
        assert meta["meta_description"].startswith("Acme turns your ticket queue")
    bad = WordPressPublisher(site.connected(description_meta="nobody_knows"))
    with pytest.raises(ToolError, match="nobody_knows is not registered"):
        bad.write(publication(bad, path, version=2), public=True)


def test_a_template_is_used_for_new_pages(site: Site, path: str) -> None:
    made = WordPressPublisher(site.connected(template="blank"))
    made.write(publication(made, path), public=True)
    wrong = WordPressPublisher(site.connected(template="nonesuch"))
    with pytest.raises(ToolError, match="template") as refused:
        wrong.write(publication(wrong, f"{path}-other"), public=True)
    assert refused.value.kind is ToolErrorKind.INVALID


def test_a_wrong_password_is_an_auth_error_with_a_hint_and_without_the_password(site: Site, path: str) -> None:
    stranger = Connection.model_validate(
        {**site.connection.model_dump(), "secrets": {"application_password": "open sesame"}}
    )
    publisher = WordPressPublisher(stranger)
    for attempt in (publisher.find, lambda wanted: publisher.write(wanted, public=True)):
        with pytest.raises(ToolError) as refused:
            attempt(publication(publisher, path))
        assert refused.value.kind is ToolErrorKind.AUTH
        assert "application_password" in str(refused.value)
        assert "sesame" not in repr(refused.value) + str(refused.value)


def test_a_base_url_without_wordpress_is_missing(site: Site, path: str) -> None:
    elsewhere = WordPressPublisher(site.connected(base_url=f"{site.connection.base_url}/elsewhere"))
    with pytest.raises(ToolError) as refused:
        elsewhere.find(publication(elsewhere, path))
    assert refused.value.kind in (ToolErrorKind.MISSING, ToolErrorKind.OUTAGE)


def test_bad_requests_name_what_wordpress_refused(client: WordPressClient) -> None:
    with pytest.raises(ToolError, match=r"Invalid post ID.*rest_post_invalid_id") as missing:
        client.update(987654, {"title": "T"})
    assert missing.value.kind is ToolErrorKind.MISSING
    with pytest.raises(ToolError, match=r"status.*rest_invalid_param") as invalid:
        client.create({"title": "T", "status": "bogus"})
    assert invalid.value.kind is ToolErrorKind.INVALID
    with pytest.raises(ToolError, match=r"Invalid post parent ID"):
        client.create({"title": "T", "parent": 987654})


def test_versions_before_are_kept_as_revisions(
    site: Site, publisher: WordPressPublisher, client: WordPressClient, path: str
) -> None:
    receipt = publisher.write(publication(publisher, path), public=True)
    publisher.write(publication(publisher, path, version=2, headline="Fridays without reports"), public=True)
    secret = site.connection.secrets["application_password"].get_secret_value()
    answer = httpx.get(
        f"{client.base_url}/wp-json/wp/v2/pages/{receipt.external_id}/revisions",
        auth=(site.connection.settings["user"], secret),
        timeout=60,
    )
    assert int(answer.headers["X-WP-Total"]) == len(answer.json()) >= 1


def test_a_live_page_reads_as_its_visitors_see_it(publisher: WordPressPublisher, path: str) -> None:
    control = an_artefact(a_page(path))
    challenger = an_artefact(a_page(path, headline="Hidden from the first look"), version=2)
    trial = Trial(experiment=an_experiment(control, challenger, path), arms=(control, challenger))
    publisher.write(a_publication(publisher.prepare(a_tenant(), challenger, trial)[0], challenger), public=True)
    root = publisher.address()
    text = Web(own=(root,)).page(f"{root}{path}")
    assert "Title: Automatic weekly reports" in text
    assert "# Reports that write themselves" in text
    assert "[Start free trial](https://app.acme.example/signup)" in text
    assert "[field: email]" in text
    assert "Hidden from the first look" not in text
    assert "querySelectorAll" not in text


def test_a_page_that_is_not_there_is_missing(publisher: WordPressPublisher) -> None:
    root = publisher.address()
    with pytest.raises(ToolError) as missing:
        Web(own=(root,)).page(f"{root}/nowhere-at-all")
    assert missing.value.kind is ToolErrorKind.MISSING


def test_a_user_who_would_lose_forms_and_scripts_is_refused_before_anything_is_public(site: Site, path: str) -> None:
    assert site.limited is not None
    publisher = WordPressPublisher(site.limited)
    with pytest.raises(ToolError, match="unfiltered HTML") as refused:
        publisher.write(publication(publisher, path), public=True)
    assert refused.value.permanent
    with WordPressClient(site.limited) as client:
        page = client.page_at(path)
    assert page is not None
    assert page.public is False


def test_a_password_never_travels_unencrypted_to_another_host(site: Site) -> None:
    with pytest.raises(ConfigError, match="unencrypted"):
        WordPressPublisher(site.connected(base_url="http://acme.example").model_copy(update={"simulated": False}))


@pytest.mark.parametrize("fault", ["cut_after_write", "cut", "429", "500"])
def test_one_page_whichever_request_fails(site: Site, client: WordPressClient, path: str, fault: Fault) -> None:
    """Every request of the conversation is spoiled once, each on a path of its own."""
    with proxied(str(site.connection.base_url)) as proxy:
        publisher = WordPressPublisher(site.connected(base_url=proxy.url))
        undisturbed = publication(publisher, f"{path}-undisturbed")
        publisher.write(undisturbed, public=True)
        for spared in range(len(proxy.requests)):
            wanted = publication(publisher, f"{path}-{spared}")
            proxy.spoil(fault, after=spared)
            receipt = publisher.write(wanted, public=True)
            assert proxy.fault is None, "the fault must have struck"
            slug = f"{path}-{spared}".strip("/")
            assert [str(page.id) for page in client.pages(slug)] == [receipt.external_id]
            assert client.pages(f"{slug}-2") == ()
            assert key_of(client.page(int(receipt.external_id)).content.raw) == wanted.idempotency_key


@pytest.mark.parametrize("fault", ["empty", "nothing"])
def test_a_look_up_that_is_wrong_makes_no_second_page(
    site: Site, client: WordPressClient, path: str, fault: Fault
) -> None:
    """An empty list without its count is asked for again; one that lies is found out by the slug it leads to."""
    slug = path.strip("/")
    there = client.create({"slug": slug, "title": "There already", "status": "publish", "content": "<p>x</p>"})
    with proxied(str(site.connection.base_url)) as proxy:
        publisher = WordPressPublisher(site.connected(base_url=proxy.url))
        proxy.spoil(fault)
        assert publisher.write(publication(publisher, path), public=True).external_id == str(there.id)
    assert len(client.pages(slug)) == 1
    assert client.pages(f"{slug}-2") == ()


def test_in_ci_a_missing_wordpress_fails_and_elsewhere_it_skips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=r"apt-get install .*php-cli mariadb-server"):
        require_packages()
    monkeypatch.setenv("CI", "")
    with pytest.raises(pytest.skip.Exception, match="apt-get install"):
        require_packages()
