"""A small shop and a way to ask it, without any library the pipelines use."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import pytest

from pipelines.demo.cscart_asking import DIALECTS
from pipelines.demo.opening import make_shop
from pipelines.demo.resources import RESOURCES
from pipelines.demo.server import KEY, USER, ShopServer, serve
from pipelines.demo.shop import Shop

END = int(datetime(2026, 3, 20, 12, tzinfo=ZoneInfo("Europe/Helsinki")).timestamp())
EVERYTHING = "products,products.return_reasons,shipments,payments,tax_summary,comments,events"

Ask = Callable[..., "Client"]


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, with every fraction as an exact decimal."""
        return json.loads(self.body, parse_float=Decimal)

    @property
    def ids(self) -> list[int]:
        return [record["id"] for record in self.json["data"]]


class Client:
    """One keep-alive connection with the right key."""

    def __init__(self, server: ShopServer) -> None:
        self.server = server
        self._connection = HTTPConnection(urlsplit(server.url).netloc, timeout=5)
        login = base64.b64encode(f"{USER}:{KEY}".encode()).decode()
        self.headers = {"Authorization": f"Basic {login}", "Accept": "application/json"}

    def get(self, path: str, params: dict[str, Any] | None = None) -> Reply:
        """The answer to `/api/v1` + path, or to a path that begins with /api or /demo itself."""
        target = path if path.startswith(("/api", "/demo")) else f"/api/v1{path}"
        return self.request("GET", f"{target}?{urlencode(params)}" if params else target)

    def request(self, method: str, target: str, headers: dict[str, str] | None = None) -> Reply:
        self._connection.request(method, target, headers=self.headers if headers is None else headers)
        answer = self._connection.getresponse()
        return Reply(answer.status, dict(answer.headers), answer.read())

    def close(self) -> None:
        self._connection.close()


_IDS = {"orders": "order_id", "users": "user_id", "subscribers": "subscriber_id", "carts": "user_id"}


class CartStore:
    """The same shop through CS-Cart's API, in one dialect; `client` is `ask`'s."""

    def __init__(self, client: Client, dialect: str = "4.18") -> None:
        self.client = client
        self.server = client.server
        self.root = DIALECTS[dialect].root

    def get(self, path: str, **params: Any) -> Reply:
        """The answer to a path below `api/2.0`; a list is sent as `name[]`."""
        named = {f"{name}[]" if isinstance(value, list) else name: value for name, value in params.items()}
        query = urlencode(named, doseq=True)
        return self.client.request("GET", f"{self.root}/api/2.0/{path}?{query}")

    def rows(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """All records of a list."""
        found: list[dict[str, Any]] = self.get(path, **{"items_per_page": 0, **params}).json[path]
        return found

    def ids(self, path: str, **params: Any) -> list[int]:
        return [int(row[_IDS[path]]) for row in self.rows(path, **params)]

    def full(self) -> list[dict[str, Any]]:
        """All orders in full, by id."""
        return self.rows("orders", get_orders_data=1, sort_by="order_id", sort_order="asc")


@pytest.fixture(scope="session")
def end() -> int:
    """Unix seconds after which nothing in the shops is dated: noon of 20 March 2026."""
    return END


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    """A shop that no test changes."""
    with make_shop(600, seed=7, end=END) as shop:
        yield shop


@pytest.fixture(scope="session")
def served(shop: Shop) -> dict[str, list[dict[str, Any]]]:
    """All its records as served, with all expands, by the path of their list."""
    expands = {"orders": EVERYTHING, "customers": "customer_groups", "email-subscribers": ""}
    with serve(shop) as server, closing(Client(server)) as client:
        return {
            path: client.get(f"/{path}", {"page_size": 9999, "expand": expand}).json["data"]
            for path, expand in expands.items()
        }


@pytest.fixture(scope="session")
def lists(shop: Shop) -> dict[str, list[dict[str, Any]]]:
    """All its lists as served, with all expands, by name; of parted ones all parts together."""
    with serve(shop) as server, closing(Client(server)) as client:
        return {name: read_list(client, name) for name in RESOURCES}


def read_list(client: Client, name: str) -> list[dict[str, Any]]:
    resource = RESOURCES[name]
    params: dict[str, Any] = {"page_size": 9999}
    params |= {"expand": ",".join(resource.everything)} if resource.everything else {}
    owners = client.server.shop.ids(resource.parent) if resource.parent else [0]
    paths = [resource.path.replace("{id}", str(owner)) for owner in owners]
    return [record for path in paths for record in client.get(f"/{path}", params).json["data"]]


@pytest.fixture(scope="session")
def orders(served: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """All its orders as served, with all expands."""
    return served["orders"]


@pytest.fixture
def own_shop() -> Iterator[Shop]:
    """A shop the test may change."""
    with make_shop(60, seed=3, end=END) as shop:
        yield shop


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Starts a server for a shop, with `serve`'s options, and gives a client of it (`.server`)."""
    with ExitStack() as stack:

        def start(shop: Shop, **options: Any) -> Client:
            server = stack.enter_context(serve(shop, **options))
            return stack.enter_context(closing(Client(server)))

        yield start


@pytest.fixture
def client(shop: Shop, ask: Ask) -> Client:
    """A client of the shop that no test changes."""
    return ask(shop)


@pytest.fixture
def cart(client: Client) -> CartStore:
    """That shop as CS-Cart 4.18 shows it."""
    return CartStore(client)


@pytest.fixture(params=list(DIALECTS))
def any_cart(request: pytest.FixtureRequest, client: Client) -> CartStore:
    """That shop as each release of CS-Cart shows it."""
    return CartStore(client, request.param)


@pytest.fixture
def carts(client: Client) -> dict[str, CartStore]:
    """That shop in all dialects, by release."""
    return {dialect: CartStore(client, dialect) for dialect in DIALECTS}
