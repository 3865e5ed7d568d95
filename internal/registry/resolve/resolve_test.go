package resolve_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"daypass/internal/fault"
	"daypass/internal/format"
	"daypass/internal/registry/resolve"
)

// A fixed member answers everything alike.
type fixed struct {
	name  string
	err   error
	asked *[]string
}

func (f fixed) answer() error {
	*f.asked = append(*f.asked, f.name)
	return f.err
}

func (f fixed) Package(context.Context, format.Name) (*format.Package, error) {
	return &format.Package{Name: format.Name{Name: f.name}}, f.answer()
}

func (f fixed) Document(context.Context, format.Name, string, func(*format.Package) ([]byte, error)) (*format.Document, error) {
	return format.NewDocument([]byte(f.name)), f.answer()
}

func (f fixed) Index(context.Context, string, func(iter.Seq2[format.Name, error]) ([]byte, error)) (*format.Document, error) {
	return format.NewDocument([]byte(f.name)), f.answer()
}

func (f fixed) Open(context.Context, format.Ref, string) (*format.Content, error) {
	return &format.Content{Asset: format.Asset{Name: f.name}}, f.answer()
}

func TestAChainStopsAtTheFirstMemberThatHasIt(t *testing.T) {
	t.Parallel()
	missing, away := fault.New(fault.NotFound, "not in the nearest"), errors.New("the database is away")
	for _, row := range []struct {
		title string
		errs  []error // of the members
		found string
		err   error
		asked int
	}{
		{"the nearest has it", []error{nil, nil}, "0", nil, 1},
		{"the second has it", []error{missing, nil, nil}, "1", nil, 2},
		{"nobody has it", []error{missing, fault.New(fault.NotFound, "not there either")}, "", missing, 2},
		{"the nearest fails", []error{away, nil}, "", away, 1},
		{"the second fails", []error{missing, away, nil}, "", away, 2},
	} {
		var asked []string
		var chain resolve.Chain
		for i, err := range row.errs {
			chain = append(chain, fixed{string(rune('0' + i)), err, &asked})
		}
		for method, ask := range map[string]func() (string, error){
			"Package": func() (string, error) {
				p, err := chain.Package(t.Context(), format.Name{})
				return p.Name.Name, err
			},
			"Open": func() (string, error) {
				c, err := chain.Open(t.Context(), format.Ref{}, "")
				return c.Asset.Name, err
			},
			"Document": func() (string, error) {
				d, err := chain.Document(t.Context(), format.Name{}, "", nil)
				return string(rune('0' + len(asked) - d.Size(""))), err
			},
			"Index": func() (string, error) {
				d, err := chain.Index(t.Context(), "", nil)
				return string(rune('0' + len(asked) - d.Size(""))), err
			},
		} {
			asked = nil
			found, err := ask()
			if !errors.Is(err, row.err) || row.err == nil && (err != nil || found != row.found) || len(asked) != row.asked {
				t.Errorf("%s, %s: %q, %v after %v", row.title, method, found, err, asked)
			}
		}
	}
}
