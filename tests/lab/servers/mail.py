"""One Postfix with three faces: STARTTLS, no STARTTLS, and STARTTLS with a self-signed certificate."""

import shutil
from pathlib import Path

from . import addresses as at
from .addresses import Block
from .certificates import Authority
from .process import Server, start

_OWN_QUEUES = (
    *("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "maildrop"),
    *("private", "public", "saved", "trace"),
)


def start_mail(block: Block, directory: Path, authority: Authority) -> Server:
    """Start Postfix on the lab's mail addresses. It accepts mail for brand.test and throws it away."""
    authority.issue("mx", "mx.brand.test")
    authority.issue("mx-self-signed", "mx-self-signed.brand.test", self_signed=True)
    home = directory / "postfix"
    etc = home / "etc"
    # `postfix check` makes the same folders, in three seconds.
    for folder in (home, home / "queue", home / "data", etc):
        folder.mkdir(mode=0o755)
    for queue in _OWN_QUEUES:
        (home / "queue" / queue).mkdir(mode=0o700)
        shutil.chown(home / "queue" / queue, user="postfix")
    (home / "queue" / "pid").mkdir(mode=0o755)
    shutil.chown(home / "data", user="postfix")
    (etc / "main.cf").write_text(
        f"""compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
config_directory = {etc}
maillog_file = {home}/postfix-messages.log
maillog_file_prefixes = {home}
myhostname = mx.brand.test
mydestination =
inet_interfaces = all
inet_protocols = ipv4
mynetworks =
relay_domains =
virtual_mailbox_domains = brand.test
virtual_mailbox_maps = static:all
virtual_transport = discard:
default_transport = discard:
alias_maps =
alias_database =
local_recipient_maps =
smtpd_relay_restrictions = reject_unauth_destination
smtpd_tls_chain_files = {authority.key_file("mx")}, {authority.chain_file("mx")}
smtpd_tls_security_level = may
smtputf8_enable = no
smtpd_client_connection_count_limit = 0
"""
    )
    self_signed = f"{authority.key_file('mx-self-signed')},{authority.chain_file('mx-self-signed')}"
    (etc / "master.cf").write_text(
        f"""{block.dialled(at.MX)}:25 inet n - n - - smtpd
{block.dialled(at.MX_PLAIN)}:25 inet n - n - - smtpd
  -o smtpd_tls_security_level=none -o myhostname=mx-plain.brand.test
{block.dialled(at.MX_SELF_SIGNED)}:25 inet n - n - - smtpd
  -o smtpd_tls_chain_files={self_signed} -o myhostname=mx-self-signed.brand.test
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""
    )
    return start(
        "postfix",
        ["/usr/lib/postfix/sbin/master", "-c", str(etc), "-d"],
        directory=home,
        listens=[
            (block.dialled(address), 25) for address in (at.MX, at.MX_PLAIN, at.MX_SELF_SIGNED)
        ],
    )
