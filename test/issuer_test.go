package test

import (
	"bufio"
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// issuers is the script that runs real OpenID Connect issuers from npm packages.
var issuers = sync.OnceValue(func() client {
	folder := os.Getenv("DAYPASS_TEST_ISSUERS")
	if folder == "" { // where scripts/install-clients puts them
		cache, err := os.UserCacheDir()
		if err != nil {
			return client{err: err}
		}
		folder = filepath.Join(cache, "daypass-clients", "issuers")
	}
	node := cmp.Or(os.Getenv("DAYPASS_TEST_NODE"), "node")
	if _, err := exec.LookPath(node); err != nil {
		return client{err: err}
	}
	script, err := filepath.Abs(filepath.Join("issuer", "issuer.mjs"))
	if err != nil {
		return client{err: err}
	}
	c := client{argv: []string{node, script, folder}}
	for _, name := range []string{"oidc-provider", "oauth2-mock-server"} {
		text, err := os.ReadFile(filepath.Join(folder, "node_modules", name, "package.json"))
		if err != nil {
			return client{err: err}
		}
		var p struct{ Version string }
		if err := json.Unmarshal(text, &p); err != nil {
			return client{err: err}
		}
		c.version += name + " " + p.Version + " "
	}
	return c
})

// An issuer is a running issuer.
type issuer struct {
	cmd     *exec.Cmd
	input   io.WriteCloser
	answers chan string // the lines that it prints; closed when the process has ended
	dir     string      // with its certificates
}

// cmdIssuer is the verb "issuer":
//
//	issuer start provider|mock|plain [NAME]
//	issuer token FILE [CLAIMS] [-expires SECONDS] [-by NAME]
//	issuer rotate|stop|thumbprint [NAME]
//
// A plain issuer is a mock without TLS. A start sets ISSUER to the URL and ISSUER_HOST
// to the URL without the scheme (ISSUER_NAME and ISSUER_HOST_NAME for an issuer with a
// name). The certificate of its authority is issuer/ca.crt (issuer_NAME/ca.crt). A
// token is written to a file. CLAIMS is a file with the claims of a mock's token. A
// rotation gives the issuer a new key.
func cmdIssuer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: issuer start|token|rotate|stop|thumbprint")
	}
	verb, args := args[0], args[1:]
	switch verb {
	case "start":
		name := strings.Join(args[1:], " ")
		storyOf(ts).issuers[name] = issuerStart(ts, args[0], name)
		return
	case "token":
		issuerToken(ts, args)
		return
	}
	i, ok := storyOf(ts).issuers[strings.Join(args, " ")]
	if !ok {
		ts.Fatalf("no issuer %q", args)
	}
	switch verb {
	case "rotate":
		i.send(ts, map[string]any{"do": "rotate"})
	case "stop":
		i.stop()
	case "thumbprint":
		block, _ := pem.Decode([]byte(ts.ReadFile(filepath.Join(i.dir, "server.crt"))))
		sum := sha1.Sum(block.Bytes)
		fmt.Fprintln(ts.Stdout(), hex.EncodeToString(sum[:]))
	default:
		ts.Fatalf("unknown: issuer %s", verb)
	}
}

func issuerStart(ts *testscript.TestScript, kind, name string) *issuer {
	suffix := ""
	if name != "" {
		suffix = "_" + name
	}
	c := issuers()
	ts.Check(c.err)
	i := &issuer{answers: make(chan string), dir: ts.MkAbs("issuer" + suffix)}
	ts.Check(os.MkdirAll(i.dir, 0o700))
	ts.Check(writeCertificates(i.dir))
	i.cmd = exec.Command(c.argv[0], append(c.argv[1:len(c.argv):len(c.argv)], kind, filepath.Join(i.dir, "server.crt"), filepath.Join(i.dir, "server.key"))...)
	i.cmd.Env = []string{"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.Getenv("HOME")}
	var err error
	i.input, err = i.cmd.StdinPipe()
	ts.Check(err)
	output, err := i.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(i.cmd.Start())
	ts.Defer(i.stop)
	go func() {
		defer close(i.answers)
		lines := bufio.NewScanner(output)
		for lines.Scan() {
			// The packages print other lines too.
			if text := lines.Text(); strings.HasPrefix(text, "http") || strings.HasPrefix(text, "{") {
				i.answers <- text
			}
		}
	}()
	url, ok := <-i.answers
	if !ok {
		ts.Fatalf("the issuer did not start")
	}
	ts.Setenv("ISSUER"+suffix, url)
	_, host, _ := strings.Cut(url, "://")
	ts.Setenv("ISSUER_HOST"+suffix, host)
	return i
}

// send sends one command and returns the answer.
func (i *issuer) send(ts *testscript.TestScript, command map[string]any) string {
	line, err := json.Marshal(command)
	ts.Check(err)
	_, err = fmt.Fprintf(i.input, "%s\n", line)
	ts.Check(err)
	answer, running := <-i.answers
	if !running {
		ts.Fatalf("the issuer is gone")
	}
	var a struct{ OK, Error string }
	ts.Check(json.Unmarshal([]byte(answer), &a))
	if a.Error != "" {
		ts.Fatalf("issuer: %s", a.Error)
	}
	return a.OK
}

// stop ends the issuer and waits until it is gone.
func (i *issuer) stop() {
	// Its only error is that the process is gone already.
	_ = i.cmd.Process.Kill()
	for range i.answers {
	}
	_ = i.cmd.Wait() // it was killed
}

func issuerToken(ts *testscript.TestScript, args []string) {
	command := map[string]any{"do": "token"}
	name, file := "", ""
	for len(args) > 0 {
		switch {
		case args[0] == "-expires":
			seconds, err := strconv.Atoi(args[1])
			ts.Check(err)
			command["expires"], args = seconds, args[1:]
		case args[0] == "-by":
			name, args = args[1], args[1:]
		case file == "":
			file = args[0]
		default:
			var claims map[string]any
			ts.Check(json.Unmarshal([]byte(expandFile(ts, args[0])), &claims))
			command["claims"] = claims
		}
		args = args[1:]
	}
	i, ok := storyOf(ts).issuers[name]
	if !ok {
		ts.Fatalf("no issuer %q", name)
	}
	ts.Check(os.WriteFile(ts.MkAbs(file), []byte(i.send(ts, command)), 0o600))
}

// cmdFill is "fill FILE...". It replaces ${NAME} in the files by the script's
// variables.
func cmdFill(ts *testscript.TestScript, neg bool, args []string) {
	for _, file := range args {
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(expandFile(ts, file)), 0o600))
	}
}

func expandFile(ts *testscript.TestScript, file string) string {
	return os.Expand(ts.ReadFile(file), ts.Getenv)
}
