package test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdS3 is the verb "s3": it starts a store with the bucket packages and sets S3
// to what --blobs takes.
func cmdS3(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: s3")
	}
	c := moto()
	ts.Check(c.err)
	at, err := runStore(c, func(cmd *exec.Cmd) {
		ts.Defer(func() {
			// It has nothing to lose.
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
	})
	ts.Check(err)
	ts.Setenv("S3", "s3://packages/content?"+url.Values{"endpoint": {at}, "region": {"us-east-1"}, "path-style": {"true"}}.Encode())
}

// runStore starts a store, makes the bucket packages and returns the URL. The
// process is handed to started, which has to see to its end.
func runStore(c client, started func(*exec.Cmd)) (string, error) {
	said := newLog(runningOn)
	cmd := exec.Command(c.argv[0], append(c.argv[1:len(c.argv):len(c.argv)], "-H", "127.0.0.1", "-p", "0")...)
	cmd.Stderr, cmd.Stdout = said, said
	if err := cmd.Start(); err != nil {
		return "", err
	}
	started(cmd)
	select {
	case at := <-said.address:
		return at, makeBucket(at)
	case <-time.After(patience):
		return "", fmt.Errorf("the store named no address:\n%s", said.text())
	}
}

func makeBucket(at string) error {
	res, body, err := fetch(http.DefaultClient, http.MethodPut, at+"/packages", nil, func(r *http.Request) {
		// moto knows the account by the key's id, and looks at no more of it.
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=key-of-the-content-store/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0")
	})
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return errors.New("make the bucket: " + fmt.Sprint(res.Status, string(body)))
	}
	return nil
}

var runningOn = regexp.MustCompile(`Running on (http://127\.0\.0\.1:[0-9]+)`)
