package blob

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"daypass/internal/fault"
)

// ErrCut says that content has another size than the one recorded for it.
var ErrCut = errors.New("content has another size than was recorded")

// errStore is wrapped by every fault that [unavailable] returns.
var errStore = errors.New("content store")

// unavailable returns a fault of kind Unavailable for an error that means that a
// store can't be used now. No other code makes that decision.
//
// For a disk these are the errors with a system error number. For a store behind a
// network it is every error but missing content.
func unavailable(err error, network bool) error {
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

// Failure returns in one word why content cannot be read: missing, cut or
// unreachable. It is empty for other errors. The words are values of a metric.
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
