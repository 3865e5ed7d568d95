package identity

import (
	"context"
	"errors"
	"strings"

	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/policy"
	"daypass/internal/store"
)

// ARN names a user, group or role.
func ARN(e *Entity) string {
	switch e.Kind {
	case Role:
		return arn.Role(e.Account, e.Path, e.Name)
	case Group:
		return arn.Group(e.Account, e.Path, e.Name)
	}
	return arn.User(e.Account, e.Path, e.Name)
}

// title is the kind at the beginning of a sentence.
func title(kind string) string { return strings.ToUpper(kind[:1]) + kind[1:] }

func missingEntity(kind, name string) error {
	return fault.New(fault.NotFound, "The %s with name %s cannot be found.", kind, name)
}

// findEntity returns a user, group or role within a transaction.
func findEntity(ctx context.Context, tx *store.Tx, account, kind, name string) (*Entity, error) {
	e, err := tx.IdentityNamed(ctx, account, kind, name)
	if err != nil {
		return nil, ifNotFound(err, missingEntity(kind, name))
	}
	if replaced(ctx, entityName(account, kind, name), e.ID) {
		return nil, missingEntity(kind, name)
	}
	return e, nil
}

// Find returns the user, group or role with a name, which must match in case.
func (d *Directory) Find(ctx context.Context, account, kind, name string) (*Entity, error) {
	j, ok := judged(ctx, entityName(account, kind, name))
	switch {
	case ok && j.id == "":
		return nil, missingEntity(kind, name)
	case ok:
		return j.row.(*Entity), nil
	}
	return view(ctx, d, func(tx *store.Tx) (*Entity, error) { return findEntity(ctx, tx, account, kind, name) })
}

// FindID returns the user or role with a unique id.
func (d *Directory) FindID(ctx context.Context, id string) (*Entity, error) {
	e, err := view(ctx, d, func(tx *store.Tx) (*Entity, error) { return tx.Identity(ctx, id) })
	return e, ifNotFound(err, errNoPrincipal)
}

// Create makes a user, group or role. The caller sets Kind, Account and Name, and as
// wanted Path ("/"), Description, Boundary, Tags, Trust and MaxSession (one
// hour, roles only); the rest is filled in here.
func (d *Directory) Create(ctx context.Context, e *Entity) error {
	if e.Path == "" {
		e.Path = "/"
	}
	err := checkPath("path", e.Path)
	if err != nil {
		return err
	}
	e.ID, e.Created = uniqueID(limits[e.Kind].prefix, uniqueTail), d.now()
	if e.Kind == Role {
		if e.MaxSession == 0 {
			e.MaxSession = defaultMaxSession
		}
		e.Bound, err = d.checkTrust(ctx, e.Trust)
		if err != nil {
			return err
		}
	}
	return d.change(ctx, func(tx *store.Tx) error {
		err := checkBoundary(ctx, tx, e)
		if err != nil {
			return err
		}
		n, err := tx.CountIdentities(ctx, e.Account, e.Kind)
		if err != nil {
			return err
		}
		if most := d.Quotas.perAccount(e.Kind); n >= int64(most) {
			return exceeded(title(e.Kind)+"sPerAccount", most)
		}
		return ifExists(tx.CreateIdentity(ctx, e), nameTaken(e))
	})
}

// checkPath refuses a path with an empty part, which the service model allows: a
// reader could take // for /.
func checkPath(member, path string) error {
	if !strings.Contains(path, "//") {
		return nil
	}
	return fault.New(fault.Validation, "The specified value for %s is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.", member).
		Hinted("%s: %q has an empty part", member, path)
}

func nameTaken(e *Entity) error {
	return fault.New(fault.Conflict, "%s with name %s already exists.", title(e.Kind), e.Name)
}

func checkBoundary(ctx context.Context, tx *store.Tx, e *Entity) error {
	if e.Boundary == "" {
		return nil
	}
	err := checkAttachable(ctx, tx, e.Account, e.Boundary)
	return ifNotFound(err, fault.New(fault.NotFound, "Scope ARN: %s does not exist or is not attachable.", e.Boundary))
}

// checkTrust validates a trust policy and returns the unique ids of its principals.
func (d *Directory) checkTrust(ctx context.Context, document string) (map[string]string, error) {
	if most := d.Quotas.TrustSize; policy.Size(document) > most {
		return nil, exceeded("ACLSizePerRole", most)
	}
	trust, err := policy.Check("", document, policy.Trust)
	if err != nil {
		return nil, Malformed(err)
	}
	err = checkSharedIssuers(trust)
	if err != nil {
		return nil, err
	}
	return d.BindPrincipals(ctx, trust.Principals())
}

// checkDocument validates a policy document of a type.
func checkDocument(document string, t policy.Type) error {
	_, err := policy.Check("", document, t)
	return Malformed(err)
}

// Malformed turns a [policy.SyntaxError] into a fault of kind MalformedPolicy. The
// message is IAM's sentence, which clients look for; the hint has the details. It
// returns any other error unchanged.
func Malformed(err error) error {
	var bad *policy.SyntaxError
	if errors.As(err, &bad) {
		return fault.New(fault.MalformedPolicy, "%s", bad.Phrase()).Hinted("%s", bad)
	}
	return err
}

// SetTrust replaces a role's trust policy.
func (d *Directory) SetTrust(ctx context.Context, account, name, document string) error {
	bound, err := d.checkTrust(ctx, document)
	if err != nil {
		return err
	}
	return d.changeEntity(ctx, account, Role, name, func(tx *store.Tx, e *Entity) error { return tx.SetTrust(ctx, e.ID, document, bound) })
}

// Delete removes a user, group or role. Its policies, keys, devices and
// memberships must be removed before. Its credentials are invalid from then on.
func (d *Directory) Delete(ctx context.Context, account, kind, name string) error {
	return d.changeEntity(ctx, account, kind, name, func(tx *store.Tx, e *Entity) error {
		err := checkEmpty(ctx, tx, e)
		if err != nil {
			return err
		}
		return tx.DeleteIdentity(ctx, e.ID)
	})
}

// checkEmpty refuses the deletion of an entity that still has policies, keys,
// devices or members.
//
// Source: replies of IAM quoted in public issue trackers.
func checkEmpty(ctx context.Context, tx *store.Tx, e *Entity) error {
	for _, check := range []struct {
		must  string // what must be done first
		count func() (int, error)
	}{
		{"detach all policies", func() (int, error) { return length(tx.Attachments(ctx, e.ID)) }},
		{"delete policies", func() (int, error) { return length(tx.InlinePolicies(ctx, e.ID)) }},
		{"delete access keys", func() (int, error) { return length(tx.AccessKeys(ctx, e.ID)) }},
		{"delete MFA device", func() (int, error) { return length(tx.UserMFADevices(ctx, e.ID)) }},
		{"remove users from group", func() (int, error) { return length(tx.Groups(ctx, e.ID)) }},
		{"remove users from group", func() (int, error) { return length(tx.Members(ctx, e.ID, "", 1)) }},
	} {
		n, err := check.count()
		if err != nil {
			return err
		}
		if n > 0 {
			return fault.New(fault.DeleteConflict, "Cannot delete entity, must %s first.", check.must)
		}
	}
	return nil
}

func length[T any](found []T, err error) (int, error) { return len(found), err }

// An EntityQuery selects users, groups or roles of an account.
type EntityQuery struct {
	Account    string
	Kind       string
	PathPrefix string
	After      string // the name that the page before ended with; empty: the first page
	Limit      int
}

// List returns a page of users, groups or roles in the order of their names, and
// whether there are more.
func (d *Directory) List(ctx context.Context, q EntityQuery) ([]*Entity, bool, error) {
	found, err := view(ctx, d, func(tx *store.Tx) ([]*Entity, error) {
		return tx.Identities(ctx, q.Account, q.Kind, q.PathPrefix, q.After, q.Limit+1)
	})
	page, more := trimPage(found, q.Limit)
	return page, more, err
}

// trimPage cuts found, which was read with limit+1, to limit items. It reports
// whether there are more.
func trimPage[T any](found []T, limit int) ([]T, bool) {
	if len(found) <= limit {
		return found, false
	}
	return found[:limit], true
}
