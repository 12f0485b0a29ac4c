// kube-controllers is the controller manager and the scheduler in one binary, chosen by the name it is started under:
// what they share is compiled and linked once.
package main

import (
	"os"
	"path/filepath"
	_ "time/tzdata"

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

func main() {
	if filepath.Base(os.Args[0]) == "kube-scheduler" {
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	}
	os.Exit(cli.Run(manager.NewControllerManagerCommand()))
}
