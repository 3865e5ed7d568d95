package store_test

import (
	"testing"

	"daypass/internal/store/storetest"
)

func TestRegistry(t *testing.T) { storetest.Registry(t) }
