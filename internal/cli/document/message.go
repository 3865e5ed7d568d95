package document

import "fmt"

// A Message is an error in the words of the AWS CLI or of its libraries: it may
// begin with a capital, end with a full stop and have several lines, and it is
// shown to the user as it is.
type Message string

func (m Message) Error() string { return string(m) }

// Messagef returns a formatted [Message].
func Messagef(format string, args ...any) error { return Message(fmt.Sprintf(format, args...)) }
