"""The published SDK and its command line against a running server.

Needs AUTHTRAIL_URL, a server without authentication that holds nothing else,
and AUTHTRAIL_SAMPLE, a file of bulk events, one a line:

    python -m venv venv && venv/bin/pip install -r requirements.txt
    AUTHTRAIL_URL=http://127.0.0.1:8080 AUTHTRAIL_SAMPLE=../../testdata/sample-events.ndjson \
        venv/bin/python -m unittest -v test_sdk test_destinations test_wire test_wire_destinations
"""

import collections
import contextlib
import datetime
import io
import json
import os
import pathlib
import unittest
import urllib.error
import urllib.request

import agilicus

import sample
from server import API, URL, rows, run_cli

EVENTS = sample.read_events(os.environ["AUTHTRAIL_SAMPLE"])
EXPECTED = sample.Expected(EVENTS)
BATCH = 500
OTHERS = "org-example"  # begins the orgs of docs/rest.md and of test_wire, which run on the same server


def send(events, **options):
    return API.bulk_create_events(agilicus.AuditWebhookBulkEvent(
        events=[
            agilicus.AuditEvent(
                unique_id=e["unique_id"], create_time=sample.instant(e["create_time"]), event=e["event"])
            for e in events
        ],
        **options,
    ))


def send_all():
    answers = [send(EVENTS[i:i + BATCH]) for i in range(0, len(EVENTS), BATCH)]
    return {
        name: [e for answer in answers for e in answer[name]]
        for name in ("success_events", "discard_events", "retry_events")
    }


def setUpModule():
    first = send_all()
    assert not first["retry_events"], first["retry_events"][:3]
    bad = [e for e in first["discard_events"] if e["status"] != "duplicate"]
    assert not bad, bad[:3]


def key(row):
    """A row, told from others by what every row has."""
    members = row.to_dict() if hasattr(row, "to_dict") else row
    names = ("org_id", "trace_id", "request_id", "event_name", "result", "action", "target_id", "token_id")
    return (members["time"], *(members.get(name) for name in names))


def expected_key(sent):
    members = {k: v for k, v in sent["event"].items() if v is not None}
    return key({**members, "time": sample.Expected.time(sent)})


def all_rows(method, member, **filters):
    """Every row of a list, by paging as the command line does."""
    rows, dt_to = [], filters.pop("dt_to", "")
    for _ in range(1000):
        page = method(dt_to=dt_to, **filters)
        rows += page[member]
        if len(page[member]) < page.limit:
            assert page.get("page_at_id") is None, "a page that is not full names a next one"
            return rows
        dt_to = page["page_at_id"]
        assert dt_to[0].isalpha(), dt_to
    raise AssertionError("the pages never end")


class Ingest(unittest.TestCase):
    def test_sent_again_everything_is_a_duplicate(self):
        again = send_all()
        self.assertEqual(again["success_events"], [])
        self.assertEqual(again["retry_events"], [])
        self.assertEqual([e["unique_id"] for e in again["discard_events"]], [e["unique_id"] for e in EVENTS])
        self.assertEqual({e["status"] for e in again["discard_events"]}, {"duplicate"})

    def test_always_respond_with_events(self):
        answer = send([EVENTS[0]], always_respond_with_events=True)
        echoed = answer.discard_events[0].event
        self.assertEqual(echoed, {**EVENTS[0]["event"], "time": sample.instant(EVENTS[0]["event"]["time"])})

    def test_one_bad_event_fails_alone(self):
        good = sample.event("sdk-beside-a-bad-one", "2026-10-31T00:00:00Z", {"log_type": "access"})
        answer = post({"events": [{"unique_id": "b/d", "create_time": "x", "event": {}}, good, 7]})
        ids = [(e["unique_id"], e["status"]) for e in answer["discard_events"] if e["status"] == "invalid"]
        self.assertEqual(ids, [("invalid-0", "invalid"), ("invalid-2", "invalid")])
        self.assertNotIn("sdk-beside-a-bad-one", [i for i, _ in ids])


def post(document):
    request = urllib.request.Request(
        URL + "/v1/bulk_audit_events", json.dumps(document).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


class Lists(unittest.TestCase):
    maxDiff = 2000

    def check(self, method, member, stored, matches, filters, some=True):
        expected = [expected_key(e) for e in stored if matches(e)]
        if some:
            self.assertTrue(0 < len(expected) < len(stored), f"{filters} tells nothing apart: {len(expected)} rows")
        rows = [key(row) for row in all_rows(method, member, **filters) if not row.org_id.startswith(OTHERS)]
        self.assertEqual([row[0] for row in rows], [row[0] for row in expected])  # the order
        self.assertEqual(collections.Counter(rows), collections.Counter(expected))

    def check_auth(self, matches, some=True, **filters):
        self.check(API.list_auth_records, "auth_audits", EXPECTED.auth, matches, filters, some)

    def check_api(self, matches, some=True, **filters):
        self.check(API.list_audits, "audits", EXPECTED.api, matches, filters, some)

    def member_filters(self, check, stored, names):
        for parameter, name in names.items():
            values = collections.Counter(e["event"][name] for e in stored if isinstance(e["event"].get(name), str))
            self.assertTrue(values, f"no event has {name}")
            for value in (values.most_common()[0][0], values.most_common()[-1][0]):
                with self.subTest(parameter=parameter, value=value):
                    check(lambda e: e["event"].get(name) == value, **{parameter: value})
            with self.subTest(parameter=parameter, value="unknown"):
                check(lambda e: False, some=False, **{parameter: "no such " + name})

    def test_everything(self):
        self.check_auth(lambda e: True, some=False)
        self.check_api(lambda e: True, some=False)

    def test_filters_of_auth_records(self):
        names = {name: name for name in (
            "user_id", "org_id", "trace_id", "upstream_user_id", "upstream_idp", "login_org_id", "source_ip",
            "client_id", "event", "stage", "request_id", "result", "event_name")}
        self.member_filters(self.check_auth, EXPECTED.auth, {**names, "session_id": "session"})

    def test_filters_of_audits(self):
        names = ("user_id", "org_id", "action", "target_id", "token_id", "api_name", "target_resource_type")
        self.member_filters(self.check_api, EXPECTED.api, {name: name for name in names})

    def test_filters_hold_together(self):
        def denied(e):
            return e["event"].get("result") == "Denied" and e["event"].get("org_id") == "org-001"
        self.check_auth(denied, result="Denied", org_id="org-001")

    def test_attribute_filters_hold_on_one_attribute(self):
        a = next(e["event"]["audit_attributes"] for e in EXPECTED.api if len(e["event"]["audit_attributes"]) > 1)
        for wanted in (
            {"attribute_type": a[0]["attribute_type"]},
            {"attribute_id": a[0]["attribute_id"]},
            {"attribute_org_id": a[0]["attribute_org_id"]},
            {"attribute_type": a[0]["attribute_type"], "attribute_id": a[0]["attribute_id"]},
        ):
            with self.subTest(wanted=wanted):
                self.check_api(lambda e: sample.attribute_matches(e, **wanted), **wanted)
        with self.subTest("of two attributes"):
            self.check_api(lambda e: False, some=False, org_id="org-attributes", attribute_type="role", attribute_id="1")

    def test_attribute_lists_match_any(self):
        ids = sorted({a["attribute_id"] for e in EXPECTED.api for a in e["event"]["audit_attributes"]})[:3]
        self.check_api(lambda e: sample.attribute_matches(e, attribute_id=ids), attribute_id_list=ids)
        types = ["a,b", "role"]
        self.check_api(lambda e: sample.attribute_matches(e, attribute_type=types), attribute_type_list=types)
        self.check_api(lambda e: False, some=False, attribute_type_list=["a", "b"])  # a comma is data

    def test_nothing_is_behind_a_connector(self):
        self.check_api(lambda e: False, some=False, resources_behind_connector_id="con-1")

    def test_time_range(self):
        times = [EXPECTED.time(e) for e in EXPECTED.auth]
        low, high = times[len(times) * 3 // 4], times[len(times) // 4]  # both are times of a record
        def between(e):
            return low <= EXPECTED.time(e) < high
        texts = {"dt_from": low.isoformat(), "dt_to": high.isoformat()}
        self.check_auth(between, **texts)
        other = datetime.timezone(datetime.timedelta(hours=-5))
        self.check_auth(between, dt_from=low.astimezone(other).isoformat(), dt_to=high.astimezone(other).isoformat())
        self.check_auth(lambda e: EXPECTED.time(e) >= sample.instant("2026-11-01T00:00:00Z"), dt_from="2026-11-01")
        self.check_auth(lambda e: True, some=False, dt_from="None", dt_to="in 36500 days")

    def test_pages_neither_repeat_nor_skip(self):
        for limit in (1, 7, 30):
            with self.subTest(limit=limit):
                self.check_auth(lambda e: e["event"].get("org_id") == "org-ties", org_id="org-ties", limit=limit)
        self.check_auth(lambda e: True, some=False, limit=499)
        self.check_api(lambda e: True, some=False, limit=10)

    def test_limit_is_repeated(self):
        self.assertEqual(API.list_audits().limit, 500)
        self.assertEqual(API.list_audits(limit=3).limit, 3)
        self.assertEqual(len(API.list_audits(limit=3).audits), 3)

    def test_members_come_back_as_they_were_sent(self):
        for stored, method, member in (
            (EXPECTED.auth, API.list_auth_records, "auth_audits"), (EXPECTED.api, API.list_audits, "audits"),
        ):
            sent = next(e for e in stored if e["unique_id"].startswith("smp-"))
            at = EXPECTED.time(sent)
            rows = method(dt_from=at.isoformat(), dt_to=(at + datetime.timedelta(microseconds=1)).isoformat())[member]
            row = next(row.to_dict() for row in rows if key(row) == expected_key(sent))
            self.assertEqual(row, {**sent["event"], "time": at})

    def test_additional_properties(self):
        (row,) = API.list_auth_records(org_id="org-extra").auth_audits
        sent = next(e for e in EVENTS if e["unique_id"] == "sdk-extra")["event"]
        for name in ("device", "risk", "empty", "nothing"):
            self.assertEqual(row[name], sent[name], name)

    def test_mistyped_members_do_not_break_the_page(self):
        (row,) = API.list_auth_records(org_id="org-mistyped").auth_audits
        self.assertEqual(row["mistyped"], {"user_id": 17, "time": "yesterday"})
        self.assertEqual(row.source_ip, "not an address")
        self.assertIsNone(row.get("result"))
        self.assertEqual(row.time, sample.instant("2026-10-31T12:00:00.123456Z"))
        (found,) = API.list_auth_records(source_ip="not an address").auth_audits
        self.assertEqual(found.to_dict(), row.to_dict())

    def test_names_that_the_client_keeps_for_itself_do_not_break_the_page(self):
        (row,) = API.list_auth_records(org_id="org-reserved").auth_audits
        self.assertEqual((row["mistyped"], row["own"]), ({"cls": 1}, 2))

    def test_attributes_come_back(self):
        (row,) = API.list_audits(org_id="org-attributes").audits
        self.assertEqual([a.get("attribute_name") for a in row.audit_attributes], [None, "owner"])
        self.assertEqual(row.audit_attributes[0]["colour"], "red")
        self.assertEqual((row.secondary_id, row.tertiary_id, row.parent_id, row.grandparent_id), ("s2", "s3", "p", "g"))
        self.assertEqual((row.description, row.target_resource_org_id), ("made a user", "org-other"))


class Errors(unittest.TestCase):
    def refused(self, status, call, *mentions):
        with self.assertRaises(agilicus.ApiException) as raised:
            call()
        self.assertEqual(raised.exception.status, status)
        body = json.loads(raised.exception.body)
        self.assertEqual(set(body), {"error_code", "error_message"})
        for mention in mentions:
            self.assertIn(mention, body["error_message"])

    def test_unreadable_dates_name_the_parameter(self):
        self.refused(400, lambda: API.list_audits(dt_from="garbage"), "dt_from", "garbage")
        self.refused(400, lambda: API.list_auth_records(dt_to="garbage"), "dt_to", "garbage")

    def test_a_page_of_another_list(self):
        page = API.list_audits(limit=1)["page_at_id"]
        self.refused(400, lambda: API.list_auth_records(dt_to=page), "dt_to")

    def test_limits_beyond_the_range(self):
        for limit in ("0", "-1", "501", "many"):  # which the client itself would refuse to send
            with self.assertRaises(urllib.error.HTTPError) as raised:
                urllib.request.urlopen(f"{URL}/v1/audits?limit={limit}")
            self.assertEqual(raised.exception.code, 400)
            self.assertIn("limit", json.load(raised.exception)["error_message"])
            raised.exception.close()


class Documentation(unittest.TestCase):
    def test_the_example_works(self):
        page = pathlib.Path(__file__).parents[2].joinpath("docs", "rest.md").read_text(encoding="utf-8")
        example = page.split("```python\n")[1].split("```")[0].replace("http://127.0.0.1:8080", URL)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(example, "docs/rest.md", "exec"), {})
        self.assertIn("Token Success person-1", printed.getvalue())


AUTH_COLUMNS = (
    "event", "user_id", "org_id", "source_ip", "token_id", "trace_id", "session", "issuer", "client_id", "application_name",
    "upstream_user_id", "login_org_id", "upstream_idp", "stage", "user_agent", "request_id")
AUDIT_COLUMNS = (
    "action", "user_id", "org_id", "source_ip", "target_resource_type", "target_id", "trace_id", "session", "secondary_id",
    "tertiary_id", "parent_id", "grandparent_id")


def printed_row(sent, columns):
    """What the command line prints of an event in its columns; it writes --- for what is not there."""
    return {name: sent["event"].get(name, "---") for name in columns}


def printed_time(sent):
    return EXPECTED.time(sent).strftime("%Y-%m-%d %H:%M:%S.%f")


class CommandLine(unittest.TestCase):
    maxDiff = 4000

    def same_rows(self, got, expected):
        def order(row):
            return sorted(row.items())
        self.assertEqual(sorted(got, key=order), sorted(expected, key=order))

    def test_list_audit_records(self):
        # The command line asks for the org that its token names.
        printed = json.loads(run_cli(
            "list-audit-records", "--limit", "500", "--dt-from", "2026-01-01", "--output-format", "json"))
        expected = [e for e in EXPECTED.api if e["event"]["org_id"] == "org-000"]
        self.assertTrue(expected)
        self.assertEqual(printed, [{**e["event"], "time": str(EXPECTED.time(e))} for e in expected])

    def test_the_table_of_list_audit_records(self):
        expected = [e for e in EXPECTED.api if e["event"]["org_id"] == "org-000"]
        printed = rows("list-audit-records", "--limit", "500", "--dt-from", "2026-01-01")
        attributes = [json.loads(row.pop("audit_attributes")) for row in printed]
        names = ("attribute_type", "attribute_id", "attribute_org_id")
        self.assertEqual(
            sorted(json.dumps(a, sort_keys=True) for a in attributes),
            sorted(json.dumps([{n: a.get(n, "---") for n in names} for a in e["event"]["audit_attributes"]], sort_keys=True) for e in expected))
        self.same_rows(printed, [{"time": printed_time(e), "date": "---", **printed_row(e, AUDIT_COLUMNS)} for e in expected])
        one = expected[0]["event"]
        console = run_cli(
            "list-audit-records", "--limit", "1", "--dt-from", "2026-01-01", "--show-column", "api_name", "--show-column", "target_id")
        self.assertEqual([line.strip("| ").split() for line in console.splitlines()[1::2]], [["api_name", "|", "target_id"], [one["api_name"], "|", one["target_id"]]])

    def test_the_filters_of_list_audit_records(self):
        wanted = next(e for e in EXPECTED.api if e["event"]["org_id"] == "org-000" and len(e["event"]["audit_attributes"]) > 1)
        event, attribute = wanted["event"], wanted["event"]["audit_attributes"][1]
        options = {name: event[name] for name in ("user_id", "action", "target_id", "token_id", "api_name", "target_resource_type")}
        options |= {name: attribute[name] for name in ("attribute_type", "attribute_id", "attribute_org_id")}
        given = [part for name, value in options.items() for part in ("--" + name.replace("_", "-"), value)]
        at = EXPECTED.time(wanted)
        range_ = ("--dt-from", at.isoformat(), "--dt-to", (at + datetime.timedelta(seconds=1)).isoformat())
        (row,) = rows("list-audit-records", "--org-id", "org-000", *range_, *given)
        self.assertEqual((row["time"], row["target_id"]), (printed_time(wanted), event["target_id"]))

    def test_list_auth_audit_records_pages_to_the_end(self):
        printed = rows("list-auth-audit-records", "--org-id", "org-001", "--dt-from", "2026-01-01")
        expected = [e for e in EXPECTED.auth if e["event"]["org_id"] == "org-001"]
        self.assertGreater(len(expected), 100, "more than one page of the command line")
        self.assertEqual([row["date"] for row in printed], [printed_time(e) for e in expected])
        self.same_rows(printed, [{"date": printed_time(e), **printed_row(e, AUTH_COLUMNS)} for e in expected])

    def test_the_filters_of_list_auth_audit_records(self):
        names = (
            "user_id", "trace_id", "upstream_user_id", "upstream_idp", "login_org_id", "source_ip", "client_id", "event", "stage",
            "request_id", "session")
        stored = [e for e in EXPECTED.auth if e["event"].get("org_id") == "org-001"]
        wanted = max(stored, key=lambda e: sum(name in e["event"] for name in names))
        options = {name: wanted["event"][name] for name in names if name in wanted["event"]}
        self.assertGreater(len(options), 7)
        given = [part for name, value in options.items()
                 for part in ("--session-id" if name == "session" else "--" + name.replace("_", "-"), value)]
        printed = rows("list-auth-audit-records", "--org-id", "org-001", "--dt-from", "2026-01-01", "--dt-to", "2027-01-01", *given)
        expected = [e for e in stored if all(e["event"].get(name) == value for name, value in options.items())]
        self.assertTrue(expected)
        self.same_rows(printed, [{"date": printed_time(e), **printed_row(e, AUTH_COLUMNS)} for e in expected])

    def test_a_table_has_its_columns_though_nothing_is_found(self):
        for command, columns in (
            ("list-auth-audit-records", ("date", *AUTH_COLUMNS)), ("list-audit-records", ("time", "date", *AUDIT_COLUMNS, "audit_attributes")),
        ):
            _, titles, *_ = run_cli(command, "--org-id", "org-nobody").splitlines()
            self.assertEqual(sorted(titles.strip("| ").replace("|", " ").split()), sorted(columns))

    def test_without_options(self):
        run_cli("list-audit-records")
        self.assertLessEqual(len(rows("list-auth-audit-records", "--limit", "5")), 5)
        self.assertEqual(len(rows("list-auth-audit-records", "--limit", "5", "--org-id", "org-001", "--dt-from", "2026-01-01")), 5)


if __name__ == "__main__":
    unittest.main()
