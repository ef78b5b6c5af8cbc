package main

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image/png"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/draw"
)

// TestShow reads one run in every form that show and export have.
func TestShow(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	s.must(
		t,
		small(
			"-method", "inforeg", "-epochs", "2", "-set", "every.fisher_true=epoch", "-set", "every.signs=2 steps",
			"-out", "p/runs/r",
		)...,
	)
	dir := filepath.Join("p", "runs", "r")
	metrics, names := metricsOf(t, s.read(t, dir, "metrics.jsonl"))

	t.Run("order of flags", func(t *testing.T) {
		want := s.must(t, "show", "-csv", dir)
		for _, args := range [][]string{
			{"show", dir, "-csv"}, {"show", "r", "-csv"}, {"show", "--csv", "r"}, {"show", "-csv=true", "r"},
		} {
			if got := s.must(t, args...); got != want {
				t.Errorf("primewindow %v:\n%s\nwant\n%s", args, got.out, want.out)
			}
		}
	})
	t.Run("csv", func(t *testing.T) {
		checkCSV(t, s.must(t, "show", "-csv", dir).out, metrics)
	})
	t.Run("json", func(t *testing.T) {
		var got struct {
			Status  wire.Status
			History wire.History
		}
		if err := json.Unmarshal([]byte(s.must(t, "show", "-json", dir).out), &got); err != nil {
			t.Fatal(err)
		}
		if got.Status.Step != 2*smallEpoch || got.Status.Method != "inforeg" || got.Status.Settings["batch"] != 16.0 {
			t.Errorf("status %+v", got.Status)
		}
		if diff := cmp.Diff(metrics, got.History.Metrics); diff != "" {
			t.Errorf("metrics (-file +shown)\n%s", diff)
		}
		if n := strings.Count(s.read(t, dir, "probes.jsonl"), "\n"); len(got.History.Probes) != n {
			t.Errorf("%d probes, want %d", len(got.History.Probes), n)
		}
	})
	t.Run("table", func(t *testing.T) {
		for _, want := range []string{
			"r: synth, inforeg, seed 0, epoch 2, step 6\n", "Tr(F) audio", "visual linear",
			"test accuracy of fused (head): ",
		} {
			if got := s.must(t, "show", dir).out; !strings.Contains(got, want) {
				t.Errorf("no %q in\n%s", want, got)
			}
		}
	})
	for _, kind := range draw.Figures() {
		t.Run("figure "+kind, func(t *testing.T) {
			args := []string{"show", dir, "-figure", kind, "-out", kind + ".png"}
			if kind == "samples" { // records do not hold them
				args = []string{"probe", dir, "-kind", kind, "-out", kind + ".png"}
			}
			p := s.must(t, args...)
			picture, err := png.Decode(strings.NewReader(s.read(t, kind+".png")))
			if err != nil || picture.Bounds().Dx() < 200 {
				t.Fatalf("%s.png: %v", kind, err)
			}
			if strings.Count(p.out, "\n") != 1 || len(p.out) < 20 {
				t.Errorf("output %q, want a sentence that stands for the picture", p.out)
			}
		})
	}
	t.Run("figure of two runs", func(t *testing.T) {
		s.must(t, small("-epochs", "2", "-set", "lr=0", "-out", "null")...)
		if p := s.must(
			t, "show", "-figure", "trace", dir, "null", "-out", "both.png",
		); !strings.Contains(p.out, "null") {
			t.Errorf("%s\nwant both runs named", p.out)
		}
	})
	t.Run("export csv", func(t *testing.T) {
		s.must(t, "export", "-out", "e/r.csv", "-format", "csv", dir)
		checkCSV(t, s.read(t, "e", "r.csv"), metrics)
		rows, err := csv.NewReader(strings.NewReader(s.read(t, "e", "r_probes.csv"))).ReadAll()
		if n := strings.Count(s.read(t, dir, "probes.jsonl"), "\n"); err != nil || len(rows) != n+1 {
			t.Errorf("%d rows of probes, error %v, want %d under their names", len(rows), err, n)
		}
	})
	t.Run("export tensorboard", func(t *testing.T) {
		s.must(t, "export", dir, "-format", "tensorboard", "-out", "tb")
		files, err := filepath.Glob(s.path("tb", "events.out.tfevents.*"))
		if err != nil || len(files) != 1 {
			t.Fatalf("files %v, error %v, want one", files, err)
		}
		scalars := readEvents(t, files[0])
		for i, m := range metrics {
			for _, name := range names[2:] {
				// the format has float32
				if got, ok := scalars[fmt.Sprintf("%s@%d", name, i+1)]; !ok || got != float32(m[name]) {
					t.Errorf("%s after step %d: %v, want %v", name, i, got, m[name])
				}
			}
		}
		if _, ok := scalars["fisher_emp/audio@6"]; !ok {
			t.Errorf("no trace among %v", slices.Sorted(maps.Keys(scalars)))
		}
	})
	t.Run("export safetensors", func(t *testing.T) {
		s.must(t, "export", dir, "-format", "safetensors", "-out", "w.safetensors")
		header, values := readSafetensors(t, s.path("w.safetensors"))
		got := map[string][]int{}
		for name, e := range header {
			got[name] = e.Shape
		}
		want := map[string][]int{"head.weight": {6, 8}, "head.bias": {6}}
		for _, m := range []string{"audio", "visual"} {
			want["enc."+m+".conv0.weight"] = []int{4, 1, 3, 3} // [out, in, height, width], PyTorch's layout
			for _, name := range []string{"weight", "bias", "running_mean", "running_var"} {
				want["enc."+m+".norm0."+name] = []int{4}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("tensors (-want +got)\n%s", diff)
		}
		for name, list := range values {
			for _, v := range list {
				if x := float64(v); math.IsNaN(x) || math.IsInf(x, 0) {
					t.Errorf("%s holds %v", name, v)
				}
			}
		}
	})
}

// checkCSV wants a row for each step that reads back as the metrics.
func checkCSV(t *testing.T, text string, metrics []map[string]float64) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var got []map[string]float64
	for _, row := range rows[1:] {
		m := map[string]float64{}
		for i, cell := range row {
			if m[rows[0][i]], err = strconv.ParseFloat(cell, 64); err != nil {
				t.Fatal(err)
			}
		}
		got = append(got, m)
	}
	if diff := cmp.Diff(metrics, got); diff != "" {
		t.Errorf("csv (-metrics.jsonl +csv)\n%s", diff)
	}
}

// slowChecksum is CRC-32C bit by bit, masked as TensorFlow's record format has it.
func slowChecksum(b []byte) uint32 {
	c := ^uint32(0)
	for _, x := range b {
		c ^= uint32(x)
		for range 8 {
			if c&1 == 1 {
				c = c>>1 ^ 0x82f63b78 // the Castagnoli polynomial, reflected
			} else {
				c >>= 1
			}
		}
	}
	c = ^c
	return (c>>15 | c<<17) + 0xa282ead8
}

// readEvents decodes a TensorBoard file, checksums included, into scalars by "tag@step".
func readEvents(t *testing.T, path string) map[string]float32 {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	scalars := map[string]float32{}
	for first := true; len(b) > 0; first = false {
		if len(b) < 12 {
			t.Fatalf("%d bytes after the last record", len(b))
		}
		n := int(binary.LittleEndian.Uint64(b))
		if got, want := binary.LittleEndian.Uint32(b[8:]), slowChecksum(b[:8]); got != want {
			t.Fatalf("checksum of a length: got %#x, want %#x", got, want)
		}
		if len(b) < 16+n {
			t.Fatalf("record of %d bytes, %d are left", n, len(b)-16)
		}
		event := b[12 : 12+n]
		if got, want := binary.LittleEndian.Uint32(b[12+n:]), slowChecksum(event); got != want {
			t.Fatalf("checksum of a record: got %#x, want %#x", got, want)
		}
		b = b[16+n:]
		fields := protoFields(t, event)
		if first {
			if string(fields[3]) != "brain.Event:2" {
				t.Fatalf("first record %q, want the file version brain.Event:2", event)
			}
			continue
		}
		step, _ := binary.Uvarint(fields[2])
		value := protoFields(t, protoFields(t, fields[5])[1])
		key := fmt.Sprintf("%s@%d", value[1], step)
		if _, twice := scalars[key]; twice {
			t.Errorf("%s twice", key)
		}
		scalars[key] = math.Float32frombits(binary.LittleEndian.Uint32(value[2]))
	}
	return scalars
}

// protoFields splits a message of protocol buffers into its fields, each of which occurs once.
func protoFields(t *testing.T, b []byte) map[int][]byte {
	t.Helper()
	fields := map[int][]byte{}
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		b = b[n:]
		size := 0
		switch key & 7 {
		case 0:
			_, size = binary.Uvarint(b)
		case 2:
			length, n := binary.Uvarint(b)
			b = b[n:]
			size = int(length)
		case 5:
			size = 4
		default:
			t.Fatalf("wire type %d", key&7)
		}
		if size > len(b) {
			t.Fatalf("field %d of %d bytes, %d are left", key>>3, size, len(b))
		}
		fields[int(key>>3)], b = b[:size], b[size:]
	}
	return fields
}

type tensorEntry struct {
	DType   string
	Shape   []int
	Offsets [2]int `json:"data_offsets"`
}

// readSafetensors decodes a file by the format's description alone.
func readSafetensors(t *testing.T, path string) (header map[string]tensorEntry, values map[string][]float32) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := binary.LittleEndian.Uint64(b)
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b[8:8+n], &raw); err != nil {
		t.Fatal(err)
	}
	delete(raw, "__metadata__")
	header, values = map[string]tensorEntry{}, map[string][]float32{}
	for name, text := range raw {
		var e tensorEntry
		if err := json.Unmarshal(text, &e); err != nil || e.DType != "F32" {
			t.Fatalf("%s: %s, error %v, want F32", name, text, err)
		}
		header[name] = e
		list := make([]float32, (e.Offsets[1]-e.Offsets[0])/4)
		if err := binary.Read(bytes.NewReader(b[8+int(n)+e.Offsets[0]:]), binary.LittleEndian, list); err != nil {
			t.Fatal(err)
		}
		values[name] = list
	}
	return header, values
}
