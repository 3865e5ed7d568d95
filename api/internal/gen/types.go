package main

import (
	"bytes"
	"fmt"
	"go/format"
	"maps"
	"slices"
	"strings"

	"daypass/api"
)

// A goPackage is one package of generated types.
type goPackage struct {
	name    string
	title   string
	service func() *api.Service
	// operations have types; nil means all operations.
	operations []string
	// pointers are members ("Shape.member") of which an empty string and no string
	// mean different things. They become *string.
	pointers []string
}

var packages = []goPackage{
	{
		name: "codeartifact", title: "AWS CodeArtifact", service: api.CodeArtifact,
		pointers: []string{ // an empty one clears what is stored
			"UpdateRepositoryRequest.description", "UpdatePackageGroupRequest.description", "UpdatePackageGroupRequest.contactInfo",
		},
	},
	{name: "sts", title: "AWS Security Token Service", service: api.STS},
	{
		name: "iam", title: "AWS Identity and Access Management", service: api.IAM,
		operations: strings.Fields(`
			CreateUser GetUser UpdateUser DeleteUser ListUsers TagUser UntagUser ListUserTags
			PutUserPermissionsBoundary DeleteUserPermissionsBoundary
			CreateAccessKey DeleteAccessKey UpdateAccessKey ListAccessKeys GetAccessKeyLastUsed
			PutUserPolicy GetUserPolicy DeleteUserPolicy ListUserPolicies
			CreateGroup GetGroup UpdateGroup DeleteGroup ListGroups
			AddUserToGroup RemoveUserFromGroup ListGroupsForUser
			PutGroupPolicy GetGroupPolicy DeleteGroupPolicy ListGroupPolicies
			CreateRole GetRole UpdateRole UpdateRoleDescription DeleteRole ListRoles TagRole UntagRole ListRoleTags
			UpdateAssumeRolePolicy PutRolePermissionsBoundary DeleteRolePermissionsBoundary
			PutRolePolicy GetRolePolicy DeleteRolePolicy ListRolePolicies ListInstanceProfilesForRole
			AttachUserPolicy DetachUserPolicy ListAttachedUserPolicies
			AttachGroupPolicy DetachGroupPolicy ListAttachedGroupPolicies
			AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies
			CreatePolicy GetPolicy DeletePolicy ListPolicies ListEntitiesForPolicy TagPolicy UntagPolicy ListPolicyTags
			CreatePolicyVersion GetPolicyVersion SetDefaultPolicyVersion DeletePolicyVersion ListPolicyVersions
			CreateAccountAlias DeleteAccountAlias ListAccountAliases GetAccountSummary GetAccountAuthorizationDetails
			GenerateCredentialReport GetCredentialReport
			SimulatePrincipalPolicy SimulateCustomPolicy GetContextKeysForCustomPolicy GetContextKeysForPrincipalPolicy
			CreateOpenIDConnectProvider GetOpenIDConnectProvider DeleteOpenIDConnectProvider ListOpenIDConnectProviders
			UpdateOpenIDConnectProviderThumbprint AddClientIDToOpenIDConnectProvider RemoveClientIDFromOpenIDConnectProvider
			TagOpenIDConnectProvider UntagOpenIDConnectProvider ListOpenIDConnectProviderTags
			CreateVirtualMFADevice EnableMFADevice DeactivateMFADevice ResyncMFADevice DeleteVirtualMFADevice
			ListVirtualMFADevices ListMFADevices GetMFADevice TagMFADevice UntagMFADevice ListMFADeviceTags
			ListSSHPublicKeys ListServiceSpecificCredentials ListSigningCertificates GetLoginProfile DeleteLoginProfile
			ListInstanceProfiles ListSAMLProviders ListServerCertificates GetAccountPasswordPolicy DeleteAccountPasswordPolicy
			GetInstanceProfile DeleteInstanceProfile RemoveRoleFromInstanceProfile ListInstanceProfileTags
			GetSAMLProvider DeleteSAMLProvider ListSAMLProviderTags
			GetServerCertificate DeleteServerCertificate ListServerCertificateTags
			GetSSHPublicKey DeleteSSHPublicKey DeleteSigningCertificate DeleteServiceSpecificCredential`),
	},
	{name: "daypass", title: "Daypass's own service", service: api.Daypass},
}

// generateTypes returns the source of a package's types.gen.go.
func generateTypes(p *goPackage) ([]byte, error) {
	g := &generator{pkg: p, imports: map[string]bool{}, nested: map[string]*api.Shape{}}
	s := p.service()
	names := p.operations
	if names == nil {
		names = slices.Collect(maps.Keys(s.Operations))
	}
	names = slices.Sorted(slices.Values(names))
	for _, name := range names {
		op := s.Operations[name]
		if op == nil {
			return nil, fmt.Errorf("no operation %s", name)
		}
		g.comment(op.Name+"Input", "is the input of "+op.Name+".")
		g.structure(op.Name+"Input", op.Input, true)
		g.comment(op.Name+"Output", "is the output of "+op.Name+".")
		g.structure(op.Name+"Output", op.Output, false)
	}
	for _, name := range slices.Sorted(maps.Keys(g.nested)) {
		g.comment(name, "is a structure of the model.")
		g.structure(name, g.nested[name], false)
	}
	return format.Source(g.file())
}

type generator struct {
	pkg     *goPackage
	body    bytes.Buffer
	imports map[string]bool
	nested  map[string]*api.Shape // structures below inputs and outputs, by Go name
}

func (g *generator) comment(name, what string) {
	fmt.Fprintf(&g.body, "// %s %s\n", name, what)
}

func (g *generator) structure(name string, sh *api.Shape, input bool) {
	fmt.Fprintf(&g.body, "type %s struct {\n", name)
	if sh != nil {
		for _, m := range sh.Members {
			fmt.Fprintf(&g.body, "%s %s %s\n", api.GoName(m.Name), g.memberType(sh, m, input), constraints(m))
		}
	}
	g.body.WriteString("}\n\n")
}

func (g *generator) memberType(sh *api.Shape, m *api.Member, input bool) string {
	switch {
	case m.Shape.Streaming && input:
		g.imports["io"] = true
		return "io.Reader"
	case m.Shape.Streaming:
		g.imports["io"] = true
		return "io.ReadCloser"
	case slices.Contains(g.pkg.pointers, sh.Name+"."+m.Name):
		return "*string"
	case m.Shape.Kind == api.Structure:
		return "*" + g.goType(m.Shape)
	case m.Shape.Kind == api.Integer, m.Shape.Kind == api.Long, m.Shape.Kind == api.Boolean, m.Shape.Kind == api.Timestamp:
		return "*" + g.goType(m.Shape)
	}
	return g.goType(m.Shape)
}

func (g *generator) goType(sh *api.Shape) string {
	switch sh.Kind {
	case api.Integer, api.Long:
		return "int64"
	case api.Boolean:
		return "bool"
	case api.Timestamp:
		g.imports["time"] = true
		return "time.Time"
	case api.Blob:
		return "[]byte"
	case api.List:
		return "[]" + g.goType(sh.Elem)
	case api.Map:
		return "map[string]" + g.goType(sh.Elem)
	case api.Structure:
		return g.addNested(sh)
	}
	return "string"
}

// addNested adds a structure to g.nested, and all structures that it refers to, so
// that the set is complete before the first is written. It returns the Go name.
func (g *generator) addNested(sh *api.Shape) string {
	name := api.GoName(sh.Name)
	if g.nested[name] == nil {
		g.nested[name] = sh
		for _, m := range sh.Members {
			g.goType(m.Shape)
		}
	}
	return name
}

// constraints returns the comment after a field: the constraints on its value.
func constraints(m *api.Member) string {
	var c []string
	if m.Required {
		c = append(c, "required")
	}
	if bounds := m.Shape.Bounds(); bounds != "" {
		c = append(c, bounds)
	}
	if len(m.Shape.Enum) > 0 {
		c = append(c, strings.Join(m.Shape.Enum, ", "))
	}
	if len(c) == 0 {
		return ""
	}
	return "// " + strings.Join(c, "; ")
}

func (g *generator) file() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `// Code generated by "go generate ./api/..."; DO NOT EDIT.

// Package %[1]s holds the Go types of %[2]s, with a field for each
// member of the model. An absent value is "" or nil. The decoder checks presence and
// constraints. The package has no code and knows nothing of the wire.
package %[1]s

`, g.pkg.name, g.pkg.title)
	for _, i := range slices.Sorted(maps.Keys(g.imports)) {
		fmt.Fprintf(&b, "import %q\n", i)
	}
	b.WriteString("\n")
	b.Write(g.body.Bytes())
	return b.Bytes()
}
