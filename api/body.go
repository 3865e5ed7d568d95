package api

const (
	// minBody is room for what every request may have: names that no model
	// knows, and blanks.
	minBody = 64 << 10
	// maxBody bounds what a request holds whose model does not bound it.
	maxBody = 1 << 20
)

// MaxBody is how many bytes of a request's body may be held for the operation:
// what its model's bounds come to, at least 64 KiB and at most 1 MiB. A payload
// that streams is not held and not counted.
func (o *Operation) MaxBody() int64 {
	size := int64(0)
	for _, m := range o.Input.Members {
		inBody := m.Location == InBody || m.Location == InPayload
		if inBody && !m.Shape.Streaming {
			size = min(maxBody, size+maxMember(m, 0))
		}
	}
	return max(minBody, size)
}

// Streams reports whether the body is content that is never held whole.
func (o *Operation) Streams() bool {
	return o.Input.Payload != nil && o.Input.Payload.Shape.Streaming
}

// maxNesting is how deep a model's structures are followed.
const maxNesting = 8

func maxMember(m *Member, depth int) int64 {
	const around = 64 // quotes, numbers of lists, separators
	return int64(len(m.LocationName)) + around + maxValue(m.Shape, depth)
}

// maxValue is how many bytes a value may take where each character is written in
// the longest way: as two escapes of JSON, or as four bytes percent-encoded.
func maxValue(s *Shape, depth int) int64 {
	const perCharacter, number = 12, 32
	if depth > maxNesting {
		return maxBody
	}
	switch s.Kind {
	case String, Blob:
		if s.Max == nil {
			return maxBody
		}
		return min(maxBody, *s.Max*perCharacter)
	case List, Map:
		if s.Max == nil {
			return maxBody
		}
		entry := int64(number) + maxValue(s.Elem, depth+1)
		if s.Key != nil {
			entry += maxValue(s.Key, depth+1)
		}
		return min(maxBody, *s.Max*entry)
	case Structure:
		size := int64(0)
		for _, m := range s.Members {
			size = min(maxBody, size+maxMember(m, depth+1))
		}
		return size
	}
	return number
}
