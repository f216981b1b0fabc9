package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/authtrail/authtrail/graph/generated"
	"github.com/authtrail/authtrail/graph/server"
	"github.com/authtrail/authtrail/ratelimit"
)

// AccessConfig is how much callers may ask for, and what browsers may do.
type AccessConfig struct {
	RateLimit        int64    `default:"0" placeholder:"COST" help:"How much each caller may ask for in a minute, by cost (docs/security.md), such as 60000; 0 is any amount."`
	RateBurst        int64    `default:"0" placeholder:"COST" help:"How much of that a caller may ask for at once, and so the most that one request may cost; 0 is a minute's worth."`
	MaxConnections   int      `default:"4096" placeholder:"NUMBER" help:"How many connections may be open, of which one caller may use half; beyond that the answer is 503."`
	MaxSubscriptions int      `default:"1000" placeholder:"NUMBER" help:"How many subscriptions each caller may have open."`
	TrustedDocuments string   `type:"path" placeholder:"PATH" help:"File or folder with the only GraphQL documents that may be run; GraphiQL is off then unless asked for."`
	Introspection    bool     `default:"true" negatable:"" help:"Answer questions about the GraphQL schema."`
	GraphiQL         *bool    `name:"graphiql" negatable:"" help:"Serve the playground at /graphiql; done unless --trusted-documents is given."`
	CORSOrigins      []string `name:"cors-origin" placeholder:"ORIGIN" help:"Origin whose web pages may use the APIs, such as https://app.example.com; several may be repeated or separated by commas. Needs --auth jwt."`
}

// The bounds of how long one request may hold its connection, beside bodyPace.
// Streams have deadlines of their own.
const (
	headerTimeout = 10 * time.Second
	answerTimeout = time.Minute // to read the answer
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
)

// access is what callers may ask for.
type access struct {
	spend     func(ctx context.Context, header http.Header, cost int64) error // nil: any amount
	documents *server.Documents                                               // nil: any document
}

// usefulBurst is what a caller must be able to ask for at once for all commands of
// the program to work; of them, a page of destinations costs most.
const usefulBurst = 6_000

// warn says that not even the program's own commands would be answered.
func (c AccessConfig) warn(logger *slog.Logger) {
	if burst := cmp.Or(c.RateBurst, c.RateLimit); c.RateLimit > 0 && burst < usefulBurst {
		logger.Warn("with so small a --rate-limit or --rate-burst some of the program's own commands are refused: "+
			"authtrail destinations costs some 5,500 at once, a search 900, GraphiQL's introspection 53,000, a list of REST 500",
			"at_once", burst, "useful_from", usefulBurst)
	}
}

// openAccess returns what the configuration allows callers.
func openAccess(c Config) (access, error) {
	var a access
	if c.Access.RateLimit > 0 {
		a.spend = ratelimit.New(ratelimit.Options{PerMinute: c.Access.RateLimit, Burst: c.Access.RateBurst}).Spend
	}
	if c.Access.TrustedDocuments == "" {
		return a, nil
	}
	documents, err := server.ReadDocuments(c.Access.TrustedDocuments)
	if err != nil {
		return a, fmt.Errorf("--trusted-documents: %w", err)
	}
	if err := documents.Check(generated.NewExecutableSchema(generated.Config{}).Schema(), server.Limits{}); err != nil {
		return a, fmt.Errorf("--trusted-documents: %w", err)
	}
	a.documents = documents
	return a, nil
}

func (c AccessConfig) playground() bool {
	if c.GraphiQL == nil {
		return c.TrustedDocuments == ""
	}
	return *c.GraphiQL
}

// validateAccess refuses bounds that would keep everybody out, and origins that
// are not written as browsers write them.
func (c Config) validateAccess() error {
	for _, flag := range []struct {
		name           string
		value, minimum int64
	}{
		{"rate-limit", c.Access.RateLimit, 0}, {"rate-burst", c.Access.RateBurst, 0},
		{"max-connections", int64(c.Access.MaxConnections), 1}, {"max-subscriptions", int64(c.Access.MaxSubscriptions), 1},
	} {
		if flag.value < flag.minimum {
			return fmt.Errorf("--%s %d: must be at least %d", flag.name, flag.value, flag.minimum)
		}
	}
	if c.Access.RateBurst > 0 && c.Access.RateLimit == 0 {
		return errors.New("--rate-burst: needs --rate-limit, or it would not be used")
	}
	if len(c.Access.CORSOrigins) > 0 && c.Auth == "none" {
		return errors.New("--cors-origin: needs --auth jwt: without authentication, pages of other sites may not use the server")
	}
	for _, origin := range c.Access.CORSOrigins {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || origin != strings.ToLower(u.Scheme+"://"+u.Host) || strings.Contains(origin, "*") {
			return fmt.Errorf("--cors-origin %q: want a whole origin like https://app.example.com, in small letters and without a path or *", origin)
		}
	}
	return nil
}
