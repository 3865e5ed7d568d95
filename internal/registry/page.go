package registry

import (
	"encoding/base64"
	"encoding/json"

	"daypass/internal/fault"
)

// A Page chooses a page of a list.
type Page struct {
	Token string // empty: from the start
	Max   int64  // 0: the default
}

// DefaultPage is how many entries a list has if the caller does not say.
//
// Source: CodeArtifact User Guide, "List repositories".
const DefaultPage = 50

// maxPage and maxToken bound what a caller may ask and send.
//
// Source: CodeArtifact service model.
const (
	maxPage  = 1000
	maxToken = 2000
)

func (p Page) limit() int {
	if p.Max < 1 {
		return DefaultPage
	}
	return int(min(p.Max, maxPage))
}

// pageToken makes the token for what follows an entry of a list. It holds the
// list's name and the entry's key and nothing that its reader may not know.
func pageToken(list string, key ...string) string {
	b, err := json.Marshal(append([]string{list}, key...))
	if err != nil {
		return "" // strings can always be written
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// after reads a token back: the n parts of the key after which to go on, all
// empty for the first page.
func (p Page) after(list string, n int) ([]string, error) {
	if p.Token == "" {
		return make([]string, n), nil
	}
	if len(p.Token) > maxToken {
		return nil, invalidToken()
	}
	b, err := base64.RawURLEncoding.DecodeString(p.Token)
	if err != nil {
		return nil, invalidToken()
	}
	var parts []string
	err = json.Unmarshal(b, &parts)
	if err != nil || len(parts) != n+1 || parts[0] != list {
		return nil, invalidToken()
	}
	for _, part := range parts {
		if !isName(part) { // the widest of what names hold
			return nil, invalidToken()
		}
	}
	return parts[1:], nil
}

func invalidToken() error {
	return fault.Invalid("nextToken: it is not a token that this list returned; leave it out to start again")
}

// firstPage cuts a list that was read with limit+1 to limit entries. It returns the
// token for the rest, or "".
func firstPage[T any](found []T, limit int, token func(T) string) ([]T, string) {
	if len(found) <= limit {
		return found, ""
	}
	found = found[:limit]
	return found, token(found[limit-1])
}
