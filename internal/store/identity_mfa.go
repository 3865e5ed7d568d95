package store

import (
	"context"
	"errors"
	"time"
)

// An MFADevice makes one-time codes for a user. A step is a time step of RFC 6238.
type MFADevice struct {
	ID       string // unique: a device that is made again has another one
	Serial   string // ARN
	Account  string
	Identity string    // unique id of the user; empty while the device is not enabled
	Seed     []byte    // sealed
	Enabled  time.Time // zero while it is not enabled
	Drift    int64     // steps that the device's clock is ahead of the server's
	Used     int64     // step of the last code that was accepted
	Failures int64     // wrong codes since the last right one
	Locked   time.Time // until when every code is refused; zero: not locked
	Tags     map[string]string
	Created  time.Time
}

// milli returns Unix milliseconds, and 0 for the zero time. [instant] is its
// inverse.
func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// CreateMFADevice adds a device that is not enabled, or returns [ErrExists].
func (tx *Tx) CreateMFADevice(ctx context.Context, m *MFADevice) error {
	tags, err := encodeMap(m.Tags)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO mfa_devices (id, serial, fold, account, identity, seed, enabled, drift, used, failures, locked, tags, created)
		VALUES ($1, $2, $3, $4, '', $5, 0, 0, 0, 0, 0, $6, $7)`,
		m.ID, m.Serial, fold(m.Serial), m.Account, m.Seed, tags, m.Created.UnixMilli())
	return err
}

const mfaColumns = `id, serial, account, identity, seed, enabled, drift, used, failures, locked, tags, created`

func scanMFADevice(scan func(...any) error) (*MFADevice, error) {
	m := new(MFADevice)
	var enabled, locked, created int64
	var tags string
	err := scan(&m.ID, &m.Serial, &m.Account, &m.Identity, &m.Seed, &enabled, &m.Drift, &m.Used, &m.Failures, &locked, &tags, &created)
	if err != nil {
		return nil, err
	}
	m.Enabled, m.Locked, m.Created = instant(enabled), instant(locked), instant(created)
	m.Tags, err = decodeMap(tags)
	return m, err
}

// MFADevice returns one device of an account.
func (tx *Tx) MFADevice(ctx context.Context, account, serial string) (*MFADevice, error) {
	return scanMFADevice(func(dest ...any) error {
		return tx.queryRow(ctx, `SELECT `+mfaColumns+` FROM mfa_devices WHERE account = $1 AND serial = $2`, []any{account, serial}, dest...)
	})
}

// UserMFADevices returns the devices that are enabled for a user, ordered by
// serial number; quotas keep them few.
func (tx *Tx) UserMFADevices(ctx context.Context, identity string) ([]*MFADevice, error) {
	return tx.mfaDevices(ctx, `identity = $1 ORDER BY serial`, identity)
}

// MFADevices returns up to limit devices of an account with serial numbers after
// the given one. enabled includes the devices that a user has, others those that
// no user has.
func (tx *Tx) MFADevices(ctx context.Context, account string, enabled, others bool, after string, limit int) ([]*MFADevice, error) {
	return tx.mfaDevices(ctx, `account = $1 AND serial > $2 AND (identity <> '' AND $3 = 1 OR identity = '' AND $4 = 1) ORDER BY serial LIMIT $5`,
		account, after, bit(enabled), bit(others), limit)
}

// bit returns a condition as a number, which both engines can compare.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (tx *Tx) mfaDevices(ctx context.Context, where string, args ...any) ([]*MFADevice, error) {
	var found []*MFADevice
	err := tx.queryEach(ctx, `SELECT `+mfaColumns+` FROM mfa_devices WHERE `+where, args, func(scan func(...any) error) error {
		m, err := scanMFADevice(scan)
		found = append(found, m)
		return err
	})
	return found, err
}

// CountMFADevices returns how many devices an account has.
func (tx *Tx) CountMFADevices(ctx context.Context, account string) (int, error) {
	var n int
	err := tx.queryRow(ctx, `SELECT count(*) FROM mfa_devices WHERE account = $1`, []any{account}, &n)
	return n, err
}

// EnableMFADevice assigns a device to a user, or returns [ErrStale] if a user has
// it already.
func (tx *Tx) EnableMFADevice(ctx context.Context, serial, identity string, now time.Time) error {
	return stale(tx.execOne(ctx, `UPDATE mfa_devices SET identity = $1, enabled = $2 WHERE serial = $3 AND identity = ''`, identity, now.UnixMilli(), serial))
}

// DisableMFADevice unassigns a device from a user. The state of its codes is kept.
func (tx *Tx) DisableMFADevice(ctx context.Context, serial, identity string) error {
	return tx.execOne(ctx, `UPDATE mfa_devices SET identity = '', enabled = 0 WHERE serial = $1 AND identity = $2`, serial, identity)
}

// TakeMFAStep records that the code of a step was accepted, and resets the count of
// wrong ones. A step that is not after the last one accepted is [ErrStale]: so of
// two callers with the same code one fails, also on different replicas.
func (tx *Tx) TakeMFAStep(ctx context.Context, serial string, step, drift int64) error {
	return stale(tx.execOne(ctx, `UPDATE mfa_devices SET used = $1, drift = $2, failures = 0, locked = 0 WHERE serial = $3 AND used < $4`, step, drift, serial, step))
}

// FailMFADevice records one more wrong code and until when the device is locked; a
// zero time does not lock it.
func (tx *Tx) FailMFADevice(ctx context.Context, serial string, until time.Time) error {
	return tx.execOne(ctx, `UPDATE mfa_devices SET failures = failures + 1, locked = $1 WHERE serial = $2`, milli(until), serial)
}

// SetMFADeviceTags replaces the tags of a device.
func (tx *Tx) SetMFADeviceTags(ctx context.Context, serial string, tags map[string]string) error {
	encoded, err := encodeMap(tags)
	if err != nil {
		return err
	}
	return tx.execOne(ctx, `UPDATE mfa_devices SET tags = $1 WHERE serial = $2`, encoded, serial)
}

// DeleteMFADevice removes a device, or returns [ErrStale] if a user has it.
func (tx *Tx) DeleteMFADevice(ctx context.Context, serial string) error {
	return stale(tx.execOne(ctx, `DELETE FROM mfa_devices WHERE serial = $1 AND identity = ''`, serial))
}

// stale returns [ErrStale] for a compare-and-swap that changed no row.
func stale(err error) error {
	if errors.Is(err, ErrNotFound) {
		return ErrStale
	}
	return err
}
