"""Working on one campaign in the foreground until it has ended, with progress, then its report."""

import time

from marketeer_dagster.cli.drive import dagster_instance, deliver_approved, finish_campaign
from marketeer_dagster.cli.home import Home
from marketeer_dagster.cli.market import running_market
from marketeer_dagster.cli.metrics import ensure_metrics
from marketeer_dagster.cli.output import print_json
from marketeer_dagster.cli.progress import watching
from marketeer_dagster.cli.report import campaign_report, print_campaign
from marketeer_dagster.model.campaign import Campaign, CampaignStatus
from marketeer_dagster.model.pausing import refuse_paused

EXIT_CODES = {CampaignStatus.PUBLISHED: 0, CampaignStatus.WAITING: 3, CampaignStatus.ESCALATED: 3}
"""Anything else is 1: what failed, and what waits for an outage to end, is not done."""


def go_on(home: Home, campaign: Campaign, *, as_json: bool) -> int:
    """Finish the campaign, print its report and return the exit code. Raises Paused while its tenant is."""
    refuse_paused(home.store.tenants.get(campaign.tenant))
    began = time.monotonic()
    with running_market(home), dagster_instance(home) as instance, watching(home.store, campaign.key) as say:
        ensure_metrics(home, instance, campaign.tenant, say)
        finish_campaign(home, instance, campaign.key, say)
        done = deliver_approved(home, instance, campaign.key, say)
    report = campaign_report(home, done, time.monotonic() - began)
    if as_json:
        print_json(report)
    else:
        print_campaign(report)
    return EXIT_CODES.get(done.status, 1)
