package method_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

// mixed is a model of an inertial sequence, one that is padded, and a vector, or of the first two.
func mixed(t *testing.T, modalities int) *models.Multimodal {
	t.Helper()
	m := &models.Multimodal{Encoders: map[string]models.Encoder{}, Fusion: models.ConcatFusion, Classes: 3}
	for _, c := range []struct {
		mod  data.Modality
		spec string
	}{
		{data.Modality{Name: "i", Kind: data.Sequence, Shape: []int{9, 2}}, "cnn1d:6"},
		{
			data.Modality{Name: "s", Kind: data.Sequence, Shape: []int{5, 3}},
			"transformer,dim=6,heads=2,layers=1,mlp=1,pool=class,pad=1",
		},
		{data.Modality{Name: "v", Kind: data.Vector, Shape: []int{4}}, "mlp:6"},
	}[:modalities] {
		e, err := models.ParseEncoder(c.spec, c.mod)
		if err != nil {
			t.Fatal(err)
		}
		m.Modalities, m.Encoders[c.mod.Name] = append(m.Modalities, c.mod), e
	}
	return m
}

// TestMixedEncoders takes a step of every method on a convolution, a transformer with padding and a class token, and an
// MLP together: weights stay finite and move. Methods of two modalities say so, and take the first two or say why not.
func TestMixedEncoders(t *testing.T) {
	pairs := []string{"greedy", "redreg"}
	for _, name := range method.Names() {
		t.Run(name, func(t *testing.T) {
			meth, m := find(t, name), mixed(t, 3)
			settings := settingsOf(meth, on[name])
			err := meth.Prepare(m, settings)
			if slices.Contains(pairs, name) {
				if err == nil || !strings.Contains(err.Error(), "3 modalities, want 2") {
					t.Fatalf("three modalities: error %v, want that there are 3 and not 2", err)
				}
				m = mixed(t, 2)
				err = meth.Prepare(m, settings)
				if name == "redreg" {
					if err == nil || !strings.Contains(err.Error(), "token ids with noise are none") {
						t.Fatalf("a transformer with padding: error %v, want that noise does not suit it", err)
					}
					return
				}
				if name == "greedy" {
					if !errors.Is(err, models.ErrGates) {
						t.Fatalf("a transformer: error %v, want that it has no stages for gates", err)
					}
					return
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			held := ""
			if name == "freeze" {
				settings["leader"], held = "i", models.EncoderPrefix("i")
			}
			stepOnce(t, meth, m, settings, held)
		})
	}
}

// stepOnce takes the first step of a run and checks what comes out: every variable moves but those whose names start
// with held, if it is not empty.
func stepOnce(t *testing.T, meth inforeg.Method, m *models.Multimodal, settings map[string]any, held string) {
	t.Helper()
	modalities, vars, carried := inforeg.ModalityNames(m), m.Variables(), meth.State(m)
	own := map[string][]float32{}
	for _, v := range carried {
		own[v.Name] = make([]float32, v.Size())
	}
	trial := func(map[string]float64, int) (inforeg.Trial, error) {
		r := inforeg.Trial{
			TrainBefore: map[string]float64{}, TrainAfter: map[string]float64{}, ValBefore: map[string]float64{},
			ValAfter: map[string]float64{},
		}
		for i, name := range append([]string{"joint"}, modalities...) {
			r.TrainBefore[name], r.ValBefore[name], r.TrainAfter[name], r.ValAfter[name] = 1, 1, 0.5, 0.6+float64(i)/100
		}
		return r, nil
	}
	decided, err := meth.EpochStart(
		inforeg.Epoch{
			Modalities: modalities, Settings: settings, Traces: traces(modalities, 0), State: own,
			Features: madeFeatures(m, 0), Trial: trial,
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	controls := controlsOf(meth, modalities)
	vector := make([]float32, len(controls))
	for i, c := range controls {
		if v, ok := decided[c]; ok {
			vector[i] = float32(v)
		} else {
			vector[i] = number(settings[c])
		}
	}
	var names []string
	exec, err := xlatest.NewExec(t, func(in []*Node) []*Node {
		take := func() *Node { x := in[0]; in = in[1:]; return x }
		s := inforeg.StepInput{
			Vars: map[string]*Node{}, Momentum: map[string]*Node{}, Start: map[string]*Node{},
			State: map[string]*Node{}, X: map[string]*Node{}, Controls: map[string]*Node{}, Settings: settings,
		}
		for _, v := range vars {
			s.Vars[v.Name] = take()
			if s.Start[v.Name] = s.Vars[v.Name]; v.Trainable() {
				s.Momentum[v.Name] = ZerosLike(s.Vars[v.Name])
			}
		}
		for _, v := range carried {
			s.State[v.Name] = take()
		}
		for _, mod := range modalities {
			s.X[mod] = take()
		}
		s.Labels, s.Key = take(), take()
		for i, c := range controls {
			s.Controls[c] = Reshape(Slice(in[0], AxisElem(i)))
		}
		r := inforeg.BuildStep(m, meth, s)
		var list []*Node
		for _, v := range vars {
			list = append(list, r.Vars[v.Name])
		}
		names = nil
		for _, x := range r.Scalars {
			names, list = append(names, x.Name), append(list, x.Value)
		}
		return list
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	values := m.Init(1)
	var args []any
	for _, v := range vars {
		args = append(args, tensors.FromFlatDataAndDimensions(values[v.Name], v.Shape...))
	}
	for _, v := range carried {
		args = append(args, tensors.FromFlatDataAndDimensions(own[v.Name], v.Shape...))
	}
	for _, mod := range m.Modalities {
		x := xlatest.Made(fmt.Sprint(mod.Name, 0), batch*mod.Size(), 1.7)
		if mod.Name == "s" {
			clear(x[:mod.Size()])                     // the first sample is padding alone,
			clear(x[2*mod.Size()-6 : 3*mod.Size()-6]) // the next ends and the third begins with some
		}
		args = append(args, tensors.FromFlatDataAndDimensions(x, append([]int{batch}, mod.Shape...)...))
	}
	out, err := exec.Call(append(args, []int32{0, 1, 2, 0, 1, 2}, []uint64{1, 0, 0}, vector)...)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range out {
		got := tensors.MustCopyFlatData[float32](o)
		bad := slices.ContainsFunc(
			got, func(x float32) bool { return math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) },
		)
		switch {
		case i >= len(vars):
			if bad {
				t.Errorf("%s is %v", names[i-len(vars)], got)
			}
		case bad:
			t.Errorf("%s holds %v", vars[i].Name, got)
		case vars[i].Trainable():
			stays := held != "" && strings.HasPrefix(vars[i].Name, held)
			if moved := !slices.Equal(got, values[vars[i].Name]); moved == stays {
				t.Errorf("%s moved: %v", vars[i].Name, moved)
			}
		}
	}
}
