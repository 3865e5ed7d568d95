package server

import "daypass/api"

// A recording says how the calls of an operation are recorded.
type recording struct {
	reads bool // readOnly
	shown bool // responseElements are
}

// recordings tells the operations of a service that only read from the others.
// STS only reads, as in CloudTrail; which credentials it issued is shown
// nevertheless.
func recordings(service *api.Service) map[string]recording {
	out := make(map[string]recording, len(service.Operations))
	for name, op := range service.Operations {
		issues := service.Name == "sts" && op.Output != nil && secret(op.Output, map[*api.Shape]bool{})
		out[name] = recording{reads: op.Reads, shown: issues || !op.Reads}
	}
	return out
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
