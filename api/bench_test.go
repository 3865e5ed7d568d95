package api

import "testing"

// BenchmarkParse measures how long a command parses a model at its start.
func BenchmarkParse(b *testing.B) {
	for name, model := range map[string]string{"codeartifact": codeartifactModel, "sts": stsModel, "iam": iamModel, "daypass": daypassModel} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				mustParse(model)
			}
		})
	}
}
