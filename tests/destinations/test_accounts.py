"""What a destination's section says is read, and what is wrong in it is said, without a secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.errors import SettingsError
from pipelines.settings import Settings, read_settings

STORE = """
[stores.main]
platform = "mycashflow"
store_name = "examplename"
user = "api@example.com"
key = "s3cret-key"
"""
OUTLET = STORE.replace("main", "outlet")
CUSTOBAR = '[destinations.custobar]\ncompany = "acme-oy"\nkey = "APIKEY"\n'
APIFON = '[destinations.apifon]\ntoken = "t"\nsecret = "APIKEY"\n'
OGOSHIP = "[destinations.ogoship]\n" + "".join(
    f'{key} = "APIKEY"\n' for key in ("merchant_id", "secret", "client_id", "client_secret")
)


def read(home: Path, config: str) -> Settings:
    (home / ".dlt").mkdir(exist_ok=True)
    (home / ".dlt/config.toml").write_text(config)
    return read_settings(home)


def test_custobar_needs_a_company_and_a_key(tmp_path: Path) -> None:
    account = read(tmp_path, STORE + CUSTOBAR).destinations["custobar"]
    assert account.base_url == "https://acme-oy.custobar.com"
    assert account.options["field_prefix"] == "acme_oy"
    assert account.options["mode"] == "enrich"
    assert (account.requests_per_minute, account.rows_per_request) == (180.0, 100)
    assert "APIKEY" not in repr(account)


def test_the_environment_says_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESTINATIONS__CUSTOBAR__KEY", "from-environment")
    monkeypatch.setenv("DESTINATIONS__CUSTOBAR__STORES", "main, outlet")
    monkeypatch.setenv("DESTINATIONS__CUSTOBAR__MODE", "full")
    account = read(tmp_path, STORE + OUTLET + CUSTOBAR).destinations["custobar"]
    assert account.secrets["key"] == "from-environment"
    assert account.stores == ["main", "outlet"]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("[destinations.mailchimp]\n", "unknown destination mailchimp, expected 'custobar'"),
        ("[destinations.custobar]\n", "destinations.custobar.key is missing"),
        ("[destinations.custobar]\nkey = 'k'\n", "destinations.custobar.company is missing"),
        (CUSTOBAR + "colour = 'red'\n", "unknown key destinations.custobar.colour"),
        (
            CUSTOBAR + "mode = 'mirror'\n",
            "destinations.custobar.mode is 'mirror', expected 'enrich' or 'full'",
        ),
        (CUSTOBAR + "stores = ['other']\n", "destinations.custobar.stores names other"),
        (CUSTOBAR + "base_url = 'http://example.com'\n", "which would show the key to everybody"),
        (CUSTOBAR + "requests_per_minute = 0\n", "requests_per_minute is 0"),
        (CUSTOBAR + "[destinations.custobar.paths]\nevents = '/api/events/'\n", "paths.events is no path"),
        (OUTLET + CUSTOBAR, "mode enrich uses the ids the store's own integration sends"),
        ("[destinations.apifon]\ntoken = 't'\n", "destinations.apifon.secret is missing"),
        ("[destinations.ogoship]\n", "destinations.ogoship.merchant_id is missing"),
        (APIFON + "list_title = '{store}'\n", "list_title is only {store}"),
        (OUTLET + APIFON, "list_title is 'kassavirta', expected one with {store}"),
        (OUTLET + OGOSHIP, "products are known there by their code alone, so it is for one store"),
        (
            OUTLET + "currency = 'SEK'\n" + CUSTOBAR + "mode = 'full'\n",
            "amounts go there without a currency, and the stores have EUR and SEK",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, config: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, STORE + config)
    assert words in str(caught.value)
    assert "APIKEY" not in str(caught.value)


def test_a_disabled_destination_needs_nothing_and_gets_nothing(tmp_path: Path) -> None:
    settings = read(tmp_path, STORE + "[destinations.custobar]\nenabled = false\n")
    assert settings.accounts() == []
    with pytest.raises(SettingsError, match="not enabled"):
        settings.accounts(["custobar"])


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (STORE, "no destination is configured"),
        (STORE + CUSTOBAR, "run `kassavirta build` first"),
    ],
)
def test_the_command_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str, words: str
) -> None:
    read(tmp_path, config)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["activate"])
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_destination_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(tmp_path, STORE + CUSTOBAR)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["activate", "apifon"])
    assert result.exit_code == 2
    assert "no destination apifon in .dlt/config.toml; there is custobar" in result.stderr


def test_orders_of_cscart_cannot_go_to_ogoship(tmp_path: Path) -> None:
    cart = (
        STORE.replace('"mycashflow"', '"cscart"')
        .replace("store_name", "url")
        .replace('"examplename"', '"https://shop.example.com"')
    )
    ogoship = '[destinations.ogoship]\nmerchant = "1"\nkey = "k"\nuser = "u"\npassword = "p"\norders = true\n'
    with pytest.raises(SettingsError, match="only orders of mycashflow stores can be sent"):
        read(tmp_path, cart + ogoship)
