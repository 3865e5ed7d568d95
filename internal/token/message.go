package token

import (
	"context"
	"strings"
)

// MaxMessage is the maximum length of an authorization message, in characters. STS
// accepts four times as much. But the message is sent in a header, and common
// proxies limit all headers of an answer to 4 KiB.
const MaxMessage = 2560

// Messages are padded with spaces to a multiple of messageBlock bytes: their length
// must not reveal policies that the caller may not see.
const messageBlock = 256

// MaxMessageContent is the maximum length of a message's JSON, in bytes.
const MaxMessageContent = 7 * messageBlock

// A Message tells why a request was denied. It is sealed because the caller who was
// denied may not know that.
type Message struct {
	Account string `cbor:"1,keyasint"` // whose principals may decode it
	Content string `cbor:"2,keyasint"` // JSON
}

// SealMessage makes an authorization message. The error wraps [ErrTooLong] if
// the content is longer than [MaxMessageContent].
func (k *Keyring) SealMessage(m Message) (string, error) {
	if len(m.Content) > MaxMessageContent {
		return "", ErrTooLong
	}
	if rest := len(m.Content) % messageBlock; rest > 0 {
		m.Content += strings.Repeat(" ", messageBlock-rest)
	}
	keys := k.keys.Load()
	return keys.seal(MessagePrefix, keys.message, &m)
}

// OpenMessage opens an authorization message. See [Keyring.Open].
func (k *Keyring) OpenMessage(ctx context.Context, s string) (Message, error) {
	var m Message
	err := k.open(ctx, MessagePrefix, s, &m)
	if err != nil {
		return Message{}, err
	}
	m.Content = strings.TrimRight(m.Content, " ")
	return m, nil
}
