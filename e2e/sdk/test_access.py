"""Who may do what: the published SDK and its command line against a server that checks their tokens.

Needs AUTHTRAIL_URL, a server with --auth jwt and --jwt-hs256-secret-file, and AUTHTRAIL_SECRET, what that file holds:

    .venv/bin/python -m unittest -v test_access
"""

import datetime
import json
import time
import unittest

import agilicus

from server import URL, audits_api, fetch, refused, run_cli, send, start_cli, token

AT = datetime.datetime(2026, 11, 1, tzinfo=datetime.timezone.utc)
AUDITS = "urn:api:agilicus:audits"
SECRET = "swordfish"


def member(org, role, **claims):
    return audits_api(**claims_of(org, role), **claims)


def claims_of(org, role):
    return {"org": org, "roles": {AUDITS: role}}


def destination(org_id, name="a", **members):
    return agilicus.AuditDestination(spec=agilicus.AuditDestinationSpec(
        enabled=True, name=name, org_id=org_id, destination_type="webhook", location="https://example.com/in", comment="", filters=[], **members))


def token_event(unique_id, **members):
    return (unique_id, AT, {"event_name": "Token", **members})


class Tokens(unittest.TestCase):
    def test_a_call_without_a_valid_token(self):
        expired = audits_api(**claims_of("org-1", "owner"), exp=int(time.time()) - 3600)
        stranger = agilicus.AuditsApi(agilicus.ApiClient(agilicus.Configuration(host=URL, access_token="a.b.c", discard_unknown_keys=True)))
        nobody = agilicus.AuditsApi(agilicus.ApiClient(agilicus.Configuration(host=URL, discard_unknown_keys=True)))
        for api in (expired, stranger, nobody):
            for call in (
                api.list_auth_records, api.list_audits, api.list_audit_destinations, lambda api=api: send(api, token_event("x")),
                lambda api=api: api.create_audit_destination(destination("org-1")), lambda api=api: api.get_audit_destination("x"),
                lambda api=api: api.replace_audit_destination("x", audit_destination=destination("org-1")),
                lambda api=api: api.delete_audit_destination("x"),
            ):
                body = refused(self, 401, call)
                self.assertEqual((set(body), body["error_code"]), ({"error_code", "error_message"}, "UNAUTHENTICATED"))

    def test_roles(self):
        made = member("org-roles", "owner").create_audit_destination(destination("org-roles"))
        self.addCleanup(lambda: member("org-roles", "owner").delete_audit_destination(made.metadata.id))
        for role, may in {"viewer": "", "editor": "i", "owner": "im", ("viewer", "owner"): "im", "none of these": None}.items():
            api = member("org-roles", list(role) if isinstance(role, tuple) else role)
            calls = {
                "": [api.list_auth_records, api.list_audits, api.list_audit_destinations, lambda api=api: api.get_audit_destination(made.metadata.id)],
                "i": [lambda api=api, role=role: send(api, token_event(f"role-{len(role)}"))],
                "m": [lambda api=api: api.create_audit_destination(destination("org-roles", "role")),
                      lambda api=api: api.replace_audit_destination(api.list_audit_destinations(name="role").audit_destinations[0].metadata.id, audit_destination=destination("org-roles", "role")),
                      lambda api=api: api.delete_audit_destination(api.list_audit_destinations(name="role").audit_destinations[0].metadata.id)],
            }
            for need, some in calls.items():
                for call in some:
                    with self.subTest(role=role, need=need):
                        if may is not None and need in may:
                            call()
                        elif need != "m" or may is None or call is some[0]:
                            self.assertEqual(refused(self, 403, call)["error_code"], "FORBIDDEN")

    def test_scopes_cap_the_role(self):
        for scopes, may in ((["urn:agilicus:api:audits:viewer"], False), (["urn:agilicus:api:audits:viewer", "urn:agilicus:api:audits:editor"], True), (["openid"], True)):
            api = member("org-scopes", "owner", scopes=scopes)
            api.list_audits()
            if may:
                send(api, token_event("scoped"))
            else:
                refused(self, 403, lambda api=api: send(api, token_event("scoped")))

    def test_what_is_of_another_org(self):
        ours, theirs = member("org-ours", "owner"), member("org-theirs", "owner")
        send(theirs, token_event("t"))
        send(ours, token_event("o"))
        made = theirs.create_audit_destination(destination("org-theirs"))
        self.addCleanup(lambda: theirs.delete_audit_destination(made.metadata.id))
        for call in (ours.list_auth_records, ours.list_audits, ours.list_audit_destinations):
            self.assertEqual(refused(self, 403, lambda call=call: call(org_id="org-theirs"))["error_code"], "FORBIDDEN")
        for call in (
            lambda: ours.get_audit_destination(made.metadata.id), lambda: ours.delete_audit_destination(made.metadata.id),
            lambda: ours.replace_audit_destination(made.metadata.id, audit_destination=destination("org-ours")),
        ):
            self.assertEqual(refused(self, 404, call)["error_code"], "NOT_FOUND")
        path = f"/v1/audit_destinations/{made.metadata.id}/health"  # which the SDK does not know
        for org, status in (("org-ours", 404), ("org-theirs", 200)):
            self.assertEqual(fetch("GET", path, Authorization="Bearer " + token(**claims_of(org, "viewer")))[0], status)
        self.assertEqual(fetch("GET", path)[0], 401)
        self.assertEqual(refused(self, 403, lambda: ours.create_audit_destination(destination("org-theirs")))["error_code"], "FORBIDDEN")
        self.assertEqual({row.org_id for row in ours.list_auth_records().auth_audits}, {"org-ours"})
        self.assertEqual(ours.list_audit_destinations().audit_destinations, [])

    def test_an_event_is_of_the_tokens_org_unless_it_says_so(self):
        api = member("org-events", "editor")
        told = send(api, token_event("none"), token_event("own", org_id="org-events"), token_event("foreign", org_id="org-theirs"))
        self.assertEqual([(e.unique_id, e.status) for e in told.discard_events], [("foreign", "invalid")])
        self.assertNotIn("org-theirs", json.dumps(told.discard_events[0].get("event") or {}))
        self.assertEqual([row.org_id for row in api.list_auth_records().auth_audits], ["org-events"] * 2)


class Secrets(unittest.TestCase):
    def test_only_owners_see_them(self):
        owner = member("org-secrets", "owner")
        authentications = {
            "http_basic": {"http_basic": agilicus.HTTPBasicAuth(username="u", password=SECRET)},
            "http_bearer": {"http_bearer": agilicus.HTTPBearerAuth(token=SECRET)},
            "oauth2": {"oauth2": agilicus.Oauth2Auth(token_url="https://id.example/token", client_id="c", client_secret=SECRET)},
        }
        for kind, members in authentications.items():
            sent = agilicus.AuditDestinationAuthentication(authentication_type=kind, **members)
            made = owner.create_audit_destination(destination("org-secrets", kind, authentication=sent))
            self.addCleanup(lambda made=made: owner.delete_audit_destination(made.metadata.id))
            self.assertEqual(owner.get_audit_destination(made.metadata.id).spec.authentication.to_dict(), sent.to_dict())
            for role in ("viewer", "editor"):
                api = member("org-secrets", role)  # whose client reads what is left, though members are gone
                seen = api.get_audit_destination(made.metadata.id)
                self.assertEqual(seen.spec.authentication.authentication_type, kind)
                listed = api.list_audit_destinations(name=kind).audit_destinations[0]
                self.assertEqual(listed.to_dict(), seen.to_dict())
                self.assertNotIn(SECRET, json.dumps(seen.to_dict(), default=str))

    def test_a_server_that_signs_no_tokens_says_so(self):
        sent = agilicus.AuditDestinationAuthentication(authentication_type="agilicus_bearer")
        owner = member("org-secrets", "owner")
        body = refused(self, 400, lambda: owner.create_audit_destination(destination("org-secrets", "signed", authentication=sent)))
        self.assertIn("--public-url", body["error_message"])


class CommandLine(unittest.TestCase):
    def test_it_shows_what_its_token_allows(self):
        send(member("org-cli", "editor"), token_event("cli", request_id="req-of-the-cli"))
        printed = run_cli("list-auth-audit-records", "--dt-from", "2026-01-01", **claims_of("org-cli", "viewer"))
        self.assertIn("req-of-the-cli", printed)
        other = run_cli("list-auth-audit-records", "--dt-from", "2026-01-01", **claims_of("org-other", "viewer"))
        self.assertNotIn("req-of-the-cli", other)

    def test_what_it_says_when_it_may_not(self):
        done = start_cli(
            "add-audit-destination", "--name", "a", "--destination-type", "webhook", "--location", "https://example.com/",
            "--authentication-type", "none", **claims_of("org-cli", "viewer"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("managing destinations needs the role owner", done.stdout + done.stderr)


class Openness(unittest.TestCase):
    def test_the_description_of_the_api_needs_no_token(self):
        self.assertEqual(fetch("GET", "/v1/openapi.json")[0], 200)


if __name__ == "__main__":
    unittest.main()
