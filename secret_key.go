package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/audit/secret"
)

// secretKeyFile is the file in the data folder that has the key, unless
// --secret-key-file names another.
const secretKeyFile = "secret.key"

// storedDestinations are the destinations of a server, and the keys of their secrets.
type storedDestinations struct {
	*destination.Store
	vault   *secret.Vault
	keyFile string // empty where the server has none
	keys    int
}

// openDestinations reads the keys. The embedded store keeps one beside its data, made
// when there is the first secret; the processes on a cluster must be given theirs.
func openDestinations(c Config, records audit.Store, flows audit.Feed) (*storedDestinations, error) {
	d := &storedDestinations{keyFile: c.SecretKeyFile}
	options := secret.Options{Registry: records}
	if d.keyFile == "" && c.Store == "sqlite" {
		d.keyFile = filepath.Join(c.Data, secretKeyFile)
		options.Create = func() ([]secret.Key, error) { return makeSecretKey(d.keyFile) }
	}
	if d.keyFile != "" {
		keys, err := readSecretKeys(d.keyFile)
		if err != nil && (c.SecretKeyFile != "" || !errors.Is(err, fs.ErrNotExist)) {
			return nil, fmt.Errorf("--secret-key-file: %w", err)
		}
		options.Keys, d.keys = keys, len(keys)
	}
	d.vault = secret.New(options)
	d.Store = destination.New(destination.Options{
		Registry: records, Vault: d.vault, Folder: c.deliveryFolder(), NoIssuer: c.PublicURL == "" && !c.knownByItsAddress(),
		Ends: func(ctx context.Context) (ends destination.Beginning, err error) {
			if ends.Records, err = records.End(ctx); err != nil {
				return ends, err
			}
			ends.Flows, err = flows.End(ctx)
			return ends, err
		},
	})
	return d, nil
}

// check refuses a server that has another key than the store, and has what older
// keys have encrypted encrypted with the newest. Commands that open the data folder
// for a moment need no key, and are not told of one. Reseal does so with what is
// encrypted beside destinations.
func (d *storedDestinations) check(ctx context.Context, logger *slog.Logger, reseal func(context.Context) error) error {
	err := d.vault.Check(ctx)
	if errors.Is(err, secret.ErrOtherKey) {
		return fmt.Errorf("--secret-key-file: the secrets of destinations are encrypted with a key that %s; give the file that has it, or run authtrail forget-secrets if it is lost", d.lacking())
	}
	if err == nil && d.keys > 1 {
		err := reseal(ctx)
		if err == nil {
			err = d.Rotate(ctx) // which says that all is done
		}
		if err != nil {
			logger.Warn("what older secret keys have encrypted needs them still; the next start tries again", "error", err)
		}
	}
	return err
}

// lacking says where the key is not that is needed.
func (d *storedDestinations) lacking() string {
	switch {
	case d.keyFile == "":
		return "this server was not given"
	case d.keys == 0:
		return "was in " + d.keyFile + ", which is missing"
	}
	return "is not in " + d.keyFile
}

func readSecretKeys(file string) ([]secret.Key, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	keys, err := secret.Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return keys, nil
}

// makeSecretKey makes a key file, which is whole and durable before the key is used:
// what it encrypts could not be read without it.
func makeSecretKey(file string) ([]secret.Key, error) {
	text, partial := secret.Generate()+"\n", file+".partial"
	f, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := errors.Join(os.Rename(partial, file), syncFolder(filepath.Dir(file))); err != nil {
		return nil, err
	}
	return secret.Parse(text)
}

// syncFolder makes the names in a folder durable.
func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
