package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/authtrail/authtrail/audit"
	"github.com/authtrail/authtrail/audit/destination"
	"github.com/authtrail/authtrail/delivery"
	receivers "github.com/authtrail/authtrail/delivery/dial"
	"github.com/authtrail/authtrail/delivery/file"
	"github.com/authtrail/authtrail/delivery/format"
	"github.com/authtrail/authtrail/delivery/graylog"
	"github.com/authtrail/authtrail/delivery/socket"
	"github.com/authtrail/authtrail/delivery/syslog"
	"github.com/authtrail/authtrail/delivery/token"
	"github.com/authtrail/authtrail/delivery/webhook"
	"github.com/authtrail/authtrail/observe"
)

// deliveries are what sends events to destinations.
type deliveries struct {
	*delivery.Delivery
	tokens  *token.Keys
	files   *file.Files
	logger  *slog.Logger
	enabled bool
}

// openDelivery puts together what sends events, which sends nothing before it is run.
func openDelivery(c Config, records delivery.Rows, flows delivery.Rows, registry audit.Registry, d *storedDestinations, logger *slog.Logger) (*deliveries, error) {
	networks, err := c.Delivery.allowed()
	if err != nil {
		return nil, err
	}
	if c.Delivery.Run && c.Delivery.Dir != "" { // the one in --data is made when a destination needs it
		if err := writableFolder(c.Delivery.Dir); err != nil {
			return nil, fmt.Errorf("--delivery-dir: %w", err)
		}
	}
	var certificate *receivers.Certificate
	if c.Delivery.CertificateFile != "" {
		if certificate, err = receivers.LoadCertificate(c.Delivery.CertificateFile, c.Delivery.KeyFile); err != nil {
			return nil, fmt.Errorf("--delivery-certificate-file: %w", err)
		}
	}
	kept := &deliveries{logger: logger, enabled: c.Delivery.Run,
		tokens: token.New(token.Options{Registry: registry, Vault: d.vault, Issuer: strings.TrimRight(c.PublicURL, "/")}),
		files: file.New(file.Options{Folder: c.deliveryFolder(), MaxBytes: orNever(c.Delivery.FileMaxBytes),
			Every: orNever(c.Delivery.FileEvery), Keep: orNever(c.Delivery.FileKeep), Logger: logger}),
	}
	kept.Delivery = delivery.New(delivery.Options{
		Records: records, Flows: flows, Destinations: d.Store, Registry: registry,
		NewEncoder: format.New, Openers: kept.openers(receivers.New(receivers.Options{Allow: networks}), certificate),
		Alone: c.Store == "sqlite", Idle: c.FlowIdle, PauseAfter: c.Delivery.PauseAfter, Logger: logger,
	})
	return kept, nil
}

// writableFolder makes a folder if it is missing, and finds out whether files can be made in it.
func writableFolder(path string) error {
	if err := os.MkdirAll(path, 0o750); err != nil {
		return err
	}
	probe, err := os.CreateTemp(path, ".probe-*")
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// openers is the place that knows which types of destinations there are.
func (d *deliveries) openers(dialer *receivers.Dialer, certificate *receivers.Certificate) map[string]delivery.Open {
	sockets := socket.Options{Dialer: dialer, Certificate: certificate}
	return map[string]delivery.Open{
		destination.File:    d.files.Open,
		destination.Webhook: webhook.New(webhook.Options{Dialer: dialer, Tokens: d.tokens, Certificate: certificate, Version: version()}),
		destination.Syslog:  syslog.New(syslog.Options{Options: sockets}),
		destination.Graylog: graylog.New(graylog.Options{Options: sockets}),
	}
}

// orNever is a bound of which 0 means none.
func orNever[N int | int64 | time.Duration](bound N) N {
	if bound == 0 {
		return -1
	}
	return bound
}

// run delivers until it is told to stop, and opens files anew on SIGHUP. What it
// returns stops it, and waits until what is being sent has ended.
func (d *deliveries) run(ctx context.Context) (stop func()) {
	if !d.enabled {
		return d.files.Close // a test may have written one
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	var running sync.WaitGroup
	running.Go(func() { d.Run(ctx) })
	running.Go(func() {
		defer signal.Stop(hangups)
		for {
			select {
			case <-hangups:
				d.logger.Info("opening delivered files anew")
				d.files.Reopen()
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
		d.files.Close()
	}
}

// observed is what metrics tell of the deliveries.
func (d *deliveries) observed(ctx context.Context) []observe.Delivery {
	stats := d.Stats(ctx)
	told := make([]observe.Delivery, len(stats))
	for i, s := range stats {
		told[i] = observe.Delivery{Org: s.Org, Destination: s.ID, Type: s.Type, State: string(s.Health.State),
			Delivered: s.Health.Delivered, Skipped: s.Health.Skipped, Retries: s.Health.Retries, DeadLetters: s.Health.DeadLetters,
			LagEvents: s.Health.LagEvents, LagSeconds: s.Health.LagSeconds}
	}
	return told
}
