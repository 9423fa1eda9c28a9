"""Sign-ins that fail, or that let in whom they should not."""

from __future__ import annotations

import secrets
from dataclasses import replace
from urllib.parse import urlencode

from launchready.demo.answers import Answer, Request, json_answer, redirect
from launchready.demo.app import asked_otherwise, from_app
from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch


@defect("member-cannot-sign-in")
def cookie_path(launch: DemoLaunch) -> None:
    """The session's cookie is good for the log-in page alone, so that no other page knows the member."""
    launch.host("app").rewrites_cookies = lambda line: line.replace("Path=/;", "Path=/login;")


@defect("member-cannot-sign-in", variant="cookie-of-another-host")
def cookie_domain(launch: DemoLaunch) -> None:
    """The session's cookie is meant for another host, and browsers throw it away."""
    launch.host("app").rewrites_cookies = lambda line: f"{line}; Domain=www.willow.example"


@defect("wrong-password-accepted")
def any_password(launch: DemoLaunch) -> None:
    """Any password signs a member in."""

    def with_the_right_one(request: Request) -> Request:
        sent = request.form
        if sent.get("email") != request.state.username:
            return request
        right = {**sent, "password": request.state.password}
        return replace(request, body=urlencode(right).encode())

    launch.host("app").serve("/login", asked_otherwise(with_the_right_one), methods="POST")


@defect("log-in-keeps-session-id")
def session_kept(launch: DemoLaunch) -> None:
    """What a browser is known by before the log-in is the member's session after it."""
    inside: dict[str, str] = {}
    session = launch.session_cookie
    visitor = f"{session}-visitor"

    async def log_in(request: Request) -> Answer:
        answer = await from_app(request)
        for line in answer.cookies:
            name, _, value = line.partition(";")[0].partition("=")
            if name == session and value:
                inside[request.cookies.get(visitor, "")] = value
        return answer

    def known_again(request: Request) -> Request:
        held = request.cookies
        token = inside.get(held.get(visitor, ""), "")
        if session in held or not token:
            return request
        cookie = f"{request.headers['cookie']}; {session}={token}"
        return replace(request, headers={**request.headers, "cookie": cookie})

    app = launch.host("app")
    app.serve("/login", log_in, methods="POST")
    app.serve("/members", asked_otherwise(known_again))


@defect("log-out-leaves-session-open")
def stays_open(launch: DemoLaunch) -> None:
    """Logging out changes nothing: the session and its cookie stay good."""
    launch.host("app").serve("/logout", redirect("/login", status=303), methods="POST")


@defect("log-out-leaves-session-open", variant="copied")
def copy_stays_good(launch: DemoLaunch) -> None:
    """Logging out takes the browser's cookie back, and the session stays good for whoever has a copy."""
    gone = f"{launch.session_cookie}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
    forgotten = replace(redirect("/login", status=303), cookies=[gone])
    launch.host("app").serve("/logout", forgotten, methods="POST")


@defect("log-out-leaves-session-open", variant="token")
def token_stays_good(launch: DemoLaunch) -> None:
    """The phone's app signs in by JSON, and the token that it holds outlives the log-out."""
    token = secrets.token_urlsafe(24)

    def log_in(request: Request) -> Answer:
        state, sent = request.state, request.json
        right = {"email": state.username, "password": state.password}
        if sent != right:
            return json_answer({"error": "wrong address or password"}, status=401)
        return json_answer({"access_token": token, "token_type": "bearer"})

    def me(request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {token}":
            return json_answer({"error": "sign in first"}, status=401)
        return json_answer({"name": "Ada"}, cache_control="private, no-store")

    api, base = launch.host("api"), "api.willow.example/v1"
    api.serve("/v1/login", log_in, methods="POST")
    api.serve("/v1/me", me)
    api.serve("/v1/logout", Answer(status=204), methods="POST")
    launch.manifest["routes"] |= {
        f"{base}/login": {
            "kind": "auth", "json_body": True,
            "fields": {"username": "email", "password": "password"},
        },
        f"{base}/me": "private",
    }  # fmt: skip
    member = launch.manifest["accounts"]["member"]
    launch.manifest["accounts"]["phone"] = {
        "username_env": member["username_env"], "password_env": member["password_env"],
        "login": f"{base}/login", "private": f"{base}/me", "logout": f"{base}/logout",
    }  # fmt: skip
