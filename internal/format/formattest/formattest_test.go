package formattest_test

import (
	"testing"

	"daypass/internal/format"
	"daypass/internal/format/formattest"
)

func TestMemoryBehavesAsFormatsRelyOn(t *testing.T) {
	t.Parallel()
	formattest.Run(t, formattest.Subject{
		Open: func(_ *testing.T, f *format.Format) format.Repository { return &formattest.Memory{Format: f} },
		SetStatus: func(_ *testing.T, r format.Repository, ref format.Ref, status format.Status) {
			r.(*formattest.Memory).Update(ref, func(v *format.Version) { v.Status = status })
		},
	})
}
