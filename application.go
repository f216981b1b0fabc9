package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/graph"
	"github.com/authtrail/authtrail/graph/server"
	"github.com/authtrail/authtrail/indexer"
	"github.com/authtrail/authtrail/observe"
	"github.com/authtrail/authtrail/rest"
	"github.com/authtrail/authtrail/store/sqlite"
	"github.com/authtrail/authtrail/web"
)

// application is the parts of a server, put together.
type application struct {
	config  Config
	logger  *slog.Logger
	store   audit.Store
	flows   *storedFlows
	indexer *indexer.Indexer
	graphql *server.Handler
	handler http.Handler
	stop    chan struct{} // closed to end all streams

	reads          recordedReads
	destinations   *storedDestinations
	deliveries     *deliveries
	authentication *authentication
	release        context.CancelFunc // ends what the authentication does in the background
}

// newApplication opens the store and puts the parts together. close releases it.
func newApplication(ctx context.Context, config Config, logger *slog.Logger) (*application, error) {
	allowed, err := openAccess(config)
	if err != nil {
		return nil, err
	}
	opened, openedFlows, err := openStores(ctx, config, logger)
	if err != nil {
		return nil, err
	}
	background, release := context.WithCancel(context.WithoutCancel(ctx))
	callers, err := openAuthentication(background, config, logger)
	if err != nil {
		release()
		return nil, errors.Join(err, openedFlows.Close(), opened.Close())
	}
	metrics := observe.NewMetrics()
	store := metrics.Store(opened)
	destinations, err := openDestinations(config, store, openedFlows)
	if err != nil {
		release()
		return nil, errors.Join(err, openedFlows.Close(), opened.Close())
	}
	flowStore := metrics.FlowStore(openedFlows)
	deliveries, err := openDelivery(config, store, flowStore, store, destinations, logger)
	if err != nil {
		release()
		return nil, errors.Join(err, openedFlows.Close(), opened.Close())
	}
	flows := keepFlows(background, config, store, flowStore, logger)
	app := &application{
		config: config, logger: logger, store: store, stop: make(chan struct{}), flows: flows,
		indexer:        indexer.New(store, indexer.Options{QueueBytes: config.QueueBytes, Pace: flows.pace, Logger: logger}),
		authentication: callers, release: release, destinations: destinations, deliveries: deliveries,
	}
	app.recordReads()
	metrics.WatchQueue(app.indexer.Depth)
	metrics.WatchFlowBuilder(func() observe.FlowBuilder { return observe.FlowBuilder(app.flows.builder.Stats()) })
	metrics.WatchDelivery(deliveries.observed)
	ingester := metrics.Ingester(app.indexer)
	app.graphql = app.graphQL(ingester, metrics.GraphQLError, allowed)
	app.handler = routes(routeHandlers{
		graphql:  app.graphql,
		graphiql: playground(config),
		rest:     rest.New(rest.Options{Searcher: store, Ingester: ingester, Destinations: destinations.Store, Health: deliveries.Health, PublicURL: strings.TrimRight(config.PublicURL, "/"), Timeout: config.RequestTimeout, Spend: allowed.spend, Logger: logger}),
		metrics:  metrics,
		ready:    store.Ready,
		reads:    app.reads,
		logger:   logger,

		tokenKeys: deliveries.tokens.Set, authentication: callers, origins: config.Access.CORSOrigins,
	})
	return app, nil
}

func playground(config Config) http.Handler {
	if !config.Access.playground() {
		return nil
	}
	return http.StripPrefix("/graphiql", web.GraphiQL())
}

// openStores opens the store of the records, and that of their login flows.
func openStores(ctx context.Context, config Config, logger *slog.Logger) (audit.Store, audit.FlowStore, error) {
	records, err := openStore(ctx, config, logger)
	if err != nil {
		return nil, nil, err
	}
	flows, err := openFlowStore(ctx, config, logger)
	if err != nil {
		return nil, nil, errors.Join(err, records.Close())
	}
	return records, flows, nil
}

// openStore and openFlowStore are the places that know which stores there are.
func openStore(ctx context.Context, config Config, logger *slog.Logger) (audit.Store, error) {
	switch config.Store {
	case "sqlite":
		return sqlite.Open(ctx, sqlite.Options{Dir: config.Data, Logger: logger})
	case "elasticsearch":
		return openElastic(ctx, config.elasticOptions(logger))
	}
	return nil, fmt.Errorf("--store %s: there is no such store", config.Store)
}

// graphQL returns the handler of /graphql.
func (a *application) graphQL(ingester audit.Ingester, countError func(audit.Code), allowed access) *server.Handler {
	schema := graph.New(graph.Deps{
		Store:    a.store,
		Flows:    a.flows.view,
		Ingester: ingester,

		Destinations: a.destinations.Store,
		Deliverer:    a.deliveries,

		Now:    time.Now,
		Logger: a.logger,
	})
	return server.New(schema, server.Options{
		Timeout: a.config.RequestTimeout, Introspection: a.config.Access.Introspection, Stop: a.stop, Logger: a.logger,
		WebSocketInit: a.authentication.socket, CountError: countError, Origins: a.config.Access.CORSOrigins,
		Spend: allowed.spend, Documents: allowed.documents, MaxSubscriptionsPerCaller: a.config.Access.MaxSubscriptions,
		OperationMiddleware: a.reads.graphQL(),
		ErrorPresenter:      graph.ErrorPresenter(a.logger), RecoverFunc: graph.Recover(a.logger),
	})
}

// sayListening says in one line that the server listens, and who may use it: in
// words, or where the log is for programs, as a line of the log.
func (a *application) sayListening(s streams, url string) {
	if a.config.LogFormat == "json" {
		level := slog.LevelInfo
		if a.config.Auth == "none" {
			level = slog.LevelWarn
		}
		a.logger.Log(context.Background(), level, "listening "+a.authentication.inWords, "url", url, "store", a.config.Store, "at", a.config.storePlace())
		return
	}
	if a.config.Store == "elasticsearch" {
		fmt.Fprintf(s.err, "authtrail: records are in Elasticsearch at %s\n", a.config.storePlace())
	}
	fmt.Fprintf(s.err, "authtrail: listening on %s, %s\n", url, a.authentication.inWords)
}

// serve does the work of a server whose front leads to it until ctx ends; then it lets
// what is under way finish and closes everything. The application cannot be used afterwards.
func (a *application) serve(ctx context.Context, front *front) error {
	defer a.logger.Info("stopped")
	defer a.close()
	withdraw := a.announce(front.listener)
	defer withdraw()
	defer a.deliveries.run(ctx)()
	select {
	case err := <-front.failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	a.logger.Info("stopping: requests under way may finish", "within", a.config.DrainTimeout)
	withdraw() // while the folder is still ours: the next to open it writes its own
	close(a.stop)
	draining, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.config.DrainTimeout)
	defer cancel()
	err := errors.Join(front.server.Shutdown(draining), a.graphql.Drain(draining), a.indexer.Drain(draining))
	if err != nil {
		front.close()
	}
	err = errors.Join(err, a.finishReads(draining))
	switch {
	case err == nil:
		return nil
	case draining.Err() != nil:
		return fmt.Errorf("stop: what had not ended within %s was cut off", a.config.DrainTimeout)
	}
	return fmt.Errorf("stop: %w", err)
}

// announce tells other commands, by a file in the data folder, where to find the
// server that has it open, until that is withdrawn. A server that has no data
// folder is found by its address only.
func (a *application) announce(listener net.Listener) (withdraw func()) {
	if a.config.Store != "sqlite" {
		return func() {}
	}
	address := filepath.Join(a.config.Data, addressFile)
	if err := os.WriteFile(address, []byte(urlOf(listener)+"\n"), 0o600); err != nil {
		a.logger.Warn("other commands will not find this server by its data folder", "error", err)
	}
	return sync.OnceFunc(func() { _ = os.Remove(address) })
}

// close closes the stores; what was acknowledged is durable already.
func (a *application) close() {
	a.release()
	_ = a.finishReads(context.Background()) // once served, that is done already
	a.flows.stop()
	if err := a.flows.store.Close(); err != nil {
		a.logger.Error("close the store of login flows", "error", err)
	}
	if err := a.store.Close(); err != nil {
		a.logger.Error("close the store", "error", err)
	}
}
