"""What makes a short command shorter changes nothing else; each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.demo.server import KEY, USER, ShopServer

SPARED = "from pipelines.startup import spare_pandas; spare_pandas(); import sys, pyarrow as pa; "

AFTERWARDS = {
    "arrays of all kinds do not bring pandas": (
        "import pyarrow.compute as pc; pa.array([1]); pa.array(['a'], pa.string()); pa.array([{'a': [1]}]);"
        " pc.is_in(pa.array([1]), value_set=pa.array([1])); assert 'pandas' not in sys.modules"
    ),
    "a frame is had when it is asked for": (
        "frame = pa.table({'a': [1, None]}).to_pandas(); import pandas;"
        " assert isinstance(frame, pandas.DataFrame) and frame['a'].isna().tolist() == [False, True];"
        " assert pa.table(frame).column('a').to_pylist() == [1, None]"
    ),
    "pandas can be imported": "import pandas; assert pa.array(pandas.Series([1.5])).to_pylist() == [1.5]",
    "a second time is nothing": "spare_pandas(); import pandas; spare_pandas(); assert pandas.Series",
}


@pytest.mark.parametrize("check", AFTERWARDS.values(), ids=AFTERWARDS)
def test_pandas_stays_away_until_it_is_needed(check: str) -> None:
    done = subprocess.run([sys.executable, "-c", SPARED + check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_without_it_the_first_array_brings_pandas() -> None:
    code = "import sys, pyarrow as pa; pa.array([1]); sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 1


def test_a_sync_without_news_imports_neither_pandas_nor_pydantic(tmp_path: Path, server: ShopServer) -> None:
    (tmp_path / ".dlt").mkdir()
    store = f'platform = "mycashflow"\nbase_url = "{server.url}"\nuser = "{USER}"\nkey = "{KEY}"\n'
    (tmp_path / ".dlt/config.toml").write_text(f"[stores.main]\n{store}")
    code = (
        "import sys; from pipelines.cli import app; app(['sync'], standalone_mode=False);"
        " print(sorted({'pandas', 'pydantic'} & set(sys.modules)))"
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
        )
    assert done.stdout.splitlines()[-1:] == ["[]"], done.stderr
