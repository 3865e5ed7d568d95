package wire

import (
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"daypass/api"
	"daypass/internal/fault"
)

// eachForm calls f for every parameter of a query call: those of the URL, then
// those of the form in the body.
func eachForm(r *http.Request, body []byte, f func(name, value string)) error {
	if len(body) > maxDocument {
		return fault.New(fault.BodyTooLarge, "The request body is larger than %d bytes", maxDocument)
	}
	if len(r.URL.RawQuery) > maxQuery {
		return fault.New(fault.MalformedRequest, "The query string is longer than %d bytes", maxQuery)
	}
	form := parameters{}
	for _, raw := range [...]string{r.URL.RawQuery, string(body)} {
		form.rest = raw
		for form.next() {
			f(form.name, form.value)
		}
	}
	if form.err != "" {
		return fault.New(fault.MalformedRequest, "The parameters cannot be read: %s", form.err)
	}
	return nil
}

func routeQuery(r *http.Request, s *api.Service, body []byte) (*api.Operation, error) {
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		return nil, fault.New(fault.InvalidAction, "Method %s is not allowed; use POST or GET", echo(r.Method))
	}
	var action, version string
	actions := 0
	err := eachForm(r, body, func(name, value string) {
		switch name {
		case "Action":
			action = value
			actions++
		case "Version":
			version = value
		}
	})
	switch {
	case err != nil:
		return nil, err
	case action == "":
		return nil, fault.New(fault.MissingAction, "The request must contain the parameter Action")
	case actions > 1:
		return nil, fault.New(fault.MalformedRequest, "The parameter Action is given more than once")
	case version == "":
		version = "NO_VERSION_SPECIFIED"
	}
	op := s.Operations[action]
	if op == nil || version != s.Version {
		return nil, fault.New(fault.InvalidAction, "Could not find operation %s for version %s", echo(action), echo(version))
	}
	return op, nil
}

func (p *plan) decodeQuery(r *http.Request, body []byte, dst any) error {
	v := reflect.ValueOf(dst).Elem()
	form := make([]branch, len(p.root.fields))
	var twice string
	err := eachForm(r, body, func(name, value string) {
		top, rest, more := strings.Cut(name, ".")
		if i := p.root.bodyField(top); i >= 0 && !form[i].put(rest, more, value) {
			twice = name
		}
	})
	if err != nil {
		return err
	}
	if twice != "" {
		return fault.New(fault.MalformedRequest, "The parameter '%s' is given more than once", echo(twice))
	}
	var bad problems
	p.root.formFields(func(i int) *branch {
		if form[i].given() {
			return &form[i]
		}
		return nil
	}, v, nil, &bad)
	return bad.fault()
}

// A branch holds the parameters with a common beginning: Tags.member.1.Key is
// under Tags, member, 1, Key. Its memory depends on the size of the request, never
// on a number in it.
type branch struct {
	value string
	set   bool
	under map[string]*branch
}

func (b *branch) given() bool { return b.set || b.under != nil }

// put adds a parameter. It reports false if the name was there before: a name may
// be given only once.
func (b *branch) put(name string, more bool, value string) bool {
	for more {
		var part string
		part, name, more = strings.Cut(name, ".")
		next := b.under[part]
		if next == nil {
			if b.under == nil {
				b.under = make(map[string]*branch)
			}
			next = &branch{}
			b.under[part] = next
		}
		b = next
	}
	if b.set {
		return false
	}
	b.value, b.set = value, true
	return true
}

// form sets a value from a branch.
func (n *node) form(b *branch, v reflect.Value, at *path, bad *problems) {
	switch n.shape.Kind {
	case api.Structure:
		if b.set {
			bad.kind(at, "Member must be given member by member")
			return
		}
		n.formFields(func(i int) *branch { return b.under[n.fields[i].member.LocationName] }, v, at, bad)
	case api.List:
		n.formList(b, v, at, bad)
	case api.Map:
		bad.kind(at, "Member must be left out: maps have no form here") // no input of the models has one
	default:
		if !b.set {
			bad.kind(at, "Member must be a single value")
			return
		}
		n.scalar(b.value, v, at, bad)
	}
}

// formFields sets those fields of a structure that have a branch.
func (n *node) formFields(branchOf func(field int) *branch, v reflect.Value, at *path, bad *problems) {
	var seen uint64
	for i := range n.fields {
		f := &n.fields[i]
		if under := branchOf(i); under != nil {
			seen |= 1 << i
			f.form(under, f.settable(v), &path{parent: at, name: f.member.Name}, bad)
		}
	}
	n.require(seen, at, bad)
}

// formList sets a list from Name.member.1, Name.member.2 …; an empty Name is
// an empty list.
func (n *node) formList(b *branch, v reflect.Value, at *path, bad *problems) {
	entries := b.under["member"]
	if entries == nil {
		if !b.set || b.value != "" || b.under != nil {
			bad.kind(at, "Member must be a list, given as .member.1, .member.2 and so on")
			return
		}
		entries = &branch{}
	}
	count := len(entries.under)
	list := reflect.MakeSlice(v.Type(), 0, 0)
	for i := 1; i <= min(count, n.limit()); i++ {
		place := path{parent: at, index: i}
		entry := entries.under[strconv.Itoa(i)]
		if entry == nil {
			bad.kind(at, "Members must be numbered from 1 without gaps")
			return
		}
		elem := reflect.New(n.elem.typ).Elem()
		n.elem.form(entry, elem, &place, bad)
		list = reflect.Append(list, elem)
	}
	v.Set(list)
	n.size(count, at, bad)
}
