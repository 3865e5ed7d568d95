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

// cmdS3 is the verb "s3". It starts an S3-compatible store with the bucket packages and
// sets S3 to the value for --blobs.
func cmdS3(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: s3")
	}
	c := moto()
	ts.Check(c.err)
	endpoint, err := runS3(c, func(cmd *exec.Cmd) {
		ts.Defer(func() {
			_ = cmd.Process.Kill() // it keeps nothing
			_ = cmd.Wait()
		})
	})
	ts.Check(err)
	ts.Setenv("S3", "s3://packages/content?"+url.Values{"endpoint": {endpoint}, "region": {"us-east-1"}, "path-style": {"true"}}.Encode())
}

// runS3 starts a store, makes the bucket packages and returns the URL. onStart gets
// the process and must end it later.
func runS3(c client, onStart func(*exec.Cmd)) (string, error) {
	output := newLog(runningOn)
	cmd := exec.Command(c.argv[0], append(c.argv[1:len(c.argv):len(c.argv)], "-H", "127.0.0.1", "-p", "0")...)
	cmd.Stderr, cmd.Stdout = output, output
	if err := cmd.Start(); err != nil {
		return "", err
	}
	onStart(cmd)
	select {
	case url := <-output.address:
		return url, makeBucket(url)
	case <-time.After(patience):
		return "", fmt.Errorf("the store named no address:\n%s", output.text())
	}
}

func makeBucket(url string) error {
	res, body, err := fetch(http.DefaultClient, http.MethodPut, url+"/packages", nil, func(r *http.Request) {
		// moto looks at nothing but the key's id, which names the account.
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
