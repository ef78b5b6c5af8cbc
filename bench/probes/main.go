// Probes times a training step, and the step with the exact Fisher trace of both encoders beside it in eval mode,
// on made data: the small pair of the digits demo, or a full ResNet-18 pair. It prints one JSON object.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host"
)

// size is one model and its inputs.
type size struct {
	modalities []data.Modality
	encoders   []string
	classes    int
}

var sizes = map[string]size{
	"resnet": {
		[]data.Modality{
			{Name: "audio", Kind: data.Spectrogram, Shape: []int{257, 188, 1}},
			{Name: "visual", Kind: data.Clip, Shape: []int{3, 224, 224, 3}},
		},
		[]string{"resnet18,stem=imagenet", "resnet18,stem=imagenet"}, 6,
	},
	"demo": {
		[]data.Modality{
			{Name: "audio", Kind: data.Spectrogram, Shape: []int{64, 64, 1}},
			{Name: "visual", Kind: data.Image, Shape: []int{28, 28, 1}},
		},
		[]string{"cnn2d:16-32-64-64", "cnn2d:16-32-64"}, 10,
	},
}

func main() {
	name := flag.String("size", "demo", "demo or resnet")
	batch := flag.Int("batch", 64, "samples in a step")
	what := flag.String("what", "step", "step, or step+trace")
	rounds := flag.Int("rounds", 5, "timed steps")
	project := flag.String("project", ".", "checkout with the plugin")
	flag.Parse()
	if err := host.Reexec(*project); err != nil {
		fail(err)
	}
	if err := run(*name, *batch, *what, *rounds, *project); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "probes:", err)
	os.Exit(1)
}

func run(name string, batch int, what string, rounds int, project string) error {
	s, ok := sizes[name]
	if !ok {
		return fmt.Errorf("unknown size %q", name)
	}
	m := &models.Multimodal{Modalities: s.modalities, Encoders: map[string]models.Encoder{}, Fusion: models.ConcatFusion, Classes: s.classes}
	for i, mod := range s.modalities {
		e, err := models.ParseEncoder(s.encoders[i], mod)
		if err != nil {
			return err
		}
		m.Encoders[mod.Name] = e
	}
	backend, err := host.OpenBackend(project)
	if err != nil {
		return err
	}
	vars := m.Variables()
	var train []models.Variable
	for _, v := range vars {
		if v.Trainable() {
			train = append(train, v)
		}
	}
	controls := map[string]float32{"lr": 1e-3, "momentum": 0.9, "weight_decay": 1e-4}
	n := len(m.Modalities) + 1
	exec, err := graph.NewExec(backend.Backend, func(in []*graph.Node) []*graph.Node {
		input := inforeg.StepInput{Controls: map[string]*graph.Node{}, X: map[string]*graph.Node{}, Labels: in[n-1]}
		for i, mod := range m.Modalities {
			input.X[mod.Name] = in[i]
		}
		input.Vars, input.Momentum = byName(vars, in[n:]), byName(train, in[n+len(vars):])
		for c, v := range controls {
			input.Controls[c] = graph.Const(in[0].Graph(), v)
		}
		r := inforeg.BuildStep(m, method.Joint{}, input)
		var out []*graph.Node
		for _, v := range vars {
			out = append(out, r.Vars[v.Name])
		}
		for _, v := range train {
			out = append(out, r.Momentum[v.Name])
		}
		out = append(out, r.Scalars[0].Value)
		if what == "step+trace" {
			call := &models.Call{Vars: input.Vars, Norm: models.RunningStatistics, Record: true}
			losses := models.CrossEntropy(m.Forward(call, input.X).Logits, input.Labels)
			norms := inforeg.SquaredGradientNorms(m, call, losses, false)
			for _, mod := range m.Modalities {
				out = append(out, graph.ReduceAllMean(norms[mod.Name]))
			}
		}
		return out
	})
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(1, 1))
	var args []any
	for _, mod := range m.Modalities {
		x := make([]float32, batch*mod.Size())
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		args = append(args, tensors.FromFlatDataAndDimensions(x, append([]int{batch}, mod.Shape...)...))
	}
	labels := make([]int32, batch)
	for i := range labels {
		labels[i] = int32(i % s.classes)
	}
	args = append(args, labels)
	values := m.Init(1)
	for _, v := range vars {
		args = append(args, tensors.FromFlatDataAndDimensions(values[v.Name], v.Shape...))
	}
	for _, v := range train {
		args = append(args, tensors.FromFlatDataAndDimensions(make([]float32, v.Size()), v.Shape...))
	}
	began := time.Now()
	var times []float64
	var result []float64
	for i := range rounds + 1 {
		start := time.Now()
		out, err := exec.Call(args...)
		if err != nil {
			return err
		}
		result = result[:0]
		for _, o := range out[len(vars)+len(train):] {
			result = append(result, float64(o.Value().(float32)))
		}
		if i > 0 {
			times = append(times, time.Since(start).Seconds())
		} else {
			began = start
		}
		for j := range len(vars) + len(train) { // the next step begins where this one ended
			if i > 0 {
				args[n+j].(*tensors.Tensor).MustFinalizeAll()
			}
			args[n+j] = out[j]
		}
		if i == 0 {
			fmt.Fprintf(os.Stderr, "first step %.1f s\n", time.Since(began).Seconds())
		}
	}
	slices.Sort(times)
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"who": "primewindow", "size": name, "batch": batch, "what": what, "median": times[len(times)/2], "min": times[0],
		"values": result, "peak_mib": peak(), "procs": runtime.GOMAXPROCS(0),
	})
}

func byName(vars []models.Variable, nodes []*graph.Node) map[string]*graph.Node {
	all := map[string]*graph.Node{}
	for i, v := range vars {
		all[v.Name] = nodes[i]
	}
	return all
}

// peak is the largest resident size of this process so far, in MiB.
func peak() float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			if kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64); err == nil {
				return kib / 1024
			}
		}
	}
	return 0
}
