"""The deployment's files agree with each other and with the instance configuration Dagster accepts."""

import fnmatch
import re
from pathlib import Path

import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config
from dagster._core.workspace.config_schema import ensure_workspace_config

from marketeer_dagster.cli.home import DAGSTER_YAML
from tests.deployment.compose import PROJECT, Compose, copied_into_image, image_environment, variables_named

FILLED = {"POSTGRES_PASSWORD": "secret", "MARKETEER_SECRET_KEY": "key"}


def explained_variables() -> set[str]:
    example = (PROJECT / ".env.example").read_text(encoding="utf-8")
    return set(re.findall(r"^#? ?([A-Z_]+)=", example, re.MULTILINE))


@pytest.fixture(scope="module")
def compose() -> Compose:
    return Compose.load(FILLED)


def test_secrets_have_no_default():
    required = {name for name, default in variables_named().items() if default is None}
    assert required == set(FILLED)
    for name in required:
        with pytest.raises(KeyError, match=name):
            Compose.load({k: v for k, v in FILLED.items() if k != name})


def test_every_variable_of_the_compose_file_is_explained_in_the_example():
    assert set(variables_named()) <= explained_variables()


def test_every_variable_the_code_reads_is_explained_in_the_example():
    quoted = re.compile(r'"((?:MARKETEER|ANTHROPIC|DAGSTER)_[A-Z_]+)"')
    folders = ("marketeer_dagster", "assets", "sensors", "resources")
    files = [path for folder in folders for path in (PROJECT / folder).rglob("*.py") if "sandbox" not in path.parts]
    read = {name for path in files for name in quoted.findall(path.read_text(encoding="utf-8"))}
    assert {"MARKETEER_HOME", "MARKETEER_METRICS_START", "ANTHROPIC_API_KEY", "DAGSTER_HOME"} <= read
    assert read - explained_variables() == {"MARKETEER_CRASH_AT"}, "only the tests' own switch is no setting"


def test_everything_waited_for_can_say_that_it_is_ready(compose: Compose):
    for service in compose.order:
        for needed, condition in service.needs.items():
            if condition == "service_healthy":
                assert compose.services[needed].health_check, f"{service.name} waits for {needed}'s health"
            else:
                assert condition == "service_completed_successfully"
                assert compose.services[needed].ends


def test_what_runs_for_ever_is_checked_restarted_and_rotates_its_logs(compose: Compose):
    assert set(compose.services) == {"postgres", "migrate", "code", "webserver", "daemon", "sandbox"}
    for service in compose.services.values():
        assert service.body["logging"]["options"]["max-size"]
        if not service.ends:
            assert service.health_check
            assert service.body["restart"] == "unless-stopped"


def test_the_sandbox_starts_only_when_asked_for(compose: Compose):
    assert {s.name for s in compose.services.values() if "profiles" in s.body} == {"sandbox"}


def test_nothing_is_published_beyond_this_host(compose: Compose):
    published = [port for service in compose.services.values() for port in service.body.get("ports", ())]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_every_volume_is_declared_and_used_and_belongs_to_the_user_of_the_image(compose: Compose):
    mounts = {m for s in compose.services.values() for m in s.body.get("volumes", ())}
    assert {mount.partition(":")[0] for mount in mounts} == set(compose.document["volumes"])
    made = re.search(r"install -d -o marketeer .* (/\S+) (/\S+) ", (PROJECT / "Dockerfile").read_text("utf-8"))
    assert made is not None
    own = {mount.partition(":")[2] for mount in mounts if not mount.startswith("postgres-data")}
    assert own == {made[1], made[2]}


def test_runs_find_the_home_wherever_they_execute(compose: Compose):
    home = image_environment()["MARKETEER_HOME"]
    for name in ("migrate", "code", "sandbox"):
        assert f"marketeer-home:{home}" in compose.services[name].body["volumes"]


def test_the_image_runs_as_a_user_without_rights_and_is_pinned():
    text = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
    users = re.findall(r"^USER (.*)$", text, re.MULTILINE)
    assert users == ["marketeer"]
    assert "-c constraints.txt" in text
    for requirement in ("dagster==", "dagster-postgres==", "psycopg2-binary=="):
        assert requirement in (PROJECT / "constraints.txt").read_text(encoding="utf-8")


def test_the_image_is_given_every_file_it_copies_and_no_other():
    ignore = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line[1:] for line in ignore if line.startswith("!")}
    copied = {source for sources, _, staged in copied_into_image() if not staged for source in sources}
    assert copied == allowed
    assert all((PROJECT / source).exists() for source in copied)
    assert not any(fnmatch.fnmatch(".env", pattern) for pattern in allowed)


def test_the_image_holds_everything_the_catalog_reads():
    copied = {source for sources, _, _ in copied_into_image() for source in sources}
    assert {"skills", "marketeer_dagster", "assets", "sensors", "resources"} <= copied


@pytest.mark.parametrize("embedded", [False, True])
def test_dagster_accepts_the_instance_and_it_tells_nobody(tmp_path: Path, embedded: bool):
    text = DAGSTER_YAML if embedded else (PROJECT / "dagster.yaml").read_text(encoding="utf-8")
    (tmp_path / "dagster.yaml").write_text(text, encoding="utf-8")
    config, custom = dagster_instance_config(str(tmp_path))
    assert custom is None
    assert config["telemetry"] == {"enabled": False}
    assert config["concurrency"]["pools"]["granularity"] == "op"
    assert config["concurrency"]["runs"]["max_concurrent_runs"] > 0
    assert config["run_monitoring"]["enabled"]
    per_tenant = [
        limit for limit in config["concurrency"]["runs"]["tag_concurrency_limits"] if limit["key"] == "tenant"
    ]
    assert per_tenant[0]["value"] == {"applyLimitPerUniqueValue": True}
    assert config["concurrency"]["pools"]["default_limit"] > per_tenant[0]["limit"], "one hanging site holds up nobody"
    assert ("custom" in config["storage"]) is embedded


def test_the_location_has_one_name_wherever_it_is_served(compose: Compose):
    command = compose.services["code"].command
    local = ensure_workspace_config(yaml.safe_load((PROJECT / "workspace.yaml").read_text("utf-8")), "workspace.yaml")
    served = ensure_workspace_config(yaml.safe_load(compose.config("workspace")), "compose")
    module = local["load_from"][0]["python_module"]
    assert (module["module_name"], module["attribute"]) == (
        command[command.index("-m") + 1],
        command[command.index("-a") + 1],
    )
    server = served["load_from"][0]["grpc_server"]
    assert str(server["port"]) == command[command.index("-p") + 1]
    assert server["host"] in compose.services
    assert server["location_name"] == module["location_name"] == command[command.index("--location-name") + 1]
