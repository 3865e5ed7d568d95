package api

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A parser reads a model. Its form is ours, made to be read by people, to
// change line by line and to parse in a tenth of a millisecond, because the
// command pays for it at each start. A line is a verb and its words:
//
//	service NAME | id ID | signing NAME | version DATE | protocol P | namespace URI
//	source HOST | recorded NAME AS | action NAME [reads]   see [Service]
//
//	operation NAME METHOD PATH INPUT OUTPUT      a shape, or - for none; then, of the operation:
//	errors SHAPE…
//	unsigned
//	idempotent
//	unserved                                     Daypass refuses it
//	reads                                        it changes nothing
//	pages INPUT OUTPUT LIMIT MORE RESULT,… [WHOLE,…]   see [Pages]; MORE may be -
//
//	waiter NAME OPERATION SECONDS ATTEMPTS       behind its operation; then, of the waiter:
//	accept STATE status|error VALUE
//
//	KIND NAME [BOUNDS] [OF]                      a shape; BOUNDS as 1..9, 1.. or ..9; OF the entries
//	                                             of a list, or key and value of a map; then, of the shape:
//	pattern REGEXP                               as the model has it
//	re2 REGEXP                                   the same for package regexp, where it differs
//	enum VALUE…
//	sensitive
//	streaming
//	error CODE STATUS [fault]
//	member NAME[!] SHAPE [PLACE[:WIRENAME]]      ! marks a required one; PLACE body, query, header or payload
//
//	says SHAPE SENTENCE                          what the service says of a value against the shape's pattern
//	doc KEY SENTENCE                             KEY an operation, SHAPE.MEMBER, or - for the service
type parser struct {
	s  *Service
	op *Operation
	sh *Shape
	// the waiter that acceptors belong to
	wait *Waiter
	// free shapes and members: one allocation serves many
	shapes  []Shape
	members []Member
	// lists of errors, of which a model has few that differ
	errors map[string][]string
}

func parse(model string) (*Service, error) {
	size := len(model) / 160 // about what a shape takes, so that the map need not grow
	p := &parser{
		s:      &Service{Operations: make(map[string]*Operation, size/4), Shapes: make(map[string]*Shape, size)},
		errors: make(map[string][]string),
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
			return p.s, fmt.Errorf("line %d: %w", number, err)
		}
	}
	for name, sh := range p.s.Shapes {
		if sh.Name == "" {
			return p.s, fmt.Errorf("shape %s is used and not defined", name)
		}
	}
	p.s.index()
	return p.s, nil
}

func (p *parser) line(verb, rest string) error {
	if i := slices.Index(kinds[:], verb); i >= 0 {
		return p.define(Kind(i), rest)
	}
	switch verb {
	case "operation":
		return p.operation(rest)
	case "errors", "unsigned", "idempotent", "reads", "pages", "unserved":
		if p.op == nil {
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
		if p.sh == nil {
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
		p.s.Name = value
	case "id":
		p.s.ID = value
	case "signing":
		p.s.SigningName = value
	case "version":
		p.s.Version = value
	case "protocol":
		p.s.Protocol = value
	case "namespace":
		p.s.Namespace = value
	case "source":
		p.s.Source = value
	case "recorded":
		if p.s.Recorded == nil {
			p.s.Recorded = map[string]string{}
		}
		name, as, _ := strings.Cut(value, " ")
		p.s.Recorded[name] = as
	case "action":
		if p.s.Actions == nil {
			p.s.Actions = map[string]bool{}
		}
		name, how, _ := strings.Cut(value, " ")
		p.s.Actions[name] = how == "reads"
	default:
		return fmt.Errorf("unknown verb %q", verb)
	}
	return nil
}

// shape returns the shape of a name; it may be defined further down.
func (p *parser) shape(name string) *Shape {
	sh := p.s.Shapes[name]
	if sh == nil {
		if len(p.shapes) == 0 {
			p.shapes = make([]Shape, 64)
		}
		sh, p.shapes = &p.shapes[0], p.shapes[1:]
		p.s.Shapes[name] = sh
	}
	return sh
}

func (p *parser) operation(rest string) error {
	w := strings.Fields(rest)
	if len(w) != 5 {
		return errors.New("operation wants five words")
	}
	p.sh = nil
	p.op = &Operation{Service: p.s, Name: w[0], Method: w[1], Path: w[2]}
	p.op.Input = &Shape{Name: w[0] + "Input", Kind: Structure}
	if w[3] != "-" {
		p.op.Input = p.shape(w[3])
	}
	if w[4] != "-" {
		p.op.Output = p.shape(w[4])
	}
	p.s.Operations[w[0]] = p.op
	return nil
}

func (p *parser) ofOperation(verb, rest string) {
	switch verb {
	case "errors":
		if p.errors[rest] == nil {
			p.errors[rest] = strings.Fields(rest)
		}
		p.op.Errors = p.errors[rest]
		for _, e := range p.op.Errors {
			p.shape(e)
		}
	case "unsigned":
		p.op.Unsigned = true
	case "idempotent":
		p.op.Idempotent = true
	case "unserved":
		p.op.Unserved = true
	case "reads":
		p.op.Reads = true
	}
}

func (p *parser) define(kind Kind, rest string) error {
	name, rest, _ := strings.Cut(rest, " ")
	p.op, p.sh = nil, p.shape(name)
	if p.sh.Name != "" {
		return fmt.Errorf("shape %s is defined twice", name)
	}
	p.sh.Name, p.sh.Kind = name, kind
	if low, more, bounded := strings.Cut(rest, ".."); bounded {
		var high string
		high, rest, _ = strings.Cut(more, " ")
		var err error
		p.sh.Min, err = bound(low)
		if err == nil {
			p.sh.Max, err = bound(high)
		}
		if err != nil {
			return err
		}
	}
	switch key, value, _ := strings.Cut(rest, " "); kind {
	case List:
		p.sh.Elem = p.shape(rest)
	case Map:
		p.sh.Key, p.sh.Elem = p.shape(key), p.shape(value)
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
	sh := p.sh
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
	shape, place, _ := strings.Cut(rest, " ")
	if len(p.members) == 0 {
		p.members = make([]Member, 64)
	}
	m := &p.members[0]
	p.members = p.members[1:]
	m.Name, m.Required = strings.CutSuffix(name, "!")
	m.Shape = p.shape(shape)
	m.LocationName = m.Name
	place, wire, named := strings.Cut(place, ":")
	if named {
		m.LocationName = wire
	}
	switch place {
	case "", "body":
	case "query":
		m.Location = InQuery
	case "header":
		m.Location = InHeader
	case "payload":
		m.Location = InPayload
		p.sh.Payload = m
	default:
		return fmt.Errorf("unknown place %q", place)
	}
	p.sh.Members = append(p.sh.Members, m)
	return nil
}

func (p *parser) doc(rest string) error {
	key, sentence, _ := strings.Cut(rest, " ")
	if key == "-" {
		p.s.Doc = sentence
		return nil
	}
	if op := p.s.Operations[key]; op != nil {
		op.Doc = sentence
		return nil
	}
	shape, member, _ := strings.Cut(key, ".")
	if sh := p.s.Shapes[shape]; sh != nil {
		if m := sh.Member(member); m != nil {
			m.Doc = sentence
			return nil
		}
	}
	return fmt.Errorf("doc of %s, which the model does not have", key)
}

func (p *parser) says(rest string) error {
	shape, sentence, _ := strings.Cut(rest, " ")
	sh := p.s.Shapes[shape]
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
