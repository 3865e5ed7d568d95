// Package api owns the programming interfaces that Daypass speaks, as data:
// the operations of CodeArtifact, STS, IAM and of Daypass's own service, the
// shapes of what they take and give, the constraints on each value and the
// errors. The server decodes, validates and encodes by it, the command makes
// its options and its help from it, and the Go types beside it are generated
// from it. It knows nothing of HTTP, of stores or of what an operation does.
//
// The models hold facts of the interfaces (names, types, places, bounds,
// patterns, codes). Every sentence in them is our own, but for those that say
// what a value against a pattern is refused with, which clients compare.
package api

//go:generate go run ./internal/gen types

// A Service is one programming interface.
type Service struct {
	Name        string // codeartifact, sts, iam, daypass
	ID          string // as configuration files and AWS_ENDPOINT_URL_… name it
	SigningName string // service in a signature's scope
	Version     string // YYYY-MM-DD
	Protocol    string // RESTJSON or Query
	Namespace   string // XML namespace of Query replies, else ""
	Operations  map[string]*Operation
	Shapes      map[string]*Shape
	Waiters     map[string]*Waiter
	Doc         string

	// What records of CloudTrail call the service, and the texts at the top of
	// what it takes and gives, by the model's name; a text that is not here keeps
	// that.
	Source   string
	Recorded map[string]string
	// Actions are those of package managers, which have no operation of their own
	// or another way to it, and whether they only read.
	Actions map[string]bool

	paths map[string]map[string]*Operation // path, then method; of RESTJSON
}

// The protocols of [Service.Protocol].
const (
	RESTJSON = "rest-json" // AWS restJson1
	Query    = "query"     // AWS query
)

// Lookup returns the operation of a REST service at a method and a path, or
// nil. Paths match to the letter; no modelled path has variable parts.
func (s *Service) Lookup(method, path string) *Operation { return s.paths[path][method] }

// An Operation is one call of a service.
type Operation struct {
	Service    *Service
	Name       string
	Method     string
	Path       string
	Input      *Shape   // never nil; without members where the model names none
	Output     *Shape   // nil when the reply carries nothing
	Errors     []string // names of shapes in Service.Shapes
	Unsigned   bool     // the call carries no signature
	Idempotent bool
	Reads      bool   // it changes nothing: CloudTrail's readOnly
	Pages      *Pages // nil where the answer does not come in pages
	Unserved   bool   // a Daypass server refuses it by name
	Doc        string
}

// A Kind says what values a shape has.
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

	// Bounds: length of a string in characters, of a blob in bytes, number of
	// entries of a list or map, value of a number. Nil means unbounded.
	Min, Max *int64
	Pattern  string   // as the model writes it, for messages; matches whole values
	RE2      string   // the same for package regexp, unanchored; "" without Pattern
	Says     string   // what the service says of a value against the pattern; "" where that is as of any other
	Enum     []string // nil: any value

	Sensitive bool // values never reach a log or a message
	Streaming bool // a blob that is not held in memory

	Members []*Member // of a structure, in the model's order
	Payload *Member   // of a structure whose HTTP body is one member, else nil
	Key     *Shape    // of a map
	Elem    *Shape    // of a list; the values of a map

	Error *Error // of a structure that is an error
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

// A Location says where a member of an input or output travels.
type Location uint8

const (
	InBody    Location = iota // in the document, whichever the protocol has
	InQuery                   // parameter of the URL
	InHeader                  // header line
	InPayload                 // the whole HTTP body
)

// A Member is one field of a structure.
type Member struct {
	Name     string
	Shape    *Shape
	Required bool
	Location Location
	// LocationName is the name on the wire; it is Name where the model has no other.
	LocationName string
	Doc          string
}

// An Error is what makes a structure an error.
type Error struct {
	Code   string // on the wire
	Status int    // HTTP; 0 when the model has none
	Fault  bool   // the server's mistake, not the caller's
}

// GoName returns the name of a member's or a structure's Go counterpart in the
// generated packages: its first letter in upper case, the rest as it is.
func GoName(name string) string {
	if name == "" || name[0] < 'a' || name[0] > 'z' {
		return name
	}
	return string(name[0]-'a'+'A') + name[1:]
}
