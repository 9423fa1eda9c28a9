from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.cli.conftest import LAUNCHREADY, Audited, Run, Served

pytestmark = pytest.mark.xdist_group("cli-audit")


def test_a_healthy_launch_is_a_go_and_exits_with_0(started: Run, healthy: Served) -> None:
    done = started("audit", "-m", str(healthy.manifest), "--active", member=healthy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("GO, with 2 lines of the minimum bar not proven")


def test_a_broken_launch_is_a_no_go_and_exits_with_1(audited: Audited) -> None:
    assert audited.status == 1
    assert audited.screen.startswith("NO-GO: 1 thing is broken")
    assert all(len(line) <= 80 for line in audited.screen.splitlines())


def test_what_stands_under_see_it_shows_the_fault_as_it_is_pasted(audited: Audited) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    (found,) = [f for f in audited.report["findings"] if f["check"] == "certificate-expired"]
    done = subprocess.run(
        ["bash", "-c", found["see"]], capture_output=True, text=True, timeout=60, check=False
    )
    (ended,) = re.findall(r"notAfter=(.+)", done.stdout)
    assert datetime.strptime(ended, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=UTC) < datetime.now(UTC)
    assert "ask the DNS of the machine" not in audited.screen


def test_the_first_screen_holds_verdict_count_and_what_to_fix(audited: Audited) -> None:
    first = "\n".join(audited.screen.splitlines()[:24])
    assert "NO-GO" in first
    assert " proven" in first
    assert "2 things to fix" in first


def test_without_active_what_takes_knocking_is_not_proven(
    launchready: Run, healthy: Served
) -> None:
    done = launchready("audit", "-m", str(healthy.manifest), "--format", "json")
    report = json.loads(done.stdout)
    assert report["verdict"] == "no-go"
    assert report["headline"].startswith("NOT PROVEN YET: nothing broken found")
    assert report["findings"] == []


def test_json_keeps_what_the_schema_promises(audited: Audited) -> None:
    report = audited.report
    assert (report["verdict"], len(report["minimum_bar"])) == ("no-go", 10)
    finding = report["findings"][0]
    assert (finding["check"], finding["subject"]) == ("certificate-expired", "app.willow.example")
    for field in (
        "severity", "impact", "means", "observed", "wanted", "fix", "who", "effort", "takes_effect",
        "see", "consequences",
    ):  # fmt: skip
        assert finding[field] not in (None, ""), field
    assert report["proven"] == sum(o["status"] == "passed" for o in report["outcomes"])


def test_several_formats_are_written_into_a_folder(
    launchready: Run, broken: Served, tmp_path: Path
) -> None:
    launchready(
        "audit", "-m", str(broken.manifest), "--only", "upkeep",
        "-f", "html,json,markdown,sarif,junit", "-o", "out/",
    )  # fmt: skip
    names = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert names == [f"launchready-report.{e}" for e in ("html", "json", "md", "sarif", "xml")]
    ET.parse(tmp_path / "out" / "launchready-report.xml")  # noqa: S314 - our own file
    assert (
        json.loads((tmp_path / "out" / "launchready-report.sarif").read_text())["version"]
        == "2.1.0"
    )


def test_every_run_is_kept(launchready: Run, broken: Served, tmp_path: Path) -> None:
    for _ in range(2):
        launchready("audit", "-m", str(broken.manifest), "--only", "upkeep")
    kept = sorted((tmp_path / ".launchready" / "runs").iterdir())
    assert len(kept) == 2
    assert all((k / "report.json").is_file() for k in kept)


def test_only_and_skip_take_families_and_ids(launchready: Run, broken: Served) -> None:
    done = launchready(
        "audit",
        "-m",
        str(broken.manifest),
        "--only",
        "upkeep",
        "--skip",
        "no-rollback-named",
        "-f",
        "json",
    )
    checks = {o["check"] for o in json.loads(done.stdout)["outcomes"]}
    assert "nobody-named" in checks
    assert "no-rollback-named" not in checks


def test_a_domain_alone_is_audited_from_outside(launchready: Run, healthy: Served) -> None:
    done = launchready("audit", "willow.example", *healthy.network, "-f", "json")
    report = json.loads(done.stdout)
    assert "log-in page: app.willow.example/login" in done.stderr
    assert {"www.willow.example", "app.willow.example"} <= {
        o["subject"] for o in report["outcomes"]
    }
    assert [f["check"] for f in report["findings"] if f["severity"] == "blocker"] == []


def test_the_first_useful_line_comes_within_five_seconds(healthy: Served, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*LAUNCHREADY, "audit", "willow.example", *healthy.network],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert "willow.example resolves to 203.0.113.10" in process.stderr.readline()
    process.kill()
    process.wait()
    process.stderr.close()


def test_ctrl_c_leaves_a_partial_report(tmp_path: Path) -> None:
    manifest = tmp_path / "launchready.toml"
    # Nothing answers at these addresses: the run would wait for its deadlines.
    manifest.write_text(
        '[launch]\ndomain = "example.org"\n[network]\nresolvers = ["127.0.0.1:9"]\n'
    )
    silent = tmp_path / "silent.py"
    silent.write_text(
        "import socket, time\ns = socket.socket(type=socket.SOCK_DGRAM)\ns.bind(('127.0.0.1', 0))\n"
        "print(s.getsockname()[1], flush=True)\ntime.sleep(60)\n"
    )
    sink = subprocess.Popen([LAUNCHREADY[0], str(silent)], stdout=subprocess.PIPE, text=True)
    assert sink.stdout is not None
    port = sink.stdout.readline().strip()
    manifest.write_text(
        f'[launch]\ndomain = "example.org"\n[network]\nresolvers = ["127.0.0.1:{port}"]\n'
    )
    process = subprocess.Popen(
        [*LAUNCHREADY, "audit", "-f", "json"], cwd=tmp_path, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stderr is not None
    process.stderr.readline()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    sink.kill()
    sink.wait()
    sink.stdout.close()
    report = json.loads(output)
    assert report["partial"] is True
    assert process.returncode == 3


def test_no_manifest_and_no_domain_is_bad_usage(started: Run) -> None:
    done = started("audit")
    assert done.returncode == 2
    assert "launchready init" in done.stderr


def test_an_invalid_manifest_is_bad_usage_with_its_line(launchready: Run, tmp_path: Path) -> None:
    (tmp_path / "launchready.toml").write_text('[launch]\ndomian = "example.org"\n')
    done = launchready("audit")
    assert done.returncode == 2
    assert "launchready.toml:2: launch.domian: unknown key 'domian'" in done.stderr
    assert "Did you mean 'domain'?" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit", "-f", "pdf"),
        ("audit", "--only", "tsl"),
        ("audit", "--resolver", "dns.example"),
        ("audit", "--dial", "a=b"),
        ("audit", "example.org", "--active"),
        ("audit", "not a domain"),
        ("explain", "certificate-expird"),
        ("compare", "a.json", "b.json"),
        ("demo", "--defect", "nonsense"),
        ("unknown",),
    ],
)
def test_bad_usage_exits_with_2_and_no_traceback(
    launchready: Run, arguments: tuple[str, ...]
) -> None:
    done = launchready(*arguments)
    assert done.returncode == 2, done.stderr
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


def test_a_full_disk_does_not_cost_the_verdict(
    launchready: Run, broken: Served, tmp_path: Path
) -> None:
    (tmp_path / ".launchready").write_text("a file where the folder should be")
    done = launchready("audit", "-m", str(broken.manifest), "--only", "upkeep")
    assert "could not be kept" in done.stderr
    assert "no-rollback-named" in done.stdout


def test_a_report_that_cannot_be_written_exits_with_3(started: Run, broken: Served) -> None:
    done = started(
        "audit", "-m", str(broken.manifest), "--only", "upkeep", "-o", "/proc/nowhere/report.html"
    )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def test_recheck_runs_just_one_check(launchready: Run, broken: Served) -> None:
    done = launchready("recheck", "certificate-expired", "-m", str(broken.manifest), "-f", "json")
    assert done.returncode == 1
    assert {o["check"] for o in json.loads(done.stdout)["outcomes"]} == {"certificate-expired"}


def test_recheck_says_whether_the_fix_has_taken_effect(
    launchready: Run, broken: Served, healthy: Served
) -> None:
    before = launchready("recheck", "no-rollback-named", "-m", str(broken.manifest))
    after = launchready("recheck", "no-rollback-named", "-m", str(healthy.manifest))
    assert (before.returncode, after.returncode) == (1, 0)
    assert "no-rollback-named is still there: the launch." in before.stderr
    assert "no-rollback-named is not found any more." in after.stderr


def test_recheck_of_what_asks_nothing_here_says_why_and_not_that_it_was_mended(
    launchready: Run, healthy: Served
) -> None:
    done = launchready("recheck", "never-sending-domain-open", "-m", str(healthy.manifest))
    assert "never-sending-domain-open has nothing to judge here: " in done.stderr
    assert "not found any more" not in done.stderr


def test_smoke_walks_the_journeys(launchready: Run, healthy: Served) -> None:
    done = launchready("smoke", "-m", str(healthy.manifest), "-f", "json", member=healthy)
    report = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    told = {(o["check"], o["status"]) for o in report["outcomes"]}
    # A wrong password is tried once a form, not once an entrance.
    assert told - {("wrong-password-accepted", "not_applicable")} == {
        ("member-cannot-sign-in", "passed"),
        ("wrong-password-accepted", "passed"),
        ("log-in-keeps-session-id", "passed"),
        ("log-out-leaves-session-open", "passed"),
    }


def test_smoke_without_the_members_variables_is_not_proven(
    launchready: Run, healthy: Served
) -> None:
    done = launchready("smoke", "-m", str(healthy.manifest))
    assert done.returncode == 1
    assert "LAUNCHREADY_DEMO_PASSWORD" in done.stdout


def test_the_members_password_is_in_no_report(
    launchready: Run, healthy: Served, tmp_path: Path
) -> None:
    launchready("audit", "-m", str(healthy.manifest), "--active", "-o", "out/", member=healthy)
    password = healthy.environment["LAUNCHREADY_DEMO_PASSWORD"]
    written = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert written
    assert not [p for p in written if password in p.read_text(errors="replace")]


def test_a_fix_shows_in_compare_and_an_unknown_is_never_fixed(
    launchready: Run, broken: Served, healthy: Served
) -> None:
    only = ("--only", "upkeep", "--only", "tls", "-f", "json")
    launchready("audit", "-m", str(broken.manifest), *only, "-o", "old.json")
    launchready("audit", "-m", str(healthy.manifest), *only, "-o", "new.json")
    data = json.loads(launchready("compare", "old.json", "new.json", "-f", "json").stdout)
    fixed = {line["check"] for line in data["fixed"]}
    assert {"certificate-expired", "no-rollback-named"} <= fixed
    back = json.loads(launchready("compare", "new.json", "old.json", "-f", "json").stdout)
    assert "certificate-expired" in {line["check"] for line in back["new"]}
    assert back["fixed"] == []
