package elastictest

import (
	"context"
	"fmt"
	"net/http"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"
)

// startContainer runs Elasticsearch in a container. The test processes of one
// go test share it by its name, and the reaper of testcontainers removes it
// when the last has ended. Where somebody has disabled the reaper nobody would,
// so all runs share one name, and at most one container stays.
func startContainer(ctx context.Context) (string, error) {
	provider, err := testcontainers.NewDockerProvider()
	if err != nil {
		return "", fmt.Errorf("ask the Docker engine: %w: %w", errNotHere, err)
	}
	defer provider.Close()
	name := "authtrail-elasticsearch-" + testcontainers.SessionID()
	if provider.Config().Config.RyukDisabled {
		name = "authtrail-elasticsearch"
	}
	const port = "9200/tcp"
	container, err := testcontainers.Run(ctx, "docker.elastic.co/elasticsearch/elasticsearch:"+version,
		testcontainers.WithReuseByName(name),
		testcontainers.WithExposedPorts(port),
		testcontainers.WithEnv(map[string]string{
			"discovery.type":         "single-node",
			"xpack.security.enabled": "false",
			"cluster.routing.allocation.disk.threshold_enabled": "false",
			"ES_JAVA_OPTS": "-Xms1g -Xmx1g",
		}),
		testcontainers.WithWaitStrategyAndDeadline(startTimeout,
			wait.ForHTTP("/_cluster/health").WithPort(port).WithStatusCodeMatcher(func(status int) bool { return status == http.StatusOK })),
	)
	if err != nil {
		return "", fmt.Errorf("run Elasticsearch in a container: %w", err)
	}
	url, err := container.PortEndpoint(ctx, port, "http")
	if err != nil {
		return "", fmt.Errorf("find the container's port: %w", err)
	}
	return url, nil
}
