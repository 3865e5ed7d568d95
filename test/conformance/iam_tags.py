"""Tags of all resources that can have them."""

from registry import keep, refuses, unreachable, without

FIFTY = [{"Key": "k%d" % i, "Value": "v"} for i in range(50)]


def tags(kind, member, make):
    """The three operations on the tags of one kind of resource. make takes the
    world and the first tags, and returns the resource's name."""
    tag, untag, listed = "Tag" + kind, "Untag" + kind, "List%sTags" % kind

    def of(w, name):
        return {t["Key"]: t["Value"] for t in w.iam_call(listed, **{member: name})["Tags"]}

    def add(w):
        name = make(w, Tags=[{"Key": "team", "Value": "core"}, {"Key": "kept", "Value": "x"}])
        yield {member: name, "Tags": [{"Key": "team", "Value": "edge"}, {"Key": "stage", "Value": ""}]}
        assert of(w, name) == {"team": "edge", "kept": "x", "stage": ""}, of(w, name)

    def remove(w):
        name = make(w, Tags=[{"Key": "team", "Value": "core"}, {"Key": "kept", "Value": "x"}])
        yield {member: name, "TagKeys": ["team", "absent"]}
        assert of(w, name) == {"kept": "x"}, of(w, name)

    def pages(w):
        name = make(w, Tags=[{"Key": k, "Value": k.upper()} for k in "abc"])
        out = yield {member: name, "MaxItems": 2}
        assert out["IsTruncated"] and len(out["Tags"]) == 2, out
        rest = yield {member: name, "MaxItems": 2, "Marker": out["Marker"]}
        assert sorted(t["Key"] for t in out["Tags"] + rest["Tags"]) == ["a", "b", "c"] and not rest["IsTruncated"], rest

    keep("iam", tag, add)
    keep("iam", untag, remove)
    keep("iam", listed, pages)
    refuses(" ".join([tag, untag, listed]), "NoSuchEntity", without(member, absent(member)))
    refuses(tag, "LimitExceeded", lambda w, sent: {**sent, member: make(w, Tags=FIFTY)})
    refuses(tag, "InvalidInput", without("Tags", [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]), without("Tags", [{"Key": "aws:a", "Value": "1"}]))
    if kind not in ("User", "Role"):
        unreachable(" ".join([untag, listed]), "InvalidInput", "what the model allows is valid")


def absent(member):
    kinds = {"PolicyArn": "policy", "SerialNumber": "mfa", "OpenIDConnectProviderArn": "oidc-provider"}
    return lambda w: w.arn(kinds[member]) if member in kinds else "absent"


tags("User", "UserName", lambda w, **more: w.user(**more))
tags("Role", "RoleName", lambda w, **more: w.role(**more))
tags("Policy", "PolicyArn", lambda w, **more: w.policy(**more))
