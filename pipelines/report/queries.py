"""The only SQL of the report: one query per table it reads, and the kinds of its columns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Query:
    """SQL for DuckDB and PostgreSQL; columns that are not named in a kind are numbers."""

    sql: str
    days: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


STORE = ("store", "platform", "currency")

QUERIES = {
    "stores": Query(
        "select store, platform, time_zone, currency, is_enabled from ops.stores order by store",
        texts=("store", "platform", "time_zone", "currency", "is_enabled"),
    ),
    "sales": Query(
        """
        select
            store, platform, currency, min(sales_date) as first_date, max(sales_date) as last_date,
            max(case when is_whole_day then sales_date end) as last_whole_date
        from metrics.met_sales_daily
        group by store, platform, currency
        order by store
        """,
        days=("first_date", "last_date", "last_whole_date"),
        texts=STORE,
    ),
    "periods": Query(
        """
        select
            store, period, first_date, last_date, order_count, customer_count, new_customer_count,
            returning_customer_count, net_sales, new_customer_net_sales,
            returning_customer_net_sales, order_value,
            case when is_over then 1 else 0 end as is_over,
            case when is_complete then 1 else 0 end as is_complete,
            case when is_latest then 1 else 0 end as is_latest,
            case when is_shared then 1 else 0 end as is_shared
        from metrics.met_sales_periods
        order by store, period, first_date, last_date
        """,
        days=("first_date", "last_date"),
        texts=("store", "period"),
    ),
    "bridge": Query(
        """
        select
            bridge.store,
            case when periods.is_latest then 1 else 0 end as is_latest,
            case when periods.is_shared then 1 else 0 end as is_shared,
            sum(bridge.admin_total) as admin_total,
            sum(bridge.not_counted_total) as not_counted_total,
            sum(bridge.unstated_tax) as unstated_tax,
            sum(bridge.platform_difference) as platform_difference,
            sum(bridge.moved_returns) as moved_returns,
            sum(bridge.total) as total,
            sum(bridge.tax) as tax,
            sum(bridge.shipping_excl_vat) as shipping_excl_vat,
            sum(bridge.fees_excl_vat) as fees_excl_vat,
            sum(bridge.gift_card_sales) as gift_card_sales,
            sum(bridge.gross_sales_excl_vat) as gross_sales_excl_vat,
            sum(bridge.discounts_excl_vat) as discounts_excl_vat,
            sum(bridge.returns_excl_vat) as returns_excl_vat,
            sum(bridge.net_sales) as net_sales
        from metrics.met_sales_bridge as bridge
        inner join metrics.met_sales_periods as periods
            on bridge.store = periods.store
            and bridge.sales_date between periods.first_date and periods.last_date
        where periods.period = 'last_30_days'
        group by bridge.store, periods.is_latest, periods.is_shared
        order by bridge.store, periods.is_latest, periods.is_shared
        """,
        texts=("store",),
    ),
    "list_overview": Query(
        """
        select
            store, platform, currency, as_of, last_whole_day, member_count, buyer_count,
            order_count_30_days, order_value_30_days, average_order_value_365_days,
            order_frequency_30_days, customer_lifespan_years_buyers, customer_lifespan_years_members
        from metrics.met_list_overview
        order by store
        """,
        days=("as_of", "last_whole_day"),
        texts=STORE,
    ),
    "repeat_purchase": Query(
        """
        select
            store, month_start_date, buyer_count, repeat_buyer_count, median_days_to_second_order,
            second_order_count
        from metrics.met_repeat_purchase
        order by store, month_start_date
        """,
        days=("month_start_date",),
        texts=("store",),
    ),
    # months that are still to come have no count
    "cohorts": Query(
        """
        select
            store, cohort_month, month_number, month_start_date, customer_count,
            active_customer_count, retention_rate, cumulative_net_sales_per_customer
        from metrics.met_customer_cohorts
        where active_customer_count >= 0
        order by store, cohort_month, month_number
        """,
        days=("cohort_month", "month_start_date"),
        texts=("store",),
    ),
    "rfm_scores": Query(
        """
        select store, recency_score, frequency_score, count(*) as customer_count
        from metrics.met_customers
        where recency_score between 1 and 5
        group by store, recency_score, frequency_score
        order by store, recency_score, frequency_score
        """,
        texts=("store",),
    ),
    "rfm_segments": Query(
        """
        select
            store, rfm_segment, customer_count, customer_share, net_sales_365_days, net_sales_share
        from metrics.met_rfm_segments
        order by store, rfm_segment
        """,
        texts=("store", "rfm_segment"),
    ),
    "segment_sizes": Query(
        """
        select store, segment, count(distinct customer_key) as member_count
        from segments.segment_members
        group by store, segment
        order by store, segment
        """,
        texts=("store", "segment"),
    ),
    "segment_movement": Query(
        """
        select
            store, segment, from_date, to_date, previous_member_count, entered_count, left_count,
            member_count
        from metrics.met_segment_movement
        order by store, segment, to_date
        """,
        days=("from_date", "to_date"),
        texts=("store", "segment"),
    ),
    # as many as the page lists of each kind, so that a million products make no larger a page
    "products": Query(
        """
        select
            store, product_name, units, units_365_days, net_sales_365_days, net_sales,
            returned_units, first_order_customer_count, first_order_repeat_count, best_rank,
            return_rank, first_rank
        from (
            select
                products.*,
                row_number() over (
                    partition by store order by net_sales_365_days desc nulls last, product_key
                ) as best_rank,
                row_number() over (
                    partition by store
                    order by returned_units desc nulls last, return_rate desc nulls last, product_key
                ) as return_rank,
                row_number() over (
                    partition by store
                    order by first_order_customer_count desc nulls last, product_key
                ) as first_rank
            from metrics.met_products as products
            where
                not product_id is null
                and product_name <> ''
                and (units > 0 or returned_units > 0)
        ) as ranked
        where best_rank <= 10 or return_rank <= 10 or first_rank <= 10
        order by store, best_rank
        """,
        texts=("store", "product_name"),
    ),
    "subscribers": Query(
        """
        select
            store, date_day, subscribed_count, unsubscribed_count, active_count, converted_count
        from metrics.met_subscribers_daily
        order by store, date_day
        """,
        days=("date_day",),
        texts=("store",),
    ),
    "hours": Query(
        """
        select store, weekday_number, hour_number, order_count, net_sales
        from metrics.met_hours
        order by store, weekday_number, hour_number
        """,
        texts=("store",),
    ),
    "places": Query(
        """
        select store, country, city, order_count, net_sales
        from metrics.met_geography
        order by store, order_count desc nulls last, net_sales desc nulls last, country, city
        """,
        texts=("store", "country", "city"),
    ),
    "unmapped_methods": Query(
        """
        select store, shipping_method_name, carrier, shipment_count
        from metrics.met_unmapped_shipping_methods
        order by
            store, shipment_count desc nulls last, shipping_method_name, shipping_method_id
        """,
        texts=("store", "shipping_method_name", "carrier"),
    ),
    "last_windows": Query(
        """
        select
            store, resource, reason, window_from, window_to, api_count, distinct_rows, duplicates,
            rejected_rows, quarantined_rows, status, started_at
        from (
            select
                dated.*,
                row_number() over (
                    partition by store, resource
                    order by
                        run_at desc nulls last,
                        case when status = 'complete' then 1 else 0 end,
                        started_at nulls last,
                        run_id desc nulls last,
                        window_to desc nulls last
                ) as recency
            from (
                select
                    windows.*,
                    max(started_at) over (partition by store, resource, run_id) as run_at
                from ops.windows as windows
            ) as dated
        ) as ranked
        where recency = 1
        order by store, resource
        """,
        times=("window_from", "window_to", "started_at"),
        texts=("store", "resource", "reason", "status"),
    ),
    "rejected_rows": Query(
        """
        select
            store, resource, reason, count(*) as row_count, max(rejected_at) as last_rejected_at
        from ops.rejected_rows
        group by store, resource, reason
        order by store, row_count desc nulls last, resource, reason
        """,
        times=("last_rejected_at",),
        texts=("store", "resource", "reason"),
    ),
    "last_runs": Query(
        """
        with numbered as (
            select
                *,
                row_number() over (order by started_at desc nulls last, run_id desc nulls last) as place,
                max(started_at) over () - interval '7 days' as week_began_at
            from ops.runs
        )
        select
            run_id, command, started_at, finished_at, status, stores, requests, rows_loaded, message
        from numbered
        where place <= 10 or (status is distinct from 'done' and started_at > week_began_at)
        order by place
        limit 50
        """,
        times=("started_at", "finished_at"),
        texts=("run_id", "command", "status", "stores", "rows_loaded", "message"),
    ),
}
