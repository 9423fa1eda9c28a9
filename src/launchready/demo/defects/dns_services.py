"""What can be wrong with where browsers are told to connect, besides a host's addresses."""

from __future__ import annotations

import base64

from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch


@defect("https-record-misleads")
def https_record_names_an_old_server(launch: DemoLaunch) -> None:
    """The app's HTTPS record still hints at the address where it was before it moved."""
    launch.zone().replace("HTTPS", "app", "1 . alpn=h2 ipv4hint=203.0.113.99")


@defect("https-record-misleads", variant="encrypted-hello")
def https_record_has_an_old_key(launch: DemoLaunch) -> None:
    """The app's HTTPS record has the key of a CDN that was left, which its server knows nothing of."""
    name = b"ech.post.example"
    key = b"\x07\x00\x20\x00\x20" + bytes(32) + b"\x00\x04\x00\x01\x00\x01\x00"
    content = key + bytes([len(name)]) + name + b"\x00\x00"
    one = b"\xfe\x0d" + len(content).to_bytes(2, "big") + content
    ech = base64.b64encode(len(one).to_bytes(2, "big") + one).decode()
    launch.zone().replace("HTTPS", "app", f"1 . alpn=h2 ech={ech}")
