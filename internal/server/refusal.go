package server

import (
	"net/http"

	"daypass/internal/fault"
	"daypass/internal/printable"
	"daypass/internal/token"
)

// harmless returns a fault whose texts hold no token and no character that a
// terminal obeys, whatever of a request they quote.
func harmless(f *fault.Error) *fault.Error {
	message, id := printable.Lines(masked(f.Message)), printable.Text(masked(f.ResourceID))
	if message == f.Message && id == f.ResourceID {
		return f
	}
	told := *f
	told.Message, told.ResourceID = message, id
	return &told
}

// messageHeader carries, with a denial, the encoded message that
// sts:DecodeAuthorizationMessage decodes. AWS puts such messages into the text
// of some services' denials, but not of those whose API this is: their texts
// are matched by clients.
const messageHeader = "X-Daypass-Authorization-Message"

type sealMessage func(token.Message) (string, error)

// tellWhy adds the message to the answer of a denied request. What does not fit
// is not told.
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
