"""Accounts and subscribers as JSON text (reference/mycashflow-api.md 5.9, 5.12)."""

from random import Random

from pipelines.demo.helsinki import local_text
from pipelines.demo.people import LANGUAGES, Person, Subscriber
from pipelines.demo.wire import text_json, time_json

_ADDRESS = (
    '"company":%s,"first_name":%s,"last_name":%s,"street_address":"%s","postal_code":"%s",'
    '"city":%s,"country":"FI","phone":%s,"email":"%s"}'
)
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
_EINVOICE_ADDRESS = '{"edi_code":"0037%08d","operator_code":"003700000000"}'
STREET = "Esimerkkikatu"


def customer_text(person: Person, updated_at: int, login_at: int | None, rng: Random) -> str:
    """One account with its groups; half-random members come from `rng`."""
    luck = rng.random()
    return _CUSTOMER % (
        person.account_id,
        local_text(person.registered_at or 0),
        local_text(updated_at),
        text_json(person.first_name),
        text_json(person.last_name),
        "false" if luck > 0.97 else "true",
        _company(person),
        vat_code_json(person),
        *_street(person, STREET),
        _phone(person),
        person.email.upper() if 0.3 < luck < 0.33 else person.email,
        person.version_id,
        LANGUAGES[person.version_id],
        "true" if person.is_subscriber else "false",
        "true" if luck < 0.2 else "false",
        _EINVOICE_ADDRESS % person.index if person.is_company else "[]",
        time_json(login_at),
        text_json(person.external_id),
        f',"loyalty_points":{person.index % 500}' if luck > 0.9 else "",
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
        time_json(subscriber.unsubscribed_at),
    )


def address_members(person: Person, email: str, street: str) -> str:
    """The members of an order's address with the closing brace, but without the opening one."""
    return _ADDRESS % (
        _company(person),
        text_json(person.first_name),
        text_json(person.last_name),
        *_street(person, street),
        _phone(person),
        email,
    )


def vat_code_json(person: Person) -> str:
    """A company's VAT number, or null."""
    return f'"FI{person.index:08d}"' if person.is_company else "null"


def _street(person: Person, street: str) -> tuple[str, str, str]:
    postal_code, city = person.place
    return f"{street} {person.index % 97 + 1}", postal_code, text_json(city)


def _phone(person: Person) -> str:
    return f'"+358 000 {person.index % 1_000_000:06d}"' if person.index % 8 else "null"


def _company(person: Person) -> str:
    return f'"Esimerkki {person.index} Oy"' if person.is_company else "null"
