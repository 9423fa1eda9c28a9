"""One nginx that serves every web host of the lab."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from . import addresses as at
from .addresses import Block
from .certificates import Authority, issue_signed_with_sha1, new_root, weak_rsa_key
from .process import Server, start
from .site import write_site
from .virtual_hosts import virtual_hosts
from .web_hosts import HOSTS


def issue_certificates(authority: Authority) -> None:
    """Write the certificate of every web host, each with the fault that its name tells."""
    ordinary = [host.name for host in HOSTS if host.certificate == "shared"]
    authority.issue("shared", "lab.test", *ordinary, "mta-sts.brand.test")
    authority.issue("expired", "expired.lab.test", days_left=-10)
    authority.issue("expires_in_5_days", "expires-in-5-days.lab.test", days_left=5.5)
    authority.issue("expires_in_15_days", "expires-in-15-days.lab.test", days_left=15.5)
    authority.issue("not_yet_valid", "not-yet-valid.lab.test", starts_in_days=10)
    authority.issue("self_signed", "self-signed.lab.test", self_signed=True)
    stranger = new_root("Nobody's Root", authority.now)
    authority.issue("untrusted", "untrusted.lab.test", issuer=stranger)
    authority.issue("wrong_host", "somebody-else.test")
    authority.issue("incomplete", "incomplete.lab.test", send_intermediate=False)
    authority.issue("weak_key", "weak-key.lab.test", key=weak_rsa_key(authority.directory))
    p521 = ec.generate_private_key(ec.SECP521R1())
    authority.issue("p521", "p521.lab.test", key=p521)
    issue_signed_with_sha1(authority, "sha1", "sha1.lab.test")


def start_web(block: Block, directory: Path, authority: Authority, application: str) -> Server:
    """Start nginx on every web address of the block, before the third party's "address:port"."""
    home = directory / "nginx"
    home.mkdir()
    write_site(home / "site")
    configuration = home / "nginx.conf"
    # One process: nginx's workers outlive a master that is killed.
    configuration.write_text(
        f"""daemon off;
user root;
master_process off;
pid {home}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
  types {{
    text/html html; text/css css; text/javascript js; image/png png;
    application/json json map; text/plain txt; text/csv csv;
  }}
  default_type application/octet-stream;
  charset utf-8;
  access_log {home}/access.log;
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi;
  scgi_temp_path {home}/scgi;
  keepalive_timeout 5s;
  client_body_timeout 10s;
  ssl_session_cache off;
  ssl_session_tickets off;
  ssl_protocols TLSv1.2 TLSv1.3;
  gzip_types text/css text/javascript application/json;
  gzip_min_length 500;
{virtual_hosts(block, home / "site", authority, application)}
}}
"""
    )
    return start(
        "nginx",
        ["nginx", "-p", str(home), "-e", "stderr", "-c", str(configuration)],
        directory=home,
        listens=[
            (block.dialled(address), port)
            for address, port in (
                (at.WEB, 80),
                (at.WEB, 443),
                (at.WEB_LEGACY_TLS, 443),
                (at.WEB_WEAK_CERTIFICATE, 443),
                (at.WEB_PORT_80_ONLY, 80),
                (at.WEB_HTTP_1, 443),
                (at.WEB_NOT_TLS, 443),
                (at.WEB_APPLICATION, 443),
            )
        ],
    )
