"""Settings are read from files and the environment; what is wrong is said at once, with what to do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipelines.errors import SettingsError
from pipelines.init import NewStore, set_up
from pipelines.settings import Server, read_settings

GOOD = """
[stores.main]
platform = "mycashflow"
store_name = "examplename"
user = "api@example.com"
key = "s3cret-key"
"""


POSTGRES = "[warehouse]\ndestination = 'postgres'\n"


def write(home: Path, config: str, secrets: str = "") -> None:
    (home / ".dlt").mkdir(exist_ok=True)
    (home / ".dlt/config.toml").write_text(config)
    if secrets:
        (home / ".dlt/secrets.toml").write_text(secrets)


def test_a_store_has_its_address_and_defaults(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    settings = read_settings(tmp_path)
    store = settings.stores["main"]
    assert store.base_url == "https://examplename.mycashflow.fi"
    assert (store.time_zone, store.currency, store.concurrency) == ("Europe/Helsinki", "EUR", 4)
    assert settings.warehouse == tmp_path / "data/warehouse.duckdb"


@pytest.mark.parametrize(
    "given",
    ["examplename", "ExampleName", "https://examplename.mycashflow.fi/", "examplename.mycashflow.fi/admin"],
)
def test_a_store_name_may_be_pasted_as_an_address(tmp_path: Path, given: str) -> None:
    write(tmp_path, GOOD.replace("examplename", given))
    assert read_settings(tmp_path).stores["main"].base_url == "https://examplename.mycashflow.fi"


CSCART = """
[stores.main]
platform = "cscart"
url = "https://shop.example.com"
user = "admin@example.com"
key = "s3cret-key"
"""


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://shop.example.com", "https://shop.example.com"),
        ("https://shop.example.com/", "https://shop.example.com"),
        ("https://shop.example.com/store", "https://shop.example.com/store"),
        ("https://shop.example.com/store/admin.php?dispatch=auth", "https://shop.example.com/store"),
        ("https://shop.example.com/store/api/2.0/", "https://shop.example.com/store"),
        ("https://shop.example.com/api.php", "https://shop.example.com"),
        ("http://127.0.0.1:8000/cscart", "http://127.0.0.1:8000/cscart"),
    ],
)
def test_a_shop_of_cscart_has_an_address(tmp_path: Path, given: str, expected: str) -> None:
    write(tmp_path, CSCART.replace("https://shop.example.com", given))
    store = read_settings(tmp_path).stores["main"]
    assert (store.platform, store.base_url) == ("cscart", expected)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("", "stores.main.url is missing, expected the shop's address"),
        ('url = "shop.example.com"', "stores.main.url is no web address, expected https://..."),
        ('url = "http://shop.example.com"', "stores.main.url begins with http://"),
        (
            'url = "https://a:b@shop.example.com"',
            "stores.main.url holds a user or key; set them as stores.main.user",
        ),
        ('store_name = "shop"\nurl = "https://shop.example.com"', "stores.main.store_name is for mycashflow"),
    ],
)
def test_a_wrong_address_of_cscart_is_named(tmp_path: Path, line: str, problem: str) -> None:
    write(tmp_path, CSCART.replace('url = "https://shop.example.com"', line))
    with pytest.raises(SettingsError) as error:
        read_settings(tmp_path)
    assert problem in str(error.value)


def test_a_url_is_no_key_of_mycashflow(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("store_name", "url"))
    with pytest.raises(SettingsError, match=r"stores\.main\.url is for cscart; set store_name"):
        read_settings(tmp_path)


def test_init_writes_a_store_of_cscart(tmp_path: Path) -> None:
    new = NewStore("main", "cscart", "https://shop.example.com/", "admin@example.com", "k")
    set_up(tmp_path, new, lambda _: None)
    store = read_settings(tmp_path).stores["main"]
    assert (store.platform, store.base_url) == ("cscart", "https://shop.example.com")
    assert 'url = "https://shop.example.com/"' in (tmp_path / ".dlt/config.toml").read_text()


def test_secrets_win_over_config_and_the_environment_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, GOOD, '[stores.main]\nkey = "from-secrets"\n')
    assert read_settings(tmp_path).stores["main"].key == "from-secrets"
    monkeypatch.setenv("STORES__MAIN__KEY", "from-environment")
    monkeypatch.setenv("STORES__MAIN__ENABLED", "false")
    monkeypatch.setenv("STORES__MAIN__RESOURCES__ORDERS__PAGE_SIZE", "50")
    store = read_settings(tmp_path).stores["main"]
    assert (store.key, store.enabled, store.resource("orders").page_size) == ("from-environment", False, 50)


def test_what_is_dlt_s_own_is_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOAD__WORKERS", "3")
    write(tmp_path, GOOD + '[runtime]\nlog_level = "DEBUG"\n[load]\nworkers = 1\n')
    assert read_settings(tmp_path).dlt == {"runtime": {"log_level": "DEBUG"}, "load": {"workers": "3"}}


def test_the_key_is_in_no_repr(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    assert "s3cret-key" not in repr(read_settings(tmp_path))
    assert "api@example.com" not in repr(read_settings(tmp_path))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("stores = 5", "stores is no section"),
        ("[stores.main", "config.toml cannot be read"),
        ("[store.main]", r"unknown section \[store\]"),
        (GOOD + 'colour = "red"', r"unknown key stores.main.colour, expected one of platform"),
        (
            GOOD + "[stores.main.resources.orders]\npages = 5",
            r"unknown key stores.main.resources.orders.pages",
        ),
        (GOOD + "[stores.main.resources.orders]\npage_size = 0", r"page_size is no whole number above zero"),
        (GOOD + "[warehouse]\nfile = 'x'", r"unknown key warehouse.file"),
        (
            GOOD + "[warehouse]\ndestination = 'oracle'",
            r"destination is 'oracle', expected 'duckdb' or 'postgres'",
        ),
        (GOOD + POSTGRES, r"warehouse.url is missing; set it in secrets.toml, like postgresql://"),
        (GOOD.replace("mycashflow", "magento"), "platform is 'magento', expected 'mycashflow'"),
        (GOOD.replace('key = "s3cret-key"', ""), r"stores.main.key is missing"),
        (GOOD.replace("examplename", "not a name!"), r"store_name is missing or wrong"),
        (GOOD + 'base_url = "http://shop.example.com"', r"begins with http://, .* use https://"),
        (GOOD + 'base_url = "ftp://shop.example.com"', r"base_url is no web address"),
        (GOOD + 'base_url = "https://u:p@shop.example.com"', r"holds a user or key"),
        (GOOD + 'time_zone = "Europe/Oulu"', r"time_zone 'Europe/Oulu' is unknown"),
        (GOOD + "enabled = 5", r"enabled is no true or false"),
        (GOOD + "concurrency = 2.5", r"concurrency is no whole number"),
        (GOOD + "timeout_seconds = inf", r"timeout_seconds is no number"),
        (GOOD + "timeout_seconds = 0", r"timeout_seconds is 0"),
        (GOOD + "requests_per_second = nan", r"requests_per_second is no number"),
        (GOOD + "[warehouse]\npublished = 'data/warehouse.duckdb'", "are the same file"),
        (
            GOOD.replace("main", "Main Shop").replace("[stores.Main Shop]", '[stores."Main Shop"]'),
            "name is lower-case",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, config: str, words: str) -> None:
    write(tmp_path, config)
    with pytest.raises(SettingsError, match=words) as caught:
        read_settings(tmp_path)
    assert "s3cret-key" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_database_s_address_is_read_and_its_password_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, GOOD + POSTGRES, "[warehouse]\nurl = 'postgresql://me%40x:a%2Fb%20c@db.example.com/shop'")
    settings = read_settings(tmp_path)
    assert settings.server == Server("db.example.com", 5432, "shop", "me@x", "a/b c")
    assert "a/b" not in repr(settings)
    monkeypatch.setenv("WAREHOUSE__URL", "postgres://me:@/shop?host=/run/pg&sslmode=require")
    expected = Server("/run/pg", 5432, "shop", "me", "", {"sslmode": "require"})
    assert read_settings(tmp_path).server == expected
    monkeypatch.setenv("WAREHOUSE__DESTINATION", "duckdb")
    assert read_settings(tmp_path).server is None


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://me:s3cret@host/shop", "is no address of PostgreSQL, expected one like postgresql://"),
        ("postgresql://me:s3cret/x@host/shop", "is no address of PostgreSQL"),
        ("postgresql://me:s3cret@host", "is no address of PostgreSQL"),
        ("postgresql://host/shop?password=s3cret", "is no address of PostgreSQL"),
        ("postgresql://me@host/shop?password=s3cret", "warehouse.url says password, expected none but host,"),
    ],
)
def test_a_wrong_address_is_not_repeated(tmp_path: Path, url: str, words: str) -> None:
    write(tmp_path, GOOD + POSTGRES, f"[warehouse]\nurl = '{url}'")
    with pytest.raises(SettingsError, match=words) as caught:
        read_settings(tmp_path)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("missing", ["psycopg2", "dbt.adapters.postgres"])
def test_postgres_without_its_packages_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    write(tmp_path, GOOD + POSTGRES, "[warehouse]\nurl = 'postgresql://me:pw@host/shop'")
    with pytest.raises(SettingsError, match=r'pip install "kassavirta\[postgres\]"'):
        read_settings(tmp_path)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, '[stores.main]\nplatform = "x"\n[stores.other]\nstore_name = "y"\ncolour = 1\n')
    with pytest.raises(SettingsError) as caught:
        read_settings(tmp_path)
    for problem in (
        "main.user is missing",
        "main.key is missing",
        "main.platform",
        "other.user",
        "other.colour",
    ):
        assert problem in str(caught.value)


def test_http_on_this_machine_is_allowed(tmp_path: Path) -> None:
    write(tmp_path, GOOD + 'base_url = "http://127.0.0.1:8765/"')
    assert read_settings(tmp_path).stores["main"].base_url == "http://127.0.0.1:8765"


def test_a_directory_without_settings_says_where_to_begin(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="kassavirta init"):
        read_settings(tmp_path)


def test_a_disabled_store_needs_no_key_and_is_not_chosen(tmp_path: Path) -> None:
    write(tmp_path, '[stores.old]\nstore_name = "old"\nenabled = false\n' + GOOD)
    settings = read_settings(tmp_path)
    assert [store.name for store in settings.chosen()] == ["main"]
    with pytest.raises(SettingsError, match=r"old: Disabled; set enabled = true under \[stores.old\]"):
        settings.chosen(["old"])
    with pytest.raises(SettingsError, match=r"no store nosuch in .dlt/config.toml; there is old, main"):
        settings.chosen(["nosuch"])


def test_init_writes_settings_that_can_be_read_and_never_overwrites(tmp_path: Path) -> None:
    store = NewStore("main", "mycashflow", "examplename", 'we"ird@example.com', 'k"e\\y')
    set_up(tmp_path, store, lambda _: None)
    read = read_settings(tmp_path).stores["main"]
    assert (read.user, read.key) == ('we"ird@example.com', 'k"e\\y')
    assert (tmp_path / ".dlt/secrets.toml").stat().st_mode & 0o077 == 0
    assert (tmp_path / ".dlt/.gitignore").read_text() == "secrets.toml\n"
    assert "ird" not in (tmp_path / ".dlt/config.toml").read_text()
    with pytest.raises(SettingsError, match="is there already and is not overwritten"):
        set_up(tmp_path, store, lambda _: None)


def test_this_project_s_own_settings_are_right() -> None:
    home = Path(__file__).parents[1]
    assert list(read_settings(home).stores) == ["demo"]
