"""Sessions, and the operations that describe them."""

import json
import time

from botocore.exceptions import ClientError

from registry import case, refuses, without
from world import READ

TAGS = [{"Key": "team", "Value": "core"}]
MANAGED = [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]


def lives(credentials, seconds):
    left = credentials["Expiration"].timestamp() - time.time()
    assert seconds - 60 < left <= seconds, (credentials["Expiration"], left)
    assert credentials["AccessKeyId"].startswith("ASIA") and len(credentials["SecretAccessKey"]) == 40


@case("sts")
def GetCallerIdentity(w):
    out = yield {}
    assert (out["Account"], out["Arn"]) == (w.account, w.arn("user", "admin")) and out["UserId"].startswith("AIDA"), out


@case("sts")
def AssumeRole(w):
    role = w.role()
    arn = w.arn("role", role)
    out = yield {"RoleArn": arn, "RoleSessionName": "build", "DurationSeconds": 900, "Policy": READ, "PolicyArns": MANAGED, "Tags": TAGS,
                 "TransitiveTagKeys": ["team"], "ExternalId": "x1", "SourceIdentity": "alice"}
    lives(out["Credentials"], 900)
    assert out["AssumedRoleUser"]["Arn"] == "arn:aws:sts::%s:assumed-role/%s/build" % (w.account, role), out
    assert out["AssumedRoleUser"]["AssumedRoleId"].endswith(":build") and out["SourceIdentity"] == "alice" and out["PackedPolicySize"] > 0, out
    me = w.client("sts", out["Credentials"]).get_caller_identity()
    assert me["Arn"] == out["AssumedRoleUser"]["Arn"] and me["UserId"] == out["AssumedRoleUser"]["AssumedRoleId"], me
    out = yield {"RoleArn": arn, "RoleSessionName": "build"}
    lives(out["Credentials"], 3600)


@case("sts")
def GetSessionToken(w):
    out = yield {"DurationSeconds": 900}
    lives(out["Credentials"], 900)
    assert w.client("sts", out["Credentials"]).get_caller_identity()["Arn"] == w.arn("user", "admin")
    out = yield {}
    lives(out["Credentials"], 43200)


@case("sts")
def GetAccessKeyInfo(w):
    out = yield {"AccessKeyId": w.key(w.user())["AccessKeyId"]}
    assert out["Account"] == w.account, out


@case("sts")
def GetFederationToken(w):
    out = yield {"Name": "guest", "DurationSeconds": 900, "Policy": READ, "PolicyArns": MANAGED, "Tags": TAGS}
    lives(out["Credentials"], 900)
    assert out["FederatedUser"] == {"FederatedUserId": w.account + ":guest", "Arn": "arn:aws:sts::%s:federated-user/guest" % w.account}, out
    assert out["PackedPolicySize"] > 0, out
    me = w.client("sts", out["Credentials"]).get_caller_identity()
    assert (me["Arn"], me["UserId"]) == (out["FederatedUser"]["Arn"], out["FederatedUser"]["FederatedUserId"]), me
    out = yield {"Name": "guest"}
    lives(out["Credentials"], 43200)


@case("sts")
def DecodeAuthorizationMessage(w):
    user = w.user()
    out = yield {"EncodedMessage": denial(w, user)}
    message = json.loads(out["DecodedMessage"])
    assert message["allowed"] is False and message["explicitDeny"] is False, message
    assert message["context"]["action"] == "iam:ListUsers" and user in json.dumps(message["context"]["principal"]), message


def denial(w, user):
    """The encoded message of a denial; who may decode it learns the reason."""
    try:
        w.client("iam", w.key(user)).list_users()
    except ClientError as e:
        return e.response["ResponseMetadata"]["HTTPHeaders"]["x-daypass-authorization-message"]
    raise AssertionError("%s may list users" % user)


def large(w, sent):
    rest = {k: v for k, v in sent.items() if k != "TransitiveTagKeys"}
    return {**rest, "Tags": [{"Key": "k%d" % i, "Value": "v" * 256} for i in range(40)]}


SESSIONS = "AssumeRole GetFederationToken"
refuses(SESSIONS, "MalformedPolicyDocument", without("Policy", "{"), without("Policy", READ.replace("Resource", "Resort")))
refuses(SESSIONS, "PackedPolicyTooLarge", large)
refuses("AssumeRole", "AccessDenied", without("RoleArn", lambda w: w.arn("role")))
refuses("AssumeRole", "ValidationError", without("DurationSeconds", 3601), without("RoleArn", lambda w: w.arn("user")))
refuses("DecodeAuthorizationMessage", "InvalidAuthorizationMessageException", without("EncodedMessage", "nonsense"))
refuses("GetSessionToken GetFederationToken", "AccessDenied", lambda w, sent: {**sent, "client": w.client("sts", w.sts.get_session_token()["Credentials"])})
