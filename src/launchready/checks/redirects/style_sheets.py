"""Style sheets: what they load beside themselves comes over HTTPS."""

from __future__ import annotations

from shlex import quote

from launchready.derive.pages.mixed import mixed_in_styles
from launchready.facts.http import StyleSheet
from launchready.finding import (
    Failed,
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)


@check(severity=Severity.RISK, impact=Impact.SIGN_IN, bar="https")
def style_sheet_loads_over_http(sheet: StyleSheet) -> Result:
    """A style sheet of a page on HTTPS loads something over plain HTTP.

    Why: Browsers refuse fonts and further style sheets over HTTP, so that every page with it looks broken, and may leave out its pictures.

    Fix: Write https:// in the style sheet's address, or only the path.
    """
    answer = sheet.answer
    if answer.status != 200 or answer.content_type != "text/css":
        return NotApplicable(reason=f"browsers take no style sheet from it ({answer.status})")
    found = mixed_in_styles(answer.text)
    if not found:
        if answer.body_cut:
            return Unproven(reason="the style sheet is too long to be read to its end")
        return Passed(evidence="it loads nothing over HTTP")
    shown = ", ".join(m.url[:100] for m in found[:3])
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    refused = any(m.kind == "active" for m in found)
    return Failed(
        severity=None if refused else Severity.ADVICE,
        means="Browsers refuse a font or a further style sheet, and the pages look broken."
        if refused
        else "Browsers may leave out pictures, or warn that the page is not fully secure.",
        observed=f"{shown}{more}",
        wanted="https:// everywhere",
        fix=(
            f"Replace http:// by https:// in {answer.url}: {shown}{more}",
            "Until then this header of the pages makes browsers try HTTPS: Content-Security-Policy: upgrade-insecure-requests",
        ),
        who="your developer",
        effort_min=15,
        takes_effect="with the next deploy, once browsers fetch the style sheet anew",
        see=f"curl -sS {quote(answer.url)} | grep -oE 'http://[^\"\\') ]+'",
    )
