package elastictest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// fetchServer returns the folder of the unpacked server, and the JDK's.
func fetchServer(ctx context.Context) (home, java string, err error) {
	printed, err := runScript(ctx, "fetch")
	if err != nil {
		return "", "", err
	}
	home, java, found := strings.Cut(printed, "\n")
	if !found {
		return "", "", fmt.Errorf("scripts/elasticsearch fetch printed %q, want two lines", printed)
	}
	return home, java, nil
}

// layOut makes the folders and the settings of a cluster's nodes in folder, as
// the user who shall run them.
func layOut(folder, home, java string, count int, settings []string) ([]*node, error) {
	if os.Geteuid() == 0 { // nobody else can read root's cache
		own := filepath.Join(folder, "home")
		if err := os.CopyFS(own, os.DirFS(home)); err != nil {
			return nil, fmt.Errorf("copy the server: %w", err)
		}
		home = own
	}
	addresses := freeAddresses(2 * count)
	http, transport := addresses[:count], addresses[count:]
	nodes := make([]*node, count)
	names := make([]string, count)
	for i := range nodes {
		names[i] = fmt.Sprintf("node-%d", i)
	}
	for i := range nodes {
		n := &node{
			name: names[i], folder: filepath.Join(folder, names[i]), java: java,
			program: filepath.Join(home, "bin", "elasticsearch"), http: http[i], transport: transport[i],
		}
		if err := os.CopyFS(filepath.Join(n.folder, "config"), os.DirFS(filepath.Join(home, "config"))); err != nil {
			return nil, fmt.Errorf("copy the configuration: %w", err)
		}
		for _, part := range []string{"data", "logs", "tmp"} {
			if err := os.Mkdir(filepath.Join(n.folder, part), 0o700); err != nil {
				return nil, err
			}
		}
		n.settings = append(slices.Concat(settingsOf(n), settings),
			"cluster.name="+filepath.Base(folder),
			"cluster.initial_master_nodes="+strings.Join(names, ","),
			"discovery.seed_hosts="+strings.Join(transport, ","))
		nodes[i] = n
	}
	return nodes, giveAway(folder)
}

// settingsOf returns the settings that are a node's own.
func settingsOf(n *node) []string {
	_, httpPort, _ := strings.Cut(n.http, ":")
	_, transportPort, _ := strings.Cut(n.transport, ":")
	return []string{
		"node.name=" + n.name,
		"network.host=127.0.0.1",
		"http.port=" + httpPort,
		"transport.port=" + transportPort,
		"path.data=" + filepath.Join(n.folder, "data"),
		"path.logs=" + filepath.Join(n.folder, "logs"),
		"xpack.security.enabled=false",
		"cluster.routing.allocation.disk.threshold_enabled=false",
	}
}

// freeAddresses returns addresses that nobody listens on. Their ports are not
// of the range that outgoing connections take theirs from, so that a node finds
// its own free when it starts again.
func freeAddresses(count int) []string {
	taken := map[string]bool{}
	var free []string
	for len(free) < count {
		address := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000))
		if !taken[address] && portsAreFree(address) {
			taken[address] = true
			free = append(free, address)
		}
	}
	return free
}
