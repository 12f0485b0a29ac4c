// Alloy with the components of Plumbline's log agent alone: its own runtime, API and checker of configurations.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/grafana/ckit/peer"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/pflag"

	"github.com/grafana/alloy/internal/component"
	_ "github.com/grafana/alloy/internal/component/discovery/kubernetes"
	_ "github.com/grafana/alloy/internal/component/discovery/relabel"
	_ "github.com/grafana/alloy/internal/component/local/file_match"
	_ "github.com/grafana/alloy/internal/component/loki/process"
	_ "github.com/grafana/alloy/internal/component/loki/relabel"
	_ "github.com/grafana/alloy/internal/component/loki/source/file"
	_ "github.com/grafana/alloy/internal/component/loki/source/journal"
	_ "github.com/grafana/alloy/internal/component/loki/write"
	"github.com/grafana/alloy/internal/featuregate"
	alloy "github.com/grafana/alloy/internal/runtime"
	"github.com/grafana/alloy/internal/runtime/logging"
	"github.com/grafana/alloy/internal/runtime/tracing"
	"github.com/grafana/alloy/internal/service"
	"github.com/grafana/alloy/internal/service/cluster"
	"github.com/grafana/alloy/internal/service/http"
	"github.com/grafana/alloy/internal/service/labelstore"
	"github.com/grafana/alloy/internal/service/livedebugging"
	"github.com/grafana/alloy/internal/service/remotecfg"
	"github.com/grafana/alloy/internal/validator"
)

func main() {
	if err := command(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func command(args []string) error {
	flags := pflag.NewFlagSet("alloy", pflag.ContinueOnError)
	storage := flags.String("storage.path", "data-alloy/", "Base directory where components can store data")
	address := flags.String("server.http.listen-addr", "127.0.0.1:12345", "Address to listen for HTTP traffic on")
	flags.Bool("disable-reporting", true, "This program reports to nobody")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 2 {
		return errors.New("alloy run|validate FILE")
	}
	file := flags.Arg(1)
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	sources := map[string][]byte{file: text}
	switch flags.Arg(0) {
	case "validate":
		return validate(sources)
	case "run":
		return run(sources, *storage, *address)
	}
	return fmt.Errorf("unknown command %q", flags.Arg(0))
}

func validate(sources map[string][]byte) error {
	services := []service.Service{&cluster.Service{}, &http.Service{}, &labelstore.Service{}, &livedebugging.Service{}, &remotecfg.Service{}}
	definitions := make([]service.Definition, 0, len(services))
	for _, each := range services {
		definitions = append(definitions, each.Definition())
	}
	err := validator.Validate(validator.Options{
		Sources:            sources,
		ServiceDefinitions: definitions,
		ComponentRegistry:  component.NewDefaultRegistry(featuregate.StabilityGenerallyAvailable, false),
		MinStability:       featuregate.StabilityGenerallyAvailable,
	})
	if err != nil {
		validator.Report(os.Stderr, err, sources)
		return errors.New("validation failed")
	}
	return nil
}

func run(sources map[string][]byte, storage, address string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()

	logger, err := logging.NewDeferred(os.Stderr)
	if err != nil {
		return err
	}
	tracer, err := tracing.New(tracing.DefaultOptions)
	if err != nil {
		return err
	}
	clustering, err := cluster.New(cluster.Options{
		Log:              logger.Slog(),
		Metrics:          prometheus.DefaultRegisterer,
		Tracer:           tracer,
		NodeName:         "alone",
		AdvertiseAddress: address,
	})
	if err != nil {
		return err
	}
	var controller *alloy.Runtime
	load := func() error {
		source, err := alloy.ParseSources(sources)
		if err != nil {
			return err
		}
		return controller.LoadSource(source, nil, "config.alloy")
	}
	server := http.New(http.Options{
		Logger:           logger,
		Tracer:           tracer,
		Gatherer:         prometheus.DefaultGatherer,
		ReadyFunc:        func() bool { return controller.Ready() },
		ReloadFunc:       load,
		HTTPListenAddr:   address,
		MemoryListenAddr: "alloy.internal:12345",
		MinStability:     featuregate.StabilityGenerallyAvailable,
	})
	remote, err := remotecfg.New(remotecfg.Options{
		Logger:      logger.Slog(),
		StoragePath: storage,
		ConfigPath:  "config.alloy",
		Metrics:     prometheus.DefaultRegisterer,
	})
	if err != nil {
		return err
	}
	controller, err = alloy.New(alloy.Options{
		Logger:       logger,
		Tracer:       tracer,
		DataPath:     storage,
		Reg:          prometheus.DefaultRegisterer,
		MinStability: featuregate.StabilityGenerallyAvailable,
		Services: []service.Service{
			clustering,
			server,
			labelstore.New(logger.Slog(), prometheus.DefaultRegisterer, true),
			livedebugging.New(),
			remote,
		},
		TaskShutdownDeadline: 10 * time.Minute,
	})
	if err != nil {
		return err
	}
	running.Go(func() { controller.Run(ctx) })
	if err := load(); err != nil {
		return err
	}
	if err := clustering.ChangeState(ctx, peer.StateParticipant); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
