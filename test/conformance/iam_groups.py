"""Groups and their members."""

from registry import case, listed, refuses, unreachable, without
from world import READ, maker


def member_of(w, group, path="/"):
    user = w.user(Path=path)
    w.iam.add_user_to_group(GroupName=group, UserName=user)
    return user


@case("iam")
def CreateGroup(w):
    name = w.note("GroupName", w.name("group"))
    out = yield {"GroupName": name, "Path": "/team/"}
    group = out["Group"]
    assert group["Arn"] == w.arn("group/team", name) and group["GroupId"].startswith("AGPA") and group["Path"] == "/team/", group


@case("iam")
def GetGroup(w):
    group = w.group()
    users = {member_of(w, group) for _ in range(3)}
    out = yield {"GroupName": group, "MaxItems": 2}
    assert out["Group"]["GroupName"] == group and out["IsTruncated"] and len(out["Users"]) == 2, out
    rest = yield {"GroupName": group, "MaxItems": 2, "Marker": out["Marker"]}
    assert {u["UserName"] for u in out["Users"] + rest["Users"]} == users and not rest["IsTruncated"], rest


@case("iam")
def UpdateGroup(w):
    group, new = w.group(), w.note("GroupName", w.name("group"))
    user = member_of(w, group)
    was = w.iam.get_group(GroupName=group)["Group"]
    yield {"GroupName": group, "NewGroupName": new, "NewPath": "/team/"}
    now = w.iam.get_group(GroupName=new)
    assert now["Group"]["Arn"] == w.arn("group/team", new) and now["Group"]["GroupId"] == was["GroupId"], now
    assert [u["UserName"] for u in now["Users"]] == [user], now
    assert w.told("GetGroup", {"GroupName": group}) == "NoSuchEntity"
    yield {"GroupName": new, "NewGroupName": new.upper()}
    yield {"GroupName": new.upper()}


@case("iam")
def DeleteGroup(w):
    group = w.group()
    yield {"GroupName": group}
    assert w.told("GetGroup", {"GroupName": group}) == "NoSuchEntity"


listed("ListGroups", "Groups", "GroupName", maker("Group"))


@case("iam")
def ListGroupsForUser(w):
    user, groups = w.user(), {w.group() for _ in range(3)}
    for group in groups:
        w.iam.add_user_to_group(GroupName=group, UserName=user)
    out = yield {"UserName": user, "MaxItems": 2}
    rest = yield {"UserName": user, "MaxItems": 2, "Marker": out["Marker"]}
    assert {g["GroupName"] for g in out["Groups"] + rest["Groups"]} == groups and not rest["IsTruncated"], rest


@case("iam")
def AddUserToGroup(w):
    sent = {"GroupName": w.group(), "UserName": w.user()}
    yield sent
    yield sent
    assert [u["UserName"] for u in w.iam.get_group(GroupName=sent["GroupName"])["Users"]] == [sent["UserName"]]


@case("iam")
def RemoveUserFromGroup(w):
    group = w.group()
    yield {"GroupName": group, "UserName": member_of(w, group)}
    assert w.iam.get_group(GroupName=group)["Users"] == []


def in_ten_groups(w, sent):
    user = w.user()
    for _ in range(10):
        w.iam.add_user_to_group(GroupName=w.group(), UserName=user)
    return {**sent, "UserName": user}


def with_member(w, sent):
    group = w.group()
    member_of(w, group)
    return {"GroupName": group}


def with_policy(w, sent):
    group = w.group()
    w.attach("Group", group)
    return {"GroupName": group}


refuses("GetGroup UpdateGroup DeleteGroup AddUserToGroup RemoveUserFromGroup", "NoSuchEntity", without("GroupName", "absent"))
refuses("AddUserToGroup RemoveUserFromGroup ListGroupsForUser", "NoSuchEntity", without("UserName", "absent"))
refuses("RemoveUserFromGroup", "NoSuchEntity", without("UserName", lambda w: w.user()))
refuses("CreateGroup", "EntityAlreadyExists", without("GroupName", lambda w: w.group().upper()))
refuses("UpdateGroup", "EntityAlreadyExists", without("NewGroupName", lambda w: w.group().upper()))
refuses("AddUserToGroup", "LimitExceeded", in_ten_groups)
refuses("DeleteGroup", "DeleteConflict", with_member, with_policy, lambda w, sent: {"GroupName": w.with_inline("Group", document=READ)})
unreachable("CreateGroup", "NoSuchEntity", "it names nothing that must exist")
unreachable("UpdateGroup DeleteGroup RemoveUserFromGroup", "LimitExceeded", "it makes nothing")
