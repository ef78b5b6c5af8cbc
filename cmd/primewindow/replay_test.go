package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestReplayCommand: a replay whose progress goes to a file or pipe says nothing there, and one line at its end.
func TestReplayCommand(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	from := filepath.Join("..", "..", "workbench", "host", "replay", "testdata")
	copied := func(path, name string) []byte {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(from, path))
		if err == nil && name != "" {
			err = os.WriteFile(s.path("spec", name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if err := os.Mkdir(s.path("spec"), 0o700); err != nil {
		t.Fatal(err)
	}
	copied("models/av-concat.safetensors", "weights.safetensors")
	copied("batches/av.npz", "batches.npz")
	var spec map[string]any
	if err := json.Unmarshal(copied("cases/joint_concat/spec.json", ""), &spec); err != nil {
		t.Fatal(err)
	}
	delete(spec, "weights")
	delete(spec, "batches")
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.path("spec", "spec.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	p := s.must(t, "replay", s.path("spec"), s.path("out"))
	if want := "20 steps in " + s.path("out") + "\n"; p.err != "" || p.out != want {
		t.Errorf("said %q and %q, want nothing and %q", p.err, p.out, want)
	}
}
