"""Users, roles, their keys."""

import json

from registry import case, listed, refuses, unreachable, without
from world import READ, TRUST, maker

TAGS = [{"Key": "team", "Value": "core"}, {"Key": "Stage", "Value": ""}]


@case("iam")
def CreateUser(w):
    name = w.note("UserName", w.name("user"))
    boundary = w.policy()
    out = yield {"UserName": name, "Path": "/team/", "PermissionsBoundary": boundary, "Tags": TAGS}
    user = out["User"]
    assert user["UserName"] == name and user["Path"] == "/team/", user
    assert user["Arn"] == w.arn("user/team", name) and user["UserId"].startswith("AIDA"), user
    assert user["PermissionsBoundary"] == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}, user
    assert sorted(user["Tags"], key=lambda t: t["Key"]) == sorted(TAGS, key=lambda t: t["Key"]), user


@case("iam")
def GetUser(w):
    name = w.user(Tags=TAGS)
    out = yield {"UserName": name}
    assert out["User"]["UserName"] == name and len(out["User"]["Tags"]) == 2, out
    out = yield {}
    assert out["User"]["UserName"] == "admin", out


@case("iam")
def DeleteUser(w):
    name = w.user()
    yield {"UserName": name}
    assert w.told("GetUser", {"UserName": name}) == "NoSuchEntity"


listed("ListUsers", "Users", "UserName", maker("User"))


@case("iam")
def CreateAccessKey(w):
    name = w.user()
    out = yield {"UserName": name}
    key = out["AccessKey"]
    assert key["UserName"] == name and key["Status"] == "Active" and key["AccessKeyId"].startswith("AKIA"), key
    assert len(key["SecretAccessKey"]) == 40


@case("iam")
def DeleteAccessKey(w):
    name = w.user()
    yield {"UserName": name, "AccessKeyId": w.key(name)["AccessKeyId"]}
    assert w.told("ListAccessKeys", {"UserName": name})["AccessKeyMetadata"] == []


@case("iam")
def UpdateAccessKey(w):
    name = w.user()
    key = w.key(name)["AccessKeyId"]
    yield {"UserName": name, "AccessKeyId": key, "Status": "Inactive"}
    assert w.told("ListAccessKeys", {"UserName": name})["AccessKeyMetadata"][0]["Status"] == "Inactive"


@case("iam")
def ListAccessKeys(w):
    name = w.user()
    keys = {w.key(name)["AccessKeyId"], w.key(name)["AccessKeyId"]}
    out = yield {"UserName": name, "MaxItems": 1}
    rest = yield {"UserName": name, "MaxItems": 1, "Marker": out["Marker"]}
    assert {k["AccessKeyId"] for k in out["AccessKeyMetadata"] + rest["AccessKeyMetadata"]} == keys, rest
    assert not rest["IsTruncated"], rest


@case("iam")
def CreateRole(w):
    name = w.note("RoleName", w.name("role"))
    out = yield {"RoleName": name, "Path": "/team/", "AssumeRolePolicyDocument": TRUST, "Description": "Builds", "MaxSessionDuration": 7200,
                 "PermissionsBoundary": w.policy(), "Tags": TAGS}
    role = out["Role"]
    assert role["Arn"] == w.arn("role/team", name) and role["RoleId"].startswith("AROA"), role
    assert role["AssumeRolePolicyDocument"] == json.loads(TRUST), role
    assert role["MaxSessionDuration"] == 7200 and role["Description"] == "Builds" and len(role["Tags"]) == 2, role


@case("iam")
def GetRole(w):
    name = w.role(Description="Builds", Tags=TAGS)
    out = yield {"RoleName": name}
    role = out["Role"]
    assert role["RoleName"] == name and role["Description"] == "Builds" and role["MaxSessionDuration"] == 3600, role
    assert role["AssumeRolePolicyDocument"] == json.loads(TRUST) and len(role["Tags"]) == 2, role


@case("iam")
def DeleteRole(w):
    name = w.role()
    yield {"RoleName": name}
    assert w.told("GetRole", {"RoleName": name}) == "NoSuchEntity"


listed("ListRoles", "Roles", "RoleName", maker("Role"))


@case("iam")
def UpdateAssumeRolePolicy(w):
    name = w.role()
    trust = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": w.account}, "Action": "sts:AssumeRole"}]})
    yield {"RoleName": name, "PolicyDocument": trust}
    assert w.told("GetRole", {"RoleName": name})["Role"]["AssumeRolePolicyDocument"] == json.loads(trust)


@case("iam")
def ListInstanceProfilesForRole(w):
    out = yield {"RoleName": w.role(), "MaxItems": 10}
    assert out["InstanceProfiles"] == [] and out["IsTruncated"] is False, out


# A name that is taken, in another case: names are unique without regard to case.
def taken(member, make):
    return lambda w, sent: {**sent, member: make(w).upper()}


absent_boundary = without("PermissionsBoundary", lambda w: w.arn("policy"))
twice = without("Tags", [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
reserved = without("Tags", [{"Key": "aws:a", "Value": "1"}])
def occupied(make, *fill):
    """Makers of a resource. Each function of fill adds something to it that prevents
    its deletion."""
    def one(f):
        def maker(w, sent):
            member = next(iter(sent))
            name = make(w)
            f(w, name)
            return {member: name}
        return maker
    return [one(f) for f in fill]


def with_keys(w, sent):
    name = w.user()
    w.key(name), w.key(name)
    return {"UserName": name}


def key_of_another(w, sent):
    return {**sent, "AccessKeyId": w.key(w.user())["AccessKeyId"]}


USERS = "GetUser DeleteUser CreateAccessKey DeleteAccessKey UpdateAccessKey ListAccessKeys"
ROLES = "GetRole DeleteRole UpdateAssumeRolePolicy ListInstanceProfilesForRole"
refuses(USERS, "NoSuchEntity", without("UserName", "absent"))
refuses(ROLES, "NoSuchEntity", without("RoleName", "absent"))
refuses("CreateUser", "NoSuchEntity", absent_boundary)
refuses("CreateUser", "EntityAlreadyExists", taken("UserName", lambda w: w.user()))
refuses("CreateRole", "EntityAlreadyExists", taken("RoleName", lambda w: w.role()))
refuses("CreateRole", "NoSuchEntity", absent_boundary)
refuses("CreateUser CreateRole", "InvalidInput", twice, reserved)
refuses("CreateRole", "MalformedPolicyDocument", *(without("AssumeRolePolicyDocument", d) for d in ["{", "{}", READ]))
refuses("CreateRole", "LimitExceeded", lambda w, sent: {**sent, "AssumeRolePolicyDocument": TRUST.replace('"*"', json.dumps(["*"] * 600))})
refuses("UpdateAssumeRolePolicy", "MalformedPolicyDocument", *(without("PolicyDocument", d) for d in ["{", "{}", READ]))
refuses("UpdateAssumeRolePolicy", "LimitExceeded", lambda w, sent: {**sent, "PolicyDocument": TRUST.replace('"*"', json.dumps(["*"] * 600))})
refuses("DeleteUser", "DeleteConflict", *occupied(
    lambda w: w.user(),
    lambda w, name: w.key(name),
    lambda w, name: w.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=READ),
    lambda w, name: w.iam.attach_user_policy(UserName=name, PolicyArn=w.policy())))
refuses("DeleteRole", "DeleteConflict", *occupied(
    lambda w: w.role(),
    lambda w, name: w.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=READ),
    lambda w, name: w.iam.attach_role_policy(RoleName=name, PolicyArn=w.policy())))
refuses("CreateAccessKey", "LimitExceeded", with_keys)
refuses("UpdateAccessKey", "InvalidInput", without("Status", "Expired"))
refuses("DeleteAccessKey UpdateAccessKey", "NoSuchEntity", without("AccessKeyId", "AKIAABSENTABSENTABSE"), key_of_another)
unreachable("CreateUser CreateGroup", "LimitExceeded", "the quotas are of hundreds and thousands; tests in Go count to them")
unreachable("DeleteUser DeleteRole DeleteAccessKey UpdateAccessKey", "LimitExceeded", "it makes nothing")
