package elastic

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
)

// Partition is how long the stretch of time is that one index holds.
type Partition string

// The lengths of a partition.
const (
	Day   Partition = "day"
	Week  Partition = "week"
	Month Partition = "month"
)

// Options say where the cluster is, and how records are kept there.
type Options struct {
	URLs           []string // of one or more nodes; each may be tried
	CloudID        string   // instead of URLs
	Username       string
	Password       string
	APIKey         string        // instead of a user; the encoded form
	CACertFile     string        // PEM; the authority that signed the nodes' certificates
	IndexPrefix    string        // of the names of all indices; "authtrail" where empty
	Format         audit.Format  // what the rows are; audit.Events() where zero. A prefix is for rows of one format
	Partition      Partition     // Week where empty
	Shards         int           // of each partition; 1 where 0
	Replicas       int           // copies of each shard beside the first; 0 for one as soon as there are two nodes, negative for none
	Retention      time.Duration // partitions older than this are dropped; 0 for never
	RequestTimeout time.Duration // of one request to the cluster; 30 seconds where 0
	Logger         *slog.Logger  // nil for none

	now func() time.Time // the clock, where a test has its own
}

const (
	defaultPrefix  = "authtrail"
	defaultTimeout = 30 * time.Second
)

// goodPrefix is what the engine takes as the beginning of an index's name.
var goodPrefix = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)

// How many bytes a prefix may have: one that is for events leaves room for what
// its caller adds to it for other rows.
const (
	maxPrefixOfEvents = 100
	maxPrefixOfRows   = 120
)

// complete returns the options with their defaults, or what is wrong with them.
func (o Options) complete() (Options, error) {
	o.IndexPrefix = cmp.Or(o.IndexPrefix, defaultPrefix)
	o.Partition = cmp.Or(o.Partition, Week)
	o.Shards = cmp.Or(o.Shards, 1)
	o.RequestTimeout = cmp.Or(o.RequestTimeout, defaultTimeout)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.now == nil {
		o.now = time.Now
	}
	switch {
	case o.CloudID == "" && len(o.URLs) == 0:
		return o, audit.Invalid("url", "no URL of Elasticsearch was given")
	case o.CloudID != "" && len(o.URLs) > 0:
		return o, audit.Invalid("url", "give either URLs or a cloud id, not both")
	case o.APIKey != "" && o.Username != "":
		return o, audit.Invalid("api-key", "give either an API key or a user, not both")
	case !goodPrefix.MatchString(o.IndexPrefix):
		return o, audit.Invalid("index-prefix", "%q cannot begin the name of an index: use lower-case letters, digits, '.', '_' and '-'", o.IndexPrefix)
	case len(o.IndexPrefix) > o.maxPrefix():
		return o, audit.Invalid("index-prefix", "is longer than %d bytes", o.maxPrefix())
	case !slices.Contains([]Partition{Day, Week, Month}, o.Partition):
		return o, audit.Invalid("partition", "%q is not day, week or month", o.Partition)
	case o.Shards < 1 || o.Shards > 1024:
		return o, audit.Invalid("shards", "must be from 1 to 1024")
	case o.Retention < 0:
		return o, audit.Invalid("retention", "must not be negative")
	}
	return o, nil
}

func (o Options) maxPrefix() int {
	if newFormat(o.Format).replaced() {
		return maxPrefixOfRows
	}
	return maxPrefixOfEvents
}

// addresses returns the URLs of the nodes.
func (o Options) addresses() ([]*url.URL, error) {
	if o.CloudID != "" {
		address, err := cloudAddress(o.CloudID)
		return []*url.URL{address}, err
	}
	addresses := make([]*url.URL, len(o.URLs))
	for i, text := range o.URLs {
		address, err := url.Parse(strings.TrimRight(strings.TrimSpace(text), "/"))
		if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
			return nil, audit.Invalid("url", "%q is no URL of Elasticsearch: it begins with http:// or https://, and names a host", redacted(text))
		}
		addresses[i] = address
	}
	return addresses, nil
}

// notOpened says where it was that the store could not be opened, and why: unlike
// callers of the API, who starts the program may know.
func (o Options) notOpened(err error) error {
	where := cmp.Or(o.CloudID, strings.Join(redactedAll(o.URLs), ", "))
	if known := audit.AsError(err); known.Err != nil && known.Code == audit.Unavailable {
		return fmt.Errorf("open Elasticsearch at %s: %w: %w", where, err, known.Err)
	}
	return fmt.Errorf("open Elasticsearch at %s: %w", where, err)
}

func redactedAll(urls []string) []string {
	all := make([]string, len(urls))
	for i, text := range urls {
		all[i] = redacted(text)
	}
	return all
}

// redacted is a URL without the password that it may hold.
func redacted(text string) string {
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		return "…" + text[at:]
	}
	return text
}

// cloudAddress reads a cloud id: a name, a colon, and in base64 the domain, the
// cluster and whatever else, with dollar signs between them.
func cloudAddress(id string) (*url.URL, error) {
	_, encoded, _ := strings.Cut(id, ":")
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	parts := strings.Split(string(decoded), "$")
	if err != nil || len(parts) < 2 || parts[0] == "" || parts[1] == "" {
		return nil, audit.Invalid("cloud-id", "is not a cloud id: copy it whole from the deployment's page")
	}
	domain, port, err := net.SplitHostPort(parts[0])
	if err != nil {
		domain, port = parts[0], "443"
	}
	return &url.URL{Scheme: "https", Host: net.JoinHostPort(parts[1]+"."+domain, port)}, nil
}

// authority returns the PEM of the certificate authority, nil when none was named.
func (o Options) authority() ([]byte, error) {
	if o.CACertFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(o.CACertFile)
	if err != nil {
		return nil, fmt.Errorf("read the certificate authority: %w", err)
	}
	return pem, nil
}
