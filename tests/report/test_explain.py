from __future__ import annotations

import io

from rich.cells import cell_len
from rich.console import Console

from launchready.checks import catalogue
from launchready.report.catalogue import catalogue_text
from launchready.report.explain import print_catalogue, print_check
from tests.report.sample_checks import checks


def console() -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=80, color_system=None), out


def test_a_page_has_the_title_the_reason_and_the_fix() -> None:
    to, out = console()
    print_check(checks()[0], to)
    text = out.getvalue()
    assert text.startswith("certificate-expired\nCertificate expired.\n")
    assert "Members meet it on the first day." in text
    assert "Do what the report says." in text
    assert "blocker: fix before launch" in text
    assert "HTTPS everywhere (the minimum bar)" in text


def test_the_list_has_every_check_once_by_family() -> None:
    to, out = console()
    print_catalogue(checks(), to)
    text = out.getvalue()
    for check in checks():
        assert text.count(f"  {check.id}  {check.severity}") == 1
    assert text.index("\ndns") < text.index("\nexposure") < text.index("\ntls")
    assert text.rstrip().endswith(f"{len(checks())} checks")


def test_the_real_catalogue_fits_80_columns() -> None:
    to, out = console()
    print_catalogue(catalogue(), to)
    for check in catalogue():
        print_check(check, to)
    assert max(cell_len(line) for line in out.getvalue().split("\n")) <= 80


def test_the_page_of_the_docs_has_every_check_with_reason_and_fix() -> None:
    text = catalogue_text(checks())
    for check in checks():
        assert f"### {check.id}\n" in text
    assert text.count("\nWhy: ") == text.count("\nFix: ") == len(checks())


def test_code_in_a_docstring_stays_code() -> None:
    text = catalogue_text(catalogue())
    assert "\\`" not in text
