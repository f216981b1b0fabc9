// Bench measures a real Authtrail process over HTTP: durable ingest, the
// standard questions, memory and start-up, on a million records by default.
//
//	make bench
//	go run ./bench -records 100000
//
// It prints one table; docs/performance.md keeps the last that was looked at.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"time"
)

type options struct {
	records int
	program string
	data    string
	senders int
	bulk    int
	repeats int

	elasticsearch string
	directIngest  bool
	shards        int
}

func main() {
	var o options
	flag.IntVar(&o.records, "records", 1_000_000, "how many records to store")
	flag.StringVar(&o.program, "program", "./authtrail", "the built program")
	flag.StringVar(&o.data, "data", "", "data folder to keep and use again; by default a temporary one")
	flag.IntVar(&o.senders, "senders", 8, "how many clients send at once")
	flag.IntVar(&o.bulk, "bulk", 2_000, "how many events a request carries")
	flag.IntVar(&o.repeats, "repeats", 300, "how often each question is asked, with other values each time")
	onElasticsearch := flag.Bool("on-elasticsearch", false,
		"compare the program on the Elasticsearch that ELASTICSEARCH_URL names with asking that directly, instead of measuring the embedded store")
	flag.BoolVar(&o.directIngest, "direct-ingest", true, "with -on-elasticsearch: compare ingest, too")
	flag.IntVar(&o.shards, "shards", 1, "with -on-elasticsearch: shards of each index")
	flag.Parse()
	if *onElasticsearch {
		if o.elasticsearch = os.Getenv("ELASTICSEARCH_URL"); o.elasticsearch == "" {
			fmt.Fprintln(os.Stderr, "bench: -on-elasticsearch needs ELASTICSEARCH_URL")
			os.Exit(2)
		}
	}
	if o.records < perFlow || o.senders < 1 || o.bulk < 1 || o.repeats < 1 {
		fmt.Fprintf(os.Stderr, "bench: want at least %d records, one sender and one repeat\n", perFlow)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.elasticsearch != "" {
		return measureElasticsearch(ctx, o)
	}
	return measureEmbedded(ctx, o)
}

// measureEmbedded measures the program on its embedded store.
func measureEmbedded(ctx context.Context, o options) error {
	if o.data == "" {
		folder, err := os.MkdirTemp("", "authtrail-bench-")
		if err != nil {
			return fmt.Errorf("make a data folder: %w", err)
		}
		defer os.RemoveAll(folder)
		o.data = folder
	}
	fmt.Printf("%d records, %d CPUs, %s/%s, %s\n\n", o.records, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, time.Now().Format(time.DateOnly))
	server, _, err := startServer(ctx, o)
	if err != nil {
		return err
	}
	defer func() { server.stop() }()
	set := newDataset(o.records)
	if err := measureIngest(ctx, server, set, o); err != nil {
		return err
	}
	if err := measureFlows(ctx, server, set); err != nil {
		return err
	}
	fmt.Printf("| resident memory after ingest | %.0f MB (peak %.0f MB) |\n", server.memory("VmRSS"), server.memory("VmHWM"))
	if err := sendActions(ctx, server, set, o); err != nil {
		return err
	}
	fmt.Printf("| until the server is idle after ingest, its index tidied | %s |\n", server.settle().Round(time.Second))
	if err := server.stop(); err != nil {
		return err
	}
	fmt.Printf("| data folder | %.0f MB, %.0f B/record |\n", folderMB(o.data), folderMB(o.data)*1e6/float64(o.records))
	if server, _, err = startServer(ctx, o); err != nil {
		return err
	}
	if err := server.stop(); err != nil {
		return err
	}
	var startup time.Duration
	if server, startup, err = startServer(ctx, o); err != nil {
		return err
	}
	fmt.Printf("| start-up until ready | %s |\n", startup.Round(time.Millisecond))
	if err := measureQuestions(ctx, server, set, o.repeats); err != nil {
		return err
	}
	fmt.Printf("| resident memory after the questions | %.0f MB (peak %.0f MB) |\n", server.memory("VmRSS"), server.memory("VmHWM"))
	if err := server.stop(); err != nil {
		return err
	}
	return measureWithoutFlows(ctx, set, o)
}
