package server

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"daypass/api"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/principal"
	"daypass/internal/wire"
)

// A surface is one API of the control plane with what implements it.
type surface struct {
	api        *api.Service
	protocol   fault.Protocol
	signing    gate.Signing
	operations map[string]gate.Operation
	records    map[string]recording
}

func newSurface(service *api.Service, operations []gate.Operation) *surface {
	s := &surface{api: service, protocol: fault.RestJSON, operations: make(map[string]gate.Operation, len(operations)), records: recordings(service)}
	s.signing = gate.Signing{Name: service.SigningName, Skew: 5 * time.Minute, Global: service.Name == "iam"}
	if service.Protocol == api.Query {
		s.protocol = fault.Query
		s.signing.Skew = 15 * time.Minute
	}
	for _, op := range operations {
		s.operations[op.Name] = op
	}
	return s
}

// control is the door for the AWS APIs: one address for all of them. REST
// services are told apart by path, query services by the signature's scope or,
// unsigned, by the action.
type control struct {
	entrance
	rest  []*surface
	query []*surface
	used  func(accessKeyID string, ref principal.Ref, u identity.Use) // told of each signed request
}

func (c *control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := eventOf(r.Context())
	e.door = "control"
	wire.Negotiate(w, r)
	body, err := c.read(w, r, e)
	at, op, routeErr := c.route(&e.call, r, body)
	if err == nil {
		err = routeErr
	}
	e.subject.surface, e.subject.op, e.subject.large = at, op, len(body)+len(r.RequestURI) > maxHeld
	if op != nil {
		e.operation = at.api.Name + ":" + op.Name
	}
	if err == nil {
		err = c.serve(w, r, e, at, op, body)
	}
	if errors.Is(err, wire.ErrCut) {
		e.fault = fault.From(err)
		panic(http.ErrAbortHandler) // the header is out: only a cut tells the client
	}
	if err != nil {
		c.turnAway(w, e, err)
		wire.WriteError(w, at.protocol, at.api.Namespace, e.fault, e.call.RequestID)
	}
}

// serve takes a request through its steps, the same for every operation.
func (c *control) serve(w http.ResponseWriter, r *http.Request, e *event, at *surface, op *api.Operation, body []byte) error {
	ctx, call := r.Context(), &e.call
	row, supported := at.operations[op.Name]
	if op.Unsigned {
		call.Region = c.gate.Region // there is no scope to tell it
	} else {
		err := c.gate.Signed(ctx, call, r, body, at.signing)
		if err != nil {
			return err
		}
		err = c.throttle.count(e, limitOf(at.api.SigningName, op.Name))
		if err != nil {
			return err
		}
		c.used(call.AccessKeyID, call.Principal.Ref, identity.Use{At: call.Now, Service: at.signing.Name, Region: call.Region})
	}
	if !supported {
		return fault.New(fault.UnsupportedOperation, "The operation %s is part of %s's API but not supported by this server.", op.Name, at.api.Name)
	}
	in := row.New()
	err := wire.Decode(op, r, body, in)
	if err != nil {
		return err
	}
	e.subject.in = in
	out, err := row.Do(ctx, call, at.api.SigningName+":"+op.Name, in)
	if err != nil {
		return err
	}
	e.subject.out = out
	return wire.WriteResult(w, op, out, call.RequestID)
}

// route finds the surface and the operation that a request is for. The surface
// is never nil, so that an error can be told in its protocol.
func (c *control) route(call *gate.Call, r *http.Request, body []byte) (*surface, *api.Operation, error) {
	if strings.TrimLeft(r.URL.Path, "/") != "" {
		for _, at := range c.rest {
			op, err := wire.Route(r, at.api, body)
			if err == nil {
				return at, op, nil
			}
		}
		return c.rest[0], nil, fault.New(fault.UnknownOperation, "%s %s is not an operation of this service.", r.Method, quotable(r.URL.Path))
	}
	at := c.byScope(call, r)
	if at == nil {
		at = c.byAction(r, body)
	}
	op, err := wire.Route(r, at.api, body)
	return at, op, err
}

// byScope reads the service out of the signature's scope, without believing it.
func (c *control) byScope(call *gate.Call, r *http.Request) *surface {
	signature, err := call.Signature(r)
	if err != nil {
		return nil
	}
	for _, at := range c.query {
		if at.signing.Name == signature.Service {
			return at
		}
	}
	return nil
}

// byAction picks the first query service that knows the action, else the first.
func (c *control) byAction(r *http.Request, body []byte) *surface {
	for _, at := range c.query {
		_, err := wire.Route(r, at.api, body)
		if err == nil {
			return at
		}
	}
	return c.query[0]
}

// read takes a request in, unless its address has had its share.
func (c *control) read(w http.ResponseWriter, r *http.Request, e *event) ([]byte, error) {
	err := c.throttle.enter(e)
	if err != nil {
		return nil, err
	}
	return readBody(w, r)
}
