package store

import "context"

// AddMember adds a user to a group. A user who is already in it is no error.
func (tx *Tx) AddMember(ctx context.Context, group, user string) error {
	_, err := tx.exec(ctx, `INSERT INTO memberships (identity_group, member) VALUES ($1, $2) ON CONFLICT (identity_group, member) DO NOTHING`, group, user)
	return err
}

// RemoveMember removes a user from a group.
func (tx *Tx) RemoveMember(ctx context.Context, group, user string) error {
	return tx.execOne(ctx, `DELETE FROM memberships WHERE identity_group = $1 AND member = $2`, group, user)
}

// Members returns up to limit users in a group whose name comes after the given
// one, in the order of names without regard to case.
func (tx *Tx) Members(ctx context.Context, group, after string, limit int) ([]*Identity, error) {
	return tx.manyIdentities(ctx, `SELECT `+identityColumns+` FROM identities
		WHERE id IN (SELECT member FROM memberships WHERE identity_group = $1) AND fold > $2 ORDER BY fold LIMIT $3`,
		group, fold(after), limit)
}

// Groups returns all groups that a user is in, in the order of names without
// regard to case; quotas keep them few.
func (tx *Tx) Groups(ctx context.Context, user string) ([]*Identity, error) {
	return tx.manyIdentities(ctx, `SELECT `+identityColumns+` FROM identities
		WHERE id IN (SELECT identity_group FROM memberships WHERE member = $1) ORDER BY fold`, user)
}
