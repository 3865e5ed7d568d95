package store_test

import (
	"testing"

	"daypass/internal/store/storetest"
)

func TestOIDC(t *testing.T) { storetest.OIDC(t) }
