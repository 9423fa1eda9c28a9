"""The files that the lab's web hosts serve: a small community site, and folders that leak."""

import secrets
from pathlib import Path

FINGERPRINTED = "/assets/app.3f9a1c2b.js"
STACK_TRACE = (
    "Traceback (most recent call last):\n"
    '  File "/srv/community/app.py", line 41, in invite\n'
    '    member = members[request.args["id"]]\n'
    "KeyError: '8841'\n"
)
_SCRIPT = "".join(f"export function step{n}() {{ return {n}; }}\n" for n in range(400))


def _page(title: str, head: str = "", body: str = "") -> str:
    words = "<p>A community for people who bake bread at home.</p>\n" * 40
    return (
        "<!doctype html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head>\n'
        f"<body><h1>{title}</h1>\n{body}{words}</body></html>\n"
    )


def write_site(directory: Path) -> None:
    """Write every document root below `directory`: one folder a host, `common` for the rest."""
    script = f'<script src="{FINGERPRINTED}" defer></script>'
    pages = {
        "common/index.html": _page("Bread at home", script),
        "common/events/index.html": _page("Events", script),
        "common/login.html": _page(
            "Log in",
            script,
            '<form method="post" action="/login"><input name="name">'
            '<input name="password" type="password"><button>Log in</button></form>\n',
        ),
        "common/private.html": _page("Your account", script, "<p>Signed in as Lab Member</p>\n"),
        f"common{FINGERPRINTED}": _SCRIPT,
        "common/.well-known/mta-sts.txt": (
            "version: STSv1\r\nmode: enforce\r\nmx: mx.brand.test\r\nmax_age: 604800\r\n"
        ),
        "autoindex/files/members-2024.csv": "name,joined\nLab Member,2024-01-02\n",
        "autoindex/files/backup.tar": "not really a tar file\n",
        "autoindex/index.html": _page("Files"),
        "exposed/index.html": _page("Left behind"),
        "exposed/.env": "APP_ENV=production\nDATABASE_PASSWORD=not-a-real-password\n",
        "exposed/.git/HEAD": "ref: refs/heads/main\n",
        "exposed/.git/config": (
            "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
            '[remote "origin"]\n\turl = https://git.lab.test/community.git\n'
        ),
        "exposed/backup.sql": "-- dump of 2024-01-02\nCREATE TABLE members (id integer);\n",
        "spa/index.html": _page("Single page", '<script src="/app.js"></script>'),
        "spa/app.js": _SCRIPT,
        "mixed/index.html": _page(
            "Mixed",
            '<script src="http://good.lab.test/assets/app.3f9a1c2b.js"></script>',
            '<img src="http://good.lab.test/logo.png" alt="">\n',
        ),
        "source-map/index.html": _page("Source map", '<script src="/assets/app.js"></script>'),
        "source-map/assets/app.js": f"{_SCRIPT}//# sourceMappingURL=app.js.map\n",
        "source-map/assets/app.js.map": (
            '{"version":3,"file":"app.js","sources":["../src/billing.ts"],'
            '"sourcesContent":["// what only the authors should read\\nexport const plan = 1;"],'
            '"names":[],"mappings":"AAAA"}'
        ),
        "leaky-bundle/index.html": _page("Leaky", '<script src="/assets/app.js"></script>'),
        # Made up anew each time, so that no scanner finds a key in this repository.
        "leaky-bundle/assets/app.js": (
            f'const secret = "sk_live_{secrets.token_hex(24)}";\n'
            f'const publishable = "pk_live_{secrets.token_hex(24)}";\n{_SCRIPT}'
        ),
    }
    missing = _page("Nothing is here", body='<p><a href="/">Back to the start</a></p>\n')
    pages |= {f"{folder}/missing.html": missing for folder in {n.split("/")[0] for n in pages}}
    for name, text in pages.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
