package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ReadDocuments reads the documents of a manifest, or of a folder's manifests
// (.json) and documents (.graphql, .gql; a document's id is its file's name
// without that). A manifest is a JSON object of ids and documents, as Relay's
// compiler writes it, or a list of operations with id and body, as Apollo's does.
func ReadDocuments(path string) (*Documents, error) {
	files := []string{path}
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if info.IsDir() {
		if files, err = documentFiles(path); err != nil {
			return nil, err
		}
	}
	d := &Documents{registered: map[string]string{}, byID: map[string]string{}}
	for _, file := range files {
		if err := d.read(file); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	if len(d.byID) == 0 {
		return nil, fmt.Errorf("%s: has no documents (.json, .graphql or .gql files)", path)
	}
	return d, nil
}

func documentFiles(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, entry := range entries {
		switch filepath.Ext(entry.Name()) {
		case ".json", ".graphql", ".gql":
			files = append(files, filepath.Join(folder, entry.Name()))
		}
	}
	return files, nil
}

func (d *Documents) read(file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if extension := filepath.Ext(file); extension == ".graphql" || extension == ".gql" {
		return d.register(strings.TrimSuffix(filepath.Base(file), extension), string(content))
	}
	return d.readManifest(content)
}

// manifest is what Apollo's tools write.
type manifest struct {
	Format     string
	Operations []struct{ ID, Body string }
}

func (d *Documents) readManifest(content []byte) error {
	var relay map[string]string
	if json.Unmarshal(content, &relay) == nil {
		for id, document := range relay {
			if err := d.register(id, document); err != nil {
				return err
			}
		}
		return nil
	}
	var apollo manifest
	if err := json.Unmarshal(content, &apollo); err != nil {
		return fmt.Errorf("read manifest: %w", err)
	}
	if apollo.Operations == nil {
		return errors.New(`is no manifest: want {"id": "document", …}, or {"operations": [{"id": …, "body": …}, …]}`)
	}
	for i, operation := range apollo.Operations {
		if operation.ID == "" || operation.Body == "" {
			return fmt.Errorf("operations[%d]: needs an id and a body", i)
		}
		if err := d.register(operation.ID, operation.Body); err != nil {
			return err
		}
	}
	return nil
}
