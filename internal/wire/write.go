package wire

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"daypass/api"
	"daypass/internal/fault"
)

// The headers of a reply: the one that names the request, the one that names an
// error, and the one with what Daypass adds to a message that is AWS's.
const (
	requestIDHeader = "X-Amzn-Requestid"
	errorTypeHeader = "X-Amzn-Errortype"
	hintHeader      = "X-Daypass-Hint"
)

// maxHint bounds the header of a hint, in bytes.
const maxHint = 1024

// ErrCut is wrapped by the error of a reply that failed after its first byte. No error
// can be sent to the client then: the connection must be aborted.
var ErrCut = errors.New("reply cut short")

// Negotiate settles the form of the reply to a query call before it is written:
// JSON where the request asks for application/json, else XML. It is for
// [WriteResult] and [WriteError], which find it in w.
//
// Source: the authenticators of Kubernetes and Vault, which ask STS so.
func Negotiate(w http.ResponseWriter, r *http.Request) {
	if wantsJSON(r.Header.Values("Accept")) {
		w.Header().Set("Content-Type", jsonType)
	}
}

const (
	jsonType = "application/json"
	xmlType  = "text/xml"
)

// wantsJSON reports whether JSON is asked for by name, and XML is not asked for
// before it or as much. A wildcard stands for XML, which is what a query service
// speaks.
func wantsJSON(accept []string) bool {
	var json, xml float64
	for _, line := range accept {
		for part := range strings.SplitSeq(line, ",") {
			media, parameters, err := mime.ParseMediaType(part)
			if err != nil {
				continue
			}
			quality := 1.0
			if q, given := parameters["q"]; given {
				quality, err = strconv.ParseFloat(q, 64)
				if err != nil {
					continue
				}
			}
			switch media {
			case jsonType:
				json = max(json, quality)
			case xmlType, "application/xml":
				xml = max(xml, quality)
			}
		}
	}
	return json > xml
}

// isJSON reports whether Negotiate chose JSON.
func isJSON(w http.ResponseWriter) bool { return w.Header().Get("Content-Type") == jsonType }

// WriteResult answers a request with the result of op: out is nil or a pointer
// to the generated output type. A streaming payload is copied and closed, with
// a Content-Length when it tells its size (a method Size or Len, or a file). A
// reply to HEAD loses its body and nothing else. An error that is no [ErrCut]
// has left w untouched, so that a fault can still be written.
func WriteResult(w http.ResponseWriter, op *api.Operation, out any, requestID string) error {
	var v reflect.Value
	root := &node{}
	if out != nil && !reflect.ValueOf(out).IsNil() {
		p, err := planFor(op, out)
		if err != nil {
			return err
		}
		root, v = p.root, reflect.ValueOf(out).Elem()
	}
	if op.Service.Protocol != api.Query {
		root.headers(w.Header(), v)
		if op.Output != nil && op.Output.Payload != nil {
			return sendStream(w, root, v, requestID)
		}
	}
	room := replies.Get().(*replyRoom)
	contentType := jsonType
	switch {
	case op.Service.Protocol != api.Query:
		room.body = root.appendMembers(room.body, v)
	case isJSON(w):
		room.body = appendResultJSON(room.body, op, root, v, requestID)
	default:
		contentType = xmlType
		room.body = appendResult(room.body, op, root, v, requestID)
	}
	err := send(w, http.StatusOK, contentType, requestID, room.body)
	if err != nil {
		// A stream of HTTP/2 that the client ends fails a Write whose bytes net/http
		// may still be sending: they must not become those of another reply.
		return err
	}
	room.done()
	return nil
}

// replyRoom is a buffer for a reply. Buffers are pooled, because nearly all replies
// are small.
type replyRoom struct{ body []byte }

var replies = sync.Pool{New: func() any { return &replyRoom{make([]byte, 0, 1<<10)} }}

// maxPooled is the maximum size of a buffer in the pool, in bytes.
const maxPooled = 16 << 10

// done returns the buffer to the pool, without the secrets of the reply.
func (r *replyRoom) done() {
	if cap(r.body) > maxPooled {
		return
	}
	clear(r.body)
	r.body = r.body[:0]
	replies.Put(r)
}

// send writes a reply. The header's values share one piece of memory; none is ever
// changed in its place.
func send(w http.ResponseWriter, status int, contentType, requestID string, body []byte) error {
	h := w.Header()
	values := &[...]string{contentType, strconv.Itoa(len(body)), requestID}
	h["Content-Type"] = values[0:1:1]
	h["Content-Length"] = values[1:2:2]
	h[requestIDHeader] = values[2:3:3]
	w.WriteHeader(status)
	_, err := w.Write(body)
	return ignoreHeadError(err)
}

// ignoreHeadError drops the error that a reply to HEAD returns for its body.
func ignoreHeadError(err error) error {
	if err == nil || errors.Is(err, http.ErrBodyNotAllowed) {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrCut, err)
}

func (n *node) headers(h http.Header, structure reflect.Value) {
	for i := range n.fields {
		f := &n.fields[i]
		if f.member.Location != api.InHeader {
			continue
		}
		if v, ok := f.value(structure); ok {
			h.Set(f.member.LocationName, fmt.Sprint(v.Interface()))
		}
	}
}

func sendStream(w http.ResponseWriter, n *node, structure reflect.Value, requestID string) (err error) {
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set(requestIDHeader, requestID)
	var content io.ReadCloser
	for i := range n.fields {
		if f := &n.fields[i]; f.member.Location == api.InPayload {
			content, _ = structure.Field(f.index).Interface().(io.ReadCloser)
		}
	}
	if content == nil {
		h.Set("Content-Length", "0")
		w.WriteHeader(http.StatusOK)
		return nil
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	if size, ok := sizeOf(content); ok {
		h.Set("Content-Length", decimal(size))
	}
	w.WriteHeader(http.StatusOK)
	_, err = io.Copy(w, content)
	return ignoreHeadError(err)
}

func sizeOf(content io.Reader) (int64, bool) {
	switch c := content.(type) {
	case interface{ Size() int64 }:
		return c.Size(), true
	case interface{ Len() int }:
		return int64(c.Len()), true
	case *os.File:
		info, err := c.Stat()
		if err == nil && info.Mode().IsRegular() {
			return info.Size(), true
		}
	}
	return 0, false
}

// WriteError answers a request with a fault. In rest-json the code is in the
// header x-amzn-errortype and in the body's __type, beside message and the
// members that the fault has; in the query protocol it is an ErrorResponse of
// namespace. The fault's hint is in the header x-daypass-hint, its cause stays
// out.
func WriteError(w http.ResponseWriter, p fault.Protocol, namespace string, err *fault.Error, requestID string) {
	code, status := err.Kind.Code(p), err.Kind.Status(p)
	h := w.Header()
	if err.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(err.RetryAfter))
	}
	if err.Hint != "" {
		h.Set(hintHeader, headerText(err.Hint, maxHint))
	}
	// A reply that does not arrive concerns the client alone.
	switch {
	case p == fault.Query && isJSON(w):
		_ = send(w, status, jsonType, requestID, appendQueryErrorJSON(nil, code, status, err.Message, requestID))
	case p == fault.Query:
		_ = send(w, status, xmlType, requestID, appendErrorXML(nil, namespace, code, status, err.Message, requestID))
	default:
		h.Set(errorTypeHeader, code)
		_ = send(w, status, jsonType, requestID, appendErrorJSON(nil, code, err))
	}
}

// headerText returns the beginning of a text as a header can hold it: printable
// ASCII, with all else escaped as \u0000.
func headerText(s string, most int) string {
	var b strings.Builder
	for _, r := range s {
		shown := string(r)
		if r < ' ' || r > '~' {
			shown = fmt.Sprintf("\\u%04x", r)
		}
		if b.Len()+len(shown) > most {
			break
		}
		b.WriteString(shown)
	}
	return b.String()
}

func appendErrorJSON(b []byte, code string, err *fault.Error) []byte {
	b = appendString(append(b, `{"__type":`...), code)
	b = appendString(append(b, `,"message":`...), err.Message)
	for _, m := range [...]struct{ name, value string }{
		{"reason", err.Reason}, {"resourceId", err.ResourceID}, {"resourceType", err.ResourceType},
	} {
		if m.value != "" {
			b = appendString(append(append(append(b, ',', '"'), m.name...), '"', ':'), m.value)
		}
	}
	return append(b, '}')
}
