"""Resources that no account here can have, though clients ask for them."""

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


def gone(operations, sent):
    """Operations on resources that cannot exist here."""
    for operation in operations.split():
        never("iam", operation, "NoSuchEntity", sent)


never("iam", "DeleteAccountPasswordPolicy", "NoSuchEntity", lambda w: {})
gone("GetInstanceProfile DeleteInstanceProfile ListInstanceProfileTags", lambda w: {"InstanceProfileName": w.name()})
gone("RemoveRoleFromInstanceProfile", lambda w: {"InstanceProfileName": w.name(), "RoleName": w.role()})
gone("GetServerCertificate DeleteServerCertificate ListServerCertificateTags", lambda w: {"ServerCertificateName": w.name()})
gone("GetSAMLProvider DeleteSAMLProvider ListSAMLProviderTags", lambda w: {"SAMLProviderArn": w.arn("saml-provider")})
gone("GetSSHPublicKey", lambda w: {**of_user(w), "SSHPublicKeyId": "APKA" + "A" * 17, "Encoding": "SSH"})
gone("DeleteSSHPublicKey", lambda w: {**of_user(w), "SSHPublicKeyId": "APKA" + "A" * 17})
gone("DeleteSigningCertificate", lambda w: {**of_user(w), "CertificateId": "A" * 24})
gone("DeleteServiceSpecificCredential", lambda w: {**of_user(w), "ServiceSpecificCredentialId": "ACCA" + "A" * 17})
refuses("GetSAMLProvider DeleteSAMLProvider ListSAMLProviderTags", "InvalidInput", without("SAMLProviderArn", lambda w: w.arn("user")))
unreachable("DeleteAccountPasswordPolicy DeleteInstanceProfile DeleteServerCertificate DeleteSAMLProvider DeleteSigningCertificate RemoveRoleFromInstanceProfile", "LimitExceeded", "it makes nothing")
unreachable("DeleteInstanceProfile DeleteServerCertificate", "DeleteConflict", "there is nothing that another thing could hang on")
unreachable("GetSSHPublicKey", "UnrecognizedPublicKeyEncoding", "the model's enumeration has all that there are")
