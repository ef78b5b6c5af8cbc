package run

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/seal"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// readWeights reads an exported file.
func readWeights(t *testing.T, path string) (map[string]models.Tensor, map[string]string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, meta, err := models.ReadSafetensors(f)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]models.Tensor{}
	for _, w := range list {
		byName[w.Name] = w
	}
	return byName, meta
}

// TestExportWeights: what goes out comes back in as the same weights, bit for bit.
func TestExportWeights(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "r", hosttest.Small("joint"), 4)
	path := filepath.Join(t.TempDir(), "deep", "w.safetensors")
	if err := r.Export(t.Context(), "safetensors", path); err != nil {
		t.Fatal(err)
	}
	out, meta := readWeights(t, path)
	if len(meta[seal.Key]) != 8 {
		t.Errorf("metadata %v, want a checksum in it", meta)
	}
	delete(meta, seal.Key)
	if diff := cmp.Diff(map[string]string{"format": "pt", "run": "r", "step": "4"}, meta); diff != "" {
		t.Errorf("metadata (-want +got)\n%s", diff)
	}
	kept := map[string]models.Tensor{}
	for _, w := range weightsOf(t, r) {
		kept[w.Name] = w
	}
	for _, v := range r.eng.Vars {
		back, err := models.FromTorch(v, out[v.Name])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(kept[v.Name].Values, back); diff != "" {
			t.Errorf("%s (-kept +read)\n%s", v.Name, diff)
		}
	}
	if len(out) != len(r.eng.Vars) {
		t.Errorf("%d tensors, want %d: momentum stays here", len(out), len(r.eng.Vars))
	}
}

// TestExportTorchNames wants, for a pair of ResNet-18, the names and shapes that torchvision gives its own with one
// channel and a 3x3 stem, without classifier and counters of batches.
func TestExportTorchNames(t *testing.T) {
	want := map[string][]int{"head.weight": {6, 1024}, "head.bias": {6}}
	norm := func(name string, n int) {
		for _, part := range []string{"weight", "bias", "running_mean", "running_var"} {
			want[name+"."+part] = []int{n}
		}
	}
	for _, m := range []string{"enc.audio.", "enc.visual."} {
		want[m+"conv1.weight"] = []int{64, 1, 3, 3}
		norm(m+"bn1", 64)
		in := 64
		for layer, n := range []int{64, 128, 256, 512} {
			for block := range 2 {
				name := fmt.Sprintf("%slayer%d.%d.", m, layer+1, block)
				want[name+"conv1.weight"], want[name+"conv2.weight"] = []int{n, in, 3, 3}, []int{n, n, 3, 3}
				norm(name+"bn1", n)
				norm(name+"bn2", n)
				if in != n {
					want[name+"downsample.0.weight"] = []int{n, in, 1, 1}
					norm(name+"downsample.1", n)
				}
				in = n
			}
		}
	}
	shop := newTestShop(t)
	settings := hosttest.Small("joint")
	settings["encoder.audio"], settings["encoder.visual"] = "resnet18", "resnet18,stem=small"
	r := trained(t, shop, "r", settings, 0)
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := r.Export(t.Context(), "safetensors", path); err != nil {
		t.Fatal(err)
	}
	out, _ := readWeights(t, path)
	got := map[string][]int{}
	for name, w := range out {
		got[name] = w.Shape
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tensors (-want +got)\n%s", diff)
	}
}

// TestExportCSV: every number on record reads back as itself.
func TestExportCSV(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "r", measuring(), hosttest.SmallEpoch+2)
	asked(t, r, wire.Probe{Kind: "cosine", Batches: 3})
	asked(t, r, wire.Probe{Kind: "fisher_emp", Weights: true})
	dir := t.TempDir()
	if err := r.Export(t.Context(), "csv", filepath.Join(dir, "r.csv")); err != nil {
		t.Fatal(err)
	}
	rec, err := record.ReadRecorded(r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rec.History, onRecord(r)); diff != "" {
		t.Errorf("history (-files +memory)\n%s", diff)
	}
	rows := readCSV(t, filepath.Join(dir, "r.csv"))
	var metrics []map[string]float64
	for _, row := range rows[1:] {
		m := map[string]float64{}
		for i, cell := range row {
			m[rows[0][i]] = parse(t, cell)
		}
		metrics = append(metrics, m)
	}
	if diff := cmp.Diff(rec.History.Metrics, metrics); diff != "" {
		t.Errorf("metrics (-files +csv)\n%s", diff)
	}
	if got := strings.Join(rows[0][:3], ","); got != "step,epoch,acc" {
		t.Errorf("columns begin with %s, want step, epoch and the rest by name", got)
	}
	rows = readCSV(t, filepath.Join(dir, "r_probes.csv"))
	if len(rows) != len(rec.History.Probes)+1 {
		t.Fatalf("%d rows of probes, want %d under their names", len(rows), len(rec.History.Probes))
	}
	columns := strings.Split("step,epoch,kind,encoder,value,se,loss,labels,bn,n,split,readout,params,way,batch", ",")
	if diff := cmp.Diff(columns, rows[0]); diff != "" {
		t.Errorf("columns of probes (-want +got)\n%s", diff)
	}
	seen := map[string]bool{}
	for i, p := range rec.History.Probes {
		row := rows[i+1]
		if row[2] != p.Kind || row[3] != p.Encoder || parse(t, row[4]) != p.Value || (p.SE == nil) != (row[5] == "") ||
			(p.Batch == nil) != (row[14] == "") {
			t.Errorf("row %v of %+v", row, p)
		}
		key := strings.Join(slices.Concat(row[:4], row[6:14]), ",")
		if seen[key] {
			t.Errorf("row %v: another has the same definition and step", row)
		}
		seen[key] = true
	}
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func parse(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestMaskedChecksum compares with the check value of CRC-32C, 0xe3069283 for "123456789", masked by hand.
func TestMaskedChecksum(t *testing.T) {
	const check = 0xe3069283
	// rotated right by 15, plus the constant of TensorFlow's record format
	rotated := uint64(check>>15 | check<<17&0xffffffff)
	if got, want := record.MaskedChecksum([]byte("123456789")), uint32((rotated+0xa282ead8)&0xffffffff); got != want {
		t.Errorf("got %#x, want %#x", got, want)
	}
}

// TestExportRefuses: an export that cannot be written says why and leaves nothing behind.
func TestExportRefuses(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "r", hosttest.Small("joint"), 1)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, format, path, message string
		reason                      string
	}{
		{"format", "onnx", filepath.Join(dir, "x"), `unknown format "onnx"`, "there are three"},
		{"no path", "csv", "", "no path", "nothing by default"},
		{"below a file", "csv", filepath.Join(file, "x.csv"), "not a directory", "it cannot be made"},
		{"onto a folder", "safetensors", dir, "export to " + dir, "a folder is not replaced"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, ok := errors.AsType[*wire.Problem](r.Export(t.Context(), tt.format, tt.path))
			if !ok || !strings.Contains(p.Message, tt.message) || p.Hint == "" {
				t.Errorf("%+v, want %q and a hint\nreason: %s", p, tt.message, tt.reason)
			}
			left, err := os.ReadDir(dir)
			if err != nil || len(left) != 1 {
				t.Errorf("%v in the folder, error %v, want the file alone", left, err)
			}
		})
	}
	if _, err := record.ReadRecorded(filepath.Join(dir, "nothing")); errors.Is(err, fs.ErrNotExist) || err == nil {
		t.Errorf("a folder that is not there: %v, want a problem in words", err)
	}
}
