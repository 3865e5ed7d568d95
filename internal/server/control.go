package server

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"daypass/api"
	"daypass/internal/fault"
	"daypass/internal/gate"
	"daypass/internal/identity"
	"daypass/internal/principal"
	"daypass/internal/sigv4"
	"daypass/internal/wire"
)

// A surface is one API of the control plane with its implementation.
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

// control is the handler of the AWS APIs, which share one address. The path names
// the REST service that a request is for. The query service is named by the signature's
// scope, or by the action if there is no signature.
type control struct {
	entrance
	rest     []*surface
	query    []*surface
	bodies   *bodies
	maxAsset int64                                                       // limit of content that streams, in bytes
	pace     pace                                                        // of content that streams
	used     func(accessKeyID string, ref principal.Ref, u identity.Use) // called for each signed request
}

func (c *control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := eventOf(r.Context())
	e.door = "control"
	wire.Negotiate(w, r)
	in := incoming{body: held{client: e.call.SourceIP}}
	defer in.body.release()
	err := c.receive(w, r, e, &in)
	at, op := in.at, in.op
	e.subject.surface, e.subject.op, e.subject.inputSize = at, op, len(in.body.bytes)+len(r.RequestURI)
	if op != nil {
		e.operation = at.api.Name + ":" + op.Name
	}
	if err == nil {
		err = c.serve(w, r, e, &in)
	}
	if errors.Is(err, wire.ErrCut) {
		e.fault = fault.From(err)
		panic(http.ErrAbortHandler) // the header is sent: only a cut connection shows the error
	}
	if err != nil {
		c.turnAway(w, e, err)
		wire.WriteError(w, at.protocol, at.api.Namespace, e.fault, e.call.RequestID)
	}
}

// An incoming is a request that is not authenticated yet.
type incoming struct {
	at    *surface       // not nil after receive: an error is written in its protocol
	op    *api.Operation // nil: the request names none
	claim gate.Claim     // of a signed operation
	body  held           // empty if the operation's content streams
}

// receive finds the operation of a request and the claim of its signature, and reads the
// body. The body of a signed operation of a REST service is read only if a known key
// signed it, and not here if it streams. For query services see receiveQuery.
func (c *control) receive(w http.ResponseWriter, r *http.Request, e *event, in *incoming) error {
	err := c.throttle.enter(e)
	if strings.TrimLeft(r.URL.Path, "/") == "" {
		return c.receiveQuery(w, r, e, in, err)
	}
	routeErr := c.routePath(r, in)
	if err == nil {
		err = routeErr
	}
	if err == nil && !in.op.Unsigned {
		in.claim, err = c.gate.Claim(r.Context(), &e.call, r, in.at.signing)
	}
	if err != nil || in.op.Streams() {
		return err
	}
	return c.bodies.read(&in.body, w, r, in.op.MaxBody(), in.op.Unsigned)
}

// receiveQuery is receive for services whose requests name the operation in their body.
// A request that no known key signed is read up to [strangersBody]. Its address is
// charged before the body is read, so that one address cannot have many slow requests.
func (c *control) receiveQuery(w http.ResponseWriter, r *http.Request, e *event, in *incoming, err error) error {
	in.at = c.byScope(&e.call, r)
	claimErr := error(nil)
	limit, stranger := int64(maxBody), false
	if in.at != nil && err == nil {
		in.claim, claimErr = c.gate.Claim(r.Context(), &e.call, r, in.at.signing)
	}
	if err == nil && (in.at == nil || claimErr != nil) {
		limit, stranger = strangersBody, true
		c.throttle.charge(e)
	}
	if err == nil {
		err = c.bodies.read(&in.body, w, r, limit, stranger)
	}
	if in.at == nil {
		in.at = c.byAction(r, in.body.bytes)
	}
	op, routeErr := wire.Route(r, in.at.api, in.body.bytes)
	in.op = op
	switch {
	case err != nil:
		return err
	case routeErr != nil:
		return routeErr
	case int64(len(in.body.bytes)) > op.MaxBody():
		return tooLarge(op.MaxBody())
	case op.Unsigned:
		return nil
	case claimErr == nil && stranger: // the signature is missing or for none of the services
		in.claim, claimErr = c.gate.Claim(r.Context(), &e.call, r, in.at.signing)
	}
	return claimErr
}

// serve runs the steps that are the same for every operation: it verifies the
// signature, counts the request, decodes the input, runs the operation and writes the
// result.
func (c *control) serve(w http.ResponseWriter, r *http.Request, e *event, in *incoming) error {
	ctx, call, at, op := r.Context(), &e.call, in.at, in.op
	row, supported := at.operations[op.Name]
	if op.Unsigned {
		call.Region = c.gate.Region // there is no scope that names one
	} else {
		err := c.prove(w, r, e, in)
		if err != nil {
			return err
		}
		err = c.throttle.count(e, limitOf(op))
		if err != nil {
			return err
		}
		c.used(call.AccessKeyID, call.Principal.Ref, identity.Use{At: call.Now, Service: at.signing.Name, Region: call.Region})
	}
	if !supported {
		return fault.New(fault.UnsupportedOperation, "The operation %s is part of %s's API but not supported by this server.", op.Name, at.api.Name)
	}
	input := row.New()
	err := wire.Decode(op, r, in.body.bytes, input)
	if err != nil {
		return err
	}
	e.subject.in = input
	out, err := row.Do(ctx, call, at.api.SigningName+":"+op.Name, input)
	if err != nil {
		return err
	}
	if content, streams := r.Body.(*proven); streams && !errors.Is(content.end, io.EOF) {
		return fmt.Errorf("%s left content unread, of which nobody knows whether it is what was signed", op.Name)
	}
	e.subject.out = out
	return wire.WriteResult(w, op, out, call.RequestID)
}

// prove verifies the signature over the body that was read. For a body that streams it
// verifies the signature over the declared hash, and the body is compared with that hash
// while it is read.
func (c *control) prove(w http.ResponseWriter, r *http.Request, e *event, in *incoming) error {
	hash := ""
	if !in.op.Streams() {
		hash = sigv4.HashPayload(in.body.bytes)
	} else {
		hash = in.claim.PayloadHash()
		if hash == "" {
			return fault.New(fault.BadSignature, "The header x-amz-content-sha256 is missing: expected the SHA-256 of the content.")
		}
		content := &patient{ReadCloser: r.Body, control: http.NewResponseController(w), pace: c.pace}
		r.Body = &proven{ReadCloser: content, hash: sha256.New(), want: hash, limit: c.maxAsset}
	}
	return c.gate.Prove(r.Context(), &e.call, r, &in.claim, hash)
}

// routePath sets the surface and the operation that a path is for. A path of a format
// that this server does not have, and any other unknown path, is a fault of kind
// UnknownOperation.
func (c *control) routePath(r *http.Request, in *incoming) error {
	for _, at := range c.rest {
		op, err := wire.Route(r, at.api, nil)
		if err == nil {
			in.at, in.op = at, op
			return nil
		}
	}
	in.at = c.rest[0]
	// GetRepositoryEndpoint returns an address for every format of AWS, so clients of
	// formats that this server lacks come here.
	name, _, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/d/")
	if ok && slices.Contains(in.at.api.Shapes["PackageFormat"].Enum, name) {
		return fault.New(fault.UnknownOperation, "This server serves no packages of the format %s.", name)
	}
	return fault.New(fault.UnknownOperation, "%s %s is not an operation of this service.", r.Method, r.URL.Path)
}

// byScope returns the query service that the signature's scope names, or nil. The
// signature is not verified.
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

// byAction returns the first query service that has the action, else the first service.
func (c *control) byAction(r *http.Request, body []byte) *surface {
	for _, at := range c.query {
		_, err := wire.Route(r, at.api, body)
		if err == nil {
			return at
		}
	}
	return c.query[0]
}
