package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/flow"
	"github.com/authtrail/authtrail/store/elastic"
)

// ElasticsearchConfig says where Elasticsearch is, and how records are kept
// there; for --store elasticsearch.
type ElasticsearchConfig struct {
	URL         []string `name:"url" placeholder:"URL" help:"Address of Elasticsearch; several, for several nodes, may be repeated or separated by commas."`
	CloudID     string   `name:"cloud-id" placeholder:"ID" help:"Cloud id of a deployment, instead of addresses."`
	Username    string   `placeholder:"NAME" help:"User to authenticate as."`
	Password    string   `placeholder:"PASSWORD" help:"The user's password; better given by its variable, since others can see a process's flags."`
	APIKey      string   `name:"api-key" placeholder:"KEY" help:"API key, in its encoded form, instead of a user; better given by its variable."`
	CACertFile  string   `name:"ca-cert-file" type:"path" placeholder:"FILE" help:"PEM file of the authority that signed the nodes' certificates, where it is your own."`
	IndexPrefix string   `default:"authtrail" placeholder:"PREFIX" help:"Beginning of the names of all indices."`
	Partition   string   `default:"week" enum:"day,week,month" help:"How long the stretch of time is that one index holds: ${enum}."`
	Shards      int      `default:"1" placeholder:"N" help:"Primary shards of each new index."`
	Replicas    string   `default:"auto" placeholder:"N" help:"Copies of each shard beside the first; auto for one as soon as there are two nodes."`
}

// validateStore refuses settings of a store that is not used, or lacks what it needs.
func (c Config) validateStore() error {
	es := c.Elasticsearch
	_, countable := es.replicas()
	given := len(es.URL) > 0 || es.CloudID != ""
	switch {
	case c.Retention < 0:
		return errors.New("--retention: must not be negative")
	case c.Store == "elasticsearch" && !given:
		return errors.New("--store elasticsearch: say where it is, by --elasticsearch-url or --elasticsearch-cloud-id")
	case !countable:
		return fmt.Errorf("--elasticsearch-replicas %q: want auto or a number from 0", es.Replicas)
	case es.Shards < 1:
		return fmt.Errorf("--elasticsearch-shards %d: must be 1 or more", es.Shards)
	case (es.Username == "") != (es.Password == ""):
		return errors.New("--elasticsearch-username, --elasticsearch-password: give both or none")
	case es.Username != "" && es.APIKey != "":
		return errors.New("--elasticsearch-username, --elasticsearch-api-key: give one or the other")
	case c.Store != "elasticsearch" && given:
		return errors.New("--elasticsearch-url, --elasticsearch-cloud-id: need --store elasticsearch, or they would not be used")
	case c.Store != "elasticsearch" && c.Retention > 0:
		return errors.New("--retention: only --store elasticsearch can drop old records")
	}
	return nil
}

// replicas returns the number as the store's options take it.
func (c ElasticsearchConfig) replicas() (number int, ok bool) {
	if c.Replicas == "auto" {
		return 0, true
	}
	number, err := strconv.Atoi(c.Replicas)
	if number == 0 {
		return -1, err == nil
	}
	return number, err == nil && number > 0
}

// storePlace says where the records are kept, without what addresses may hold of passwords.
func (c Config) storePlace() string {
	es := c.Elasticsearch
	switch {
	case c.Store != "elasticsearch":
		return c.Data
	case es.CloudID != "":
		return "the cloud, in indices " + es.IndexPrefix + "-*"
	}
	places := make([]string, len(es.URL))
	for i, address := range es.URL {
		if parsed, err := url.Parse(address); err == nil { // the store has read them
			places[i] = parsed.Redacted()
		}
	}
	return strings.Join(places, ", ") + ", in indices " + es.IndexPrefix + "-*"
}

// openElastic opens the store on Elasticsearch. What it finds wrong with a setting is said of the flag.
func openElastic(ctx context.Context, options elastic.Options) (*elastic.Store, error) {
	store, err := elastic.Open(ctx, options)
	if known := audit.AsError(err); known != nil && known.Code == audit.BadUserInput && known.Field != "" {
		return nil, exitError{exitUsage, fmt.Errorf("--elasticsearch-%w", err)}
	}
	return store, err
}

// elasticOptions are the options of the store on Elasticsearch.
func (c Config) elasticOptions(logger *slog.Logger) elastic.Options {
	es := c.Elasticsearch
	replicas, _ := es.replicas() // validated
	return elastic.Options{
		URLs: es.URL, CloudID: es.CloudID, Username: es.Username, Password: es.Password, APIKey: es.APIKey, CACertFile: es.CACertFile,
		IndexPrefix: es.IndexPrefix, Partition: elastic.Partition(es.Partition), Shards: es.Shards, Replicas: replicas,
		Retention: c.Retention, RequestTimeout: c.RequestTimeout + 5*time.Second, Logger: logger,
	}
}

// elasticFlowOptions are those of the store of login flows, in indices of its own beside the events.
func (c Config) elasticFlowOptions(logger *slog.Logger) elastic.Options {
	options := c.elasticOptions(logger)
	options.IndexPrefix, options.Format = options.IndexPrefix+"-flows", flow.Format()
	return options
}
