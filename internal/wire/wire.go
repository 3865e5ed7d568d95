// Package wire owns the two protocols that the API models name, AWS restJson1
// and AWS query, in both directions: the server's side fills the generated
// types from a request and renders results and faults, the client's side does
// the reverse with plain trees of values. It is an interpreter of package api:
// no operation is named here. It must never know what an operation means, who
// calls, or where anything is stored.
//
// Rules of the protocols: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
// and https://smithy.io/2.0/aws/protocols/aws-query-protocol.html.
package wire

import (
	"net/http"
	"strings"

	"daypass/api"
	"daypass/internal/fault"
)

// Bounds on requests. The caller bounds the body as a whole.
const (
	maxDocument   = 1 << 20 // bytes of a JSON document or a form
	maxQuery      = 64 << 10
	maxParameters = 1000 // of a form or URL query, and so of all its lists
	maxName       = 512  // bytes of a parameter's name
	maxItems      = 1000 // entries of a JSON list or map whose model has no bound
	maxDepth      = 32   // nesting of JSON that no model describes
	maxProblems   = 20   // violations told in one message
	maxEcho       = 200  // characters of a value told in a message
)

// Protocol returns the protocol in which a service's errors are written.
func Protocol(s *api.Service) fault.Protocol {
	if s.Protocol == api.Query {
		return fault.Query
	}
	return fault.RestJSON
}

// Route returns the operation that a request asks a service for: of a
// rest-json service by method and path, which may begin with several slashes, of a query service by the parameters
// Action and Version of the form in body or of the URL. The faults are
// UnknownOperation, and MissingAction or InvalidAction.
func Route(r *http.Request, s *api.Service, body []byte) (*api.Operation, error) {
	if s.Protocol == api.Query {
		return routeQuery(r, s, body)
	}
	if op := s.Lookup(r.Method, "/"+strings.TrimLeft(r.URL.Path, "/")); op != nil {
		return op, nil
	}
	return nil, fault.New(fault.UnknownOperation, "No operation answers to %s %s", echo(r.Method), echo(r.URL.Path))
}

// Decode fills dst, a pointer to the generated input type of op, and checks
// every constraint of the model. Unknown parameters and members are ignored.
// body is the whole body, read before; an operation whose payload streams
// reads r.Body instead when body is nil. Errors are faults that name each
// field at fault, its value unless it is sensitive, and what was expected.
func Decode(op *api.Operation, r *http.Request, body []byte, dst any) error {
	p, err := planFor(op, dst)
	if err != nil {
		return err
	}
	if op.Service.Protocol == api.Query {
		return p.decodeQuery(r, body, dst)
	}
	return p.decodeREST(r, body, dst)
}
