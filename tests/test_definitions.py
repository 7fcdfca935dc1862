"""A shop may define segments otherwise: what `[definitions]` says is what the models go by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines import flow
from pipelines.demo.server import ShopServer
from pipelines.errors import SettingsError
from pipelines.job import Wanted
from pipelines.settings import Settings, read_settings
from pipelines.transform import Wish, check_definitions
from pipelines.warehouse import warehouse_of
from tests.stage import Listener, settings_for

SIZE = "select count(*) as members from segments.seg_lapsed_customers"


def members(settings: Settings) -> int:
    assert flow.build(settings, Wish(["+seg_lapsed_customers"]), Listener()).exit_code == 0
    with warehouse_of(settings).reader() as read:
        return int(read(SIZE)["members"][0])


@pytest.mark.slow
def test_a_threshold_of_one_s_own_is_what_the_models_go_by(tmp_path: Path, server: ShopServer) -> None:
    settings = settings_for(tmp_path, server.url)
    flow.sync(settings, settings.chosen(), Wanted(), Listener())
    usual = members(settings)
    own = members(replace(settings, definitions={"lapsed_customer_days": 100_000}))
    assert (usual > 0, own) == (True, 0)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            "lapsed_customer_day = 3",
            "unknown key definitions.lapsed_customer_day, expected one of .*vip_share",
        ),
        ('lapsed_customer_days = "soon"', "lapsed_customer_days is 'soon', expected something like 180"),
        ("recent_buyer_days = 30", r"recent_buyer_days is 30, expected something like \[30, 90\]"),
        ("rfm_is_lifetime = 1", "rfm_is_lifetime is 1, expected something like False"),
        ('platforms = ["cscart"]', "unknown key definitions.platforms"),
    ],
)
def test_what_no_model_asks_for_is_refused_before_anything_is_read(
    tmp_path: Path, line: str, problem: str
) -> None:
    (tmp_path / ".dlt").mkdir()
    store = '[stores.main]\nstore_name = "example"\nuser = "a@example.com"\nkey = "k"\n'
    (tmp_path / ".dlt/config.toml").write_text(f"{store}[definitions]\n{line}\n")
    settings = read_settings(tmp_path)
    with pytest.raises(SettingsError, match=problem):
        flow.run(settings, settings.chosen(), Wish(), Listener())


def test_the_environment_defines_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".dlt").mkdir()
    monkeypatch.setenv("DEFINITIONS__RECENT_BUYER_DAYS", "[7, 60]")
    monkeypatch.setenv("DEFINITIONS__RFM_IS_LIFETIME", "true")
    settings = read_settings(tmp_path)
    assert settings.definitions == {"recent_buyer_days": [7, 60], "rfm_is_lifetime": True}
    check_definitions(settings)
