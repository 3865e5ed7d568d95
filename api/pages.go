package api

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Pages says how the answer of an operation comes in pages. All its fields name
// members of the input or the output.
type Pages struct {
	Input  string // of the input: takes the token of a page
	Output string // of the output: the token of the page behind it, if there is one
	Limit  string // of the input: how many entries a page holds
	More   string // of the output: whether there is a page behind it; "" where Output alone tells

	Results []string // lists of the output; the first one is counted
	Whole   []string // of the output: facts of the whole, the same on each page
}

// A Waiter is a question that is asked again until its answer is the one that is
// waited for.
type Waiter struct {
	Name      string
	Operation *Operation
	Delay     time.Duration // between two tries
	Attempts  int           // at most
	Acceptors []Acceptor    // the first that matches decides
}

// An Acceptor says what an answer means for a [Waiter].
type Acceptor struct {
	State  State
	Status int    // of HTTP; 0 where Error is meant
	Error  string // code
}

// A State is what an answer means for a [Waiter].
type State string

const (
	Success State = "success" // what is waited for is there
	Failure State = "failure" // it will not come
	Retry   State = "retry"   // it may still come
)

// pages reads how the answers of an operation come.
func (p *parser) pages(rest string) error {
	w := strings.Fields(rest)
	if len(w) < 5 || len(w) > 6 {
		return errors.New("pages wants five or six words")
	}
	pages := &Pages{Input: w[0], Output: w[1], Limit: w[2], Results: strings.Split(w[4], ",")}
	if w[3] != "-" {
		pages.More = w[3]
	}
	if len(w) == 6 {
		pages.Whole = strings.Split(w[5], ",")
	}
	p.op.Pages = pages
	return nil
}

// waiter reads the line of a waiter, whose operation stands above.
func (p *parser) waiter(rest string) error {
	w := strings.Fields(rest)
	if len(w) != 4 {
		return errors.New("waiter wants four words")
	}
	op := p.s.Operations[w[1]]
	seconds, err := strconv.Atoi(w[2])
	attempts, err2 := strconv.Atoi(w[3])
	err = errors.Join(err, err2)
	if err != nil || op == nil {
		return errors.Join(err, fmt.Errorf("waiter %s has no operation %s", w[0], w[1]))
	}
	if p.s.Waiters == nil {
		p.s.Waiters = map[string]*Waiter{}
	}
	p.op, p.sh = nil, nil
	p.wait = &Waiter{Name: w[0], Operation: op, Delay: time.Duration(seconds) * time.Second, Attempts: attempts}
	p.s.Waiters[w[0]] = p.wait
	return nil
}

// accept reads an acceptor of the waiter above.
func (p *parser) accept(rest string) error {
	w := strings.Fields(rest)
	if p.wait == nil || len(w) != 3 || !slices.Contains([]State{Success, Failure, Retry}, State(w[0])) {
		return errors.New("accept belongs to a waiter and wants a state, what is looked at, and its value")
	}
	a := Acceptor{State: State(w[0])}
	switch w[1] {
	case "status":
		var err error
		a.Status, err = strconv.Atoi(w[2])
		if err != nil {
			return err
		}
	case "error":
		a.Error = w[2]
	default:
		return fmt.Errorf("accept looks at %s, which is unknown", w[1])
	}
	p.wait.Acceptors = append(p.wait.Acceptors, a)
	return nil
}
