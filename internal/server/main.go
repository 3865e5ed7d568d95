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

// Main runs "daypass serve" until ctx ends, or SIGINT or SIGTERM arrives. It returns the
// exit code: 0 after a clean end or the usage, 252 for faulty options, 1 for any other
// error.
//
// Source: AWS CLI User Guide, "Command line return codes", for 252.
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

// gcPercent is the garbage collection target, as in GOGC, unless GOGC is set. The live
// heap of a server is small beside its garbage: with Go's default of 100, collection took
// a twelfth of all time.
const gcPercent = 300

func run(ctx context.Context, c Config, errOut io.Writer) error {
	if c.TLSCert != "" {
		// Checked before the first account is created, because its key is shown only
		// once.
		_, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
		if err != nil {
			return fmt.Errorf("--tls-cert and --tls-key: %w", err)
		}
	}
	// The server listens before it opens the data: a second server on the same port must
	// not change the data.
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
		s.tell() // without a terminal, a program reads the log; a key of --dev is never logged
	} else {
		s.greet(errOut)
	}
	return s.Serve(ctx, listener)
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
