"""Budget and bandits: revenue and clicks left on the table, against the usual policies in the same worlds."""

import time

import numpy as np

from benchmarks.engines import bandit_data, budget_data
from benchmarks.engines.rows import mean_ci, report_seeds, share
from benchmarks.rows import Row

LABELS = {
    "plain": "",
    "nearer": ", starting about as far off as where the goal was set",
    "carry": ", carry",
    "confounded": ", confounded",
}


def run_budget(worlds: int = 50, hard_worlds: int = 20) -> list[Row]:
    """All budget rows."""
    rows: list[Row] = []
    spent, decisions = 0.0, 0
    cases = (
        (0.10, "plain", worlds, 0.02),
        (0.25, "plain", worlds, 0.03),
        (0.10, "nearer", worlds, 0.02),
        (0.25, "nearer", worlds, 0.03),
        (0.25, "carry", hard_worlds, None),
        (0.25, "confounded", hard_worlds, None),
    )
    for noise, kind, n, goal in cases:
        markets = [budget_data.market(seed, noise, kind) for seed in report_seeds(n)]
        gaps = {
            name: [budget_data.play(m, policy) for m in markets]
            for name, policy in (
                ("hold", budget_data.hold),
                ("ROI-proportional", budget_data.roi_proportional),
                ("OLS log-log", budget_data.ols_log_log),
            )
        }
        begun = time.process_time()
        mine = [budget_data.play(m, budget_data.ours) for m in markets]
        spent, decisions = spent + time.process_time() - begun, decisions + n * budget_data.WEEKS
        known = [budget_data.play(m, budget_data.clairvoyant(m)) for m in markets]
        worse = int(np.sum(np.array(mine) > np.array(gaps["hold"])))
        peer = "; ".join(f"{name} {mean_ci(gap, 2, percent=True)}" for name, gap in gaps.items())
        label = f"noise {noise:.2f}" + LABELS[kind]
        rows.append(
            Row(
                "budget",
                f"revenue gap to the oracle, {label}",
                f"<= {goal:.0%}" if goal else "reported",
                peer,
                mean_ci(mine, 2, percent=True),
                bool(np.mean(mine) <= goal) if goal else None,
            )
        )
        rows.append(
            Row(
                "budget",
                f"the same for one who knows the truth, under the same step cap, {label}",
                "",
                "",
                mean_ci(known, 2, percent=True),
            )
        )
        rows.append(
            Row(
                "budget",
                f"worlds worse than holding, {label}",
                "<= .05" if goal else "reported",
                "",
                share(worse, n),
                worse / n <= 0.05 if goal else None,
            )
        )
    pace = 1000 * spent / decisions
    return [*rows, Row("budget", "CPU ms a decision (5 channels, 26-78 weeks)", "<= 15", "", f"{pace:.1f}", pace <= 15)]


def run_bandit(n: int = 300, seeds: int = 8) -> list[Row]:
    """All bandit rows: n tests from each of the seeds, each seed with a prior learned from tests of its own."""
    rows: list[Row] = []
    policies = {
        "uniform": bandit_data.uniform,
        "A/B 20 % then commit": bandit_data.commit,
        "Thompson, flat prior": bandit_data.thompson,
        "epsilon-greedy": bandit_data.epsilon_greedy,
    }
    for traffic, goal in ((1.0, 0.078), (0.25, 0.105)):
        regret: dict[str, list[float]] = {name: [] for name in policies}
        mine: list[float] = []
        for seed in report_seeds(seeds):
            headlines = bandit_data.headlines(seed, n, traffic)
            for name, policy in policies.items():
                regret[name] += _regret(headlines, policy)
            mine += _regret(headlines, bandit_data.ours(bandit_data.past_prior(seed)))
        peer = "; ".join(f"{name} {mean_ci(r, 1, percent=True)}" for name, r in regret.items())
        label = "full traffic" if traffic == 1 else "a quarter of it"
        rows.append(
            Row(
                "bandit",
                f"regret over {n * seeds:,} headline tests, {label}",
                f"<= {goal:.1%}",
                peer,
                mean_ci(mine, 1, percent=True),
                bool(np.mean(mine) <= goal),
            )
        )
    return rows


def _regret(headlines: list[bandit_data.Headline], policy: bandit_data.Policy) -> list[float]:
    g = np.random.default_rng(3)
    return [bandit_data.play(h, policy, g) for h in headlines]
