package argument

import (
	"cmp"
	"slices"
)

// Near returns up to three words that a mistyped one was probably meant for,
// the likeliest first.
func Near(typed string, words []string) []string {
	const likely = 0.8 // of 1, the bound that the AWS CLI sets
	type candidate struct {
		word  string
		ratio float64
	}
	var found []candidate
	for _, w := range words {
		if r := likeness(w, typed); r >= likely {
			found = append(found, candidate{w, r})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.ratio, a.ratio), cmp.Compare(b.word, a.word))
	})
	var near []string
	for _, c := range found[:min(len(found), 3)] {
		near = append(near, c.word)
	}
	return near
}

// likeness is twice the number of characters in common blocks over the number
// of all characters: Ratcliff and Obershelp's measure, as Python's difflib
// computes it.
func likeness(a, b string) float64 {
	x, y := []rune(a), []rune(b)
	if len(x)+len(y) == 0 {
		return 1
	}
	if len(x) > 100 || len(y) > 100 {
		return 0
	}
	return 2 * float64(common(x, y)) / float64(len(x)+len(y))
}

func common(x, y []rune) int {
	at, bt, size := 0, 0, 0
	for i := range x {
		for j := range y {
			n := 0
			for i+n < len(x) && j+n < len(y) && x[i+n] == y[j+n] {
				n++
			}
			if n > size {
				at, bt, size = i, j, n
			}
		}
	}
	if size == 0 {
		return 0
	}
	return size + common(x[:at], y[:bt]) + common(x[at+size:], y[bt+size:])
}
