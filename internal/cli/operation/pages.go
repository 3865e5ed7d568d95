package operation

import (
	"context"
	"encoding/base64"
	"math"
	"math/big"
	"strings"

	"daypass/api"
	"daypass/internal/cli/argument"
	"daypass/internal/cli/client"
	"daypass/internal/cli/command"
	"daypass/internal/cli/document"
	"daypass/internal/cli/exit"
)

// The options of operations whose output comes in pages. The last one replaces the
// option of a member of the same name, as in the AWS CLI.
const (
	startingToken = "starting-token"
	pageSize      = "page-size"
	maxItems      = "max-items"
)

var (
	pageOptions = []string{startingToken, pageSize, maxItems}
	pageHelp    = []string{
		"Where to begin: the NextToken of a result that --max-items cut off.",
		"How many entries each request asks for.",
		"How many entries to print at most. If there are more, the result has a NextToken.",
	}
)

// pageDest returns the Dest of one of pageOptions. No member has such a name.
func pageDest(name string) string { return "--" + name }

// withPages returns the options of an operation with those of pages added.
func withPages(op *api.Operation, options []*argument.Argument) []*argument.Argument {
	if op.Pages == nil {
		return options
	}
	var list []*argument.Argument
	for _, o := range options {
		a := *o
		if a.Dest == op.Pages.Input || a.Dest == op.Pages.Limit {
			a.Help = "For paging by hand: one request is made, and its result is printed as it is."
		}
		if a.Names[0] != "--"+maxItems {
			list = append(list, &a)
		}
	}
	for i, name := range pageOptions {
		help := pageHelp[i]
		a := &argument.Argument{Names: []string{"--" + name}, Dest: pageDest(name), Placeholder: "VALUE (string)", Help: help}
		if name != startingToken {
			a.Type, a.Placeholder = argument.Int, "VALUE (integer)"
		}
		list = append(list, a)
	}
	return list
}

// A window is the part of a list to print.
type window struct {
	start    string // value of --starting-token
	hasStart bool
	size     any   // number of entries of a page; nil leaves it to the service
	max      int64 // the largest number of entries; negative means all
}

// readWindow reads the options of pages. It returns nil if one response is printed as
// it is: with --no-paginate, or with options or documents that page by hand.
func readWindow(env *command.Env, op *api.Operation, values argument.Values, input *document.Object) (*window, error) {
	p := op.Pages
	if p == nil {
		return nil, nil
	}
	_, isToken := values[p.Input]
	_, isLimit := values[p.Limit]
	isShadowed := commandName(p.Limit) == maxItems
	isOff := env.NoPaginate || isToken || isLimit
	byHand := isOff || input.Has(p.Input) || input.Has(p.Limit)
	if byHand {
		var given []string
		for _, name := range pageOptions {
			v, ok := values[pageDest(name)]
			if ok && v != "" && v != int64(0) && (name != maxItems || !isShadowed || !isOff) {
				given = append(given, "--"+name)
			}
		}
		if given != nil {
			return nil, exit.Errorf(exit.Usage, "Cannot specify --no-paginate along with pagination arguments: %s", strings.Join(given, ", "))
		}
		if v, ok := values[pageDest(maxItems)]; ok && isShadowed && !input.Has(p.Limit) {
			input.Set(p.Limit, v)
		}
		return nil, nil
	}
	w := &window{max: -1, size: values[pageDest(pageSize)]}
	w.start, w.hasStart = values[pageDest(startingToken)].(string)
	switch n := values[pageDest(maxItems)].(type) {
	case int64:
		w.max = n
	case *big.Int:
		w.max = math.MaxInt64
		if n.Sign() < 0 {
			w.max = -2
		}
	}
	if w.max < -1 || values[pageDest(maxItems)] == int64(-1) {
		return nil, exit.UsageError("argument --max-items: expected 0 or more")
	}
	return w, nil
}

// A pager reads the pages of a list.
type pager struct {
	op     *api.Operation
	window *window
	input  *document.Object
	call   func(ctx context.Context, input *document.Object) (*document.Object, error)

	next    *document.Object // input members that ask for the next page
	printed int              // number of entries of the first page that an earlier run printed
	resume  string           // the NextToken of a list that is cut off; "" at its end
}

// eachPage calls show with each page, without the entries that are outside of the
// window.
//
// Source: PageIterator of botocore, which has the same tokens.
func (p *pager) eachPage(ctx context.Context, show func(page *document.Object) error) error {
	err := p.begin()
	if err != nil {
		return err
	}
	var total int64
	var previous *document.Object
	for isFirst := true; ; isFirst = false {
		page, err := p.call(ctx, p.input)
		if err != nil {
			return err
		}
		if isFirst && p.printed > 0 {
			p.dropPrinted(page)
		}
		count := int64(len(entries(page, p.op.Pages.Results[0])))
		if p.window.max >= 0 && total+count > p.window.max {
			p.cutOff(page, p.window.max-total, isFirst)
			return show(page)
		}
		err = show(page)
		if err != nil {
			return err
		}
		total += count
		p.next = p.nextToken(page)
		if p.next == nil {
			return nil
		}
		if total == p.window.max {
			p.resume = encodeToken(p.next)
			return nil
		}
		if previous != nil && document.Compact(previous) == document.Compact(p.next) {
			return exit.Errorf(exit.General, "Error during pagination: The same next token was received twice: %s", document.Repr(p.next))
		}
		previous = p.next
		p.setToken(p.next)
	}
}

// begin sets the parameters of the first page.
func (p *pager) begin() error {
	p.next = document.New(document.Member{Name: p.op.Pages.Input})
	if p.window.hasStart {
		var err error
		p.next, p.printed, err = decodeToken(p.window.start, p.op.Pages.Input)
		if err != nil {
			return err
		}
		p.setToken(p.next)
	}
	if p.window.size != nil {
		p.input.Set(p.op.Pages.Limit, p.window.size)
	}
	return nil
}

// setToken puts a token into the input.
func (p *pager) setToken(token *document.Object) {
	for _, m := range token.Members() {
		if m.Value == nil || m.Value == "None" {
			p.input.Delete(m.Name)
			continue
		}
		p.input.Set(m.Name, m.Value)
	}
}

func entries(page *document.Object, name string) []any {
	v, _ := page.Get(name)
	list, _ := v.([]any)
	return list
}

// dropPrinted removes from the first page what an earlier run printed: entries of the
// first list, and all entries of the others.
func (p *pager) dropPrinted(page *document.Object) {
	for i, name := range p.op.Pages.Results {
		list := entries(page, name)
		if list == nil {
			continue
		}
		from := len(list)
		if i == 0 {
			from = min(p.printed, from)
		}
		page.Set(name, list[from:])
	}
}

// cutOff keeps the first entries of a page and sets p.resume to where the rest
// begins.
func (p *pager) cutOff(page *document.Object, keep int64, isFirst bool) {
	first := p.op.Pages.Results[0]
	page.Set(first, entries(page, first)[:keep])
	if isFirst {
		keep += int64(p.printed)
	}
	p.next.Set(truncationMember, keep)
	p.resume = encodeToken(p.next)
}

// nextToken returns the input members that ask for the page after this one, or nil.
func (p *pager) nextToken(page *document.Object) *document.Object {
	if p.op.Pages.More != "" {
		if more, _ := page.Get(p.op.Pages.More); more != true {
			return nil
		}
	}
	token, _ := page.Get(p.op.Pages.Output)
	if token == nil || token == "" {
		return nil
	}
	return document.New(document.Member{Name: p.op.Pages.Input, Value: token})
}

// truncationMember is the member of a NextToken with the number of entries of its page
// that were printed.
const truncationMember = "boto_truncate_amount"

// encodeToken returns a NextToken as botocore makes it: JSON in Python's spelling,
// in base64.
func encodeToken(token *document.Object) string {
	var members []string
	for _, m := range token.Members() {
		members = append(members, document.Compact(m.Name)+": "+document.Compact(m.Value))
	}
	return base64.StdEncoding.EncodeToString([]byte("{" + strings.Join(members, ", ") + "}"))
}

// decodeToken reads a NextToken. skip is the number of entries of its page to leave
// out. Any other text is the service's own token, perhaps followed by that number, as
// older versions of the AWS CLI wrote it.
func decodeToken(text, input string) (token *document.Object, skip int, err error) {
	bad := exit.Errorf(exit.General, "Bad starting token: %s", text)
	data, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		v, err := document.Decode(string(data))
		if token, ok := v.(*document.Object); ok && err == nil {
			n, counts := token.Get(truncationMember)
			token.Delete(truncationMember)
			amount, isInt := n.(int64)
			if counts && (!isInt || amount < 0 || amount > math.MaxInt32) {
				return nil, 0, bad
			}
			return token, int(amount), nil
		}
	}
	parts := strings.Split(text, "___")
	if len(parts) == 2 {
		n, ok := document.ParseInt(parts[1])
		amount, isInt := n.(int64)
		if ok && isInt && amount >= 0 && amount <= math.MaxInt32 {
			parts, skip = parts[:1], int(amount)
		} else {
			parts = []string{text}
		}
	}
	if len(parts) != 1 {
		return nil, 0, bad
	}
	var serviceToken any = parts[0]
	if serviceToken == "None" {
		serviceToken = nil
	}
	return document.New(document.Member{Name: input, Value: serviceToken}), skip, nil
}

// runPages prints a list as a whole. In the formats in which the AWS CLI prints one
// page after the other, it does the same.
func (c *call) runPages(ctx context.Context, env *command.Env) error {
	caller, err := env.Session.Caller(ctx, c.op)
	if err != nil {
		return err
	}
	defer caller.Close()
	format, err := env.OutputFormat()
	if err != nil {
		return err
	}
	p := &pager{op: c.op, window: c.window, input: c.input, call: func(ctx context.Context, input *document.Object) (*document.Object, error) {
		return c.readPage(ctx, env, caller, input)
	}}
	switch format {
	case "yaml-stream":
		return p.eachPage(ctx, func(page *document.Object) error { return env.Print(c.op.Name, page) })
	case "text":
		isFirst := true
		err := p.eachPage(ctx, func(page *document.Object) error {
			shown := &document.Object{}
			if isFirst {
				copyMembers(shown, page, c.op.Pages.Whole)
			}
			isFirst = false
			copyMembers(shown, page, c.op.Pages.Results)
			return env.Print(c.op.Name, shown)
		})
		if err != nil || p.resume == "" {
			return err
		}
		token := document.New(document.Member{Name: "NextToken", Value: p.resume})
		return env.Print(c.op.Name, document.New(document.Member{Name: "NextToken", Value: token}))
	}
	list, err := p.collect(ctx)
	if err != nil {
		return err
	}
	return env.Print(c.op.Name, list)
}

// readPage makes the request for a page.
func (c *call) readPage(ctx context.Context, env *command.Env, caller *client.Caller, input *document.Object) (*document.Object, error) {
	reply, err := caller.Call(ctx, input)
	if err != nil {
		return nil, err
	}
	wireTimes, err := env.Session.WireTimes()
	if err != nil {
		return nil, err
	}
	page, _ := resultDocument(c.op, reply, wireTimes).(*document.Object)
	return page, nil
}

// copyMembers copies members. A member that does not exist becomes null.
func copyMembers(to, from *document.Object, names []string) {
	for _, name := range names {
		v, _ := from.Get(name)
		to.Set(name, v)
	}
}

// collect returns all pages as one result.
func (p *pager) collect(ctx context.Context) (*document.Object, error) {
	sum, facts := &document.Object{}, &document.Object{}
	isFirst := true
	err := p.eachPage(ctx, func(page *document.Object) error {
		if isFirst {
			copyMembers(facts, page, p.op.Pages.Whole)
		}
		isFirst = false
		for _, name := range p.op.Pages.Results {
			if v, _ := page.Get(name); v != nil {
				sum.Set(name, append(entries(sum, name), entries(page, name)...))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, m := range facts.Members() {
		sum.Set(m.Name, m.Value)
	}
	if p.resume != "" {
		sum.Set("NextToken", p.resume)
	}
	return sum, nil
}
