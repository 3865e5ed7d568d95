package api

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Pages says how the output of an operation comes in pages. Its fields name members
// of the input or of the output.
type Pages struct {
	Input  string // input member: the token of the page to return
	Output string // output member: the token of the next page, if there is one
	Limit  string // input member: how many entries a page has at most
	More   string // output member: whether there is a next page; "" if Output alone says so

	Results []string // output members: the lists; the first one counts for limits
	Whole   []string // output members that describe all pages and are the same on each
}

// A Waiter calls an operation again and again until its response has the state that
// is waited for.
type Waiter struct {
	Name      string
	Operation *Operation
	Delay     time.Duration // between two calls
	Attempts  int           // the largest number of calls
	Acceptors []Acceptor    // the first that matches decides
}

// An Acceptor matches a response by its status or its error, and says what it means
// for a [Waiter].
type Acceptor struct {
	State  State
	Status int    // of HTTP; 0 if Error is set
	Error  string // an error's code
}

// A State is what a response means for a [Waiter].
type State string

const (
	Success State = "success" // the wait has ended well
	Failure State = "failure" // the wait can never end well
	Retry   State = "retry"   // call again
)

// pages reads the pagination of the operation above.
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
	p.currentOp.Pages = pages
	return nil
}

// waiter reads a waiter. Its operation is defined further up.
func (p *parser) waiter(rest string) error {
	w := strings.Fields(rest)
	if len(w) != 4 {
		return errors.New("waiter wants four words")
	}
	op := p.service.Operations[w[1]]
	seconds, err := strconv.Atoi(w[2])
	attempts, err2 := strconv.Atoi(w[3])
	err = errors.Join(err, err2)
	if err != nil || op == nil {
		return errors.Join(err, fmt.Errorf("waiter %s has no operation %s", w[0], w[1]))
	}
	if p.service.Waiters == nil {
		p.service.Waiters = map[string]*Waiter{}
	}
	p.currentOp, p.currentShape = nil, nil
	p.currentWaiter = &Waiter{Name: w[0], Operation: op, Delay: time.Duration(seconds) * time.Second, Attempts: attempts}
	p.service.Waiters[w[0]] = p.currentWaiter
	return nil
}

// accept reads an acceptor of the waiter above.
func (p *parser) accept(rest string) error {
	w := strings.Fields(rest)
	if p.currentWaiter == nil || len(w) != 3 || !slices.Contains([]State{Success, Failure, Retry}, State(w[0])) {
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
	p.currentWaiter.Acceptors = append(p.currentWaiter.Acceptors, a)
	return nil
}
