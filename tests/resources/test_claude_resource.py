"""Claude as Dagster sees it: configured from the home, shared by the process."""

from pathlib import Path

import pytest
from dagster import ConfigurableResource, asset, materialize

from marketeer_dagster.store import Store
from resources.claude import Claude, ClaudeResource
from resources.claude.endpoint import Endpoint, line_to


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "MARKETEER_DATABASE_URL", "MARKETEER_CATALOG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MARKETEER_SANDBOX_URL", "http://127.0.0.1:9")
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        store.migrate()
    return tmp_path


def test_an_asset_gets_a_model_that_says_whether_it_is_simulated(home: Path) -> None:
    @asset
    def draft(claude: ClaudeResource) -> bool:
        assert isinstance(claude, ConfigurableResource)
        return isinstance(claude.model(), Claude) and claude.simulated

    result = materialize([draft], resources={"claude": ClaudeResource(home=str(home))})
    assert result.output_for_node("draft") is True


def test_with_a_key_nothing_is_simulated_and_the_vendor_is_asked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
    resource = ClaudeResource(home=str(home))
    assert not resource.simulated
    assert not resource.model().simulated


def test_equal_endpoints_share_one_line_and_hide_their_key() -> None:
    one, other = (Endpoint("http://127.0.0.1:9", "sk-secret", 60.0, 4) for _ in range(2))
    assert line_to(one) is line_to(other)
    assert line_to(one) is not line_to(Endpoint("http://127.0.0.1:9", "sk-other", 60.0, 4))
    assert "sk-secret" not in repr(one)
