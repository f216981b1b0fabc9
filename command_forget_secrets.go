package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/authtrail/authtrail/audit/secret"
	"github.com/authtrail/authtrail/delivery/token"
	"github.com/authtrail/authtrail/store/sqlite"
	"github.com/authtrail/authtrail/terminal"
)

type forgetSecretsCommand struct {
	Data          string              `default:"./data" type:"path" placeholder:"DIR" help:"Folder of the embedded store, which no server may have open meanwhile."`
	Store         string              `default:"sqlite" enum:"sqlite,elasticsearch" help:"Store that the destinations are in: ${enum}."`
	Elasticsearch ElasticsearchConfig `embed:"" prefix:"elasticsearch-"`
	SecretKeyFile string              `type:"path" placeholder:"FILE" help:"The keys that there are, as the server has them."`
}

// Run implements the command.
func (c forgetSecretsCommand) Run(ctx context.Context, s streams) error {
	config := defaultConfig()
	config.Data, config.Store, config.Elasticsearch, config.SecretKeyFile, config.LogLevel = c.Data, c.Store, c.Elasticsearch, c.SecretKeyFile, "warn"
	if err := config.Validate(); err != nil {
		return exitError{exitUsage, err}
	}
	if c.Store == "sqlite" && !sqlite.Exists(c.Data) {
		return fmt.Errorf("%s is no data folder: it holds no records; name one with --data", c.Data)
	}
	records, flows, err := openStores(ctx, config, config.logger(s))
	if errors.Is(err, sqlite.ErrInUse) {
		return fmt.Errorf("%w; stop the server to forget its secrets", err)
	}
	if err != nil {
		return err
	}
	d, err := openDestinations(config, records, flows)
	if err == nil {
		tokens := token.New(token.Options{Registry: records, Vault: d.vault})
		err = d.forget(ctx, s, tokens.Forget)
	}
	return errors.Join(err, flows.Close(), records.Close())
}

// forget drops what no key decrypts, and names the destinations that had it.
func (d *storedDestinations) forget(ctx context.Context, s streams, forgetTokens func(context.Context) error) error {
	err := d.vault.Check(ctx)
	if err == nil {
		_, err = fmt.Fprintln(s.out, "the key opens what is in the store; nothing was forgotten")
		return err
	}
	if !errors.Is(err, secret.ErrOtherKey) {
		return err
	}
	forgotten, err := d.Forget(ctx)
	for _, f := range forgotten {
		proof := "had a key to sign or hash with"
		if a := f.Spec.Authentication; a != nil {
			proof = "authenticated by " + a.Type
		}
		fmt.Fprintf(s.out, "org %s: destination %s (%s) is disabled; it %s\n", terminal.Clean(f.Spec.OrgID), terminal.Clean(f.Spec.Name), f.ID, proof)
	}
	if err == nil {
		err = forgetTokens(ctx)
	}
	if err == nil {
		err = d.vault.Forget(ctx)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "the secrets of %d destinations are forgotten; replace each with its authentication, enabled\n", len(forgotten))
	return err
}
