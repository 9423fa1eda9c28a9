"""nginx's server blocks: one host, one fault, everything else as on the healthy host."""

from pathlib import Path

from . import addresses as at
from .addresses import Block
from .certificates import Authority
from .site import STACK_TRACE
from .web_hosts import HOSTS, WebHost

_HSTS = 'add_header Strict-Transport-Security "max-age=31536000" always;'
_PROTECTION = """
add_header Content-Security-Policy "default-src 'self'; object-src 'none'; base-uri 'none'; \
frame-ancestors 'none'; form-action 'self'" always;
add_header X-Frame-Options DENY always;
add_header X-Content-Type-Options nosniff always;
add_header Referrer-Policy strict-origin-when-cross-origin always;
add_header Permissions-Policy "geolocation=(), camera=(), microphone=()" always;
"""
_NO_CACHE = "add_header Cache-Control no-cache always;"
_NO_STORE = "add_header Cache-Control no-store always;"
_IMMUTABLE = 'add_header Cache-Control "public, max-age=31536000, immutable";'
_SAFE_COOKIE = (
    'add_header Set-Cookie "__Host-visit=7f3a; Path=/; Secure; HttpOnly; SameSite=Lax" always;'
)
_BARE_COOKIE = 'add_header Set-Cookie "session=7f3a9c; Path=/" always;'
_TO_HTTPS = "return 308 https://$host$request_uri;"
_TO_GOOD = "return 308 https://good.lab.test$request_uri;"

# How port 443 is opened on each address: protocol versions belong to a listener, not to a name.
_TLS_LISTENERS = {
    at.WEB: "listen {}:443 ssl http2;",
    at.WEB_LEGACY_TLS: (
        "listen {}:443 ssl; ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;"
        " ssl_ciphers DEFAULT:@SECLEVEL=0;"
    ),
    # OpenSSL's ordinary level would not even load these certificates.
    at.WEB_WEAK_CERTIFICATE: "listen {}:443 ssl http2; ssl_ciphers DEFAULT:@SECLEVEL=0;",
    at.WEB_HTTP_1: "listen {}:443 ssl; ssl_protocols TLSv1.2;",
    at.WEB_APPLICATION: "listen {}:443 ssl http2;",
}


def virtual_hosts(block: Block, site: Path, authority: Authority, application: str) -> str:
    """Return every server block; `application` is the third party's "address:port"."""
    web = block.dialled(at.WEB)
    apex = WebHost(label="apex", purpose="sends everything to good.lab.test")
    mta_sts = WebHost(label="mta-sts", purpose="MTA-STS policy of brand.test")
    secure = _secure_bodies(site, application)
    open_bodies = _open_bodies(site)
    blocks = [
        # One POST by one visitor to one host counts; reading the log-in page does not.
        'map $request_method $login_key { POST "$binary_remote_addr$host"; default ""; }',
        "map $request_method $login_page { POST /refused; default /login.html; }",
        "limit_req_zone $login_key zone=logins:1m rate=6r/m;",
        f"server {{ listen {web}:80 default_server; return 404; }}",
        f"server {{ {_listen(apex, block, authority, default=True)} return 421; }}",
        _server("lab.test", f"listen {web}:80;", _TO_GOOD),
        _server("lab.test", _listen(apex, block, authority), _HSTS + _TO_GOOD),
        _server("mta-sts.brand.test", f"listen {web}:80;", _TO_HTTPS),
        _server("mta-sts.brand.test", _listen(mta_sts, block, authority), secure["good"]),
    ]
    for host in HOSTS:
        address = block.dialled(host.address)
        body = secure.get(host.label, secure["good"])
        if host.address == at.WEB_NOT_TLS:
            blocks.append(_server(host.name, f"listen {address}:443;", body))
        elif host.address in _TLS_LISTENERS:
            blocks.append(_server(host.name, _listen(host, block, authority), body))
        open_body = open_bodies.get(host.label, _TO_HTTPS)
        blocks.append(_server(host.name, f"listen {address}:80;", open_body))
    return "\n".join(blocks)


def _listen(host: WebHost, block: Block, authority: Authority, *, default: bool = False) -> str:
    listen = _TLS_LISTENERS[host.address].format(block.dialled(host.address))
    if default:
        listen = listen.replace(";", " default_server;", 1)
    return (
        f"{listen} ssl_certificate {authority.chain_file(host.certificate)};"
        f" ssl_certificate_key {authority.key_file(host.certificate)};"
    )


def _server(name: str, listen: str, body: str) -> str:
    return f"server {{\n{listen}\nserver_name {name};\n{body}\n}}"


def _pages(
    root: str,
    *,
    headers: str = _HSTS + _PROTECTION,
    assets: str = _IMMUTABLE,
    login: str = _SAFE_COOKIE,
    before_login: str = "",
    account: str = f"{_NO_STORE} return 401;",
    more: str = "",
) -> str:
    """Return a healthy host but for what is given.

    The headers stand in each location because nginx drops inherited ones where a block has its own.
    """
    return f"""
gzip on; gzip_vary on; server_tokens off; root {root}; error_page 404 /missing.html;
{headers}
location / {{ {headers} {_NO_CACHE} }}
location /assets/ {{ {headers} {assets} }}
location = /login {{
  {headers} {_NO_STORE} {login} {before_login}
  try_files $login_page =401;
}}
location = /account {{ {headers} {account} }}
{more}"""


def _secure_bodies(site: Path, application: str) -> dict[str, str]:
    """Return what stands behind HTTPS, by the host's label; the others are as `good`."""
    common = f"{site}/common"
    limit = "limit_req zone=logins burst=5 nodelay; limit_req_status {};"
    return {
        "good": _pages(common),
        "www": _HSTS + _TO_GOOD,
        "hsts-short": _pages(
            common,
            headers='add_header Strict-Transport-Security "max-age=300" always;' + _PROTECTION,
        ),
        "hsts-subdomains": _pages(
            common,
            headers=_HSTS.replace("31536000", "31536000; includeSubDomains") + _PROTECTION,
        ),
        "redirect-loop": f"{_HSTS} location = / {{ return 302 /again; }}"
        " location = /again { return 302 /; } location / { return 404; }",
        "four-hops": f"{_HSTS} root {common};"
        " location = / { return 302 /hop/1; } location = /hop/1 { return 302 /hop/2; }"
        " location = /hop/2 { return 302 /hop/3; } location = /hop/3 { return 302 /events/; }",
        "downgrade": _pages(
            common, more="location ^~ /login/ { return 302 http://$host$request_uri; }"
        ).replace("try_files $login_page =401;", "return 302 http://$host$request_uri;"),
        "redirect-to-private": f"{_HSTS} location = / {{ return 302 http://10.0.0.5/; }}"
        " location = /metadata { return 302 http://169.254.169.254/latest/meta-data/; }",
        "autoindex": _pages(f"{site}/autoindex", more="location /files/ { autoindex on; }"),
        "exposed": _pages(f"{site}/exposed"),
        "spa": f"gzip on; root {site}/spa; {_HSTS} {_PROTECTION} {_NO_CACHE}"
        " location / { try_files $uri /index.html; }",
        "cors-reflected": _pages(common, more=_api("$http_origin", credentials=True)),
        "cors-null": _pages(common, more=_api('"null"', credentials=True)),
        "cors-public": _pages(common, more=_api('"*"', credentials=False)),
        "bare": f"root {common}; location = /login {{ try_files $login_page =401; }}",
        "cookies": _pages(common, login=_BARE_COOKIE),
        "private-cached": _pages(
            common,
            account=f'{_SAFE_COOKIE} add_header Cache-Control "public, max-age=3600" always;'
            " try_files /private.html =404;",
        ),
        "mixed": _pages(f"{site}/mixed", headers=_HSTS),
        "source-map": _pages(f"{site}/source-map"),
        "leaky-bundle": _pages(f"{site}/leaky-bundle"),
        "stack-trace": _pages(
            common,
            more=f"location = /boom {{ default_type text/plain; return 500 '{_quoted()}'; }}",
        ),
        "static-uncached": _pages(common, assets=_NO_STORE),
        # nginx opens the file of names only when somebody gives one.
        "locked": f'{_pages(common)} auth_basic "Soon"; auth_basic_user_file {site}/nobody;',
        "limited": _pages(common, before_login=limit.format(429)),
        "throttled": _pages(common, before_login=limit.format(403)),
        "app": f"""location / {{
  proxy_pass http://{application};
  proxy_set_header Host $host;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto https;
  proxy_connect_timeout 5s; proxy_read_timeout 30s;
}}""",
    }


def _open_bodies(site: Path) -> dict[str, str]:
    """Return what stands on port 80, by the host's label; the others redirect to HTTPS at once."""
    plain = _pages(f"{site}/common", headers=_PROTECTION)
    return {
        "www": _TO_GOOD,
        "http-copy": plain,
        "http-only": plain,
        "http-only.hsts-subdomains": plain,
        "downgrade": plain,
        "drops-path": "return 301 https://$host/;",
        "drops-query": "return 301 https://$host$uri;",
    }


def _api(origin: str, *, credentials: bool) -> str:
    allow = "add_header Access-Control-Allow-Credentials true always;" if credentials else ""
    return f"""location = /api {{
  {_HSTS} {_PROTECTION} {_NO_STORE} {allow}
  add_header Access-Control-Allow-Origin {origin} always;
  default_type application/json;
  return 200 '{{"members": 3}}';
}}"""


def _quoted() -> str:
    return STACK_TRACE.replace("\\", "\\\\").replace("'", "\\'")
