package store

import (
	"context"
	"time"
)

// Alias returns the alias of an account, or "".
func (tx *Tx) Alias(ctx context.Context, account string) (string, error) {
	var alias string
	err := tx.queryRow(ctx, `SELECT alias FROM accounts WHERE id = $1`, []any{account}, &alias)
	return alias, err
}

// SetAlias sets or replaces the alias of an account; "" removes it. It returns
// [ErrExists] if another account has the alias.
func (tx *Tx) SetAlias(ctx context.Context, account, alias string) error {
	return tx.execOne(ctx, `UPDATE accounts SET alias = $1 WHERE id = $2`, alias, account)
}

// Things that [Tx.Count] counts besides the kinds of identities.
const (
	CountPolicies       = "policy"
	CountPolicyVersions = "policy version"
	CountMFADevices     = "mfa device"
	CountMFAInUse       = "mfa device in use"
	CountProviders      = "provider"
)

// Count returns how many identities of each kind and how many of the things above
// an account has. A kind that it has none of may be missing.
func (tx *Tx) Count(ctx context.Context, account string) (map[string]int64, error) {
	counts := make(map[string]int64)
	err := tx.queryEach(ctx, `SELECT kind, count(*) FROM identities WHERE account = $1 GROUP BY kind
		UNION ALL SELECT 'policy', count(*) FROM managed_policies WHERE account = $2
		UNION ALL SELECT 'policy version', count(*) FROM managed_policy_versions JOIN managed_policies ON id = policy WHERE account = $3
		UNION ALL SELECT 'mfa device', count(*) FROM mfa_devices WHERE account = $4
		UNION ALL SELECT 'mfa device in use', count(*) FROM mfa_devices WHERE account = $5 AND identity <> ''
		UNION ALL SELECT 'provider', count(*) FROM oidc_providers WHERE account = $6`,
		[]any{account, account, account, account, account, account},
		func(scan func(...any) error) error {
			var kind string
			var n int64
			err := scan(&kind, &n)
			counts[kind] = n
			return err
		})
	return counts, err
}

// CountIdentities returns how many identities of a kind an account has.
func (tx *Tx) CountIdentities(ctx context.Context, account, kind string) (int64, error) {
	var n int64
	err := tx.queryRow(ctx, `SELECT count(*) FROM identities WHERE account = $1 AND kind = $2`, []any{account, kind}, &n)
	return n, err
}

// CountManagedPolicies returns how many managed policies an account has.
func (tx *Tx) CountManagedPolicies(ctx context.Context, account string) (int64, error) {
	var n int64
	err := tx.queryRow(ctx, `SELECT count(*) FROM managed_policies WHERE account = $1`, []any{account}, &n)
	return n, err
}

// WithMFA returns the unique ids of the users of an account that have a device
// enabled.
func (tx *Tx) WithMFA(ctx context.Context, account string) (map[string]bool, error) {
	found := make(map[string]bool)
	err := tx.queryEach(ctx, `SELECT identity FROM mfa_devices WHERE account = $1 AND identity <> ''`, []any{account},
		func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			found[id] = true
			return err
		})
	return found, err
}

// SetCredentialReport replaces an account's credential report.
func (tx *Tx) SetCredentialReport(ctx context.Context, account string, made time.Time, content []byte) error {
	_, err := tx.exec(ctx, `INSERT INTO credential_reports (account, made, content) VALUES ($1, $2, $3)
		ON CONFLICT (account) DO UPDATE SET made = excluded.made, content = excluded.content`, account, made.UnixMilli(), content)
	return err
}

// CredentialReport returns an account's last report and when it was made.
func (tx *Tx) CredentialReport(ctx context.Context, account string) (content []byte, made time.Time, err error) {
	var millis int64
	err = tx.queryRow(ctx, `SELECT made, content FROM credential_reports WHERE account = $1`, []any{account}, &millis, &content)
	return content, time.UnixMilli(millis).UTC(), err
}

// A Use is when credentials were last used, and for what.
type Use struct {
	At      time.Time
	Service string // signing name, such as codeartifact
	Region  string
}

// RecordUse records a use of an access key, a role or an account's root user, by
// its id. The later of two uses is kept. A use of something that was deleted is
// ignored.
func (tx *Tx) RecordUse(ctx context.Context, subject string, u Use) error {
	_, err := tx.exec(ctx, `INSERT INTO last_uses (subject, used, service, region)
		SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS TEXT), CAST($4 AS TEXT)
		WHERE EXISTS (SELECT 1 FROM access_keys WHERE id = $5) OR EXISTS (SELECT 1 FROM identities WHERE id = $6) OR EXISTS (SELECT 1 FROM accounts WHERE id = $7)
		ON CONFLICT (subject) DO UPDATE SET used = excluded.used, service = excluded.service, region = excluded.region
		WHERE excluded.used > last_uses.used`,
		subject, u.At.UnixMilli(), u.Service, u.Region, subject, subject, subject)
	return err
}

// LastUse returns the last use that was recorded of a key, role or root user.
func (tx *Tx) LastUse(ctx context.Context, subject string) (Use, error) {
	var u Use
	var used int64
	err := tx.queryRow(ctx, `SELECT used, service, region FROM last_uses WHERE subject = $1`, []any{subject}, &used, &u.Service, &u.Region)
	u.At = time.UnixMilli(used).UTC()
	return u, err
}

func (tx *Tx) forgetUse(ctx context.Context, subject string) error {
	_, err := tx.exec(ctx, `DELETE FROM last_uses WHERE subject = $1`, subject)
	return err
}

// AccountKeys returns the access keys of all users of an account, ordered by id.
func (tx *Tx) AccountKeys(ctx context.Context, account string) ([]*AccessKey, error) {
	return tx.manyKeys(ctx, `SELECT `+keyColumns+` FROM access_keys WHERE identity IN (SELECT id FROM identities WHERE account = $1) ORDER BY id`, account)
}

// KeyUses returns the last uses of the access keys of an account's users, by key
// id. A key that was never used is missing.
func (tx *Tx) KeyUses(ctx context.Context, account string) (map[string]Use, error) {
	found := make(map[string]Use)
	err := tx.queryEach(ctx, `SELECT subject, used, service, region FROM last_uses WHERE subject IN
		(SELECT access_keys.id FROM access_keys JOIN identities ON identities.id = identity WHERE account = $1)`, []any{account},
		func(scan func(...any) error) error {
			var subject string
			var u Use
			var used int64
			err := scan(&subject, &used, &u.Service, &u.Region)
			u.At = time.UnixMilli(used).UTC()
			found[subject] = u
			return err
		})
	return found, err
}
