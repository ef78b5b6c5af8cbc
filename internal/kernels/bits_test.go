package kernels_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/programs"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

// trained is a hash of everything that a thousand steps with the exact trace leave: weights after them, and the norms
// of every hundredth. The batch is odd and a sample has two frames, so that groups and lanes are uneven.
func trained(t *testing.T) string {
	t.Helper()
	with, _ := backends(t)
	const batch, steps = 7, 1000
	mod := data.Modality{Name: "v", Kind: data.Clip, Shape: []int{2, 12, 12, 3}}
	e, err := models.ParseEncoder("cnn2d:8-16", mod)
	if err != nil {
		t.Fatal(err)
	}
	m := &models.Multimodal{
		Modalities: []data.Modality{mod}, Encoders: map[string]models.Encoder{"v": e},
		Fusion: models.ConcatFusion, Classes: 3,
	}
	vars := m.Variables()
	step, err := with.NewExec(func(in []*Node) []*Node {
		values := map[string]*Node{}
		for i, v := range vars {
			values[v.Name] = in[2+i]
		}
		call := &models.Call{Vars: values, Norm: models.RunningStatistics}
		shares := inforeg.NewShares(m, call, batch)
		loss := ReduceAllMean(models.CrossEntropy(m.Forward(call, map[string]*Node{"v": in[0]}).Logits, in[1]))
		var of []*Node
		for i, v := range vars {
			if v.Trainable() {
				of = append(of, in[2+i])
			}
		}
		moved := Gradient(loss, of...)
		out := []*Node{shares.Norms(false)["v"]}
		for i, v := range vars {
			w := in[2+i]
			if v.Trainable() {
				w, moved = Sub(w, MulScalar(moved[0], 0.01)), moved[1:]
			}
			out = append(out, w)
		}
		return out
	})
	if err != nil {
		t.Fatal(err)
	}
	defer step.Finalize()
	values := xlatest.Filled(t, vars)
	args := []any{
		tensors.FromFlatDataAndDimensions(xlatest.Made("x", batch*mod.Size(), 1), batch, 2, 12, 12, 3),
		[]int32{0, 1, 2, 0, 1, 2, 0},
	}
	for _, v := range vars {
		args = append(args, tensors.FromFlatDataAndDimensions(values[v.Name], v.Shape...))
	}
	h := sha256.New()
	note := func(x *tensors.Tensor) {
		for _, v := range tensors.MustCopyFlatData[float32](x) {
			if math.IsNaN(float64(v)) {
				t.Fatal("a number that is none")
			}
			h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)))
		}
	}
	for i := range steps {
		out, err := step.Call(args...)
		if err != nil {
			t.Fatal(err)
		}
		if i%100 == 0 {
			note(out[0])
		}
		out[0].MustFinalizeAll()
		for j, w := range out[1:] {
			args[2+j].(*tensors.Tensor).MustFinalizeAll()
			args[2+j] = w
		}
	}
	for _, w := range args[2:] {
		note(w.(*tensors.Tensor))
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// bitsVariable makes TestSameBits the process that it starts.
const bitsVariable = "PRIMEWINDOW_TEST_BITS"

// TestSameBits wants a thousand steps to end in the same bits on one core, on all, in another process, and with the
// program from disk.
func TestSameBits(t *testing.T) {
	if os.Getenv(bitsVariable) != "" {
		fmt.Printf("\nbits %s\n", trained(t))
		return
	}
	backends(t) // skips without kernels
	want := trained(t)
	store := t.TempDir()
	for _, tt := range []struct {
		name    string
		command []string
	}{
		{"another process", nil},
		{"from disk", nil},
		{"one core", []string{"taskset", "-c", "0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if len(tt.command) > 0 {
				if _, err := exec.LookPath(tt.command[0]); err != nil {
					t.Skip(err)
				}
			}
			args := append(append([]string{}, tt.command...), os.Args[0], "-test.run=^TestSameBits$")
			cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
			cmd.Env = append(os.Environ(), bitsVariable+"=1", programs.DirVariable+"="+store)
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			_, got, ok := strings.Cut(string(out), "\nbits ")
			if got, _, _ = strings.Cut(got, "\n"); !ok || got != want {
				t.Errorf("bits %s, want %s\n%s", got, want, out)
			}
		})
	}
}

// TestSharedPrimitives runs several programs with the same convolutions at once: they share primitives, and each
// gives the bits that it gives alone.
func TestSharedPrimitives(t *testing.T) {
	with, _ := backends(t)
	list := []layer{layers[0], layers[9], layers[10]}
	builds := [][]func([]*Node) []*Node{}
	for _, l := range list {
		builds = append(builds, []func([]*Node) []*Node{l.pass, l.norms})
	}
	var wait sync.WaitGroup
	for i, l := range list {
		for _, build := range builds[i] {
			step, err := with.NewExec(build)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(step.Finalize)
			inputs := l.inputs()
			values := func() (all []float32) {
				out, err := step.Call(inputs...)
				if err != nil {
					t.Error(err)
				}
				for _, o := range out {
					all = append(all, tensors.MustCopyFlatData[float32](o)...)
				}
				return all
			}
			want := values()
			for range 2 {
				wait.Go(func() {
					for range 10 {
						for j, v := range values() {
							if math.Float32bits(v) != math.Float32bits(want[j]) {
								t.Errorf("%v: number %d is %v beside others and %v alone", l, j, v, want[j])
								return
							}
						}
					}
				})
			}
		}
	}
	wait.Wait()
}
