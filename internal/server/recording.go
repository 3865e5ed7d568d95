package server

import (
	"strings"

	"daypass/api"
)

// A recording says how the calls of an operation are recorded.
type recording struct {
	reads bool // readOnly
	shown bool // responseElements are
}

// recordings tells the operations of a service that only read from the others.
// An operation whose answer has a secret has issued a credential, whatever it is
// called; as in CloudTrail, STS nevertheless only reads.
func recordings(service *api.Service) map[string]recording {
	out := make(map[string]recording, len(service.Operations))
	for name, op := range service.Operations {
		issues := op.Output != nil && secret(op.Output, map[*api.Shape]bool{})
		reads := service.Name == "sts" || !issues && reading(name)
		out[name] = recording{reads: reads, shown: issues || !reads}
	}
	return out
}

// reading reports whether an operation changes nothing, by its name, as those of
// AWS's are called. Records and limits go by it.
func reading(operation string) bool {
	for _, verb := range [...]string{"Get", "List", "Describe", "Read", "Simulate"} {
		if strings.HasPrefix(operation, verb) {
			return true
		}
	}
	return false
}

// secret reports whether a shape holds what the model calls sensitive.
func secret(sh *api.Shape, seen map[*api.Shape]bool) bool {
	if sh == nil || seen[sh] {
		return false
	}
	seen[sh] = true
	if sh.Sensitive || secret(sh.Elem, seen) || secret(sh.Key, seen) {
		return true
	}
	for _, m := range sh.Members {
		if secret(m.Shape, seen) {
			return true
		}
	}
	return false
}
