"""What keeps a page from its visitors: hidden pages, rights, deletions, sites that answer elsewhere. Both sites."""

from collections.abc import Iterator
from itertools import count

import httpx
import pytest

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from marketeer_dagster.model.publication import Publication
from marketeer_dagster.publishing.html import key_of
from marketeer_dagster.publishing.protocols import Trial
from resources.connectors import check
from resources.wordpress import WordPressPublisher
from resources.wordpress_rest import WordPressClient
from tests.support.publishing import a_page, a_publication, a_tenant, an_artefact, an_experiment
from tests.support.sites import SITES, Site, running_site, sandbox_connection

_numbers = count(1)


@pytest.fixture(scope="module", params=SITES)
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    with running_site(request.param) as running:
        yield running


@pytest.fixture
def client(site: Site) -> Iterator[WordPressClient]:
    with WordPressClient(site.connection) as made:
        yield made


@pytest.fixture
def path() -> str:
    return f"/obstacle-{next(_numbers)}"


def publication(publisher: WordPressPublisher, path: str, version: int = 1) -> Publication:
    artefact = an_artefact(a_page(path), version=version)
    return a_publication(publisher.prepare(a_tenant(), artefact, None)[0], artefact)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "publish", "password": "x"}, "protected by a password"),
        ({"status": "private"}, "is private"),
        ({"status": "publish", "date": "2039-01-01T00:00:00"}, "is future"),
    ],
)
def test_a_page_that_somebody_hid_is_not_counted_as_public(
    site: Site, client: WordPressClient, path: str, fields: dict[str, object], said: str
) -> None:
    hidden = client.create({"slug": path.strip("/"), "title": "Hidden", "content": "<p>theirs</p>", **fields})
    assert hidden.public is False
    publisher = WordPressPublisher(site.connection)
    with pytest.raises(ToolError, match=said) as refused:
        publisher.write(publication(publisher, path), public=True)
    assert refused.value.kind is ToolErrorKind.INVALID
    assert client.page(hidden.id).content.raw == "<p>theirs</p>", "nothing was written over it"
    assert "Reports that write" not in httpx.get(f"{client.home()}{path}", follow_redirects=True, timeout=60).text


def test_our_own_page_under_a_password_is_no_public_page(site: Site, client: WordPressClient, path: str) -> None:
    publisher = WordPressPublisher(site.connection)
    wanted = publication(publisher, path)
    receipt = publisher.write(wanted, public=True)
    client.update(int(receipt.external_id), {"password": "x"})
    found = publisher.find(wanted)
    assert found is not None
    assert found.public is False


def test_a_page_in_the_trash_is_made_anew(site: Site, client: WordPressClient, path: str) -> None:
    publisher = WordPressPublisher(site.connection)
    wanted = publication(publisher, path)
    first = publisher.write(wanted, public=True)
    login = (site.connection.settings["user"], site.connection.secrets["application_password"].get_secret_value())
    place = f"{client.base_url}/wp-json/wp/v2/pages/{first.external_id}"
    assert httpx.delete(place, auth=login, timeout=60).json()["status"] == "trash"
    assert httpx.delete(place, auth=login, timeout=60).json()["code"] == "rest_already_trashed"
    assert publisher.find(wanted) is None
    again = publisher.write(wanted, public=True)
    assert again.external_id != first.external_id
    assert again.url == first.url


def test_a_deleted_page_is_a_conflict_not_the_end(site: Site, client: WordPressClient, path: str) -> None:
    """Deleted after the look-up: the outbox looks again at the next delivery instead of failing the page for good."""

    class Deleting(WordPressPublisher):
        def _check_allowed(self, page, content):  # type: ignore[no-untyped-def]
            super()._check_allowed(page, content)
            client.discard_draft(page.id)

    publisher = Deleting(site.connection)
    wanted = publication(publisher, path)
    with pytest.raises(ToolError) as gone:
        publisher.write(wanted, public=True)
    assert gone.value.kind is ToolErrorKind.CONFLICT
    assert not gone.value.permanent
    assert WordPressPublisher(site.connection).write(wanted, public=True).public


def test_the_check_asks_what_publishing_will_need(site: Site) -> None:
    assert check(site.connection) == ()
    assert site.limited is not None
    with pytest.raises(ToolError, match="lacks unfiltered_html") as refused:
        check(site.limited)
    assert refused.value.kind is ToolErrorKind.AUTH


def test_a_writer_is_told_before_anything_is_written_that_the_front_page_is_not_hers(site: Site) -> None:
    assert site.limited is not None
    publisher = WordPressPublisher(site.limited)
    with pytest.raises(ToolError, match="front page") as refused:
        publisher.write(publication(publisher, "/"), public=True)
    assert "manage_options" in (refused.value.hint or "")
    with WordPressClient(site.limited) as writer:
        assert all(key_of(page.content.raw) is None for page in writer.pages("home"))


@pytest.fixture(scope="module")
def standin() -> Iterator[Site]:
    with running_site("sandbox") as running:
        yield running


@pytest.mark.parametrize("habit", ["plain_permalinks", "notices", "bom", "german", "rest_closed"])
def test_publishing_works_on_sites_with_these_habits(standin: Site, path: str, habit: str) -> None:
    assert standin.sandbox is not None
    tenant = f"h-{habit.replace('_', '-')}"
    account = sandbox_connection(standin.sandbox, "wordpress", tenant=tenant)
    standin.sandbox.admin.habit("wordpress", habit, tenant=tenant)
    assert check(account) == ()
    publisher = WordPressPublisher(account)
    wanted = publication(publisher, f"{path}/below")
    receipt = publisher.write(wanted, public=True)
    found = publisher.find(wanted)
    assert found is not None and found.external_id == receipt.external_id
    page = standin.sandbox.world.site(tenant).pages.by_path(f"{path}/below")
    assert page is not None
    assert key_of(page.content) == wanted.idempotency_key


def test_a_site_in_a_folder_is_written_to_with_its_folder_or_without(standin: Site, path: str) -> None:
    """The stand-in lives in a folder, /wordpress/<tenant>."""
    assert standin.sandbox is not None
    publisher = WordPressPublisher(standin.connection)
    folder = httpx.URL(standin.connection.settings["base_url"]).path
    first = publisher.write(publication(publisher, path), public=True)
    newer = publication(publisher, f"{folder}{path}", version=2)
    again = publisher.write(newer, public=True)
    assert again.external_id == first.external_id
    found = publisher.find(newer)
    assert found is not None and found.external_id == first.external_id


@pytest.mark.parametrize("habit", ["firewall", "challenge", "maintenance", "cache"])
def test_what_stands_before_the_site_fails_no_page_for_good(standin: Site, path: str, habit: str) -> None:
    assert standin.sandbox is not None
    tenant = f"h-{habit}"
    account = sandbox_connection(standin.sandbox, "wordpress", tenant=tenant)
    control, challenger = an_artefact(a_page(path)), an_artefact(a_page(path, headline="Another"), version=2)
    trial = Trial(experiment=an_experiment(control, challenger, path), arms=(control, challenger))
    publisher = WordPressPublisher(account)
    wanted = a_publication(publisher.prepare(a_tenant(), challenger, trial)[0], challenger)
    standin.sandbox.admin.habit("wordpress", habit, tenant=tenant)
    with pytest.raises(ToolError) as blocked:
        publisher.write(wanted, public=True)
    assert blocked.value.kind is ToolErrorKind.OUTAGE
    standin.sandbox.admin.habit("wordpress", habit, tenant=tenant, on=False)
    assert publisher.write(wanted, public=True).public


def test_a_test_whose_script_visitors_do_not_get_is_refused(standin: Site, path: str) -> None:
    assert standin.sandbox is not None
    account = sandbox_connection(standin.sandbox, "wordpress", tenant="filtering")
    standin.sandbox.admin.habit("wordpress", "script_filter", tenant="filtering")
    control, challenger = an_artefact(a_page(path)), an_artefact(a_page(path, headline="Another"), version=2)
    trial = Trial(experiment=an_experiment(control, challenger, path), arms=(control, challenger))
    publisher = WordPressPublisher(account)
    wanted = a_publication(publisher.prepare(a_tenant(), challenger, trial)[0], challenger)
    with pytest.raises(ToolError, match="without the script") as refused:
        publisher.write(wanted, public=True)
    assert refused.value.permanent


@pytest.mark.parametrize(
    ("habit", "said"),
    [("header_stripped", "Authorization header"), ("no_passwords", "switched off"), ("redirect", "www")],
)
def test_what_a_person_must_mend_says_how(standin: Site, path: str, habit: str, said: str) -> None:
    assert standin.sandbox is not None
    tenant = f"h-{habit.replace('_', '-')}"
    account = sandbox_connection(standin.sandbox, "wordpress", tenant=tenant)
    standin.sandbox.admin.habit("wordpress", habit, tenant=tenant)
    publisher = WordPressPublisher(account)
    with pytest.raises(ToolError) as refused:
        publisher.write(publication(publisher, path), public=True)
    assert refused.value.permanent
    assert said in str(refused.value)
