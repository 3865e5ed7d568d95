package iam

import (
	"context"

	api "daypass/api/iam"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
)

// absentOperations are look-ups of what no account here has. Clients make them
// before they delete a user or role, or to take stock; they are judged like any
// other and answered truthfully: there is nothing.
func (s *Service) absentOperations() []gate.Operation {
	return []gate.Operation{
		op("ListSSHPublicKeys", ownKeys(s, func(in *api.ListSSHPublicKeysInput) string { return in.UserName }), s.listSSHPublicKeys),
		op("ListServiceSpecificCredentials", s.judgeServiceCredentials, s.listServiceCredentials),
		op("ListSigningCertificates", ownKeys(s, func(in *api.ListSigningCertificatesInput) string { return in.UserName }), s.listSigningCertificates),
		op("GetLoginProfile", ownKeys(s, func(in *api.GetLoginProfileInput) string { return in.UserName }), s.getLoginProfile),
		op("DeleteLoginProfile", ownKeys(s, func(in *api.DeleteLoginProfileInput) string { return in.UserName }), s.deleteLoginProfile),
		op("ListInstanceProfiles", under("instance-profile", func(in *api.ListInstanceProfilesInput) string { return in.PathPrefix }), s.listAllInstanceProfiles),
		op("ListSAMLProviders", everything[api.ListSAMLProvidersInput], s.listSAMLProviders),
		op("ListServerCertificates", everything[api.ListServerCertificatesInput], s.listServerCertificates),
		op("GetAccountPasswordPolicy", everything[api.GetAccountPasswordPolicyInput], s.getPasswordPolicy),
	}
}

// userExists is what is left to say about things that hang on a user: the user
// itself must be there. The root user always is.
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

// judgeServiceCredentials judges on one user or, if all are asked for, on all.
func (s *Service) judgeServiceCredentials(ctx context.Context, c *gate.Call, in *api.ListServiceSpecificCredentialsInput) (gate.Subject, error) {
	if ofAll(in) {
		return everything(ctx, c, in)
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

// deleteLoginProfile has nothing to delete. Clients take that for done when they
// remove a user with all that hangs on it, as Terraform's force_destroy does.
func (s *Service) deleteLoginProfile(ctx context.Context, c *gate.Call, in *api.DeleteLoginProfileInput) (*api.DeleteLoginProfileOutput, error) {
	return nil, s.noPassword(ctx, c, in.UserName)
}

// noPassword is what there is to say about the password of any user.
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
