// Command hello writes the sample of the demo into a folder: a wheel and a source
// archive of daypass-hello 1.0.0. It prints the wheel's path.
package main

import (
	"fmt"
	"os"

	"daypass/test/wheel"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: hello FOLDER")
		os.Exit(2)
	}
	path, _, err := wheel.Write(os.Args[1], "daypass-hello", "1.0.0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(path)
}
