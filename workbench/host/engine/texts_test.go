package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// builds is how often each graph is built. Two names that a map gives in either order stay unnoticed once in 2^19.
const builds = 20

// unchanging builds graphs without compiling them, and wants the text of each to be the same every time.
type unchanging struct {
	*testing.T
	builds int                            // how often each is built
	rows   int                            // of a batch
	take   func(name string, text []byte) // is given each graph's text; nil for none
	desc   *data.Description              // of the set; nil for synth's
	e      *Engine
	batch  *data.Batch
	text   []byte // of the program that was built last
}

// graph builds one graph by calling what would run it.
func (u *unchanging) graph(name string, call func() error) {
	u.Helper()
	var first []byte
	for i := range u.builds {
		u.text = nil
		err := call()
		switch {
		case err == nil:
			u.Errorf("%s: it ran, and was not to be compiled", name)
			return
		case u.text == nil:
			u.Errorf("%s: no program was built: %v", name, err)
			return
		case i == 0:
			first = u.text
		case string(first) != string(u.text):
			u.Errorf(
				"%s: the program differs when it is built again\n%s", name, difference(string(first), string(u.text)),
			)
			return
		}
		for _, known := range slices.Clone(u.e.Graphs) {
			u.e.Forget(known.name)
		}
	}
	if u.take != nil {
		u.take(name, first)
	}
}

// difference is the first line in which two texts differ.
func difference(a, b string) string {
	other := strings.Split(b, "\n")
	for i, line := range strings.Split(a, "\n") {
		if i >= len(other) || line != other[i] {
			return fmt.Sprintf(
				"line %d: %s\nthen:   %s", i+1, line, strings.Join(other[min(i, len(other)):min(i+1, len(other))], ""),
			)
		}
	}
	return "the second is longer"
}

// open builds the model of some settings. It reports false where the method does not go with them.
func (u *unchanging) open(b *xla.Backend, asked map[string]any) (State, bool) {
	u.Helper()
	desc := u.desc
	if desc == nil {
		desc = hosttest.SynthDescription(u.T)
	}
	settings, err := setting.Resolve(asked, desc)
	if err != nil {
		u.Fatal(err)
	}
	m, err := setting.BuildModel(settings, *desc)
	if err != nil {
		u.Log(err)
		return State{}, false
	}
	meth, _ := method.Find(settings.Method())
	u.e = (&Engines{}).Find(b, m, meth, settings)
	u.batch = &data.Batch{Indices: data.Positions(u.rows), Labels: make([]int32, u.rows), X: map[string][]float32{}}
	for _, mod := range m.Modalities {
		u.batch.X[mod.Name] = make([]float32, u.rows*mod.Size())
	}
	return u.e.IntervalStart(u.e.Initial(1)), true
}

func (u *unchanging) step(name string, s State, m inforeg.Measures) {
	u.Helper()
	chances := []*tensors.Tensor{}
	if n := m.Signs; n > 0 {
		chances = append(chances, tensors.FromFlatDataAndDimensions(make([]float32, u.rows*n), n, u.rows))
	}
	if n := m.Labels; n > 0 {
		chances = append(chances, tensors.FromFlatDataAndDimensions(make([]float32, u.rows*n), u.rows, n))
	}
	u.graph(name, func() error {
		in := StepInput{Batch: u.batch, Controls: make([]float32, len(u.e.controls)), Measures: m}
		for _, c := range chances { // a step frees them
			clone, err := c.LocalClone()
			if err != nil {
				return err
			}
			in.Chances = append(in.Chances, clone)
		}
		_, _, err := u.e.Step(s, in)
		return err
	})
}

// TestTexts: a graph that is built again is the same program, letter for letter. Otherwise a program that is kept on
// disk would be compiled again now and then, and whether two processes compute the same bits would be left to chance.
func TestTexts(t *testing.T) {
	xlatest.Backend(t) // skips or fails without the plugin
	b, err := xla.OpenBackend(hosttest.Project(t))
	if err != nil {
		t.Fatal(err)
	}
	u := &unchanging{T: t, builds: builds, rows: 3}
	if !b.Show(func(program []byte) { u.text = append([]byte(nil), program...) }) {
		t.Fatalf("programs cannot be seen: %v", xla.NotKept())
	}
	t.Cleanup(func() { b.Show(nil) })

	for _, name := range method.Names() {
		for _, head := range models.Fusions {
			if s, ok := u.open(b, hosttest.Tiny(name, map[string]any{"fusion": head})); ok {
				u.step(fmt.Sprintf("step of %s, %s", name, head), s, inforeg.Measures{})
			} else if head == models.ConcatFusion {
				t.Errorf("%s: no model", name)
			}
		}
	}
	for _, head := range models.Fusions {
		s, ok := u.open(b, hosttest.Tiny("joint", map[string]any{"fusion": head}))
		if !ok {
			t.Fatalf("%s: no model", head)
		}
		u.measuring(s, head)
	}
}

// measuring builds the graphs that measure a model, which name calls by its name.
func (u *unchanging) measuring(s State, name string) {
	u.Helper()
	u.step("step that measures, "+name, s, inforeg.Measures{Shares: true, Signs: 2, Labels: 2})
	u.graph("evaluate, "+name, func() error {
		_, err := u.e.Evaluate(s.Vars, u.batch)
		return err
	})
	u.graph("recalibrate, "+name, func() error {
		_, _, err := u.e.Recalibrated(s.Vars, u.batch)
		return err
	})
	for _, loss := range []string{inforeg.LossFused, inforeg.LossUnimodal} {
		for _, kind := range []string{inforeg.KindFisherEmp, inforeg.KindFisherTrue} {
			u.probes(s, name, inforeg.Probe{Kind: kind, Loss: loss})
		}
	}
	u.probes(s, name, inforeg.Probe{Kind: inforeg.KindFisherEmp, Loss: inforeg.LossSum})
}

// probes builds the graphs that measure one definition of the trace.
func (u *unchanging) probes(s State, head string, p inforeg.Probe) {
	u.Helper()
	p, err := p.Complete()
	if err != nil {
		u.Fatal(err)
	}
	name := fmt.Sprintf(" of %s %s, %s", p.Kind, p.Loss, head)
	draws := make([]float32, u.rows*max(1, p.Draws))
	u.graph("norms"+name, func() error {
		_, err := u.e.SampleNorms(s.Vars, u.batch, p, draws)
		return err
	})
	sampled := p
	sampled.Draws = 2
	if p.Kind == inforeg.KindFisherEmp {
		u.graph("layers"+name, func() error {
			_, err := u.e.LayerNorms(s.Vars, u.batch, p)
			return err
		})
		u.graph("sums"+name, func() error {
			_, err := u.e.SumNorms(s.Vars, u.batch, p, u.signs(2))
			return err
		})
		return
	}
	sampled.Labels = inforeg.LabelsSampled
	u.graph("drawn norms"+name, func() error {
		_, err := u.e.SampleNorms(s.Vars, u.batch, sampled, make([]float32, 2*u.rows))
		return err
	})
	u.graph("label sums"+name, func() error {
		_, err := u.e.LabelSums(s.Vars, u.batch, sampled, make([]float32, 2*u.rows))
		return err
	})
}

// signs are draws of random signs, as they would be.
func (u *unchanging) signs(draws int) [][]float32 {
	list := make([][]float32, draws)
	for i := range list {
		list[i] = make([]float32, u.rows)
		for j := range list[i] {
			list[i][j] = float32(1 - 2*((i+j)%2))
		}
	}
	return list
}
