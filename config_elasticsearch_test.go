package main

import (
	"strings"
	"testing"
	"time"
)

func TestSettingsOfAStoreThatWouldNotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set  func(*Config)
		want string // part of the error; empty for none
	}{
		"embedded": {func(*Config) {}, ""},
		"elasticsearch": {func(c *Config) {
			c.Store, c.Elasticsearch.URL, c.Retention = "elasticsearch", []string{"http://es:9200"}, time.Hour
		}, ""},
		"in the cloud":       {func(c *Config) { c.Store, c.Elasticsearch.CloudID = "elasticsearch", "x:y" }, ""},
		"nowhere":            {func(c *Config) { c.Store = "elasticsearch" }, "--elasticsearch-url"},
		"not used":           {func(c *Config) { c.Elasticsearch.URL = []string{"http://es:9200"} }, "--store elasticsearch"},
		"no retention here":  {func(c *Config) { c.Retention = time.Hour }, "--retention"},
		"negative retention": {func(c *Config) { c.Retention = -1 }, "--retention"},
		"copies":             {func(c *Config) { c.Elasticsearch.Replicas = "2" }, ""},
		"fewer than none":    {func(c *Config) { c.Elasticsearch.Replicas = "-1" }, "--elasticsearch-replicas"},
		"some copies":        {func(c *Config) { c.Elasticsearch.Replicas = "some" }, "--elasticsearch-replicas"},
		"no shards":          {func(c *Config) { c.Elasticsearch.Shards = 0 }, "--elasticsearch-shards"},
		"a user":             {func(c *Config) { c.Elasticsearch.Username, c.Elasticsearch.Password = "me", "x" }, ""},
		"no password":        {func(c *Config) { c.Elasticsearch.Username = "me" }, "--elasticsearch-password"},
		"no user":            {func(c *Config) { c.Elasticsearch.Password = "x" }, "--elasticsearch-username"},
		"a user and a key": {func(c *Config) {
			c.Elasticsearch.Username, c.Elasticsearch.Password, c.Elasticsearch.APIKey = "me", "x", "y"
		}, "--elasticsearch-api-key"},
		"public":             {func(c *Config) { c.PublicURL = "https://audit.example.com/" }, ""},
		"public with a path": {func(c *Config) { c.PublicURL = "https://audit.example.com/audit" }, "--public-url"},
		"public user":        {func(c *Config) { c.PublicURL = "https://me@audit.example.com" }, "--public-url"},
		"no address":         {func(c *Config) { c.PublicURL = "audit.example.com" }, "--public-url"},
	} {
		config := defaultConfig()
		c.set(&config)
		err := config.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestTheLogSaysWhereRecordsAreAndNoPassword(t *testing.T) {
	t.Parallel()
	for want, config := range map[string]Config{
		"./data": {Store: "sqlite", Data: "./data"},
		"http://a:1, https://me:xxxxx@b, in indices x-*": {Store: "elasticsearch", Data: "./data",
			Elasticsearch: ElasticsearchConfig{URL: []string{"http://a:1", "https://me:secret@b"}, IndexPrefix: "x"}},
		"the cloud, in indices x-*": {Store: "elasticsearch", Elasticsearch: ElasticsearchConfig{CloudID: "c", IndexPrefix: "x"}},
	} {
		if got := config.storePlace(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWhatTheStoreFindsWrongIsSaidOfTheFlag(t *testing.T) {
	t.Parallel()
	for flag, args := range map[string][]string{
		"--elasticsearch-url: ":          {"--elasticsearch-url", "localhost:9200"},
		"--elasticsearch-cloud-id: ":     {"--elasticsearch-cloud-id", "nonsense"},
		"--elasticsearch-index-prefix: ": {"--elasticsearch-url", "http://127.0.0.1:1", "--elasticsearch-index-prefix", "Bad Prefix"},
	} {
		for _, command := range [][]string{{"reindex"}, {"serve", "--store", "elasticsearch"}} {
			got := authtrail(t, append(command, args...)...)
			if got.code != exitUsage || !strings.HasPrefix(got.err, "authtrail: "+flag) {
				t.Errorf("%s %v: code %d, said %q", command[0], args, got.code, got.err)
			}
		}
	}
}

func TestCopiesAreCounted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"auto": 0, "0": -1, "1": 1, "5": 5} {
		if got, ok := (ElasticsearchConfig{Replicas: text}).replicas(); got != want || !ok {
			t.Errorf("%s: %d, %v, want %d", text, got, ok, want)
		}
	}
}
