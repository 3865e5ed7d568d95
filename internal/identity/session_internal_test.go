package identity

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"daypass/internal/principal"
	"daypass/internal/store/storetest"
)

// Whoever may assume a role can make session policies without end, of which much
// is made. It runs alone, since what others allocate counts too.
func TestSessionPoliciesThatAreKeptAreBoundedInBytes(t *testing.T) {
	d := New(Config{DB: storetest.Memory(t), Now: time.Now})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 1_000 {
		document := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"a:%d":["%s"]},"NumericEquals":{"a:b":[%s]}}}]}`,
			i, strings.Repeat("a*", 500), strings.TrimSuffix(strings.Repeat("1,", 400), ","))
		_, err := d.sessionPolicies(t.Context(), &principal.Session{Policies: []string{document}})
		if err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if taken := int(after.HeapAlloc) - int(before.HeapAlloc); taken > 2*maxSessions {
		t.Errorf("%d bytes are kept, want at most about %d", taken, maxSessions)
	}
	runtime.KeepAlive(d)
}
