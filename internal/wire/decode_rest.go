package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"reflect"
	"unicode/utf8"

	"daypass/api"
	"daypass/internal/fault"
)

func (p *plan) decodeREST(r *http.Request, body []byte, dst any) error {
	v := reflect.ValueOf(dst).Elem()
	var bad problems
	seen, err := p.query(r.URL.RawQuery, v, &bad)
	if err != nil {
		return err
	}
	seen |= p.headersAndPayload(r, body, v, &bad)
	if p.hasBody {
		if len(body) > maxDocument {
			return fault.New(fault.BodyTooLarge, "The request body is larger than %d bytes", maxDocument)
		}
		inBody, err := p.document(body, v, &bad)
		if err != nil {
			return err
		}
		seen |= inBody
	}
	p.root.require(seen, nil, &bad)
	return bad.fault()
}

// query sets the members that are in the URL.
func (p *plan) query(raw string, v reflect.Value, bad *problems) (seen uint64, err error) {
	if len(raw) > maxQuery {
		return 0, unparsed("The query string is longer than %d bytes", maxQuery)
	}
	q := parameters{rest: raw}
	for q.next() {
		for i := range p.root.fields {
			f := &p.root.fields[i]
			if f.member.LocationName != q.name || f.member.Location != api.InQuery {
				continue
			}
			at := path{name: f.member.Name}
			if seen&(1<<i) != 0 {
				bad.kind(&at, "Member must be given once")
				break
			}
			seen |= 1 << i
			f.scalar(q.value, f.settable(v), &at, bad)
			break
		}
	}
	if q.err != "" {
		return 0, unparsed("The query string cannot be read: %s", q.err)
	}
	return seen, nil
}

func (p *plan) headersAndPayload(r *http.Request, body []byte, v reflect.Value, bad *problems) (seen uint64) {
	for i := range p.root.fields {
		f := &p.root.fields[i]
		switch f.member.Location {
		case api.InHeader:
			lines := r.Header[textproto.CanonicalMIMEHeaderKey(f.member.LocationName)]
			if len(lines) == 0 {
				continue
			}
			at := path{name: f.member.Name}
			if len(lines) > 1 {
				bad.kind(&at, "Member must be given once")
			}
			seen |= 1 << i
			f.scalar(lines[0], f.settable(v), &at, bad)
		case api.InPayload:
			seen |= 1 << i
			if body == nil {
				v.Field(f.index).Set(reflect.ValueOf(r.Body))
			} else {
				v.Field(f.index).Set(reflect.ValueOf(bytes.NewReader(body)))
			}
		}
	}
	return seen
}

// document sets the members that are in the JSON body.
func (p *plan) document(body []byte, v reflect.Value, bad *problems) (seen uint64, err error) {
	if len(bytes.TrimLeft(body, " \t\r\n")) == 0 {
		return 0, nil
	}
	if !utf8.Valid(body) {
		return 0, unparsed("The request body is not UTF-8 text")
	}
	d := jsonDecoder{json.NewDecoder(bytes.NewReader(body)), bad}
	d.UseNumber()
	tok, err := d.Token()
	if err == nil && tok != json.Delim('{') {
		return 0, unparsed("The request body is not a JSON object")
	}
	if err == nil {
		seen, err = d.members(p.root, v, nil)
	}
	if err == nil {
		_, err = d.Token()
		if errors.Is(err, io.EOF) {
			return seen, nil
		}
		return 0, unparsed("The request body goes on after its JSON object, at byte %d", d.InputOffset())
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return 0, f
	}
	return 0, unparsed("The request body is not valid JSON: it breaks at byte %d", d.InputOffset())
}

// A jsonDecoder reads a document token by token. It skips what the model does not
// know without keeping it in memory. Its errors are those of package json or
// faults.
type jsonDecoder struct {
	*json.Decoder
	bad *problems
}

// members reads the members of an object, after its opening brace.
func (d *jsonDecoder) members(n *node, v reflect.Value, at *path) (seen uint64, err error) {
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return 0, err
		}
		i := n.bodyField(name.(string))
		if i < 0 {
			err := d.skip()
			if err != nil {
				return 0, err
			}
			continue
		}
		f := &n.fields[i]
		tok, err := d.Token()
		if err != nil {
			return 0, err
		}
		if tok == nil {
			continue // null means absent
		}
		seen |= 1 << i
		err = d.value(f.node, tok, f.settable(v), &path{parent: at, name: f.member.Name})
		if err != nil {
			return 0, err
		}
	}
	_, err = d.Token()
	return seen, err
}

func (n *node) bodyField(name string) int {
	for i := range n.fields {
		if m := n.fields[i].member; m.LocationName == name && m.Location == api.InBody {
			return i
		}
	}
	return -1
}

// value sets v from the value whose first token is tok.
func (d *jsonDecoder) value(n *node, tok json.Token, v reflect.Value, at *path) error {
	switch n.shape.Kind {
	case api.Structure:
		if tok != json.Delim('{') {
			return d.mismatch(tok, at, "an object")
		}
		seen, err := d.members(n, v, at)
		n.require(seen, at, d.bad)
		return err
	case api.List:
		if tok != json.Delim('[') {
			return d.mismatch(tok, at, "a list")
		}
		return d.list(n, v, at)
	case api.Map:
		if tok != json.Delim('{') {
			return d.mismatch(tok, at, "an object")
		}
		return d.entries(n, v, at)
	}
	return d.scalar(n, tok, v, at)
}

func (d *jsonDecoder) scalar(n *node, tok json.Token, v reflect.Value, at *path) error {
	switch n.shape.Kind {
	case api.String, api.Blob:
		if s, ok := tok.(string); ok {
			n.scalar(s, v, at, d.bad)
			return nil
		}
		return d.mismatch(tok, at, "a string")
	case api.Boolean:
		if b, ok := tok.(bool); ok {
			v.SetBool(b)
			return nil
		}
		return d.mismatch(tok, at, "true or false")
	}
	number, ok := tok.(json.Number)
	if !ok {
		return d.mismatch(tok, at, "a number")
	}
	if n.shape.Kind != api.Timestamp {
		n.integer(number.String(), v, at, d.bad)
		return nil
	}
	t, ok := epoch(number.String())
	if !ok {
		d.bad.parse(n.shape, at, number.String(), "Member must be a time in seconds since 1970, in the years 1 to 9999")
	}
	v.Set(reflect.ValueOf(t))
	return nil
}

func (d *jsonDecoder) list(n *node, v reflect.Value, at *path) error {
	list := reflect.MakeSlice(v.Type(), 0, 0)
	count := 0
	for d.More() {
		tok, err := d.Token()
		if err != nil {
			return err
		}
		if count++; count > n.limit() {
			err := d.rest(tok)
			if err != nil {
				return err
			}
			continue
		}
		elem := reflect.New(n.elem.typ).Elem()
		place := path{parent: at, index: count}
		if tok == nil {
			d.bad.missing(&place)
			continue
		}
		err = d.value(n.elem, tok, elem, &place)
		if err != nil {
			return err
		}
		list = reflect.Append(list, elem)
	}
	v.Set(list)
	n.size(count, at, d.bad)
	_, err := d.Token()
	return err
}

func (d *jsonDecoder) entries(n *node, v reflect.Value, at *path) error {
	m := reflect.MakeMap(v.Type())
	count := 0
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		tok, err := d.Token()
		if err != nil {
			return err
		}
		if count++; count > n.limit() || tok == nil {
			err := d.rest(tok)
			if err != nil {
				return err
			}
			continue
		}
		elem := reflect.New(n.elem.typ).Elem()
		place := path{parent: &path{parent: at, name: entries}, name: key.(string)}
		n.key.text(key.(string), &place, d.bad)
		err = d.value(n.elem, tok, elem, &place)
		if err != nil {
			return err
		}
		m.SetMapIndex(reflect.ValueOf(key.(string)).Convert(v.Type().Key()), elem)
	}
	v.Set(m)
	n.size(count, at, d.bad)
	_, err := d.Token()
	return err
}

// mismatch adds a value of the wrong JSON type to the problems and skips it.
func (d *jsonDecoder) mismatch(tok json.Token, at *path, want string) error {
	d.bad.kind(at, "Member must be "+want)
	return d.rest(tok)
}

// skip skips a value.
func (d *jsonDecoder) skip() error {
	tok, err := d.Token()
	if err != nil {
		return err
	}
	return d.rest(tok)
}

// rest skips the rest of the value whose first token is tok.
func (d *jsonDecoder) rest(tok json.Token) error {
	depth := 0
	for {
		switch tok {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > maxDepth {
				return unparsed("The request body is nested deeper than %d levels", maxDepth)
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		var err error
		tok, err = d.Token()
		if err != nil {
			return err
		}
	}
}
