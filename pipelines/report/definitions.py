"""What every figure and segment means: one row each, shown beside it and in the glossary.

The words come from the YAML beside the SQL (`sql/models`): `source` names a column or a segment's
model there. Only what no model knows, such as what the page compares with what, is written here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Definition:
    """A name and its meaning; `source` is `model.column`, or a model, and `group` a heading."""

    key: str
    name: str
    source: str = ""
    text: str = ""
    group: str = "figure"


LAST_ORDER, HABIT, LIST, RFM = "When they last bought", "How they buy", "The mailing list", "RFM"
SEGMENT_GROUPS = (LAST_ORDER, HABIT, LIST)
NOT_SCORED = "RFM, not scored"

# what the two platforms' admins call a sale, said wherever both may stand side by side
COUNTED = (
    "In MyCashflow an order counts unless it is cancelled, paid or not; in CS-Cart once the store has its "
    "payment."
)

DEFINITIONS = (
    Definition("net_sales", "Net sales", "met_sales_daily.net_sales", COUNTED),
    Definition("order_count", "Orders", "met_sales_periods.order_count",
        f"A purchase is an order that counts and does more than take goods back. {COUNTED}"),
    Definition("average_order_value", "Average order value", "met_sales_periods.average_order_value",
        f"The value of all its orders is divided once, so it is no mean of days. {COUNTED}"),
    Definition("counted", "Orders that count", "fct_orders.is_counted",
        "For a CS-Cart store the setting counted_statuses under [definitions] says otherwise."),
    Definition("new_customer_count", "New customers", "met_sales_periods.new_customer_count",
        f"Orders with the same account or e-mail belong to one customer. {COUNTED}"),
    Definition("customer_count", "Customers", "met_sales_periods.customer_count",
        "New: the first purchase ever is from that month. Returning: had bought before it."),
    Definition("customer_net_sales", "Net sales by customer", "met_sales_periods.new_customer_net_sales"),
    Definition("returning_customer_rate", "Returning customer rate",
        "met_sales_periods.returning_customer_rate",
        "Of the customers of the last 30 days; customers who came back are of everybody who ever bought."),
    Definition("today", "Today so far", text=
        "The day that was not over when the store's orders were last read. It is in no trend and in no "
        "comparison: these end with the last whole day."),
    Definition("year_before", "The year before", text=
        "Headline figures: as many days, ending on the same date one year earlier. Weeks: the same "
        "week 52 weeks earlier, so that weekdays match."),
    Definition("week", "Week", text=
        "Seven days ending on the weekday of the last whole day, so that every week shown is whole."),
    Definition("admin_total", "All orders in the admin", "met_sales_bridge.admin_total"),
    Definition("not_counted_total", "Orders that do not count", "met_sales_bridge.not_counted_total"),
    Definition("unstated_tax", "VAT the admin does not show", "met_sales_bridge.unstated_tax"),
    Definition("platform_difference", "Not told by the API", "met_sales_bridge.platform_difference"),
    Definition("moved_returns", "Returns of other days", "met_sales_bridge.moved_returns"),
    Definition("total", "Total", "met_sales_bridge.total"),
    Definition("tax", "VAT", "met_sales_bridge.tax"),
    Definition("shipping_excl_vat", "Delivery, without VAT", "met_sales_bridge.shipping_excl_vat"),
    Definition("fees_excl_vat", "Payment fees, without VAT", "met_sales_bridge.fees_excl_vat"),
    Definition("gift_card_sales", "Gift cards sold, without VAT", "met_sales_bridge.gift_card_sales"),
    Definition("gross_sales_excl_vat", "Goods sold, without VAT", "met_sales_bridge.gross_sales_excl_vat"),
    Definition("discounts_excl_vat", "Discounts, without VAT", "met_sales_bridge.discounts_excl_vat"),
    Definition("returns_excl_vat", "Returns, without VAT", "met_sales_bridge.returns_excl_vat"),
    Definition("bridge_net_sales", "Net sales", "met_sales_bridge.net_sales", "The figure above."),
    Definition("repeat_customer_rate", "Customers who came back", "met_repeat_purchase.repeat_customer_rate",
        "Of everybody who ever bought. What the trade calls the returning customer rate is of the customers "
        "of a period."),
    Definition("median_days_to_second_order", "Days to a second order",
        "met_repeat_purchase.median_days_to_second_order",
        "Here the last month that is over in which somebody did."),
    Definition("second_order_count", "Second orders, this month", "met_repeat_purchase.second_order_count"),
    Definition("retention", "Came back", "met_customer_cohorts.retention_rate",
        "A row is everybody who bought for the first time in that month; month 1 is the month after."),
    Definition("cumulative_value", "Worth so far", "met_customer_cohorts.cumulative_net_sales_per_customer"),
    Definition("recency", "Recency", "met_customers.recency_score"),
    Definition("frequency", "Frequency", "met_customers.frequency_score"),
    Definition("rfm_segments", "RFM segments", text=
        "Made of the three scores, which compare the customers of this store with each other: lately, "
        "often and much are meant beside the others. No name goes against the days, though: nobody who "
        "bought lately is called at risk or lost, and no lapsed customer loyal or new."),
    Definition("rfm_customer_share", "Share of customers", "met_rfm_segments.customer_share"),
    Definition("rfm_net_sales", "Net sales, 365 days", "met_rfm_segments.net_sales_365_days"),
    Definition("net_sales_share", "Share of net sales", "met_rfm_segments.net_sales_share"),
    Definition("movement", "Since last month", "met_segment_movement.member_count",
        "Against the last day known that is 30 days or more before; until there is one, against the "
        "first day known. Came and left are summed over the days between."),
    Definition("order_count_30_days", "Orders, 30 days", "met_list_overview.order_count_30_days"),
    Definition("order_value_30_days", "Order value, 30 days", "met_list_overview.order_value_30_days",
        f"Net sales has neither VAT nor delivery. {COUNTED}"),
    Definition("average_order_value_365_days", "Average order value, 365 days",
        "met_list_overview.average_order_value_365_days"),
    Definition("order_frequency_30_days", "Orders per buyer, 30 days",
        "met_list_overview.order_frequency_30_days", "1.00 means that nobody ordered twice."),
    Definition("customer_lifespan_years_buyers", "Customer lifespan, buyers",
        "met_list_overview.customer_lifespan_years_buyers", "A single order counts as 0 years."),
    Definition("customer_lifespan_years_members", "Customer lifespan, everybody",
        "met_list_overview.customer_lifespan_years_members"),
    Definition("product_net_sales", "Best sellers", "met_products.net_sales_365_days"),
    Definition("returned_units", "Sent back", "met_products.returned_units"),
    Definition("return_rate", "Return rate", "met_products.return_rate"),
    Definition("first_order_customer_count", "First-order products",
        "met_products.first_order_customer_count"),
    Definition("first_order_repeat_rate", "Ordered again", "met_products.first_order_repeat_rate"),
    Definition("active_count", "Subscribed now", "met_subscribers_daily.active_count"),
    Definition("subscribed_count", "Joined, 30 days", "met_subscribers_daily.subscribed_count"),
    Definition("unsubscribed_count", "Left, 30 days", "met_subscribers_daily.unsubscribed_count"),
    Definition("converted_count", "Joined and bought", "met_subscribers_daily.converted_count",
        "The share is of everybody who joined in the last 365 days for which this is known."),
    Definition("hours", "Orders by hour", "met_hours.order_count",
        "By weekday and hour of the store's own clock, from the first sale on."),
    Definition("places", "Orders by place", "met_geography.order_count",
        "By country and city of the buyer, from the first sale on."),
    Definition("unmapped", "Not mapped", "met_unmapped_shipping_methods.shipment_count",
        "No pattern in the seed shipping_method_map matches the method's name, so that nobody can say "
        "how it is fulfilled."),
    Definition("completeness", "Arrived in full", text=
        "Complete: as many different records arrived as the store's API counted. Short: fewer "
        "arrived. Partial: the store itself cannot answer some of it. Uncounted: the API gave no "
        "number to compare with. Failed: reading stopped early."),
    Definition("asked", "Asked", text="Records the store's API counted in the last window read."),
    Definition("arrived", "Arrived", text="Different records that arrived from that window."),
    Definition("unreadable", "Unreadable", text=
        "Places that the store itself answers with an error. Every later run tries them again."),
    Definition("set_aside", "Set aside", text=
        "Records that could not be understood. They are kept apart with the reason and are in no figure."),

    Definition("recent_buyers_30", "Bought in 30 days", "seg_recent_buyers_30", group=LAST_ORDER),
    Definition("recent_buyers_90", "Bought in 90 days", "seg_recent_buyers_90", group=LAST_ORDER),
    Definition("first_time_buyers_30", "First order in 30 days", "seg_first_time_buyers_30",
        group=LAST_ORDER),
    Definition("second_order_due", "Second order due", "seg_second_order_due", group=LAST_ORDER),
    Definition("non_buyers_30", "No order in 30 days", "seg_non_buyers_30", group=LAST_ORDER),
    Definition("non_buyers_90", "No order in 90 days", "seg_non_buyers_90", group=LAST_ORDER),
    Definition("at_risk", "Late for their own rhythm", "seg_at_risk", group=LAST_ORDER),
    Definition("win_back", "Long overdue", "seg_win_back", group=LAST_ORDER),
    Definition("lapsed_customers", "Lapsed customers", "seg_lapsed_customers", group=LAST_ORDER),

    Definition("one_time_buyers", "One-time buyers", "seg_one_time_buyers", group=HABIT),
    Definition("repeat_customers", "Repeat customers", "seg_repeat_customers", group=HABIT),
    Definition("frequent_buyers", "Frequent buyers", "seg_frequent_buyers", group=HABIT),
    Definition("vip", "VIP", "seg_vip", group=HABIT),
    Definition("big_spenders", "Big spenders", "seg_big_spenders", group=HABIT),
    Definition("discount_buyers", "Discount buyers", "seg_discount_buyers", group=HABIT),
    Definition("full_price_buyers", "Full-price buyers", "seg_full_price_buyers", group=HABIT),
    Definition("high_returners", "High returners", "seg_high_returners", group=HABIT),
    Definition("business_customers", "Business customers", "seg_business_customers", group=HABIT),
    Definition("multi_store_customers", "In several stores", "seg_multi_store_customers", group=HABIT),

    Definition("new_customers_30", "New registrations", "seg_new_customers_30", group=LIST),
    Definition("subscribers_never_bought", "Subscribers, never bought", "seg_subscribers_never_bought",
        group=LIST),
    Definition("buyers_not_subscribed", "Buyers, not subscribed", "seg_buyers_not_subscribed", group=LIST),
    Definition("unsubscribed_vip", "VIPs who unsubscribed", "seg_unsubscribed_vip", group=LIST),

    Definition("rfm_champions", "Champions", group=RFM,
        text="Bought lately, more often and for more money than most."),
    Definition("rfm_loyal", "Loyal", group=RFM,
        text="Have come back, often or for much money, and not long ago."),
    Definition("rfm_potential_loyalist", "Potential loyalists", group=RFM, text=
        "Bought not long ago: have come back, or began with a middling sum. Not among those who spend "
        "most."),
    Definition("rfm_new_customers", "New customers", group=RFM, text=
        "Have just bought for the first time; or bought not long ago, with few orders ever and little "
        "money."),
    Definition("rfm_promising", "Promising", group=RFM,
        text="Bought not long ago but seldom: the very latest, and those who spent well."),
    Definition("rfm_need_attention", "Need attention", group=RFM, text=
        "Good customers who are not gone, but short of the best in how lately, how often or for how "
        "much."),
    Definition("rfm_about_to_sleep", "About to sleep", group=RFM,
        text="Have not bought for a while; seldom before, or for little money."),
    Definition("rfm_at_risk", "At risk", group=RFM,
        text="Have not bought for a while, but fairly often or for good money before."),
    Definition("rfm_cannot_lose_them", "Cannot lose them", group=RFM,
        text="Have been away for long, and spent well, in a few large orders or in many."),
    Definition("rfm_hibernating", "Hibernating", group=RFM,
        text="Have not bought for a while; not very often before, and not for much money."),
    Definition("rfm_lost", "Lost", group=RFM,
        text="Of those scored, away for longest, and brought little money."),
    Definition("rfm_inactive", "Inactive", group=NOT_SCORED, text=
        "Bought before, but not in the last 365 days, so that scores are of those who did. Where the "
        "settings score everybody by their whole life, nobody is inactive."),
)  # fmt: skip

BY_KEY = {definition.key: definition for definition in DEFINITIONS}
RFM_KEYS = tuple(definition.key for definition in DEFINITIONS if definition.group == RFM)
INACTIVE = "rfm_inactive"


def definition_of(key: str) -> Definition:
    """The segment's definition; one made of its key for a segment this table does not know."""
    return BY_KEY.get(key, Definition(key, key.replace("_", " ").capitalize(), group=HABIT))


@cache
def read_definitions(models: Path) -> dict[str, Definition]:
    """Every definition by its key, with its words from the YAML under `models` before its own.

    Raises:
        KeyError: a definition names a model or column that is not there.
    """
    shared = read_docs(models)
    files = {path.stem: path for path in models.rglob("*.yml")}
    needed = {each.source.partition(".")[0] for each in DEFINITIONS if each.source}
    described = {name: read_model(files[name]) for name in needed}
    return {each.key: worded(each, described, shared) for each in DEFINITIONS}


def worded(definition: Definition, described: Mapping[str, Any], shared: Mapping[str, str]) -> Definition:
    """The definition with the description of its source in front of its own text."""
    model, _, column = definition.source.partition(".")
    if not model:
        return definition
    text = described[model][column]
    name = re.fullmatch(r"\{\{ doc\('(\w+)'\) \}\}", text)
    told = plain(shared[name[1]] if name else text)
    return replace(definition, text=f"{told} {definition.text}".rstrip())


def read_docs(models: Path) -> dict[str, str]:
    """The texts that models share: `{% docs name %}` blocks."""
    pattern = re.compile(r"\{% docs (\w+) %\}(.*?)\{% enddocs %\}", re.DOTALL)
    return {
        name: text
        for path in models.rglob("*.md")
        for name, text in pattern.findall(path.read_text(encoding="utf-8"))
    }


def read_model(path: Path) -> dict[str, str]:
    """A model's descriptions by column, its own under the empty name."""
    import yaml

    # C where there is it: the unit tests in these files make them long
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    (model,) = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)["models"]
    columns = {column["name"]: column["description"] for column in model["columns"]}
    return {"": model["description"], **columns}


def plain(text: str) -> str:
    """A description without what only dbt's readers need: grain, variables, the question answered."""
    line = re.sub(r"^One row per ", "", " ".join(text.split()))
    line = re.sub(r" \((?:the \w+ of )?`[^)]*\)", "", line)
    line = re.sub(r" Answers [^.]*\.$|; null [^.]*| Null [^.]*\.", "", line)
    line = line.replace("`", "").replace("as_of", "the last day")
    return line[:1].upper() + line[1:]
