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

// master finds the key that all other secrets are sealed under: given, read
// from a file, or made on the first start.
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
	// It is read first: nothing is written where nothing must be.
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

// withOrigin adds to the fault of a master key that opens nothing where the key
// came from.
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

// keyFile is where the master key lies that nobody gave.
func (s *Server) keyFile() string { return filepath.Join(s.config.Data, "master.key") }

// writeOnce makes a file that only its owner can read, whole or not at all. It
// fails with fs.ErrExist if there is one.
func writeOnce(name, text string) error {
	return writePrivate(name, text, os.Link) // unlike Rename, never replaces
}

// replaceFile is writeOnce for a file that may be there already.
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

// bootstrap makes the first account on an empty database, and leaves its
// administrator's access key where only the operator can read it.
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
	case delivered: // another replica was first, with another key
		return os.Remove(s.credentialsFile())
	}
	return nil
}

func (s *Server) credentialsFile() string { return filepath.Join(s.config.Data, "credentials") }

// sharedCredentials has the form of the AWS shared credentials file.
func sharedCredentials(key identity.KeyPair) string {
	return "[default]\naws_access_key_id = " + key.AccessKeyID + "\naws_secret_access_key = " + key.SecretAccessKey + "\n"
}

// address is the URL that the operator is told.
func (s *Server) address() string {
	scheme := "http"
	if s.config.TLSCert != "" {
		scheme = "https"
	}
	return cmp.Or(s.config.PublicURL, scheme+"://"+s.config.Listen)
}

// tell logs where the server is, for who reads the log with a program.
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

// greet tells a person where the server is and how to talk to it. In memory
// there is no file to name, so there the key itself is shown.
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

// absolute is a path that holds in every folder, if it can be told.
func absolute(path string) string {
	name, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return name
}
