package document

import "fmt"

// A Message is an error that is shown to the user as it is, mostly in the words of the
// AWS CLI or of its libraries. So it may begin with a capital, end with a full stop
// and have several lines.
type Message string

func (m Message) Error() string { return string(m) }

// Messagef returns a formatted [Message].
func Messagef(format string, args ...any) error { return Message(fmt.Sprintf(format, args...)) }
