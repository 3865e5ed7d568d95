package client

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"daypass/internal/cli/edit"
)

// Sessions that a person typed a code for are kept in files until shortly before
// they expire, so that one code lasts for one session and not for one command.
const (
	// expiryMargin is how long before its expiry a kept session is not used any more.
	expiryMargin = 5 * time.Minute
	// maxSession bounds the file of a session, in bytes.
	maxSession = 64 << 10
	// maxSweep bounds how many other files are read when a session is written.
	maxSweep = 1000
)

// A ProcessDocument is what a credential_process prints. Kept sessions have the same
// format.
//
// Source: AWS SDKs and Tools Reference Guide, "Process credential provider".
type ProcessDocument struct {
	Version         int
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string     `json:",omitempty"`
	Expiration      *time.Time `json:",omitempty"`
}

// NewProcessDocument returns credentials as a credential_process prints them.
func NewProcessDocument(c aws.Credentials) *ProcessDocument {
	d := &ProcessDocument{Version: 1, AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
	if c.CanExpire {
		at := c.Expires.UTC()
		d.Expiration = &at
	}
	return d
}

// A sessionFile is the file that a session is kept in, or may be.
type sessionFile struct {
	path string // "": sessions are not kept
	now  func() time.Time
}

// sessionFile returns the file for a session of the profile. Its name is a hash of
// everything that decides whose session it is, and of which server, so that nothing
// of it can be read from the name.
func (s *credentialSearch) sessionFile(operation string) (sessionFile, error) {
	stsURL, err := s.stsEndpoint()
	if err != nil {
		return sessionFile{}, err
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		s.session.Debug("sessions are not kept: %s", err)
		return sessionFile{}, nil
	}
	c := s.settings
	facts := []string{operation, stsURL, getenv("AWS_ACCESS_KEY_ID")}
	c.eachSourceProfile(func(name string) bool {
		facts = append(facts, name)
		for _, setting := range []string{"role_arn", "mfa_serial", "external_id", "role_session_name", "duration_seconds", "credential_source", "aws_access_key_id", "credential_process", "sso_session", "sso_account_id", "sso_role_name"} {
			facts = append(facts, c.files.Profiles[name].Value(setting))
		}
		return true
	})
	text, err := json.Marshal(facts)
	if err != nil {
		return sessionFile{}, err
	}
	sum := sha256.Sum256(text)
	return sessionFile{filepath.Join(dir, "daypass", "sessions", hex.EncodeToString(sum[:])+".json"), s.session.Now}, nil
}

// A program such as Terraform starts several commands at once that need the same
// session. One of them asks for the code, and the others wait for it.
const (
	quietLockTimeout = 200 * time.Millisecond // then waitingMessage is printed
	lockTimeout      = time.Minute            // then a command goes on without the lock
	waitingMessage   = "daypass: waiting for another daypass that opens the same session\n"
)

// keptSession returns the session that is kept, or opens one and keeps it.
func (s *Session) keptSession(ctx context.Context, file sessionFile, open func() (aws.Credentials, error)) (aws.Credentials, error) {
	if found, ok := file.load(); ok && !s.refresh {
		return found, nil
	}
	unlock := s.lock(ctx, file)
	defer unlock()
	if found, ok := file.load(); ok && !s.refresh {
		return found, nil
	}
	found, err := open()
	if err != nil {
		return found, err
	}
	err = file.save(found)
	if err != nil {
		s.Debug("the session is not kept: %s", err)
	}
	return found, nil
}

// lock waits for other commands that open the same session. It waits no longer than
// lockTimeout, because nobody may be there to type their code.
func (s *Session) lock(ctx context.Context, file sessionFile) (unlock func()) {
	if file.path == "" {
		return func() {}
	}
	for _, wait := range []time.Duration{quietLockTimeout, lockTimeout} {
		bounded, cancel := context.WithTimeout(ctx, wait)
		unlock, err := edit.Lock(bounded, file.path)
		cancel()
		if err == nil {
			return unlock
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			s.Debug("sessions are opened without waiting for others: %s", err)
			break
		}
		if wait == quietLockTimeout {
			_, _ = io.WriteString(s.Stderr, waitingMessage)
		}
	}
	return func() {}
}

// load returns the kept session if there is one that does not expire soon. A file
// that other users could read or write is ignored.
func (f sessionFile) load() (aws.Credentials, bool) {
	d, err := readSession(f.path)
	if err != nil || d.Expiration == nil || !f.now().Add(expiryMargin).Before(*d.Expiration) {
		return aws.Credentials{}, false
	}
	return aws.Credentials{
		AccessKeyID: d.AccessKeyID, SecretAccessKey: d.SecretAccessKey, SessionToken: d.SessionToken,
		CanExpire: true, Expires: *d.Expiration, Source: "a session that was kept",
	}, true
}

func readSession(path string) (*ProcessDocument, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || !edit.IsPrivate(info) {
		return nil, errors.Join(err, errors.New("not a private file"))
	}
	data, err := io.ReadAll(io.LimitReader(file, maxSession+1))
	if err != nil {
		return nil, err
	}
	d := new(ProcessDocument)
	err = json.Unmarshal(data, d)
	if err == nil && (d.Version != 1 || d.AccessKeyID == "" || d.SecretAccessKey == "") {
		err = errors.New("not a session")
	}
	return d, err
}

// save keeps a session, readable by its owner alone.
func (f sessionFile) save(c aws.Credentials) error {
	if f.path == "" || !c.CanExpire {
		return nil
	}
	dir := filepath.Dir(f.path)
	err := os.MkdirAll(dir, 0o700)
	if err != nil {
		return err
	}
	f.sweep(dir)
	data, err := json.Marshal(NewProcessDocument(c))
	if err != nil {
		return err
	}
	return edit.Write(f.path, data, edit.Private)
}

// sweep removes the files of sessions that have expired.
func (f sessionFile) sweep(dir string) {
	folder, err := os.Open(dir)
	if err != nil {
		return
	}
	defer folder.Close()
	names, _ := folder.Readdirnames(maxSweep) // the next sweep reads what this one misses
	for _, name := range names {
		path := filepath.Join(dir, name)
		d, err := readSession(path)
		if err == nil && strings.HasSuffix(name, ".json") && d.Expiration != nil && !f.now().Before(*d.Expiration) {
			_ = os.Remove(path)
		}
	}
}

// forget removes the session, after a service refused it.
func (f sessionFile) forget() {
	if f.path != "" {
		_ = os.Remove(f.path)
	}
}

// eachSourceProfile calls fn with the chosen profile, its source profile, and so on,
// until fn returns false or the chain ends.
func (c *settings) eachSourceProfile(fn func(name string) bool) {
	seen := map[string]bool{}
	name := cmp.Or(c.name, "default")
	for name != "" && !seen[name] && fn(name) {
		seen[name] = true
		name = c.files.Profiles[name].Value("source_profile")
	}
}

// asksForCode reports whether a one-time code is needed to assume the profile's
// role, or the role of one of its source profiles.
func (c *settings) asksForCode() bool {
	asks := false
	c.eachSourceProfile(func(name string) bool {
		p := c.files.Profiles[name]
		isRole := p.Value("role_arn") != ""
		asks = isRole && p.Value("mfa_serial") != ""
		return isRole && !asks
	})
	return asks
}
