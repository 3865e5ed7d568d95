package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"daypass/internal/identity"
	"daypass/internal/token"
)

// master returns the key that all other secrets are sealed under. It is given, read from
// a file, or generated on the first start.
func (s *Server) master() (*token.Master, error) {
	key, err := s.masterKey()
	if err != nil {
		return nil, err
	}
	return token.NewMaster(key)
}

func (s *Server) masterKey() ([]byte, error) {
	if s.config.MasterKey != nil {
		return s.config.MasterKey, nil
	}
	if s.config.MasterKeyFile != "" {
		return readKeyFile(s.config.MasterKeyFile)
	}
	if s.config.Dev {
		return newKey(), nil
	}
	// Read first, so that nothing is written unless the file is known to be missing.
	name := s.keyFile()
	key, err := readKeyFile(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	err = writeOnce(name, base64.StdEncoding.EncodeToString(newKey())+"\n")
	if err == nil || errors.Is(err, fs.ErrExist) {
		return readKeyFile(name)
	}
	return nil, err
}

func newKey() []byte {
	key := make([]byte, masterKeySize)
	_, _ = rand.Read(key) // never fails
	return key
}

// withOrigin adds where the master key came from to the error of a key that does not
// open the stored secrets.
func (s *Server) withOrigin(err error) error {
	if !errors.Is(err, token.ErrMaster) {
		return err
	}
	origin := cmp.Or(s.config.MasterKeyFile, s.keyFile())
	if s.config.MasterKey != nil {
		origin = "DAYPASS_MASTER_KEY"
	}
	return fmt.Errorf("%w: it came from %s; --master-key-file and DAYPASS_MASTER_KEY give another", err, origin)
}

// keyFile returns the path of the master key that the first start generates.
func (s *Server) keyFile() string { return filepath.Join(s.config.Data, "master.key") }

// writeOnce atomically creates a file that only its owner can read. It fails with
// [fs.ErrExist] if the file exists.
func writeOnce(name, text string) error {
	return writePrivate(name, text, os.Link) // unlike Rename, it never replaces a file
}

// replaceFile is writeOnce, but replaces a file that exists.
func replaceFile(name, text string) error { return writePrivate(name, text, os.Rename) }

func writePrivate(name, text string, move func(from, to string) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return move(f.Name(), name)
}

// bootstrap creates the first account on an empty database. It writes the administrator's
// access key to a file that only the operator can read, except with Dev.
func (s *Server) bootstrap(ctx context.Context) error {
	fixed := identity.KeyPair{AccessKeyID: s.config.AdminKey.ID, SecretAccessKey: s.config.AdminKey.Secret}
	delivered := false
	deliver := func(key identity.KeyPair) error {
		if s.config.Dev {
			return nil
		}
		delivered = true
		return replaceFile(s.credentialsFile(), sharedCredentials(key))
	}
	key, isNew, err := s.directory.Bootstrap(ctx, fixed, deliver)
	switch {
	case err != nil:
		return fmt.Errorf("first account: %w", err)
	case isNew:
		s.first = &key
	case delivered: // another replica created the account, so this key is void
		return os.Remove(s.credentialsFile())
	}
	return nil
}

func (s *Server) credentialsFile() string { return filepath.Join(s.config.Data, "credentials") }

// sharedCredentials returns the text of a credentials file with a key.
//
// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
func sharedCredentials(key identity.KeyPair) string {
	return "[default]\naws_access_key_id = " + key.AccessKeyID + "\naws_secret_access_key = " + key.SecretAccessKey + "\n"
}

// address returns the URL of this server for the operator.
func (s *Server) address() string {
	scheme := "http"
	if s.config.TLSCert != "" {
		scheme = "https"
	}
	return cmp.Or(s.config.PublicURL, scheme+"://"+s.config.Listen)
}

// tell logs the address and the account of the server, for programs that read the log.
func (s *Server) tell() {
	about := []any{"account", s.config.AccountID, "region", s.config.Region, "new", s.first != nil}
	if s.config.Dev {
		about = append(about, "kept", "in memory: nothing outlives this process")
	} else {
		about = append(about, "data", absolute(s.config.Data))
	}
	_, err := os.Stat(s.credentialsFile())
	if err == nil && !s.config.Dev {
		about = append(about, "credentials", absolute(s.credentialsFile()))
	}
	s.log.Info("listening on "+s.address(), about...)
}

// greet prints the server's address and how to use it, for a person. It prints the key
// that it generated only with Dev, where no file has it.
func (s *Server) greet(w io.Writer) {
	base := s.address()
	fmt.Fprintf(w, "daypass: listening on %s\n", base)
	if s.config.Dev {
		fmt.Fprint(w, "daypass: --dev keeps everything in memory: nothing outlives this process\n")
	}
	if s.first == nil {
		fmt.Fprintf(w, "daypass: account %s with its data in %s; to use it:\n\n", s.config.AccountID, absolute(s.config.Data))
		fmt.Fprintf(w, "    export AWS_ENDPOINT_URL=%s AWS_REGION=%s AWS_DEFAULT_REGION=%[2]s\n", base, s.config.Region)
		_, err := os.Stat(s.credentialsFile())
		if err == nil {
			fmt.Fprintf(w, "    export AWS_SHARED_CREDENTIALS_FILE=%s\n", absolute(s.credentialsFile()))
		}
		fmt.Fprintln(w)
		return
	}
	fmt.Fprintf(w, "daypass: made account %s with the user admin; to use it:\n\n", s.config.AccountID)
	fmt.Fprintf(w, "    export AWS_ENDPOINT_URL=%s AWS_REGION=%s AWS_DEFAULT_REGION=%[2]s\n", base, s.config.Region)
	switch {
	case s.config.AdminKey.ID != "":
		fmt.Fprint(w, "    # with the access key that you gave the server\n\n")
	case s.config.Dev:
		fmt.Fprintf(w, "    export AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s\n\n", s.first.AccessKeyID, s.first.SecretAccessKey)
	default:
		fmt.Fprintf(w, "    export AWS_SHARED_CREDENTIALS_FILE=%s\n\n", absolute(s.credentialsFile()))
	}
}

// absolute returns a path as an absolute one, or unchanged if the current folder is
// unknown.
func absolute(path string) string {
	name, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return name
}
