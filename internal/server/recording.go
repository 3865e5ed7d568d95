package server

import "daypass/api"

// A recording says how the audit trail shows the calls of an operation.
type recording struct {
	reads bool // readOnly
	shown bool // whether responseElements are there
}

// recordings returns the recording of each operation of a service. As in CloudTrail, an
// operation that only reads has no responseElements. The exceptions are the operations
// of STS that issue credentials, which are readOnly and have responseElements.
func recordings(service *api.Service) map[string]recording {
	out := make(map[string]recording, len(service.Operations))
	for name, op := range service.Operations {
		issues := service.Name == "sts" && op.Output != nil && secret(op.Output, map[*api.Shape]bool{})
		out[name] = recording{reads: op.Reads, shown: issues || !op.Reads}
	}
	return out
}

// secret reports whether a shape has a part that the API model marks as sensitive.
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
