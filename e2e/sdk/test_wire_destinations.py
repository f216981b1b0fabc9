"""What clients of /v1 rely on about destinations, tried by hand where the SDK would not send it.

Run as test_sdk, on the same server.
"""

import datetime
import unittest

import sample
from server import fetch


class DestinationsByHand(unittest.TestCase):
    ORG = "org-example-destinations"

    def setUp(self):
        self.addCleanup(lambda: [
            fetch("DELETE", "/v1/audit_destinations/" + d["metadata"]["id"])
            for d in fetch("GET", "/v1/audit_destinations?org_id=" + self.ORG)[2]["audit_destinations"]])

    def body(self, metadata=None, **members):
        spec = {"enabled": True, "name": "a", "org_id": self.ORG, "destination_type": "webhook", "location": "https://example.com/in",
                "comment": "", "filters": [], **members}
        return {"spec": spec, **({"metadata": metadata} if metadata else {})}

    def test_the_required_members_are_required(self):
        for name in self.body()["spec"]:
            spec = {k: v for k, v in self.body()["spec"].items() if k != name}
            status, _, document = fetch("POST", "/v1/audit_destinations", {"spec": spec})
            self.assertEqual(status, 400)
            self.assertIn("spec." + name, document["error_message"])
        self.assertEqual(fetch("POST", "/v1/audit_destinations", {})[0], 400)
        self.assertIn("spec.name", fetch("POST", "/v1/audit_destinations", self.body(name="é" * 129))[2]["error_message"])
        self.assertEqual(fetch("POST", "/v1/audit_destinations", self.body(name="é" * 128))[0], 201)
        self.assertIn("max_events", fetch("POST", "/v1/audit_destinations", self.body(name="b", max_events_per_transaction=0))[2]["error_message"])

    def test_metadata_is_the_servers_own(self):
        mine = {"id": "mine", "created": "1999-01-01T00:00:00Z", "updated": "1999-01-01T00:00:00Z"}
        _, _, created = fetch("POST", "/v1/audit_destinations", self.body(mine))
        self.assertRegex(created["metadata"]["created"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        self.assertNotEqual(created["metadata"]["id"], "mine")
        path = "/v1/audit_destinations/" + created["metadata"]["id"]
        # The same instant in another zone is the same version.
        at = sample.instant(created["metadata"]["updated"]).astimezone(datetime.timezone(datetime.timedelta(hours=-7)))
        status, _, replaced = fetch("PUT", path, self.body({**mine, "updated": at.isoformat()}, comment="b"))
        self.assertEqual((status, replaced["spec"]["comment"]), (200, "b"))
        for name in ("id", "created"):
            self.assertEqual(replaced["metadata"][name], created["metadata"][name])
        self.assertEqual(fetch("PUT", path, self.body({"updated": at.isoformat()}))[0], 409)
        self.assertEqual(fetch("PUT", path, self.body({"id": "x"}))[0], 200, "without metadata.updated it replaces")

    def test_null_members_were_not_given(self):
        nulls = dict.fromkeys(("authentication", "webhook_settings", "routing", "max_events_per_transaction", "delivery_settings"))
        _, _, created = fetch("POST", "/v1/audit_destinations", self.body(**nulls, own=None))
        self.assertEqual(created["spec"], {**self.body()["spec"], "own": None})

    def test_whether_it_works(self):
        _, _, created = fetch("POST", "/v1/audit_destinations", self.body(destination_type="file", location="file://./works.log"))
        path = f"/v1/audit_destinations/{created['metadata']['id']}/health"
        status, _, health = fetch("GET", path)
        self.assertEqual(status, 200)
        self.assertIn(health["state"], ("waiting", "delivering"))
        self.assertEqual((health["delivered"], health["dead_letters"]), (0, 0))
        self.assertEqual(fetch("GET", "/v1/audit_destinations/nothing/health")[0], 404)

    def test_locations(self):
        for kind, location, status in (
            ("webhook", "http://example.com:8080/in?x=1", 201), ("webhook", "https://u:p@example.com/", 400), ("webhook", "ftp://example.com", 400),
            ("webhook", "https://example.com/#part", 400), ("webhook", "example.com", 400),
            ("file", "file://./a/b.log", 201), ("file", "file://./a/../../b.log", 400), ("file", "file:///etc/passwd", 400), ("file", "a.log", 400),
            ("syslog", "udp://logs.example:514", 201), ("syslog", "tcp://logs.example", 201), ("syslog", "tls://[2001:db8::1]:6514", 201),
            ("graylog", "udp://logs.example:12201", 201), ("graylog", "http://logs.example", 400), ("syslog", "logs.example:514", 400),
            ("connector", "c1", 400), ("pigeon", "coop", 400),
        ):
            with self.subTest(kind=kind, location=location):
                answered, _, document = fetch("POST", "/v1/audit_destinations", self.body(name=location, destination_type=kind, location=location))
                self.assertEqual(answered, status, document)
                if status == 400:
                    self.assertRegex(document["error_message"], "^spec.(location|destination_type): ")


if __name__ == "__main__":
    unittest.main()
