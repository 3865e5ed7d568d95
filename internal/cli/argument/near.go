package argument

import (
	"cmp"
	"slices"
)

// Near returns up to three words that are similar to a mistyped one, the most
// similar first.
func Near(typed string, words []string) []string {
	const minRatio = 0.8 // the bound of the AWS CLI
	type candidate struct {
		word  string
		ratio float64
	}
	var found []candidate
	for _, w := range words {
		if r := similarity(w, typed); r >= minRatio {
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

// similarity returns twice the number of characters in common blocks, divided by the
// number of all characters. It is Ratcliff and Obershelp's measure, as in Python's
// difflib.
func similarity(a, b string) float64 {
	x, y := []rune(a), []rune(b)
	if len(x)+len(y) == 0 {
		return 1
	}
	if len(x) > 100 || len(y) > 100 {
		return 0
	}
	return 2 * float64(commonRunes(x, y)) / float64(len(x)+len(y))
}

// commonRunes returns the number of characters in common blocks: in the longest one,
// and in those on its left and on its right.
func commonRunes(x, y []rune) int {
	xStart, yStart, size := 0, 0, 0
	for i := range x {
		for j := range y {
			n := 0
			for i+n < len(x) && j+n < len(y) && x[i+n] == y[j+n] {
				n++
			}
			if n > size {
				xStart, yStart, size = i, j, n
			}
		}
	}
	if size == 0 {
		return 0
	}
	return size + commonRunes(x[:xStart], y[:yStart]) + commonRunes(x[xStart+size:], y[yStart+size:])
}
