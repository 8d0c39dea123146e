"""A home's market keeps its seed: commands go on with it, and another one is refused before anything starts."""

from pathlib import Path

import pytest

from marketeer_dagster.model.errors import ConfigError
from marketeer_dagster.sandbox.seeds import DEFAULT, chosen_seed
from marketeer_dagster.sandbox.world import World
from tests.cli.homes import EXAMPLE, CommandLine


def test_a_market_keeps_its_seed_whoever_starts_it(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.db"
    assert (chosen_seed(state, None), chosen_seed(state, 3), chosen_seed(None, None)) == (DEFAULT, 3, DEFAULT)
    World(seed=3, state=state).close()
    assert (chosen_seed(state, None), chosen_seed(state, 3)) == (3, 3)
    with pytest.raises(ConfigError, match="seed 3, not 4"):
        chosen_seed(state, 4)


def test_a_file_that_is_no_market_is_left_to_who_opens_it(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.db"
    state.write_text("no database")
    assert chosen_seed(state, None) == DEFAULT


def test_commands_go_on_with_a_market_of_another_seed_than_the_default(fresh: CommandLine) -> None:
    fresh.ok("init")
    World(seed=3, state=fresh.home / "sandbox.db").close()
    fresh.refused("demo", "--headless", "--seed", "4", saying=("this market has seed 3, not 4", "leave the seed out"))
    fresh.ok("tenant", "add", "acme", "--name", "Acme", "--website", "https://acme.example")
    opened = fresh.ok("context", "import", str(EXAMPLE / "context.md"), "--tenant", "acme", "--json")
    assert opened.json["market"] == "opened"
