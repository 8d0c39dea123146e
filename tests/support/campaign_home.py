"""A whole home beside a sandbox in this process: tenants with a context and every tool connected."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance, DagsterRun, JobDefinition
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.definitions.reconstruct import ReconstructableJob, ReconstructableRepository
from dagster._core.execution.api import create_execution_plan, execute_run

from assets.launching import PARTITION_TAG
from marketeer_dagster.campaigns.intake import take_pipeline
from marketeer_dagster.cli.drive import dagster_instance, finish_campaign
from marketeer_dagster.cli.home import Home, create_home
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.context import ProductContext
from marketeer_dagster.model.ids import CampaignKey, TenantId
from marketeer_dagster.model.settings import Settings
from marketeer_dagster.model.tenant import Autonomy, Tenant
from marketeer_dagster.sandbox.accounts import AccountSpec
from marketeer_dagster.sandbox.server import Running, run_in_thread
from marketeer_dagster.store import Store
from tests.support import marketing
from tests.warehouse import frames

ROOT = Path(__file__).parents[2]
TENANT = TenantId("lumen")
SMALLEST = "email-refresh"
"""The pipeline with one artefact, one reviewer and one channel."""


@dataclass(frozen=True)
class CampaignHome:
    """An initialised home whose tenants live in `sandbox`."""

    path: Path
    sandbox: Running
    home: Home

    @property
    def store(self) -> Store:
        return self.home.store

    @contextmanager
    def instance(self) -> Iterator[DagsterInstance]:
        """The home's own Dagster instance, as every process of the platform opens it."""
        with dagster_instance(self.home) as instance:
            yield instance

    def add_tenant(
        self,
        identifier: str = TENANT,
        *,
        context: ProductContext | None = None,
        autonomy: Autonomy = Autonomy.AUTOPILOT,
        account: Mapping[str, object] | None = None,
        **facts: object,
    ) -> Tenant:
        """A tenant with a context, connected to every tool of the sandbox; `account` None leaves the market out."""
        product = context or marketing.context().context
        values = marketing.tenant(identifier).model_dump() | {"autonomy": autonomy, "simulated": True} | facts
        tenant = self.store.tenants.add(Tenant.model_validate(values))
        self.store.contexts.add(tenant.id, product, at=marketing.NOW)
        spec: dict[str, object] = {
            "tenant": tenant.id, "name": product.name, "website": str(tenant.website), "monthly_sessions": 2_000,
            "starting_mrr_usd": 2_000, "subscribers": 300, "history_days": 30, "context_markdown": product.render(),
        }  # fmt: skip
        for connection in self.sandbox.admin.open_account(AccountSpec.model_validate({**spec, **(account or {})})):
            self.store.connections.set(connection)
        return tenant

    def figures(self, tenant: str = TENANT) -> None:
        """Two weeks of figures up to the market's yesterday, written here: commands need not read ninety days first."""
        first = self.sandbox.admin.clock().day - timedelta(days=14)
        frames.put(self.home.warehouse, tenant, frames.ga4(14, first=first, sessions=60), simulated=True)
        with self.home.warehouse.writing() as w:
            for mart in ("channel_performance", "page_performance"):
                w.build_mart(mart)

    def take(self, pipeline: str = SMALLEST, slug: str | None = None, tenant: str = TENANT) -> Campaign:
        """A campaign that waits."""
        return take_pipeline(
            self.store, self.home.catalog, self.home.clock, tenant=TenantId(tenant), pipeline=pipeline, slug=slug
        )

    def finish(self, key: CampaignKey) -> Campaign:
        """Work on a campaign in this process until it has ended, as `--wait` does."""
        with self.instance() as instance:
            return finish_campaign(self.home, instance, key, lambda line: None)

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """`python -m marketeer_dagster ARGUMENTS` in a process of its own, with more environment variables."""
        chosen = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        command = [sys.executable, "-m", "marketeer_dagster", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=chosen, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)


def forget_definitions() -> None:
    """Let the next run in this process load the definitions anew: of another catalog than the last one's."""
    sys.modules.pop("marketeer_dagster.definitions", None)
    for kept in (ReconstructableRepository.get_definition, ReconstructableJob.get_definition):
        if hasattr(kept, "cache_clear"):
            kept.cache_clear()  # pyright: ignore[reportFunctionMemberAccess]


@contextmanager
def campaign_home(path: Path, *, seed: int = 11, config: str = "") -> Iterator[CampaignHome]:
    """A home in `path`, without tenants; `config` are more lines of its config.toml.

    The environment of this process and its children names it meanwhile.
    """
    with run_in_thread(seed=seed) as sandbox, pytest.MonkeyPatch.context() as environment:
        environment.setenv("MARKETEER_HOME", str(path))
        environment.setenv("DAGSTER_HOME", str(path / "dagster"))
        for name in ("MARKETEER_DATABASE_URL", "MARKETEER_WAREHOUSE", "MARKETEER_SANDBOX_URL", "MARKETEER_CATALOG"):
            environment.delenv(name, raising=False)
        for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"):
            environment.delenv(name, raising=False)
        path.mkdir(parents=True, exist_ok=True)
        (path / "config.toml").write_text(
            f'sandbox_url = "{sandbox.url}"\nsecret_key = "a key for tests, of some length"\n{config}\n',
            encoding="utf-8",
        )
        create_home(Settings.load(home=path), sandbox=False)
        made = CampaignHome(path, sandbox, Home(Settings.load(home=path)))
        yield made
        made.store.close()


def run_job(
    job: JobDefinition,
    instance: DagsterInstance,
    *,
    campaign: str | None = None,
    selection: Sequence[AssetKey] | None = None,
    tags: Mapping[str, str] | None = None,
) -> DagsterRun:
    """Run `job` with its own executor in this process and return the finished run, failed or not."""
    chosen = {**(tags or {}), **({PARTITION_TAG: campaign} if campaign else {})}
    if selection is not None:
        job = job.get_subset(asset_selection=frozenset(selection))
    wanted = InMemoryJob(job)
    run = instance.create_run_for_job(
        job, execution_plan=create_execution_plan(wanted), tags=chosen, asset_selection=job.asset_selection
    )
    execute_run(wanted, run, instance, raise_on_error=False)
    finished = instance.get_run_by_id(run.run_id)
    assert finished is not None
    return finished
