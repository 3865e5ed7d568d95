package wire

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"daypass/api"
)

// maxReply bounds a reply in memory, in bytes.
const maxReply = 32 << 20

// A ResponseError is a service's error reply.
type ResponseError struct {
	Status    int    // HTTP
	Code      string // without namespace and URI
	Message   string
	Hint      string // what a Daypass server adds to a sentence of AWS's
	RequestID string
}

func (e *ResponseError) Error() string { return e.Code + ": " + e.Message }

// ReadResponse reads the reply to a call of op. A status of 300 or more is a
// [*ResponseError]. The body is closed, except that of a payload that streams:
// it is a value of the result, and the caller's to close.
func ReadResponse(op *api.Operation, resp *http.Response) (Object, error) {
	if resp.StatusCode >= 300 {
		return nil, ReadError(op, resp)
	}
	out := op.Output
	if out == nil {
		out = &api.Shape{}
	}
	if out.Payload != nil && out.Payload.Shape.Streaming {
		result, err := readHeaders(out, resp)
		if err != nil {
			return nil, errors.Join(err, resp.Body.Close())
		}
		return append(result, Entry{out.Payload.Name, resp.Body}), nil
	}
	data, err := readAll(resp)
	if err != nil {
		return nil, err
	}
	if op.Service.Protocol == api.Query {
		return readXML(op, out, data)
	}
	result, err := readHeaders(out, resp)
	if err != nil || len(strings.TrimSpace(string(data))) == 0 {
		return result, err
	}
	tree, err := parseJSON(data)
	if err != nil {
		return nil, fmt.Errorf("reply to %s is not JSON: %w", op.Name, err)
	}
	body, err := fromJSON(out, tree)
	if err != nil {
		return nil, fmt.Errorf("reply to %s: %w", op.Name, err)
	}
	return append(result, body.(Object)...), nil
}

func readAll(resp *http.Response) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	err = errors.Join(err, resp.Body.Close())
	if err == nil && len(data) > maxReply {
		err = fmt.Errorf("more than %d bytes", maxReply)
	}
	if err != nil {
		return nil, fmt.Errorf("read reply: %w", err)
	}
	return data, nil
}

func readHeaders(out *api.Shape, resp *http.Response) (Object, error) {
	result := Object{}
	for _, m := range out.Members {
		if m.Location != api.InHeader {
			continue
		}
		if s := resp.Header.Get(m.LocationName); s != "" {
			v, err := fromText(m.Shape, s)
			if err != nil {
				return nil, fmt.Errorf("header %s: %w", m.LocationName, err)
			}
			result = append(result, Entry{m.Name, v})
		}
	}
	return result, nil
}

// fromJSON converts a JSON tree to a shape's types. Members that the model does not
// know are dropped.
func fromJSON(sh *api.Shape, tree any) (any, error) {
	switch sh.Kind {
	case api.Structure, api.Map:
		o, ok := tree.(Object)
		if !ok {
			return nil, fmt.Errorf("%s is no object", sh.Name)
		}
		if sh.Kind == api.Map {
			return mapFromJSON(sh, o)
		}
		result := Object{}
		for _, m := range sh.Members {
			v, _ := o.Get(m.LocationName)
			if v == nil || m.Location != api.InBody {
				continue
			}
			typed, err := fromJSON(m.Shape, v)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.Name, err)
			}
			result = append(result, Entry{m.Name, typed})
		}
		return result, nil
	case api.List:
		list, ok := tree.([]any)
		if !ok {
			return nil, fmt.Errorf("%s is no list", sh.Name)
		}
		result := make([]any, len(list))
		for i, v := range list {
			var err error
			result[i], err = fromJSON(sh.Elem, v)
			if err != nil {
				return nil, fmt.Errorf("entry %d: %w", i+1, err)
			}
		}
		return result, nil
	}
	return leafFromJSON(sh, tree)
}

func mapFromJSON(sh *api.Shape, o Object) (any, error) {
	result := make(Object, len(o))
	for i, e := range o {
		v, err := fromJSON(sh.Elem, e.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name, err)
		}
		result[i] = Entry{e.Name, v}
	}
	return result, nil
}

func leafFromJSON(sh *api.Shape, tree any) (any, error) {
	switch v := tree.(type) {
	case string:
		return fromText(sh, v)
	case bool:
		if sh.Kind == api.Boolean {
			return v, nil
		}
	case json.Number:
		if t, ok := epoch(v.String()); ok && sh.Kind == api.Timestamp {
			return t, nil
		}
		if n, ok := integerOf(v); ok && (sh.Kind == api.Integer || sh.Kind == api.Long) {
			return n, nil
		}
	}
	return nil, fmt.Errorf("%s cannot be read as a %v", sh.Name, sh.Kind)
}

// fromText converts text to a shape's type. The text is that of a header, an XML
// element or a JSON string.
func fromText(sh *api.Shape, s string) (any, error) {
	switch sh.Kind {
	case api.String:
		return s, nil
	case api.Integer, api.Long:
		n, err := strconv.ParseInt(s, 10, 64)
		if err == nil {
			return n, nil
		}
	case api.Boolean:
		if s == "true" || s == "false" {
			return s == "true", nil
		}
	case api.Timestamp:
		if t, ok := timeOf(s); ok {
			return t, nil
		}
	case api.Blob:
		b, err := base64.StdEncoding.DecodeString(s)
		if err == nil {
			return b, nil
		}
	}
	return nil, fmt.Errorf("%s cannot be read as a %v", sh.Name, sh.Kind)
}

// ReadError reads a reply that is an error and closes its body. The code is,
// in rest-json, the header x-amzn-errortype, else the body's code, else its
// __type; in the query protocol that of the ErrorResponse. What is none of
// these (a proxy's page, say) has its HTTP status as code.
func ReadError(op *api.Operation, resp *http.Response) *ResponseError {
	e := &ResponseError{Status: resp.StatusCode, RequestID: resp.Header.Get(requestIDHeader), Hint: headerText(resp.Header.Get(hintHeader), maxHint)}
	data, err := readAll(resp)
	if err != nil {
		data = nil // the status is enough
	}
	if op.Service.Protocol == api.Query {
		e.fromXML(data)
	} else {
		e.fromJSON(resp.Header.Get(errorTypeHeader), data)
	}
	if e.Code == "" {
		e.Code = strconv.Itoa(resp.StatusCode)
	}
	return e
}

func (e *ResponseError) fromJSON(header string, data []byte) {
	tree, err := parseJSON(data)
	body, ok := tree.(Object)
	if err != nil || !ok {
		e.Message = strings.ToValidUTF8(string(data), "\uFFFD")
	}
	e.Code = withoutPrefix(header)
	for _, name := range []string{"code", "Code", "__type"} {
		if v, _ := body.Get(name); e.Code == "" && v != nil {
			e.Code = withoutPrefix(fmt.Sprint(v))
		}
	}
	for _, name := range []string{"message", "Message"} {
		if v, _ := body.Get(name); e.Message == "" && v != nil {
			e.Message = fmt.Sprint(v)
		}
	}
}

func (e *ResponseError) fromXML(data []byte) {
	root, err := parseXML(data)
	if err != nil {
		e.Message = strings.ToValidUTF8(string(data), "\uFFFD")
		return
	}
	e.Code = root.path("Error", "Code").content()
	e.Message = root.path("Error", "Message").content()
	if id := root.path("RequestId").content(); id != "" {
		e.RequestID = id
	}
}
