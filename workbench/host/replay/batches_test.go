package replay

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/npy"
	"github.com/primewindow/primewindow/internal/wire"
)

// TestReplayArrays: an array that the replay would pass over is refused with the name that was meant.
func TestReplayArrays(t *testing.T) {
	const variable = "noise.enc.a.conv1.weight"
	for _, tt := range []struct {
		name, spec    string
		change        func(arrays map[string][]byte)
		message, hint string
		reason        string
	}{
		{"as it is", "ogm_ge_conv", func(map[string][]byte) {}, "", "", "noise of the norms is there, and not scaled"},
		{
			"noise for joint", "joint_concat",
			func(a map[string][]byte) { a["noise.x"] = npy.Encode("|u1", []byte{1}, 1) },
			"array noise.x: joint takes no noise", "hp.ge true", "it was passed over",
		},
		{
			"noise of OGM without it", "ogm_concat",
			func(a map[string][]byte) { a[variable] = npy.Encode("|u1", []byte{1}, 1) },
			"ogm takes no noise", "hp.ge true", "ge was left out of the spec",
		},
		{
			"misspelt", "ogm_ge_conv", func(a map[string][]byte) { a["noise.enc.a.conv1.wieght"] = a[variable] },
			"array noise.enc.a.conv1.wieght belongs to nothing", "did you mean " + variable, "beside the right one",
		},
		{
			"noise of the head", "ogm_ge_conv", func(a map[string][]byte) { a["noise.head.weight"] = a[variable] },
			"array noise.head.weight belongs to nothing", "", "only encoders are scaled",
		},
		{
			"set without labels", "joint_concat", func(a map[string][]byte) { delete(a, "probe_y") },
			"no array probe_y, without which probe_x.a is not read", "nothing was written", "the traces were left out",
		},
		{
			"modality", "joint_concat", func(a map[string][]byte) { a["probe_x.w"] = a["probe_x.a"] },
			"array probe_x.w belongs to nothing", "did you mean", "there is no w",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := hosttest.ReadFile(t, filepath.Join("testdata", "cases", tt.spec, specFile))
			var where struct{ Weights, Batches string }
			if err := json.Unmarshal(text, &where); err != nil {
				t.Fatal(err)
			}
			packed, err := os.ReadFile(filepath.Join("testdata", "batches", where.Batches))
			if err != nil {
				t.Fatal(err)
			}
			arrays := unzipped(t, packed)
			tt.change(arrays)
			dir := t.TempDir()
			hosttest.WriteFile(t, filepath.Join(dir, specFile), ownSpec(t, text))
			hosttest.WriteFile(
				t, filepath.Join(dir, weightsFile),
				hosttest.ReadFile(t, filepath.Join("testdata", "models", where.Weights)),
			)
			hosttest.WriteFile(t, filepath.Join(dir, batchesFile), hosttest.Zipped(t, arrays))
			_, err = openReplay(dir)
			if tt.message == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			p, ok := errors.AsType[*wire.Problem](err)
			if !ok || !strings.Contains(p.Message, tt.message) || !strings.Contains(p.Hint, tt.hint) || p.Hint == "" {
				t.Errorf("error %v, want %q and the hint %q\nreason: %s", err, tt.message, tt.hint, tt.reason)
			}
		})
	}
}
