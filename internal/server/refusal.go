package server

import (
	"net/http"

	"daypass/internal/fault"
	"daypass/internal/printable"
	"daypass/internal/token"
)

// harmless returns a fault without tokens and without control characters for terminals.
// Messages may quote a request, which may have both.
func harmless(f *fault.Error) *fault.Error {
	message, id := printable.Lines(masked(f.Message)), printable.Text(masked(f.ResourceID))
	if message == f.Message && id == f.ResourceID {
		return f
	}
	told := *f
	told.Message, told.ResourceID = message, id
	return &told
}

// messageHeader is a header of denials. Its value is the encoded message that
// sts:DecodeAuthorizationMessage decodes. AWS has such messages in the error texts of
// some services. The services of this server have none there, and clients match their
// texts.
const messageHeader = "X-Daypass-Authorization-Message"

type sealMessage func(token.Message) (string, error)

// tellWhy sets messageHeader in the answer to a denied request. The message leaves out
// what does not fit into [token.MaxMessageContent].
func tellWhy(w http.ResponseWriter, e *event, seal sealMessage) {
	if e.fault.Kind != fault.AccessDenied || e.call.Refusal == nil {
		return
	}
	account, content := e.call.Refusal.Message(token.MaxMessageContent)
	if content == "" {
		return
	}
	sealed, err := seal(token.Message{Account: account, Content: content})
	if err == nil {
		w.Header().Set(messageHeader, sealed)
	}
}
