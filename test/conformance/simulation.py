"""Simulations of policies."""

import json

from registry import keep, refuses, unreachable, without
from world import READ

DENY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Deny", "Action": "codeartifact:DeleteDomain", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]})
BOUND = READ.replace("codeartifact:*", "codeartifact:Describe*")
ACTIONS = ["codeartifact:DescribeDomain", "codeartifact:DeleteDomain", "iam:CreateUser"]


def decisions(out):
    return {r["EvalActionName"]: r["EvalDecision"] for r in out["EvaluationResults"]}


def simulates(operation, start):
    """A simulation. start returns the input that names the policies."""
    def simulate(w):
        given = start(w)
        insecure = [{"ContextKeyName": "aws:SecureTransport", "ContextKeyValues": ["false"], "ContextKeyType": "boolean"}]
        out = yield {**given, "ActionNames": ACTIONS, "ContextEntries": insecure}
        assert decisions(out) == dict(zip(ACTIONS, ["allowed", "explicitDeny", "implicitDeny"])) and out["IsTruncated"] is False, out
        allowed = out["EvaluationResults"][0]
        assert allowed["EvalResourceName"] == "*" and len(allowed["MatchedStatements"]) == 1 and allowed["MissingContextValues"] == [], allowed
        assert {"SourcePolicyId", "StartPosition", "EndPosition"} <= set(allowed["MatchedStatements"][0]), allowed
        out = yield {**given, "ActionNames": ACTIONS}
        assert decisions(out)["codeartifact:DeleteDomain"] == "allowed", out
        assert "aws:SecureTransport" in [k for r in out["EvaluationResults"] for k in r["MissingContextValues"]], out
        out = yield {**given, "ActionNames": ACTIONS, "PermissionsBoundaryPolicyInputList": [BOUND], "MaxItems": 2}
        assert out["IsTruncated"] and decisions(out) == dict(zip(ACTIONS, ["allowed", "implicitDeny"])), out
        out = yield {**given, "ActionNames": ACTIONS, "MaxItems": 2, "Marker": out["Marker"]}
        assert list(decisions(out)) == ACTIONS[2:] and not out["IsTruncated"], out
        domains = ["arn:aws:codeartifact:us-east-1:%s:domain/%s" % (w.account, d) for d in ("a", "b")]
        out = yield {**given, "ActionNames": ACTIONS[:1], "ResourceArns": domains}
        specific = out["EvaluationResults"][0]["ResourceSpecificResults"]
        assert len(out["EvaluationResults"]) == 1 and [r["EvalResourceName"] for r in specific] == domains, out
        assert {r["EvalResourceDecision"] for r in specific} == {"allowed"}, specific

    keep("iam", operation, simulate)
    refuses(operation, "InvalidInput", without("ActionNames", ["nonsense"]), without("PolicyInputList", ["{"]), without("ResourcePolicy", "{"),
            without("PermissionsBoundaryPolicyInputList", [READ, READ]))
    unreachable(operation, "PolicyEvaluation", "a policy that can be read can be evaluated")


def asks(operation, start):
    def keys(w):
        out = yield start(w)
        assert out["ContextKeyNames"] == ["aws:SecureTransport"], out

    keep("iam", operation, keys)
    refuses(operation, "InvalidInput", without("PolicyInputList", ["{"]))


def custom(w):
    return {"PolicyInputList": [READ, DENY]}


def principal(w):
    return {"PolicySourceArn": w.arn("user", w.with_inline("User")), "PolicyInputList": [DENY]}


simulates("SimulateCustomPolicy", custom)
simulates("SimulatePrincipalPolicy", principal)
asks("GetContextKeysForCustomPolicy", custom)
asks("GetContextKeysForPrincipalPolicy", principal)
ON_PRINCIPAL = "SimulatePrincipalPolicy GetContextKeysForPrincipalPolicy"
refuses(ON_PRINCIPAL, "NoSuchEntity", without("PolicySourceArn", lambda w: w.arn("user")))
refuses(ON_PRINCIPAL, "InvalidInput", without("PolicySourceArn", "arn:aws:iam::000000000000:group"))
