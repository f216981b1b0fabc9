package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/authtrail/authtrail/audit"
)

// indexTemplate is what every partition is made after.
type indexTemplate struct {
	Patterns []string    `json:"index_patterns"`
	Priority int         `json:"priority"`
	Version  int         `json:"version"`
	Template indexLayout `json:"template"`
}

// indexLayout is how one index is made.
type indexLayout struct {
	Settings indexSettings       `json:"settings"`
	Mappings mappings            `json:"mappings"`
	Aliases  map[string]struct{} `json:"aliases,omitempty"`
}

type indexSettings struct {
	Shards          string   `json:"index.number_of_shards"`
	Replicas        string   `json:"index.number_of_replicas,omitempty"`
	ExpandReplicas  string   `json:"index.auto_expand_replicas,omitempty"`
	SortFields      []string `json:"index.sort.field"`
	SortOrders      []string `json:"index.sort.order"`
	Codec           string   `json:"index.codec"`
	RefreshInterval string   `json:"index.refresh_interval"`
	Durability      string   `json:"index.translog.durability"`
}

// layout returns how a partition is made.
func (o Options) layout() indexLayout {
	settings := indexSettings{
		Shards:          strconv.Itoa(o.Shards),
		SortFields:      []string{fieldTime, fieldTie}, // as a search sorts that names no order: newest first
		SortOrders:      []string{"desc", "desc"},
		Codec:           "best_compression",
		RefreshInterval: "30s",     // what must be seen is refreshed when it is acknowledged
		Durability:      "request", // what is acknowledged is on disk
	}
	switch {
	case o.Replicas == 0:
		settings.ExpandReplicas = "0-1"
	case o.Replicas < 0:
		settings.Replicas = "0"
	default:
		settings.Replicas = strconv.Itoa(o.Replicas)
	}
	return indexLayout{Settings: settings, Mappings: newMappings()}
}

// template returns the template of this version.
func (o Options) template(n names) indexTemplate {
	layout := o.layout()
	layout.Aliases = map[string]struct{}{n.records(): {}}
	return indexTemplate{Patterns: []string{n.partition("*")}, Priority: 500, Version: mappingVersion, Template: layout}
}

// install brings the cluster to this program's version: the template, the
// mappings of the partitions that are there, and the overflow, with which the
// alias of all partitions exists.
func (s *Store) install(ctx context.Context) error {
	installed, err := s.installedVersion(ctx)
	switch {
	case err != nil:
		return err
	case installed > mappingVersion:
		return &audit.Error{Code: audit.Unavailable, Message: fmt.Sprintf(
			"the indices %s are of version %d, and this program knows versions up to %d: run a newer program", s.names.partition("*"), installed, mappingVersion)}
	}
	if err := s.installTemplate(ctx); err != nil {
		return err
	}
	if err := s.upgradePartitions(ctx); err != nil {
		return fmt.Errorf("upgrade the partitions: %w", err)
	}
	return s.makePartition(ctx, overflow)
}

func (s *Store) installTemplate(ctx context.Context) error {
	request := esapi.IndicesPutIndexTemplateRequest{Name: s.names.records(), Body: jsonBody(s.options.template(s.names))}
	if err := s.client.do(ctx, request, nil); err != nil {
		return fmt.Errorf("install the index template: %w", err)
	}
	return nil
}

// installedVersion returns the version of the template in the cluster, 0 for none.
func (s *Store) installedVersion(ctx context.Context) (int, error) {
	var answer struct {
		Templates []struct {
			Template struct {
				Version int `json:"version"`
			} `json:"index_template"`
		} `json:"index_templates"`
	}
	err := s.client.do(ctx, esapi.IndicesGetIndexTemplateRequest{Name: s.names.records()}, &answer)
	switch {
	case hasStatus(err, http.StatusNotFound):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("read the index template: %w", err)
	case len(answer.Templates) == 0:
		return 0, nil
	}
	return answer.Templates[0].Template.Version, nil
}

// upgradePartitions adds the fields of this version to the partitions of older
// ones, where writers go on. The records that they hold have these fields once
// Reindex has made them anew, so the partitions' own version stays.
func (s *Store) upgradePartitions(ctx context.Context) error {
	versions, err := s.partitionVersions(ctx)
	if err != nil {
		return err
	}
	added := mappings{Properties: newMappings().Properties}
	for index, version := range versions {
		if version >= mappingVersion {
			continue
		}
		err := s.client.do(ctx, esapi.IndicesPutMappingRequest{Index: []string{index}, Body: jsonBody(added)}, nil)
		switch {
		case hasStatus(err, http.StatusBadRequest):
			s.log.WarnContext(ctx, "a partition has to be made anew: run authtrail reindex", "index", index, "version", version, "cause", err)
		case err != nil && !hasStatus(err, http.StatusNotFound):
			return fmt.Errorf("add fields to %s: %w", index, err)
		}
	}
	return nil
}

// partitionVersions returns the partitions' indices, with the versions of their mappings.
func (s *Store) partitionVersions(ctx context.Context) (map[string]int, error) {
	var answer map[string]struct {
		Mappings struct {
			Meta mappingMeta `json:"_meta"`
		} `json:"mappings"`
	}
	request := esapi.IndicesGetMappingRequest{Index: []string{s.names.records()}, IgnoreUnavailable: yes, AllowNoIndices: yes,
		FilterPath: []string{"*.mappings._meta.version", "*.mappings.dynamic"}}
	if err := s.client.do(ctx, request, &answer); err != nil && !hasStatus(err, http.StatusNotFound) {
		return nil, fmt.Errorf("list the partitions: %w", err)
	}
	versions := make(map[string]int, len(answer))
	for index, of := range answer {
		versions[index] = of.Mappings.Meta.Version
	}
	return versions, nil
}

// jsonBody returns the JSON of one of this package's own types, which all have one.
func jsonBody(value any) *bytes.Reader {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", value, err))
	}
	return bytes.NewReader(text)
}
