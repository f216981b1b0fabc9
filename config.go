package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Config is everything that can be set about a server. Each member is a flag of
// `authtrail serve`, and an environment variable: --flow-idle is
// AUTHTRAIL_FLOW_IDLE. A flag wins over the variable, the variable over the
// default.
type Config struct {
	Listen string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address to listen on. Without authentication it must be a loopback address."`
	Data   string `default:"./data" type:"path" placeholder:"DIR" help:"Folder of the embedded store; made if it is missing. One process at a time opens it."`
	Store  string `default:"sqlite" enum:"sqlite,elasticsearch" help:"Store to keep records in: ${enum}."`
	Auth   string `default:"none" enum:"none,jwt" help:"How callers prove who they are: ${enum}. With none, whoever reaches the server owns every org."`

	JWTHS256SecretFile string `name:"jwt-hs256-secret-file" type:"path" placeholder:"FILE" help:"File with the secret that tokens are signed with (HS256): its bytes less a final newline."`
	JWTPublicKeyFile   string `name:"jwt-public-key-file" type:"path" placeholder:"FILE" help:"PEM file with the public key of the tokens' issuer: RSA, EC or Ed25519."`
	JWTJWKSURL         string `name:"jwt-jwks-url" placeholder:"URL" help:"Where the tokens' issuer publishes its keys (JWKS); they may change while the server runs."`
	JWTIssuer          string `name:"jwt-issuer" placeholder:"ISS" help:"Issuer that tokens must name (iss). Required with a public key or a JWKS."`
	JWTAudience        string `name:"jwt-audience" placeholder:"AUD" help:"Audience that tokens must name (aud). Required with a public key or a JWKS."`
	JWTDefaultRole     string `name:"jwt-default-role" default:"none" enum:"none,viewer,editor,owner" help:"Role of tokens that name none for this API: ${enum}."`
	JWTOrgClaim        string `name:"jwt-org-claim" default:"org" placeholder:"NAME" help:"Claim that holds the org of a token, or a list of them."`
	JWTRolesClaim      string `name:"jwt-roles-claim" default:"roles" placeholder:"NAME" help:"Claim that holds the roles of a token, by API."`
	JWTScopesClaim     string `name:"jwt-scopes-claim" default:"scopes" placeholder:"NAME" help:"Claim that holds the scopes of a token, which may cap its role."`

	Elasticsearch ElasticsearchConfig `embed:"" prefix:"elasticsearch-"`
	Retention     time.Duration       `default:"0" placeholder:"TIME" help:"Drop records that are older, whole stretches of time at once; 0 keeps them. Only with --store elasticsearch."`

	PublicURL string `name:"public-url" placeholder:"URL" help:"Address that callers know the server by, such as https://audit.example.com, for the links in its answers, without it relative, and for the tokens that it signs for webhooks (agilicus_bearer)."`

	SecretKeyFile string `name:"secret-key-file" type:"path" placeholder:"FILE" help:"File with the keys that the secrets of destinations are encrypted with, the newest first. Without it the embedded store makes secret.key in its data folder, and with --store elasticsearch no secret is taken."`

	Access   AccessConfig   `embed:""`
	Delivery DeliveryConfig `embed:""`

	FlowIdle       time.Duration `default:"15m" placeholder:"TIME" help:"How long an undecided login may be idle before it counts as abandoned."`
	FlowBuilder    bool          `default:"true" negatable:"" help:"Keep the login flows current; of processes that share a cluster, one does so at a time. With --no-flow-builder this one never does."`
	QueueBytes     int           `default:"67108864" placeholder:"BYTES" help:"How many bytes of events may wait to be stored before senders are told to wait (429)."`
	RequestTimeout time.Duration `default:"30s" placeholder:"TIME" help:"How long answering one request may take; subscriptions are not bounded."`
	DrainTimeout   time.Duration `default:"10s" placeholder:"TIME" help:"How long requests under way may take to finish when the server stops."`

	LogLevel  string `default:"info" enum:"debug,info,warn,error" help:"Least important log lines to write: ${enum}."`
	LogFormat string `default:"text" enum:"text,json" help:"Form of the log on standard error: ${enum}."`
}

// defaultConfig returns the configuration of a server that was told nothing.
func defaultConfig() Config {
	var c Config
	if err := kong.ApplyDefaults(&c); err != nil {
		panic(err) // the defaults are part of the program
	}
	return c
}

// Validate refuses what would not be safe or could not work, naming the flag.
func (c Config) Validate() error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("--listen %q: want HOST:PORT", c.Listen)
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return fmt.Errorf("--listen %s: the port must be 0 to 65535", c.Listen)
	}
	if c.Auth == "none" && !isLoopback(host) {
		return fmt.Errorf("--listen %s: without authentication (--auth none) only a loopback address is allowed, such as 127.0.0.1", c.Listen)
	}
	if err := errors.Join(c.validateStore(), c.validateAuth(), c.validatePublicURL(), c.validateAccess(), c.validateDelivery()); err != nil {
		return err
	}
	for _, flag := range []struct {
		name  string
		value time.Duration
	}{{"flow-idle", c.FlowIdle}, {"request-timeout", c.RequestTimeout}, {"drain-timeout", c.DrainTimeout}} {
		if flag.value <= 0 {
			return fmt.Errorf("--%s %s: must be more than 0", flag.name, flag.value)
		}
	}
	if c.QueueBytes < 1<<20 {
		return fmt.Errorf("--queue-bytes %d: must be at least 1048576 (1 MiB)", c.QueueBytes)
	}
	return nil
}

// validatePublicURL refuses what no path can be put behind.
func (c Config) validatePublicURL() error {
	if c.PublicURL == "" {
		return nil
	}
	public, err := url.Parse(c.PublicURL)
	if err != nil || public.Host == "" || public.Scheme != "https" && public.Scheme != "http" ||
		strings.Trim(public.Path, "/") != "" || public.RawQuery != "" || public.Fragment != "" || public.User != nil {
		return fmt.Errorf("--public-url %q: want an address like https://audit.example.com, without a path", c.PublicURL)
	}
	return nil
}

// knownByItsAddress reports whether whoever may reach the server reaches it where it
// listens: without authentication that is this machine alone. A server with
// authentication may be behind a proxy, or listen on many addresses.
func (c Config) knownByItsAddress() bool { return c.Auth == "none" }

// validateAuth refuses keys that are missing, ambiguous, or would not be used.
func (c Config) validateAuth() error {
	keys := 0
	for _, key := range []string{c.JWTHS256SecretFile, c.JWTPublicKeyFile, c.JWTJWKSURL} {
		if key != "" {
			keys++
		}
	}
	jwks, err := url.Parse(c.JWTJWKSURL)
	const choice = "--jwt-hs256-secret-file, --jwt-public-key-file or --jwt-jwks-url"
	switch {
	case c.Auth == "none" && keys > 0:
		return errors.New(choice + ": needs --auth jwt, or it would not be used")
	case c.Auth == "none":
		return nil
	case keys != 1:
		return errors.New("--auth jwt: say what tokens are verified with, by one of " + choice)
	case c.JWTHS256SecretFile == "" && (c.JWTIssuer == "" || c.JWTAudience == ""):
		return errors.New("--auth jwt: a public key or a JWKS needs --jwt-issuer and --jwt-audience too, since it may sign for others as well")
	case c.JWTJWKSURL != "" && (err != nil || jwks.Host == "" || jwks.Scheme != "https" && jwks.Scheme != "http"):
		return fmt.Errorf("--jwt-jwks-url %q: want an address like https://issuer.example/.well-known/jwks.json", c.JWTJWKSURL)
	}
	return nil
}

// isLoopback reports whether a host can only be reached from this machine. A
// name other than localhost is not looked up: what it means may change.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// logger returns the log that the configuration asks for.
func (c Config) logger(s streams) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // one of the enum
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: durationsInWords}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(s.err, options))
	}
	return slog.New(slog.NewTextHandler(s.err, options))
}

// durationsInWords writes durations as 10s: in JSON they would be nanoseconds,
// which nothing says.
func durationsInWords(_ []string, attribute slog.Attr) slog.Attr {
	if attribute.Value.Kind() == slog.KindDuration {
		attribute.Value = slog.StringValue(attribute.Value.Duration().String())
	}
	return attribute
}

// lookupEnv is os.LookupEnv or, in tests, something smaller.
type lookupEnv func(name string) (value string, ok bool)

// fromEnv takes the value of each flag that was not given from its variable,
// unless that is empty: many tools cannot leave a variable out.
func fromEnv(lookup lookupEnv) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if value, ok := lookup(variableOf(flag.Name)); ok && value != "" {
			return value, nil
		}
		return nil, nil
	})
}

// variableOf returns the environment variable of a flag.
func variableOf(flag string) string {
	return "AUTHTRAIL_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// helpWithVariable adds the variable's name to a flag's help, and the default
// where a placeholder hides it.
func helpWithVariable(value *kong.Value) string {
	help := kong.DefaultHelpValueFormatter(value)
	switch {
	case value.Flag == nil || value.Name == "help":
		return help
	case value.HasDefault && value.Flag.PlaceHolder != "":
		return help + " [default " + value.Default + ", $" + variableOf(value.Name) + "]"
	}
	return help + " [$" + variableOf(value.Name) + "]"
}
