"""Orders as JSON text, with all their expands (reference/mycashflow-api.md 3.2 to 3.6)."""

from functools import lru_cache

from pipelines.demo.catalogue import Item
from pipelines.demo.helsinki import local_text
from pipelines.demo.money import euros, percent
from pipelines.demo.order import COMPONENTS, Order, Payment, Row, Shipment, TaxPart
from pipelines.demo.people import LANGUAGES
from pipelines.demo.wire import text_json, time_json
from pipelines.demo.wire_people import STREET, address_members, vat_code_json

_ORDER = (
    '{"id":%s,"created_at":"%s","updated_at":"%s","archived_at":%s,"external_id":%s,'
    '"version_id":%s,"language":"%s","customer_id":%s,"customer_external_id":%s,'
    '"shipping_method_id":%s,"payment_method_id":%s,"customer_information":{"vat_code":%s,%s,'
    '"shipping_address":%s,"different_shipping_address":%s,"subtotal":%s,"shipping_costs":%s,'
    '"payment_costs":%s,"discount":%s,"total":%s,"status":"%s","details":%s,"receipt_url":%s,'
    '"return_document_url":%s,"dispatch_note_url":null,"custom_data":%s%s\n'
    ',"products":[%s]\n,"shipments":[%s]\n,"payments":[%s]\n,"tax_summary":{%s}\n'
    ',"comments":[%s]\n,"events":[%s]\n}'
)
_ROW = (
    '{"id":%s,"created_at":"%s","updated_at":"%s","delivered_at":%s,"order_id":%s,%s,'
    '"custom_data":%s,"shipment_id":%s,"return_to_stock":%s%s,"return_reasons":[%s]}'
)
_GOODS = (
    '%s,"vat_rate":%s,"bundle_id":null,"campaign_id":%s,"unit_price":%s,"purchase_price":%s,"quantity":%s,%s'
)
_SHIPMENT = (
    '{"id":%s,"created_at":"%s","updated_at":"%s","completed_at":%s,"order_id":%s,'
    '"type":"delivery","status":"%s","shipping_method_id":%s,"weight":%s,"parcel_count":1,'
    '"external_id":null,"external_pickup_point_id":%s,"tracking_code":%s,'
    '"shipping_label_url":null,"documents":[%s]}'
)
_DOCUMENT = '{"type":"dispatch-note","url":"https://shop.example.com/note/%s"}'
_PAYMENT = (
    '{"id":%s,"created_at":"%s","updated_at":"%s","order_id":%s,"payment_method_id":%s,'
    '"reference":"%s7","external_id":%s,"amount":%s,"currency":"EUR","exchange_rate":1,'
    '"is_confirmed":%s,"is_paid":%s,"status":"%s"}'
)
_TAX = '{"tax_rate":%s,"total":%s,"total_tax":%s,"total_without_tax":%s}'
_REASON = '{"code":"%s","text":%s}'
_COMMENT = '{"order_id":%s,"created_at":"%s","user_id":null,"visibility":"customer","text":%s}'
_EVENT = '{"created_at":"%s","code":"%s","message":"%s","data":%s}'
_CART = '{"cart":{"products":[%s],"total":%s}}'
_CART_ROW = '{"id":%s,"quantity":%s}'


def order_text(order: Order, taxes: dict[str, list[TaxPart]]) -> str:
    """One order with all its expands; which optional members it has follows from `order.luck`."""
    person, rows, luck = order.person, order.rows, order.luck
    elsewhere = luck < 0.12
    home = address_members(person, order.email, STREET)
    away = address_members(person, order.email, "Toinenkatu") if elsewhere else home
    subtotal = order.subtotal
    return _ORDER % (
        order.id,
        local_text(order.created_at),
        local_text(order.updated_at),
        time_json(order.archived_at),
        f'"ERP-{order.id}"' if luck > 0.9 else "null",
        person.version_id,
        LANGUAGES[person.version_id],
        order.customer_id or "null",
        text_json(person.external_id if order.customer_id else None),
        order.shipping_method_id or "null",
        order.payment_method_id or "null",
        vat_code_json(person),
        home,
        "[]" if 0.2 < luck < 0.26 else "{" + away,
        "true" if elsewhere else "false",
        euros(subtotal),
        euros(order.shipping),
        euros(order.fee),
        euros(order.discount) if order.discount else "null",
        euros(subtotal - order.discount + order.shipping + order.fee),
        order.status,
        '"Toimitus sovittu puhelimitse"' if luck > 0.98 else "null",
        f'"https://shop.example.com/receipt/{order.id}"' if luck < 0.3 else "null",
        f'"https://shop.example.com/return/{order.id}"' if rows[-1].quantity < 0 else "null",
        '"{\\"kassa\\":2}"' if 0.5 < luck < 0.52 else "null",
        _extra(luck),
        ",".join([_row(row, order.id) for row in rows]),
        ",".join([_shipment(shipment, order) for shipment in order.shipments]),
        ",".join([_payment(payment, order.id) for payment in order.payments]),
        ",".join([_taxes(component, taxes[component]) for component in COMPONENTS]),
        ",".join([_comment(order.id, *comment) for comment in order.comments]),
        ",".join([_event(order, *event) for event in order.events]),
    )


def _row(row: Row, order_id: int) -> str:
    returned = row.quantity < 0
    return _ROW % (
        row.id,
        local_text(row.created_at),
        local_text(row.delivered_at or row.created_at),
        time_json(row.delivered_at),
        order_id,
        _goods(row.item, row.rate, row.campaign_id, row.price, row.quantity),
        '"{\\"lahja\\":true}"' if row.id % 50 == 0 else "null",
        row.shipment_id or "null",
        "true" if returned else "null",
        row.extra,
        ",".join([_REASON % (code, text_json(text)) for code, text in row.reasons]) if returned else "",
    )


@lru_cache(maxsize=4096)
def _goods(item: Item, rate: int, campaign_id: int | None, price: int, quantity: int) -> str:
    return _GOODS % (
        item.origin,
        percent(rate),
        campaign_id or "null",
        "null" if item.is_free else euros(price),
        item.cost,
        quantity,
        item.label,
    )


def _shipment(shipment: Shipment, order: Order) -> str:
    sent = shipment.completed_at is not None
    return _SHIPMENT % (
        shipment.id,
        local_text(shipment.created_at),
        local_text(shipment.completed_at or shipment.created_at),
        time_json(shipment.completed_at),
        order.id,
        "COMPLETED" if sent else "OPEN",
        shipment.method_id,
        f"{1 + len(order.rows)}.250" if shipment.id % 9 else "null",
        f'"PP-{shipment.id % 700}"' if shipment.method_id == 2 else "null",
        f'"JJFI{shipment.id:010d}"' if sent else "null",
        _DOCUMENT % shipment.id if sent else "",
    )


def _payment(payment: Payment, order_id: int) -> str:
    created_at = local_text(payment.created_at)
    return _PAYMENT % (
        payment.id,
        created_at,
        created_at,
        order_id,
        payment.method_id,
        order_id,
        f'"tx-{payment.id}"' if payment.method_id < 4 else "null",
        euros(payment.amount),
        "true" if payment.status != "OPEN" else "false",
        "true" if payment.status in ("PAID", "REFUNDED") else "false",
        payment.status,
    )


def _taxes(component: str, parts: list[TaxPart]) -> str:
    if not parts:
        return f'"{component}":[]'
    written = [
        _TAX % (percent(rate), euros(gross), euros(gross - net), euros(net)) for rate, gross, net in parts
    ]
    return f'"{component}":[{",".join(written)}]'


def _comment(order_id: int, moment: int, text: str) -> str:
    return _COMMENT % (order_id, local_text(moment), text_json(text))


def _event(order: Order, moment: int, code: str, message: str) -> str:
    """An event; its free-form data is an empty list, an object, or now and then a whole cart."""
    if order.id % 25 == 0:
        cart = ",".join([_CART_ROW % (row.id, row.quantity) for row in order.rows])
        data = _CART % (cart, euros(order.total))
    else:
        data = "[]" if order.id % 2 else '{"source":"checkout"}'
    return _EVENT % (local_text(moment), code, message, data)


def _extra(luck: float) -> str:
    """Members no document names, on some orders."""
    if luck > 0.97:
        return ',"campaign_codes":["KESA10"]'
    return ',"is_pos":true,"cashier":"Kassa 2"' if 0.6 < luck < 0.62 else ""
