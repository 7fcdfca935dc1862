"""Orders as JSON text, with all their expands (reference/mycashflow-api.md 3.2 to 3.6)."""

from functools import lru_cache

from pipelines.demo.catalogue import GIFT_CARD, PICKUP, Item
from pipelines.demo.helsinki import local_text
from pipelines.demo.money import euros, percent
from pipelines.demo.order import COMPONENTS, Order, Payment, Row, Shipment, TaxPart
from pipelines.demo.people import LANGUAGES, Person
from pipelines.demo.wire import text_json, time_json
from pipelines.demo.wire_people import STREET, address_members, vat_code_json

_RECEIPT = "https://shop.example.com/receipt/"
_RETURN = "https://shop.example.com/return/"
_NOTE = "https://shop.example.com/note/"
_IN_STORE = r'"{\"kassa\":2}"'
_GIFT_WRAP = r'"{\"lahja\":true}"'


def order_text(order: Order, taxes: dict[str, list[TaxPart]]) -> str:
    """One order with all its expands, each on a line of its own."""
    rows = ",".join([_row(row, order.id) for row in order.rows])
    shipments = ",".join([_shipment(shipment, order) for shipment in order.shipments])
    payments = ",".join([_payment(payment, order.id) for payment in order.payments])
    components = ",".join([_taxes(name, taxes[name]) for name in COMPONENTS])
    comments = ",".join([_comment(order.id, *comment) for comment in order.comments])
    events = ",".join([_event(order, *event) for event in order.events])
    return (
        f'{_members(order)}\n,"products":[{rows}]\n,"shipments":[{shipments}]\n,"payments":[{payments}]'
        f'\n,"tax_summary":{{{components}}}\n,"comments":[{comments}]\n,"events":[{events}]\n}}'
    )


def _members(order: Order) -> str:
    """The order's own members; which optional ones it has follows from `order.luck`."""
    person, number, luck, subtotal = order.person, order.id, order.luck, order.subtotal
    external_id = person.external_id if order.customer_id else None
    total = subtotal - order.discount + order.shipping + order.fee
    returned = order.rows[-1].quantity < 0
    return (
        f'{{"id":{number},"created_at":"{local_text(order.created_at)}",'
        f'"updated_at":"{local_text(order.updated_at)}","archived_at":{time_json(order.archived_at)},'
        f'"external_id":{_quoted("ERP-", number) if luck > 0.9 else "null"},"version_id":{person.version_id},'
        f'"language":"{LANGUAGES[person.version_id]}","customer_id":{order.customer_id or "null"},'
        f'"customer_external_id":{text_json(external_id)},'
        f'"shipping_method_id":{order.shipping_method_id or "null"},'
        f'"payment_method_id":{order.payment_method_id or "null"},{_addresses(person, order.email, luck)},'
        f'"subtotal":{euros(subtotal)},"shipping_costs":{euros(order.shipping)},'
        f'"payment_costs":{euros(order.fee)},'
        f'"discount":{euros(order.discount) if order.discount else "null"},"total":{euros(total)},'
        f'"status":"{order.status}",'
        f'"details":{text_json("Toimitus sovittu puhelimitse" if luck > 0.98 else None)},'
        f'"receipt_url":{_quoted(_RECEIPT, number) if luck < 0.3 else "null"},'
        f'"return_document_url":{_quoted(_RETURN, number) if returned else "null"},'
        f'"dispatch_note_url":null,"custom_data":{_IN_STORE if 0.5 < luck < 0.52 else "null"}'
        f"{_unknown(luck)}"
    )


def _addresses(person: Person, email: str, luck: float) -> str:
    elsewhere = luck < 0.12
    home = address_members(person, email, STREET)
    away = address_members(person, email, "Toinenkatu") if elsewhere else home
    return (
        f'"customer_information":{{"vat_code":{vat_code_json(person)},{home}}},'
        f'"shipping_address":{"[]" if 0.2 < luck < 0.26 else f"{{{away}}}"},'
        f'"different_shipping_address":{"true" if elsewhere else "false"}'
    )


def _unknown(luck: float) -> str:
    """Members no document names, on some orders."""
    if luck > 0.97:
        return ',"campaign_codes":["KESA10"]'
    return ',"is_pos":true,"cashier":"Kassa 2"' if 0.6 < luck < 0.62 else ""


def _row(row: Row, order_id: int) -> str:
    returned = row.quantity < 0
    reasons = [f'{{"code":"{code}","text":{text_json(text)}}}' for code, text in row.reasons]
    return (
        f'{{"id":{row.id},"created_at":"{local_text(row.created_at)}",'
        f'"updated_at":"{local_text(row.delivered_at or row.created_at)}",'
        f'"delivered_at":{time_json(row.delivered_at)},"order_id":{order_id},'
        f"{_goods(row.item, row.rate, row.campaign_id, row.price, row.quantity)},"
        f'"custom_data":{"null" if row.id % 50 else _GIFT_WRAP},'
        f'"shipment_id":{row.shipment_id or "null"},"return_to_stock":{"true" if returned else "null"}'
        f'{row.extra},"return_reasons":[{",".join(reasons)}]}}'
    )


@lru_cache(maxsize=4096)
def _goods(item: Item, rate: int, campaign_id: int | None, price: int, quantity: int) -> str:
    return (
        f'{item.origin},"vat_rate":{percent(rate)},"bundle_id":null,"campaign_id":{campaign_id or "null"},'
        f'"unit_price":{"null" if item.is_free else euros(price)},"purchase_price":{item.cost},'
        f'"quantity":{quantity},{item.label}'
    )


def _shipment(shipment: Shipment, order: Order) -> str:
    number, sent = shipment.id, shipment.completed_at is not None
    pickup_point = _quoted("PP-", number % 90) if shipment.method_id == PICKUP else "null"
    documents = f'{{"type":"dispatch-note","url":"{_NOTE}{number}"}}' if sent else ""
    return (
        f'{{"id":{number},"created_at":"{local_text(shipment.created_at)}",'
        f'"updated_at":"{local_text(shipment.completed_at or shipment.created_at)}",'
        f'"completed_at":{time_json(shipment.completed_at)},"order_id":{order.id},"type":"delivery",'
        f'"status":"{"COMPLETED" if sent else "OPEN"}","shipping_method_id":{shipment.method_id},'
        f'"weight":{f"{len(order.rows)}.250" if number % 9 else "null"},"parcel_count":1,"external_id":null,'
        f'"external_pickup_point_id":{pickup_point},'
        f'"tracking_code":{_quoted("JJFI", number) if sent else "null"},'
        f'"shipping_label_url":null,"documents":[{documents}]}}'
    )


def _payment(payment: Payment, order_id: int) -> str:
    created_at, status = local_text(payment.created_at), payment.status
    external_id = _quoted("tx-", payment.id) if payment.method_id < GIFT_CARD else "null"
    return (
        f'{{"id":{payment.id},"created_at":"{created_at}","updated_at":"{created_at}",'
        f'"order_id":{order_id},"payment_method_id":{payment.method_id},"reference":"{order_id}7",'
        f'"external_id":{external_id},"amount":{euros(payment.amount)},"currency":"EUR",'
        f'"exchange_rate":1,"is_confirmed":{"false" if status == "OPEN" else "true"},'
        f'"is_paid":{"true" if status in ("PAID", "REFUNDED") else "false"},"status":"{status}"}}'
    )


def _taxes(component: str, parts: list[TaxPart]) -> str:
    if not parts:
        return f'"{component}":[]'
    written = [
        f'{{"tax_rate":{percent(rate)},"total":{euros(gross)},"total_tax":{euros(gross - net)},'
        f'"total_without_tax":{euros(net)}}}'
        for rate, gross, net in parts
    ]
    return f'"{component}":[{",".join(written)}]'


def _comment(order_id: int, moment: int, text: str) -> str:
    return (
        f'{{"order_id":{order_id},"created_at":"{local_text(moment)}","user_id":null,'
        f'"visibility":"customer","text":{text_json(text)}}}'
    )


def _event(order: Order, moment: int, code: str, message: str) -> str:
    return (
        f'{{"created_at":"{local_text(moment)}","code":"{code}","message":"{message}",'
        f'"data":{_event_data(order)}}}'
    )


def _event_data(order: Order) -> str:
    """Free-form: an empty list, an object, or now and then a whole cart."""
    if order.id % 25:
        return "[]" if order.id % 2 else '{"source":"checkout"}'
    cart = ",".join([f'{{"id":{row.id},"quantity":{row.quantity}}}' for row in order.rows])
    return f'{{"cart":{{"products":[{cart}],"total":{euros(order.total)}}}}}'


def _quoted(prefix: str, number: int) -> str:
    return f'"{prefix}{number}"'
