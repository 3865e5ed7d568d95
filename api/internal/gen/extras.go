package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// extras is what we read from the files beside a service-2.json.
type extras struct {
	Pagination map[string]*pagination `json:"pagination"`
	Waiters    map[string]waiter      `json:"waiters"`
}

type pagination struct {
	Input  string   `json:"input_token"`
	Output string   `json:"output_token"`
	Limit  string   `json:"limit_key"`
	More   string   `json:"more_results"`
	Result nameList `json:"result_key"`
	Whole  nameList `json:"non_aggregate_keys"`
}

// nameList is one name or a list of them.
type nameList []string

func (n *nameList) UnmarshalJSON(data []byte) error {
	if data[0] == '[' {
		return json.Unmarshal(data, (*[]string)(n))
	}
	*n = make(nameList, 1)
	return json.Unmarshal(data, &(*n)[0])
}

type waiter struct {
	Operation string `json:"operation"`
	Delay     int    `json:"delay"`
	Attempts  int    `json:"maxAttempts"`
	Acceptors []struct {
		State    string `json:"state"`
		Matcher  string `json:"matcher"`
		Expected any    `json:"expected"`
	} `json:"acceptors"`
}

// readExtras reads the files in the folder of a service. It merges the SDK's extra
// paginators into the others, as botocore does.
func (e *extras) readExtras(dir string) error {
	var sdkExtras struct{ Merge extras }
	for file, v := range map[string]any{"paginators-1.json": e, "waiters-2.json": e, "paginators-1.sdk-extras.json": &sdkExtras} {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = json.Unmarshal(data, v)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	for name, p := range sdkExtras.Merge.Pagination {
		if e.Pagination[name] != nil {
			e.Pagination[name].Whole = append(e.Pagination[name].Whole, p.Whole...)
		}
	}
	return nil
}

func (e *extras) writePages(b *strings.Builder, operation string) {
	p := e.Pagination[operation]
	if p == nil {
		return
	}
	fmt.Fprintf(b, "pages %s %s %s %s %s", p.Input, p.Output, p.Limit, orDash(p.More), strings.Join(p.Result, ","))
	if len(p.Whole) > 0 {
		b.WriteString(" " + strings.Join(p.Whole, ","))
	}
	b.WriteByte('\n')
}

func (e *extras) writeWaiters(b *strings.Builder) error {
	for _, name := range slices.Sorted(maps.Keys(e.Waiters)) {
		w := e.Waiters[name]
		fmt.Fprintf(b, "waiter %s %s %d %d\n", name, w.Operation, w.Delay, w.Attempts)
		for _, a := range w.Acceptors {
			if a.Matcher != "status" && a.Matcher != "error" {
				return fmt.Errorf("waiter %s looks at %s, which package api does not know", name, a.Matcher)
			}
			fmt.Fprintf(b, "accept %s %s %v\n", a.State, a.Matcher, a.Expected)
		}
	}
	if len(e.Waiters) > 0 {
		b.WriteByte('\n')
	}
	return nil
}
