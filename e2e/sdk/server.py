"""The server under test, as the SDK and its command line reach it."""

import base64
import csv
import hashlib
import hmac
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import agilicus

URL = os.environ["AUTHTRAIL_URL"].rstrip("/")
# What tokens are signed with, where the server checks them.
SECRET = os.environ.get("AUTHTRAIL_SECRET", "nobody checks this").encode()


def token(**claims):
    """A token, with the claims of one that may do everything unless told otherwise."""
    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    claims = {"sub": "e2e", "org": "org-000", "exp": int(time.time()) + 86400, **claims}
    signed = ".".join(part(json.dumps(value).encode()) for value in ({"alg": "HS256", "typ": "JWT"}, claims))
    return signed + "." + part(hmac.digest(SECRET, signed.encode(), hashlib.sha256))


def audits_api(**claims):
    cfg = agilicus.Configuration(host=URL, access_token=token(**claims), discard_unknown_keys=True)
    return agilicus.AuditsApi(agilicus.ApiClient(cfg))


API = audits_api()


def start_cli(*arguments, **claims):
    """The command line, when it has ended, however it did."""
    cli = pathlib.Path(sys.executable).with_name("agilicus-cli")
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "AGILICUS_API": URL, "AGILICUS_TOKEN": token(**claims), "HOME": home, "COLUMNS": "1000"}
        return subprocess.run(
            [str(cli), *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False)


def run_cli(*arguments, **claims):
    """What the command line prints; it must succeed."""
    done = start_cli(*arguments, **claims)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(*arguments, **claims):
    """The rows of a table that the command line prints, by column."""
    return list(csv.DictReader(io.StringIO(run_cli("--output-format", "csv", *arguments, **claims))))


def fetch(method, path, body=None, **headers):
    """Status, headers and document of an answer, of an error too."""
    data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, {"Content-Type": "application/json", **headers}, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, json.loads(answer.read() or "null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.load(error)


def refused(test, status, call):
    """The body of an answer that is an error for the SDK."""
    with test.assertRaises(agilicus.ApiException) as raised:
        call()
    test.assertEqual(raised.exception.status, status, raised.exception.body)
    return json.loads(raised.exception.body)


def send(api, *events):
    """Sends events, each of which is a unique_id, a create_time and what happened."""
    return api.bulk_create_events(agilicus.AuditWebhookBulkEvent(events=[
        agilicus.AuditEvent(unique_id=unique_id, create_time=create_time, event=members)
        for unique_id, create_time, members in events
    ]))
