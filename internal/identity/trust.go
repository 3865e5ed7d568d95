package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/policy"
	"daypass/internal/store"
)

// An AssumableRole is a role with its trust policy compiled.
type AssumableRole struct {
	*Entity
	Policy *policy.Policy
}

// ARN names the role.
func (r *AssumableRole) ARN() string { return arn.Role(r.Account, r.Path, r.Name) }

// AssumableRole returns the role with an ARN, which must match in path and case.
// For a role that does not exist it returns nil without an error, because
// AssumeRole must not reveal whether a role exists.
func (d *Directory) AssumableRole(ctx context.Context, roleARN string) (*AssumableRole, error) {
	account, name := entityOf(roleARN, Role)
	if name == "" {
		return nil, nil
	}
	role, err := d.roles.Get(ctx, roleARN, func(ctx context.Context) (*AssumableRole, error) { return d.loadRole(ctx, account, name) })
	if fault.Is(err, fault.NotFound) || err == nil && role.ARN() != roleARN {
		return nil, nil
	}
	return role, err
}

func (d *Directory) loadRole(ctx context.Context, account, name string) (*AssumableRole, error) {
	e, err := d.Find(ctx, account, Role, name)
	if err != nil {
		return nil, err
	}
	trust, err := policy.Parse(arn.Role(account, e.Path, e.Name), e.Trust, policy.Trust)
	if err != nil {
		return nil, fmt.Errorf("trust policy of %s: %w", e.ID, err)
	}
	return &AssumableRole{e, trust.Pin(e.Bound)}, nil
}

// entityOf returns the account and name in the ARN of an entity of a kind; both
// are empty for any other text. Only names, ids and ARNs of the right form may
// reach the database, because its engines differ in the text that they refuse.
func entityOf(s, kind string) (account, name string) {
	found, account, name := arn.Entity(s)
	if found != kind {
		return "", ""
	}
	return account, name
}

// BindPrincipals returns the unique ids of the users and roles among the
// principals of a resource or trust policy, see [policy.Policy.Principals]. Bound
// to ids, the policy grants nothing to a namesake made later. A principal that
// does not exist is a fault of kind MalformedPolicy that names it.
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal".
func (d *Directory) BindPrincipals(ctx context.Context, named []string) (map[string]string, error) {
	bound := make(map[string]string)
	err := d.DB.View(ctx, func(tx *store.Tx) error {
		for _, name := range named {
			id, err := bind(ctx, tx, name)
			if errors.Is(err, store.ErrNotFound) {
				return fault.New(fault.MalformedPolicy, "Invalid principal in policy: \"AWS\":\"%s\"", name)
			}
			if err != nil {
				return err
			}
			if id != "" {
				bound[name] = id
			}
		}
		return nil
	})
	return bound, err
}

// bind returns the unique id of the user or role with an ARN, "" for any other
// principal that exists, and [store.ErrNotFound] for one that does not.
func bind(ctx context.Context, tx *store.Tx, name string) (string, error) {
	switch {
	case name == "*":
		return "", nil
	case !arn.IsWord(name):
		return "", store.ErrNotFound
	}
	if strings.HasPrefix(name, arn.UserID) || strings.HasPrefix(name, arn.RoleID) {
		_, err := tx.Identity(ctx, name)
		return "", err
	}
	if arn.IsAccount(name) {
		_, err := tx.Account(ctx, name)
		return "", err
	}
	a, err := arn.Parse(name)
	if err != nil {
		return "", store.ErrNotFound
	}
	for _, kind := range []string{User, Role} {
		if account, last := entityOf(name, kind); last != "" {
			e, err := tx.IdentityNamed(ctx, account, kind, last)
			if err == nil && ARN(e) != name {
				err = store.ErrNotFound
			}
			if err != nil {
				return "", err
			}
			return e.ID, nil
		}
	}
	// It is the root user or a session, which a policy may name before it exists.
	if name != arn.Root(a.Account) && (a.Partition != arn.Partition || a.Service != "sts") {
		return "", store.ErrNotFound
	}
	_, err = tx.Account(ctx, a.Account)
	return "", err
}

// TrustDocument returns a role's trust policy as the IAM API shows it: a renamed
// principal has its new name, a deleted one its unique id.
func (d *Directory) TrustDocument(ctx context.Context, role *Entity) (string, error) {
	document := role.Trust
	err := d.DB.View(ctx, func(tx *store.Tx) error {
		var err error
		document, err = trustDocument(ctx, tx, role)
		return err
	})
	return document, err
}

func trustDocument(ctx context.Context, tx *store.Tx, role *Entity) (string, error) {
	if len(role.Bound) == 0 {
		return role.Trust, nil
	}
	today := make(map[string]string, len(role.Bound))
	for name, id := range role.Bound {
		e, err := tx.Identity(ctx, id)
		switch {
		case errors.Is(err, store.ErrNotFound):
			today[name] = id
		case err != nil:
			return "", err
		default:
			today[name] = ARN(e)
		}
	}
	return policy.Rename(role.Trust, today), nil
}

// ResolvePrincipal returns the account and unique id of the user, role, role
// session or root user that an ARN names, and the session's name if it has one. A
// principal that does not exist is a fault of kind NotFound.
func (d *Directory) ResolvePrincipal(ctx context.Context, principalARN string) (account, id, session string, err error) {
	missing := fault.New(fault.NotFound, "The principal %s does not exist.", principalARN)
	a, err := arn.Parse(principalARN)
	if err != nil {
		return "", "", "", fault.Invalid("principalArn: %q is not an ARN: expected that of a user, a role, a session or the root user", principalARN)
	}
	if a.Partition != arn.Partition || !arn.IsWord(principalARN) {
		return "", "", "", missing
	}
	if principalARN == arn.Root(a.Account) {
		_, err := d.AccountByID(ctx, a.Account)
		if fault.Is(err, fault.NotFound) {
			return "", "", "", missing
		}
		return a.Account, a.Account, "", err
	}
	kind, name := a.Type(), a.Name()
	named := a.Service == "iam"
	if a.Service == "sts" && kind == "assumed-role" {
		kind, named = Role, true
		name, session, _ = strings.Cut(name, "/")
	}
	if !named || kind != User && kind != Role {
		return "", "", "", missing
	}
	e, err := d.Find(ctx, a.Account, kind, name[strings.LastIndexByte(name, '/')+1:])
	if fault.Is(err, fault.NotFound) || err == nil && a.Service == "iam" && ARN(e) != principalARN {
		return "", "", "", missing
	}
	if err != nil {
		return "", "", "", err
	}
	return a.Account, e.ID, session, nil
}
