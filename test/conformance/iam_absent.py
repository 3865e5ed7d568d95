"""What no account here can have, and clients ask for all the same."""

from registry import keep, never, refuses, unreachable, without


def nothing(operation, member, sent):
    """A list that is always empty."""
    def listed(w):
        out = yield sent(w)
        assert out[member] == [] and out.get("IsTruncated", False) is False, out

    keep("iam", operation, listed)


def of_user(w):
    return {"UserName": w.user()}


nothing("ListSSHPublicKeys", "SSHPublicKeys", of_user)
nothing("ListServiceSpecificCredentials", "ServiceSpecificCredentials", of_user)
nothing("ListSigningCertificates", "Certificates", of_user)
nothing("ListInstanceProfiles", "InstanceProfiles", lambda w: {})
nothing("ListSAMLProviders", "SAMLProviderList", lambda w: {})
nothing("ListServerCertificates", "ServerCertificateMetadataList", lambda w: {})
never("iam", "GetLoginProfile", "NoSuchEntity", of_user)
never("iam", "DeleteLoginProfile", "NoSuchEntity", of_user)
never("iam", "GetAccountPasswordPolicy", "NoSuchEntity", lambda w: {})
refuses("ListSSHPublicKeys ListServiceSpecificCredentials ListSigningCertificates GetLoginProfile DeleteLoginProfile", "NoSuchEntity", without("UserName", "absent"))
unreachable("ListServiceSpecificCredentials", "NotSupportedService", "it is about services that are not here, and there is nothing of any")
unreachable("DeleteLoginProfile", "LimitExceeded", "it makes nothing")
unreachable("DeleteLoginProfile", "EntityTemporarilyUnmodifiable", "there is nothing to modify")
