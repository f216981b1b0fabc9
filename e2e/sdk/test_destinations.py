"""The published SDK and its command line manage audit destinations.

Run as test_sdk, on the same server.
"""

import contextlib
import datetime
import io
import json
import pathlib
import unittest
import urllib.request

import agilicus

from server import API, URL, refused, rows, run_cli, start_cli

ORG = "org-destinations"


def spec(name, org_id=ORG, **members):
    given = {
        "enabled": True, "name": name, "org_id": org_id, "destination_type": "webhook",
        "location": "https://example.com/in", "comment": "Tracks access logs.", "filters": [], **members,
    }
    return agilicus.AuditDestinationSpec(**given)


def create(name, **members):
    return API.create_audit_destination(agilicus.AuditDestination(spec=spec(name, **members)))


def delete_all():
    for org_id in (ORG, "org-000", "org-other"):
        for found in API.list_audit_destinations(org_id=org_id).audit_destinations:
            API.delete_audit_destination(found.metadata.id, org_id=org_id)


class Destinations(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.addCleanup(delete_all)

    def test_the_documented_example(self):
        members = {
            "destination_type": "file", "location": "file://./audits.log", "max_events_per_transaction": 500,
            "filters": [agilicus.AuditDestinationFilter(filter_type="subsystem", value="access", or_list=["access"])],
            "authentication": agilicus.AuditDestinationAuthentication(
                authentication_type="agilicus_bearer",
                http_basic=agilicus.HTTPBasicAuth(username="me@example.com", password="_+\\Sj4x!N$qFW5Umv"),
                http_bearer=agilicus.HTTPBearerAuth(token="aGVsbG8gd29ybGQgbXkgdG9rZW4gaXMgY29vbAo=")),
            "webhook_settings": agilicus.AuditDestinationWebhookSettings(format="unified"),
            "routing": agilicus.AuditDestinationRouting(external=True),
            "own": {"kept": [1, None]},
        }
        sent = spec("access-logs-file", **members)
        before = datetime.datetime.now(datetime.timezone.utc)
        created = API.create_audit_destination(
            agilicus.AuditDestination(metadata=agilicus.MetadataWithId(), spec=sent))
        self.assertEqual(created.spec.to_dict(), sent.to_dict())
        self.assertEqual(created.metadata.created, created.metadata.updated)
        self.assertLess(abs(created.metadata.created - before), datetime.timedelta(minutes=1))
        found = API.get_audit_destination(created.metadata.id, org_id=ORG)
        self.assertEqual(found.to_dict(), created.to_dict())
        self.assertEqual(API.get_audit_destination(created.metadata.id).to_dict(), created.to_dict())
        (listed,) = API.list_audit_destinations(org_id=ORG).audit_destinations
        self.assertEqual(listed.to_dict(), created.to_dict())

    def test_every_authentication(self):
        authentications = {
            "none": {}, "agilicus_bearer": {}, "client_certificate": {},
            "http_basic": {"http_basic": agilicus.HTTPBasicAuth(username="u", password="p")},
            "http_bearer": {"http_bearer": agilicus.HTTPBearerAuth(token="t-._~+/=")},
            "oauth2": {"oauth2": agilicus.Oauth2Auth(
                token_url="https://id.example/token", client_id="c", client_secret="s", scopes=["a", "b"],
                federated_audience="f", bearer_fingerprint="b")},
        }
        for name, members in authentications.items():
            with self.subTest(name=name):
                sent = agilicus.AuditDestinationAuthentication(authentication_type=name, **members)
                created = create(name, authentication=sent)
                found = API.get_audit_destination(created.metadata.id)
                self.assertEqual(found.spec.authentication.to_dict(), sent.to_dict())

    def test_delivery_settings_are_an_additional_property(self):
        settings = {
            "format": "ocsf", "content": "login_flows", "pause_after_seconds": 3600, "own": [1],
            "redactions": [{"field": "user_agent", "action": "remove"}, {"field": "source_ip", "action": "hash"}],
        }
        created = create("formatted", delivery_settings=settings)
        self.assertEqual(created.spec["delivery_settings"], settings)
        found = API.get_audit_destination(created.metadata.id)
        self.assertEqual(found.to_dict(), created.to_dict())
        replaced = API.replace_audit_destination(found.metadata.id, audit_destination=found)
        self.assertEqual(replaced.spec.to_dict(), created.spec.to_dict())
        for wrong, message in (
            ({"format": "xml"}, "spec.delivery_settings.format"), ({"content": 1}, "spec.delivery_settings.content"),
            ({"redactions": [{"field": "a", "action": "mask"}]}, "spec.delivery_settings.redactions[0].action"),
        ):
            body = refused(self, 400, lambda wrong=wrong: create("wrong", delivery_settings=wrong))
            self.assertIn(message, body["error_message"])

    def test_what_was_not_given_is_not_there(self):
        found = API.get_audit_destination(create("plain").metadata.id)
        for member in ("authentication", "webhook_settings", "routing", "max_events_per_transaction", "delivery_settings"):
            self.assertNotIn(member, found.spec)

    def test_a_name_that_is_taken(self):
        existing = create("one")
        body = refused(self, 409, lambda: create("one", comment="another"))
        self.assertEqual(body["metadata"]["id"], existing.metadata.id)
        self.assertEqual(body["spec"], existing.spec.to_dict())
        create("one", org_id="org-other")  # which is free there

    def test_replace(self):
        first = create("one")
        first.spec.comment = "changed"
        first.spec.enabled = False
        second = API.replace_audit_destination(first.metadata.id, audit_destination=first)
        self.assertEqual((second.spec.comment, second.spec.enabled), ("changed", False))
        self.assertEqual((second.metadata.id, second.metadata.created), (first.metadata.id, first.metadata.created))
        self.assertGreater(second.metadata.updated, first.metadata.updated)

        body = refused(self, 409, lambda: API.replace_audit_destination(first.metadata.id, audit_destination=first))
        self.assertEqual(body["error_code"], "CONFLICT")
        self.assertIn("metadata.updated", body["error_message"])
        self.assertEqual(API.get_audit_destination(first.metadata.id).to_dict(), second.to_dict())

        without = agilicus.AuditDestination(spec=spec("renamed"))
        renamed = API.replace_audit_destination(first.metadata.id, audit_destination=without)
        self.assertEqual(renamed.spec.name, "renamed")
        create("one")
        body = refused(self, 409, lambda: API.replace_audit_destination(
            first.metadata.id, audit_destination=agilicus.AuditDestination(spec=spec("one"))))
        self.assertIn("spec.name", body["error_message"])

    def test_replace_with_nothing(self):
        created = create("one")
        self.assertIn("missing", refused(self, 400, lambda: API.replace_audit_destination(created.metadata.id))["error_message"])

    def test_delete(self):
        created = create("one")
        self.assertIsNone(API.delete_audit_destination(created.metadata.id, org_id=ORG))
        for call in (
            lambda: API.get_audit_destination(created.metadata.id),
            lambda: API.delete_audit_destination(created.metadata.id, org_id=ORG),
            lambda: API.replace_audit_destination(created.metadata.id, audit_destination=created),
            lambda: API.get_audit_destination(create("other").metadata.id, org_id="org-other"),
        ):
            self.assertEqual(refused(self, 404, call)["error_code"], "NOT_FOUND")
        create("one")

    def test_what_is_wrong_is_refused(self):
        for members, mention in (
            ({"destination_type": "connector", "location": "c1"}, "connector"),
            ({"destination_type": "pigeon"}, "spec.destination_type"),
            ({"location": "ftp://h"}, "spec.location"),
            ({"destination_type": "file", "location": "file:///etc/passwd"}, "spec.location"),
            ({"destination_type": "file", "location": "file://./../x"}, "spec.location"),
        ):
            with self.subTest(members=members):
                self.assertIn(mention, refused(self, 400, lambda: create("x", **members))["error_message"])


class Lists(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(delete_all)
        for i, name in enumerate(["b", "a", "d", "None", "c"]):
            create(name, comment=f"number {i}", routing=agilicus.AuditDestinationRouting(external=i % 2 == 0))
        create("file", destination_type="file", location="file://./X.log")
        create("a", org_id="org-other")

    def names(self, **filters):
        answer = API.list_audit_destinations(**{"org_id": ORG, "page_on": ["name"], **filters})
        return [d.spec.name for d in answer.audit_destinations]

    def test_filters(self):
        everything = ["None", "a", "b", "c", "d", "file"]
        self.assertEqual(self.names(), everything)
        self.assertEqual(self.names(name="a"), ["a"])
        self.assertEqual(self.names(name="A"), [])
        self.assertEqual(self.names(destination_type="file"), ["file"])
        self.assertEqual(self.names(external=True), ["b", "c", "d"])
        self.assertEqual(self.names(external=False), ["None", "a", "file"])
        self.assertEqual(self.names(search_params=["x.LOG"]), ["file"])
        self.assertEqual(self.names(search_params=["NUMBER", "3"]), ["None"])
        self.assertEqual(self.names(search_params=["number", "file"]), [])
        self.assertEqual(self.names(page_sort=["desc"]), everything[::-1])
        self.assertEqual(self.names(search_direction="backwards"), everything[::-1])
        self.assertEqual(self.names(page_on=["created"]), ["b", "a", "d", "None", "c", "file"])
        self.assertEqual(self.names(page_at_key=["b"]), ["c", "d", "file"])
        self.assertEqual(self.names(page_at_key=[None]), everything)
        self.assertEqual(self.names(limit=2), everything[:2])
        self.assertEqual(API.list_audit_destinations(limit=2).limit, 2)
        self.assertEqual(API.list_audit_destinations().limit, 500)

    def test_pages_until_one_is_empty(self):
        for page_on in (["id"], ["name"], ["created"], ["org_id"], ["org_id", "name"]):
            for options in ({}, {"page_sort": ["desc"]}, {"search_direction": "backwards"}):
                with self.subTest(page_on=page_on, options=options):
                    key, on, seen = [], page_on, []
                    for _ in range(9):
                        page = API.list_audit_destinations(limit=2, page_on=on, page_at_key=key, **options)
                        if not page.audit_destinations:
                            break
                        seen += [(d.spec.org_id, d.spec.name) for d in page.audit_destinations]
                        key, on = page.page_info.page_at_key.value, page.page_info.page_on.value
                    self.assertEqual(len(seen), 7)
                    self.assertEqual(len(set(seen)), 7)

    def test_the_client_pages_by_itself(self):
        found = API.list_audit_destinations.auto_paging_iter(page_size=2, page_on=["name"], org_id=ORG).all()
        self.assertEqual([d.spec.name for d in found], ["None", "a", "b", "c", "d", "file"])
        self.assertEqual(len(API.list_audit_destinations.auto_paging_iter(page_size=3, limit=4).all()), 4)

    def test_unreadable_keys(self):
        body = refused(self, 400, lambda: API.list_audit_destinations(page_on=["created"], page_at_key=["soon"]))
        self.assertIn("page_at_key", body["error_message"])
        with self.assertRaises(NotImplementedError):
            API.list_audit_destinations.auto_paging_iter(page_on=["colour"]).all()

    def test_what_the_command_line_sends_for_nothing(self):
        query = "&".join(f"{name}=None" for name in ("org_id", "name", "destination_type", "external", "page_on", "page_at_key", "page_sort"))
        with urllib.request.urlopen(f"{URL}/v1/audit_destinations?{query}") as answer:
            self.assertEqual(len(json.load(answer)["audit_destinations"]), 7)


class Documentation(unittest.TestCase):
    def test_the_example_works(self):
        page = pathlib.Path(__file__).parents[2].joinpath("docs", "destinations.md").read_text(encoding="utf-8")
        example = page.split("```python\n")[1].split("```")[0].replace("http://127.0.0.1:8080", URL)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(example, "docs/destinations.md", "exec"), {})
        self.assertIn("denied-logins Wakes the person on call up.", printed.getvalue())
        self.assertEqual(API.list_audit_destinations(org_id="org-example").audit_destinations, [])


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.addCleanup(delete_all)

    def printed(self, *arguments):
        return json.loads(run_cli("--output-format", "json", *arguments))

    def test_all_commands(self):
        added = self.printed(
            "add-audit-destination", "--name", "web", "--destination-type", "webhook", "--location", "https://example.com/in",
            "--comment", "hello", "--authentication-type", "http_basic", "--username", "u", "--password", "p",
            "--webhook_format", "unified")
        spec = added["spec"]
        self.assertEqual((spec["name"], spec["org_id"], spec["enabled"]), ("web", "org-000", True))
        self.assertEqual(spec["authentication"], {
            "authentication_type": "http_basic", "http_basic": {"username": "u", "password": "p"}})
        self.assertEqual(spec["webhook_settings"], {"format": "unified"})
        # Without an authentication type this client breaks, and cannot update what has a routing.
        other = self.printed(
            "add-audit-destination", "--name", "file", "--destination-type", "file", "--location", "file://./x.log",
            "--authentication-type", "none", "--routing-external", "true")
        self.assertEqual(other["spec"]["routing"], {"external": True})
        which = added["metadata"]["id"]

        updated = self.printed("update-audit-destination", which, "--comment", "changed", "--enabled", "false")
        self.assertEqual((updated["spec"]["comment"], updated["spec"]["enabled"]), ("changed", False))
        self.assertEqual(updated["spec"]["authentication"], spec["authentication"])
        filtered = self.printed(
            "add-audit-destination-filter", which, "--filter-type", "subsystem", "--value", "access", "--value", "logs")
        self.assertEqual(filtered["spec"]["filters"], [{"filter_type": "subsystem", "or_list": ["access", "logs"]}])
        self.assertEqual(self.printed("show-audit-destination", which), filtered)

        listed = run_cli("list-audit-destinations")
        for text in ("web", "file", "https://example.com/in", "file://./x.log", "changed", "http_basic", "subsystem", which):
            self.assertIn(text, listed)
        self.assertNotIn("web", run_cli("list-audit-destinations", "--destination-type", "file"))
        self.assertNotIn("file://", run_cli("list-audit-destinations", "--external", "false"))
        paged = run_cli("list-audit-destinations", "--get-all", "--page-on", "name", "--page-sort", "desc")
        self.assertGreater(paged.index("file://./x.log"), paged.index("https://example.com/in"))

        emptied = self.printed(
            "delete-audit-destination-filter", which, "--filter-type", "subsystem", "--value", "logs", "--value", "access")
        self.assertEqual(emptied["spec"]["filters"], [])
        self.assertEqual(run_cli("delete-audit-destination", which).strip(), "")
        self.assertNotIn(which, run_cli("list-audit-destinations"))


    def test_what_it_prints(self):
        self.printed(
            "add-audit-destination", "--name", "plain", "--destination-type", "syslog", "--location", "udp://logs.example:514",
            "--authentication-type", "none", "--enabled", "false")
        entry = run_cli(
            "add-audit-destination", "--name", "fetched", "--destination-type", "webhook", "--location", "https://example.com/in",
            "--comment", "hello", "--authentication-type", "oauth2", "--oauth2-token-url", "https://id.example/token",
            "--oauth2-client-id", "c", "--oauth2-client-secret", "s", "--oauth2-scopes", "a", "--oauth2-scopes", "b")
        self.assertRegex(entry, r"\| metadata +\| \{")
        for text in ('"name": "fetched"', '"token_url": "https://id.example/token"', '"created": "20'):
            self.assertIn(text, entry)
        fetched, plain = rows("list-audit-destinations", "--page-on", "name")
        which = fetched.pop("id")
        self.assertEqual(json.loads(fetched.pop("filters")), [])
        self.assertEqual(fetched, {
            "org_id": "org-000", "name": "fetched", "destination_type": "webhook", "location": "https://example.com/in",
            "comment": "hello", "enabled": "True", "authentication_type": "oauth2"})
        self.assertEqual((plain["name"], plain["enabled"], plain["authentication_type"]), ("plain", "False", "none"))
        self.assertEqual(self.printed("show-audit-destination", which)["spec"]["authentication"]["oauth2"], {
            "token_url": "https://id.example/token", "client_id": "c", "client_secret": "s", "scopes": ["a", "b"]})

        def names(*options):
            return [row["name"] for row in rows("list-audit-destinations", *options)]
        self.assertEqual(names("--name", "plain"), ["plain"])
        self.assertEqual(names("--limit", "1", "--page-on", "name", "--search-direction", "backwards"), ["plain"])
        self.assertEqual(names("--page-on", "name", "--page-at-key", "fetched"), ["plain"])
        self.assertEqual(names("--org-id", "org-nobody"), [])

    def test_what_has_no_optional_member(self):
        which = API.create_audit_destination(agilicus.AuditDestination(spec=spec("bare", org_id="org-000"))).metadata.id
        (row,) = rows("list-audit-destinations")
        self.assertEqual((row["id"], row["authentication_type"]), (which, "---"))
        updated = self.printed("update-audit-destination", which, "--comment", "changed", "--location", "https://example.com/other")
        self.assertEqual((updated["spec"]["comment"], updated["spec"]["location"]), ("changed", "https://example.com/other"))
        for optional in ("authentication", "webhook_settings", "routing", "max_events_per_transaction"):
            self.assertNotIn(optional, updated["spec"])
        filtered = self.printed("add-audit-destination-filter", which, "--filter-type", "hostname", "--value", "h")
        self.assertEqual(filtered["spec"]["filters"], [{"filter_type": "hostname", "or_list": ["h"]}])

    def test_what_it_says_of_mistakes(self):
        which = self.printed(
            "add-audit-destination", "--name", "one", "--destination-type", "file", "--location", "file://./x.log",
            "--authentication-type", "none")["metadata"]["id"]
        add = ("add-audit-destination", "--name", "one", "--authentication-type", "none")
        for arguments, says in (
            ((*add, "--destination-type", "file", "--location", "file://./y.log"), which),  # the one that has the name
            ((*add, "--destination-type", "connector", "--location", "c1"), "no connector is known to this server"),
            ((*add, "--destination-type", "webhook", "--location", "nowhere"), "spec.location"),
            (("show-audit-destination", "nothing"), "there is no such destination"),
            (("delete-audit-destination", "nothing"), "there is no such destination"),
            (("update-audit-destination", which, "--location", "file:///etc/passwd"), "spec.location"),
        ):
            with self.subTest(arguments=arguments):
                done = start_cli(*arguments)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(says, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
