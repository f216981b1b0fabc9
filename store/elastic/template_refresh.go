package elastic

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// refreshInterval is how often the engine refreshes a partition by itself. Rows that
// are replaced are refreshed before that is acknowledged, so that nobody waits for
// the engine. Events that another process has taken in are seen when it does; left
// to itself (empty) it refreshes every second while somebody searches, and while
// nobody does only when the next search comes, so that a load of many records is not
// cut into small segments.
func (f *format) refreshInterval() string {
	if f.replaced() {
		return "30s"
	}
	return ""
}

// intervalSetting is the setting, by itself.
type intervalSetting struct {
	Interval *string `json:"index.refresh_interval"` // nil for the engine's own
}

// upgradeRefreshes gives partitions that were made by an older program the interval
// of this one.
func (s *Store) upgradeRefreshes(ctx context.Context) error {
	var answer map[string]struct {
		Settings struct {
			Index struct {
				Interval string `json:"refresh_interval"`
			} `json:"index"`
		} `json:"settings"`
	}
	request := esapi.IndicesGetSettingsRequest{Index: []string{s.names.records()}, Name: []string{"index.refresh_interval"}, IgnoreUnavailable: yes, AllowNoIndices: yes}
	if err := s.client.do(ctx, request, &answer); err != nil {
		return fmt.Errorf("read how often partitions are refreshed: %w", err)
	}
	var setting intervalSetting
	if wanted := s.format.refreshInterval(); wanted != "" {
		setting.Interval = &wanted
	}
	for _, index := range slices.Sorted(maps.Keys(answer)) {
		if answer[index].Settings.Index.Interval == s.format.refreshInterval() {
			continue
		}
		err := s.client.do(ctx, esapi.IndicesPutSettingsRequest{Index: []string{index}, Body: jsonBody(setting)}, nil)
		if err != nil && !hasStatus(err, http.StatusNotFound) {
			return fmt.Errorf("set how often %s is refreshed: %w", index, err)
		}
	}
	return nil
}
