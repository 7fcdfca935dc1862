"""Accounts, their addresses and subscribers as JSON text (reference/mycashflow-api.md 5.9 to 5.12)."""

import json
from random import Random

from pipelines.demo.helsinki import local_text
from pipelines.demo.people import GROUPS, LANGUAGES, PLACES, Person, Subscriber
from pipelines.demo.wire import text_json, time_json

STREET = "Esimerkkikatu"
_OTHER_STREET = "Mallitie"
_GROUPS = {
    number: json.dumps({"id": number, "name": name}, separators=(",", ":")) for number, name in GROUPS.items()
}


def customer_text(person: Person, updated_at: int, login_at: int | None, rng: Random) -> str:
    """One account with its groups; half-random members come from `rng`."""
    luck = rng.random()
    email = person.email.upper() if 0.3 < luck < 0.33 else person.email
    points = f',"loyalty_points":{person.index % 500}' if luck > 0.9 else ""
    return (
        f'{{"id":{person.account_id},"created_at":"{local_text(person.registered_at or 0)}",'
        f'"updated_at":"{local_text(updated_at)}","login_allowed":{"false" if luck > 0.97 else "true"},'
        f'"vat_code":{vat_code_json(person)},{address_members(person, email, STREET)},'
        f'"version_id":{person.version_id},"language":"{LANGUAGES[person.version_id]}",'
        f'"email_subscription":{"true" if person.is_subscriber else "false"},'
        f'"sms_subscription":{"true" if luck < 0.2 else "false"},'
        f'"einvoice_address":{_einvoice_address(person)},"last_login_at":{time_json(login_at)},'
        f'"external_id":{text_json(person.external_id)}{points}'
        f'\n,"customer_groups":[{",".join([_GROUPS[group] for group in person.group_ids])}]\n}}'
    )


def address_text(address_id: int, person: Person, place: int) -> str:
    """One of the account's shipping addresses, the first of which (place 0) is its primary one."""
    postal_code, city = PLACES[(person.index + place) % len(PLACES)]
    moment, number = local_text(person.registered_at or 0), person.index % 60 + place + 1
    door = '"B"' if number % 3 == 0 else "null"
    company = f'"Esimerkki {person.index} Oy"' if person.is_company else "null"
    return (
        f'{{"id":{address_id},"created_at":"{moment}","updated_at":"{moment}",'
        f'"customer_id":{person.account_id},"primary":{"false" if place else "true"},'
        f'"email":"{person.email}","company":{company},"first_name":{text_json(person.first_name)},'
        f'"last_name":{text_json(person.last_name)},"street_address":"{_OTHER_STREET} {number}",'
        f'"street_name":"{_OTHER_STREET}","street_number":"{number}","house_extension":{door},'
        f'"postal_code":"{postal_code}","city":{text_json(city)},"country":"fi","phone":null}}'
    )


def subscriber_text(subscriber: Subscriber) -> str:
    """One line of the newsletter list."""
    created_at = local_text(subscriber.created_at)
    return (
        f'{{"id":{subscriber.id},"created_at":"{created_at}",'
        f'"updated_at":"{local_text(subscriber.updated_at)}","email":"{subscriber.email}",'
        f'"version_id":{subscriber.version_id},"language":"{LANGUAGES[subscriber.version_id]}",'
        f'"country":"fi","subscribed_at":"{created_at}",'
        f'"unsubscribed_at":{time_json(subscriber.unsubscribed_at)}\n}}'
    )


def address_members(person: Person, email: str, street: str) -> str:
    """The members of an address, as accounts and orders have them."""
    postal_code, city = person.place
    phone = f'"+358 000 {person.index % 1_000_000:06d}"' if person.index % 8 else "null"
    company = f'"Esimerkki {person.index} Oy"' if person.is_company else "null"
    return (
        f'"company":{company},"first_name":{text_json(person.first_name)},'
        f'"last_name":{text_json(person.last_name)},"street_address":"{street} {person.index % 97 + 1}",'
        f'"postal_code":"{postal_code}","city":{text_json(city)},"country":"FI","phone":{phone},'
        f'"email":"{email}"'
    )


def vat_code_json(person: Person) -> str:
    """A company's VAT number, or null."""
    return f'"FI{person.index:08d}"' if person.is_company else "null"


def _einvoice_address(person: Person) -> str:
    """An object, or the empty list that stands for none (hazard 6)."""
    if not person.is_company:
        return "[]"
    return f'{{"edi_code":"0037{person.index:08d}","operator_code":"003700000000"}}'
