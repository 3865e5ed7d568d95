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

// An MFADevice makes one-time codes. Its sealed seed is of no use to a service.
type MFADevice = store.MFADevice

// A Bootstrap is what an authenticator app is set up with. It is shown when the
// device is made and never again. Both fields hold the seed.
type Bootstrap struct {
	Seed   string // base 32
	QRCode []byte // PNG of an otpauth URL
}

// Faults of one-time codes that STS words differently from IAM.
var (
	// ErrForeignDevice means that a device does not exist or is not the caller's.
	ErrForeignDevice = errors.New("not a device of this user")
	// ErrWrongCode means that a code is wrong, or was taken before.
	ErrWrongCode = errors.New("not a code of this device")
)

// A LockedError means that a device saw too many wrong codes to look at another
// one now.
type LockedError struct{ Until time.Time }

func (e *LockedError) Error() string {
	return "locked until " + e.Until.UTC().Format(time.RFC3339)
}

// Wrong codes lock a device for a time that doubles with each further one. The
// first are free, because people mistype. At the limit of one guess an hour, of
// which three in a million are right, a device withstands guessing for decades.
const (
	freeFailures = 5
	firstLock    = 30 * time.Second
	longestLock  = time.Hour
)

// lockFor is how long a device is locked after so many wrong codes in a row.
func lockFor(failures int64) time.Duration {
	if failures < freeFailures {
		return 0
	}
	return min(firstLock<<min(failures-freeFailures, 16), longestLock)
}

// seedSize is 64 characters in base 32, as many as AWS's devices have.
const seedSize = 40

// maxSerial is the length that the API lets a serial number have where a device
// is named.
const maxSerial = 256

func missingDevice(serial string) error {
	return fault.New(fault.NotFound, "VirtualMFADevice with serial number %s doesn't exist.", serial)
}

var (
	errDeviceOfAnother = fault.New(fault.NotFound, "MFA Device invalid for user.")
	errCode            = fault.New(fault.InvalidAuthenticationCode, "Authentication code for device is not valid.")
)

// CreateMFADevice makes a device that no user has yet.
func (d *Directory) CreateMFADevice(ctx context.Context, account, path, name string, tags map[string]string) (*MFADevice, *Bootstrap, error) {
	err := checkPath("path", path)
	if err != nil {
		return nil, nil, err
	}
	m := &MFADevice{ID: rand.Text(), Serial: arn.MFADevice(account, path, name), Account: account, Tags: tags, Created: d.now()}
	if len(m.Serial) > maxSerial || !arn.IsWord(m.Serial) {
		return nil, nil, fault.New(fault.Validation, "VirtualMFADeviceName: the serial number %s has more than %d characters", m.Serial, maxSerial)
	}
	boot, err := newBootstrap(account, name)
	if err != nil {
		return nil, nil, err
	}
	m.Seed, err = d.Sealer.Seal([]byte(boot.Seed), []byte(m.Serial))
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
		return nil, nil, exists(err, fault.New(fault.Conflict, "MFADevice entity at the same path and name already exists."))
	}
	return m, boot, nil
}

// newBootstrap draws a seed. What the QR code says is laid down by the API.
//
// Source: IAM API reference, VirtualMFADevice.
func newBootstrap(account, name string) (*Bootstrap, error) {
	random := make([]byte, seedSize)
	_, _ = rand.Read(random) // never fails
	seed := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(random)
	key, err := otp.NewKeyFromURL("otpauth://totp/" + url.PathEscape(name+"@"+account) + "?secret=" + seed)
	if err != nil {
		return nil, errors.New("make the URL of an MFA device") // without the cause, which has the seed
	}
	const pixels = 256
	image, err := key.Image(pixels, pixels)
	if err != nil {
		return nil, fmt.Errorf("draw the QR code of an MFA device: %w", err)
	}
	var b bytes.Buffer
	err = png.Encode(&b, image)
	return &Bootstrap{seed, b.Bytes()}, err
}

// EnableMFADevice gives a device to a user who shows two consecutive codes of it.
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

// withCodes runs an operation on a user and a device that looks at codes. A wrong
// one must be counted, so its transaction commits what it has counted although
// the operation fails.
func (d *Directory) withCodes(ctx context.Context, account, user, serial string, fn func(*store.Tx, *Entity, *MFADevice) error) error {
	var refused error
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		refused = nil
		e, err := named(ctx, tx, account, User, user)
		if err != nil {
			return err
		}
		m, err := device(ctx, tx, account, serial)
		if err != nil {
			return err
		}
		refused, err = refusal(fn(tx, e, m))
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

// refusal splits an error into what is wrong with a code, which is recorded, and
// every other error, which undoes the transaction.
func refusal(err error) (refused, failed error) {
	var locked *LockedError
	if errors.Is(err, ErrWrongCode) || errors.As(err, &locked) {
		return err, nil
	}
	return nil, err
}

// UseCode takes a one-time code of a device of a user. What is wrong with it is
// [ErrForeignDevice], [ErrWrongCode] or a [*LockedError]. A code is taken once
// only, by whatever replica is asked first.
func (d *Directory) UseCode(ctx context.Context, account, userID, serial, code string) error {
	if !arn.IsWord(serial) {
		return ErrForeignDevice
	}
	var refused error
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		m, err := tx.MFADevice(ctx, account, serial)
		if err != nil {
			return gone(err, ErrForeignDevice)
		}
		if m.Identity != userID || userID == "" {
			return ErrForeignDevice
		}
		refused, err = refusal(d.takeCode(ctx, tx, m, code))
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
	step, found, err := seed.judge(code, stepOf(d.now())+m.Drift, m.Used)
	if err != nil {
		return err
	}
	return d.settle(ctx, tx, m, found, step, m.Drift)
}

func (d *Directory) takePair(ctx context.Context, tx *store.Tx, m *MFADevice, first, second string) error {
	seed, err := d.openSeed(m)
	if err != nil {
		return err
	}
	step, drift, found, err := seed.judgePair(first, second, stepOf(d.now()), m.Used)
	if err != nil {
		return err
	}
	return d.settle(ctx, tx, m, found, step, drift)
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

// settle records what a code was. One that was taken before is refused but not
// counted: it is no guess, and clients send again what they got no answer to.
func (d *Directory) settle(ctx context.Context, tx *store.Tx, m *MFADevice, found verdict, step, drift int64) error {
	switch found {
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

// device returns a device of an account inside of a transaction.
func device(ctx context.Context, tx *store.Tx, account, serial string) (*MFADevice, error) {
	if !arn.IsWord(serial) {
		return nil, missingDevice(serial)
	}
	m, err := tx.MFADevice(ctx, account, serial)
	if err == nil && replaced(ctx, serial, m.ID) {
		err = store.ErrNotFound
	}
	return m, gone(err, missingDevice(serial))
}

// DeactivateMFADevice takes a device from a user. Sessions that it was used for
// live on.
func (d *Directory) DeactivateMFADevice(ctx context.Context, account, user, serial string) error {
	return d.changeOf(ctx, account, User, user, func(tx *store.Tx, e *Entity) error {
		_, err := device(ctx, tx, account, serial)
		if err != nil {
			return err
		}
		return gone(tx.DisableMFADevice(ctx, serial, e.ID), errDeviceOfAnother)
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
	return viewOf(ctx, d, account, User, user, func(tx *store.Tx, e *Entity) ([]*MFADevice, error) {
		return tx.UserMFADevices(ctx, e.ID)
	})
}

// An OwnedMFADevice is a device and the user who has it; nil for nobody.
type OwnedMFADevice struct {
	*MFADevice
	Owner *Entity
}

// MFADevices returns up to limit devices of an account, in the order of serial
// numbers after the given one, and whether there are more. Those that a user has
// or the others can be left out.
func (d *Directory) MFADevices(ctx context.Context, account string, enabled, others bool, after string, limit int) ([]OwnedMFADevice, bool, error) {
	var owned []OwnedMFADevice
	err := d.DB.View(ctx, func(tx *store.Tx) error {
		found, err := tx.MFADevices(ctx, account, enabled, others, after, limit+1)
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
	page, more := cut(owned, limit)
	return page, more, err
}
