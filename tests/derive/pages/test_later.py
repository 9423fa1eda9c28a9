"""What scripts name that browsers load later, as the bundlers of the day write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.pages.later import inline_scripts, later, started

SITE = "https://example.org"


@pytest.mark.parametrize(
    ("bundler", "script", "text", "named"),
    [
        ("Vite", "/assets/index-B1.js", 'm.f=["assets/chat-C2.js","assets/run-D3.js"]', "/assets/chat-C2.js"),
        ("Vite", "/assets/chat-C2.js", "await t(()=>import(`./deep-E4.js`),[])", "/assets/deep-E4.js"),
        ("esbuild", "/main.js", 'import("./chunks/chat-BY.js").then(e=>e.chat())', "/chunks/chat-BY.js"),
        (
            "webpack", "/app/main.js",
            'r.u=e=>"chunk-"+e+"-"+{243:"cf38",807:"e75e"}[e]+".js",r.g=1;r.p="/";r.e(807)',
            "/chunk-807-e75e.js",
        ),
        (
            "webpack", "/static/js/main.11.js",
            'r.u=e=>"static/js/"+({12:"chat"}[e]||e)+"."+{12:"aa",13:"bb"}[e]+".chunk.js",r.p="/"',
            "/static/js/chat.aa.chunk.js",
        ),
        ("webpack", "/js/main.js", 'r.u=e=>"js/"+e+".js",r.g=1;t.e(243)', "/js/243.js"),
        ("webpack", "/js/main.js", 'r.u=function(e){return e+".js"},r.p="/js/";t.e("chat")', "/js/chat.js"),
        (
            "Next.js", "/_next/static/chunks/webpack-3.js",
            'c.u=e=>"static/chunks/"+e+".bfc7.js",c.miniCssF=e=>{},c.p="/_next/";n.e(844)',
            "/_next/static/chunks/844.bfc7.js",
        ),
        (
            "Next.js", "/_next/static/chunks/webpack-3.js",
            'c.u=e=>27===e?"static/chunks/27-ab.js":"static/chunks/"+({9:"x"}[e]||e)+"."+{8:"cd",9:"ef"}[e]+".js",c.p="/_next/"',
            "/_next/static/chunks/8.cd.js",
        ),
        ("Turbopack", "/_next/static/chunks/3-x.js", '["static/chunks/0ob1.js"]', "/_next/static/chunks/0ob1.js"),
        ("Parcel", "/", '{"imports":{"fpbM4":"/chat.3010d960.js"}}', "/chat.3010d960.js"),
        ("a worker", "/assets/a.js", 'navigator.serviceWorker.register("sw.js")', "/sw.js"),
        ("a module", "/js/a.js", "import { x } from '/js/x.mjs?v=2'", "/js/x.mjs"),
        ("settings", "/js/a.js", "fetch('/config.json')", "/config.json"),
        ("JSON with escapes", "/", '{"u":"\\/assets\\/b.js"}', "/assets/b.js"),
    ],
)  # fmt: skip
def test_a_chunk_is_named_by_what_loads_it(
    bundler: str, script: str, text: str, named: str
) -> None:
    assert SITE + named in later([(SITE + script, text)], page=f"{SITE}/"), bundler


def test_a_number_that_one_script_asks_for_is_called_by_another() -> None:
    texts = [
        (f"{SITE}/_next/static/chunks/app/page-1.js", "Promise.all([n.e(158),n.e(844)])"),
        (
            f"{SITE}/_next/static/chunks/webpack-1.js",
            'c.u=e=>"static/chunks/"+e+".x.js",c.p="/_next/"',
        ),
    ]
    assert later(texts, page=f"{SITE}/") == (
        f"{SITE}/_next/static/chunks/158.x.js",
        f"{SITE}/_next/static/chunks/844.x.js",
    )


@pytest.mark.parametrize(
    "text", ['"jquery.js"', '"node_modules/x.js"', 'a="b.json"', 'x.u=1+"a.js"', ""]
)
def test_a_word_that_only_ends_like_a_file_names_none(text: str) -> None:
    assert later([(f"{SITE}/assets/a.js", text)], page=f"{SITE}/") == ()


def test_a_page_names_its_manifest_and_its_data() -> None:
    html = '<link rel="manifest" href="/app.webmanifest"><link rel=preload as=fetch href="d.json">'
    assert started(html, base=f"{SITE}/a/") == (f"{SITE}/app.webmanifest", f"{SITE}/a/d.json")
    assert (
        inline_scripts(
            "<script>a</script><script src=x></script><script type=importmap>{}</script>"
        )
        == "a\n{}"
    )


@given(st.text(alphabet="\"'`.ju=e>+{}[]:,()/s12 ", max_size=400))
def test_any_script_can_be_read(text: str) -> None:
    assert all(url.startswith("https://") for url in later([(f"{SITE}/a.js", text)], page=SITE))


@pytest.mark.parametrize("piece", ['"a', "'.js", '.u=e=>"a"+', "{1:", "r.e(1)", "import(`./a"])
def test_a_script_made_to_stall_the_reading_does_not(piece: str) -> None:
    assert len(later([(f"{SITE}/a.js", piece * (300_000 // len(piece)))], page=SITE)) <= 400
