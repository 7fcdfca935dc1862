"""Which tables the lists are: one per list, one per nested list, `orders__products`."""

_NESTED: dict[str, tuple[str, ...]] = {
    "banner_groups": ("translations",),
    "banners": ("translations", "visibilities"),
    "brands": ("translations", "visibilities"),
    "campaigns": ("prices", "translations", "visibilities"),
    "categories": ("translations", "visibilities"),
    "customer_groups": ("customer_links", "translations"),
    "customers": ("customer_groups",),
    "email_subscribers": (),
    "gift_cards": (),
    "images": (),
    "orders": (
        "comments", "events", "payments", "products", "products__return_reasons", "shipments",
        "shipments__documents", "tax_summary",
    ),
    "payment_methods": (),
    "products": ("category_links", "image_links", "translations", "variations", "visibilities"),
    "shipping_methods": (),
    "stock_changes": (),
    "stock_items": (),
    "suppliers": (),
    "versions": (),
}  # fmt: skip
CHILDREN = {name: {f"{name}__{list_}": list_ for list_ in nested} for name, nested in _NESTED.items()}
"""List -> the tables of its nested lists and what these are called inside a record."""

TABLES = tuple(table for name in CHILDREN for table in (name, *CHILDREN[name]))
PARTED_TABLES = ("customer_shipping_addresses", "subcategories")
"""Those of the lists that are served in parts, one for each record of another list."""
