"""An issuer of identity tokens on the loopback address, with what OpenID Connect
asks of it: a configuration, a set of keys, and tokens signed with RS256."""

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# One key for all runs: to generate one takes longer than everything else here.
N = int(
    "d982445f5e7bb299e5da4579f4e75342a75c76944bb0472efaa9ef76eccaa0a35fce8d91f1954f76fb91f49de569acc7a912007f54ccddf92d112f78"
    "efda11bb124e10c4ecb00273379aa5b473b20da7d033715746fc01d3b141a10709fc78e83b79fe1d2790931a46a95e01749e24dedb6e5aac2101cd4b"
    "f3b7a36503de07e896427bd87935ea63e3dd38374eb3aedf418f653a0ad63a58a015111efad66ae125276e8a809086e6561dcfeed8bbdc87956fa457"
    "58c4517ebbea67450318c8b92972a1d408473d1ddfbfcdd9d92b68aef88bcb9eaa99d5cb8a6a43590e186f5c10aff9d2acfeb67a7e5fdf5fc926b138"
    "ec4fccd9f61d76501feb4a62f2569ae5", 16)
D = int(
    "193932149d305b15ddc1e22cb269e10de9ba9f45b3414dfff4b1a0437a52452eacfd970d45a6bb00614c1bc1f3c8bd70a9fa9c7427b15a4c7b1d7313"
    "e33cb6b1aafdc294139e95aa26d8983ec4ebf10974eb82494cc20cb42fea1c72648612bf5ba65a01a784ec8a2f87948f36a6e03fb7d2a45131c2b3bc"
    "0b1750ab7637595338cd8dd80ff35c0639618792a85d04b6cd3dc1b1684b96520cd02d825f0bab6a3169a2e0fe6cfa9ce4d0f3604586fc43b930c4e1"
    "57143412cbc1c8f2e77710c7c9dca3ae62ac02982ba3b7d462f6519d088be656e7e4a652123630be2e0c76d6a2e037862a542e1a87c2e590f4ce20ca"
    "40e86298c314529956c85a1606c04a41", 16)
E = 65537


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Issuer:
    def __init__(self):
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200 if self.path in issuer.pages else 404)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(issuer.pages.get(self.path)).encode())

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % server.server_address[1]
        self.pages = {
            "/.well-known/openid-configuration": {
                "issuer": self.url, "jwks_uri": self.url + "/keys", "authorization_endpoint": self.url + "/authorize",
                "response_types_supported": ["id_token"], "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"]},
            "/keys": {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one", "n": b64(N.to_bytes(256, "big")), "e": b64(E.to_bytes(3, "big"))}]},
        }
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def token(self, **claims):
        now = int(time.time())
        claims = {"iss": self.url, "aud": "conformance", "sub": "repo:acme/app", "iat": now, "exp": now + 600, **claims}
        signed = b64(json.dumps({"alg": "RS256", "typ": "JWT", "kid": "one"}).encode()) + "." + b64(json.dumps(claims).encode())
        return signed + "." + b64(signature(signed.encode()))


def signature(message):
    """PKCS #1 v1.5 with SHA-256 (RFC 8017, 8.2)."""
    info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(message).digest()
    block = b"\x00\x01" + b"\xff" * (256 - 3 - len(info)) + b"\x00" + info
    return pow(int.from_bytes(block, "big"), D, N).to_bytes(256, "big")
