"""What the registry of the launch's domain says."""

from __future__ import annotations

from launchready.demo.answers import Answer, Request, json_answer


def rdap(request: Request) -> Answer:
    """Answer for the launch's own domain as a registry does (RFC 9083)."""
    launch = request.launch
    name = request.path.rpartition("/")[2].lower().rstrip(".")
    zone = next((z for z in launch.zones if z.origin == f"{launch.domain}."), None)
    if name != launch.domain or zone is None:
        missing = {"errorCode": 404, "title": "Not Found", "description": ["No such domain."]}
        return json_answer(missing, status=404, content_type="application/rdap+json")
    found = {
        "objectClassName": "domain",
        "ldhName": launch.domain,
        "status": launch.registration.status,
        "events": [
            {"eventAction": "registration", "eventDate": launch.registration.since()},
            {"eventAction": "expiration", "eventDate": launch.registration.until()},
        ],
        "entities": [
            {
                "objectClassName": "entity",
                "roles": ["registrar"],
                "vcardArray": [
                    "vcard",
                    [["version", {}, "text", "4.0"], ["fn", {}, "text", "Example Registrar"]],
                ],
            }
        ],
        "secureDNS": {"delegationSigned": zone.ds != "none"},
        "rdapConformance": ["rdap_level_0"],
    }
    return json_answer(found, content_type="application/rdap+json")
