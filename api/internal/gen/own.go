package main

import "strings"

// ownFacts are the lines of a model that botocore has nothing of.
type ownFacts struct {
	service    string // source, recorded and action
	operations map[string]ownOperation
	sentences  string // doc and says outside of operations
}

// An ownOperation is the lines of one operation, each "" if there is none.
type ownOperation struct{ reads, unserved, doc string }

func readOwnFacts(model string) ownFacts {
	own := ownFacts{operations: map[string]ownOperation{}}
	operation := "" // that the lines belong to
	for line := range strings.Lines(model) {
		verb, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		name, _, _ := strings.Cut(rest, " ")
		op := own.operations[operation]
		switch verb {
		case "source", "recorded", "action":
			own.service += line
		case "operation":
			operation = name
			continue
		case "reads":
			op.reads = line
		case "unserved":
			op.unserved = line
		case "doc", "says":
			if name != operation {
				own.sentences += line
				continue
			}
			op.doc = line
		case "": // operations end with an empty line
			operation = ""
			continue
		}
		own.operations[operation] = op
	}
	return own
}
