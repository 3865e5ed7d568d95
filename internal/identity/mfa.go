package identity

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"image/png"
	"net/url"
	"time"

	"github.com/pquerna/otp"

	"daypass/internal/arn"
	"daypass/internal/fault"
	"daypass/internal/store"
)

// An MFADevice makes one-time codes. Its seed is sealed; services do not read it.
type MFADevice = store.MFADevice

// An MFASetup sets up an authenticator app. It is shown once, when the device is
// made. Both fields hold the secret seed.
type MFASetup struct {
	Seed   string // base 32
	QRCode []byte // PNG of an otpauth URL
}

// Errors about one-time codes. IAM and STS have different sentences for them.
var (
	// ErrForeignDevice means that a device does not exist or is not the caller's.
	ErrForeignDevice = errors.New("not a device of this user")
	// ErrWrongCode means that a code is wrong, or was used before.
	ErrWrongCode = errors.New("not a code of this device")
)

// A LockedError means that a device is locked after too many wrong codes.
type LockedError struct{ Until time.Time }

func (e *LockedError) Error() string {
	return "locked until " + e.Until.UTC().Format(time.RFC3339)
}

// Wrong codes lock a device for a time that doubles with each further one, up to
// longestLock. The first ones do not lock it, because people mistype. At one guess
// an hour, of which three in a million are right, guessing takes decades.
const (
	freeFailures = 5
	firstLock    = 30 * time.Second
	longestLock  = time.Hour
)

// lockFor is how long a device is locked after a number of wrong codes in a row.
func lockFor(failures int64) time.Duration {
	if failures < freeFailures {
		return 0
	}
	return min(firstLock<<min(failures-freeFailures, 16), longestLock)
}

// seedSize is 64 characters in base 32, as many as AWS's devices have.
const seedSize = 40

// maxSerial is the longest serial number that the API accepts, in characters.
//
// Source: IAM API reference, EnableMFADevice.
const maxSerial = 256

func missingDevice(serial string) error {
	return fault.New(fault.NotFound, "VirtualMFADevice with serial number %s doesn't exist.", serial)
}

var (
	errDeviceOfAnother = fault.New(fault.NotFound, "MFA Device invalid for user.")
	errCode            = fault.New(fault.InvalidAuthenticationCode, "Authentication code for device is not valid.")
)

// CreateMFADevice makes a device that no user has yet.
func (d *Directory) CreateMFADevice(ctx context.Context, account, path, name string, tags map[string]string) (*MFADevice, *MFASetup, error) {
	err := checkPath("path", path)
	if err != nil {
		return nil, nil, err
	}
	m := &MFADevice{ID: rand.Text(), Serial: arn.MFADevice(account, path, name), Account: account, Tags: tags, Created: d.now()}
	if len(m.Serial) > maxSerial || !arn.IsWord(m.Serial) {
		return nil, nil, fault.New(fault.Validation, "VirtualMFADeviceName: the serial number %s has more than %d characters", m.Serial, maxSerial)
	}
	setup, err := newMFASetup(account, name)
	if err != nil {
		return nil, nil, err
	}
	m.Seed, err = d.Sealer.Seal([]byte(setup.Seed), []byte(m.Serial))
	if err != nil {
		return nil, nil, err
	}
	err = d.change(ctx, func(tx *store.Tx) error {
		n, err := tx.CountMFADevices(ctx, account)
		if err != nil {
			return err
		}
		if most := d.Quotas.MFADevices; n >= most {
			return exceeded("VirtualMFADevicesPerAccount", most)
		}
		return tx.CreateMFADevice(ctx, m)
	})
	if err != nil {
		return nil, nil, ifExists(err, fault.New(fault.Conflict, "MFADevice entity at the same path and name already exists."))
	}
	return m, setup, nil
}

// newMFASetup draws a seed. The API prescribes the content of the QR code.
//
// Source: IAM API reference, VirtualMFADevice.
func newMFASetup(account, name string) (*MFASetup, error) {
	random := make([]byte, seedSize)
	_, _ = rand.Read(random) // never fails
	seed := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(random)
	key, err := otp.NewKeyFromURL("otpauth://totp/" + url.PathEscape(name+"@"+account) + "?secret=" + seed)
	if err != nil {
		return nil, errors.New("make the URL of an MFA device") // the cause is left out: it contains the seed
	}
	const pixels = 256
	image, err := key.Image(pixels, pixels)
	if err != nil {
		return nil, fmt.Errorf("draw the QR code of an MFA device: %w", err)
	}
	var b bytes.Buffer
	err = png.Encode(&b, image)
	return &MFASetup{seed, b.Bytes()}, err
}

// EnableMFADevice enables a device for a user who presents two consecutive codes.
func (d *Directory) EnableMFADevice(ctx context.Context, account, user, serial, first, second string) error {
	return d.withCodes(ctx, account, user, serial, func(tx *store.Tx, e *Entity, m *MFADevice) error {
		if m.Identity != "" {
			return fault.New(fault.Conflict, "MFA Device is already in use.")
		}
		owned, err := tx.UserMFADevices(ctx, e.ID)
		if err != nil {
			return err
		}
		if len(owned) >= maxMFADevicesPerUser {
			return exceeded("MFADevicesPerUser", maxMFADevicesPerUser)
		}
		err = d.takePair(ctx, tx, m, first, second)
		if err != nil {
			return err
		}
		tx.Touch()
		return tx.EnableMFADevice(ctx, serial, e.ID, d.now())
	})
}

// ResyncMFADevice learns from two consecutive codes how far the clock of a
// user's device is off.
func (d *Directory) ResyncMFADevice(ctx context.Context, account, user, serial, first, second string) error {
	return d.withCodes(ctx, account, user, serial, func(tx *store.Tx, e *Entity, m *MFADevice) error {
		if m.Identity != e.ID {
			return errDeviceOfAnother
		}
		return d.takePair(ctx, tx, m, first, second)
	})
}

// withCodes runs an operation that checks codes of a device. A wrong code must be
// counted, so that the transaction commits although the operation fails.
func (d *Directory) withCodes(ctx context.Context, account, user, serial string, fn func(*store.Tx, *Entity, *MFADevice) error) error {
	var refused error
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		refused = nil
		e, err := findEntity(ctx, tx, account, User, user)
		if err != nil {
			return err
		}
		m, err := device(ctx, tx, account, serial)
		if err != nil {
			return err
		}
		refused, err = splitRefusal(fn(tx, e, m))
		return err
	})
	if err != nil {
		return err
	}
	var locked *LockedError
	switch {
	case errors.As(refused, &locked):
		return fault.New(fault.TemporarilyUnmodifiable, "MFA Device %s had too many invalid authentication codes: try again after %s.", serial, locked.Until.UTC().Format(time.RFC3339))
	case refused != nil:
		return errCode
	}
	return nil
}

// splitRefusal returns err as refused if it is about a code, and else as failed. A
// refusal is recorded; a failure rolls the transaction back.
func splitRefusal(err error) (refused, failed error) {
	var locked *LockedError
	if errors.Is(err, ErrWrongCode) || errors.As(err, &locked) {
		return err, nil
	}
	return nil, err
}

// UseCode accepts a one-time code of a user's device, once over all replicas. A
// refusal is [ErrForeignDevice], [ErrWrongCode] or a [*LockedError].
func (d *Directory) UseCode(ctx context.Context, account, userID, serial, code string) error {
	if !arn.IsWord(serial) {
		return ErrForeignDevice
	}
	var refused error
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		m, err := tx.MFADevice(ctx, account, serial)
		if err != nil {
			return ifNotFound(err, ErrForeignDevice)
		}
		if m.Identity != userID || userID == "" {
			return ErrForeignDevice
		}
		refused, err = splitRefusal(d.takeCode(ctx, tx, m, code))
		return err
	})
	if err != nil {
		return err
	}
	return refused
}

func (d *Directory) takeCode(ctx context.Context, tx *store.Tx, m *MFADevice, code string) error {
	seed, err := d.openSeed(m)
	if err != nil {
		return err
	}
	step, result, err := seed.findStep(code, stepOf(d.now())+m.Drift, m.Used)
	if err != nil {
		return err
	}
	return d.recordResult(ctx, tx, m, result, step, m.Drift)
}

func (d *Directory) takePair(ctx context.Context, tx *store.Tx, m *MFADevice, first, second string) error {
	seed, err := d.openSeed(m)
	if err != nil {
		return err
	}
	step, drift, result, err := seed.findPair(first, second, stepOf(d.now()), m.Used)
	if err != nil {
		return err
	}
	return d.recordResult(ctx, tx, m, result, step, drift)
}

// openSeed refuses a device that is locked, before any code is compared.
func (d *Directory) openSeed(m *MFADevice) (otpSeed, error) {
	if d.now().Before(m.Locked) {
		return "", &LockedError{m.Locked}
	}
	seed, err := d.Sealer.Open(m.Seed, []byte(m.Serial))
	if err != nil {
		return "", fmt.Errorf("open the seed of MFA device %s: %w", m.Serial, err)
	}
	return otpSeed(seed), nil
}

// recordResult records the result of checking a code. A code that was used before
// is refused but not counted as a guess: clients repeat a request that got no
// answer.
func (d *Directory) recordResult(ctx context.Context, tx *store.Tx, m *MFADevice, result codeResult, step, drift int64) error {
	switch result {
	case right:
		err := tx.TakeMFAStep(ctx, m.Serial, step, drift)
		if errors.Is(err, store.ErrStale) {
			return ErrWrongCode
		}
		return err
	case used:
		return ErrWrongCode
	}
	var until time.Time
	if lock := lockFor(m.Failures + 1); lock > 0 {
		until = d.now().Add(lock)
	}
	err := tx.FailMFADevice(ctx, m.Serial, until)
	if err != nil {
		return err
	}
	return ErrWrongCode
}

// device returns a device of an account within a transaction.
func device(ctx context.Context, tx *store.Tx, account, serial string) (*MFADevice, error) {
	if !arn.IsWord(serial) {
		return nil, missingDevice(serial)
	}
	m, err := tx.MFADevice(ctx, account, serial)
	if err == nil && replaced(ctx, serial, m.ID) {
		err = store.ErrNotFound
	}
	return m, ifNotFound(err, missingDevice(serial))
}

// DeactivateMFADevice disables a user's device. Sessions that were made with it
// stay valid.
func (d *Directory) DeactivateMFADevice(ctx context.Context, account, user, serial string) error {
	return d.changeEntity(ctx, account, User, user, func(tx *store.Tx, e *Entity) error {
		_, err := device(ctx, tx, account, serial)
		if err != nil {
			return err
		}
		return ifNotFound(tx.DisableMFADevice(ctx, serial, e.ID), errDeviceOfAnother)
	})
}

// DeleteMFADevice removes a device that no user has.
func (d *Directory) DeleteMFADevice(ctx context.Context, account, serial string) error {
	return d.change(ctx, func(tx *store.Tx) error {
		_, err := device(ctx, tx, account, serial)
		if err != nil {
			return err
		}
		err = tx.DeleteMFADevice(ctx, serial)
		if errors.Is(err, store.ErrStale) {
			return fault.New(fault.DeleteConflict, "MFA VirtualDevice in use. Must deactivate first.")
		}
		return err
	})
}

// MFADevice returns one device of an account.
func (d *Directory) MFADevice(ctx context.Context, account, serial string) (*MFADevice, error) {
	return view(ctx, d, func(tx *store.Tx) (*MFADevice, error) { return device(ctx, tx, account, serial) })
}

// UserMFADevices returns the devices of a user, ordered by serial number.
func (d *Directory) UserMFADevices(ctx context.Context, account, user string) ([]*MFADevice, error) {
	return viewEntity(ctx, d, account, User, user, func(tx *store.Tx, e *Entity) ([]*MFADevice, error) {
		return tx.UserMFADevices(ctx, e.ID)
	})
}

// An OwnedMFADevice is a device and its user, nil if it is not enabled.
type OwnedMFADevice struct {
	*MFADevice
	Owner *Entity
}

// An MFADeviceQuery selects MFA devices of an account.
type MFADeviceQuery struct {
	Account    string
	Enabled    bool   // include the devices of users
	Unassigned bool   // include the devices that no user has
	After      string // the serial number that the page before ended with; empty: the first page
	Limit      int
}

// MFADevices returns a page of devices in the order of their serial numbers, and
// whether there are more.
func (d *Directory) MFADevices(ctx context.Context, q MFADeviceQuery) ([]OwnedMFADevice, bool, error) {
	var owned []OwnedMFADevice
	err := d.DB.View(ctx, func(tx *store.Tx) error {
		found, err := tx.MFADevices(ctx, q.Account, q.Enabled, q.Unassigned, q.After, q.Limit+1)
		if err != nil {
			return err
		}
		for _, m := range found {
			o := OwnedMFADevice{MFADevice: m}
			if m.Identity != "" {
				o.Owner, err = tx.Identity(ctx, m.Identity)
				if err != nil {
					return err
				}
			}
			owned = append(owned, o)
		}
		return nil
	})
	page, more := trimPage(owned, q.Limit)
	return page, more, err
}
