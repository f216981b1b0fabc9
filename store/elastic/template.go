package elastic

import (
	"bytes"
	"cmp"
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
	RefreshInterval string   `json:"index.refresh_interval,omitempty"`
	Durability      string   `json:"index.translog.durability"`
}

// layout returns how a partition is made.
func (o Options) layout() indexLayout {
	settings := indexSettings{
		Shards:          strconv.Itoa(o.Shards),
		SortFields:      []string{fieldTime, fieldTie}, // as a search sorts that names no order: newest first
		SortOrders:      []string{"desc", "desc"},
		Codec:           "best_compression",
		RefreshInterval: newFormat(o.Format).refreshInterval(),
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
	return indexLayout{Settings: settings, Mappings: newFormat(o.Format).mappings()}
}

// template returns the template of this version.
func (o Options) template(n names) indexTemplate {
	layout := o.layout()
	layout.Aliases = map[string]struct{}{n.records(): {}}
	return indexTemplate{Patterns: []string{n.partition("*")}, Priority: 500, Version: newFormat(o.Format).layout, Template: layout}
}

// install brings the cluster to this program's version: the template, the
// mappings of the partitions that are there, and the overflow, with which the
// alias of all partitions exists.
func (s *Store) install(ctx context.Context) error {
	installed, err := s.installedTemplate(ctx)
	if err != nil {
		return err
	}
	partitions, err := s.partitionMetas(ctx)
	if err != nil {
		return err
	}
	if err := s.checkFormat(installed, partitions); err != nil {
		return err
	}
	if installed.Version > s.format.layout {
		return &audit.Error{Code: audit.Unavailable, Message: fmt.Sprintf(
			"the indices %s are of version %d, and this program knows versions up to %d: run a newer program", s.names.partition("*"), installed.Version, s.format.layout)}
	}
	if err := s.installTemplate(ctx); err != nil {
		return err
	}
	if err := cmp.Or(s.upgradePartitions(ctx, partitions), s.upgradeRefreshes(ctx)); err != nil {
		return fmt.Errorf("upgrade the partitions: %w", err)
	}
	return s.makePartition(ctx, overflow)
}

// checkFormat refuses indices that hold rows of another format: those that somebody
// else keeps under a prefix that happens to be the same.
func (s *Store) checkFormat(installed *mappingMeta, partitions map[string]mappingMeta) error {
	if installed.Version > 0 && installed.Rows != s.format.rows {
		return s.otherRows(s.names.records(), installed.Rows)
	}
	for index, meta := range partitions {
		if _, ours := s.names.stretchOf(index); ours && meta.Rows != s.format.rows {
			return s.otherRows(index, meta.Rows)
		}
	}
	return nil
}

func (s *Store) otherRows(index, rows string) error {
	return audit.Invalid("index-prefix", "%s holds %s, and is to hold %s: choose another prefix", index, describeRows(rows), describeRows(s.format.rows))
}

func (s *Store) installTemplate(ctx context.Context) error {
	request := esapi.IndicesPutIndexTemplateRequest{Name: s.names.records(), Body: jsonBody(s.options.template(s.names))}
	if err := s.client.do(ctx, request, nil); err != nil {
		return fmt.Errorf("install the index template: %w", err)
	}
	return nil
}

// installedTemplate returns the version of the template in the cluster, and what
// it is for; version 0 for none.
func (s *Store) installedTemplate(ctx context.Context) (*mappingMeta, error) {
	var answer struct {
		Templates []struct {
			Template struct {
				Version  int `json:"version"`
				Template struct {
					Mappings struct {
						Meta mappingMeta `json:"_meta"`
					} `json:"mappings"`
				} `json:"template"`
			} `json:"index_template"`
		} `json:"index_templates"`
	}
	err := s.client.do(ctx, esapi.IndicesGetIndexTemplateRequest{Name: s.names.records()}, &answer)
	switch {
	case hasStatus(err, http.StatusNotFound):
		return new(mappingMeta), nil
	case err != nil:
		return nil, fmt.Errorf("read the index template: %w", err)
	case len(answer.Templates) == 0:
		return new(mappingMeta), nil
	}
	found := answer.Templates[0].Template
	return &mappingMeta{Version: found.Version, Rows: found.Template.Mappings.Meta.Rows}, nil
}

// upgradePartitions adds the fields of this version to the partitions of older
// ones, where writers go on. The records that they hold have these fields once
// Reindex has made them anew, so the partitions' own version stays.
func (s *Store) upgradePartitions(ctx context.Context, partitions map[string]mappingMeta) error {
	added := mappings{Properties: s.format.properties()}
	for index, meta := range partitions {
		if meta.Version >= s.format.version {
			continue
		}
		err := s.client.do(ctx, esapi.IndicesPutMappingRequest{Index: []string{index}, Body: jsonBody(added)}, nil)
		switch {
		case hasStatus(err, http.StatusBadRequest):
			s.log.WarnContext(ctx, "a partition has to be made anew: run authtrail reindex", "index", index, "version", meta.Version, "cause", err)
		case err != nil && !hasStatus(err, http.StatusNotFound):
			return fmt.Errorf("add fields to %s: %w", index, err)
		}
	}
	return nil
}

// partitionVersions returns the partitions' indices, with the versions of their mappings.
func (s *Store) partitionVersions(ctx context.Context) (map[string]int, error) {
	metas, err := s.partitionMetas(ctx)
	versions := make(map[string]int, len(metas))
	for index, meta := range metas {
		versions[index] = meta.Version
	}
	return versions, err
}

// partitionMetas returns the partitions' indices, with what their mappings say of themselves.
func (s *Store) partitionMetas(ctx context.Context) (map[string]mappingMeta, error) {
	var answer map[string]struct {
		Mappings struct {
			Meta mappingMeta `json:"_meta"`
		} `json:"mappings"`
	}
	request := esapi.IndicesGetMappingRequest{Index: []string{s.names.records()}, IgnoreUnavailable: yes, AllowNoIndices: yes,
		FilterPath: []string{"*.mappings._meta.version", "*.mappings._meta.rows", "*.mappings.dynamic"}}
	if err := s.client.do(ctx, request, &answer); err != nil && !hasStatus(err, http.StatusNotFound) {
		return nil, fmt.Errorf("list the partitions: %w", err)
	}
	metas := make(map[string]mappingMeta, len(answer))
	for index, of := range answer {
		metas[index] = of.Mappings.Meta
	}
	return metas, nil
}

// jsonBody returns the JSON of one of this package's own types, which all have one.
func jsonBody(value any) *bytes.Reader {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", value, err))
	}
	return bytes.NewReader(text)
}
