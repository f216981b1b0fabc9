"""What clients of /v1 rely on in its requests and answers, tried by hand where the SDK would not send it.

Run as test_sdk, on the same server. Events are of orgs that begin with org-example, which test_sdk passes over.
"""

import datetime
import json
import unittest

import sample
from server import API, fetch, refused, send

import agilicus

UTC = datetime.timezone.utc
LISTS = {"/v1/auth_audits": "auth_audits", "/v1/audits": "audits"}


def parameters(path):
    """The names of a list's parameters, as the server describes them."""
    _, _, document = fetch("GET", "/v1/openapi.json")
    described = document["paths"][path]["get"]["parameters"]
    shared = document["components"]["parameters"]
    whole = [shared[p["$ref"].rsplit("/", 1)[1]] if "$ref" in p else p for p in described]
    return [p["name"] for p in whole if p["in"] == "query"]


def post(events, **members):
    return fetch("POST", "/v1/bulk_audit_events", {"events": events, **members})


class Parameters(unittest.TestCase):
    def test_none_and_the_empty_text_were_not_given(self):
        for path in (*LISTS, "/v1/audit_destinations"):
            status, _, everything = fetch("GET", path)
            self.assertEqual((status, everything["limit"]), (200, 500))
            names = parameters(path)
            self.assertGreater(len(names), 9)
            for query in [f"{name}={value}" for name in names for value in ("None", "")] + ["unknown=1", "&".join(f"{n}=None" for n in names)]:
                with self.subTest(path=path, query=query):
                    self.assertEqual(fetch("GET", f"{path}?{query}")[2], everything)

    def test_an_empty_list_is_there(self):
        for path, member in LISTS.items():
            self.assertEqual(fetch("GET", path + "?org_id=org-nobody")[2], {"limit": 500, member: []})
        self.assertEqual(
            fetch("GET", "/v1/audit_destinations?org_id=org-nobody")[2], {"limit": 500, "audit_destinations": []})

    def test_what_is_not_there_is_said_in_json(self):
        for method, path, status, code in (
            ("GET", "/v1/nothing", 404, "NOT_FOUND"), ("DELETE", "/v1/audits", 405, "METHOD_NOT_ALLOWED"),
            ("GET", "/v1/audit_destinations/nothing", 404, "NOT_FOUND"),
        ):
            answered, headers, document = fetch(method, path)
            self.assertEqual((answered, headers["Content-Type"], document["error_code"]), (status, "application/json", code))
            self.assertEqual(set(document), {"error_code", "error_message"})


class Dates(unittest.TestCase):
    ORG = "org-example-dates"

    @classmethod
    def setUpClass(cls):
        cls.now = datetime.datetime.now(UTC)
        cls.ages = [datetime.timedelta(minutes=m) for m in (-14400, 5, 30, 180, 1800, 3600, 8640, 28800)]
        send(API, *[
            (f"age-{i}", cls.now, {"event_name": "Token", "org_id": cls.ORG, "time": (cls.now - age).isoformat(), "n": i})
            for i, age in enumerate(cls.ages)
        ])

    def found(self, **filters):
        return sorted(row["n"] for row in API.list_auth_records(org_id=self.ORG, **filters).auth_audits)

    def test_dates_for_people(self):
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        day = datetime.timedelta(days=1)
        for text, at in {
            "now": self.now, "today": midnight, "now-1day": self.now - day, "now-2days": self.now - 2 * day,
            "now-1hour": self.now - day / 24, "now-10minutes": self.now - day / 144, "now-1week": self.now - 7 * day,
            "now-2weeks": self.now - 14 * day, "in 30 days": self.now + 30 * day, "in 2 hours": self.now + day / 12,
            (midnight - day).date().isoformat(): midnight - day,
        }.items():
            later = [i for i, age in enumerate(self.ages) if self.now - age >= at]
            earlier = [i for i, age in enumerate(self.ages) if self.now - age < at]
            with self.subTest(text=text):
                self.assertEqual(self.found(dt_from=text), later)
                self.assertEqual(self.found(dt_to=text), earlier)

    def test_spellings_of_an_instant(self):
        at = sample.instant("2026-05-06T07:08:09.123456Z")
        send(API, ("instant", at, {"event_name": "Token", "org_id": "org-example-instant", "time": at.isoformat()}))
        for text in (
            "2026-05-06T07:08:09.123456Z", "2026-05-06T07:08:09.123456", "2026-05-06 07:08:09.123456",
            "2026-05-06T09:08:09.123456+02:00", "2026-05-06T01:38:09.123456-05:30", "2026-05-06T07:08:09.123456000Z",
        ):
            with self.subTest(text=text):
                self.assertEqual(len(API.list_auth_records(org_id="org-example-instant", dt_from=text).auth_audits), 1)
                self.assertEqual(len(API.list_auth_records(org_id="org-example-instant", dt_to=text).auth_audits), 0)
        after = API.list_auth_records(org_id="org-example-instant", dt_from="2026-05-06T07:08:09.123456001Z")
        self.assertEqual(len(after.auth_audits), 0)

    def test_times_are_written_in_utc_with_microseconds(self):
        for time in ("2026-01-02T05:04:05.678901234+02:00", "2026-01-02T03:04:05.678901"):
            org = "org-example-" + time[-4:]
            send(API, ("written", self.now, {"event_name": "Token", "org_id": org, "time": time}))
            _, _, answer = fetch("GET", "/v1/auth_audits?org_id=" + org)
            self.assertEqual(answer["auth_audits"][0]["time"], "2026-01-02T03:04:05.678901Z")

    def test_a_time_that_cannot_be_is_that_of_its_creation(self):
        at = sample.instant("2026-02-03T04:05:06Z")
        for i, time in enumerate(("yesterday", "1969-12-31T23:59:59Z", "2262-01-01T00:00:00Z", 7)):
            org = f"org-example-time-{i}"
            send(API, ("odd", at, {"event_name": "Token", "org_id": org, "time": time}))
            (row,) = API.list_auth_records(org_id=org).auth_audits
            self.assertEqual((row.time, row["mistyped"]), (at, {"time": time}))
            raw = "{ authAudits(filter: {orgId: {eq: %s}}) { nodes { raw } } }" % json.dumps(org)
            _, _, answer = fetch("POST", "/graphql", {"query": raw})
            self.assertEqual(answer["data"]["authAudits"]["nodes"][0]["raw"]["event"]["time"], time)


class Pages(unittest.TestCase):
    def test_the_link_leads_on_as_page_at_id_does(self):
        at = sample.instant("2026-03-04T05:06:07Z")
        send(API, *[(f"page-{i}", at, {"event_name": "Token", "org_id": "org-example-pages", "n": i}) for i in range(5)])
        seen, path = [], "/v1/auth_audits?org_id=org-example-pages&limit=2&dt_from=now-520weeks"
        while path:
            _, headers, page = fetch("GET", path)
            seen += [row["n"] for row in page["auth_audits"]]
            link = headers["Link"]
            self.assertEqual(link is not None, "page_at_id" in page)
            path = link and link.removeprefix("<").removesuffix('>; rel="next"')
        self.assertEqual(sorted(seen), list(range(5)))


class Bulk(unittest.TestCase):
    AT = "2026-04-05T06:07:08Z"

    def event(self, unique_id, **members):
        return sample.event(unique_id, self.AT, {"org_id": "org-example-bulk", **members})

    def test_all_three_lists_are_there(self):
        events = [self.event("a", event_name="Token")]
        self.assertEqual(post(events)[::2], (201, {"success_events": [], "discard_events": [], "retry_events": []}))
        self.assertEqual(post([])[::2], (201, {"success_events": [], "discard_events": [], "retry_events": []}))

    def test_what_a_sender_is_told_of_each_event(self):
        first, second = self.event("b", event_name="Token", n=1), self.event("b", event_name="Token", n=2)
        _, _, told = post([first, self.event("c", n={"deep": [1, None]})], always_respond_with_events=True)
        self.assertEqual(told["success_events"], [
            {"unique_id": "b", "status": "success", "event": first["event"]},
            {"unique_id": "c", "status": "success", "event": {"org_id": "org-example-bulk", "n": {"deep": [1, None]}}}])
        _, _, told = post([second])
        self.assertEqual([(e["unique_id"], e["status"], "event" in e) for e in told["discard_events"]], [("b", "duplicate", False)])
        rows = API.list_auth_records(org_id="org-example-bulk", dt_from=self.AT).auth_audits
        self.assertNotIn(2, [row.get("n") for row in rows], "a repeat changes nothing")
        self.assertEqual(post([{**first, "event": {**first["event"], "org_id": "org-example-other"}}])[2]["discard_events"], [])

    def test_bad_events_are_named_and_fail_alone(self):
        good = self.event("beside", event_name="Token")
        bad = [
            {**good, "unique_id": "no/id"}, {**good, "unique_id": 7}, {k: v for k, v in good.items() if k != "unique_id"}, 7, None,
            {**good, "unique_id": "time", "create_time": "then"}, {**good, "unique_id": "old", "create_time": "1969-01-01T00:00:00Z"},
            {"unique_id": "none", "event": {}}, {**good, "unique_id": "text", "event": "text"}, {"unique_id": "gone", "create_time": self.AT},
        ]
        status, _, told = post([*bad, good])
        self.assertEqual(status, 201)
        self.assertEqual([e["unique_id"] for e in told["discard_events"]], [f"invalid-{i}" for i in range(5)] + [e["unique_id"] for e in bad[5:]])
        self.assertEqual({e["status"] for e in told["discard_events"]}, {"invalid"})
        for told_of, mention in zip(told["discard_events"], ["unique_id"] * 3 + ["object"] * 2 + ["create_time"] * 3 + ["event"] * 2, strict=True):
            self.assertIn(mention, told_of["status_message"])
        self.assertEqual([e["unique_id"] for e in told["success_events"]], ["beside"])

    def test_what_an_event_is(self):
        kinds = {
            "auth_audits": [
                {"subsystem": "auth"}, {"subsystem": "Authentication", "action": "x", "api_name": "y"}, {"log_type": "auth_audit"}, {"log_type": "auth_audits"},
                {"event_name": "Token"}, {"upstream_idp": "okta"}, {"login_org_id": "o"}, {"stage": "Login", "event": "Success"}],
            "audits": [
                {"subsystem": "api"}, {"subsystem": "audit", "event_name": "Token"}, {"log_type": "audits"},
                {"action": "create", "target_id": "t"}, {"api_name": "users"}, {"audit_attributes": []}],
            None: [{}, {"log_type": "access", "event_name": "Token"}, {"stage": "Login"}, {"action": "walk"}, {"subsystem": "weather"}],
        }
        org = "org-example-kinds"
        sent = [(member, {**event, "org_id": org, "which": f"{member}-{i}"}) for member, events in kinds.items() for i, event in enumerate(events)]
        told = post([sample.event(f"kind-{i}", self.AT, event) for i, (_, event) in enumerate(sent)])[2]
        self.assertEqual(told["discard_events"], [])
        for path, member in LISTS.items():
            rows = fetch("GET", f"{path}?org_id={org}")[2][member]
            self.assertEqual(sorted(row["which"] for row in rows), [event["which"] for of, event in sent if of == member])
        _, _, answer = fetch("POST", "/graphql", {"query": '{ events(filter: {orgId: {eq: "%s"}}) { nodes { extra } } }' % org})
        rows = [node["extra"]["which"] for node in answer["data"]["events"]["nodes"]]
        self.assertEqual(sorted(rows), [event["which"] for of, event in sent if of is None])

    def test_the_org_of_an_event_may_be_its_older_member(self):
        send(API, ("org", sample.instant(self.AT), {"event_name": "Token", "org": "org-example-older"}))
        (row,) = API.list_auth_records(org_id="org-example-older").auth_audits
        self.assertEqual((row.org_id, row["org"]), ("org-example-older", "org-example-older"))

    def test_only_a_body_that_is_no_list_of_events_is_400(self):
        for body in ("{", "[]", "{}", '{"events": {}}', '{"events": null}'):
            with self.subTest(body=body):
                status, _, document = fetch("POST", "/v1/bulk_audit_events", body)
                self.assertEqual((status, document["error_code"]), (400, "BAD_USER_INPUT"))

    def test_a_body_over_the_limit_is_answered(self):
        # A client that sends all of it before it reads finds the answer, and no broken pipe.
        for size in (17, 40):
            big = ("big", sample.instant(self.AT), {"org_id": "org-example-bulk", "x": "x" * (size << 20)})
            self.assertIn("16 MiB", refused(self, 413, lambda big=big: send(API, big))["error_message"])
        spec = agilicus.AuditDestinationSpec(
            enabled=True, name="big", org_id="org-example-bulk", destination_type="webhook", location="https://example.com/",
            comment="x" * (3 << 20), filters=[])
        body = refused(self, 413, lambda: API.create_audit_destination(agilicus.AuditDestination(spec=spec)))
        self.assertIn("1 MiB", body["error_message"])


if __name__ == "__main__":
    unittest.main()
