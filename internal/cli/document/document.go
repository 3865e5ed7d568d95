// Package document owns the values that commands read and print: JSON-like
// trees whose objects keep the order of their members. It also owns how the AWS CLI
// shows such values in its messages: as Python does, because it is a Python program.
// The package knows nothing of services, options or output formats.
//
// A value is one of: nil, bool, int64, *big.Int (integers beyond 64 bits),
// float64, string, []byte, [time.Time] (a date without a zone), []any and
// [*Object].
package document

// An Object is a JSON object that keeps the order in which its members were
// set. The zero value is an empty object.
type Object struct {
	members []Member
	index   map[string]int // nil while the object is small
}

// A Member is one name of an object with its value.
type Member struct {
	Name  string
	Value any
}

// indexFrom is the number of members from which a map finds one faster than a search
// of the slice.
const indexFrom = 12

// New returns an object with members. Of two members with the same name, the later
// one's value takes the place of the earlier one's.
func New(members ...Member) *Object {
	o := &Object{}
	for _, m := range members {
		o.Set(m.Name, m.Value)
	}
	return o
}

func (o *Object) find(name string) int {
	if o == nil {
		return -1
	}
	if o.index != nil {
		if i, ok := o.index[name]; ok {
			return i
		}
		return -1
	}
	for i := range o.members {
		if o.members[i].Name == name {
			return i
		}
	}
	return -1
}

// Get returns the value of a member and whether the object has it.
func (o *Object) Get(name string) (any, bool) {
	i := o.find(name)
	if i < 0 {
		return nil, false
	}
	return o.members[i].Value, true
}

// Has reports whether the object has a member.
func (o *Object) Has(name string) bool { return o.find(name) >= 0 }

// Set gives a member a value; a new member comes last.
func (o *Object) Set(name string, value any) {
	if i := o.find(name); i >= 0 {
		o.members[i].Value = value
		return
	}
	o.members = append(o.members, Member{name, value})
	if o.index != nil {
		o.index[name] = len(o.members) - 1
		return
	}
	o.rebuildIndex()
}

// rebuildIndex makes the index of an object that is not small.
func (o *Object) rebuildIndex() {
	o.index = nil
	if len(o.members) < indexFrom {
		return
	}
	o.index = make(map[string]int, 2*len(o.members))
	for i := range o.members {
		o.index[o.members[i].Name] = i
	}
}

// Delete removes a member, if the object has it.
func (o *Object) Delete(name string) {
	i := o.find(name)
	if i < 0 {
		return
	}
	o.members = append(o.members[:i], o.members[i+1:]...)
	o.rebuildIndex()
}

// Len returns the number of members; a nil object has none.
func (o *Object) Len() int {
	if o == nil {
		return 0
	}
	return len(o.members)
}

// Members returns the members in order. The slice is the object's own.
func (o *Object) Members() []Member {
	if o == nil {
		return nil
	}
	return o.members
}

// Names returns the names of the members in order.
func (o *Object) Names() []string {
	names := make([]string, 0, o.Len())
	for _, m := range o.Members() {
		names = append(names, m.Name)
	}
	return names
}

// IsScalar reports whether a value is neither an object nor a list.
func IsScalar(v any) bool {
	switch v.(type) {
	case *Object, []any:
		return false
	}
	return true
}

// Map returns a copy of a value with Go maps in the place of objects.
func Map(v any) any {
	switch v := v.(type) {
	case *Object:
		m := make(map[string]any, v.Len())
		for _, member := range v.Members() {
			m[member.Name] = Map(member.Value)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = Map(v[i])
		}
		return list
	}
	return v
}
