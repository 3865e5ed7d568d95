package test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"daypass/internal/store/storetest"
	"daypass/test/wheel"
)

// cmdServer is the verb "server":
//
//	server start [-name N] [-postgres] [-replica] [-tls] [FLAG...]
//	server stop|kill|restart|log [N]
//
// A start sets URL, HOST and DATA for the lines that follow (URL_N, HOST_N and DATA_N
// for a server with a name). The endpoint and the administrator's key pair of the
// server without a name become the clients' defaults. A replica has the flags of the
// server without a name. It has its folder too, unless the script gives both servers
// their master key.
func cmdServer(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: server start|stop|kill|restart|log")
	}
	if args[0] == "start" {
		serverStart(ts, neg, args[1:])
		return
	}
	name := strings.Join(args[1:], " ")
	s, ok := storyOf(ts).servers[name]
	if !ok {
		ts.Fatalf("no server %q", name)
	}
	switch args[0] {
	case "stop":
		ts.Check(s.stop())
	case "kill":
		s.kill()
	case "restart":
		if s.running() {
			ts.Check(s.stop())
		}
		again, err := s.restart()
		ts.Check(err)
		storyOf(ts).addServer(ts, name, again)
	case "log":
		text, err := s.completeLog()
		ts.Check(err)
		fmt.Fprint(ts.Stdout(), text)
	default:
		ts.Fatalf("unknown: server %s", args[0])
	}
}

func serverStart(ts *testscript.TestScript, neg bool, args []string) {
	name, replica := "", false
	var flags []string
	for len(args) > 0 {
		switch args[0] {
		case "-name":
			name, args = args[1], args[1:]
		case "-postgres":
			url, drop, err := storetest.NewPostgres()
			ts.Check(err)
			ts.Defer(func() { ts.Check(drop()) })
			flags = append(flags, "--database", url)
		case "-replica":
			first, ok := storyOf(ts).servers[""]
			if !ok {
				ts.Fatalf("no server to be a replica of")
			}
			flags, replica = append(flags, first.flags...), true
		case "-tls":
			dir := ts.MkAbs(".")
			ts.Check(writeCertificates(dir))
			flags = append(flags, "--tls-cert", filepath.Join(dir, "server.crt"), "--tls-key", filepath.Join(dir, "server.key"))
		default:
			flags = append(flags, args[0])
		}
		args = args[1:]
	}
	suffix := ""
	if name != "" {
		suffix = "_" + name
	}
	data := ts.MkAbs("data" + suffix)
	if replica && ts.Getenv(masterKey) == "" {
		data = storyOf(ts).servers[""].data
	}
	s, err := serve(data, serverEnv(ts), flags...)
	if neg {
		if err == nil {
			s.kill()
			ts.Fatalf("the server started")
		}
		fmt.Fprintln(ts.Stderr(), err)
		return
	}
	ts.Check(err)
	storyOf(ts).addServer(ts, name, s)
	_, host, _ := strings.Cut(s.url, "://")
	ts.Setenv("URL"+suffix, s.url)
	ts.Setenv("HOST"+suffix, host)
	ts.Setenv("DATA"+suffix, data)
	if name == "" {
		ts.Setenv("AWS_ENDPOINT_URL", s.url)
		if id, secret, err := s.keys(); err == nil {
			ts.Check(saveProfile(ts, "default", keyPair{AccessKeyId: id, SecretAccessKey: secret}))
		}
	}
}

// addServer adds a server to the story. It is killed before what it uses is removed.
func (st *story) addServer(ts *testscript.TestScript, name string, s *server) {
	ts.Defer(s.kill)
	st.servers[name] = s
	st.started = append(st.started, s)
}

// serverEnv returns the environment that a service manager would give a server: few
// variables, and the DAYPASS_ variables that the script has set.
func serverEnv(ts *testscript.TestScript) []string {
	env := []string{"HOME=" + ts.Getenv("HOME"), "PATH=" + ts.Getenv("PATH"), quickExit, unlimited}
	for _, name := range []string{
		"DAYPASS_ADMIN_ACCESS_KEY_ID", "DAYPASS_ADMIN_SECRET_ACCESS_KEY",
		"DAYPASS_ROOT_ACCESS_KEY_ID", "DAYPASS_ROOT_SECRET_ACCESS_KEY",
		masterKey, "DAYPASS_REGION", "DAYPASS_DEV",
	} {
		if v := ts.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	if ts.Getenv("S3") != "" {
		env = append(env, "AWS_ACCESS_KEY_ID=key-of-the-content-store", "AWS_SECRET_ACCESS_KEY=secret-of-the-content-store")
	}
	return env
}

// unlimited turns throttling off, for stories about something else. The flag
// --throttle wins over it.
const unlimited = "DAYPASS_THROTTLE=off"

const masterKey = "DAYPASS_MASTER_KEY"

// cmdExit checks the exit status of the last client.
func cmdExit(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(strings.Join(args, " "))
	ts.Check(err)
	if got := storyOf(ts).code; (got == want) == neg {
		ts.Fatalf("exit status %d", got)
	}
}

// cmdLet sets a variable to what the last client printed: "let NAME" to the whole text
// without white space around it, "let NAME .a.b" to a member of a JSON text.
func cmdLet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 || len(args) > 2 {
		ts.Fatalf("usage: let NAME [.path]")
	}
	text := strings.TrimSpace(ts.ReadFile("stdout"))
	if len(args) == 2 {
		text = member(ts, text, args[1])
	}
	if text == "" {
		ts.Fatalf("nothing was printed")
	}
	ts.Setenv(args[0], text)
}

// member returns a member of a JSON text: a scalar as text, anything else as JSON.
func member(ts *testscript.TestScript, text, path string) string {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var v any
	ts.Check(decoder.Decode(&v))
	for name := range strings.SplitSeq(strings.TrimPrefix(path, "."), ".") {
		object, ok := v.(map[string]any)
		if !ok || object[name] == nil {
			ts.Fatalf("no %s in %s", path, text)
		}
		v = object[name]
	}
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	out, err := json.Marshal(v)
	ts.Check(err)
	return string(out)
}

// cmdProfile writes an AWS profile with the key pair that the last client printed:
// "profile NAME .Credentials".
func cmdProfile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: profile NAME .path")
	}
	var pair keyPair
	ts.Check(json.Unmarshal([]byte(member(ts, ts.ReadFile("stdout"), args[1])), &pair))
	ts.Check(saveProfile(ts, args[0], pair))
}

// A keyPair is an access key, with a token if it is that of a session. Its fields are
// named as in the output of the clients.
type keyPair struct{ AccessKeyId, SecretAccessKey, SessionToken string }

func saveProfile(ts *testscript.TestScript, name string, pair keyPair) error {
	dir := filepath.Join(ts.Getenv("HOME"), ".aws")
	file, err := os.OpenFile(filepath.Join(dir, "credentials"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	fmt.Fprintf(file, "[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n", name, pair.AccessKeyId, pair.SecretAccessKey)
	if pair.SessionToken != "" {
		fmt.Fprintf(file, "aws_session_token = %s\n", pair.SessionToken)
	}
	if name == "default" {
		return nil
	}
	config, err := os.OpenFile(filepath.Join(dir, "config"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer config.Close()
	_, err = fmt.Fprintf(config, "[profile %s]\nregion = us-east-1\n", name)
	return err
}

// cmdExpiry checks a time that a client printed. "expiry TIME SECONDS" succeeds if TIME
// is that many seconds after an instant in the last minute.
func cmdExpiry(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: expiry TIME SECONDS")
	}
	seconds, err := strconv.Atoi(args[1])
	ts.Check(err)
	at, err := instant(args[0])
	ts.Check(err)
	issued := at.Add(-time.Duration(seconds) * time.Second)
	if age := time.Since(issued); age < 0 || age > time.Minute {
		ts.Fatalf("%s is %d seconds after %v, which is %v ago", args[0], seconds, issued, age)
	}
}

// instant reads a time in RFC 3339, or in seconds since 1970.
func instant(s string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return at, nil
	}
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("not a time: %q", s)
	}
	return time.UnixMicro(int64(seconds * 1e6)), nil
}

// cmdHTTP prints the status line, the headers in order and the body of an answer:
//
//	http METHOD URL [-u USER:PASSWORD] [-H 'Name: value'] [-d FILE]
//
// It succeeds on any status.
func cmdHTTP(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args)%2 != 0 {
		ts.Fatalf("usage: http METHOD URL [-u USER:PASSWORD] [-H 'Name: value'] [-d FILE]")
	}
	header := http.Header{}
	user, password, body := "", "", ""
	for i := 2; i < len(args); i += 2 {
		switch args[i] {
		case "-u":
			user, password, _ = strings.Cut(args[i+1], ":")
		case "-H":
			name, value, _ := strings.Cut(args[i+1], ":")
			header.Add(name, strings.TrimSpace(value))
		case "-d":
			body = ts.ReadFile(args[i+1])
		}
	}
	c := &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if ca := ts.Getenv("AWS_CA_BUNDLE"); ca != "" {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM([]byte(ts.ReadFile(ca)))
		c.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	}
	res, content, err := fetch(c, args[0], args[1], strings.NewReader(body), func(r *http.Request) {
		maps.Copy(r.Header, header)
		if user != "" || password != "" {
			r.SetBasicAuth(user, password)
		}
	})
	ts.Check(err)
	out := ts.Stdout()
	fmt.Fprintf(out, "%s %s\n", res.Proto, res.Status)
	for _, name := range slices.Sorted(maps.Keys(res.Header)) {
		for _, value := range res.Header[name] {
			fmt.Fprintf(out, "%s: %s\n", name, value)
		}
	}
	fmt.Fprintf(out, "\n%s\n", content)
}

// cmdWheel is "wheel NAME VERSION". It writes a wheel and a source archive into the
// folder dist.
func cmdWheel(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: wheel NAME VERSION")
	}
	_, _, err := wheel.Write(ts.MkAbs("dist"), args[0], args[1])
	ts.Check(err)
}

// postgresHere reports whether a PostgreSQL server can be used.
func postgresHere() (bool, error) {
	_, drop, err := storetest.NewPostgres()
	if err == nil {
		return true, drop()
	}
	if requireAll() {
		return false, fmt.Errorf("PostgreSQL is required here: %w", err)
	}
	return false, nil
}
