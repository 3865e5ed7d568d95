package server

import (
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"daypass/internal/arn"
	"daypass/internal/throttle"
)

// A Config is everything that an operator can choose. Its zero value is not complete:
// [ParseConfig] sets the defaults.
type Config struct {
	Listen        string // host:port
	Data          string // folder of the embedded database, content, keys and first credentials
	Database      string // postgres:// URL; "" means SQLite in Data
	Blobs         string // s3:// URL; "" means a folder in Data
	Region        string
	AccountID     string        // of the account that the first start creates
	PublicURL     string        // http(s) URL of this server for clients; "" means as each request named it
	BaseDomain    string        // domain of repository endpoints in host form; "" means path form
	TLSCert       string        // PEM file; "" means HTTP without TLS
	TLSKey        string        // PEM file
	MasterKeyFile string        // file with base64; "" means master.key in Data
	OIDCCAFile    string        // PEM file of authorities for identity token issuers, besides the system's
	TrustProxies  string        // CIDRs whose X-Forwarded-For and -Proto are believed
	Connections   int           // that one address may have open at a time; 0: any number
	RotateEvery   time.Duration // age at which a new token key replaces the newest
	MaxUpload     int64         // largest uploaded file, in bytes
	UploadTimeout time.Duration // longest time for one upload; 0: any
	UploadMinRate int64         // least bytes a second of an upload, on average; 0: any
	Throttle      string        // aws, off or a list of rates; "" means aws, and off with Dev
	Quotas        string        // list of quotas; "" means AWS's
	LogFormat     string        // json or text
	AuditLog      string        // file, "-" for standard output, or "off"; "" means audit/audit.jsonl in Data, and off with Dev
	AuditMaxSize  int64         // size in bytes at which the audit file is rotated
	AuditKeep     int           // number of rotated files; 0: all
	AuditMaxAge   time.Duration // age at which rotated files are removed; 0: never
	AcceptRestore bool          // start on a database that was restored, and revoke what was issued before
	Dev           bool          // keeps everything in memory, accepts any Region and http issuers on the loopback address

	// Only from the environment, because the arguments of a process are not secret.
	MasterKey   []byte // 32 bytes; nil means MasterKeyFile
	AdminKey    KeyPair
	RootKey     KeyPair
	TrustedNets []netip.Prefix // parsed from TrustProxies
	Rates       throttle.Rates // parsed from Throttle
	Limits      Limits         // parsed from Quotas
}

// A KeyPair is an access key that the operator chose. It is empty if there is none.
type KeyPair struct{ ID, Secret string }

// errHelp is the error of ParseConfig when the arguments ask for the usage.
var errHelp = flag.ErrHelp

// ParseConfig returns the configuration that args and the environment describe. Each
// flag has an environment variable: that of --public-url is DAYPASS_PUBLIC_URL. A flag
// overrides its variable. The error joins all faults, one a line. If args ask for help,
// it writes the options to usage and returns [flag.ErrHelp].
func ParseConfig(args []string, getenv func(string) string, usage io.Writer) (Config, error) {
	var c Config
	flags := flag.NewFlagSet("daypass serve", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	c.define(flags)
	var faults []error
	flags.VisitAll(func(f *flag.Flag) {
		value := getenv(twin(f.Name))
		if value == "" {
			return
		}
		err := flags.Set(f.Name, value)
		if err != nil {
			faults = append(faults, refused(twin(f.Name), value, f))
		}
	})
	err := flags.Parse(args)
	for err != nil {
		fault := misread(err, flags)
		if fault == nil {
			break
		}
		faults = append(faults, fault)
		err = flags.Parse(flags.Args())
	}
	if errors.Is(err, flag.ErrHelp) || err == nil && flags.Arg(0) == "help" {
		printUsage(usage, flags)
		return c, errHelp
	}
	switch {
	case err != nil:
		faults = append(faults, worded(err))
	case flags.NArg() > 0:
		faults = append(faults, fmt.Errorf("unexpected argument %q", shown(flags.Arg(0))))
	}
	faults = append(faults, c.secrets(getenv)...)
	faults = append(faults, c.validate()...)
	return c, errors.Join(faults...)
}

func (c *Config) define(flags *flag.FlagSet) {
	flags.StringVar(&c.Listen, "listen", "127.0.0.1:8787", "`host:port` to listen on")
	flags.StringVar(&c.Data, "data", "./daypass-data", "`folder` of the embedded database, package content, keys and first credentials")
	flags.StringVar(&c.Database, "database", "", "postgres:// `URL` to use instead of the embedded database")
	flags.StringVar(&c.Blobs, "blobs", "", "s3://bucket/prefix `URL` to keep package content in instead of the data folder")
	flags.StringVar(&c.Region, "region", "us-east-1", "AWS `Region` that this server stands for")
	flags.StringVar(&c.AccountID, "account-id", "000000000000", "12-digit `account` that the first start creates")
	flags.StringVar(&c.PublicURL, "public-url", "", "`URL` under which clients reach this server (default: as each request named it)")
	flags.StringVar(&c.BaseDomain, "base-domain", "", "`domain` below which repositories have host names of their own")
	flags.StringVar(&c.TLSCert, "tls-cert", "", "PEM `file` with the certificate chain; needs --tls-key")
	flags.StringVar(&c.TLSKey, "tls-key", "", "PEM `file` with the private key")
	flags.StringVar(&c.MasterKeyFile, "master-key-file", "", "`file` with the base64 master key (default: master.key in the data folder, made at first start)")
	flags.StringVar(&c.OIDCCAFile, "oidc-ca-file", "", "PEM `file` of authorities, besides the system's, that certificates of OpenID Connect issuers may come from")
	flags.StringVar(&c.TrustProxies, "trust-proxies", "", "comma-separated `CIDRs` of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed")
	flags.IntVar(&c.Connections, "connections", 1024, "`number` of connections that one address may have open at a time, 0 for any; --trust-proxies are not counted")
	flags.DurationVar(&c.RotateEvery, "rotate-every", 30*24*time.Hour, "`age` at which a new token key takes over")
	c.MaxUpload = 5 << 30
	flags.Var((*size)(&c.MaxUpload), "max-upload", "`size` of the largest uploaded file, such as 500MB or 5GiB")
	flags.DurationVar(&c.UploadTimeout, "upload-timeout", 2*time.Hour, "`time` that one upload may take, 0 for any")
	c.UploadMinRate = 4 << 10
	flags.Var((*size)(&c.UploadMinRate), "upload-min-rate", "`size` a second that an upload must have on average, after its first minute; 0 for any")
	flags.StringVar(&c.Throttle, "throttle", "", "requests a second that are taken: aws for its quotas, off, or a `list` such as get-authorization-token=100,reads=off (default aws; off with --dev)")
	flags.StringVar(&c.Quotas, "quotas", "", "quotas that are not AWS's, a `list` such as domains=50,users=20000 of "+quotaNames()+" (default: all as with AWS)")
	flags.StringVar(&c.LogFormat, "log-format", "json", "`json` or text")
	flags.StringVar(&c.AuditLog, "audit-log", "", "`file` of the audit trail, - for standard output, or off (default: audit/audit.jsonl in the data folder, off with --dev)")
	c.AuditMaxSize = 100 << 20
	flags.Var((*size)(&c.AuditMaxSize), "audit-max-size", "`size` at which the audit file is rotated; it also is on each new day (UTC)")
	flags.IntVar(&c.AuditKeep, "audit-keep", 0, "`number` of rotated audit files to keep, 0 for all")
	flags.DurationVar(&c.AuditMaxAge, "audit-max-age", 90*24*time.Hour, "`age` at which rotated audit files are removed, 0 for never")
	flags.BoolVar(&c.AcceptRestore, "accept-restore", false, "start once on a database that was restored from a backup, and revoke every token and session issued before this start")
	flags.BoolVar(&c.Dev, "dev", false, "keep everything in memory, accept any Region in signatures and http issuers on the loopback address, forget all at exit")
}

// invalidValue matches the error of package flag for a value of the wrong form.
var invalidValue = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?s)^invalid (?:boolean )?value (".*") for (?:flag )?-([^ ]+): `)
})

// misread returns the fault of a flag whose value has the wrong form, and nil for any
// other error. The flags after such a value can still be parsed.
func misread(err error, flags *flag.FlagSet) error {
	found := invalidValue().FindStringSubmatch(err.Error())
	if found == nil {
		return nil
	}
	value, err := strconv.Unquote(found[1])
	if err != nil {
		return nil //nolint:nilerr // package flag quotes the value, so this is another error, which the caller reports
	}
	return refused("--"+found[2], value, flags.Lookup(found[2]))
}

// refused returns an error that says what a flag's value should have been. It sets the
// flag to its default again, because package flag may leave a value in it that validate
// would report as well.
func refused(name, value string, f *flag.Flag) error {
	expected := "a number"
	switch f.Value.(flag.Getter).Get().(type) {
	case bool:
		expected = "true or false"
	case size:
		expected = "a number of bytes, or one with a unit such as 500MB or 5GiB"
	case time.Duration:
		expected = "a length of time such as 720h or 90m"
	}
	err := f.Value.Set(f.DefValue)
	if err != nil {
		return err
	}
	return fmt.Errorf("%s: %q: expected %s", name, shown(value), expected)
}

// worded rewrites an error of package flag with options as the usage spells them, with
// two hyphens.
func worded(err error) error {
	text := err.Error()
	if name, unknown := strings.CutPrefix(text, "flag provided but not defined: -"); unknown {
		return fmt.Errorf("unknown option --%s: \"daypass serve --help\" lists them", name)
	}
	return errors.New(strings.NewReplacer("flag needs an argument: -", "a value is missing: --", " for flag -", " for --").Replace(text))
}

func twin(name string) string {
	return "DAYPASS_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

func printUsage(w io.Writer, flags *flag.FlagSet) {
	fmt.Fprint(w, "usage: daypass serve [options]\n\nStarts the server. Each option can also be set in the environment.\n\n")
	flags.VisitAll(func(f *flag.Flag) {
		name, text := flag.UnquoteUsage(f)
		if name != "" {
			name = " " + name
		}
		fmt.Fprintf(w, "  --%s%s\n        %s", f.Name, name, text)
		if f.DefValue != "" && f.DefValue != "false" {
			fmt.Fprintf(w, " (default %s)", f.DefValue)
		}
		fmt.Fprintf(w, "\n        environment: %s\n", twin(f.Name))
	})
	fmt.Fprint(w, `
In the environment only:
  DAYPASS_MASTER_KEY
        base64 of the 32 bytes that token keys and access-key secrets are sealed under
  DAYPASS_ADMIN_ACCESS_KEY_ID, DAYPASS_ADMIN_SECRET_ACCESS_KEY
        access key of the first start's admin user, instead of a random one
  DAYPASS_ROOT_ACCESS_KEY_ID, DAYPASS_ROOT_SECRET_ACCESS_KEY
        access key of the first account's root user, for recovery
`)
}

func (c *Config) secrets(getenv func(string) string) []error {
	var faults []error
	if text := getenv("DAYPASS_MASTER_KEY"); text != "" {
		key, err := decodeKey(text)
		if err != nil {
			faults = append(faults, fmt.Errorf("DAYPASS_MASTER_KEY: %w", err))
		}
		c.MasterKey = key
	}
	for _, pair := range []struct {
		who string
		key *KeyPair
	}{{"ADMIN", &c.AdminKey}, {"ROOT", &c.RootKey}} {
		id, secret := "DAYPASS_"+pair.who+"_ACCESS_KEY_ID", "DAYPASS_"+pair.who+"_SECRET_ACCESS_KEY"
		*pair.key = KeyPair{getenv(id), getenv(secret)}
		faults = append(faults, pair.key.validate(id, secret)...)
	}
	if c.AdminKey.ID != "" && c.AdminKey.ID == c.RootKey.ID {
		faults = append(faults, errors.New("DAYPASS_ROOT_ACCESS_KEY_ID: must differ from DAYPASS_ADMIN_ACCESS_KEY_ID"))
	}
	return faults
}

func (k KeyPair) validate(id, secret string) []error {
	switch {
	case k.ID == "" && k.Secret == "":
		return nil
	case k.ID == "" || k.Secret == "":
		return []error{fmt.Errorf("%s and %s: set both or none", id, secret)}
	case !arn.IsKeyID(k.ID):
		// The id is not in the message: it may be the secret.
		return []error{fmt.Errorf("%s: %d characters: expected 16 to 128 letters, digits or underscores", id, len(k.ID))}
	case len(k.Secret) < 16 || len(k.Secret) > 128:
		return []error{fmt.Errorf("%s: %d characters: expected 16 to 128", secret, len(k.Secret))}
	}
	return nil
}

// masterKeySize is the length of the master key, in bytes.
const masterKeySize = 32

func decodeKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != masterKeySize {
		return nil, fmt.Errorf("expected the base64 of %d bytes", masterKeySize)
	}
	return key, nil
}

var domainPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`) })

// validate sets the fields that are parsed from others. It returns a fault for each
// value that is wrong.
func (c *Config) validate() []error {
	_, _, listenErr := net.SplitHostPort(c.Listen)
	nets, netsErr := parsePrefixes(c.TrustProxies)
	c.TrustedNets = nets
	rates, ratesErr := c.rates()
	c.Rates = rates
	var quotasErr error
	c.Limits, quotasErr = parseQuotas(c.Quotas)
	var faults []error
	for _, check := range []struct {
		bad      bool
		name     string
		value    string
		expected string
	}{
		{listenErr != nil, "listen", c.Listen, "host:port"},
		{c.Data == "" && !c.Dev, "data", c.Data, "a folder"},
		{c.Database != "" && !hasScheme(c.Database, "postgres", "postgresql"), "database", shownURL(c.Database), "postgres://user@host/name"},
		{c.Blobs != "" && !hasScheme(c.Blobs, "s3"), "blobs", shownURL(c.Blobs), "s3://bucket/prefix"},
		{!arn.IsRegion(c.Region), "region", c.Region, "a Region such as us-east-1"},
		{!arn.IsAccount(c.AccountID), "account-id", c.AccountID, "12 digits"},
		{c.PublicURL != "" && !plainURL(c.PublicURL), "public-url", shownURL(c.PublicURL), "http(s)://host[:port][/path] without query or credentials"},
		{c.BaseDomain != "" && !domainPattern().MatchString(c.BaseDomain), "base-domain", c.BaseDomain, "a lower-case domain name"},
		{(c.TLSCert == "") != (c.TLSKey == ""), "tls-cert", c.TLSCert, "both --tls-cert and --tls-key, or none"},
		{netsErr != nil, "trust-proxies", c.TrustProxies, "comma-separated CIDRs such as 10.0.0.0/8"},
		{c.RotateEvery < time.Hour, "rotate-every", c.RotateEvery.String(), "at least 1h"},
		{c.MaxUpload < 1, "max-upload", strconv.FormatInt(c.MaxUpload, 10), "a positive number of bytes"},
		{c.UploadTimeout < 0, "upload-timeout", c.UploadTimeout.String(), "0 or a length of time such as 2h"},
		{c.UploadMinRate < 0, "upload-min-rate", strconv.FormatInt(c.UploadMinRate, 10), "0 or a positive number of bytes"},
		{c.AuditMaxSize < 1<<10, "audit-max-size", strconv.FormatInt(c.AuditMaxSize, 10), "at least 1024 bytes"},
		{c.Connections < 0, "connections", strconv.Itoa(c.Connections), "0 or a positive number"},
		{c.AuditKeep < 0, "audit-keep", strconv.Itoa(c.AuditKeep), "0 or a positive number of files"},
		{c.AuditMaxAge < 0 || c.AuditMaxAge > 0 && c.AuditMaxAge < time.Hour, "audit-max-age", c.AuditMaxAge.String(), "0 or at least 1h"},
		{c.LogFormat != "json" && c.LogFormat != "text", "log-format", c.LogFormat, "json or text"},
		{c.Dev && (c.Database != "" || c.Blobs != ""), "dev", "true", "no --database and no --blobs, as everything is kept in memory"},
		{c.MasterKeyFile != "" && c.MasterKey != nil, "master-key-file", c.MasterKeyFile, "either the file or DAYPASS_MASTER_KEY, not both"},
	} {
		if check.bad {
			faults = append(faults, fmt.Errorf("--%s: %q: expected %s", check.name, shown(check.value), check.expected))
		}
	}
	if ratesErr != nil {
		faults = append(faults, fmt.Errorf("--throttle: %w", ratesErr))
	}
	if quotasErr != nil {
		faults = append(faults, fmt.Errorf("--quotas: %w", quotasErr))
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	return faults
}

func (c *Config) rates() (throttle.Rates, error) {
	switch {
	case c.Throttle != "":
		return throttle.Parse(c.Throttle)
	case c.Dev:
		return throttle.Rates{}, nil
	}
	return throttle.AWS(), nil
}

func hasScheme(s string, schemes ...string) bool {
	u, err := url.Parse(s)
	if err != nil {
		return false
	}
	for _, scheme := range schemes {
		if u.Scheme == scheme {
			return true
		}
	}
	return false
}

func plainURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// shown returns the part of an option's value that an error may show. It has no password,
// no query of a URL and nothing after "name=", because the value may be meant for another
// option. Messages print it with %q, which escapes control characters.
func shown(value string) string {
	if strings.Contains(value, "://") || strings.Contains(value, "@") {
		return shownURL(value)
	}
	name, _, named := strings.Cut(value, "=")
	if named {
		return name + "=…"
	}
	return value
}

// shownURL is [shown] for a value that should be a URL. If an @ or the scheme is in an
// unusual place, any part may be the password, and nothing is shown.
func shownURL(value string) string {
	u, err := url.Parse(value)
	if err != nil || u.Scheme == "" || u.Opaque != "" || u.Host == "" || strings.Contains(u.Host+u.Path, "@") {
		return "(not a URL)"
	}
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	if u.Fragment != "" {
		u.Fragment, u.RawFragment = "…", "…"
	}
	return u.Redacted()
}

func parsePrefixes(list string) ([]netip.Prefix, error) {
	var nets []netip.Prefix
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(item)
		if err != nil {
			return nil, err
		}
		nets = append(nets, prefix.Masked())
	}
	return nets, nil
}

// readKeyFile reads a master key from a file that has it in base64.
func readKeyFile(name string) ([]byte, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	key, err := decodeKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return key, nil
}
