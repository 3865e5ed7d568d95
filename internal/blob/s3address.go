//go:build !embedded

package blob

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

type s3Address struct {
	bucket    string
	prefix    string // empty, or ends with a slash
	endpoint  string
	region    string
	pathStyle bool
}

var (
	// S3 User Guide, "General purpose bucket naming rules".
	bucketRE = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`) })
	prefixRE = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*/$`) })
	regionRE = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9-]{1,64}$`) })
)

// parseS3 reads an s3:// address and reports every fault at once.
func parseS3(address string) (s3Address, error) {
	u, err := url.Parse(address)
	if err != nil {
		return s3Address{}, errors.New("blobs: the address is not a URL; expected s3://bucket/prefix?endpoint=…&region=…&path-style=true")
	}
	a := s3Address{bucket: u.Host}
	var faults []error
	bad := func(format string, args ...any) { faults = append(faults, fmt.Errorf("blobs: "+format, args...)) }
	if u.Scheme != "s3" {
		bad("the address begins with %q; expected s3://", u.Scheme+":")
	}
	if u.User != nil {
		bad("the address holds credentials; give them through AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a profile")
	}
	if !bucketRE().MatchString(a.bucket) {
		bad("%q is not the name of a bucket", a.bucket)
	}
	if p := strings.Trim(u.Path, "/"); p != "" {
		a.prefix = p + "/"
		if !prefixRE().MatchString(a.prefix) {
			bad("the prefix %q has characters other than letters, digits and !_.*'()-", p)
		}
	}
	for name, values := range u.Query() {
		err := a.set(name, values[len(values)-1])
		if err != nil {
			bad("%w", err)
		}
	}
	return a, errors.Join(faults...)
}

func (a *s3Address) set(name, value string) error {
	var err error
	switch name {
	case "endpoint":
		e, parse := url.Parse(value)
		if parse != nil || e.Scheme != "http" && e.Scheme != "https" || e.Host == "" || e.User != nil {
			return errors.New("endpoint is not an http or https URL without credentials")
		}
		a.endpoint = value
	case "region":
		if !regionRE().MatchString(value) {
			return fmt.Errorf("region %q is not a Region", value)
		}
		a.region = value
	case "path-style":
		a.pathStyle, err = strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("path-style is %q; expected true or false", value)
		}
	default:
		return fmt.Errorf("%q is unknown; expected endpoint, region or path-style", name)
	}
	return nil
}
