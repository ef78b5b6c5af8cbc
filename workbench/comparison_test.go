package workbench

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/primewindow/primewindow/internal/report"
	"github.com/primewindow/primewindow/internal/wire"
)

// madeCurves are three runs of two methods over two epochs and one that has no result.
const madeCurves = `method,seed,epoch,accuracy fused head,accuracy audio linear,fisher_emp audio,acted audio
joint,0,0,,,200,
joint,0,1,0.5,0.25,100,
joint,0,2,0.75,,50,
ogm,0,0,,,200,
ogm,0,1,0.5,0.5,150,0.25
ogm,0,2,1,,80,1
joint,1,0,,,300,
joint,1,1,0.75,0.75,100,
joint,1,2,0.75,0.5,70,
ogm,1,0,,,300,
ogm,1,1,0.125,0.5,1,1
`

// madeRecord is the record of a comparison with made numbers.
func madeRecord() wire.Compared {
	fused, audio := wire.Quantity{Encoder: "fused", Readout: "head"}, wire.Quantity{Encoder: "audio", Readout: "linear"}
	run := func(method string, seed, epoch int, f, a float64) wire.RunOutcome {
		return wire.RunOutcome{
			Run: method + "-seed" + string(rune('0'+seed)), Method: method, Seed: seed, Epoch: epoch,
			Accuracies: []wire.NamedAccuracy{{Quantity: fused, Value: f}, {Quantity: audio, Value: a}},
		}
	}
	c := wire.Compared{
		Schema: 1, Data: "digits", Split: "test", Samples: 200, Select: "val", Seeds: 2, Baseline: "joint",
		Comparisons: 3,
		Methods: []wire.MethodResult{
			{
				Method: "joint", Epochs: 2, Settings: map[string]any{"batch": 16.0},
				Accuracies: []wire.Summary{
					{Quantity: fused, Mean: 0.7, SD: new(0.01), Seeds: 2},
					{Quantity: audio, Mean: 0.5, SD: new(0.02), Seeds: 2},
				},
			},
			{
				Method: "ogm", Epochs: 2, Settings: map[string]any{"batch": 16.0, "alpha": 0.3},
				Accuracies: []wire.Summary{
					{Quantity: fused, Mean: 0.75, Seeds: 1}, {Quantity: audio, Mean: 0.525, SD: new(0.02), Seeds: 2},
				},
				Differences: []wire.Difference{
					{
						Quantity: fused, Mean: 0.05, Low: new(0.01), High: new(0.09), P: new(0.00025),
						Holm: new(0.00075), Excludes0: true, Seeds: 2,
					},
					{
						Quantity: audio, Mean: -0.025, Low: new(-0.05), High: new(0.0), P: new(0.05), Holm: new(0.1),
						Seeds: 2,
					},
				},
			},
			{
				Method: "inforeg", Epochs: 2,
				Accuracies:  []wire.Summary{{Quantity: fused, Mean: 0.7, SD: new(0.01), Seeds: 2}},
				Differences: []wire.Difference{{Quantity: fused, Seeds: 2}},
			},
		},
		Runs: []wire.RunOutcome{
			run("joint", 0, 1, 0.69, 0.5), run("ogm", 0, 2, 0.75, 0.625), run("inforeg", 0, 1, 0.69, 0.5),
			run("joint", 1, 2, 0.71, 0.5),
			{Run: "ogm-seed1", Method: "ogm", Seed: 1, Missing: "step 3 was not taken."},
			run("inforeg", 1, 2, 0.71, 0.5),
		},
	}
	return c
}

// keepRecord writes a comparison's record and returns its folder.
func keepRecord(t *testing.T, record any, curves string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "made")
	text, err := json.Marshal(record)
	if err == nil {
		err = os.Mkdir(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "compare.json"), text, 0o644)
	}
	if err == nil && curves != "" {
		err = os.WriteFile(filepath.Join(dir, "curves.csv"), []byte(curves), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func madeComparison(t *testing.T) *Comparison {
	t.Helper()
	c, err := ReadComparisonContext(t.Context(), keepRecord(t, madeRecord(), madeCurves))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCurves(t *testing.T) {
	c := madeComparison(t)
	if diff := cmp.Diff(
		[]string{"accuracy audio linear", "accuracy fused head", "acted audio", "fisher_emp audio"}, c.Quantities(),
	); diff != "" {
		t.Errorf("quantities (-want +got)\n%s", diff)
	}
	for _, tt := range []struct {
		quantity string
		want     []Curve
		reason   string
	}{
		{"accuracy fused head", []Curve{
			{"joint", []float64{1, 2}, []float64{0.625, 0.75}, []float64{math.Sqrt(2 * 0.125 * 0.125), 0}},
			{"ogm", []float64{1, 2}, []float64{0.5, 1}, nil},
		}, "mean and deviation by hand; ogm's second run has no result, and one seed has no deviation"},
		{"accuracy audio linear", []Curve{
			{"joint", []float64{1}, []float64{0.5}, []float64{math.Sqrt(2 * 0.25 * 0.25)}},
			{"ogm", []float64{1}, []float64{0.5}, nil},
		}, "a mean of some of the seeds would jump where another joins"},
		{"fisher_emp audio", []Curve{
			{
				"joint", []float64{0, 1, 2}, []float64{250, 100, 60},
				[]float64{math.Sqrt(2 * 50 * 50), 0, math.Sqrt(2 * 10 * 10)},
			},
			{"ogm", []float64{0, 1, 2}, []float64{200, 150, 80}, nil},
		}, "from the start on"},
		{"acted audio", []Curve{{"ogm", []float64{1, 2}, []float64{0.25, 1}, nil}}, "joint does not act"},
		{"fisher_true audio", nil, "nobody measured it"},
	} {
		if diff := cmp.Diff(tt.want, c.Curves(tt.quantity), cmpopts.EquateApprox(0, 1e-12)); diff != "" {
			t.Errorf("%s (-want +got)\n%s\nreason: %s", tt.quantity, diff, tt.reason)
		}
	}
	if got, want := c.Band(), "± 1 standard deviation over 1 to 2 seeds"; got != want {
		t.Errorf("band %q, want %q", got, want)
	}
}

func TestReadComparisonErrors(t *testing.T) {
	newer := madeRecord()
	newer.Schema = 3
	for _, tt := range []struct {
		name          string
		dir           string
		message, hint string
		reason        string
	}{
		{"no folder", filepath.Join(t.TempDir(), "none"), "no such file", "-curves", "how to make one"},
		{
			"no curves", keepRecord(t, madeRecord(), ""), "curves.csv: no such file", "-curves",
			"compare ran without the flag",
		},
		{"not ours", keepRecord(t, []int{1}, madeCurves), "is not a comparison's", "primewindow compare", "a list"},
		{
			"empty", keepRecord(t, map[string]int{"schema": 1}, madeCurves), "is not a comparison's",
			"primewindow compare", "no methods",
		},
		{
			"misspelt", keepRecord(t, map[string]any{"schema": 1, "data": "x", "method": []int{}}, madeCurves),
			`is not a comparison's: unknown field "method"`, "primewindow compare", "a value lost",
		},
		{
			"newer with more", keepRecord(t, map[string]any{"schema": 3, "more": 1}, madeCurves),
			"has schema 3, this program knows up to 2", "update", "what it has more is its own",
		},
		{
			"newer", keepRecord(t, newer, madeCurves), "has schema 3, this program knows up to 2", "update",
			"fields may mean something else",
		},
		{
			"columns", keepRecord(t, madeRecord(), "run,epoch\n"), "want columns method, seed, epoch", "writes it anew",
			"another file",
		},
		{
			"epoch", keepRecord(t, madeRecord(), "method,seed,epoch,x\njoint,0,1.5,1\n"),
			`line 2: seed "0" and epoch "1.5"`, "writes it anew", "epochs are counted",
		},
		{
			"value", keepRecord(t, madeRecord(), "method,seed,epoch,x\njoint,0,1,many\n"),
			`line 2: x "many", want a number`, "writes it anew", "a slip of an editor",
		},
		{
			"ragged", keepRecord(t, madeRecord(), "method,seed,epoch,x\njoint,0\n"), "wrong number of fields",
			"writes it anew", "cut short",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ReadComparisonContext(t.Context(), tt.dir)
			p, ok := errors.AsType[*Problem](err)
			if !ok || !strings.Contains(p.Message, tt.message) || !strings.Contains(p.Hint, tt.hint) {
				t.Errorf("error %#v, want %q and %q\nreason: %s", err, tt.message, tt.hint, tt.reason)
			}
		})
	}
}

func TestComparisonTable(t *testing.T) {
	want := `made: accuracy in percent on the test split of digits (200 samples), mean ± standard deviation over seeds 0 to 1; each run at the epoch of its best fused accuracy on the validation split.

method   seeds   epoch   fused, primary       audio linear
joint    2       1 to 2  70.0 ± 1.0           50.0 ± 2.0
ogm      1 of 2  2       75.0*                52.5 ± 2.0
                         +5.0 (+1.0 to +9.0)  −2.5 (−5.0 to 0.0)
                         p <0.001             p 0.05
inforeg  2       1 to 2  70.0 ± 1.0           -
                         0.0 with each seed

Below each accuracy: its difference to joint in percentage points, paired by seed, with the interval of 95 % by Student's t, and p after Holm's correction. The fused accuracy is the primary readout: the correction accounts for its 2 comparisons over the methods. All other readouts are secondary, a family of their own of 1 comparison. Bold (in plain text *): the interval, uncorrected, excludes 0.
Primary, the fused accuracy: 2 comparisons. The interval excludes 0 for ogm fused; after Holm's correction for their number p is below 0.05 for ogm fused. 1 comparison has no interval: the difference is the same with every seed, and nothing is known of its spread.
Secondary, all other readouts: 1 comparison. The interval excludes 0 for none; after Holm's correction for their number p is below 0.05 for none.
The record was made before comparisons were in families: p is corrected anew, by the p on record.
Learning rates were not tuned.
ogm-seed1 has no result: step 3 was not taken.
`
	c := madeComparison(t)
	g := report.Comparison(&c.Compared, c.name())
	var out bytes.Buffer
	(&screen{w: &out}).table(g)
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(out.String(), "\n")); diff != "" {
		t.Errorf("text (-want +got)\n%s", diff)
	}
	var shown *protocol.DisplayData
	g.Notes = append(g.Notes, "a < b")
	(&screen{way: cells, send: func(d *protocol.DisplayData) error { shown = d; return nil }}).table(g)
	text, _ := shown.Data[protocol.MIMETextHTML].(string)
	for _, part := range []string{
		"<b>75.0<br><small>+5.0 (+1.0 to +9.0)</small><br><small>p &lt;0.001</small></b></td>", ">1 of 2</td>",
		"<p>a &lt; b</p>",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
	if strings.Contains(text, "<style") || strings.Contains(text, "<script") ||
		shown.Data[protocol.MIMETextPlain] == nil {
		t.Errorf("an untrusted notebook would drop a part, or there is no text: %v", shown.Data)
	}
}

func TestPairs(t *testing.T) {
	c := madeComparison(t)
	g, err := report.Pairs(&c.Compared, c.name(), "ogm", "joint")
	if err != nil {
		t.Fatal(err)
	}
	want := `made: ogm less joint, in percentage points on the test split, seed by seed.

accuracy      seed 0  seed 1  mean
fused         +6.0    -       +6.0
audio linear  +12.5   -       +12.5
`
	if diff := cmp.Diff(want, g.Text()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err := report.Pairs(&c.Compared, c.name(), "ogm", "agm"); err == nil ||
		!strings.Contains(err.Error(), "no seed has a result of both ogm and agm") {
		t.Errorf("error %v, want that there are no pairs", err)
	}
}

func TestComparisonRun(t *testing.T) {
	fakeProject(t)
	c := madeComparison(t)
	if got, want := c.Run("ogm", 1).String(),
		"made-ogm-seed1: alpha 0.3, batch 16, data digits, epochs 2, method ogm, seed 1 (no host knows "+
			"it yet)"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got, want := c.Run("agm", 0).String(), `made: no method "agm"`; !strings.Contains(got, want) {
		t.Errorf("%s\nwant %s", got, want)
	}
	t.Setenv("PRIMEWINDOW_SMOKE", "1")
	if got := c.Run("ogm", 1).String(); !strings.Contains(got, "data synth, data.test 48") ||
		strings.Contains(got, "alpha") {
		t.Errorf("at smoke size: %s\nwant made data, the smallest size, and nothing of the record's", got)
	}
}

func TestBeside(t *testing.T) {
	c := madeComparison(t)
	status := Status{Name: "again", Data: "digits", Method: "joint", Seed: 1, Epoch: 1, StepsPerEpoch: 10}
	probe := func(step int, kind, encoder, readout, split string, v float64) Record {
		return Record{Step: step, Kind: kind, Encoder: encoder, Readout: readout, Split: split, Value: v}
	}
	h := History{Probes: []Record{
		probe(0, "fisher_emp", "audio", "", "", 300), probe(5, "fisher_emp", "audio", "", "", 7),
		probe(10, "fisher_emp", "audio", "", "", 102),
		probe(10, "accuracy", "fused", "head", "val", 0.7), probe(10, "accuracy", "fused", "head", "test", 0.1),
		probe(10, "cosine", "audio", "", "", 0.1),
	}}
	g, err := c.beside(status, h)
	if err != nil {
		t.Fatal(err)
	}
	want := `again: validation accuracy in percent and trace in nats², now / on record

epoch  fused head     fisher_emp audio
1      70.00 / 75.00  102 / 100

Largest difference: 5.00 percentage points in accuracy, 2 % in trace.
`
	if diff := cmp.Diff(want, g.Text()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	status.Data = "synth"
	if _, err := c.beside(status, h); err == nil ||
		!strings.Contains(err.Error(), "no record of joint with seed 1 on synth") {
		t.Errorf("other samples: error %v", err)
	}
	t.Setenv("PRIMEWINDOW_SMOKE", "1")
	if g, err := c.beside(status, h); err != nil || !strings.Contains(g.Text(), "70.00 / -") ||
		!strings.Contains(g.Text(), "nothing on record to compare with") {
		t.Errorf("at smoke size: %v\n%s", err, g.Text())
	}
}

// drawnElsewhere is a figure as package viz has them, with parts of its own beside.
type drawnElsewhere struct{ text string }

func (d *drawnElsewhere) Parts() (png []byte, spec map[string]any, text string, width, height int) {
	return []byte("png"), nil, d.text, 640, 320
}

func init() { // cells of their own process: a picture that fails ends it
	cellBodies["picture"] = func() { Picture(&drawnElsewhere{"two curves"}, nil) }
	cellBodies["no picture"] = func() { Picture((*drawnElsewhere)(nil), errors.New("viz: multiples: no curve")) }
	cellBodies["no accuracy"] = func() {
		c := &Comparison{dir: "results/digits"}
		c.Methods = []wire.MethodResult{
			{Method: "joint", Accuracies: []wire.Summary{{Quantity: wire.Quantity{Encoder: "fused", Readout: "head"}}}},
		}
		c.Accuracy("joint", "audio")
	}
	cellBodies["no record"] = func() { ReadComparison("results/none") }
}

func TestPicture(t *testing.T) {
	t.Chdir(t.TempDir())
	stdout, stderr, status := runCell(t, "picture")
	if status != 0 || !strings.Contains(stdout, "figures/picture1.png\ntwo curves\nend of cell") {
		t.Errorf("status %d, %q, %q: want the file and the sentence", status, stdout, stderr)
	}
	for name, want := range map[string]string{
		"no picture": "primewindow: error: multiples: no curve\nhint: the figure cannot be drawn",
		"no record": "primewindow: error: open results/none/compare.json: no such file or directory\nhint: " +
			"primewindow compare ... -out DIR -curves",
	} {
		if stdout, stderr, status := runCell(t, name); status != 1 || stdout != "" || !strings.HasPrefix(stderr, want) {
			t.Errorf("%s: status %d, %q, %q, want 1 and %q", name, status, stdout, stderr, want)
		}
	}
}

// TestCommittedComparisons reads the records that the notebooks draw, and holds them to a size that a clone does not
// feel.
func TestCommittedComparisons(t *testing.T) {
	const most = 160_000 // bytes of a file
	found, err := filepath.Glob("../notebooks/results/*/compare.json")
	if err != nil || len(found) == 0 {
		t.Fatalf("no records: %v", err)
	}
	for _, path := range found {
		c, err := ReadComparisonContext(t.Context(), filepath.Dir(path))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, m := range c.Methods {
			n := len(report.SeedsOf(&c.Compared, m.Method))
			if !slices.ContainsFunc(
				c.Curves("accuracy fused head"), func(c Curve) bool { return c.Name == m.Method },
			) && n > 0 {
				t.Errorf("%s: %d runs of %s and no curve", path, n, m.Method)
			}
		}
		for _, name := range []string{"compare.json", "curves.csv"} {
			st, err := os.Stat(filepath.Join(filepath.Dir(path), name))
			if err != nil || st.Size() > most {
				t.Errorf("%s beside %s: %v, want at most %d bytes", name, path, err, most)
			}
		}
	}
}

func TestComparisonAccuracy(t *testing.T) {
	sd := 0.25
	c := &Comparison{Compared: wire.Compared{Methods: []wire.MethodResult{{Method: "joint", Accuracies: []wire.Summary{
		{Quantity: wire.Quantity{Encoder: "fused", Readout: "head"}, Mean: 0.5, SD: &sd, Seeds: 2},
		{Quantity: wire.Quantity{Encoder: "audio", Readout: "linear"}, Mean: 0.75, Seeds: 1},
	}}}}}
	for quantity, want := range map[string][2]float64{"fused": {0.5, 0.25}, "audio linear": {0.75, 0}} {
		if mean, sd := c.Accuracy("joint", quantity); mean != want[0] || sd != want[1] {
			t.Errorf("Accuracy(joint, %s) = %v, %v, want %v", quantity, mean, sd, want)
		}
	}
	stdout, stderr, status := runCell(t, "no accuracy")
	if want := "primewindow: error: digits: no accuracy \"audio\" of method \"joint\"\nhint: there are " +
		"fused\n"; status != 1 || stderr != want {
		t.Errorf("status %d, %q, %q, want %q", status, stdout, stderr, want)
	}
}
