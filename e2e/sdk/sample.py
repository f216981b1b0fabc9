"""The events that the test sends, and what the API must answer about them.

Expectations are computed here, from the file, and never by the server.
"""

import datetime
import json

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def read_events(path):
    """The file's events, and some with what the file has none of."""
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file] + special_events()


def special_events():
    at = "2026-10-31T12:00:00.123456Z"
    tied = [
        event(f"sdk-tie-{i:03}", at, {"event_name": "Token", "org_id": "org-ties", "time": at})
        for i in range(30)
    ]
    return tied + [
        event("sdk-old", at, {"stage": "Login", "event": "Success", "org_id": "org-old", "time": at}),
        event("sdk-extra", at, {
            "event_name": "Token", "org_id": "org-extra", "time": "2026-10-31T14:00:00.5+02:00",
            "device": {"os": "linux", "patch": [1, 2.5, None, True], "näme": "Zoë \"quoted\" \n 日本"},
            "risk": 12, "empty": {}, "nothing": None,
        }),
        event("sdk-mistyped", at, {
            "event_name": "Token", "org_id": "org-mistyped", "time": "yesterday",
            "user_id": 17, "result": None, "source_ip": "not an address",
        }),
        event("sdk-reserved", at, {"event_name": "Token", "org_id": "org-reserved", "time": at, "cls": 1, "own": 2}),
        event("sdk-attributes", at, {
            "action": "create", "api_name": "users", "target_id": "t", "org_id": "org-attributes", "time": at,
            "secondary_id": "s2", "tertiary_id": "s3", "parent_id": "p", "grandparent_id": "g",
            "description": "made a user", "target_resource_org_id": "org-other",
            "audit_attributes": [
                {"attribute_type": "a,b", "attribute_id": "1", "attribute_org_id": None, "colour": "red"},
                {"attribute_type": "role", "attribute_id": "2", "attribute_name": "owner"},
            ],
        }),
        event("sdk-access", at, {"log_type": "access", "hostname": "h", "path": "/", "response_code": 200}),
    ]


def event(unique_id, create_time, members):
    return {"unique_id": unique_id, "create_time": create_time, "event": members}


class Expected:
    """What is stored: each event once, in the order of the lists."""

    def __init__(self, events):
        first = {}
        for sent in events:
            first.setdefault((sent["event"].get("org_id", ""), sent["unique_id"]), sent)
        rows = sorted(first.items(), key=lambda item: (self.time(item[1]), *item[0]), reverse=True)
        self.stored = [sent for _, sent in rows]
        self.auth = [e for e in self.stored if self.kind(e) == "auth"]
        self.api = [e for e in self.stored if self.kind(e) == "api"]

    @staticmethod
    def kind(sent):
        members = sent["event"]
        if "log_type" in members:
            return "generic"
        if members.get("subsystem") in ("auth", "api"):
            return members["subsystem"]
        return "api" if "api_name" in members else "auth"

    @staticmethod
    def time(sent):
        try:
            return instant(sent["event"]["time"])
        except (KeyError, ValueError):
            return instant(sent["create_time"])


def attribute_matches(sent, **wanted):
    """Whether one attribute has all that is wanted; a list means any of it."""
    for attribute in sent["event"].get("audit_attributes", []):
        if all(
            attribute.get(name) in (value if isinstance(value, list) else [value])
            for name, value in wanted.items()
        ):
            return True
    return False
