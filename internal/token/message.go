package token

import (
	"context"
	"strings"
)

// MaxMessage is the length in characters that no authorization message exceeds.
// STS takes four times as much, but the message travels in a header, and the
// usual proxies give all headers of an answer 4 KiB.
const MaxMessage = 2560

// Messages are padded to a multiple of messageBlock bytes, with spaces behind the
// JSON: the length must not tell of policies that the caller may not see.
const messageBlock = 256

// MaxMessageContent is how many bytes of JSON a message can carry.
const MaxMessageContent = 7 * messageBlock

// A Message tells why a request was denied, sealed because who was denied may
// not know it.
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

// OpenMessage returns what an authorization message carries. See [Keyring.Open].
func (k *Keyring) OpenMessage(ctx context.Context, s string) (Message, error) {
	var m Message
	err := k.open(ctx, MessagePrefix, s, &m)
	if err != nil {
		return Message{}, err
	}
	m.Content = strings.TrimRight(m.Content, " ")
	return m, nil
}
