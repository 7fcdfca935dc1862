"""Orders, customers and subscribers as JSON text, ready to be stored and served.

A record is stored with each expandable list on a line of its own (a line break cannot stand inside a JSON string, so
cutting lines out leaves valid JSON). Money is written from cents, never through a float. Letters beyond ASCII are
escaped in what the shop is made with and plain in what is edited later: both are JSON.
"""

import json
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import Any

from pipelines.demo.catalogue import Item
from pipelines.demo.helsinki import local_text, moment_of
from pipelines.demo.money import euros, percent
from pipelines.demo.order import COMPONENTS, Order, Payment, Row, Shipment, TaxPart
from pipelines.demo.people import LANGUAGES, Person, Subscriber

_ORDER = (
    '{"id":%s,"created_at":"%s","updated_at":"%s","archived_at":%s,"external_id":%s,"version_id":%s,'
    '"language":"%s","customer_id":%s,"customer_external_id":%s,"shipping_method_id":%s,'
    '"payment_method_id":%s,"customer_information":%s,"shipping_address":%s,'
    '"different_shipping_address":%s,"subtotal":%s,"shipping_costs":%s,"payment_costs":%s,'
    '"discount":%s,"total":%s,"status":"%s","details":%s,"receipt_url":%s,'
    '"return_document_url":%s,"dispatch_note_url":%s,"custom_data":%s%s\n'
    ',"products":[%s]\n,"shipments":[%s]\n,"payments":[%s]\n,"tax_summary":{%s}\n'
    ',"comments":[%s]\n,"events":[%s]\n}'
)
_ADDRESS = (
    '"company":%s,"first_name":%s,"last_name":%s,"street_address":"%s","postal_code":"%s",'
    '"city":%s,"country":"FI","phone":%s,"email":"%s"}'
)
_ROW = (
    '{"id":%s,"created_at":"%s","updated_at":"%s","delivered_at":%s,"order_id":%s,%s,'
    '"custom_data":%s,"shipment_id":%s,"return_to_stock":%s%s,"return_reasons":[%s]}'
)
_GOODS = (
    '%s,"vat_rate":%s,"bundle_id":null,"campaign_id":%s,"unit_price":%s,"purchase_price":%s,'
    '"quantity":%s,%s'
)
_SHIPMENT = (
    '{"id":%s,"created_at":"%s","updated_at":"%s","completed_at":%s,"order_id":%s,'
    '"type":"delivery","status":"%s","shipping_method_id":%s,"weight":%s,"parcel_count":1,'
    '"external_id":null,"external_pickup_point_id":%s,"tracking_code":%s,'
    '"shipping_label_url":null,"documents":[%s]}'
)
_PAYMENT = (
    '{"id":%s,"created_at":"%s","updated_at":"%s","order_id":%s,"payment_method_id":%s,'
    '"reference":"%s","external_id":%s,"amount":%s,"currency":"EUR","exchange_rate":1,'
    '"is_confirmed":%s,"is_paid":%s,"status":"%s"}'
)
_TAX = '{"tax_rate":%s,"total":%s,"total_tax":%s,"total_without_tax":%s}'
_REASON = '{"code":"%s","text":%s}'
_COMMENT = '{"order_id":%s,"created_at":"%s","user_id":%s,"visibility":"%s","text":%s}'
_EVENT = '{"created_at":"%s","code":"%s","message":"%s","data":%s}'
_CUSTOMER = (
    '{"id":%s,"created_at":"%s","updated_at":"%s","first_name":%s,"last_name":%s,'
    '"login_allowed":%s,"company":%s,"vat_code":%s,"street_address":"%s","postal_code":"%s",'
    '"city":%s,"country":"FI","phone":%s,"email":"%s","version_id":%s,"language":"%s",'
    '"email_subscription":%s,"sms_subscription":%s,"einvoice_address":%s,"last_login_at":%s,'
    '"external_id":%s%s\n,"customer_groups":[%s]\n}'
)
_SUBSCRIBER = (
    '{"id":%s,"created_at":"%s","updated_at":"%s","email":"%s","version_id":%s,"language":"%s",'
    '"country":"fi","subscribed_at":"%s","unsubscribed_at":%s\n}'
)


def order_text(order: Order, taxes: dict[str, list[TaxPart]]) -> str:
    """One order with all its expands; which optional members it has follows from `order.luck`."""
    person, rows, luck = order.person, order.rows, order.luck
    elsewhere = luck < 0.12
    home = _address(person, order.email, "Esimerkkikatu")
    away = _address(person, order.email, "Toinenkatu") if elsewhere else home
    subtotal = order.subtotal
    return _ORDER % (
        order.id,
        local_text(order.created_at),
        local_text(order.updated_at),
        _time(order.archived_at),
        '"ERP-%d"' % order.id if luck > 0.9 else "null",
        person.version_id,
        LANGUAGES[person.version_id],
        _number(order.customer_id),
        _text(person.external_id if order.customer_id else None),
        _number(order.shipping_method_id),
        _number(order.payment_method_id),
        '{"vat_code":%s,' % _vat_code(person) + home,
        "[]" if 0.2 < luck < 0.26 else "{" + away,
        "true" if elsewhere else "false",
        euros(subtotal),
        euros(order.shipping),
        euros(order.fee),
        euros(order.discount) if order.discount else "null",
        euros(subtotal - order.discount + order.shipping + order.fee),
        order.status,
        '"Toimitus sovittu puhelimitse"' if luck > 0.98 else "null",
        '"https://shop.example.com/receipt/%d"' % order.id if luck < 0.3 else "null",
        '"https://shop.example.com/return/%d"' % order.id if rows[-1].quantity < 0 else "null",
        "null",
        '"{\\"kassa\\":2}"' if 0.5 < luck < 0.52 else "null",
        _extra(luck),
        ",".join([_row(row, order.id) for row in rows]),
        ",".join([_shipment(shipment, order) for shipment in order.shipments]),
        ",".join([_payment(payment, order.id) for payment in order.payments]),
        ",".join([_taxes(component, taxes[component]) for component in COMPONENTS]),
        ",".join([_comment(order.id, *comment) for comment in order.comments]),
        ",".join([_event(order, *event) for event in order.events]),
    )


def customer_text(person: Person, updated_at: int, login_at: int | None, rng: Random) -> str:
    """One account with its groups; half-random members come from `rng`."""
    luck = rng.random()
    return _CUSTOMER % (
        person.account_id,
        local_text(person.registered_at or 0),
        local_text(updated_at),
        _text(person.first_name),
        _text(person.last_name),
        "false" if luck > 0.97 else "true",
        _company(person),
        _vat_code(person),
        *_street(person, "Esimerkkikatu"),
        _phone(person),
        person.email.upper() if 0.3 < luck < 0.33 else person.email,
        person.version_id,
        LANGUAGES[person.version_id],
        "true" if person.is_subscriber else "false",
        "true" if luck < 0.2 else "false",
        '{"edi_code":"0037%08d","operator_code":"003700000000"}' % person.index
        if person.is_company
        else "[]",
        _time(login_at),
        _text(person.external_id),
        ',"loyalty_points":%d' % (person.index % 500) if luck > 0.9 else "",
        ",".join(customer_groups(person)),
    )


def customer_groups(person: Person) -> list[str]:
    """The JSON of each group the account is in."""
    groups = ['{"id":3,"name":"Yritykset"}'] if person.is_company else []
    return groups + (['{"id":1,"name":"Kanta-asiakkaat"}'] if person.index % 4 == 0 else [])


def subscriber_text(subscriber: Subscriber) -> str:
    """One line of the newsletter list."""
    return _SUBSCRIBER % (
        subscriber.id,
        local_text(subscriber.created_at),
        local_text(subscriber.updated_at),
        subscriber.email,
        subscriber.version_id,
        LANGUAGES[subscriber.version_id],
        local_text(subscriber.created_at),
        _time(subscriber.unsubscribed_at),
    )


def record_text(record: dict[str, object], sections: tuple[str, ...]) -> bytes:
    """A record given as a dict, in the stored form; decimals of up to 15 digits come out exact."""
    base = {key: value for key, value in record.items() if key not in sections}
    lines = [_dump(base)[:-1]]
    lines += [f',"{section}":{_dump(record[section])}' for section in sections]
    return "\n".join([*lines, "}"]).encode()


def parse_record(text: bytes) -> dict[str, Any]:
    """The record as a dict."""
    record: dict[str, Any] = json.loads(text)
    return record


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return local_text(moment_of(value))
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _row(row: Row, order_id: int) -> str:
    created_at = local_text(row.created_at)
    delivered_at = _time(row.delivered_at)
    returned = row.quantity < 0
    return _ROW % (
        row.id,
        created_at,
        delivered_at[1:-1] if row.delivered_at else created_at,
        delivered_at,
        order_id,
        _goods(row.item, row.rate, row.campaign_id, row.price, row.quantity),
        '"{\\"lahja\\":true}"' if row.id % 50 == 0 else "null",
        _number(row.shipment_id),
        "true" if returned else "null",
        row.extra,
        ",".join([_REASON % (code, _text(text)) for code, text in row.reasons]) if returned else "",
    )


@lru_cache(maxsize=4096)
def _goods(item: Item, rate: int, campaign_id: int | None, price: int, quantity: int) -> str:
    return _GOODS % (
        item.origin,
        percent(rate),
        _number(campaign_id),
        "null" if item.is_free else euros(price),
        item.cost,
        quantity,
        item.label,
    )


def _shipment(shipment: Shipment, order: Order) -> str:
    created_at = local_text(shipment.created_at)
    completed_at = _time(shipment.completed_at)
    sent = shipment.completed_at is not None
    return _SHIPMENT % (
        shipment.id,
        created_at,
        completed_at[1:-1] if sent else created_at,
        completed_at,
        order.id,
        "COMPLETED" if sent else "OPEN",
        shipment.method_id,
        f"{1 + len(order.rows)}.250" if shipment.id % 9 else "null",
        '"PP-%d"' % (shipment.id % 700) if shipment.method_id == 2 else "null",
        '"JJFI%010d"' % shipment.id if sent else "null",
        '{"type":"dispatch-note","url":"https://shop.example.com/note/%d"}' % shipment.id
        if sent
        else "",
    )


def _payment(payment: Payment, order_id: int) -> str:
    created_at = local_text(payment.created_at)
    paid = payment.status in ("PAID", "REFUNDED")
    return _PAYMENT % (
        payment.id,
        created_at,
        created_at,
        order_id,
        payment.method_id,
        "%d" % (order_id * 10 + 7),
        '"tx-%d"' % payment.id if payment.method_id < 4 else "null",
        euros(payment.amount),
        "true" if payment.status != "OPEN" else "false",
        "true" if paid else "false",
        payment.status,
    )


def _taxes(component: str, parts: list[TaxPart]) -> str:
    if not parts:
        return f'"{component}":[]'
    written = [
        _TAX % (percent(rate), euros(gross), euros(gross - net), euros(net))
        for rate, gross, net in parts
    ]
    return '"%s":[%s]' % (component, ",".join(written))


def _comment(order_id: int, moment: int, text: str) -> str:
    return _COMMENT % (order_id, local_text(moment), "null", "customer", _text(text))


def _event(order: Order, moment: int, code: str, message: str) -> str:
    if order.id % 25 == 0:
        cart = ",".join(['{"id":%s,"quantity":%d}' % (row.id, row.quantity) for row in order.rows])
        data = '{"cart":{"products":[%s],"total":%s}}' % (cart, euros(order.total))
    else:
        data = "[]" if order.id % 2 else '{"source":"checkout"}'
    return _EVENT % (local_text(moment), code, message, data)


def _extra(luck: float) -> str:
    """Members no document names, on some orders."""
    if luck > 0.97:
        return ',"campaign_codes":["KESA10"]'
    return ',"is_pos":true,"cashier":"Kassa 2"' if 0.6 < luck < 0.62 else ""


def _address(person: Person, email: str, street: str) -> str:
    return _ADDRESS % (
        _company(person),
        _text(person.first_name),
        _text(person.last_name),
        *_street(person, street),
        _phone(person),
        email,
    )


def _street(person: Person, street: str) -> tuple[str, str, str]:
    postal_code, city = person.place
    return f"{street} {person.index % 97 + 1}", postal_code, _text(city)


def _phone(person: Person) -> str:
    return '"+358 000 %06d"' % (person.index % 1_000_000) if person.index % 8 else "null"


def _company(person: Person) -> str:
    return f'"Esimerkki {person.index} Oy"' if person.is_company else "null"


def _vat_code(person: Person) -> str:
    return '"FI%08d"' % person.index if person.is_company else "null"


def _time(moment: int | None) -> str:
    return "null" if moment is None else '"' + local_text(moment) + '"'


def _number(value: int | None) -> str:
    return "null" if value is None else str(value)


@lru_cache(maxsize=1024)
def _text(value: str | None) -> str:
    return json.dumps(value)
