"""OpenID Connect providers, and the sessions of their users."""

import json

from issuer import Issuer
from iam_tags import tags
from registry import case, refuses, unreachable, without
from sts_sessions import MANAGED, lives
from world import READ

THUMB = "9e99a48a9960b14926bb7f3b02e22da2b0ab7280"
issuer = Issuer()


def provider(w, **more):
    url = "https://%s.example.com" % w.name("issuer")
    out = w.iam.create_open_id_connect_provider(**{"Url": url, "ClientIDList": ["one"], "ThumbprintList": [THUMB], **more})
    return w.note("OpenIDConnectProviderArn", out["OpenIDConnectProviderArn"])


def shown(w, arn):
    return w.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)


@case("iam")
def CreateOpenIDConnectProvider(w):
    host = w.name("issuer") + ".example.com"
    arn = w.note("OpenIDConnectProviderArn", w.arn("oidc-provider", host + "/team"))
    out = yield {"Url": "https://%s/team" % host, "ClientIDList": ["one", "two"], "ThumbprintList": [THUMB], "Tags": [{"Key": "team", "Value": "core"}]}
    assert out["OpenIDConnectProviderArn"] == arn and out["Tags"] == [{"Key": "team", "Value": "core"}], out
    assert sorted(shown(w, arn)["ClientIDList"]) == ["one", "two"]
    yield {"Url": "https://" + host}


@case("iam")
def GetOpenIDConnectProvider(w):
    arn = provider(w, Tags=[{"Key": "team", "Value": "core"}])
    out = yield {"OpenIDConnectProviderArn": arn}
    assert arn.endswith("/" + out["Url"]) and out["ClientIDList"] == ["one"] and out["ThumbprintList"] == [THUMB], out
    assert out["Tags"] == [{"Key": "team", "Value": "core"}] and out["CreateDate"], out


@case("iam")
def ListOpenIDConnectProviders(w):
    arn = provider(w)
    out = yield {}
    assert arn in {p["Arn"] for p in out["OpenIDConnectProviderList"]}, out


@case("iam")
def DeleteOpenIDConnectProvider(w):
    arn = provider(w)
    yield {"OpenIDConnectProviderArn": arn}
    assert w.told("GetOpenIDConnectProvider", {"OpenIDConnectProviderArn": arn}) == "NoSuchEntity"


@case("iam")
def AddClientIDToOpenIDConnectProvider(w):
    arn = provider(w)
    for _ in range(2):
        yield {"OpenIDConnectProviderArn": arn, "ClientID": "two"}
    assert sorted(shown(w, arn)["ClientIDList"]) == ["one", "two"]


@case("iam")
def RemoveClientIDFromOpenIDConnectProvider(w):
    arn = provider(w, ClientIDList=["one", "two"])
    for _ in range(2):
        yield {"OpenIDConnectProviderArn": arn, "ClientID": "one"}
    assert shown(w, arn)["ClientIDList"] == ["two"]


@case("iam")
def UpdateOpenIDConnectProviderThumbprint(w):
    arn, new = provider(w), THUMB.replace("9", "a")
    yield {"OpenIDConnectProviderArn": arn, "ThumbprintList": [new]}
    assert shown(w, arn)["ThumbprintList"] == [new]


@case("sts")
def AssumeRoleWithWebIdentity(w):
    arn = w.arn("oidc-provider", issuer.url.partition("://")[2])
    if w.told("GetOpenIDConnectProvider", {"OpenIDConnectProviderArn": arn}) == "NoSuchEntity":
        w.iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["conformance"], ThumbprintList=[THUMB])
    role = federated_role(w, arn)
    sent = {"RoleArn": w.arn("role", role), "RoleSessionName": "build", "WebIdentityToken": issuer.token(), "DurationSeconds": 900, "Policy": READ, "PolicyArns": MANAGED}
    out = yield sent
    lives(out["Credentials"], 900)
    assert out["AssumedRoleUser"]["Arn"] == "arn:aws:sts::%s:assumed-role/%s/build" % (w.account, role), out
    assert out["SubjectFromWebIdentityToken"] == "repo:acme/app" and out["Audience"] == "conformance", out
    assert out["Provider"] in (arn, issuer.url) and out["PackedPolicySize"] > 0, out
    assert w.client("sts", out["Credentials"]).get_caller_identity()["Arn"] == out["AssumedRoleUser"]["Arn"]
    out = yield {"RoleArn": sent["RoleArn"], "RoleSessionName": "build", "WebIdentityToken": sent["WebIdentityToken"]}
    lives(out["Credentials"], 3600)


def federated_role(w, arn):
    name = w.note("RoleName", w.name("role"))
    w.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Federated": arn}, "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
         "Condition": {"StringEquals": {issuer.url.partition("://")[2] + ":sub": "repo:acme/app"}}}]}))
    return name


def from_a_dead_issuer(w, sent):
    """A token of a trusted issuer that does not answer."""
    url = "http://127.0.0.1:1"
    w.iam.create_open_id_connect_provider(Url=url, ClientIDList=["conformance"], ThumbprintList=[THUMB])
    return {**sent, "WebIdentityToken": issuer.token(iss=url)}


def hundred_clients(w, sent):
    return {**sent, "OpenIDConnectProviderArn": provider(w, ClientIDList=["c%d" % i for i in range(100)])}


tags("OpenIDConnectProvider", "OpenIDConnectProviderArn", provider)
ON_PROVIDER = ("GetOpenIDConnectProvider DeleteOpenIDConnectProvider AddClientIDToOpenIDConnectProvider RemoveClientIDFromOpenIDConnectProvider "
               "UpdateOpenIDConnectProviderThumbprint")
refuses(ON_PROVIDER, "InvalidInput", without("OpenIDConnectProviderArn", lambda w: w.arn("user")), without("OpenIDConnectProviderArn", "twenty characters and more"))
refuses(ON_PROVIDER.replace("DeleteOpenIDConnectProvider ", ""), "NoSuchEntity", without("OpenIDConnectProviderArn", lambda w: w.arn("oidc-provider")))
refuses("CreateOpenIDConnectProvider", "EntityAlreadyExists", without("Url", lambda w: "https://" + provider(w).partition("/")[2]))
refuses("CreateOpenIDConnectProvider", "ValidationError", without("Url", "http://issuer.example.com"), without("Url", "https://a.example.com?b=c"), without("Url", "issuer.example.com"))
refuses("CreateOpenIDConnectProvider", "InvalidInput", without("ThumbprintList", [THUMB] * 6), without("ThumbprintList", ["z" * 40]), without("Tags", [{"Key": "aws:a", "Value": "1"}]))
refuses("AddClientIDToOpenIDConnectProvider", "LimitExceeded", hundred_clients)
refuses("CreateOpenIDConnectProvider", "LimitExceeded", without("ClientIDList", ["c%d" % i for i in range(101)]))
unreachable("CreateOpenIDConnectProvider", "OpenIdIdpCommunicationError", "nothing is fetched before a token comes")
unreachable("DeleteOpenIDConnectProvider", "NoSuchEntity", "one that is not there is no error, says the API reference")

WEB = "AssumeRoleWithWebIdentity"
refuses(WEB, "MalformedPolicyDocument", without("Policy", "{"))
refuses(WEB, "PackedPolicyTooLarge", lambda w, sent: {**sent, "Policy": READ + " " * (2048 - len(READ)), "PolicyArns": MANAGED * 10, "WebIdentityToken": issuer.token(
    **{"https://aws.amazon.com/tags": {"principal_tags": {"k%d" % i: ["v" * 250] for i in range(15)}}})})
refuses(WEB, "InvalidIdentityToken", without("WebIdentityToken", "no.token.at-all"), without("WebIdentityToken", lambda w: issuer.token(iss="http://127.0.0.1:2")),
        without("WebIdentityToken", lambda w: issuer.token(aud="other")), without("WebIdentityToken", lambda w: issuer.token()[:-8] + "AAAAAAAA"))
refuses(WEB, "ExpiredTokenException", without("WebIdentityToken", lambda w: issuer.token(iat=1, exp=2)))
refuses(WEB, "AccessDenied", without("WebIdentityToken", lambda w: issuer.token(sub="repo:evil/app")), without("RoleArn", lambda w: w.arn("role")))
refuses(WEB, "IDPCommunicationError", from_a_dead_issuer)
unreachable(WEB, "IDPRejectedClaim", "no issuer is asked about a token")
