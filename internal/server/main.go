package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"
)

// Main is "daypass serve": it returns the exit code.
func Main(ctx context.Context, args []string, getenv func(string) string, out, errOut io.Writer) int {
	c, err := ParseConfig(args, getenv, out)
	if errors.Is(err, errHelp) {
		return 0
	}
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			fmt.Fprintf(errOut, "daypass serve: %s\n", strings.TrimSuffix(line, "\n"))
		}
		return 252
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = run(ctx, c, errOut)
	if err != nil {
		fmt.Fprintf(errOut, "daypass serve: %v\n", err)
		return 1
	}
	return 0
}

// gcPercent is how much of what is in use may be let go before it is collected,
// unless GOGC says otherwise. What a server holds is small beside what its
// requests let go, so that at Go's 100 a twelfth of all time went there.
const gcPercent = 300

func run(ctx context.Context, c Config, errOut io.Writer) error {
	if c.TLSCert != "" {
		// Looked at before anything is made: the key of the first account is told
		// only once.
		_, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
		if err != nil {
			return fmt.Errorf("--tls-cert and --tls-key: %w", err)
		}
	}
	// The address is taken first: a second server on the same port must not
	// touch the data.
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	defer listener.Close()
	c.Listen = listener.Addr().String()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if limit, limited := memoryLimit(os.DirFS("/")); limited && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit / 100 * memoryShare)
	}
	s, err := Open(ctx, c, NewLogger(c.LogFormat, errOut), time.Now)
	if err != nil {
		return err
	}
	defer s.Close()
	if c.LogFormat == "json" && !isTerminal(errOut) && (s.first == nil || !c.Dev || c.AdminKey.ID != "") {
		s.tell() // a program reads all of it; a key made for --dev goes into no log
	} else {
		s.greet(errOut)
	}
	return s.Serve(ctx, listener)
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
