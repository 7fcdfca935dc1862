"""A notebook over the analysts' file; `pip install "kassavirta[explore]"`, `marimo edit docs/explore.py`.

It reads `data/kassavirta.duckdb` of the directory it is started in, and writes nothing.
"""

import marimo

__generated_with = "0.25.2"

app = marimo.App(width="medium", app_title="kassavirta")


@app.cell
def _():
    import duckdb
    import marimo as mo

    def ask(sql, *values):
        """A frame; the file is open only meanwhile, so that every question sees the newest run."""
        with duckdb.connect("data/kassavirta.duckdb", read_only=True) as connection:
            return connection.execute(sql, values).df()

    return ask, mo


@app.cell
def _(ask, mo):
    stores = ask("select store from marts.dim_stores order by store")["store"].tolist()
    store = mo.ui.dropdown(stores, value=stores[0], label="Store")
    store
    return (store,)


@app.cell
def _(ask, mo, store):
    months = ask(
        """
        select
            first_date as month, is_over, order_count as orders, net_sales, average_order_value,
            customer_count as customers, new_customer_count as new_customers,
            returning_customer_count as returning_customers
        from metrics.met_sales_periods
        where store = ? and period = 'month' and is_latest
        order by 1 desc
        """,
        store.value,
    )
    mo.vstack([mo.md("## Sales by month"), mo.ui.table(months, selection=None)])
    return


@app.cell
def _(ask, mo, store):
    cohorts = ask(
        """
        select
            cohort_month, month_number,
            round(100.0 * active_customer_count / customer_count, 1) as percent
        from metrics.met_customer_cohorts
        where store = ? and retention_rate is not null and month_number <= 12
        order by 1, 2
        """,
        store.value,
    )
    triangle = cohorts.pivot(index="cohort_month", columns="month_number", values="percent").reset_index()
    triangle.columns = [str(name) for name in triangle.columns]
    mo.vstack(
        [
            mo.md("## Who came back, percent by months since the first order"),
            mo.ui.table(triangle, selection=None),
        ]
    )
    return


@app.cell
def _(ask, mo, store):
    segments = ask(
        """
        select segment, count(*) as people, min(reason) as a_reason
        from segments.segment_members
        where store = ?
        group by 1
        order by 2 desc
        """,
        store.value,
    )
    mo.vstack([mo.md("## Segments"), mo.ui.table(segments, selection=None)])
    return


@app.cell
def _(mo):
    question = mo.ui.code_editor("select * from metrics.met_rfm_segments limit 20", language="sql")
    mo.vstack([mo.md("## A question of your own"), question])
    return (question,)


@app.cell
def _(ask, mo, question):
    mo.ui.table(ask(question.value), selection=None)
    return


if __name__ == "__main__":
    app.run()
