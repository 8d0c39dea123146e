"""Every command of the compose file runs here against a real PostgreSQL, and the daemon does the work."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from dagster import DagsterRunStatus
from dagster_graphql import DagsterGraphQLClient

from tests.deployment.local import LONGEST_WAIT_S, Deployment, deployed
from tests.support.postgres import PostgresServer, postgres_server

__all__ = ["postgres_server"]
pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.xdist_group("deployment")]

ENDED = (DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)
DOT_ENV = {
    "MARKETEER_SANDBOX_URL": "http://127.0.0.1:8765",
    "MARKETEER_SENSOR_INTERVAL": "5",
    "MARKETEER_METRICS_START": "2026-03-23",  # two weeks before the market opens: its history is not what is tried here
}
TENANT = "threlby"
LOCATION = {"repositoryLocationName": "marketeer", "repositoryName": "__repository__"}
ADD_PARTITION = """
mutation($selector: RepositorySelector!, $partition: String!) {
  addDynamicPartition(repositorySelector: $selector, partitionsDefName: "tenants", partitionKey: $partition) {
    __typename
  }
}
"""


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer) -> Iterator[Deployment]:
    with deployed(tmp_path_factory.mktemp("deployment"), postgres_server, DOT_ENV) as running:
        marketeer(running, "tenant", "add", TENANT, "--autonomy", "approve")
        marketeer(running, "context", "import", "examples/threlby/context.md", "-t", TENANT)
        yield running


@pytest.fixture(scope="module")
def webserver(deployment: Deployment) -> DagsterGraphQLClient:
    return DagsterGraphQLClient("127.0.0.1", port_number=deployment.ports["3000"])


def marketeer(deployment: Deployment, *arguments: str) -> str:
    """As `docker compose exec code marketeer …`."""
    done = deployment.run("code", ["marketeer", *arguments])
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def await_success(deployment: Deployment, webserver: DagsterGraphQLClient, run_id: str) -> None:
    """Wait until the run has ended, and see that it ended well."""
    deadline = time.monotonic() + LONGEST_WAIT_S
    while (status := webserver.get_run_status(run_id)) not in ENDED:
        assert time.monotonic() < deadline, f"run {run_id} is {status}:\n{deployment.log('daemon')[-3000:]}"
        time.sleep(0.5)
    failures = f"select event from event_logs where run_id = '{run_id}' and dagster_event_type like '%FAILURE'"
    assert status is DagsterRunStatus.SUCCESS, query(deployment, "dagster", failures)


def await_run(deployment: Deployment, job: str) -> str:
    """The id of the first run of a job that nobody here submitted."""
    deadline = time.monotonic() + LONGEST_WAIT_S
    while not (rows := query(deployment, "dagster", f"select run_id from runs where pipeline_name = '{job}'")):
        assert time.monotonic() < deadline, f"no run of {job}:\n{deployment.log('daemon')[-3000:]}"
        time.sleep(0.5)
    return str(rows[0][0])


def query(deployment: Deployment, database: str, statement: str) -> list[tuple[object, ...]]:
    url = f"postgresql://marketeer@127.0.0.1:{deployment.postgres_port}/{database}"
    connection = psycopg2.connect(url)
    try:
        cursor = connection.cursor()
        cursor.execute(statement)
        return cursor.fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize("service", ["postgres", "code", "webserver", "daemon", "sandbox"])
def test_the_health_check_of_every_service_succeeds(deployment: Deployment, service: str):
    assert deployment.healthy(service)


@pytest.mark.parametrize("service", ["code", "webserver", "sandbox"])
def test_a_health_check_fails_where_nothing_answers(deployment: Deployment, service: str):
    nobody = Deployment(
        deployment.compose, deployment.root, deployment.postgres_port, {}, ports=dict.fromkeys(deployment.ports, 9)
    )
    assert not nobody.healthy(service)


def test_the_daemon_materialises_an_asset_asked_for_in_the_webserver(
    deployment: Deployment, webserver: DagsterGraphQLClient
):
    webserver._execute(ADD_PARTITION, {"selector": LOCATION, "partition": TENANT})  # has no method for it
    run_id = webserver.submit_job_execution(
        "__ASSET_JOB",
        repository_location_name=LOCATION["repositoryLocationName"],
        repository_name=LOCATION["repositoryName"],
        asset_selection=["product_context"],
        tags={"dagster/partition": TENANT, "tenant": TENANT},
    )
    await_success(deployment, webserver, run_id)
    events = "select dagster_event_type from event_logs where asset_key = '[\"product_context\"]' and run_id = "
    assert ("ASSET_MATERIALIZATION",) in query(deployment, "dagster", f"{events}'{run_id}'")


def test_a_goal_stated_in_the_launchpad_is_planned_by_the_daemon(
    deployment: Deployment, webserver: DagsterGraphQLClient
):
    goal = {"tenant": TENANT, "goal": "Increase trial signups by 20 % this quarter", "budget_usd": 50.0}
    run_id = webserver.submit_job_execution("start_goal", run_config={"ops": {"accept_goal": {"config": goal}}})
    await_success(deployment, webserver, run_id)
    (campaign,) = json.loads(marketeer(deployment, "campaign", "list", "-t", TENANT, "--json"))
    planned = await_run(deployment, "plan_campaign")
    await_success(deployment, webserver, planned)
    shown = json.loads(marketeer(deployment, "campaign", "show", campaign["key"], "--json"))
    assert shown["plan"]["briefs"]
    assert shown["llm"]["calls"] >= 1


def test_store_and_dagster_live_in_their_own_databases(deployment: Deployment):
    tables = "select table_name from information_schema.tables where table_schema = 'public'"
    store = {name for (name,) in query(deployment, "marketeer", tables)}
    dagster = {name for (name,) in query(deployment, "dagster", tables)}
    assert {"tenants", "campaigns", "llm_calls"} <= store
    assert {"runs", "event_logs", "instigators"} <= dagster
    assert store & dagster == {"alembic_version"}
    assert query(deployment, "marketeer", "select id from tenants") == [(TENANT,)]


def test_nothing_is_kept_in_a_container(deployment: Deployment):
    """What is written lies in the databases and on the volumes; a container can be thrown away."""
    written = [path for path in Path(deployment.mapped("/opt/dagster")).rglob("*") if path.is_file()]
    assert [path.name for path in written] == ["dagster.yaml"]
    home = Path(deployment.mapped("/var/lib/marketeer"))
    assert not list(home.glob("store.db*"))
    assert not (home / "dagster").exists()


def test_migrating_again_changes_nothing(deployment: Deployment):
    before = marketeer(deployment, "tenant", "list", "--json")
    deployment.start(deployment.compose.services["migrate"])
    assert marketeer(deployment, "tenant", "list", "--json") == before


def test_the_doctor_finds_nothing_wrong(deployment: Deployment):
    findings = json.loads(marketeer(deployment, "doctor", "--json"))
    assert all(finding["ok"] for finding in findings)
