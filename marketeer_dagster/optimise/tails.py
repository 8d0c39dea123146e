"""How often chance alone brings so few events: exact, where a z-score of small counts would promise too much."""

from marketeer_dagster.optimise.inputs import number


def lower_tail(observed: float, expected: float, trials: float | None = None) -> float:
    """Chance of at most `observed` events where `expected` were to come.

    Binomial for events of so many `trials` (conversions of sessions), Poisson where nothing bounds them (sessions of a
    day). Nothing expected is no evidence: 1.

    Raises:
        InvalidInput: naming `observed`, `expected` or `trials` when below zero or not a number.
    """
    from scipy import stats

    seen, due = number(observed, "observed", low=0), number(expected, "expected", low=0)
    if due == 0:
        return 1.0
    if trials is None:
        return float(stats.poisson.cdf(seen, due))
    of = number(trials, "trials", low=0)
    return float(stats.binom.cdf(seen, round(of), min(due / of, 1.0))) if of else 1.0
