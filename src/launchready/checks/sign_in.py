"""Sign-in: the test member's way in and out, by every declared entrance."""

from __future__ import annotations

from launchready.facts import Key
from launchready.facts.active import (
    CLOSED_AFTERWARDS,
    CLOSED_TO_EARLIER,
    COPY_CLOSED,
    GETS_IN,
    LOG_OUT,
    JourneyStep,
    SignIn,
)
from launchready.facts.ways import Entrance
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


def _step(here: SignIn, *names: str) -> JourneyStep | None:
    """Return the first of the steps that failed; else the last of them that was taken."""
    taken = [s for s in here.steps if s.name in names]
    return next((s for s in taken if not s.passed), taken[-1] if taken else None)


def _all_passed(here: SignIn) -> bool:
    """Return whether the journey went to its end; the cookies of before stop nobody."""
    return bool(here.steps) and all(s.passed or s.name == CLOSED_TO_EARLIER for s in here.steps)


def _not_reached(here: SignIn, name: str) -> NotApplicable:
    last = here.steps[-1]
    return NotApplicable(reason=f"the journey ended before {name}: {last.name}: {last.seen}")


@check(
    severity=Severity.BLOCKER, impact=Impact.SIGN_IN, bar="sign-in", active=True,
    prevents=[(SignIn, "shut-out")],
)  # fmt: skip
def member_cannot_sign_in(here: SignIn) -> Result:
    """A member with the right password does not get in.

    Why: A community whose members cannot sign in is not open; it is the first thing they try and the one that they do not forgive.

    Fix: Follow the steps that the finding lists by hand in a private window, at the entrance that it names, and mend the first one that fails.
    """
    if any(s.name == "wrong password is refused" and not s.passed for s in here.steps):
        return NotApplicable(reason="a wrong password gets in, which is a finding of its own")
    step = _step(here, *GETS_IN)
    if step is None or (step.passed and step.name != GETS_IN[-1]):
        return _not_reached(here, "the private page")
    if step.passed:
        return Passed(evidence=f"{here.entrance}: in, {step.seen}")
    return Failed(
        means=f"Members who come in by {here.entrance} cannot get to their private pages.",
        observed=f"{step.name}: {step.seen}",
        wanted=step.wanted,
        fix=(
            # Without the entrance: a log-in that fails alike at each of them is one thing to mend.
            f"Open the entrance in a private window and sign in as the test member; it fails here: {step.name}.",
            "Watch the browser's developer tools: does the log-in answer set a cookie, for which Domain and Path, and does the next page send it back?",
            "A cookie without the right Domain is lost between www, the bare domain and app; one with SameSite=Strict is lost behind redirects from other sites.",
            "Then run `launchready smoke`.",
        ),
        who="your developer",
        effort_min=60,
        takes_effect="at the next deploy",
        see="launchready smoke",
        evidence="; ".join(f"{s.name}: {s.seen}" for s in here.steps),
        because=_no_page(here) if step.name == GETS_IN[0] else here.because,
    )


def _no_page(here: SignIn) -> Key | None:
    """Return what explains that no log-in page came: the page's own error, or its entrance's fault."""
    host = here.subject.parent
    return here.because or (Key(Entrance, host) if host else None)


@check(severity=Severity.BLOCKER, impact=Impact.EXPOSURE, bar="sign-in", active=True)
def wrong_password_accepted(here: SignIn) -> Result:
    """A wrong password opens the private page.

    Why: Everybody's account is open to everybody who knows a member's name.

    Fix: Compare the password before a session begins; a session that began earlier must not count as a log-in.
    """
    step = _step(here, "wrong password is refused")
    if step is None and any(s.name in GETS_IN for s in here.steps):
        return NotApplicable(
            reason="none was refused or taken here: another entrance has tried it at the same form, "
            "or the log-in gave no answer"
        )
    if step is None:
        return _not_reached(here, "a wrong password")
    if step.passed:
        return Passed(evidence=f"{here.entrance}: refused, {step.seen}")
    return Failed(
        means="Anybody who knows a member's address gets into that member's account.",
        observed=step.seen,
        wanted=step.wanted,
        fix=(
            "Find where the log-in compares the password, and refuse before a session is made.",
            "Close every session that exists, then run `launchready smoke`.",
        ),
        who="your developer",
        effort_min=60,
        takes_effect="at the next deploy",
        see="launchready smoke",
        evidence=here.how,
    )


@check(severity=Severity.RISK, impact=Impact.EXPOSURE, bar="sign-in", active=True)
def log_in_keeps_session_id(here: SignIn) -> Result:
    """The session of before the log-in is the member's after it.

    Why: Who puts a session of their own into somebody's browser, or notes the one of a shared computer, waits until a member logs in there and is in the account as well (session fixation).

    Fix: Make a new session at the log-in, and end the one of before.
    """
    step = _step(here, CLOSED_TO_EARLIER)
    if step is None and (why := dict(here.unseen).get(CLOSED_TO_EARLIER)):
        return Unproven(
            reason=f"whether the cookies of before the log-in open the page could not be seen: {why}",
            how_to_prove="Run it again: launchready recheck log-in-keeps-session-id",
        )
    inside = _step(here, GETS_IN[-1])
    if step is None and inside is not None and inside.passed and inside.name == GETS_IN[-1]:
        return NotApplicable(reason="the private page gets no cookie of before the log-in")
    if step is None:
        return _not_reached(here, "the private page")
    if step.passed:
        return Passed(evidence=f"{here.entrance}: {step.seen}")
    return Failed(
        means="Whoever knew a visitor's session before the log-in is in that member's account after it.",
        observed=f"{step.name}: {step.seen}",
        wanted=step.wanted,
        fix=(
            "Make a new session id when a member logs in, and forget the old one.",
            "Django: login(request, user), or request.session.cycle_key(). Rails: reset_session. Laravel: $request->session()->regenerate(). Express: req.session.regenerate(). PHP: session_regenerate_id(true).",
            "Then run `launchready smoke`.",
        ),
        who="your developer",
        effort_min=30,
        takes_effect="at the next deploy",
        see="launchready recheck log-in-keeps-session-id",
        evidence="; ".join(f"{s.name}: {s.seen}" for s in here.steps),
    )


@check(severity=Severity.RISK, impact=Impact.EXPOSURE, bar="sign-in", active=True)
def log_out_leaves_session_open(here: SignIn) -> Result:
    """The private page stays open after log-out, or to a copy of the session.

    Why: Whoever uses the same computer next, or holds a copied cookie, is still inside the member's account.

    Fix: End the session on the server at log-out, not only the cookie in the browser.
    """
    step = _step(here, LOG_OUT, CLOSED_AFTERWARDS, COPY_CLOSED)
    if step is None and (why := dict(here.unseen).get(LOG_OUT)):
        return Unproven(
            reason=f"whether members get out could not be seen: {why}",
            how_to_prove="Try it by hand in a private window: after the log-out the private page must ask "
            "to sign in. Or add logout = with the URL that the script asks to the account.",
        )
    if step is None and _all_passed(here):
        return Unproven(
            reason="no log-out is declared, and no link or form on the private page leads out",
            how_to_prove="Add logout = with the URL that logs out to the account.",
        )
    if step is None:
        return _not_reached(here, "log-out")
    if step.passed and (why := dict(here.unseen).get(COPY_CLOSED)):
        return Unproven(
            reason=f"whether a copy of the session opens the page could not be seen: {why}",
            how_to_prove="Run it again: launchready recheck log-out-leaves-session-open",
        )
    if step.passed:
        return Passed(evidence=f"{here.entrance}: closed afterwards, {step.seen}")
    copied = step.name == COPY_CLOSED
    return Failed(
        # Who keeps sessions in cookies alone cannot end one, and has mostly chosen so.
        severity=Severity.ADVICE if copied and here.self_contained else None,
        means="Whoever has copied a member's cookie stays in the account after the member has logged out."
        if copied
        else "Members who log out on a shared computer leave their account open.",
        observed=f"{step.name}: {step.seen}",
        wanted=step.wanted,
        fix=(
            "Delete the session on the server when a member logs out.",
            "Send the session cookie back empty with Max-Age=0, same Domain and Path.",
            "Where a token or a signed cookie is the session: keep a list of those that were logged out, and refuse them; or let them live for minutes.",
        ),
        who="your developer",
        effort_min=30,
        takes_effect="at the next deploy",
        see="launchready recheck log-out-leaves-session-open",
        evidence="; ".join(f"{s.name}: {s.seen}" for s in here.steps),
    )
