package api

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A parser reads a model. The format is our own: people can read it, a diff shows
// what changed, and it parses in a tenth of a millisecond, which matters because
// the command parses a model at each start. A line is a verb and its words:
//
//	service NAME | id ID | signing NAME | version DATE | protocol P | namespace URI
//	source HOST | recorded NAME AS | action NAME [reads]   see [Service]
//
//	operation NAME METHOD PATH INPUT OUTPUT      INPUT and OUTPUT are shapes, or - for none; then, of the operation:
//	errors SHAPE…
//	unsigned
//	idempotent
//	unserved                                     Daypass refuses it
//	reads                                        it changes nothing
//	pages INPUT OUTPUT LIMIT MORE RESULT,… [WHOLE,…]   see [Pages]; MORE may be -
//
//	waiter NAME OPERATION SECONDS ATTEMPTS       after its operation; then, of the waiter:
//	accept STATE status|error VALUE
//
//	KIND NAME [BOUNDS] [OF]                      a shape; BOUNDS as 1..9, 1.. or ..9; OF is the shape of the entries
//	                                             of a list, or of key and value of a map; then, of the shape:
//	pattern REGEXP                               in AWS's spelling
//	re2 REGEXP                                   the same for package regexp, where it differs
//	enum VALUE…
//	sensitive
//	streaming
//	error CODE STATUS [fault]
//	member NAME[!] SHAPE [LOCATION[:WIRENAME]]   ! marks a required one; LOCATION is body, query, header or payload
//
//	says SHAPE SENTENCE                          AWS's sentence about a value that does not match the shape's pattern
//	doc KEY SENTENCE                             KEY is an operation, SHAPE.MEMBER, or - for the service
type parser struct {
	service      *Service
	currentOp    *Operation
	currentShape *Shape
	// the waiter that the next acceptors belong to
	currentWaiter *Waiter
	// shapes and members that are allocated and not used yet
	shapes  []Shape
	members []Member
	// lists of errors by their text: many operations have the same
	errors map[string][]string
}

func parse(model string) (*Service, error) {
	size := len(model) / 160 // about the number of shapes, so that the map need not grow
	p := &parser{
		service: &Service{Operations: make(map[string]*Operation, size/4), Shapes: make(map[string]*Shape, size)},
		errors:  make(map[string][]string),
	}
	for number := 1; model != ""; number++ {
		var line string
		line, model, _ = strings.Cut(model, "\n")
		if line == "" {
			continue
		}
		verb, rest, _ := strings.Cut(line, " ")
		err := p.line(verb, rest)
		if err != nil {
			return p.service, fmt.Errorf("line %d: %w", number, err)
		}
	}
	for name, sh := range p.service.Shapes {
		if sh.Name == "" {
			return p.service, fmt.Errorf("shape %s is used and not defined", name)
		}
	}
	p.service.index()
	return p.service, nil
}

func (p *parser) line(verb, rest string) error {
	if i := slices.Index(kinds[:], verb); i >= 0 {
		return p.define(Kind(i), rest)
	}
	switch verb {
	case "operation":
		return p.operation(rest)
	case "errors", "unsigned", "idempotent", "reads", "pages", "unserved":
		if p.currentOp == nil {
			return fmt.Errorf("%s belongs to no operation", verb)
		}
		if verb == "pages" {
			return p.pages(rest)
		}
		p.ofOperation(verb, rest)
		return nil
	case "waiter":
		return p.waiter(rest)
	case "accept":
		return p.accept(rest)
	case "pattern", "re2", "enum", "sensitive", "streaming", "error", "member":
		if p.currentShape == nil {
			return fmt.Errorf("%s belongs to no shape", verb)
		}
		return p.ofShape(verb, rest)
	case "doc":
		return p.doc(rest)
	case "says":
		return p.says(rest)
	}
	return p.ofService(verb, rest)
}

func (p *parser) ofService(verb, value string) error {
	switch verb {
	case "service":
		p.service.Name = value
	case "id":
		p.service.ID = value
	case "signing":
		p.service.SigningName = value
	case "version":
		p.service.Version = value
	case "protocol":
		p.service.Protocol = value
	case "namespace":
		p.service.Namespace = value
	case "source":
		p.service.Source = value
	case "recorded":
		if p.service.Recorded == nil {
			p.service.Recorded = map[string]string{}
		}
		name, as, _ := strings.Cut(value, " ")
		p.service.Recorded[name] = as
	case "action":
		if p.service.Actions == nil {
			p.service.Actions = map[string]bool{}
		}
		name, how, _ := strings.Cut(value, " ")
		p.service.Actions[name] = how == "reads"
	default:
		return fmt.Errorf("unknown verb %q", verb)
	}
	return nil
}

// shape returns the shape with a name, which may be defined further down.
func (p *parser) shape(name string) *Shape {
	sh := p.service.Shapes[name]
	if sh == nil {
		if len(p.shapes) == 0 {
			p.shapes = make([]Shape, 64)
		}
		sh, p.shapes = &p.shapes[0], p.shapes[1:]
		p.service.Shapes[name] = sh
	}
	return sh
}

func (p *parser) operation(rest string) error {
	w := strings.Fields(rest)
	if len(w) != 5 {
		return errors.New("operation wants five words")
	}
	p.currentShape = nil
	p.currentOp = &Operation{Service: p.service, Name: w[0], Method: w[1], Path: w[2]}
	p.currentOp.Input = &Shape{Name: w[0] + "Input", Kind: Structure}
	if w[3] != "-" {
		p.currentOp.Input = p.shape(w[3])
	}
	if w[4] != "-" {
		p.currentOp.Output = p.shape(w[4])
	}
	p.service.Operations[w[0]] = p.currentOp
	return nil
}

func (p *parser) ofOperation(verb, rest string) {
	switch verb {
	case "errors":
		if p.errors[rest] == nil {
			p.errors[rest] = strings.Fields(rest)
		}
		p.currentOp.Errors = p.errors[rest]
		for _, e := range p.currentOp.Errors {
			p.shape(e)
		}
	case "unsigned":
		p.currentOp.Unsigned = true
	case "idempotent":
		p.currentOp.Idempotent = true
	case "unserved":
		p.currentOp.Unserved = true
	case "reads":
		p.currentOp.Reads = true
	}
}

func (p *parser) define(kind Kind, rest string) error {
	name, rest, _ := strings.Cut(rest, " ")
	p.currentOp, p.currentShape = nil, p.shape(name)
	if p.currentShape.Name != "" {
		return fmt.Errorf("shape %s is defined twice", name)
	}
	p.currentShape.Name, p.currentShape.Kind = name, kind
	if low, more, bounded := strings.Cut(rest, ".."); bounded {
		var high string
		high, rest, _ = strings.Cut(more, " ")
		var err error
		p.currentShape.Min, err = bound(low)
		if err == nil {
			p.currentShape.Max, err = bound(high)
		}
		if err != nil {
			return err
		}
	}
	switch key, value, _ := strings.Cut(rest, " "); kind {
	case List:
		p.currentShape.Elem = p.shape(rest)
	case Map:
		p.currentShape.Key, p.currentShape.Elem = p.shape(key), p.shape(value)
	}
	return nil
}

func bound(s string) (*int64, error) {
	if s == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return &n, err
}

func (p *parser) ofShape(verb, rest string) error {
	sh := p.currentShape
	switch verb {
	case "pattern":
		sh.Pattern, sh.RE2 = rest, rest
	case "re2":
		sh.RE2 = rest
	case "enum":
		sh.Enum = strings.Fields(rest)
	case "sensitive":
		sh.Sensitive = true
	case "streaming":
		sh.Streaming = true
	case "error":
		code, status, _ := strings.Cut(rest, " ")
		status, fault, _ := strings.Cut(status, " ")
		n, err := strconv.Atoi(status)
		if err != nil {
			return err
		}
		sh.Error = &Error{Code: code, Status: n, Fault: fault == "fault"}
	case "member":
		return p.member(rest)
	}
	return nil
}

func (p *parser) member(rest string) error {
	name, rest, _ := strings.Cut(rest, " ")
	shapeName, location, _ := strings.Cut(rest, " ")
	if len(p.members) == 0 {
		p.members = make([]Member, 64)
	}
	m := &p.members[0]
	p.members = p.members[1:]
	m.Name, m.Required = strings.CutSuffix(name, "!")
	m.Shape = p.shape(shapeName)
	m.LocationName = m.Name
	location, wire, named := strings.Cut(location, ":")
	if named {
		m.LocationName = wire
	}
	switch location {
	case "", "body":
	case "query":
		m.Location = InQuery
	case "header":
		m.Location = InHeader
	case "payload":
		m.Location = InPayload
		p.currentShape.Payload = m
	default:
		return fmt.Errorf("unknown location %q", location)
	}
	p.currentShape.Members = append(p.currentShape.Members, m)
	return nil
}

func (p *parser) doc(rest string) error {
	key, sentence, _ := strings.Cut(rest, " ")
	if key == "-" {
		p.service.Doc = sentence
		return nil
	}
	if op := p.service.Operations[key]; op != nil {
		op.Doc = sentence
		return nil
	}
	shapeName, member, _ := strings.Cut(key, ".")
	if sh := p.service.Shapes[shapeName]; sh != nil {
		if m := sh.Member(member); m != nil {
			m.Doc = sentence
			return nil
		}
	}
	return fmt.Errorf("doc of %s, which the model does not have", key)
}

func (p *parser) says(rest string) error {
	shape, sentence, _ := strings.Cut(rest, " ")
	sh := p.service.Shapes[shape]
	if sh == nil || sh.Pattern == "" {
		return fmt.Errorf("says of %s, which has no pattern", shape)
	}
	sh.Says = sentence
	return nil
}

func (s *Service) index() {
	if s.Protocol != RESTJSON {
		return
	}
	s.paths = make(map[string]map[string]*Operation, len(s.Operations))
	for _, op := range s.Operations {
		if s.paths[op.Path] == nil {
			s.paths[op.Path] = make(map[string]*Operation, 1)
		}
		s.paths[op.Path][op.Method] = op
	}
}
