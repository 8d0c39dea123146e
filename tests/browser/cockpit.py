"""An operator before Dagster's UI: one embedded home with all its processes, and one headless Chromium."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import yaml
from playwright.sync_api import Page, sync_playwright

from marketeer_dagster.cli.platform import Platform
from marketeer_dagster.model.tenant import Autonomy
from tests.support.campaign_home import CampaignHome, campaign_home

LONGEST_WAIT_MS = 180_000
"""For conditions; none takes nearly so long where the machine is not full."""
ALL_RUNS = "{runsOrError{... on Runs{results{runId jobName status tags{key value}}}}}"


@dataclass(frozen=True)
class Cockpit:
    """The UI of a home whose tenant `lumen` asks before it publishes, and its page in the browser."""

    home: CampaignHome
    url: str
    page: Page

    def launchpad(self, job: str, config: dict[str, Any]) -> None:
        """Open a job's Launchpad with this config of its only op, and wait until the UI has validated it."""
        found = self.ask(f"{{pipelineOrError(params:{_job(job)}){{... on Pipeline{{solids{{name}}}}}}}}")
        (op,) = found["pipelineOrError"]["solids"]
        self.page.goto(f"{self.url}/locations/marketeer/jobs/{job}/playground")
        self.page.locator(".CodeMirror").wait_for()
        self.write(yaml.safe_dump({"ops": {op["name"]: {"config": config}}}, sort_keys=False))

    def write(self, text: str) -> None:
        """The Launchpad's editor holds `text`, as if it had been typed."""
        self.page.evaluate("text => document.querySelector('.CodeMirror').CodeMirror.setValue(text)", text)

    def completions(self) -> list[str]:
        """What the Launchpad offers at the end of its text."""
        self.page.evaluate(
            "() => { const c = document.querySelector('.CodeMirror').CodeMirror; c.focus(); c.execCommand('goDocEnd') }"
        )
        hints = self.page.locator(".CodeMirror-hints li")

        def offered() -> bool:
            self.page.keyboard.press("Control+Space")
            return hints.count() > 1

        self.until(offered)
        found = hints.all_inner_texts()
        self.page.keyboard.press("Escape")
        return [text.strip() for text in found]

    def launch(self, job: str, config: dict[str, Any]) -> str:
        """Launch a job from its Launchpad and stay on the run's page until it says how it ended; that word."""
        self.launchpad(job, config)
        self.page.get_by_role("button", name="Launch Run").click()
        self.page.wait_for_url("**/runs/*")
        ended = self.page.get_by_text("Success", exact=True).or_(self.page.get_by_text("Failure", exact=True)).first
        ended.wait_for()
        return ended.inner_text()

    def launch_typed(self, job: str, key: str) -> str:
        """Type a new partition into a campaign job's Launchpad and launch it, as the UI does; the run's id."""
        answer = self.ask(_TYPED.format(home=f"{{{_HOME}}}", job=_job(job), key=key))
        return answer["launched"]["run"]["runId"]

    def newest_tick(self, sensor: str) -> str:
        """What a sensor's newest tick says it did, as the UI shows it beside the tick."""
        asked = f'sensorOrError(sensorSelector: {{{_HOME}, sensorName: "{sensor}"}})'
        found = self.ask(f"{{{asked} {{... on Sensor {{sensorState {{ticks(limit: 1) {{skipReason}}}}}}}}}}")
        ticks = found["sensorOrError"]["sensorState"]["ticks"]
        return str(ticks[0]["skipReason"] or "") if ticks else ""

    def runs(self, job: str) -> list[dict[str, Any]]:
        """The runs of a job, newest first."""
        return [run for run in self.ask(ALL_RUNS)["runsOrError"]["results"] if run["jobName"] == job]

    def ask(self, query: str) -> dict[str, Any]:
        """What the webserver answers to a GraphQL query."""
        answer = httpx.post(f"{self.url}/graphql", json={"query": query}, timeout=60).json()
        assert "errors" not in answer, json.dumps(answer)[:2000]
        return answer["data"]

    def until(self, met: Callable[[], object]) -> None:
        """Return when a condition is met, however long it takes within the longest wait."""
        for _ in range(LONGEST_WAIT_MS // 200):
            if met():
                return
            self.page.wait_for_timeout(200)
        raise AssertionError(f"never met: {met}")

    def open_asset(self, asset: str, partition: str | None = None, view: str = "overview") -> None:
        """An asset's page."""
        chosen = f"&partition={quote(partition)}" if partition else ""
        self.page.goto(f"{self.url}/assets/{asset}?view={view}{chosen}")


_HOME = 'repositoryName:"__repository__",repositoryLocationName:"marketeer"'
_TYPED = """mutation {{
  added: addDynamicPartition(repositorySelector: {home}, partitionsDefName: "campaigns", partitionKey: "{key}") {{
    __typename
  }}
  launched: launchPipelineExecution(executionParams: {{
    selector: {job}, runConfigData: {{}}, executionMetadata: {{tags: [{{key: "dagster/partition", value: "{key}"}}]}}
  }}) {{ ... on LaunchRunSuccess {{ run {{ runId }} }} }}
}}"""


def _job(name: str) -> str:
    return f'{{pipelineName:"{name}",{_HOME}}}'


@contextmanager
def cockpit_at(path: Path) -> Iterator[Cockpit]:
    """The whole platform on a home in `path`, looking every second; figures are there and not read again."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MARKETEER_SENSOR_INTERVAL", "1")
        # The market's days lie before the first partition: reading them is not what is tried here.
        environment.setenv("MARKETEER_METRICS_START", (datetime.now(UTC).date() - timedelta(days=1)).isoformat())
        with campaign_home(path) as home:
            home.add_tenant(autonomy=Autonomy.APPROVE)
            home.figures()
            with Platform(home.home, ui_port=0) as platform, sync_playwright() as playwright:
                chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
                platform.await_ui()
                page = chromium.new_page(viewport={"width": 1400, "height": 900})
                page.set_default_timeout(LONGEST_WAIT_MS)
                yield Cockpit(home, platform.ui_url, page)
                chromium.close()
