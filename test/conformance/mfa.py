"""MFA devices, and the sessions that their one-time codes open."""

import base64
import hashlib
import hmac
import time

from iam_tags import tags
from registry import case, refuses, unreachable, without


class Device:
    def __init__(self, w, **more):
        out = w.iam.create_virtual_mfa_device(VirtualMFADeviceName=w.name("device"), **more)["VirtualMFADevice"]
        self.serial = w.note("SerialNumber", out["SerialNumber"])
        self.seed = base64.b32decode(out["Base32StringSeed"])

    def code(self, step=0):
        """RFC 6238, the code of the current half minute, or step later ones."""
        counter = int(time.time()) // 30 + step
        digest = hmac.new(self.seed, counter.to_bytes(8, "big"), hashlib.sha1).digest()
        at = digest[-1] & 15
        return "%06d" % ((int.from_bytes(digest[at:at + 4], "big") & 0x7FFFFFFF) % 1000000)

    def enable(self, w, user):
        """Uses the codes of the last and the current half minute; the next stays unused."""
        w.iam.enable_mfa_device(UserName=user, SerialNumber=self.serial, AuthenticationCode1=self.code(-1), AuthenticationCode2=self.code())
        return self


def enabled(w):
    user = w.user()
    return user, Device(w).enable(w, user)


@case("iam")
def CreateVirtualMFADevice(w):
    name = w.name("device")
    serial = w.note("SerialNumber", w.arn("mfa/team", name))
    out = yield {"VirtualMFADeviceName": name, "Path": "/team/", "Tags": [{"Key": "team", "Value": "core"}]}
    device = out["VirtualMFADevice"]
    assert device["SerialNumber"] == serial and device["Tags"] == [{"Key": "team", "Value": "core"}], device["SerialNumber"]
    assert len(base64.b32decode(device["Base32StringSeed"])) >= 20 and device["QRCodePNG"].startswith(b"\x89PNG"), serial


@case("iam")
def EnableMFADevice(w):
    user, device = w.user(), Device(w)
    yield {"UserName": user, "SerialNumber": device.serial, "AuthenticationCode1": device.code(-1), "AuthenticationCode2": device.code()}
    assert [d["SerialNumber"] for d in w.iam.list_mfa_devices(UserName=user)["MFADevices"]] == [device.serial]


@case("iam")
def ResyncMFADevice(w):
    user, device = enabled(w)
    yield {"UserName": user, "SerialNumber": device.serial, "AuthenticationCode1": device.code(1), "AuthenticationCode2": device.code(2)}


@case("iam")
def DeactivateMFADevice(w):
    user, device = enabled(w)
    yield {"UserName": user, "SerialNumber": device.serial}
    assert w.iam.list_mfa_devices(UserName=user)["MFADevices"] == []


@case("iam")
def DeleteVirtualMFADevice(w):
    serial = Device(w).serial
    yield {"SerialNumber": serial}
    assert serial not in {d["SerialNumber"] for d in w.iam.list_virtual_mfa_devices()["VirtualMFADevices"]}


@case("iam")
def ListVirtualMFADevices(w):
    user, device = enabled(w)
    other = Device(w).serial
    out = yield {"AssignmentStatus": "Assigned", "MaxItems": 1000}
    found = {d["SerialNumber"]: d for d in out["VirtualMFADevices"]}
    assert found[device.serial]["User"]["UserName"] == user and found[device.serial]["EnableDate"] and other not in found, found
    out = yield {"AssignmentStatus": "Unassigned", "MaxItems": 1}
    serials = [d["SerialNumber"] for d in out["VirtualMFADevices"]]
    while out["IsTruncated"]:
        out = yield {"AssignmentStatus": "Unassigned", "MaxItems": 1, "Marker": out["Marker"]}
        serials += [d["SerialNumber"] for d in out["VirtualMFADevices"]]
    assert other in serials and device.serial not in serials, serials
    out = yield {"AssignmentStatus": "Any", "MaxItems": 1000}
    assert {other, device.serial} <= {d["SerialNumber"] for d in out["VirtualMFADevices"]}, out


@case("iam")
def ListMFADevices(w):
    user, device = enabled(w)
    other = Device(w).enable(w, user)
    out = yield {"UserName": user, "MaxItems": 1}
    rest = yield {"UserName": user, "MaxItems": 1, "Marker": out["Marker"]}
    found = out["MFADevices"] + rest["MFADevices"]
    assert {d["SerialNumber"] for d in found} == {device.serial, other.serial} and not rest["IsTruncated"], found
    assert all(d["UserName"] == user for d in found), found


@case("iam")
def GetMFADevice(w):
    user, device = enabled(w)
    out = yield {"UserName": user, "SerialNumber": device.serial}
    assert (out["UserName"], out["SerialNumber"]) == (user, device.serial) and out["EnableDate"], out


def device_in_use(w, sent):
    return {"SerialNumber": enabled(w)[1].serial}


def of_another(w, sent):
    return {**sent, "SerialNumber": enabled(w)[1].serial}


def guessed_often(w, sent):
    """Right codes of a device that is locked after many wrong ones."""
    user, device = w.user(), Device(w)
    wrong = {"UserName": user, "SerialNumber": device.serial, "AuthenticationCode1": "000000", "AuthenticationCode2": "000000"}
    for _ in range(20):
        if w.told("EnableMFADevice", wrong) == "EntityTemporarilyUnmodifiable":
            break
    return {**wrong, "AuthenticationCode1": device.code(-1), "AuthenticationCode2": device.code()}


def full(w, sent):
    user = w.user()
    for _ in range(8):
        Device(w).enable(w, user)
    return {**sent, "UserName": user}


tags("MFADevice", "SerialNumber", lambda w, **more: Device(w, **more).serial)
CODES = "EnableMFADevice ResyncMFADevice"
absent = without("SerialNumber", lambda w: w.arn("mfa"))
refuses(CODES + " DeactivateMFADevice GetMFADevice ListMFADevices", "NoSuchEntity", without("UserName", "absent"))
refuses(CODES + " DeactivateMFADevice DeleteVirtualMFADevice GetMFADevice", "NoSuchEntity", absent)
refuses("ResyncMFADevice DeactivateMFADevice GetMFADevice", "NoSuchEntity", of_another)
refuses(CODES, "InvalidAuthenticationCode", without("AuthenticationCode2", "000000"))
refuses("EnableMFADevice", "EntityAlreadyExists", of_another)
refuses("EnableMFADevice", "EntityTemporarilyUnmodifiable", guessed_often)
refuses("EnableMFADevice", "LimitExceeded", full)
refuses("CreateVirtualMFADevice", "EntityAlreadyExists", lambda w, sent: {"VirtualMFADeviceName": Device(w).serial.rpartition("/")[2]})
refuses("CreateVirtualMFADevice", "InvalidInput", without("Tags", [{"Key": "aws:a", "Value": "1"}]))
refuses("DeleteVirtualMFADevice", "DeleteConflict", device_in_use)
unreachable("CreateVirtualMFADevice", "LimitExceeded", "the quota is of thousands; a test in Go counts to it")
unreachable("DeactivateMFADevice DeleteVirtualMFADevice ResyncMFADevice", "LimitExceeded", "it makes nothing")
unreachable("DeactivateMFADevice", "EntityTemporarilyUnmodifiable", "it takes no code, and a device is free as soon as it is deactivated")

refuses("AssumeRole GetSessionToken", "AccessDenied", lambda w, sent: {**sent, "SerialNumber": w.arn("mfa"), "TokenCode": "000000"},
        lambda w, sent: {**sent, "SerialNumber": w.arn("mfa")})
