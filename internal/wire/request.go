package wire

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"daypass/api"
)

// NewRequest returns the request that calls op at endpoint, unsigned, and its
// body for the signature. in holds the input's members by their names in the
// model, as a JSON or YAML document or flags gave them: string, bool, numbers
// of any type, time.Time, []byte, []any, map[string]any, and an io.Reader for
// a payload that streams, in which case the body returned is nil. Constraints
// are the caller's and the service's business; only values that the wire
// cannot carry are refused.
func NewRequest(ctx context.Context, op *api.Operation, endpoint string, in map[string]any) (*http.Request, []byte, error) {
	for name := range in {
		if op.Input.Member(name) == nil {
			return nil, nil, fmt.Errorf("%s has no member %q", op.Name, name)
		}
	}
	if op.Service.Protocol == api.Query {
		return newQuery(ctx, op, endpoint, in)
	}
	return newREST(ctx, op, endpoint, in)
}

func newREST(ctx context.Context, op *api.Operation, endpoint string, in map[string]any) (*http.Request, []byte, error) {
	var query strings.Builder
	header := make(http.Header)
	document := []byte{'{'}
	hasBody := false
	var payload any
	for _, m := range op.Input.Members {
		hasBody = hasBody || m.Location == api.InBody
		v, given := in[m.Name]
		if !given || v == nil {
			continue
		}
		var err error
		switch m.Location {
		case api.InQuery:
			err = addQuery(&query, m, v)
		case api.InHeader:
			var s string
			s, err = textOf(m.Shape, v)
			header.Set(m.LocationName, s)
		case api.InPayload:
			payload = v
		default:
			if len(document) > 1 {
				document = append(document, ',')
			}
			document = append(appendString(document, m.LocationName), ':')
			document, err = appendTree(document, m.Shape, v)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	target := strings.TrimSuffix(endpoint, "/") + op.Path
	if query.Len() > 0 {
		target += "?" + query.String()
	}
	var body []byte
	if hasBody {
		body = append(document, '}')
		header.Set("Content-Type", "application/json")
	}
	if payload != nil {
		return newStream(ctx, op, target, header, payload)
	}
	return finish(ctx, op.Method, target, header, body)
}

func newStream(ctx context.Context, op *api.Operation, target string, header http.Header, payload any) (*http.Request, []byte, error) {
	header.Set("Content-Type", "application/octet-stream")
	switch p := payload.(type) {
	case []byte:
		return finish(ctx, op.Method, target, header, p)
	case string:
		return finish(ctx, op.Method, target, header, []byte(p))
	case io.Reader:
		r, err := http.NewRequestWithContext(ctx, op.Method, target, p)
		if err != nil {
			return nil, nil, err
		}
		r.Header = header
		return r, nil, nil
	}
	return nil, nil, fmt.Errorf("%s: %T is no content", op.Input.Payload.Name, payload)
}

func finish(ctx context.Context, method, target string, header http.Header, body []byte) (*http.Request, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	r.Header = header
	return r, body, nil
}

func addQuery(query *strings.Builder, m *api.Member, v any) error {
	s, err := textOf(m.Shape, v)
	if err != nil {
		return err
	}
	if query.Len() > 0 {
		query.WriteByte('&')
	}
	query.WriteString(m.LocationName + "=" + escape(s))
	return nil
}

// escape encodes for a query string, a blank as %20: the form that signing
// (SigV4) and every server read alike.
func escape(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(s), "+", "%20"), "%7E", "~")
}

// textOf renders a scalar for a URL, a header or a form.
func textOf(sh *api.Shape, v any) (string, error) {
	switch sh.Kind {
	case api.String:
		if s, ok := v.(string); ok {
			return s, nil
		}
	case api.Integer, api.Long:
		if n, ok := integerOf(v); ok {
			return strconv.FormatInt(n, 10), nil
		}
		if n, ok := v.(*big.Int); ok { // the service refuses it with its own message
			return n.String(), nil
		}
	case api.Boolean:
		if b, ok := v.(bool); ok {
			return strconv.FormatBool(b), nil
		}
	case api.Timestamp:
		if t, ok := timeOf(v); ok {
			return string(appendISO(nil, t)), nil
		}
	case api.Blob:
		if b, ok := bytesOf(v); ok {
			return base64.StdEncoding.EncodeToString(b), nil
		}
	}
	return "", fmt.Errorf("%T cannot be a %v", v, sh.Kind)
}

func bytesOf(v any) ([]byte, bool) {
	switch b := v.(type) {
	case []byte:
		return b, true
	case string:
		return []byte(b), true
	}
	return nil, false
}

// appendTree appends a value as JSON.
func appendTree(b []byte, sh *api.Shape, v any) ([]byte, error) {
	var err error
	switch sh.Kind {
	case api.Structure:
		o, ok := v.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%T cannot be a structure", v)
		}
		return appendStructure(b, sh, o)
	case api.Map:
		o, ok := v.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%T cannot be a map", v)
		}
		b = append(b, '{')
		for i, key := range slices.Sorted(maps.Keys(o)) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, key), ':')
			b, err = appendTree(b, sh.Elem, o[key])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
		}
		return append(b, '}'), nil
	case api.List:
		list, ok := v.([]any)
		if !ok {
			return nil, fmt.Errorf("%T cannot be a list", v)
		}
		b = append(b, '[')
		for i, e := range list {
			if i > 0 {
				b = append(b, ',')
			}
			b, err = appendTree(b, sh.Elem, e)
			if err != nil {
				return nil, fmt.Errorf("entry %d: %w", i+1, err)
			}
		}
		return append(b, ']'), nil
	}
	return appendLeaf(b, sh, v)
}

func appendStructure(b []byte, sh *api.Shape, o map[string]any) ([]byte, error) {
	for name := range o {
		if sh.Member(name) == nil {
			return nil, fmt.Errorf("no member %q", name)
		}
	}
	b = append(b, '{')
	first := true
	for _, m := range sh.Members {
		v := o[m.Name]
		if v == nil {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(appendString(b, m.LocationName), ':')
		var err error
		b, err = appendTree(b, m.Shape, v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	return append(b, '}'), nil
}

func appendLeaf(b []byte, sh *api.Shape, v any) ([]byte, error) {
	if sh.Kind == api.Timestamp {
		t, ok := timeOf(v)
		if !ok {
			return nil, fmt.Errorf("%T cannot be a %v", v, sh.Kind)
		}
		return appendEpoch(b, t), nil
	}
	s, err := textOf(sh, v)
	if err != nil {
		return nil, err
	}
	if sh.Kind == api.String || sh.Kind == api.Blob {
		return appendString(b, s), nil
	}
	return append(b, s...), nil
}

func newQuery(ctx context.Context, op *api.Operation, endpoint string, in map[string]any) (*http.Request, []byte, error) {
	form := "Action=" + op.Name + "&Version=" + op.Service.Version
	body, err := appendForm([]byte(form), op.Input, "", in)
	if err != nil {
		return nil, nil, err
	}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}}
	return finish(ctx, op.Method, strings.TrimSuffix(endpoint, "/")+op.Path, header, body)
}

// appendForm appends the parameters of a value under a prefix.
func appendForm(b []byte, sh *api.Shape, prefix string, v any) ([]byte, error) {
	switch sh.Kind {
	case api.Structure:
		o, ok := v.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s: %T cannot be a structure", prefix, v)
		}
		for _, m := range sh.Members {
			if o[m.Name] == nil {
				continue
			}
			name := m.LocationName
			if prefix != "" {
				name = prefix + "." + name
			}
			var err error
			b, err = appendForm(b, m.Shape, name, o[m.Name])
			if err != nil {
				return nil, err
			}
		}
		return b, nil
	case api.List:
		list, ok := v.([]any)
		if !ok {
			return nil, fmt.Errorf("%s: %T cannot be a list", prefix, v)
		}
		if len(list) == 0 {
			return append(b, "&"+escape(prefix)+"="...), nil
		}
		for i, e := range list {
			var err error
			b, err = appendForm(b, sh.Elem, prefix+".member."+strconv.Itoa(i+1), e)
			if err != nil {
				return nil, err
			}
		}
		return b, nil
	}
	s, err := textOf(sh, v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", prefix, err)
	}
	return append(b, "&"+escape(prefix)+"="+escape(s)...), nil
}
