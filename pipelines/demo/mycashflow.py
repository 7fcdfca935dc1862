"""How the shop looks through the MyCashflow API: paths, versions, answers.

Facts: reference/mycashflow-api.md 1.2 (versions), 1.3 (envelope), 1.10 (errors), 2 (paths). Where
the reference knows nothing, this shop is strict (`wishes`). Chosen by us: `meta.next` is an absolute
URL, `shipments_completed_at` is the latest of an order's shipments, and a record of a list whose
path takes no id in any source (`is_by_id`) cannot be asked for alone. Left out: look-ups by code,
e-mail or external id.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from pipelines.demo.resources import RESOURCES, Resource
from pipelines.demo.shop import Shop
from pipelines.demo.wishes import BadParametersError, understand, understand_expand

_NUMBER = re.compile(r"(?<=/)[0-9]{1,18}(?=/|$)")


@dataclass(frozen=True)
class Answer:
    """What goes back to the client.

    Attributes:
        resource: the list asked for, if there is such a list.
        ids: those of the records in it.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    resource: str = ""
    ids: tuple[int, ...] = ()


def error(status: int, title: str, description: str) -> Answer:
    """An error as the API words it."""
    return Answer(status, json.dumps({"error": title, "description": description}).encode())


class Api:
    """Answers GET requests for a shop.

    Args:
        versions: list -> the only API version that has it; `v1` for those not named.
        page_size_cap: larger pages are cut to this size, silently but for `meta.page_size`.

    Raises:
        KeyError: `versions` names a list there is not.
    """

    def __init__(self, shop: Shop, versions: Mapping[str, str], page_size_cap: int | None = None) -> None:
        self._shop = shop
        self._cap = page_size_cap
        chosen = {**dict.fromkeys(RESOURCES, "v1"), **versions}
        lists = {f"/api/{chosen[name]}/{RESOURCES[name].path}": RESOURCES[name] for name in chosen}
        self._lists = lists
        self._singles = {f"{path}/{{id}}": found for path, found in lists.items() if found.is_by_id}

    def answer(self, base: str, path: str, params: Mapping[str, str]) -> Answer:
        """The answer to a GET; `base` is the server's own address, for `meta.next`."""
        template, number = _split(path)
        resource = self._lists.get(template) or self._singles.get(template)
        if resource is None:
            return error(404, "Not Found", "The requested resource does not exist.")
        try:
            if template in self._lists:
                answer = self._list(base + path, resource, number, params)
            else:
                answer = self._single(resource, number or 0, params)
        except BadParametersError as bad:
            answer = Answer(422, json.dumps({"errors": bad.errors}).encode())
        return replace(answer, resource=resource.name)

    def _list(self, url: str, resource: Resource, owner: int | None, params: Mapping[str, str]) -> Answer:
        if owner is not None and not self._shop.holds(resource.parent, owner):
            return _no_record(owner)
        wish = understand(resource, params, owner)
        size = min(wish.page_size, self._cap or wish.page_size)
        found = self._shop.page(resource.name, wish.query, (wish.page - 1) * size, size, wish.expand)
        data = b'{"data":[' + b",".join(found.texts) + b"]"
        if resource.has_meta:
            meta = _meta(wish.page, size, found.item_count, url, params)
            data += b',"meta":' + json.dumps(meta).encode()
        return Answer(200, data + b"}", ids=tuple(found.ids))

    def _single(self, resource: Resource, record_id: int, params: Mapping[str, str]) -> Answer:
        expand = understand_expand(resource, params)
        text = self._shop.text(resource.name, record_id, expand)
        if text is None:
            return _no_record(record_id)
        return Answer(200, b'{"data":' + text + b"}", ids=(record_id,))


def _split(path: str) -> tuple[str, int | None]:
    """The path with `{id}` for its numbers, and the last of them if there is one."""
    numbers = _NUMBER.findall(path)
    return _NUMBER.sub("{id}", path), int(numbers[-1]) if numbers else None


def _meta(page: int, size: int, item_count: int, url: str, params: Mapping[str, str]) -> dict[str, object]:
    pages = -(-item_count // size)
    meta: dict[str, object] = {
        "page": page,
        "page_size": size,
        "page_count": pages,
        "item_count": item_count,
    }
    if page < pages:
        meta["next"] = f"{url}?{urlencode({**params, 'page': page + 1, 'page_size': size})}"
    return meta


def _no_record(record_id: int) -> Answer:
    return error(404, "Not Found", f"There is no such record: {record_id}")
