package api

const (
	// minBody leaves room for what any request may have: blanks, and members that
	// the model does not know.
	minBody = 64 << 10
	// maxBody is the bound for a model without bounds.
	maxBody = 1 << 20
)

// MaxBody returns how many bytes of a request's body the server may hold. It is the
// sum of the model's bounds, but at least 64 KiB and at most 1 MiB. A streaming
// payload is not held and does not count.
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

// Streams reports whether the request's body is a streaming payload.
func (o *Operation) Streams() bool {
	return o.Input.Payload != nil && o.Input.Payload.Shape.Streaming
}

// maxNesting is how deep a model's structures are followed.
const maxNesting = 8

func maxMember(m *Member, depth int) int64 {
	const overhead = 64 // quotes, indices of lists, separators
	return int64(len(m.LocationName)) + overhead + maxValue(m.Shape, depth)
}

// maxValue returns how many bytes a value takes if each character is written in the
// longest way: as two escapes of JSON, or as four percent-encoded bytes.
func maxValue(s *Shape, depth int) int64 {
	const perCharacter, numberSize = 12, 32
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
		entry := int64(numberSize) + maxValue(s.Elem, depth+1)
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
	return numberSize
}
