package client

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"daypass/api"
	"daypass/internal/cli/document"
	"daypass/internal/cli/exit"
	"daypass/internal/cli/profile"
)

// settings are the settings of the configuration files and of the environment.
type settings struct {
	files    *profile.Files
	name     string            // of the profile; "" is the default one
	profile  *profile.Settings // nil if there is no default profile
	explicit bool              // the profile was chosen with --profile
}

// getenv returns the first of several variables that is not empty.
func getenv(names ...string) string {
	for _, name := range names {
		if v := os.Getenv(name); v != "" {
			return v
		}
	}
	return ""
}

// config loads the configuration at its first call. A profile that was chosen must
// exist.
func (s *Session) config() (*settings, error) {
	if s.settings != nil {
		return s.settings, nil
	}
	files, err := profile.Load(
		cmp.Or(getenv("AWS_CONFIG_FILE"), "~/.aws/config"),
		cmp.Or(getenv("AWS_SHARED_CREDENTIALS_FILE"), "~/.aws/credentials"))
	if err != nil {
		return nil, err
	}
	c := &settings{files: files, name: s.Options.Profile, explicit: s.Options.Profile != ""}
	isChosen := c.explicit
	for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if name, ok := os.LookupEnv(variable); ok && !isChosen { // an empty name is a name too
			c.name, isChosen = name, true
		}
	}
	if isChosen && files.Profiles[c.name] == nil {
		return nil, noProfileError{c.name}
	}
	c.profile = files.Profiles[cmp.Or(c.name, "default")]
	s.settings = c
	return c, nil
}

// A noProfileError says that the chosen profile does not exist.
type noProfileError struct{ name string }

func (e noProfileError) Error() string {
	return fmt.Sprintf("The config profile (%s) could not be found", e.name)
}

// Check refuses configuration that no command can work with. A profile that does
// not exist is refused later, by a command that needs it.
func (s *Session) Check() error {
	c, err := s.config()
	if errors.As(err, &noProfileError{}) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = c.wireTimes()
	return err
}

// OutputFormat returns the configured format of results.
func (s *Session) OutputFormat() (string, error) {
	c, err := s.config()
	if err != nil {
		return "", err
	}
	return c.output(), nil
}

// WireTimes reports whether times are printed as the service sent them.
func (s *Session) WireTimes() (bool, error) {
	c, err := s.config()
	if err != nil {
		return false, err
	}
	return c.wireTimes()
}

func (c *settings) output() string {
	return cmp.Or(getenv("AWS_DEFAULT_OUTPUT"), c.profile.Value("output"), "json")
}

// configuredEndpoint returns the URL that the environment or the files set for a
// service, or "". The environment wins over the files, and in each of them a setting
// of the service wins over one for all services.
func (c *settings) configuredEndpoint(model *api.Service) (string, error) {
	return c.configuredEndpointByID(model.ID)
}

// configuredEndpointByID is configuredEndpoint by the service's id, so that no model
// is parsed.
func (c *settings) configuredEndpointByID(service string) (string, error) {
	if isTrue(cmp.Or(getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), c.profile.Value("ignore_configured_endpoint_urls"))) {
		return "", nil
	}
	id := strings.ReplaceAll(service, " ", "_")
	if v := getenv("AWS_ENDPOINT_URL_"+strings.ToUpper(id), "AWS_ENDPOINT_URL"); v != "" {
		return v, nil
	}
	if !c.profile.Has("services") {
		return c.profile.Value("endpoint_url"), nil
	}
	name := c.profile.Value("services")
	services := c.files.Services[name]
	if services == nil {
		return "", exit.Errorf(exit.General, "The profile is configured to use the services section but the \"%s\" services configuration does not exist.", name)
	}
	return cmp.Or(services.Service(strings.ToLower(id), "endpoint_url"), c.profile.Value("endpoint_url")), nil
}

func isTrue(s string) bool { return strings.EqualFold(s, "true") }

// attempts returns how often a request is sent at most.
func (c *settings) attempts() (int, error) {
	text := cmp.Or(getenv("AWS_MAX_ATTEMPTS"), c.profile.Value("max_attempts"))
	if text == "" {
		if cmp.Or(getenv("AWS_RETRY_MODE"), c.profile.Value("retry_mode")) == "legacy" {
			return 5, nil
		}
		return 3, nil
	}
	v, ok := document.ParseInt(text)
	if !ok {
		return 0, exit.NotInt(text)
	}
	n, ok := v.(int64)
	if !ok || n < 1 || n > 1000 {
		return 0, exit.Errorf(exit.General, "Value provided to \"max_attempts\": %s must be an integer greater than or equal to 1.", text)
	}
	return int(n), nil
}

// wireTimes reports whether times are printed as the service sent them.
func (c *settings) wireTimes() (asOnTheWire bool, err error) {
	switch v := c.profile.Value("cli_timestamp_format"); v {
	case "", "iso8601":
		return false, nil
	case "wire":
		return true, nil
	default:
		return false, exit.Errorf(exit.Config, "Unknown cli_timestamp_format value: %s, valid values are \"wire\" or \"iso8601\"", v)
	}
}
