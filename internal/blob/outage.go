package blob

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"daypass/internal/fault"
)

// ErrCut says that content has another size than it was recorded with.
var ErrCut = errors.New("content has another size than was recorded")

// errStore is in every error that [away] made a fault.
var errStore = errors.New("content store")

// away makes the fault Unavailable of an error that says that a store can't be
// used now. It is the one place that decides so.
//
// Of a disk these are the errors that the system gives a number; a store behind
// a network can only say in its way that something is not there, and whatever
// else it says is its outage.
func away(err error, network bool) error {
	var known *fault.Error
	var number syscall.Errno
	switch {
	case err == nil, errors.As(err, &known), errors.Is(err, ErrNotFound), errors.Is(err, ErrCut), errors.Is(err, context.Canceled):
		return err
	case network, errors.As(err, &number):
		return fault.TemporaryFailure(fmt.Errorf("%w: %w", errStore, err))
	}
	return err
}

// Failure names in one word what is wrong with content that a store has lost or
// can't give: missing, cut or unreachable. It is empty for other errors.
func Failure(err error) string {
	switch {
	case errors.Is(err, ErrNotFound):
		return "missing"
	case errors.Is(err, ErrCut):
		return "cut"
	case errors.Is(err, errStore):
		return "unreachable"
	}
	return ""
}
