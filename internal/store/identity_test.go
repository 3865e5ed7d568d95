package store_test

import (
	"testing"

	"daypass/internal/store/storetest"
)

func TestIdentity(t *testing.T) { storetest.Identity(t) }

func TestMFA(t *testing.T) { storetest.MFA(t) }
