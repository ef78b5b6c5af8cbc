package draw

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/viz"
)

// TestShownCosines: the matrices of figure 4 are those inside the window and those after the last epoch, and where
// there is no window the figure says so.
func TestShownCosines(t *testing.T) {
	at := func(epochs ...float64) (list []wire.ReproducedCosine) {
		for _, e := range epochs {
			list = append(list, wire.ReproducedCosine{Encoder: "audio", Epoch: e})
		}
		return list
	}
	window := func(from, to float64) viz.Window { return viz.Window{Modality: "audio", From: from, To: to} }
	for _, tt := range []struct {
		name    string
		all     []wire.ReproducedCosine
		windows []viz.Window
		want    []float64
		note    string
		reason  string
	}{
		{"none open", at(3, 12), nil, []float64{3, 12}, "opens no window", "all that are on record"},
		{
			"inside", at(3, 5, 12), []viz.Window{window(4, 6)}, []float64{5, 12}, "audio from epoch 4 to 6",
			"epoch 3 ended before it",
		},
		{
			"the first inside", at(3, 4, 12), []viz.Window{window(2, 4)}, []float64{3, 12}, "audio from epoch 2 to 4",
			"both are inside",
		},
		{
			"at its end", at(3, 12), []viz.Window{window(2, 3)}, []float64{3, 12}, "audio from epoch 2 to 3",
			"the third epoch is from 2 to 3",
		},
		{
			"not measured inside", at(3, 12), []viz.Window{window(7, 9)}, []float64{3, 12},
			"No cosines of these epochs are on record", "an old record",
		},
		{
			"open at the end", at(3, 12), []viz.Window{window(11, 12)}, []float64{12}, "audio from epoch 11 to 12",
			"the last is inside, and drawn once",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, notes := shownCosines(tt.all, tt.windows)
			var got []float64
			for _, c := range list {
				got = append(got, c.Epoch)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || !strings.Contains(strings.Join(notes, " "), tt.note) {
				t.Errorf("notes %q, epochs (-want +got)\n%s\nreason: %s", notes, diff, tt.reason)
			}
		})
	}
}

// TestSaveSets: records of figure 7 or 8 on several sets are one figure with panels for each set, and others are not.
func TestSaveSets(t *testing.T) {
	read := func(names ...string) (list []*wire.Reproduction) {
		for _, name := range names {
			rec, err := wire.ReadReproduction(filepath.Join(hosttest.CommittedRecords(t), name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, rec)
		}
		return list
	}
	for _, tt := range []struct {
		records []*wire.Reproduction
		want    string
		reason  string
	}{
		{nil, "", "nothing to draw"},
		{read("utdmhad/fig8"), "", "one set has its own figure"},
		{read("utdmhad/fig8", "utdmhad/fig8"), "", "one set twice"},
		{read("utdmhad/fig8", "utdmhad/fig7"), "", "two settings share no axis"},
		{read("digits/fig1", "mosi/fig1"), "", "not over a setting"},
		{read("utdmhad/fig8", "mosi/fig8"), "fig8-sets", "two sets"},
	} {
		dir := t.TempDir()
		got, err := SaveSets(tt.records, dir)
		want := ""
		if tt.want != "" {
			want = filepath.Join(dir, tt.want)
		}
		files, globErr := filepath.Glob(filepath.Join(dir, "*.png"))
		if err != nil || globErr != nil || got != want || (want != "") != (len(files) == 1) {
			t.Errorf("%q with %v, errors %v and %v, want %q\nreason: %s", got, files, err, globErr, want, tt.reason)
		}
	}
	f, err := sweeps(read("utdmhad/fig8", "mosi/fig8")...)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"fused, utdmhad", "each modality, utdmhad", "fused, mosi", "each modality, mosi"} {
		if !strings.Contains(f.Text, want) {
			t.Errorf("text %q lacks panel %q", f.Text, want)
		}
	}
}

// withoutWhole is a record from before the whole model's trace was measured.
func withoutWhole(rec *wire.Reproduction) {
	for i := range rec.Arms {
		for j := range rec.Arms[i].Runs {
			run := &rec.Arms[i].Runs[j]
			run.Curves = slices.DeleteFunc(run.Curves, func(c wire.ReproducedCurve) bool {
				return strings.HasSuffix(c.Quantity, " "+wire.WholeModel) ||
					strings.HasSuffix(c.Quantity, " "+wire.HeadAlone)
			})
		}
	}
}

// withoutActing is a record from before it was kept when a method acts.
func withoutActing(rec *wire.Reproduction) {
	rec.Searched = 0
	for i := range rec.Arms {
		for j := range rec.Arms[i].Runs {
			run := &rec.Arms[i].Runs[j]
			run.Curves = slices.DeleteFunc(
				run.Curves, func(c wire.ReproducedCurve) bool { return strings.HasPrefix(c.Quantity, wire.Acted) },
			)
		}
	}
}

// TestDrawCommitted: every committed record is drawn, old ones too, and what a record lacks is said in the figure.
func TestDrawCommitted(t *testing.T) {
	for _, tt := range []struct {
		file   string
		change func(*wire.Reproduction) // into a record of an older version
		want   []string
		reason string
	}{
		{
			"utdmhad/fig1.json", nil,
			[]string{"whole model, Joint goes from", "depth, alone window from 10 to 12 in 5 of 5 seeds"},
			"the whole model and each alone",
		},
		{
			"utdmhad/fig1.json", withoutWhole, []string{"whole model: not on record"},
			"it was made before that was measured",
		},
		{
			"utdmhad/fig4.json", nil, []string{"opens no window", "depth, epoch 3 (predicted 0.46, measured 0.06)"},
			"gradient noise alone predicts another mean",
		},
		{
			"synth/fig4.json", nil,
			[]string{"audio, epoch 3, inside the window of audio", "audio, epoch 6, after the window"},
			"the window was open in the third epoch",
		},
		{"utdmhad/fig5.json", nil, []string{
			"(a) accuracy, validation split", "Joint: fused, test (hollow) is 78.42% at", "(b) trace under InfoReg",
			"InfoReg: inertial goes from", "(c) trace of depth",
		}, "depth alone is predicted worst"},
		{
			"mosi/fig5.json", nil, []string{"(c) trace of audio", "InfoReg: video window"},
			"audio is the weakest of three, and not the last",
		},
		{
			"mosi/fig7.json", nil,
			[]string{"fused, accuracy (%) by β", "each modality, accuracy (%) by β", "joint training, fused is 75.43%"},
			"the fused line has a scale of its own",
		},
		{"utdmhad/fig8.json", nil, []string{"mark at 0.04 the paper's"}, "K"},
		{
			"utdmhad/fig6.json", nil, []string{"InfoReg acted by the chosen epoch with none of the seeds 0 to 4"},
			"all were tried",
		},
		{
			"utdmhad/fig6.json", withoutActing, []string{"InfoReg did not act: its map is that of joint training"},
			"its points are those of joint training",
		},
		{
			"synth/fig6.json", nil, []string{"InfoReg acted on audio from epoch 2 to 4 with seed 0"},
			"the first seed with which it acted",
		},
		{"utdmhad/fig9.json", nil, []string{"InfoReg* acted on inertial from epoch 9 to 10"}, "with the first seed"},
		{"utdmhad/fig9.json", withoutActing, []string{"not on record"}, "made before that was kept"},
		{"mosi/fig4.json", nil, []string{"opens no window"}, "three modalities"},
	} {
		t.Run(tt.file, func(t *testing.T) {
			rec, err := wire.ReadReproduction(filepath.Join(hosttest.CommittedRecords(t), tt.file))
			if err != nil {
				t.Fatal(err)
			}
			if tt.change != nil {
				tt.change(rec)
			}
			list, err := Reproduction(rec)
			if err != nil || len(list) != 1 {
				t.Fatalf("%d figures, error %v", len(list), err)
			}
			for _, want := range tt.want {
				if !strings.Contains(list[0].Text, want) {
					t.Errorf("text %q lacks %q\nreason: %s", list[0].Text, want, tt.reason)
				}
			}
		})
	}
}
