// Package api owns the APIs that Daypass serves, as data: the operations of
// CodeArtifact, STS, IAM and of Daypass's own service, the shapes of their inputs
// and outputs, the constraints on each value, and the errors. The server decodes,
// validates and encodes by it. The command makes its options and its help from it.
// The Go types in the folders below are generated from it. It knows nothing of
// HTTP, of stores or of what an operation does.
//
// The models hold facts of the APIs (names, types, locations, bounds, patterns,
// codes). Their sentences are our own, except for the texts of [Shape.Says]: those
// are AWS's, because clients compare them.
package api

import "fmt"

//go:generate go run ./internal/gen types

// A Service is one API.
type Service struct {
	Name        string // codeartifact, sts, iam, daypass
	ID          string // its name in configuration files and in AWS_ENDPOINT_URL_…
	SigningName string // its name in a signature's scope
	Version     string // YYYY-MM-DD
	Protocol    string // RESTJSON or Query
	Namespace   string // XML namespace of Query responses; "" for RESTJSON
	Operations  map[string]*Operation
	Shapes      map[string]*Shape
	Waiters     map[string]*Waiter
	Doc         string

	// Source is the service's name in CloudTrail records, eventSource.
	Source string
	// Recorded maps the names of inputs' and outputs' own members to their names in
	// CloudTrail records. A member that it lacks keeps its name.
	Recorded map[string]string
	// Actions are the actions of package managers' requests, which are no API calls.
	// The value reports whether an action only reads.
	Actions map[string]bool

	paths map[string]map[string]*Operation // by path, then method; only for RESTJSON
}

// The protocols of [Service.Protocol].
const (
	RESTJSON = "rest-json" // AWS restJson1
	Query    = "query"     // AWS query
)

// Lookup returns the operation of a REST service at a method and a path, or
// nil. Paths match exactly, because no path of a model has variable parts.
func (s *Service) Lookup(method, path string) *Operation { return s.paths[path][method] }

// An Operation is one call of a service.
type Operation struct {
	Service    *Service
	Name       string
	Method     string
	Path       string
	Input      *Shape   // never nil; without members where the model names none
	Output     *Shape   // nil if the response has no content
	Errors     []string // names of shapes in Service.Shapes
	Unsigned   bool     // requests carry no signature
	Idempotent bool
	Reads      bool   // it changes nothing: CloudTrail's readOnly
	Pages      *Pages // nil if the output does not come in pages
	Unserved   bool   // a Daypass server knows the operation and refuses it
	Doc        string // sentences for help
}

// A Kind is the kind of a shape's values.
type Kind uint8

const (
	String Kind = iota
	Integer
	Long
	Boolean
	Timestamp
	Blob
	Structure
	List
	Map
)

var kinds = [...]string{"string", "integer", "long", "boolean", "timestamp", "blob", "structure", "list", "map"}

// String returns the kind's name in the models, for example "structure".
func (k Kind) String() string { return kinds[k] }

// A Shape is a set of values. Shapes are shared and must not be changed.
type Shape struct {
	Name string
	Kind Kind

	// Bounds: the length of a string in characters, the length of a blob in bytes,
	// the number of entries of a list or map, the value of a number. Nil means
	// unbounded.
	Min, Max *int64
	Pattern  string   // regular expression in AWS's spelling, for messages; it matches whole values
	RE2      string   // the same for package regexp, unanchored; "" without Pattern
	Says     string   // AWS's sentence about a value that does not match Pattern; "" if it is the usual one
	Enum     []string // nil: any value

	Sensitive bool // values never reach a log or a message
	Streaming bool // a blob that is never held in memory as a whole

	Members []*Member // of a structure, in the model's order
	Payload *Member   // the member of a structure that is the whole HTTP body, or nil
	Key     *Shape    // of a map
	Elem    *Shape    // the entries of a list, the values of a map

	Error *Error // nil unless the structure is an error
}

// Bounds returns the bounds in words, such as "1 to 64" or "at most 20"; "" if the
// shape has none.
func (s *Shape) Bounds() string {
	switch {
	case s.Min != nil && s.Max != nil && *s.Min == *s.Max:
		return fmt.Sprintf("exactly %d", *s.Min)
	case s.Min != nil && s.Max != nil:
		return fmt.Sprintf("%d to %d", *s.Min, *s.Max)
	case s.Min != nil:
		return fmt.Sprintf("at least %d", *s.Min)
	case s.Max != nil:
		return fmt.Sprintf("at most %d", *s.Max)
	}
	return ""
}

// Member returns the member of a structure, or nil.
func (s *Shape) Member(name string) *Member {
	for _, m := range s.Members {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// A Location is the part of a request or response that a member is in.
type Location uint8

const (
	InBody    Location = iota // a part of the body, in the protocol's format
	InQuery                   // a parameter of the URL
	InHeader                  // a header
	InPayload                 // the whole body
)

// A Member is one field of a structure.
type Member struct {
	Name     string
	Shape    *Shape
	Required bool
	Location Location
	// LocationName is the name on the wire. It is Name if the model has no other.
	LocationName string
	Doc          string // sentences for help; "" if there are none
}

// An Error is what a structure that is an error has besides its members.
type Error struct {
	Code   string // on the wire
	Status int    // of HTTP; 0 if the model has none
	Fault  bool   // the server is to blame, not the caller
}

// GoName returns the Go name of a member or a structure in the generated packages:
// its first letter becomes upper case.
func GoName(name string) string {
	if name == "" || name[0] < 'a' || name[0] > 'z' {
		return name
	}
	return string(name[0]-'a'+'A') + name[1:]
}
