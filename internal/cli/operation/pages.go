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

// Options of operations whose answer comes in pages. The last one stands in the
// place of a member of the same name, as in the AWS CLI.
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
		"How many entries are printed at most. If there are more, the result has a NextToken.",
	}
)

// pageDest is where the value of one of pageOptions is: no member is called so.
func pageDest(name string) string { return "--" + name }

// withPages puts the options of pages among those of an operation.
func withPages(op *api.Operation, given []*argument.Argument) []*argument.Argument {
	if op.Pages == nil {
		return given
	}
	var list []*argument.Argument
	for _, a := range given {
		switch a.Dest {
		case op.Pages.Input, op.Pages.Limit:
			a.Help = "For paging by hand: one request is made, and its answer is printed as it came."
		}
		if a.Names[0] != "--"+maxItems {
			list = append(list, a)
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

// A window is the part of a list that is asked for.
type window struct {
	start    string
	hasStart bool
	size     any   // entries of a page; nil leaves it to the service
	max      int64 // entries at most; negative: all
}

// windowOf reads the options of pages. It returns nil where they are turned off:
// by --no-paginate, or by options and documents that page by hand.
func windowOf(env *command.Env, op *api.Operation, values argument.Values, input *document.Object) (*window, error) {
	p := op.Pages
	if p == nil {
		return nil, nil
	}
	_, isToken := values[p.Input]
	_, isLimit := values[p.Limit]
	isShadowed := kebab(p.Limit) == maxItems
	off := env.NoPaginate || isToken || isLimit
	byHand := off || input.Has(p.Input) || input.Has(p.Limit)
	if byHand {
		var given []string
		for _, name := range pageOptions {
			v, ok := values[pageDest(name)]
			if ok && v != "" && v != int64(0) && (name != maxItems || !isShadowed || !off) {
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

// A pager asks for one page after the other.
type pager struct {
	op     *api.Operation
	window *window
	input  *document.Object
	call   func(ctx context.Context, input *document.Object) (*document.Object, error)

	next   *document.Object // the token of the next page, by the name of the member that takes it
	skip   int              // entries of the first page that were printed before
	resume string           // the NextToken of a list that was cut off; "" at its end
}

// each calls show with each page. Entries that are not wanted are cut off.
//
// Source: PageIterator of botocore; its tokens and ours are the same.
func (p *pager) each(ctx context.Context, show func(page *document.Object) error) error {
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
		if isFirst && p.skip > 0 {
			p.dropPrinted(page)
		}
		count := int64(len(entries(page, p.op.Pages.Results[0])))
		if p.window.max >= 0 && total+count > p.window.max {
			p.cut(page, p.window.max-total, isFirst)
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
		p.ask(p.next)
	}
}

// begin sets the parameters of the first page.
func (p *pager) begin() error {
	p.next = document.New(document.Member{Name: p.op.Pages.Input})
	if p.window.hasStart {
		var err error
		p.next, p.skip, err = decodeToken(p.window.start, p.op.Pages.Input)
		if err != nil {
			return err
		}
		p.ask(p.next)
	}
	if p.window.size != nil {
		p.input.Set(p.op.Pages.Limit, p.window.size)
	}
	return nil
}

// ask puts a token into the parameters.
func (p *pager) ask(token *document.Object) {
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

// dropPrinted takes away what an earlier run printed of the first page: entries of
// the first list, and all of the others.
func (p *pager) dropPrinted(page *document.Object) {
	for i, name := range p.op.Pages.Results {
		list := entries(page, name)
		if list == nil {
			continue
		}
		from := len(list)
		if i == 0 {
			from = min(p.skip, from)
		}
		page.Set(name, list[from:])
	}
}

// cut leaves the first entries of a page and notes where the rest begins.
func (p *pager) cut(page *document.Object, keep int64, isFirst bool) {
	first := p.op.Pages.Results[0]
	page.Set(first, entries(page, first)[:keep])
	if isFirst {
		keep += int64(p.skip)
	}
	p.next.Set(truncation, keep)
	p.resume = encodeToken(p.next)
}

// nextToken returns the token of the page behind one, or nil.
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

// truncation is the member of a token that counts the printed entries of a page.
const truncation = "boto_truncate_amount"

// encodeToken makes a NextToken as botocore does: JSON as Python writes it, in
// base64.
func encodeToken(token *document.Object) string {
	var members []string
	for _, m := range token.Members() {
		members = append(members, document.Compact(m.Name)+": "+document.Compact(m.Value))
	}
	return base64.StdEncoding.EncodeToString([]byte("{" + strings.Join(members, ", ") + "}"))
}

// decodeToken reads a NextToken. What is none is the service's own token, perhaps
// with a number of printed entries behind it, as older versions of the AWS CLI wrote
// them.
func decodeToken(text, input string) (token *document.Object, skip int, err error) {
	bad := exit.Errorf(exit.General, "Bad starting token: %s", text)
	data, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		v, err := document.Decode(string(data))
		if token, ok := v.(*document.Object); ok && err == nil {
			n, counts := token.Get(truncation)
			token.Delete(truncation)
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
	var service any = parts[0]
	if service == "None" {
		service = nil
	}
	return document.New(document.Member{Name: input, Value: service}), skip, nil
}

// runPages prints a list: whole, or in the formats of which the AWS CLI prints the
// pages as they come, page by page.
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
		return c.page(ctx, env, caller, input)
	}}
	switch format {
	case "yaml-stream":
		return p.each(ctx, func(page *document.Object) error { return env.Print(c.op.Name, page) })
	case "text":
		isFirst := true
		err := p.each(ctx, func(page *document.Object) error {
			shown := &document.Object{}
			if isFirst {
				facts(shown, page, c.op.Pages.Whole)
			}
			isFirst = false
			facts(shown, page, c.op.Pages.Results)
			return env.Print(c.op.Name, shown)
		})
		if err != nil || p.resume == "" {
			return err
		}
		token := document.New(document.Member{Name: "NextToken", Value: p.resume})
		return env.Print(c.op.Name, document.New(document.Member{Name: "NextToken", Value: token}))
	}
	whole, err := p.whole(ctx)
	if err != nil {
		return err
	}
	return env.Print(c.op.Name, whole)
}

// page asks for a page.
func (c *call) page(ctx context.Context, env *command.Env, caller *client.Caller, input *document.Object) (*document.Object, error) {
	reply, err := caller.Call(ctx, input)
	if err != nil {
		return nil, err
	}
	wireTimes, err := env.Session.WireTimes()
	if err != nil {
		return nil, err
	}
	page, _ := result(c.op, reply, wireTimes).(*document.Object)
	return page, nil
}

// facts copies members; one that is not there is null.
func facts(to, from *document.Object, names []string) {
	for _, name := range names {
		v, _ := from.Get(name)
		to.Set(name, v)
	}
}

// whole puts the pages together.
func (p *pager) whole(ctx context.Context) (*document.Object, error) {
	sum, whole := &document.Object{}, &document.Object{}
	isFirst := true
	err := p.each(ctx, func(page *document.Object) error {
		if isFirst {
			facts(whole, page, p.op.Pages.Whole)
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
	for _, m := range whole.Members() {
		sum.Set(m.Name, m.Value)
	}
	if p.resume != "" {
		sum.Set("NextToken", p.resume)
	}
	return sum, nil
}
