"""What the shop keeps and serves: each list's path, fields, filters, sorts and expands.

Facts: reference/mycashflow-api.md 3.1 to 3.6 (orders), 5.9 (customers), 5.12 (subscribers). The
path of the subscribers is a guess of the reference (9.1). A list's field order here is the order on
the wire.
"""

from dataclasses import dataclass

STATUSES = ("OPEN", "COMPLETED", "CANCELLED")
BY_ID = ("id-asc", "id-desc")


@dataclass(frozen=True)
class Resource:
    """One list of the API.

    Attributes:
        sections: nested lists that come only when expanded.
        times: what `<name>-from` and `<name>-to` filter by.
    """

    name: str
    path: str
    fields: tuple[str, ...]
    times: tuple[str, ...]
    sections: tuple[str, ...] = ()
    sorts: tuple[str, ...] = BY_ID
    has_status: bool = False

    @property
    def everything(self) -> frozenset[str]:
        """All expands, the nested one with them."""
        nested = [f"{name}.return_reasons" for name in self.sections if name == "products"]
        return frozenset([*self.sections, *nested])

    @property
    def columns(self) -> tuple[str, ...]:
        """What is kept apart for each record, to filter and sort by."""
        return (*self.times, "status") if self.has_status else self.times


ORDERS = Resource(
    name="orders",
    path="orders",
    fields=(
        "id", "created_at", "updated_at", "archived_at", "external_id", "version_id", "language",
        "customer_id", "customer_external_id", "shipping_method_id", "payment_method_id",
        "customer_information", "shipping_address", "different_shipping_address", "subtotal",
        "shipping_costs", "payment_costs", "discount", "total", "status", "details", "receipt_url",
        "return_document_url", "dispatch_note_url", "custom_data",
    ),
    times=("created_at", "updated_at", "archived_at", "shipments_completed_at"),
    sections=("products", "shipments", "payments", "tax_summary", "comments", "events"),
    sorts=(*BY_ID, "updated_at-asc", "updated_at-desc"),
    has_status=True,
)  # fmt: skip
CUSTOMERS = Resource(
    name="customers",
    path="customers",
    fields=(
        "id", "created_at", "updated_at", "first_name", "last_name", "login_allowed", "company",
        "vat_code", "street_address", "postal_code", "city", "country", "phone", "email",
        "version_id", "language", "email_subscription", "sms_subscription", "einvoice_address",
        "last_login_at", "external_id",
    ),
    times=("created_at", "updated_at", "last_login_at"),
    sections=("customer_groups",),
)  # fmt: skip
EMAIL_SUBSCRIBERS = Resource(
    name="email_subscribers",
    path="email-subscribers",
    fields=(
        "id", "created_at", "updated_at", "email", "version_id", "language", "country",
        "subscribed_at", "unsubscribed_at",
    ),
    times=("updated_at",),
)  # fmt: skip
RESOURCES = {resource.name: resource for resource in (ORDERS, CUSTOMERS, EMAIL_SUBSCRIBERS)}
