"""Operations on an account as a whole: its alias, counts and reports; how
users and roles change; what was last used."""

import csv
import io
import time

from registry import case, refuses, unreachable, without
from world import READ


@case("iam")
def UpdateUser(w):
    user, new = w.user(), w.note("UserName", w.name("user"))
    was = w.iam.get_user(UserName=user)["User"]
    key = w.key(user)
    yield {"UserName": user, "NewUserName": new, "NewPath": "/team/"}
    now = w.iam.get_user(UserName=new)["User"]
    assert now["Arn"] == w.arn("user/team", new) and now["UserId"] == was["UserId"], now
    assert w.client("sts", key).get_caller_identity()["Arn"] == now["Arn"]
    assert w.told("GetUser", {"UserName": user}) == "NoSuchEntity"
    yield {"UserName": new, "NewUserName": new.upper()}
    yield {"UserName": new.upper()}


@case("iam")
def UpdateRole(w):
    role = w.role(Description="old")
    yield {"RoleName": role, "Description": "new", "MaxSessionDuration": 7200}
    now = w.iam.get_role(RoleName=role)["Role"]
    assert (now["Description"], now["MaxSessionDuration"]) == ("new", 7200), now
    yield {"RoleName": role, "MaxSessionDuration": 3600}
    assert w.iam.get_role(RoleName=role)["Role"]["Description"] == "new"


@case("iam")
def UpdateRoleDescription(w):
    role = w.role(Description="old")
    out = yield {"RoleName": role, "Description": "new"}
    assert out["Role"]["RoleName"] == role and out["Role"]["Description"] == "new", out


@case("iam")
def CreateAccountAlias(w):
    yield {"AccountAlias": "first-alias"}
    yield {"AccountAlias": "second-alias"}
    assert w.iam.list_account_aliases()["AccountAliases"] == ["second-alias"]


@case("iam")
def ListAccountAliases(w):
    w.iam.create_account_alias(AccountAlias="listed-alias")
    out = yield {"MaxItems": 10}
    assert out["AccountAliases"] == ["listed-alias"] and out["IsTruncated"] is False, out


@case("iam")
def DeleteAccountAlias(w):
    w.iam.create_account_alias(AccountAlias="old-alias")
    yield {"AccountAlias": "old-alias"}
    assert w.iam.list_account_aliases()["AccountAliases"] == []


@case("iam")
def GetAccountSummary(w):
    out = yield {}
    was = out["SummaryMap"]
    w.user(), w.group(), w.role(), w.policy()
    out = yield {}
    now = out["SummaryMap"]
    for thing in ("Users", "Groups", "Roles", "Policies"):
        assert now[thing] == was[thing] + 1 <= now[thing + "Quota"], (thing, was, now)


@case("iam")
def GenerateCredentialReport(w):
    for _ in range(100):
        out = yield {}
        assert out["State"] in ("STARTED", "INPROGRESS", "COMPLETE"), out
        if out["State"] == "COMPLETE":
            return
        time.sleep(0.05)
    raise AssertionError("the report is never complete")


@case("iam")
def GetCredentialReport(w):
    user = w.user()
    w.key(user)
    while w.iam.generate_credential_report()["State"] != "COMPLETE":
        time.sleep(0.05)
    out = yield {}
    assert out["ReportFormat"] == "text/csv", out
    rows = {row["user"]: row for row in csv.DictReader(io.StringIO(out["Content"].decode()))}
    assert "<root_account>" in rows and rows["admin"]["access_key_1_active"] == "true", rows
    assert user not in rows or rows[user]["arn"] == w.arn("user", user), rows[user]


@case("iam")
def GetAccountAuthorizationDetails(w):
    user, group, role, policy = w.with_inline("User"), w.group(), w.role(), w.policy()
    w.iam.attach_user_policy(UserName=user, PolicyArn=policy)
    w.iam.add_user_to_group(UserName=user, GroupName=group)
    out = yield {"Filter": ["User", "Group", "Role", "LocalManagedPolicy"], "MaxItems": 50}
    pages = [out]
    while out["IsTruncated"]:
        out = yield {"Filter": ["User", "Group", "Role", "LocalManagedPolicy"], "MaxItems": 50, "Marker": out["Marker"]}
        pages.append(out)
    found = {u["UserName"]: u for page in pages for u in page["UserDetailList"]}[user]
    assert found["GroupList"] == [group] and found["AttachedManagedPolicies"][0]["PolicyArn"] == policy, found
    assert found["UserPolicyList"][0]["PolicyName"] == "read", found
    assert group in {g["GroupName"] for page in pages for g in page["GroupDetailList"]}
    assert role in {r["RoleName"] for page in pages for r in page["RoleDetailList"]}
    versions = {p["Arn"]: p["PolicyVersionList"] for page in pages for p in page["Policies"]}[policy]
    assert [v["VersionId"] for v in versions] == ["v1"], versions
    out = yield {"Filter": ["AWSManagedPolicy"]}
    assert "AdministratorAccess" in {p["PolicyName"] for p in out["Policies"]} and out["UserDetailList"] == [], out


@case("iam")
def GetAccessKeyLastUsed(w):
    user = w.user()
    out = yield {"AccessKeyId": w.key(user)["AccessKeyId"]}
    assert out["UserName"] == user and out["AccessKeyLastUsed"]["ServiceName"] == "N/A" == out["AccessKeyLastUsed"]["Region"], out
    assert "LastUsedDate" not in out["AccessKeyLastUsed"], out


def alias_of_another(w, sent):
    w.client("iam", w.other_account()).create_account_alias(AccountAlias="anothers-alias")
    return {"AccountAlias": "anothers-alias"}


refuses("UpdateUser", "NoSuchEntity", without("UserName", "absent"))
refuses("UpdateUser", "EntityAlreadyExists", without("NewUserName", lambda w: w.user().upper()))
refuses("UpdateRole UpdateRoleDescription", "NoSuchEntity", without("RoleName", "absent"))
refuses("DeleteAccountAlias", "NoSuchEntity", without("AccountAlias", "absent"))
refuses("CreateAccountAlias", "EntityAlreadyExists", alias_of_another)
refuses("GetCredentialReport", "ReportNotPresent", lambda w, sent: {"client": w.client("iam", w.other_account())})
unreachable("CreateAccountAlias", "LimitExceeded", "a second alias takes the place of the first")
unreachable("GenerateCredentialReport", "LimitExceeded", "a report is made anew only when it has grown old")
unreachable("GetCredentialReport", "ReportExpired", "a report holds for hours")
unreachable("GetCredentialReport", "ReportInProgress", "a report is made at once")
refuses("GetAccessKeyLastUsed", "NoSuchEntity", without("AccessKeyId", "AKIAABSENTABSENTABSE"))
unreachable("UpdateUser DeleteAccountAlias", "LimitExceeded", "it makes nothing")
unreachable("UpdateUser", "EntityTemporarilyUnmodifiable", "a name is free as soon as its bearer is deleted")
