package hosttest

import (
	"archive/zip"
	"bytes"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/synth"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
)

// Small are settings under which a step takes a millisecond or two and an epoch has six.
func Small(method string) map[string]any {
	return map[string]any{
		"data": "synth", "method": method, "seed": 3.0, "batch": 16.0, "lr": 0.05, "epochs": 100.0,
		"data.train": 96.0, "data.val": 36.0, "data.test": 36.0, "probe_samples": 12.0, "linear_samples": 48.0,
		"encoder.audio": "cnn2d:4-8", "encoder.visual": "cnn2d:4-8",
	}
}

// SmallEpoch is the number of steps of an epoch under [Small].
const SmallEpoch = 6

// Project is the checkout, where the plugin is: the folder with go.mod, above the test's own.
func Project(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			tb.Fatal("no go.mod above the test's folder")
		}
		dir = up
	}
}

// Lines are those of a file of a run's folder.
func Lines(t *testing.T, dir, file string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// SameWeights wants the same bits in the same order.
func SameWeights(t *testing.T, want, got []models.Tensor) {
	t.Helper()
	if len(want) != len(got) {
		t.Fatalf("%d and %d tensors", len(want), len(got))
	}
	for i, w := range want {
		for j, v := range w.Values {
			if g := got[i].Values[j]; v != g || w.Name != got[i].Name {
				t.Fatalf("%s[%d] = %v, want %v of %s: not the same bits", got[i].Name, j, g, v, w.Name)
			}
		}
	}
}

// Near reports whether two numbers differ by no more than a share of the wanted one.
func Near(got, want, tolerance float64) bool { return math.Abs(got-want) <= tolerance*math.Abs(want) }

// OneProblem wants an error of one line with a hint.
func OneProblem(t *testing.T, err error) {
	t.Helper()
	if p, ok := errors.AsType[*wire.Problem](err); !ok || strings.Contains(p.Message, "\n") || p.Hint == "" {
		t.Errorf("error %q, want a problem of one line with a hint", err)
	}
}

// ReadFile is a file that is there.
func ReadFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// WriteFile writes a file, or ends the test.
func WriteFile(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// ReadTensors are those of a safetensors file, by name.
func ReadTensors(t *testing.T, path string) map[string]models.Tensor {
	t.Helper()
	list, _, err := models.ReadSafetensors(bytes.NewReader(ReadFile(t, path)))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	all := map[string]models.Tensor{}
	for _, x := range list {
		all[x.Name] = x
	}
	return all
}

// Zipped makes an npz file.
func Zipped(t *testing.T, arrays map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, body := range arrays {
		w, err := z.Create(name + ".npy")
		if err == nil {
			_, err = w.Write(body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Tiny is [Small] with encoders of one layer, which compile in half the time, and nothing measured but what is asked
// for.
func Tiny(method string, more map[string]any) map[string]any {
	s := Small(method)
	s["encoder.audio"], s["encoder.visual"], s["probes"] = "cnn2d:4", "cnn2d:4", "none"
	maps.Copy(s, more)
	return s
}

// SynthDescription describes synth, without a backend.
func SynthDescription(t *testing.T) *data.Description {
	t.Helper()
	set, err := synth.Open("", map[string]any{"train": 12.0, "val": 6.0, "test": 6.0})
	if err != nil {
		t.Fatal(err)
	}
	desc := set.Describe()
	return &desc
}

// CommittedRecords is the folder of the records that notebooks and README draw.
func CommittedRecords(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(Project(tb), "notebooks", "results", "reproduce")
}
