"""Four pictures of a home's warehouse, as a marimo notebook. It reads the snapshot and writes nothing.

    pip install 'marketeer-dagster[notebook]'
    MARKETEER_HOME=.marketeer marimo edit examples/notebook.py     # or: marimo run, or: python examples/notebook.py

What the tables mean is in docs/warehouse.md, more questions with their SQL in docs/questions.md.
"""

import marimo

app = marimo.App(width="medium", app_title="marketeer")


@app.cell
def _():
    import duckdb
    import marimo as mo
    from matplotlib import colormaps, figure

    from marketeer_dagster.model import settings

    return colormaps, duckdb, figure, mo, settings


@app.cell
def _(duckdb, mo, settings):
    snapshot = settings.Settings.load().warehouse_snapshot
    mo.stop(not snapshot.exists(), mo.md(f"There is no snapshot at `{snapshot}` yet: `marketeer ingest` makes one."))
    warehouse = duckdb.connect(str(snapshot), read_only=True)

    def ask(query):
        """The answer as a data frame; the connection keeps the state it opened, run this cell again for a newer one."""
        return warehouse.execute(query).df()

    fresh = ask("SELECT max(as_of) AS as_of FROM copied")["as_of"][0]
    days = ask("SELECT min(date) AS first, max(date) AS last FROM ga4_daily")
    mo.md(f"Traffic {days['first'][0]:%Y-%m-%d} to {days['last'][0]:%Y-%m-%d}; copies of the store as of {fresh} UTC.")
    return ask, warehouse


@app.cell
def _(ask, figure, mo):
    traffic = (
        ask("""
        SELECT date_trunc('week', date)::DATE AS week, channel, sum(sessions)::DOUBLE AS sessions
        FROM channel_performance GROUP BY ALL ORDER BY ALL
    """)
        .pivot(index="week", columns="channel", values="sessions")
        .fillna(0)
    )
    channels = figure.Figure(figsize=(9, 4), layout="constrained")
    axes = channels.subplots()
    axes.stackplot(traffic.index, traffic.to_numpy().T, labels=list(traffic.columns))
    axes.set(title="Sessions a week, by channel (the first and the last may be part of one)", ylabel="sessions")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize="small")
    channels.autofmt_xdate()
    mo.vstack([mo.md("## Where visitors come from"), channels])
    return (channels,)


@app.cell
def _(ask, figure, mo):
    revenue = ask("""
        SELECT date, sum(mrr) AS mrr, sum(new_mrr + expansion_mrr) AS gained, sum(contraction_mrr + churned_mrr) AS lost
        FROM stripe_daily GROUP BY date ORDER BY date
    """)
    mrr = figure.Figure(figsize=(9, 4), layout="constrained")
    level, moves = mrr.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    level.plot(revenue["date"], revenue["mrr"])
    level.set(title="Monthly recurring revenue, and what moved it", ylabel="MRR")
    moves.bar(revenue["date"], revenue["gained"], color="tab:green", label="gained")
    moves.bar(revenue["date"], -revenue["lost"], color="tab:red", label="lost")
    moves.set(ylabel="a day")
    moves.legend(fontsize="small")
    mrr.autofmt_xdate()
    mo.vstack([mo.md("## What customers pay"), mrr])
    return (mrr,)


@app.cell
def _(ask, figure, mo):
    costs = (
        ask("""
        SELECT coalesce(campaign, '(none)') AS campaign, purpose, sum(cost_usd)::DOUBLE AS usd
        FROM claude_costs GROUP BY ALL ORDER BY ALL
    """)
        .pivot(index="campaign", columns="purpose", values="usd")
        .fillna(0)
    )
    claude = figure.Figure(figsize=(9, 1 + 0.5 * max(len(costs), 2)), layout="constrained")
    bars = claude.subplots()
    done = 0
    for purpose in costs.columns:
        bars.barh(costs.index, costs[purpose], left=done, label=purpose)
        done = costs[purpose] + done
    bars.set(title="Claude's cost by campaign and purpose", xlabel="USD")
    bars.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize="small")
    mo.vstack([mo.md("## What the work costs"), claude])
    return (claude,)


@app.cell
def _(ask, colormaps, figure, mo):
    states = ("failed", "not asked", "kept", "silent", "landed")  # the worst of several tenants is shown
    grid = ask(f"""
        SELECT table_name, date, min(list_position({list(states)}, state)) - 1 AS worst
        FROM data_coverage GROUP BY ALL ORDER BY ALL
    """).pivot(index="table_name", columns="date", values="worst")
    coverage = figure.Figure(figsize=(9, 3), layout="constrained")
    map_ = coverage.subplots()
    image = map_.imshow(
        grid.to_numpy(), aspect="auto", vmin=0, vmax=len(states) - 1, cmap=colormaps["RdYlGn"].resampled(len(states))
    )
    map_.set_yticks(range(len(grid.index)), list(grid.index))
    shown = range(0, len(grid.columns), max(1, len(grid.columns) // 6))
    map_.set_xticks(list(shown), [f"{grid.columns[n]:%Y-%m-%d}" for n in shown])
    map_.set_title("What was read of each day")
    coverage.colorbar(image, ticks=range(len(states))).ax.set_yticklabels(states)
    mo.vstack([mo.md("## Where figures are missing"), coverage])
    return (coverage,)


if __name__ == "__main__":
    app.run()
