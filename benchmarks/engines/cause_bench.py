"""Learnings, SEO decay and impact: claims that hold when there is nothing to find, and are made when there is."""

import numpy as np
from scipy import stats

from benchmarks.engines import decay_data, impact_data, peers
from benchmarks.engines.rows import mean_ci, report_seeds, share
from benchmarks.rows import Row
from marketeer_dagster.learning.validate import e_bh, wealth
from marketeer_dagster.optimise.decay import Trend, judge_pages
from marketeer_dagster.optimise.impact import Impact, impact

ALPHA = 0.02


def run_learning(worlds: int = 4000, portfolios: int = 100) -> list[Row]:
    """All learning rows; a pair is N(d, 1) in units of .4, clipped to [-1, 1]."""
    g = np.random.default_rng(report_seeds(1)[0])
    idle = g.normal(0, 0.4, (worlds, 100)).clip(-1, 1)
    useful = g.normal(0.2, 0.4, (worlds, 200)).clip(-1, 1)
    false = wealth(idle).max(axis=1) >= 1 / ALPHA
    crossed = wealth(useful) >= 1 / ALPHA
    pairs = np.where(crossed.any(axis=1), crossed.argmax(axis=1) + 1, 999)
    fdr, t_fdr, found = [], [], []
    for _ in range(portfolios):
        good = np.arange(40) < 8
        x = g.normal(np.where(good, 0.2, 0.0)[:, None], 0.4, (40, 80)).clip(-1, 1)
        e, t = wealth(x), _t_values(x)
        ever: set[int] = set()
        for look in range(4, 80):
            ever |= {int(name) for name in e_bh({str(i): float(e[i, look]) for i in range(40)})}
        peeked = {i for i in range(40) if (t[i, 4:] > stats.t.ppf(0.975, np.arange(5, 81) - 1)).any()}
        fdr.append(np.mean([i >= 8 for i in ever]) if ever else 0.0)
        t_fdr.append(np.mean([i >= 8 for i in peeked]) if peeked else 0.0)
        found.append(len([i for i in ever if i < 8]) / 8)
    wrong = (np.abs(_t_values(idle))[:, 4:] > stats.t.ppf(0.975, np.arange(5, 101) - 1)).any(axis=1)
    median = float(np.median(pairs))
    return [
        Row(
            "learning",
            "false positives, a look after each of 100 pairs",
            "<= .02",
            f"t-test, peeked {share(int(wrong.sum()), worlds)}",
            share(int(false.sum()), worlds),
            bool(false.mean() <= 0.02),
        ),
        Row("learning", "pairs to find d = .5 (median)", "<= 40", "", f"{median:.0f}", median <= 40),
        Row(
            "learning",
            "false discoveries of a portfolio, 8 of 40 useful, a look after every pair",
            "<= .10",
            f"t-test, peeked {mean_ci(t_fdr)}",
            mean_ci(fdr),
            bool(np.mean(fdr) <= 0.10),
        ),
        Row("learning", "share of the useful ones found within 80 pairs", "", "", mean_ci(found)),
    ]


def _t_values(x: decay_data.Floats) -> decay_data.Floats:
    n = np.arange(1, x.shape[1] + 1)
    mean = np.cumsum(x, axis=1) / n
    spread = np.sqrt(np.maximum(np.cumsum(x**2, axis=1) / n - mean**2, 1e-12) * n / np.maximum(n - 1, 1))
    return mean / spread * np.sqrt(n)


def run_decay(sites: int = 20) -> list[Row]:
    """All decay rows."""
    rows: list[Row] = []
    for weeks, goal in ((110, 0.70), (30, 0.66)):
        data = [decay_data.site(seed, weeks) for seed in report_seeds(sites)]
        judged = [judge_pages([str(i) for i in range(decay_data.PAGES)], s.clicks) for s in data]
        truth = np.concatenate([s.decays for s in data])
        score = np.array([page.score for pages in judged for page in pages])
        fired = np.array([page.trend is Trend.DECAYING for pages in judged for page in pages])
        naive = np.concatenate([decay_data.four_against_four(s.clicks) for s in data])
        recalls = [
            decay_data.recall_at(np.array([p.score for p in pages]), s.decays)
            for pages, s in zip(judged, data, strict=True)
        ]
        recall, area = decay_data.recall_at(score, truth), decay_data.area_under_curve(score, truth)
        history = "year on year (110 weeks)" if weeks > 60 else "hinge (30 weeks)"
        peer = f"last 4 weeks against 4 before {decay_data.recall_at(naive, truth):.3f}"
        half = mean_ci(recalls).split(" ± ")[1]
        rows += [
            Row(
                "decay",
                f"recall at 5 % false alarms, {history}",
                f">= {goal:.2f}",
                peer,
                f"{recall:.3f} ± {half}",
                recall >= goal,
            ),
            Row(
                "decay",
                f"area under the curve, {history}",
                ">= .93",
                f"{decay_data.area_under_curve(naive, truth):.3f}",
                f"{area:.3f}",
                area >= 0.93,
            ),
            Row(
                "decay",
                f"false alarms / recall at the shipped line, {history}",
                "",
                f"a loss over 10 %: {np.mean(naive[~truth] > 0.1):.3f} / {np.mean(naive[truth] > 0.1):.3f}",
                f"{fired[~truth].mean():.3f} / {fired[truth].mean():.3f}",
            ),
        ]
    return rows


def run_impact(cases: int = 300, peer_cases: int = 100) -> list[Row]:
    """All impact rows."""
    still = [impact_data.case(seed, effect=False) for seed in report_seeds(cases)]
    moved = [impact_data.case(seed, effect=True) for seed in range(5000, 5000 + cases)]
    pages = np.stack([c.pages for c in still[:peer_cases]])
    answer = peers.run("statsmodels", "peer_statsmodels.py", {"pages": pages}, change=impact_data.CHANGE)
    peer = "; ".join(
        f"{name} {share(int(np.sum(answer[key] < 0.05)), peer_cases)}"
        for name, key in (("ITS + HAC", "its"), ("diff-in-diff + HAC", "did"), ("CausalImpact-style", "structural"))
    )
    quiet, loud = [_measure(c) for c in still], [_measure(c) for c in moved]
    false = sum(r.p is not None and r.p <= 0.05 for r in quiet)
    both = list(zip([*still, *moved], [*quiet, *loud], strict=True))
    covered = sum(
        r.low is not None and r.high is not None and np.log1p(r.low) <= c.effect <= np.log1p(r.high) for c, r in both
    )
    errors = [np.log1p(r.effect) - c.effect for c, r in both if r.effect is not None]
    rmse = float(np.sqrt(np.mean(np.square(errors))))
    told = sum(r.effect is not None for _, r in both)
    return [
        Row(
            "impact",
            "significant with no effect at all",
            ".03-.06",
            peer,
            share(false, cases),
            0.03 <= false / cases <= 0.06,
        ),
        Row("impact", "coverage of the 95 % interval", ">= .93", "", share(covered, told), covered / told >= 0.93),
        Row("impact", "root mean square error of the effect, log scale", "<= .06", "", f"{rmse:.4f}", rmse <= 0.06),
        Row("impact", "cases answered (the rest: cannot tell)", "", "", share(told, 2 * cases)),
    ]


def _measure(c: impact_data.Case) -> Impact:
    return impact(c.pages[0], c.pages[1:], change_at=impact_data.CHANGE)
