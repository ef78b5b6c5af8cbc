// Probes is our side of the bench of a training step with and without the exact Fisher trace of both encoders: a
// contender that [probes.py] starts, and that answers each line "go" with one step. It also makes the file of weights
// and inputs that all contenders read, and draws what the bench measured.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/timing"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/models"
)

// size is one model and its inputs, at width 1 and in full.
type size struct {
	modalities []data.Modality
	encoders   func(width float64) []string
	classes    int
}

var sizes = map[string]size{
	"resnet": {
		[]data.Modality{
			{Name: "audio", Kind: data.Spectrogram, Shape: []int{257, 188, 1}},
			{Name: "visual", Kind: data.Clip, Shape: []int{3, 224, 224, 3}},
		},
		func(width float64) []string {
			return slices.Repeat([]string{fmt.Sprintf("resnet18,stem=imagenet,width=%g", width)}, 2)
		}, 6,
	},
	"demo": {
		[]data.Modality{
			{Name: "audio", Kind: data.Spectrogram, Shape: []int{64, 64, 1}},
			{Name: "visual", Kind: data.Image, Shape: []int{28, 28, 1}},
		},
		func(width float64) []string {
			return []string{channels(width, 16, 32, 64, 64), channels(width, 16, 32, 64)}
		}, 10,
	},
}

// channels is a small encoder's text.
func channels(width float64, of ...int) string {
	var list []string
	for _, c := range of {
		list = append(list, strconv.Itoa(int(float64(c)*width)))
	}
	return "cnn2d:" + strings.Join(list, "-")
}

// options are what the command line says.
type options struct {
	size, what, file, project string
	batch                     int
	width, side               float64
}

func main() {
	var o options
	flag.StringVar(&o.what, "what", "step", "data, step, step-eval, exact, running or figure")
	flag.StringVar(&o.size, "size", "demo", "demo or resnet")
	flag.StringVar(
		&o.file, "file", "", "weights and inputs, written by data and read by the others; of figure, the picture",
	)
	flag.IntVar(&o.batch, "batch", 64, "samples in a step")
	flag.Float64Var(&o.width, "width", 1, "what the channels are multiplied by")
	flag.Float64Var(&o.side, "side", 1, "what height and width of the inputs are multiplied by")
	flag.StringVar(&o.project, "project", ".", "checkout with the plugin")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "probes:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	if o.what == "figure" {
		return draw(o.file, os.Stdin)
	}
	if err := xla.Reexec(o.project); err != nil {
		return err
	}
	m, err := model(o)
	if err != nil {
		return err
	}
	backend, err := xla.OpenBackend(o.project)
	if err != nil {
		return err
	}
	if o.what == "data" {
		return write(backend.Backend, m, o)
	}
	began := time.Now()
	c, err := contend(backend, m, o)
	if err != nil {
		return err
	}
	first, err := c.step()
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	ready := map[string]any{"ready": true, "first_s": time.Since(began).Seconds(), "values": first}
	if err := out.Encode(ready); err != nil {
		return err
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); { // each says go
		start, used := time.Now(), processor()
		values, err := c.step()
		if err != nil {
			return err
		}
		answer := map[string]any{"s": time.Since(start).Seconds(), "cpu": processor() - used, "loss": values["loss"]}
		if err := out.Encode(answer); err != nil {
			return err
		}
	}
	return out.Encode(map[string]any{"peak_mib": timing.PeakMiB()})
}

// model makes the model that the options name.
func model(o options) (*models.Multimodal, error) {
	s, ok := sizes[o.size]
	if !ok {
		return nil, fmt.Errorf("size %q, want demo or resnet", o.size)
	}
	m := &models.Multimodal{Encoders: map[string]models.Encoder{}, Fusion: models.ConcatFusion, Classes: s.classes}
	for i, mod := range s.modalities {
		mod.Shape = slices.Clone(mod.Shape)
		for axis := len(mod.Shape) - 3; axis < len(mod.Shape)-1; axis++ {
			mod.Shape[axis] = int(float64(mod.Shape[axis]) * o.side)
		}
		e, err := models.ParseEncoder(s.encoders(o.width)[i], mod)
		if err != nil {
			return nil, err
		}
		m.Modalities = append(m.Modalities, mod)
		m.Encoders[mod.Name] = e
	}
	return m, m.Validate()
}

// processor is the processor time that this process has used so far, all threads together, in seconds.
func processor() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}
