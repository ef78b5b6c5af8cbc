package reproduce

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/run"
)

// verifyCopy asks for a record of made data, changed, in a folder of its own, and for no backend.
func verifyCopy(t *testing.T, target string, change func(*wire.Reproduction)) Verify {
	t.Helper()
	t.Setenv(catalog.DataVariable, t.TempDir()) // made data is always here, other sets are not
	rec, err := wire.ReadReproduction(filepath.Join(hosttest.CommittedRecords(t), "synth", target+".json"))
	if err != nil {
		t.Fatal(err)
	}
	change(rec)
	path := filepath.Join(t.TempDir(), target+".json")
	if err := writeRecord(path, rec); err != nil {
		t.Fatal(err)
	}
	return Verify{Path: path, Runs: "1", Pick: "a", Out: filepath.Join(t.TempDir(), "out")}
}

// TestVerifyNames: the runs of all committed records whose set is here have the names that their settings and samples
// give: nothing that decides their numbers was changed since.
func TestVerifyNames(t *testing.T) {
	v, err := OpenVerification(run.NewShop(t.TempDir()), Verify{Path: hosttest.CommittedRecords(t), Runs: "0"})
	if err != nil {
		t.Fatal(err)
	}
	if v.Named < 36 || len(v.Absent) == 0 && v.Named != v.Total {
		t.Errorf(
			"%d names of %d runs checked, not here %v, want the 36 runs of synth at least", v.Named, v.Total, v.Absent,
		)
	}
}

// TestVerifyTells: what was changed in a record is told before anything is trained.
func TestVerifyTells(t *testing.T) {
	for _, tt := range []struct {
		name          string
		change        func(*wire.Reproduction)
		ask           func(*Verify)
		message, hint string
		reason        string
	}{
		{"learning rate", func(r *wire.Reproduction) { r.Arms[0].LR = 0.02 }, nil,
			"Joint, seed 0: run 8a2036669c5a4566 on record, but by this program its settings and samples give ",
			"make the record anew: primewindow reproduce table1 -data synth -seeds 2 -tune=false -set epochs=6",
			"another run"},
		{
			"setting of all runs", func(r *wire.Reproduction) { r.Shared["batch"] = 8.0 }, nil,
			"its settings and samples give ", "-set batch=8", "other runs",
		},
		{"seeds exchanged", func(r *wire.Reproduction) {
			r.Arms[0].Runs[0].Seed, r.Arms[0].Runs[1].Seed = 1,
				0
		}, nil, "by the runs on record", "anew", "differences are paired by seed"},
		{"seeds", func(r *wire.Reproduction) {
			for i := range r.Arms {
				r.Arms[i].Runs[0].Seed = 7
			}
		}, nil, "Joint, seed 7: run 8a2036669c5a4566 on record", "anew",
			"of all arms: every sum is as before, the runs are others"},
		{
			"name of a run", func(r *wire.Reproduction) { r.Arms[2].Runs[1].Run = "0123456789abcdef" }, nil,
			"InfoReg, seed 1: run 0123456789abcdef on record", "anew", "a slip of the pen",
		},
		{
			"samples", func(r *wire.Reproduction) { r.SplitHash = strings.Repeat("0", 64) }, nil,
			"was made of other samples of synth than are here: split 000000000000, here ", "data check",
			"the set was renewed",
		},
		{
			"arm", func(r *wire.Reproduction) { r.Arms[2].Name = "InfoRag" }, nil,
			`this program has no arm "InfoRag" in table1`, "another version", "none such",
		},
		{
			"mean", func(r *wire.Reproduction) { r.Arms[0].Accuracies[0].Mean += 0.01 }, nil,
			"Joint: mean of fused head is ", "the file was changed", "not that of its runs",
		},
		{
			"accuracy of a run", func(r *wire.Reproduction) { r.Arms[0].Runs[0].Accuracies[0].Value += 0.01 }, nil,
			"Joint: mean of fused head is ", "the file was changed", "its mean stands as before",
		},
		{
			"setting that is none", func(r *wire.Reproduction) { r.Shared["bach"] = 8.0 }, nil,
			`unknown setting "bach"`, "batch", "a letter lost",
		},
		{
			"target that is none", func(r *wire.Reproduction) { r.Target = "tabel1" }, nil, `unknown target "tabel1"`,
			"did you mean table1", "letters exchanged",
		},
		{
			"set that is not here", func(r *wire.Reproduction) { r.Data = "mosi" }, nil,
			"no run that can be trained again: not present: mosi", catalog.DataVariable, "no files",
		},
		{
			"named run of a set that is not here", func(r *wire.Reproduction) { r.Data = "mosi" },
			func(v *Verify) { v.Runs = "8a20" }, "data mosi is not present", catalog.DataVariable, "no files",
		},
		{
			"other target", nil, func(v *Verify) { v.Targets = []string{"table2"} }, "no such record is there",
			"-verify takes", "the file is of table1",
		},
		{
			"no target", nil, func(v *Verify) { v.Targets = []string{"tabel2"} }, `unknown target "tabel2"`,
			"did you mean table2", "letters exchanged",
		},
		{
			"other set", nil, func(v *Verify) { v.Data = "mosi" }, "no such record is there", "-data",
			"the file is of synth",
		},
		{
			"no record", nil, func(v *Verify) { v.Path = filepath.Dir(v.Out) }, "no such record is there",
			"-verify takes", "an empty folder",
		},
		{
			"no file", nil, func(v *Verify) { v.Path += ".bak" }, "table1.json.bak", "notebooks/results/reproduce",
			"a slip",
		},
		{
			"no such run", nil, func(v *Verify) { v.Runs = "8a20,ffff" }, `no run "ffff" in 1 records`,
			"joined by commas", "a slip",
		},
		{
			"beginning of two names", nil, func(v *Verify) {
				v.Path, v.Runs = filepath.Join(hosttest.CommittedRecords(t), "synth"), "8a20,c"
			}, "-runs c begins the names of several runs: cc9e2336a38313fd, c3b1f944d123a258", "more of the name",
			"the first was taken",
		},
		{
			"no run at all", nil, func(v *Verify) { v.Runs = "" }, `no run ""`, "joined by commas",
			"every name begins with nothing",
		},
		{"less than none", nil, func(v *Verify) { v.Runs = "-1" }, "-runs: got -1", "how many", "a slip"},
		{
			"no time", nil, func(v *Verify) { v.Within = 0.001 }, "each would take more than 0.001 s", "-runs 0",
			"none is that short",
		},
		{"folder of one set", nil, func(v *Verify) {
			v.Path, v.Dir = hosttest.CommittedRecords(t),
				"x"
		}, "-dir names the folder of one set, the records are of ", "-data", "which of them was meant"},
		{
			"folder in use", nil, func(v *Verify) { v.Out = filepath.Dir(v.Path) },
			"is not empty: it holds table1.json", "would not be trained again", "runs there would pass for new ones",
		},
		{"file for a folder", nil, func(v *Verify) { v.Out = v.Path }, "table1.json", "-out", "never overwritten"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.change == nil {
				tt.change = func(*wire.Reproduction) {}
			}
			ask := verifyCopy(t, "table1", tt.change)
			if tt.ask != nil {
				tt.ask(&ask)
			}
			_, err := OpenVerification(run.NewShop(t.TempDir()), ask)
			p, ok := errors.AsType[*wire.Problem](err)
			if !ok || !strings.Contains(p.Message, tt.message) || !strings.Contains(p.Hint, tt.hint) ||
				strings.Contains(p.Message, "\n") {
				t.Errorf("error %v, want %q and the hint %q\nreason: %s", err, tt.message, tt.hint, tt.reason)
			}
			if _, err := os.Stat(filepath.Join(ask.Out, RunsDir)); err == nil {
				t.Error("something was written")
			}
		})
	}
}

// TestVerifyChoice: the same text draws the same runs, other texts others; every run of every record is drawn by some;
// a limit of time leaves long ones out.
func TestVerifyChoice(t *testing.T) {
	t.Setenv(catalog.DataVariable, t.TempDir())
	shop := run.NewShop(t.TempDir())
	chosen := func(change func(*Verify)) (names []string) {
		ask := Verify{Path: filepath.Join(hosttest.CommittedRecords(t), "synth"), Runs: "1", Pick: "a"}
		change(&ask)
		v, err := OpenVerification(shop, ask)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range v.Chosen {
			names = append(names, r.Run)
		}
		return names
	}
	three := func(v *Verify) { v.Runs = "3" }
	first := chosen(three)
	if diff := cmp.Diff(first, chosen(three)); diff != "" || len(first) != 3 || first[0] == first[1] {
		t.Errorf("%v, a second time (-want +got)\n%s", first, diff)
	}
	seen := map[string]bool{}
	for i := range 40 { // of 36 runs; all but a dozen at least, unless the draw is lame
		seen[chosen(func(v *Verify) { v.Pick = string(rune('A' + i)) })[0]] = true
	}
	if len(seen) < 12 {
		t.Errorf("40 texts draw %d runs", len(seen))
	}
	all := map[string]bool{}
	for _, name := range chosen(func(v *Verify) { v.Runs = "all" }) {
		all[name] = true
	}
	if len(all) != 36 {
		t.Errorf("all are %d runs, want 36", len(all))
	}
	short := chosen(func(v *Verify) { v.Runs, v.Within = "all", 15 })
	if len(short) == 0 || len(short) >= len(chosen(func(v *Verify) { v.Runs = "all" })) {
		t.Errorf("%d runs within 15 s: those of twice the epochs take 24", len(short))
	}
	if got := chosen(
		func(v *Verify) { v.Runs = first[2][:6] + "," + first[0] + "," + first[2] }, // the last once more
	); cmp.Diff([]string{first[2], first[0]}, got) != "" {
		t.Errorf("named %v, got %v", first, got)
	}
}

// TestRerunsOf: each run of a record is there once, trials too; a hole that was trained is a run, one that was not is
// none.
func TestRerunsOf(t *testing.T) {
	run := func(name string, seed int, missing string) wire.ReproducedRun {
		r := wire.ReproducedRun{RunOutcome: wire.RunOutcome{Run: name, Seed: seed, Missing: missing}}
		if missing == "" {
			r.Epoch, r.Step = 2, 6
		}
		return r
	}
	rec := &wire.Reproduction{Arms: []wire.ReproducedArm{
		{
			Name: "Joint", Epochs: 4,
			Trials: []wire.Trial{{LR: 0.1, Run: "a"}, {LR: 0.3, Run: "b"}, {LR: 0.5, Run: "c", Missing: notTrained}},
			Runs:   []wire.ReproducedRun{run("a", 0, ""), run("d", 1, notTrained)},
		},
		{
			Name: "OGM", Epochs: 4,
			Runs: []wire.ReproducedRun{run("e", 0, "step 3 was not taken"), run("", 1, notTrained)},
		},
	}}
	var got []string
	for _, r := range rerunsOf("f.json", rec) {
		got = append(got, r.String()+" "+r.Run)
		if r.Steps() != 12 {
			t.Errorf("%s: %d steps, want 12: 4 epochs of 3", r, r.Steps())
		}
	}
	want := []string{
		"f.json, Joint, seed 0 a", "f.json, OGM, seed 0 e", "f.json, Joint, seed 0, tried learning rate 0.3 b",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
