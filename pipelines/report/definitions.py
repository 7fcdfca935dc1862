"""What every figure and segment means: one row each, shown beside it and in the glossary.

Thresholds are the defaults of the dbt variables that the segments are built with.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Definition:
    """A name and its meaning in plain words; `group` is the heading it is listed under."""

    key: str
    name: str
    text: str
    group: str = "figure"


LAST_ORDER, HABIT, LIST, RFM = "When they last bought", "How they buy", "The mailing list", "RFM"

DEFINITIONS = (
    Definition("net_sales", "Net sales",
        "Goods sold minus returns and order discounts, without VAT, delivery or payment fees. "
        "Cancelled orders are not counted. A sale counts on the day of its order, a return on the "
        "day it came back."),
    Definition("order_count", "Orders",
        "Orders placed in the period; cancelled ones, and those that only take goods back, are "
        "left out."),
    Definition("average_order_value", "Average order value",
        "Net sales of the period's orders, before later returns, divided by the number of those "
        "orders. Without VAT and delivery."),
    Definition("new_customer_count", "New customers",
        "Customers whose first counted order ever falls in the period. Orders with the same "
        "account or the same email address belong to one customer."),
    Definition("customer_count", "Customers",
        "New: the first counted order ever is from that day. Returning: had ordered on an earlier "
        "day; counted once for each day they order, so somebody who comes back on two days of a "
        "month counts twice in that month."),
    Definition("customer_net_sales", "Net sales by customer",
        "Net sales, split by whether the customer was new on the day of the order or had ordered "
        "on an earlier day. A return counts with the order it belongs to."),
    Definition("year_before", "The year before",
        "Headline figures: as many days, ending on the same date one year earlier. Weeks: the same "
        "week 52 weeks earlier, so that weekdays match."),
    Definition("week", "Week",
        "Seven days ending on the weekday of the report's last day, so that every week shown is "
        "whole."),
    Definition("order_count_30_days", "Orders, 30 days",
        "Counted orders of the last 30 days."),
    Definition("order_value_30_days", "Order value, 30 days",
        "What customers pay for the orders of the last 30 days: goods less discounts and returns, "
        "delivery and fees, with VAT. Net sales has neither VAT nor delivery."),
    Definition("average_order_value_365_days", "Average order value, 365 days",
        "What customers pay, with VAT, for the orders of the last 365 days, divided by the number "
        "of those orders."),
    Definition("order_frequency_30_days", "Orders per buyer, 30 days",
        "Orders of the last 30 days divided by the customers who placed them. 1.00 means that "
        "nobody ordered twice."),
    Definition("customer_lifespan_years_buyers", "Customer lifespan, buyers",
        "Years between a customer's first and last order, averaged over everybody who has ordered. "
        "A single order counts as 0 years."),
    Definition("customer_lifespan_years_members", "Customer lifespan, everybody",
        "The same years, averaged over everybody on the list, buyers or not."),
    Definition("completeness", "Arrived in full",
        "Complete: as many different records arrived as the store's API counted. Short: fewer "
        "arrived. Uncounted: the API gave no number to compare with. Failed: reading stopped "
        "early."),
    Definition("asked", "Asked", "Records the store's API counted in the last window read."),
    Definition("arrived", "Arrived", "Different records that arrived from that window."),
    Definition("set_aside", "Set aside",
        "Records that could not be understood. They are kept apart with the reason and are in no "
        "figure."),

    Definition("recent_buyers_30", "Bought in 30 days",
        "At least one order in the last 30 days.", LAST_ORDER),
    Definition("recent_buyers_90", "Bought in 90 days",
        "At least one order in the last 90 days.", LAST_ORDER),
    Definition("first_time_buyers_30", "First order in 30 days",
        "First order ever in the last 30 days.", LAST_ORDER),
    Definition("second_order_due", "Second order due",
        "One order so far, and about the time has passed after which others order again.",
        LAST_ORDER),
    Definition("non_buyers_30", "No order in 30 days",
        "No order in the last 30 days, people who never ordered included.", LAST_ORDER),
    Definition("non_buyers_90", "No order in 90 days",
        "No order in the last 90 days, people who never ordered included.", LAST_ORDER),
    Definition("at_risk", "Late for their own rhythm",
        "Time since the last order is 1 to 3 times their own usual gap.", LAST_ORDER),
    Definition("win_back", "Long overdue",
        "Time since the last order is more than 3 times their own usual gap.", LAST_ORDER),
    Definition("lapsed_customers", "Lapsed customers",
        "Ordered before, nothing for 180 days.", LAST_ORDER),

    Definition("one_time_buyers", "One-time buyers", "Exactly one order ever.", HABIT),
    Definition("repeat_customers", "Repeat customers", "Two orders or more.", HABIT),
    Definition("frequent_buyers", "Frequent buyers",
        "Three orders or more in the last 365 days.", HABIT),
    Definition("vip", "VIP",
        "Top 10 % by net sales of the last 365 days, with at least two orders.", HABIT),
    Definition("big_spenders", "Big spenders",
        "Own average order at least twice the store's.", HABIT),
    Definition("discount_buyers", "Discount buyers", "Buy mostly with a discount.", HABIT),
    Definition("full_price_buyers", "Full-price buyers", "Buy without discounts.", HABIT),
    Definition("high_returners", "High returners", "Send back an unusual share.", HABIT),
    Definition("business_customers", "Business customers",
        "Gave a company name or VAT number, in the account or with an order.", HABIT),
    Definition("multi_store_customers", "In several stores",
        "The same email address has ordered in more than one store.", HABIT),

    Definition("new_customers_30", "New registrations",
        "Registered in the store in the last 30 days.", LIST),
    Definition("subscribers_never_bought", "Subscribers, never bought",
        "On the mailing list, no order ever.", LIST),
    Definition("buyers_not_subscribed", "Buyers, not subscribed",
        "Have ordered, are not on the mailing list.", LIST),
    Definition("unsubscribed_vip", "VIPs who unsubscribed",
        "VIP customers who have left the mailing list.", LIST),

    Definition("rfm_champions", "Champions",
        "Ordered lately, often and for the most money.", RFM),
    Definition("rfm_loyal", "Loyal", "Order regularly and for good money.", RFM),
    Definition("rfm_potential_loyalist", "Potential loyalists",
        "Recent customers with more than a first order or a good sum.", RFM),
    Definition("rfm_new_customers", "New customers", "Ordered lately, for the first time.", RFM),
    Definition("rfm_promising", "Promising",
        "Ordered lately, seldom so far, for good money.", RFM),
    Definition("rfm_need_attention", "Need attention",
        "Good customers whose last order is a while ago.", RFM),
    Definition("rfm_about_to_sleep", "About to sleep",
        "Below the middle in time, number and money.", RFM),
    Definition("rfm_at_risk", "At risk",
        "Ordered often and for good money, but long ago.", RFM),
    Definition("rfm_cannot_lose_them", "Cannot lose them",
        "Among the best once, gone for the longest.", RFM),
    Definition("rfm_hibernating", "Hibernating",
        "Last order long ago, few orders, little money.", RFM),
    Definition("rfm_lost", "Lost", "Longest ago, fewest orders.", RFM),
)  # fmt: skip

BY_KEY = {definition.key: definition for definition in DEFINITIONS}
FIGURES = tuple(definition for definition in DEFINITIONS if definition.group == "figure")
SEGMENT_GROUPS = (LAST_ORDER, HABIT, LIST, RFM)


def segment_definition(key: str) -> Definition:
    """The segment's definition; one made of its key for a segment this table does not know."""
    group = RFM if key.startswith("rfm_") else HABIT
    name = key.removeprefix("rfm_").replace("_", " ").capitalize()
    return BY_KEY.get(key, Definition(key, name, "", group))
