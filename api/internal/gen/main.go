// Command gen makes what is derived in package api. Its two verbs:
//
//	gen types            the Go types beside the models, from the models alone
//	gen import DATA      the models of AWS's services, from the folder botocore/data
//
// "go generate ./api/..." runs the first. The second is for a new version of
// botocore. It keeps the sentences of a model, and its other facts that botocore does
// not have.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// run works in the folder of package api, where go generate starts it.
func run(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "types":
		for _, p := range packages {
			src, err := generateTypes(&p)
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			err = os.MkdirAll(p.name, 0o755)
			if err != nil {
				return err
			}
			err = os.WriteFile(filepath.Join(p.name, "types.gen.go"), src, 0o644)
			if err != nil {
				return err
			}
		}
		return nil
	case len(args) == 2 && args[0] == "import":
		for _, s := range services {
			file := filepath.Join("models", s.name+".txt")
			old, err := os.ReadFile(file)
			if err != nil && !os.IsNotExist(err) {
				return err
			}
			model, err := importModel(args[1], s, string(old))
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			err = os.WriteFile(file, []byte(model), 0o644)
			if err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("usage: gen types | gen import DATA")
}
