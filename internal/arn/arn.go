// Package arn owns Amazon Resource Names: how they are parsed, printed and
// built for the resources that Daypass knows. It is pure and knows nothing of
// who may touch a resource or whether it exists.
package arn

import (
	"fmt"
	"strings"
)

// Partition is the only partition that Daypass issues names in.
const Partition = "aws"

// An ARN is one resource name, split at its first five colons. The Resource
// part may itself hold colons and slashes.
//
// Source: IAM User Guide, "Identify AWS resources with ARNs".
type ARN struct {
	Partition string
	Service   string
	Region    string
	Account   string
	Resource  string
}

// Parse splits s. It checks the shape only: six parts, the first "arn", a
// partition, a service and a resource present.
func Parse(s string) (ARN, error) {
	var parts [6]string
	rest, more := s, true
	for i := range parts[:5] {
		parts[i], rest, more = strings.Cut(rest, ":")
	}
	parts[5] = rest
	if !more || parts[0] != "arn" || parts[1] == "" || parts[2] == "" || parts[5] == "" {
		return ARN{}, fmt.Errorf("%q is not an ARN: expected arn:partition:service:region:account:resource", s)
	}
	return ARN{parts[1], parts[2], parts[3], parts[4], parts[5]}, nil
}

// String joins the parts again; it is the inverse of [Parse].
func (a ARN) String() string {
	return "arn:" + a.Partition + ":" + a.Service + ":" + a.Region + ":" + a.Account + ":" + a.Resource
}

// Type returns the resource type, such as "domain" or "user": the resource part
// up to its first slash.
func (a ARN) Type() string {
	kind, _, _ := strings.Cut(a.Resource, "/")
	return kind
}

// Name returns the resource part after its type; "" if it has no slash.
func (a ARN) Name() string {
	_, name, _ := strings.Cut(a.Resource, "/")
	return name
}

func iam(account, resource string) string {
	return "arn:" + Partition + ":iam::" + account + ":" + resource
}

// Root names the root user of an account, and the account as a principal.
func Root(account string) string { return iam(account, "root") }

// User names an IAM user. A path begins and ends with a slash.
func User(account, path, name string) string { return iam(account, "user"+path+name) }

// Group names an IAM group. A path begins and ends with a slash.
func Group(account, path, name string) string { return iam(account, "group"+path+name) }

// Role names an IAM role. A path begins and ends with a slash.
func Role(account, path, name string) string { return iam(account, "role"+path+name) }

// MFADevice names a virtual MFA device. A path begins and ends with a slash.
func MFADevice(account, path, name string) string { return iam(account, "mfa"+path+name) }

// ManagedPolicy names a managed policy. The account of AWS's own policies is
// "aws".
func ManagedPolicy(account, path, name string) string { return iam(account, "policy"+path+name) }

// AssumedRole names one session of a role. The role's path is not part of it.
func AssumedRole(account, role, session string) string {
	return "arn:" + Partition + ":sts::" + account + ":assumed-role/" + role + "/" + session
}

// FederatedUser names a session made by GetFederationToken.
func FederatedUser(account, name string) string {
	return "arn:" + Partition + ":sts::" + account + ":federated-user/" + name
}

func codeartifact(region, owner, resource string) string {
	return "arn:" + Partition + ":codeartifact:" + region + ":" + owner + ":" + resource
}

// Domain names a domain of its owner's account.
func Domain(region, owner, domain string) string {
	return codeartifact(region, owner, "domain/"+domain)
}

// Repository names a repository; the account is the domain owner's, not the
// repository administrator's.
func Repository(region, owner, domain, repository string) string {
	return codeartifact(region, owner, "repository/"+domain+"/"+repository)
}

// A PackageID says which package of which repository is meant. The owner is the
// domain's. The namespace may be empty.
type PackageID struct {
	Region, Owner, Domain, Repository string
	Format, Namespace, Name           string
}

// Package names a package in a repository. An empty namespace leaves an empty
// segment, as in package/d/r/pypi//requests.
func Package(p PackageID) string {
	return codeartifact(p.Region, p.Owner, "package/"+p.Domain+"/"+p.Repository+"/"+p.Format+"/"+p.Namespace+"/"+p.Name)
}

// Token names one authorization token in Daypass's own namespace.
func Token(region, account, id string) string {
	return "arn:" + Partition + ":daypass:" + region + ":" + account + ":token/" + id
}

// OIDCProvider names an OpenID Connect provider by its issuer's URL without the
// scheme.
func OIDCProvider(account, url string) string { return iam(account, "oidc-provider/"+url) }
