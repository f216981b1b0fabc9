package main

import (
	"cmp"
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

// openDestinations opens the destinations of a store, with the key of their
// secrets, and has what older keys have encrypted encrypted with the newest.
func openDestinations(ctx context.Context, c Config, registry audit.Registry, logger *slog.Logger) (*destination.Store, error) {
	vault, keys, err := openVault(ctx, c, registry)
	if err != nil {
		return nil, err
	}
	store := destination.New(destination.Options{Registry: registry, Vault: vault, Folder: c.deliveryFolder()})
	if keys > 1 {
		if err := store.Rotate(ctx); err != nil {
			logger.Warn("what older secret keys have encrypted needs them still; the next start tries again", "error", err)
		}
	}
	return store, nil
}

// openVault reads the keys. The embedded store keeps one beside its data, made
// when there is the first secret; the processes on a cluster must be given theirs.
func openVault(ctx context.Context, c Config, registry audit.Registry) (vault *secret.Vault, keys int, err error) {
	file := c.SecretKeyFile
	options := secret.Options{Registry: registry}
	if file == "" && c.Store == "sqlite" {
		file = filepath.Join(c.Data, secretKeyFile)
		options.Create = func() ([]secret.Key, error) { return makeSecretKey(file) }
	}
	if file != "" {
		options.Keys, err = readSecretKeys(file)
		if err != nil && (c.SecretKeyFile != "" || !errors.Is(err, fs.ErrNotExist)) {
			return nil, 0, fmt.Errorf("--secret-key-file: %w", err)
		}
	}
	vault, err = secret.Open(ctx, options)
	if errors.Is(err, secret.ErrOtherKey) {
		err = fmt.Errorf("--secret-key-file: the secrets of destinations are encrypted with a key that %s; give the file that has it", lacking(file, options.Keys))
	}
	return vault, len(options.Keys), err
}

// lacking says where the key is not that is needed.
func lacking(file string, keys []secret.Key) string {
	switch {
	case file == "":
		return "this server was not given"
	case len(keys) == 0:
		return "was in " + file + ", which is missing"
	}
	return "is not in " + file
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

// deliveryFolder is where the files of file destinations are.
func (c Config) deliveryFolder() string {
	return cmp.Or(c.DeliveryDir, filepath.Join(c.Data, "delivered"))
}
