package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

// gpuVariable names the folder into which TestProgramsForGPU writes.
const gpuVariable = "PRIMEWINDOW_GPU_PROGRAMS"

// paperBatch is the paper's; smaller ones are for devices with less memory.
const paperBatch = 64

// program is one of a list that tools/check_cuda.py reads.
type program struct {
	File  string `json:"file"`
	Scale string `json:"scale"` // demo or paper
	Name  string `json:"name"`
	Batch int    `json:"batch"`
}

// cremad is CREMA-D as package data/cremad describes it at the paper's scale, with 3 frames to a clip: the two
// spectrogram and clip that two ResNet-18 take.
func cremad() *data.Description {
	return &data.Description{
		Name: "cremad",
		Modalities: []data.Modality{
			{Name: "audio", Kind: data.Spectrogram, Shape: []int{257, 188, 1}},
			{Name: "visual", Kind: data.Clip, Shape: []int{3, 224, 224, 3}},
		},
		Classes: []string{"anger", "disgust", "fear", "happiness", "neutral", "sadness"},
	}
}

// others has a modality for each encoder that the demo does not use.
func others() *data.Description {
	return &data.Description{
		Name: "others",
		Modalities: []data.Modality{
			{Name: "sequence", Kind: data.Sequence, Shape: []int{64, 6}},
			{Name: "vector", Kind: data.Vector, Shape: []int{74}},
			{Name: "tokens", Kind: data.Vector, Shape: []int{32}},
			{Name: "image", Kind: data.Image, Shape: []int{48, 48, 3}},
		},
		Classes: []string{"a", "b"},
	}
}

// TestProgramsForGPU writes the program of every graph, in the forms that it has on a GPU, for `make check-cuda`: of
// every method with every head, every encoder and every probe at the demo's scale; of every method, head and probe at
// the paper's.
func TestProgramsForGPU(t *testing.T) {
	folder := os.Getenv(gpuVariable)
	if folder == "" {
		t.Skip(gpuVariable + " names no folder to write programs into: make check-cuda sets it")
	}
	xlatest.Backend(t)
	b, err := xla.OpenBackend(hosttest.Project(t))
	if err != nil {
		t.Fatal(err)
	}
	b = b.Elsewhere()
	var list []program
	u := &unchanging{T: t, builds: 1}
	scale := ""
	u.take = func(name string, text []byte) {
		p := program{File: fmt.Sprintf("%03d.mlir", len(list)), Scale: scale, Name: name, Batch: u.rows}
		if err := os.WriteFile(filepath.Join(folder, p.File), text, 0o666); err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	if !b.Show(func(program []byte) { u.text = append([]byte(nil), program...) }) {
		t.Fatalf("programs cannot be seen: %v", xla.NotKept())
	}
	t.Cleanup(func() { b.Show(nil) })
	all := func(settings map[string]any) {
		for _, name := range method.Names() {
			for _, head := range models.Fusions {
				asked := map[string]any{"method": name, "fusion": head}
				maps.Copy(asked, settings)
				wanted := scale == "demo" || head == models.ConcatFusion || name == "joint"
				if s, ok := u.open(b, asked); ok && wanted {
					u.step(fmt.Sprintf("step of %s, %s", name, head), s, inforeg.Measures{})
				}
			}
		}
		s, _ := u.open(b, settings)
		u.measuring(s, models.ConcatFusion)
	}

	scale, u.rows = "demo", 64
	all(map[string]any{"data": "synth"})
	u.desc = others()
	for name, encoders := range map[string][4]string{
		"cnn1d, mlp, bag, resnet18 with small stem": {
			"cnn1d:32-64", "mlp:64-32", "bag:32-16,vocab=2000,pad=1", "resnet18",
		},
		"transformers, mlp of an image": {
			"transformer", "mlp:8", "transformer,vocab=2000,pad=1", "mlp:16,flatten=1",
		},
		"cnn1d without norm, cnn2d with group norm": {
			"cnn1d:8,norm=none", "mlp:8", "bag:8-4,vocab=9", "cnn2d:16-32,norm=group",
		},
	} {
		settings := map[string]any{}
		for i, m := range u.desc.Modalities {
			settings["encoder."+m.Name] = encoders[i]
		}
		s, ok := u.open(b, settings)
		if !ok {
			t.Fatalf("%s: no model", name)
		}
		u.step("step, "+name, s, inforeg.Measures{})
		u.step("step that measures, "+name, s, inforeg.Measures{Shares: true})
		u.probes(s, name, inforeg.Probe{Kind: inforeg.KindFisherEmp})
	}

	scale, u.rows, u.desc = "paper", paperBatch, cremad()
	resnets := map[string]any{"encoder.audio": "resnet18", "encoder.visual": "resnet18"}
	all(resnets)
	for _, u.rows = range []int{32, 16, 8} {
		s, _ := u.open(b, resnets)
		u.step("step of joint, concat", s, inforeg.Measures{})
		u.step("step that measures, concat", s, inforeg.Measures{Shares: true, Signs: 2, Labels: 2})
	}

	index, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "programs.json"), index, 0o666); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d programs", len(list))
}
