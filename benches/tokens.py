"""A token service, as the Docker Hub has one: whoever has the password may do what is asked for.

usage: tokens.py KEY CERTIFICATE USER PASSWORD      (the benchmarks start it; both files are PEM)

The registry behind it is real and checks the tokens. The first line of standard output is the port; then comes a line
for every request: when it came and when it was answered, in seconds since 1970.
"""

import base64
import functools
import http.server
import json
import subprocess
import sys
import time
import urllib.parse

KEY, CERTIFICATE, USER, PASSWORD = sys.argv[1:]


def part(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=")


@functools.cache
def token(scopes):
    """A JSON Web Token with the access that the scopes ask for, signed once for all who ask the same."""
    with open(CERTIFICATE) as file:
        der = "".join(line.strip() for line in file if not line.startswith("-----"))
    now = int(time.time())
    access = []
    for scope in scopes:
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        access.append({"type": kind, "name": name, "actions": actions.split(",")})
    header = {"typ": "JWT", "alg": "RS256", "x5c": [der]}
    claims = {
        "iss": "bench",
        "sub": USER,
        "aud": "registry",
        "jti": "1",
        "exp": now + 86400,
        "nbf": now - 10,
        "iat": now - 10,
        "access": access,
    }
    signed = part(json.dumps(header).encode()) + b"." + part(json.dumps(claims).encode())
    sign = ["openssl", "dgst", "-sha256", "-sign", KEY]
    return (signed + b"." + part(subprocess.run(sign, input=signed, capture_output=True, check=True).stdout)).decode()


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One write for the head and the body: two would wait for each other's acknowledgement.
    wbufsize = 1 << 16

    def do_GET(self):
        proof = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        self.answer(query, self.headers.get("Authorization") == f"Basic {proof}")

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.answer(form, [form.get("username"), form.get("password")] == [[USER], [PASSWORD]])

    def answer(self, query, is_known):
        began = time.time()
        scopes = tuple(one for each in query.get("scope", []) for one in each.split())
        if not is_known:
            # As the Docker Hub does it for strangers: reading, and no more.
            scopes = tuple(scope.rpartition(":")[0] + ":pull" for scope in scopes)
        made = token(scopes)
        body = json.dumps({"token": made, "access_token": made, "expires_in": 3600}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        print(began, time.time(), flush=True)

    def log_message(self, *arguments):
        """Nothing: what is counted is printed above."""


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
server.daemon_threads = True
print(server.server_port, flush=True)
server.serve_forever()
