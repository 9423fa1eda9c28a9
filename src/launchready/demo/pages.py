"""The pages of Willow, the demo's community."""

from __future__ import annotations

from html import escape

STATIC = "https://static.willow.example"
STYLE = "/assets/willow.8b1f04c7.css"
SCRIPT = "/assets/app.3f9c2d1a.js"
PICTURE = "/assets/willow.5d20e6aa.svg"

NAVIGATION = """\
<header><a class="brand" href="https://willow.example/"><img src="{static}{picture}" alt="" \
width="32" height="32">Willow</a>
<nav aria-label="Main"><a href="https://willow.example/pricing">Membership</a>
<a href="https://community.willow.example/">Community</a>
<a class="button quiet" href="https://app.willow.example/{door}</a></nav></header>"""


def document(title: str, main: str, *, member: bool = False) -> str:
    """Return a whole page of Willow around its main part; members get the guide's script."""
    code = f'\n<script src="{STATIC}{SCRIPT}" defer></script>' if member else ""
    navigation = NAVIGATION.format(
        static=STATIC, picture=PICTURE, door='members">Your room' if member else 'login">Log in'
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<meta name="description" content="Willow: evenings together for people who garden on balconies.">
<link rel="icon" href="{STATIC}{PICTURE}" type="image/svg+xml">
<link rel="stylesheet" href="{STATIC}{STYLE}">{code}
</head>
<body>
{navigation}
<main>
{main}
</main>
<footer><p>Willow, a community for people who garden on balconies. \
<a href="mailto:hello@willow.example">hello@willow.example</a></p></footer>
</body>
</html>
"""


def form(
    title: str, action: str, fields: str, button: str, *, note: str = "", more: str = ""
) -> str:
    """Return a page with one form; `note` says what went wrong or well the last time."""
    said = f'<p class="note" role="status">{escape(note)}</p>' if note else ""
    return document(
        f"{title} · Willow",
        f'<section class="card"><h1>{escape(title)}</h1>{said}\n'
        f'<form method="post" action="{action}">{fields}<button>{escape(button)}</button></form>'
        f"{more}</section>",
    )


def field(label: str, name: str, type_: str, hint: str = "", value: str = "") -> str:
    """Return a labelled input."""
    given = f' value="{escape(value)}"' if value else ""
    return (
        f'<label for="{name}">{escape(label)}</label>'
        f'<input id="{name}" name="{name}" type="{type_}" autocomplete="{hint or "off"}"{given} '
        "required>"
    )


LANDING = document(
    "Willow: garden together, one balcony at a time",
    """<section class="hero"><h1>Garden together, one balcony at a time.</h1>
<p>Willow is a small membership for people who grow things in pots. We meet twice a month, swap
seeds by post, and ask the guide when the tomatoes sulk.</p>
<p><a class="button" href="https://app.willow.example/signup">Become a member</a>
<a class="button quiet" href="/pricing">What it costs</a></p></section>
<section class="three"><article><h2>Evenings</h2><p>Two calls a month, never recorded, never more
than twenty people in a room.</p></article>
<article><h2>Seed post</h2><p>Every spring an envelope leaves with what you can spare, and another
one arrives.</p></article>
<article><h2>The guide</h2><p>Ask about light, soil and small visitors at any hour. It knows what
members have tried.</p></article></section>""",
)
PRICING = document(
    "Membership · Willow",
    """<section class="card"><h1>Membership</h1><p>One price, everything in it. Leave with one click.</p>
<p class="price">9 a month</p>
<p><a class="button" href="https://app.willow.example/checkout">Join Willow</a></p></section>""",
)
JOURNAL = document(
    "The first evening · Willow",
    """<article class="card"><h1>The first evening</h1><p>Eleven of us, one lemon tree on the table,
and a long talk about drainage.</p></article>""",
)
COMMUNITY = document(
    "Community · Willow",
    """<section class="card"><h1>What members talk about</h1><ul>
<li>Which beans climb without a trellis</li><li>Rain barrels on the fourth floor</li>
<li>Moving a fig through a stairwell</li></ul>
<p>The conversations themselves stay among members.
<a href="https://app.willow.example/members">Go to the members' room</a></p></section>""",
)
API = document(
    "Interface · Willow",
    """<section class="card"><h1>Interface</h1><p>This host answers Willow's own app. There is nothing
to see here for visitors.</p></section>""",
)
FILES = document(
    "Files · Willow",
    """<section class="card"><h1>Files</h1><p>Styles, scripts and pictures of Willow live here.</p>
</section>""",
)
NOT_FOUND = document(
    "Not found · Willow",
    """<section class="card"><h1>Nothing grows here</h1><p>This page does not exist, or it has moved.
<a href="https://willow.example/">Back to the start</a></p></section>""",
)
THANKS = document(
    "Welcome · Willow",
    """<section class="card"><h1>Thank you</h1><p>A mail is on its way with what comes next.</p>
</section>""",
)


def members(name: str) -> str:
    """Return the members' room for one member."""
    return document(
        "Members · Willow",
        f"""<section class="card"><h1>Welcome back</h1><p>You are signed in as {escape(name)}.</p>
<h2>Ask the guide</h2><form id="guide" method="post" action="/chat">
<label for="message">Your question</label><input id="message" name="message" required>
<button>Ask</button></form><p id="reply" role="status"></p>
<form method="post" action="/logout"><button class="quiet">Log out</button></form></section>""",
        member=True,
    )


CSS = """\
:root{color-scheme:light dark;--ink:#1f2d24;--paper:#f6f4ec;--leaf:#2f6b4a;--card:#fffdf7;--line:#d9d4c3}
@media (prefers-color-scheme:dark){:root{--ink:#e9eee6;--paper:#16201a;--leaf:#8fcfa8;--card:#1e2b23;--line:#33443a}}
*{box-sizing:border-box}
body{margin:0;font:1.0625rem/1.6 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
header,main,footer{max-width:60rem;margin:0 auto;padding:1rem 1.25rem}
header{display:flex;flex-wrap:wrap;gap:1rem;align-items:center;justify-content:space-between}
.brand{display:flex;gap:.5rem;align-items:center;font-weight:700;font-size:1.25rem;text-decoration:none;color:inherit}
nav{display:flex;gap:1.25rem;align-items:center;flex-wrap:wrap}
a{color:var(--leaf)}
h1{font-size:clamp(1.75rem,5vw,2.75rem);line-height:1.15;margin:0 0 1rem}
h2{font-size:1.2rem;margin:0 0 .5rem}
.hero{padding:3rem 0 2rem;max-width:40rem}
.three{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1rem}
.three article,.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.5rem}
.card{max-width:32rem;margin:2rem auto}
.card h1{font-size:1.75rem}
.card>:last-child,article>:last-child{margin-bottom:0}
.button,button{display:inline-block;font:inherit;font-weight:600;border:1px solid var(--leaf);border-radius:.5rem;padding:.5rem 1rem;background:var(--leaf);color:var(--paper);text-decoration:none;cursor:pointer}
.quiet{background:none;color:var(--leaf)}
label{display:block;margin:.75rem 0 .25rem;font-weight:600}
input{width:100%;font:inherit;padding:.5rem .75rem;border:1px solid var(--line);border-radius:.5rem;background:var(--paper);color:inherit}
form button{margin-top:1rem}
.note{border-left:.25rem solid var(--leaf);padding-left:.75rem}
.price{font-size:2rem;font-weight:700;margin:0}
footer{font-size:.9rem;opacity:.8}
"""
JAVASCRIPT = """\
"use strict";
// The guide answers in place; without this script the form still works.
const form = document.getElementById("guide");
if (form) {
  const reply = document.getElementById("reply");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    reply.textContent = "The guide is thinking …";
    try {
      const answer = await fetch("/chat", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ message: form.elements.message.value }),
      });
      const said = await answer.json();
      reply.textContent = said.reply || said.error;
    } catch {
      reply.textContent = "The guide cannot be reached right now. Please try again.";
    }
  });
}
"""
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<path d="M16 30V12" stroke="#7a5c3a" stroke-width="3" stroke-linecap="round"/>'
    '<g fill="none" stroke="#2f6b4a" stroke-width="2.5" stroke-linecap="round">'
    '<path d="M16 8C9 8 6 13 5 22M16 6c-4 3-6 8-6 19M16 6c4 3 6 8 6 19M16 8c7 0 10 5 11 14"/>'
    "</g></svg>\n"
)
