package iam

import (
	"context"

	api "daypass/api/iam"
	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
)

// absentOperations look up resources that no account here has. Clients call them
// before they delete a user or role, or to make an inventory. They are authorized
// like any other operation, and find nothing.
func (s *Service) absentOperations() []gate.Operation {
	return []gate.Operation{
		op("ListSSHPublicKeys", ownKeys(s, func(in *api.ListSSHPublicKeysInput) string { return in.UserName }), s.listSSHPublicKeys),
		op("ListServiceSpecificCredentials", s.onServiceCredentials, s.listServiceCredentials),
		op("ListSigningCertificates", ownKeys(s, func(in *api.ListSigningCertificatesInput) string { return in.UserName }), s.listSigningCertificates),
		op("GetLoginProfile", ownKeys(s, func(in *api.GetLoginProfileInput) string { return in.UserName }), s.getLoginProfile),
		op("DeleteLoginProfile", ownKeys(s, func(in *api.DeleteLoginProfileInput) string { return in.UserName }), s.deleteLoginProfile),
		op("ListInstanceProfiles", onPath("instance-profile", func(in *api.ListInstanceProfilesInput) string { return in.PathPrefix }), s.listAllInstanceProfiles),
		op("ListSAMLProviders", everything[api.ListSAMLProvidersInput], s.listSAMLProviders),
		op("ListServerCertificates", everything[api.ListServerCertificatesInput], s.listServerCertificates),
		op("GetAccountPasswordPolicy", everything[api.GetAccountPasswordPolicyInput], s.getPasswordPolicy),
		noSuch[api.DeleteAccountPasswordPolicyInput, api.DeleteAccountPasswordPolicyOutput]("DeleteAccountPasswordPolicy", everything,
			func(*api.DeleteAccountPasswordPolicyInput) string {
				return "The account policy with name PasswordPolicy cannot be found."
			}),

		noProfile[api.GetInstanceProfileInput, api.GetInstanceProfileOutput]("GetInstanceProfile", func(in *api.GetInstanceProfileInput) string { return in.InstanceProfileName }),
		noProfile[api.DeleteInstanceProfileInput, api.DeleteInstanceProfileOutput]("DeleteInstanceProfile", func(in *api.DeleteInstanceProfileInput) string { return in.InstanceProfileName }),
		noProfile[api.RemoveRoleFromInstanceProfileInput, api.RemoveRoleFromInstanceProfileOutput]("RemoveRoleFromInstanceProfile", func(in *api.RemoveRoleFromInstanceProfileInput) string { return in.InstanceProfileName }),
		noProfile[api.ListInstanceProfileTagsInput, api.ListInstanceProfileTagsOutput]("ListInstanceProfileTags", func(in *api.ListInstanceProfileTagsInput) string { return in.InstanceProfileName }),

		noSAML[api.GetSAMLProviderInput, api.GetSAMLProviderOutput]("GetSAMLProvider", func(in *api.GetSAMLProviderInput) string { return in.SAMLProviderArn }),
		noSAML[api.DeleteSAMLProviderInput, api.DeleteSAMLProviderOutput]("DeleteSAMLProvider", func(in *api.DeleteSAMLProviderInput) string { return in.SAMLProviderArn }),
		noSAML[api.ListSAMLProviderTagsInput, api.ListSAMLProviderTagsOutput]("ListSAMLProviderTags", func(in *api.ListSAMLProviderTagsInput) string { return in.SAMLProviderArn }),

		noCertificate[api.GetServerCertificateInput, api.GetServerCertificateOutput]("GetServerCertificate", func(in *api.GetServerCertificateInput) string { return in.ServerCertificateName }),
		noCertificate[api.DeleteServerCertificateInput, api.DeleteServerCertificateOutput]("DeleteServerCertificate", func(in *api.DeleteServerCertificateInput) string { return in.ServerCertificateName }),
		noCertificate[api.ListServerCertificateTagsInput, api.ListServerCertificateTagsOutput]("ListServerCertificateTags", func(in *api.ListServerCertificateTagsInput) string { return in.ServerCertificateName }),

		noneOfUser[api.GetSSHPublicKeyInput, api.GetSSHPublicKeyOutput](s, "GetSSHPublicKey", "The SSH Public Key with id %s cannot be found.",
			func(in *api.GetSSHPublicKeyInput) (string, string) { return in.UserName, in.SSHPublicKeyId }),
		noneOfUser[api.DeleteSSHPublicKeyInput, api.DeleteSSHPublicKeyOutput](s, "DeleteSSHPublicKey", "The SSH Public Key with id %s cannot be found.",
			func(in *api.DeleteSSHPublicKeyInput) (string, string) { return in.UserName, in.SSHPublicKeyId }),
		noneOfUser[api.DeleteSigningCertificateInput, api.DeleteSigningCertificateOutput](s, "DeleteSigningCertificate", "The Certificate with id %s cannot be found.",
			func(in *api.DeleteSigningCertificateInput) (string, string) { return in.UserName, in.CertificateId }),
		noneOfUser[api.DeleteServiceSpecificCredentialInput, api.DeleteServiceSpecificCredentialOutput](s, "DeleteServiceSpecificCredential", "The Service Specific Credential with id %s cannot be found.",
			func(in *api.DeleteServiceSpecificCredentialInput) (string, string) {
				return in.UserName, in.ServiceSpecificCredentialId
			}),
	}
}

// noSuch is an operation on a resource that cannot exist here. It is authorized
// like any other, and then answers that the resource does not exist. Tools that
// probe or clean up understand that answer.
func noSuch[In, Out any](name string, resolve onName[In], text func(*In) string) gate.Operation {
	return op(name, resolve, func(_ context.Context, _ *gate.Call, in *In) (*Out, error) {
		return nil, fault.New(fault.NotFound, "%s", text(in))
	})
}

// named authorizes on a resource of the caller's account, by its name at the root
// path.
func named[In any](kind string, name func(*In) string) onName[In] {
	return func(_ context.Context, c *gate.Call, in *In) (gate.Subject, none, error) {
		return gate.Subject{ARN: arn.ARN{Partition: arn.Partition, Service: "iam", Account: c.Principal.Account, Resource: kind + "/" + name(in)}.String()}, none{}, nil
	}
}

func noProfile[In, Out any](name string, profile func(*In) string) gate.Operation {
	return noSuch[In, Out](name, named("instance-profile", profile), func(in *In) string { return "Instance Profile " + profile(in) + " cannot be found." })
}

func noCertificate[In, Out any](name string, certificate func(*In) string) gate.Operation {
	return noSuch[In, Out](name, named("server-certificate", certificate), func(in *In) string {
		return "The Server Certificate with name " + certificate(in) + " cannot be found."
	})
}

func noSAML[In, Out any](name string, provider func(*In) string) gate.Operation {
	resolve := func(_ context.Context, _ *gate.Call, in *In) (gate.Subject, none, error) {
		kind, account, name := arn.Entity(provider(in))
		if kind != "saml-provider" || name == "" {
			return gate.Subject{}, none{}, fault.New(fault.InvalidInput, "ARN %s is not valid.", provider(in))
		}
		return gate.Subject{ARN: provider(in), Account: account}, none{}, nil
	}
	return noSuch[In, Out](name, resolve, func(in *In) string { return "Manifest not found for arn " + provider(in) })
}

// noneOfUser is like noSuch, for a resource that would belong to a user. The user
// must exist.
func noneOfUser[In, Out any](s *Service, name, text string, names func(*In) (user, id string)) gate.Operation {
	user := func(in *In) string {
		given, _ := names(in)
		return given
	}
	return op(name, ownKeys(s, user), func(ctx context.Context, c *gate.Call, in *In) (*Out, error) {
		_, err := s.userExists(ctx, c, user(in))
		if err != nil {
			return nil, err
		}
		_, id := names(in)
		return nil, fault.New(fault.NotFound, text, id)
	})
}

// userExists returns the name of the user that an input means, who must exist. The
// root user always exists, and has no name.
func (s *Service) userExists(ctx context.Context, c *gate.Call, given string) (string, error) {
	if ofRoot(c, given) {
		return "", nil
	}
	name, err := userName(c, given)
	if err != nil {
		return "", err
	}
	_, err = s.Directory.Find(ctx, c.Principal.Account, identity.User, name)
	return name, err
}

func (s *Service) listSSHPublicKeys(ctx context.Context, c *gate.Call, in *api.ListSSHPublicKeysInput) (*api.ListSSHPublicKeysOutput, error) {
	_, err := s.userExists(ctx, c, in.UserName)
	return &api.ListSSHPublicKeysOutput{SSHPublicKeys: []api.SSHPublicKeyMetadata{}, IsTruncated: new(bool)}, err
}

// onServiceCredentials authorizes on one user or, if the input asks for all users,
// on all.
func (s *Service) onServiceCredentials(ctx context.Context, c *gate.Call, in *api.ListServiceSpecificCredentialsInput) (gate.Subject, *identity.Entity, error) {
	if ofAll(in) {
		return gate.Subject{ARN: "*"}, nil, nil
	}
	return ownKeys(s, func(in *api.ListServiceSpecificCredentialsInput) string { return in.UserName })(ctx, c, in)
}

func ofAll(in *api.ListServiceSpecificCredentialsInput) bool {
	return in.AllUsers != nil && *in.AllUsers
}

func (s *Service) listServiceCredentials(ctx context.Context, c *gate.Call, in *api.ListServiceSpecificCredentialsInput) (*api.ListServiceSpecificCredentialsOutput, error) {
	out := &api.ListServiceSpecificCredentialsOutput{ServiceSpecificCredentials: []api.ServiceSpecificCredentialMetadata{}, IsTruncated: new(bool)}
	if ofAll(in) {
		return out, nil
	}
	_, err := s.userExists(ctx, c, in.UserName)
	return out, err
}

func (s *Service) listSigningCertificates(ctx context.Context, c *gate.Call, in *api.ListSigningCertificatesInput) (*api.ListSigningCertificatesOutput, error) {
	_, err := s.userExists(ctx, c, in.UserName)
	return &api.ListSigningCertificatesOutput{Certificates: []api.SigningCertificate{}, IsTruncated: new(bool)}, err
}

func (s *Service) getLoginProfile(ctx context.Context, c *gate.Call, in *api.GetLoginProfileInput) (*api.GetLoginProfileOutput, error) {
	return nil, s.noPassword(ctx, c, in.UserName)
}

// deleteLoginProfile has nothing to delete. A client that removes a user with its
// resources, such as Terraform with force_destroy, counts NoSuchEntity as done.
func (s *Service) deleteLoginProfile(ctx context.Context, c *gate.Call, in *api.DeleteLoginProfileInput) (*api.DeleteLoginProfileOutput, error) {
	return nil, s.noPassword(ctx, c, in.UserName)
}

// noPassword returns the error for the password of a user, which no user has.
func (s *Service) noPassword(ctx context.Context, c *gate.Call, given string) error {
	name, err := s.userExists(ctx, c, given)
	if err != nil {
		return err
	}
	return fault.New(fault.NotFound, "Login Profile for User %s cannot be found.", name)
}

func (s *Service) listAllInstanceProfiles(context.Context, *gate.Call, *api.ListInstanceProfilesInput) (*api.ListInstanceProfilesOutput, error) {
	return &api.ListInstanceProfilesOutput{InstanceProfiles: []api.InstanceProfile{}, IsTruncated: new(bool)}, nil
}

func (s *Service) listSAMLProviders(context.Context, *gate.Call, *api.ListSAMLProvidersInput) (*api.ListSAMLProvidersOutput, error) {
	return &api.ListSAMLProvidersOutput{SAMLProviderList: []api.SAMLProviderListEntry{}}, nil
}

func (s *Service) listServerCertificates(context.Context, *gate.Call, *api.ListServerCertificatesInput) (*api.ListServerCertificatesOutput, error) {
	return &api.ListServerCertificatesOutput{ServerCertificateMetadataList: []api.ServerCertificateMetadata{}, IsTruncated: new(bool)}, nil
}

func (s *Service) getPasswordPolicy(_ context.Context, c *gate.Call, _ *api.GetAccountPasswordPolicyInput) (*api.GetAccountPasswordPolicyOutput, error) {
	return nil, fault.New(fault.NotFound, "The Password Policy with domain name %s cannot be found.", c.Principal.Account)
}
