"""What the shop keeps and serves: each list's path, fields, filters, sorts and expands.

Facts: reference/mycashflow-api.md 2 (paths), 3.1 to 3.6 (orders) and 5 (the others); 1.5 (sorts). A
list's field order here is the order on the wire. Paths nobody has seen (9.1): email-subscribers,
gift-cards, banner-groups, banners, customers/{id}/shipping-addresses. Fields nobody has seen, so
invented: those of versions and images, and the translations of customer groups.
"""

from dataclasses import dataclass

STATUSES = ("OPEN", "COMPLETED", "CANCELLED")
BY_ID = ("id-asc", "id-desc")


@dataclass(frozen=True)
class Resource:
    """One list of the API.

    Attributes:
        path: `{id}` in it is the id of a record of `parent`.
        fields: without an `id`, the shop's own ids never appear on the wire.
        times: what `<name>-from` and `<name>-to` filter by.
        sections: nested members that come only when expanded.
        nested: `section.member`: members of a section's items that have an expand of their own.
        filters: what can be filtered by value: `status`, `id` (a comma list), another id.
        link: the field that names the record of `parent` a record belongs to.
        of: the list whose records this one shows; it has none of its own.
        is_by_id: whether `<path>/<id>` is one record.
        has_meta: whether an answer says how much there is.
    """

    name: str
    path: str
    fields: tuple[str, ...]
    times: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    nested: tuple[str, ...] = ()
    sorts: tuple[str, ...] = BY_ID
    filters: tuple[str, ...] = ()
    parent: str = ""
    link: str = ""
    of: str = ""
    is_by_id: bool = True
    has_meta: bool = True

    @property
    def everything(self) -> frozenset[str]:
        """All expands, the nested ones with them."""
        return frozenset([*self.sections, *self.nested])

    @property
    def columns(self) -> tuple[str, ...]:
        """What is kept apart for each record, to filter and sort by."""
        links = (self.link,) if self.link else ()
        return (*self.times, *links, *(name for name in self.filters if name != "id"))


_STAMPS = ("id", "created_at", "updated_at")
_SEO = ("seo_title", "seo_page_title", "seo_meta_description")
_CATEGORY_FIELDS = (
    *_STAMPS, "parent_id", "parent_sort", "name", "description", "default_template", "template",
    "external_id",
)  # fmt: skip

_LISTS = (
    Resource(
        name="orders",
        path="orders",
        fields=(
            *_STAMPS, "archived_at", "external_id", "version_id", "language", "customer_id",
            "customer_external_id", "shipping_method_id", "payment_method_id",
            "customer_information", "shipping_address", "different_shipping_address", "subtotal",
            "shipping_costs", "payment_costs", "discount", "total", "status", "details",
            "receipt_url", "return_document_url", "dispatch_note_url", "custom_data",
        ),
        times=("created_at", "updated_at", "archived_at", "shipments_completed_at"),
        sections=("products", "shipments", "payments", "tax_summary", "comments", "events"),
        nested=("products.return_reasons",),
        sorts=(*BY_ID, "updated_at-asc", "updated_at-desc"),
        filters=("status",),
    ),
    Resource(
        name="customers",
        path="customers",
        fields=(
            *_STAMPS, "first_name", "last_name", "login_allowed", "company", "vat_code",
            "street_address", "postal_code", "city", "country", "phone", "email", "version_id",
            "language", "email_subscription", "sms_subscription", "einvoice_address",
            "last_login_at", "external_id",
        ),
        times=("created_at", "updated_at", "last_login_at"),
        sections=("customer_groups",),
    ),
    Resource(
        name="customer_shipping_addresses",
        path="customers/{id}/shipping-addresses",
        fields=(
            *_STAMPS, "customer_id", "primary", "email", "company", "first_name", "last_name",
            "street_address", "street_name", "street_number", "house_extension", "postal_code",
            "city", "country", "phone",
        ),
        parent="customers",
        link="customer_id",
        is_by_id=False,
        has_meta=False,
    ),
    Resource(
        name="customer_groups",
        path="customer-groups",
        fields=(*_STAMPS, "name"),
        sections=("translations", "customer_links"),
    ),
    Resource(
        name="email_subscribers",
        path="email-subscribers",
        fields=(
            *_STAMPS, "email", "version_id", "language", "country", "subscribed_at",
            "unsubscribed_at",
        ),
        times=("updated_at",),
    ),
    Resource(
        name="products",
        path="products",
        fields=(
            *_STAMPS, "product_code", "supplier_code", "name", "description", "information",
            "keywords", "price", "purchase_price", "vat_rate", "weight", "parcel_type", "warranty",
            "brand_id", "supplier_id", "available_from", "available_to", "order_limit",
            "order_limit_min", "featured", "visible_from", "purchasable_from", *_SEO, "barcode",
            "features",
        ),
        sections=(
            "translations", "visibilities", "category_links", "image_links", "variations", "brand",
            "stock_item",
        ),
        nested=("variations.stock_item",),
        filters=("id",),
    ),
    Resource(
        name="stock_items",
        path="stock",
        fields=(
            *_STAMPS, "barcode", "location", "enabled", "quantity", "reserved", "balance",
            "balance_alert", "balance_limit", "backorder_enabled", "backorder_estimate", "code",
            "product_id", "variation_id",
        ),
        is_by_id=False,
    ),
    Resource(
        name="stock_changes",
        path="stock-changes",
        fields=(
            "id", "changed_at", "user_id", "source_type", "source_id", "stock_item_id", "quantity",
            "quantity_change",
        ),
        times=("changed_at",),
        sorts=("id-asc",),
        filters=("stock_item_id",),
        is_by_id=False,
    ),
    Resource(
        name="categories",
        path="categories",
        fields=_CATEGORY_FIELDS,
        sections=("translations", "visibilities"),
        link="parent_id",
    ),
    Resource(
        name="subcategories",
        path="categories/{id}/subcategories",
        fields=_CATEGORY_FIELDS,
        sections=("translations", "visibilities"),
        parent="categories",
        link="parent_id",
        of="categories",
        is_by_id=False,
    ),
    Resource(
        name="brands",
        path="brands",
        fields=(*_STAMPS, "name", "description", *_SEO, "visibilities"),
        sections=("translations",),
    ),
    Resource(
        name="suppliers",
        path="suppliers",
        fields=(*_STAMPS, "name", "phone", "email", "url"),
    ),
    Resource(
        name="campaigns",
        path="campaigns",
        fields=(*_STAMPS, "published", "conditions", "discounts", "page"),
        sections=("prices", "translations", "visibilities"),
    ),
    Resource(
        name="gift_cards",
        path="gift-cards",
        fields=("created_at", "updated_at", "expires_at", "code", "notes", "balance"),
        is_by_id=False,
    ),
    Resource(
        name="banner_groups",
        path="banner-groups",
        fields=(*_STAMPS, "code", "title"),
        sections=("translations",),
    ),
    Resource(
        name="banners",
        path="banners",
        fields=(
            *_STAMPS, "group_id", "sort", "code", "title", "content", "visible_from", "visible_to",
            "file", "link",
        ),
        sections=("translations", "visibilities"),
    ),
    Resource(
        name="images",
        path="images",
        fields=(*_STAMPS, "filename", "title"),
        is_by_id=False,
    ),
    Resource(
        name="versions",
        path="versions",
        fields=(*_STAMPS, "name", "language", "currency", "domain"),
    ),
    Resource(
        name="shipping_methods",
        path="shipping-methods",
        fields=(
            *_STAMPS, "name", "type", "service_provider", "service_code", "product_code",
            "description", "tracking_info", "free_shipping_threshold", "sort",
        ),
    ),
    Resource(
        name="payment_methods",
        path="payment-methods",
        fields=(
            *_STAMPS, "name", "description", "username", "product_code", "sort", "provider",
        ),
    ),
)  # fmt: skip
RESOURCES = {resource.name: resource for resource in _LISTS}
