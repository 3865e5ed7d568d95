package blob

// SetPart lets tests upload in parts without large content.
func (s *S3) SetPart(n int64) { s.partSize = n }

// Keys returns the digests of all content.
func (m *Memory) Keys() []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var list []string
	for k := range m.content {
		list = append(list, k.SHA256)
	}
	return list
}
