"""Policies: inline and attached ones of users, roles and groups; managed ones
and their versions; permissions boundaries."""

import json

from registry import case, keep, maker_of, refuses, unreachable, without
from world import READ, maker

WRITE = READ.replace("codeartifact:*", "codeartifact:Publish*")
KINDS = ("User", "Role", "Group")
LIMITS = {"User": 2048, "Role": 10240, "Group": 5120}
ATTACHED = {"User": 10, "Role": 20, "Group": 10}


def long_policy(size):
    """A policy of more than size characters, without blanks, which do not count."""
    return READ.replace('"codeartifact:*"', json.dumps(["codeartifact:*"] * (size // 16)))


def inline(kind):
    """The four operations on the inline policies of a user, role or group."""
    member, make = kind + "Name", maker(kind)

    def put(w):
        name = make(w)
        yield {member: name, "PolicyName": "read", "PolicyDocument": READ}
        yield {member: name, "PolicyName": "read", "PolicyDocument": WRITE}
        assert w.iam_call("Get%sPolicy" % kind, **{member: name, "PolicyName": "read"})["PolicyDocument"] == json.loads(WRITE)

    def get(w):
        name = w.with_inline(kind)
        out = yield {member: name, "PolicyName": "read"}
        assert (out[member], out["PolicyName"], out["PolicyDocument"]) == (name, "read", json.loads(READ)), out

    def delete(w):
        name = w.with_inline(kind)
        yield {member: name, "PolicyName": "read"}
        assert w.iam_call("List%sPolicies" % kind, **{member: name})["PolicyNames"] == []

    def names(w):
        name = w.with_inline(kind, "a", "b", "c")
        out = yield {member: name, "MaxItems": 2}
        assert out["PolicyNames"] == ["a", "b"] and out["IsTruncated"], out
        out = yield {member: name, "MaxItems": 2, "Marker": out["Marker"]}
        assert out["PolicyNames"] == ["c"] and not out["IsTruncated"] and "Marker" not in out, out

    keep("iam", "Put%sPolicy" % kind, put)
    keep("iam", "Get%sPolicy" % kind, get)
    keep("iam", "Delete%sPolicy" % kind, delete)
    keep("iam", "List%sPolicies" % kind, names)
    refuses("Put{0}Policy Get{0}Policy Delete{0}Policy List{0}Policies".format(kind), "NoSuchEntity", without(member, "absent"))
    refuses("Get{0}Policy Delete{0}Policy".format(kind), "NoSuchEntity", without("PolicyName", "absent"))
    refuses("Put%sPolicy" % kind, "MalformedPolicyDocument", *malformed("PolicyDocument"))
    refuses("Put%sPolicy" % kind, "LimitExceeded", without("PolicyDocument", long_policy(LIMITS[kind])),
            lambda w, sent: {**sent, member: w.with_inline(kind, document=long_policy(LIMITS[kind] * 3 // 4)), "PolicyName": "more",
                             "PolicyDocument": long_policy(LIMITS[kind] // 2)})


def malformed(member):
    """Makers of invalid policies: no JSON, no statement, a principal."""
    principal = json.loads(READ)
    principal["Statement"][0]["Principal"] = "*"
    return [without(member, text) for text in ("{", "{}", json.dumps(principal), READ.replace("Allow", "Perhaps"))]


def attached(kind):
    """The three operations on the managed policies of a user, role or group."""
    member, make = kind + "Name", maker(kind)

    def attach(w):
        sent = {member: make(w), "PolicyArn": w.policy()}
        yield sent
        yield sent
        policies = w.iam_call("ListAttached%sPolicies" % kind, **{member: sent[member]})["AttachedPolicies"]
        assert [p["PolicyArn"] for p in policies] == [sent["PolicyArn"]], policies

    def detach(w):
        name = make(w)
        arn = w.attach(kind, name)
        yield {member: name, "PolicyArn": arn}
        assert w.iam_call("ListAttached%sPolicies" % kind, **{member: name})["AttachedPolicies"] == []

    def policies(w):
        name = make(w)
        arns = {w.attach(kind, name, Path="/team/") for _ in range(3)}
        w.attach(kind, name)
        out = yield {member: name, "PathPrefix": "/team/", "MaxItems": 2}
        assert out["IsTruncated"] and len(out["AttachedPolicies"]) == 2, out
        rest = yield {member: name, "PathPrefix": "/team/", "MaxItems": 2, "Marker": out["Marker"]}
        found = out["AttachedPolicies"] + rest["AttachedPolicies"]
        assert {p["PolicyArn"] for p in found} == arns and not rest["IsTruncated"], rest
        assert all(p["PolicyArn"].endswith("/" + p["PolicyName"]) for p in found), found

    def full(w, sent):
        name = make(w)
        for _ in range(ATTACHED[kind]):
            w.attach(kind, name)
        return {**sent, member: name}

    keep("iam", "Attach%sPolicy" % kind, attach)
    keep("iam", "Detach%sPolicy" % kind, detach)
    keep("iam", "ListAttached%sPolicies" % kind, policies)
    unreachable("Detach{0}Policy Delete{0}Policy".format(kind), "LimitExceeded", "it takes something away")
    unreachable("ListAttached%sPolicies" % kind, "InvalidInput", "what the model allows is valid")
    refuses("Attach{0}Policy Detach{0}Policy ListAttached{0}Policies".format(kind), "NoSuchEntity", without(member, "absent"))
    refuses("Attach{0}Policy Detach{0}Policy".format(kind), "NoSuchEntity", absent_policy, lambda w, sent: {**sent, "PolicyArn": w.foreign_policy()})
    refuses("Attach{0}Policy Detach{0}Policy".format(kind), "InvalidInput", *no_policies("PolicyArn"))
    refuses("Attach%sPolicy" % kind, "LimitExceeded", full)


absent_policy = without("PolicyArn", lambda w: w.arn("policy"))


def no_policies(member):
    """Makers of ARNs that name no policy."""
    return [without(member, lambda w: w.arn("user")), without(member, "twenty characters and more")]


for one in KINDS:
    inline(one)
    attached(one)


@case("iam")
def CreatePolicy(w):
    name = w.name("policy")
    arn = w.note("PolicyArn", w.arn("policy/team", name))
    out = yield {"PolicyName": name, "Path": "/team/", "PolicyDocument": READ, "Description": "Reads", "Tags": [{"Key": "team", "Value": "core"}]}
    policy = out["Policy"]
    assert policy["Arn"] == arn and policy["PolicyId"].startswith("ANPA") and policy["DefaultVersionId"] == "v1", policy
    assert policy["AttachmentCount"] == 0 and policy["PermissionsBoundaryUsageCount"] == 0 and policy["IsAttachable"] is True, policy
    assert policy["Path"] == "/team/" and policy["Tags"] == [{"Key": "team", "Value": "core"}], policy


@case("iam")
def GetPolicy(w):
    arn = w.policy(Description="Reads", Tags=[{"Key": "team", "Value": "core"}])
    w.iam.attach_user_policy(UserName=w.user(PermissionsBoundary=arn), PolicyArn=arn)
    out = yield {"PolicyArn": arn}
    policy = out["Policy"]
    assert (policy["AttachmentCount"], policy["PermissionsBoundaryUsageCount"], policy["Description"]) == (1, 1, "Reads"), policy
    assert policy["Tags"] == [{"Key": "team", "Value": "core"}], policy
    out = yield {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    assert out["Policy"]["PolicyName"] == "AdministratorAccess", out


@case("iam")
def DeletePolicy(w):
    arn = w.policy()
    yield {"PolicyArn": arn}
    assert w.told("GetPolicy", {"PolicyArn": arn}) == "NoSuchEntity"


@case("iam")
def ListPolicies(w):
    arns = {w.policy(Path="/listed/") for _ in range(3)}
    out = yield {"Scope": "Local", "OnlyAttached": False, "PathPrefix": "/listed/", "MaxItems": 2}
    assert out["IsTruncated"] and len(out["Policies"]) == 2, out
    rest = yield {"Scope": "Local", "PathPrefix": "/listed/", "MaxItems": 2, "Marker": out["Marker"]}
    assert {p["Arn"] for p in out["Policies"] + rest["Policies"]} == arns and not rest["IsTruncated"], rest
    w.iam.attach_role_policy(RoleName=w.role(PermissionsBoundary=min(arns)), PolicyArn=max(arns))
    out = yield {"PathPrefix": "/listed/", "OnlyAttached": True}
    assert [p["Arn"] for p in out["Policies"]] == [max(arns)], out
    out = yield {"PathPrefix": "/listed/", "PolicyUsageFilter": "PermissionsBoundary"}
    assert [p["Arn"] for p in out["Policies"]] == [min(arns)], out
    out = yield {"Scope": "AWS", "MaxItems": 1000}
    assert {"AdministratorAccess", "ReadOnlyAccess"} <= {p["PolicyName"] for p in out["Policies"]}, out


@case("iam")
def GetPolicyVersion(w):
    out = yield {"PolicyArn": w.policy(), "VersionId": "v1"}
    version = out["PolicyVersion"]
    assert version["Document"] == json.loads(READ) and version["VersionId"] == "v1" and version["IsDefaultVersion"] is True, version


@case("iam")
def CreatePolicyVersion(w):
    arn = w.policy()
    out = yield {"PolicyArn": arn, "PolicyDocument": WRITE, "SetAsDefault": True}
    version = out["PolicyVersion"]
    assert version["VersionId"] == "v2" and version["IsDefaultVersion"] is True and "Document" not in version, version
    out = yield {"PolicyArn": arn, "PolicyDocument": READ}
    assert out["PolicyVersion"]["VersionId"] == "v3" and out["PolicyVersion"]["IsDefaultVersion"] is False, out
    assert w.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"


@case("iam")
def ListPolicyVersions(w):
    arn = w.policy()
    for _ in range(2):
        w.iam.create_policy_version(PolicyArn=arn, PolicyDocument=WRITE)
    out = yield {"PolicyArn": arn, "MaxItems": 2}
    rest = yield {"PolicyArn": arn, "MaxItems": 2, "Marker": out["Marker"]}
    versions = out["Versions"] + rest["Versions"]
    assert [v["VersionId"] for v in versions] == ["v3", "v2", "v1"], versions
    assert [v["IsDefaultVersion"] for v in versions] == [False, False, True] and not rest["IsTruncated"], versions


@case("iam")
def SetDefaultPolicyVersion(w):
    arn = w.policy()
    w.iam.create_policy_version(PolicyArn=arn, PolicyDocument=WRITE)
    yield {"PolicyArn": arn, "VersionId": "v2"}
    assert w.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"


@case("iam")
def DeletePolicyVersion(w):
    arn = w.policy()
    w.iam.create_policy_version(PolicyArn=arn, PolicyDocument=WRITE)
    yield {"PolicyArn": arn, "VersionId": "v2"}
    assert [v["VersionId"] for v in w.iam.list_policy_versions(PolicyArn=arn)["Versions"]] == ["v1"]


@case("iam")
def ListEntitiesForPolicy(w):
    arn = w.policy()
    user, role, group = w.user(Path="/team/"), w.role(PermissionsBoundary=arn), w.group()
    for kind, name in (("User", user), ("Role", role), ("Group", group)):
        w.iam_call("Attach%sPolicy" % kind, **{kind + "Name": name, "PolicyArn": arn})
    out = yield {"PolicyArn": arn, "MaxItems": 2}
    rest = yield {"PolicyArn": arn, "MaxItems": 2, "Marker": out["Marker"]}
    found = [e for kind in KINDS for page in (out, rest) for e in page["Policy%ss" % kind]]
    assert sorted(e.get("UserName") or e.get("RoleName") or e["GroupName"] for e in found) == sorted([user, role, group]), found
    assert not rest["IsTruncated"], rest
    for more, names in (({"EntityFilter": "User"}, [user]), ({"PathPrefix": "/team/"}, [user]), ({"EntityFilter": "Group"}, [group]),
                        ({"PolicyUsageFilter": "PermissionsBoundary"}, [role])):
        out = yield {"PolicyArn": arn, **more}
        assert [e.get("UserName") or e.get("RoleName") or e["GroupName"] for kind in KINDS for e in out["Policy%ss" % kind]] == names, (more, out)


def boundary(kind):
    member, make = kind + "Name", maker(kind)

    def put(w):
        sent = {member: make(w), "PermissionsBoundary": w.policy()}
        yield sent
        shown = w.iam_call("Get" + kind, **{member: sent[member]})[kind]["PermissionsBoundary"]
        assert shown["PermissionsBoundaryArn"] == sent["PermissionsBoundary"], shown

    def delete(w):
        name = make(w, PermissionsBoundary=w.policy())
        yield {member: name}
        assert "PermissionsBoundary" not in w.iam_call("Get" + kind, **{member: name})[kind]

    keep("iam", "Put%sPermissionsBoundary" % kind, put)
    keep("iam", "Delete%sPermissionsBoundary" % kind, delete)
    refuses("Put{0}PermissionsBoundary Delete{0}PermissionsBoundary".format(kind), "NoSuchEntity", without(member, "absent"))
    refuses("Put%sPermissionsBoundary" % kind, "NoSuchEntity", without("PermissionsBoundary", lambda w: w.arn("policy")))
    refuses("Put%sPermissionsBoundary" % kind, "InvalidInput", *no_policies("PermissionsBoundary"))


boundary("User")
boundary("Role")

ON_POLICY = "GetPolicy DeletePolicy GetPolicyVersion CreatePolicyVersion ListPolicyVersions SetDefaultPolicyVersion DeletePolicyVersion ListEntitiesForPolicy"
refuses(ON_POLICY, "NoSuchEntity", absent_policy)
refuses(ON_POLICY, "InvalidInput", *no_policies("PolicyArn"))
refuses("GetPolicyVersion SetDefaultPolicyVersion DeletePolicyVersion", "NoSuchEntity", without("VersionId", "v9"), without("VersionId", "v9.draft"))
refuses("CreatePolicy", "EntityAlreadyExists", lambda w, sent: {**sent, "PolicyName": w.policy().rpartition("/")[2].upper()})
refuses("CreatePolicy CreatePolicyVersion", "MalformedPolicyDocument", *malformed("PolicyDocument"))
refuses("CreatePolicy CreatePolicyVersion", "LimitExceeded", without("PolicyDocument", long_policy(6144)))
refuses("CreatePolicy", "InvalidInput", without("Tags", [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]))


@maker_of("CreatePolicyVersion", "LimitExceeded")
def five_versions(w, sent):
    arn = w.policy()
    for _ in range(4):
        w.iam.create_policy_version(PolicyArn=arn, PolicyDocument=WRITE)
    return {**sent, "PolicyArn": arn}


@maker_of("DeletePolicy", "DeleteConflict")
def policy_in_use(w, sent):
    return {"PolicyArn": w.attach("User", w.user())}


@maker_of("DeletePolicy", "DeleteConflict")
def policy_as_boundary(w, sent):
    arn = w.policy()
    w.user(PermissionsBoundary=arn)
    return {"PolicyArn": arn}


@maker_of("DeletePolicy", "DeleteConflict")
def policy_with_versions(w, sent):
    arn = w.policy()
    w.iam.create_policy_version(PolicyArn=arn, PolicyDocument=WRITE)
    return {"PolicyArn": arn}


@maker_of("DeletePolicyVersion", "DeleteConflict")
def version_in_force(w, sent):
    return {**sent, "VersionId": "v1"}


unreachable("DeletePolicy DeletePolicyVersion SetDefaultPolicyVersion", "LimitExceeded", "it makes nothing")
