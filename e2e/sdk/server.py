"""The server under test, as the SDK and its command line reach it."""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import agilicus

URL = os.environ["AUTHTRAIL_URL"].rstrip("/")


def token():
    """A token that has the form of one; this server does not check it."""
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {"sub": "e2e", "org": "org-000", "exp": int(time.time()) + 86400}
    return ".".join([part({"alg": "HS256", "typ": "JWT"}), part(claims), "c2lnbmF0dXJl"])


def audits_api():
    cfg = agilicus.Configuration(host=URL, access_token=token(), discard_unknown_keys=True)
    return agilicus.AuditsApi(agilicus.ApiClient(cfg))


API = audits_api()


def run_cli(*arguments):
    """What the command line prints; it must succeed."""
    cli = pathlib.Path(sys.executable).with_name("agilicus-cli")
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "AGILICUS_API": URL, "AGILICUS_TOKEN": token(), "HOME": home}
        done = subprocess.run(
            [str(cli), *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
