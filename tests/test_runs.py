from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from launchready.runs import RUNS, keep, write_whole

AT = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


def test_runs_of_the_same_second_get_a_folder_each(tmp_path: Path) -> None:
    def one(number: int) -> Path:
        return keep({"report.json": str(number)}, domain="example.org", at=AT, root=tmp_path)

    with ThreadPoolExecutor(20) as pool:
        folders = list(pool.map(one, range(60)))
    assert len(set(folders)) == 60
    texts = {(folder / "report.json").read_text() for folder in folders}
    assert texts == {str(n) for n in range(60)}


def test_a_run_that_the_disk_does_not_take_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too long"):
        keep({"report.json": "{}", "x" * 300: ""}, domain="example.org", at=AT, root=tmp_path)
    assert list((tmp_path / RUNS).iterdir()) == []


def test_a_report_that_cannot_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_whole(path, "before")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "\ud800")
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]
