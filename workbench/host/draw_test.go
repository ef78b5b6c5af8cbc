package host

import (
	"bytes"
	"errors"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/draw"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/run/runtest"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// TestFigures draws all that there is from a small run that measures all that there is; of a run without steps, each
// says what is missing.
func TestFigures(t *testing.T) {
	shop := runtest.NewShop(t)
	full := hosttest.Tiny(
		"inforeg",
		map[string]any{"probes": "full", "every.share": "4 steps", "every.signs": "4 steps", "every.labels": "4 steps"},
	)
	r := runtest.Trained(t, shop, "r", full, 3*hosttest.SmallEpoch)
	empty := runtest.Trained(t, shop, "empty", hosttest.Tiny("joint", nil), 0)
	// another definition, which no trace may mix in
	if _, err := r.ProbeWith(t.Context(), wire.Probe{Kind: "fisher_emp", BN: setting.BNRunning}); err != nil {
		t.Fatal(err)
	}
	var drawn []string
	for _, tt := range []struct {
		kind   string
		text   string // part of the sentence that stands for the picture
		reason string
	}{
		{"trace", "fisher_emp, fused, recalibrated", "the run's definition"},
		{"true", "fisher_true, fused, recalibrated", "the run's definition"},
		{"released", "released", "what the published code adds up"},
		{"running", "fisher_emp, fused, share, in step", "a panel for each definition"},
		{"smooth", "three windows", ""},
		{"layers", "fisher_emp, fused, recalibrated", "the run's definition, though another was measured last"},
		{"gap", "audio less visual", "with two modalities the sign says who leads"},
		{"motion", "distance from the start", ""},
		{"cosine", "audio", ""},
		{"samples", "step 18", "the present one"},
		{"accuracy", "audio (linear)", ""},
		{"loss", "loss", ""},
		{"live", "loss", ""},
	} {
		drawn = append(drawn, tt.kind)
		t.Run(tt.kind, func(t *testing.T) {
			f, err := Draw(t.Context(), tt.kind, []*run.Run{r})
			if err != nil {
				t.Fatal(err)
			}
			picture, err := png.Decode(bytes.NewReader(f.PNG))
			if err != nil || picture.Bounds().Dx() < f.Width || f.Width < 100 {
				t.Errorf("picture of %d CSS pixels: %v", f.Width, err)
			}
			if !strings.Contains(f.Text, tt.text) || strings.Contains(f.Text, "\n") || f.Spec["$schema"] == nil {
				t.Errorf("text %q, want one line with %q\nreason: %s", f.Text, tt.text, tt.reason)
			}
			if kept, err := os.ReadFile(
				filepath.Join(r.Dir, record.FiguresDir, tt.kind+".png"),
			); tt.kind != "live" && (err != nil || !bytes.Equal(kept, f.PNG)) {
				t.Errorf(
					"kept in the run's folder: %d bytes, error %v, want the picture's %d", len(kept), err, len(f.PNG),
				)
			}
			if tt.kind == "samples" { // measured anew, of any run
				return
			}
			_, err = Draw(t.Context(), tt.kind, []*run.Run{empty})
			p, ok := errors.AsType[*wire.Problem](err)
			if !ok || !strings.HasSuffix(p.Message, "of empty: nothing on record yet") || p.Hint == "" ||
				strings.Contains(p.Message, "\n") {
				t.Errorf("of a run without steps: %v, want that nothing is on record, and a hint", err)
			}
		})
	}
	if diff := cmp.Diff(draw.Figures(), drawn); diff != "" {
		t.Errorf("figures (-there +drawn)\n%s", diff)
	}
	one := r.Recorded()
	one.Status.Modalities = one.Status.Modalities[:1]
	for _, tt := range []struct {
		kind          string
		runs          []record.Recorded
		message, hint string
		reason        string
	}{
		{"gap", []record.Recorded{one}, "gap of r: it has one modality", "two or more", "a gap needs two"},
		{
			"samples", []record.Recorded{one, one}, "samples: they are measured anew", "one run at a time",
			"records do not hold the samples",
		},
		{"trace", nil, "draw: no run", "name at least one", ""},
		{"tracs", []record.Recorded{one}, `unknown figure "tracs"`, "did you mean trace", "one letter"},
	} {
		_, err := draw.Recorded(tt.kind, tt.runs)
		p, ok := errors.AsType[*wire.Problem](err)
		if !ok || !strings.Contains(p.Message, tt.message) || !strings.Contains(p.Hint, tt.hint) {
			t.Errorf("%s: %+v, want %q with hint %q\nreason: %s", tt.kind, p, tt.message, tt.hint, tt.reason)
		}
	}
}
