package reproduce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/stats"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// Verify asks whether this machine comes to the numbers of records. Everything that needs no training is checked of all
// of them: that a record's means, differences and intervals are those of its runs, that records which share a run say
// the same of it, and, where the set of samples is here, that its settings and samples still give the run its name.
// Some of the runs are trained again.
type Verify struct {
	Path    string   // a record, or a folder with records in it and in those below
	Targets []string // only the records of these targets; none: all
	Data    string   // only those of this set; empty: all
	Dir     string   // folder of the set, where it does not lie where sets do
	Runs    string   // which are trained again: so many, chosen at random; all; or names, joined by commas
	Pick    string   // what the choice is drawn from
	Within  float64  // seconds: what would take longer is not chosen; 0: no limit
	Out     string   // folder of the runs that are trained again; it has to be empty
}

// Verification is what has been found so far.
type Verification struct {
	Records int      // that were read and checked
	Total   int      // runs in them, counted once where records share them
	Named   int      // of them, whose names settings and samples here were seen to give
	Absent  []string // sets of records that are not here
	Chosen  []*Rerun // the runs that are trained again

	shop  *run.Shop
	ask   Verify
	files []recordFile
	parts map[string]*part // by file

	present map[string]bool // sets
	costs   costs
}

// recordFile is a record and where it is.
type recordFile struct {
	path string
	rec  *wire.Reproduction
	runs []*Rerun
}

// OpenVerification reads and checks records, and chooses what is trained again. A record that does not hold is an
// error. What needs neither sets nor training comes first, and of all records.
func OpenVerification(shop *run.Shop, ask Verify) (*Verification, error) {
	v := &Verification{ask: ask, shop: shop, parts: map[string]*part{}, costs: costs{}}
	if err := checkEmpty(ask.Out); err != nil {
		return nil, err
	}
	if err := v.read(); err != nil {
		return nil, err
	}
	if err := v.checkTogether(); err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(v.files, func(f recordFile) bool { return f.rec.Data != v.files[0].rec.Data }); i > 0 &&
		ask.Dir != "" {
		return nil, &wire.Problem{
			Message: fmt.Sprintf(
				"-dir names the folder of one set, the records are of %s and %s", v.files[0].rec.Data,
				v.files[i].rec.Data,
			),
			Hint: fmt.Sprintf(
				"choose the set with -data; %s names the folder that all of them are in", catalog.DataVariable,
			),
		}
	}
	if err := v.choose(); err != nil {
		return nil, err
	}
	return v, v.checkNames()
}

// checkEmpty wants a folder to be free: a run that lies there already would not be trained again.
func checkEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0:
		return nil
	case err != nil:
		return &wire.Problem{Message: err.Error(), Hint: "name an empty folder with -out, or one that is not there yet"}
	}
	return &wire.Problem{
		Message: fmt.Sprintf("folder %s is not empty: it holds %s", dir, entries[0].Name()),
		Hint:    "a run that lies there would not be trained again: name an empty folder with -out, or none",
	}
}

// read finds the records.
func (v *Verification) read() error {
	paths, err := recordPaths(v.ask.Path)
	if err != nil {
		return err
	}
	for _, name := range v.ask.Targets {
		if _, err := findTarget(name); err != nil {
			return err
		}
	}
	all := map[string]bool{}
	for _, path := range paths {
		rec, err := wire.ReadReproduction(path)
		if err != nil {
			return err
		}
		if len(v.ask.Targets) > 0 && !slices.Contains(v.ask.Targets, rec.Target) ||
			v.ask.Data != "" && v.ask.Data != rec.Data {
			continue
		}
		if err := checkSums(path, rec); err != nil {
			return err
		}
		f := recordFile{path, rec, rerunsOf(path, rec)}
		for _, r := range f.runs {
			all[r.Run] = true
		}
		v.files = append(v.files, f)
	}
	if v.Records, v.Total = len(v.files), len(all); v.Records == 0 {
		return &wire.Problem{
			Message: v.ask.Path + ": no such record is there",
			Hint:    "-verify takes a record, or a folder with records; targets and -data leave others out",
		}
	}
	return nil
}

// recordPaths are the files that may be records, in alphabetical order. Beside records lie the Vega-Lite texts of their
// figures, .vl.json.
func recordPaths(path string) (list []string, err error) {
	err = filepath.WalkDir(path, func(at string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && e.Name() == RunsDir && at != path:
			return filepath.SkipDir // of a folder of reproductions: runs, not records
		case !e.IsDir() && (at == path || strings.HasSuffix(at, ".json") && !strings.HasSuffix(at, ".vl.json")):
			list = append(list, at)
		}
		return nil
	})
	if err != nil {
		return nil, &wire.Problem{
			Message: err.Error(),
			Hint: "-verify takes a record, or a folder with records; notebooks/results/reproduce holds those of " +
				"this project",
		}
	}
	return list, nil
}

// checkNames finds the settings of the runs of all records whose set is here, and wants them to have the names on
// record: the hash of all that decides what a run computes. It opens each set, which may take a while, and
// trains nothing.
func (v *Verification) checkNames() error {
	named := map[string]bool{}
	// Names are looked at of all runs, also of those that are not trained again.
	for _, f := range v.files {
		if !v.present[f.rec.Data] {
			continue
		}
		one, err := v.part(f)
		if err != nil {
			return err
		}
		for _, r := range f.runs {
			if err := v.find(one, r); err != nil {
				return err
			}
			named[r.Run] = true
		}
	}
	v.Named = len(named)
	return nil
}

// part prepares a record's target with the record's settings. The record's shared settings are handed over as if a user
// had asked for them, and the table of targets gives the arms. A target that measures more than the record has is cut
// down to that. Rates are not chosen anew: find takes the record's.
func (v *Verification) part(f recordFile) (*part, error) {
	rec := f.rec
	t, err := findTarget(rec.Target)
	if err != nil {
		return nil, err
	}
	// older records lack it: it needs no measuring
	t.whole = t.whole && hasCurve(rec, inforeg.KindFisherEmp+" "+wire.WholeModel)
	if t.maps && !hasCurve(rec, wire.Acted) {
		t.curves = nil // likewise
	}
	set := maps.Clone(rec.Shared)
	if set == nil {
		set = map[string]any{}
	}
	if v.ask.Dir != "" {
		set["dir"] = v.ask.Dir
	}
	p := &Reproduction{
		ask: Ask{
			Dir: v.ask.Out, Targets: []string{rec.Target}, Data: rec.Data, Seeds: max(rec.Seeds, rec.Searched),
			Scale: rec.Scale, Select: rec.Select, Tune: rec.Tuned, Set: set,
		},
		shop: v.shop, runs: map[string]*sweep.Run{}, tries: map[string]try{}, acted: map[string]string{},
		costs:      v.costs,
		bestTrials: rec.Schema < wire.FamilySchema, recorded: true,
	}
	one, err := p.part(t, rec.Data, rec.PaperSets, nil)
	if err != nil {
		return nil, err
	}
	if hash := one.Desc.Provenance.SplitHash; hash != rec.SplitHash {
		return nil, &wire.Problem{
			Message: fmt.Sprintf(
				"%s was made of other samples of %s than are here: split %.12s, here %.12s", f.path, rec.Data,
				rec.SplitHash, hash,
			),
			Hint: "`primewindow data check` tells what is here; if the set was renewed, the record has to be " +
				"made anew: " + commandOf(rec),
		}
	}
	// Train of the Reproduction looks for a run's part here, and find adds its runs to p.runs.
	p.parts = []*part{one}
	v.parts[f.path] = one
	return one, nil
}

// hasCurve reports whether a kind of quantity is on a record.
func hasCurve(rec *wire.Reproduction, kind string) bool {
	return slices.ContainsFunc(rec.Arms, func(a wire.ReproducedArm) bool {
		return slices.ContainsFunc(a.Runs, func(r wire.ReproducedRun) bool {
			return slices.ContainsFunc(r.Curves, func(c wire.ReproducedCurve) bool {
				return c.Quantity == kind || strings.HasPrefix(c.Quantity, kind+" ")
			})
		})
	})
}

// find finds a run with the settings on record. The name is a hash of settings and samples. Where it is the one on
// record, the same run would be trained here.
func (v *Verification) find(one *part, r *Rerun) error {
	i := slices.IndexFunc(one.list, func(a *reproArm) bool { return a.name == r.Arm })
	if i < 0 {
		return &wire.Problem{
			Message: fmt.Sprintf("%s: this program has no arm %q in %s", r.File, r.Arm, one.name),
			Hint:    "the record is of another version of it: " + commandOf(r.rec),
		}
	}
	a, lr, window := one.list[i], r.arm.LR, ""
	switch {
	case a.refused != "":
		return &wire.Problem{
			Message: fmt.Sprintf("%s: this program does not train it: %s", r, a.refused),
			Hint:    "the record is of another version of it: " + commandOf(r.rec),
		}
	// A control acted, when it tried a rate, in the same epochs as with the seed's reported run.
	case r.trial:
		lr = r.LR
		for _, run := range r.arm.Runs {
			if run.Seed == r.Seed {
				window = run.Window
			}
		}
	default:
		window = r.arm.Runs[r.place].Window
	}
	if r.trial {
		one = one.choosing()
		a = one.named(a.name)
	}
	run, err := one.run(a, r.Seed, lr, window)
	if err == nil && runHash(run.Dir) != r.Run {
		err = &wire.Problem{
			Message: fmt.Sprintf(
				"%s: run %s on record, but by this program its settings and samples give %s", r, r.Run,
				runHash(run.Dir),
			),
			Hint: "a setting of the record or a default of the program was changed; make the record anew: " +
				commandOf(r.rec),
		}
	}
	r.sweep = run
	return err
}

// Seconds is how long a run will take, roughly.
func (v *Verification) Seconds(r *Rerun) float64 {
	if r.sweep.HasOutcome() {
		return 0
	}
	s, _ := v.costs.seconds(r.rec.Data, r.arm.Method, r.sweep.Steps)
	return s
}

// Train trains a run as the record says and sets what it comes to beside the record. When ctx ends, its error is
// returned. The run is trained in a new folder, and gets from the record settings and seed, and no result.
func (v *Verification) Train(ctx context.Context, r *Rerun, watch func(*run.Run) (stop func())) (Verified, error) {
	one := v.parts[r.File]
	if r.trial {
		one = one.choosing()
	}
	a := one.list[slices.IndexFunc(one.list, func(a *reproArm) bool { return a.name == r.Arm })]
	one.ComputeAs(cmp.Or(r.backend(), "not on record")) // older ones say nothing, and had no kernels
	err := one.Reopen(r.sweep)                          // another record may have had it trained by now
	if err == nil && !r.trial {
		err = one.need(a, r.sweep)
	}
	if err == nil && !r.sweep.HasOutcome() {
		err = one.rep.Train(ctx, r.sweep, watch)
	}
	if err != nil {
		return Verified{}, err
	}
	here, backend, err := v.figuresHere(one, a, r)
	if err != nil {
		return Verified{}, err
	}
	// On the same kind of machine, with the same backend and options of XLA, every digit repeats.
	exact := r.rec.Machine == xla.Machine() && backend == r.backend() && usualFlags()
	samples := r.rec.Samples
	if r.trial {
		samples = one.Validation
	}
	return compareFigures(unworded(r.recorded()), unworded(here), exact, samples), nil
}

// figuresHere are those of a run that has been trained again, in the form of the record. They come from the functions
// that make a record, so that they are rounded in the same way.
func (v *Verification) figuresHere(one *part, a *reproArm, r *Rerun) (list []figure, backend string, err error) {
	if !r.trial {
		got, err := one.recordRun(r.sweep, a, r.Seed)
		got = asRecorded(got, r.arm.Runs[r.place])
		return figuresOf(got), got.Backend, err
	}
	t := one.trials([]tryRun{{r.LR, r.Seed, r.sweep}})[0]
	t.Entropy = stats.FiveFigures(t.Entropy)
	if o, ok := r.sweep.Outcome(); ok {
		backend = o.Backend
	}
	return trialFigures(t), backend, nil
}

// unworded cuts what is said of a missing result down to the step that was not taken: what follows is worded. Another
// version may say the rest in other words.
func unworded(list []figure) []figure {
	for i := range list {
		if list[i].name == "result" {
			parts := strings.SplitN(list[i].text, ": ", 3)
			list[i].text = strings.Join(parts[:min(2, len(parts))], ": ")
		}
	}
	return list
}

// usualFlags reports whether XLA generates the code that it does without the user's flags.
func usualFlags() bool {
	return slices.Contains([]string{"", xla.DepthFirst}, os.Getenv(xla.FlagsVariable))
}

// commandOf is the command that makes a record anew. It names what differs from the defaults. What a scale sets by
// itself is left out but for encoders at paper scale, since a record does not say of which kind a modality is: named,
// they are what they would be.
func commandOf(rec *wire.Reproduction) string {
	words := []string{
		"primewindow reproduce", rec.Target, "-data", rec.Data, "-seeds", strconv.Itoa(max(rec.Seeds, rec.Searched)),
	}
	usual := demoSettings(rec.Data)
	if rec.Scale != ScaleDemo {
		words = append(words, "-scale", rec.Scale)
		usual = paperSettings()
	}
	if rec.Select != sweep.SelectionOn(sweep.SelectAuto, data.Description{Unfit: rec.Unfit}) {
		words = append(words, "-select", rec.Select)
	}
	if rec.AsGiven || !rec.Tuned && rec.Unfit == "" && !rec.OwnRates {
		words = append(words, "-tune=false")
	}
	for _, name := range slices.Sorted(maps.Keys(rec.Shared)) {
		// As text, since a number in a file is no int.
		if text := fmt.Sprint(rec.Shared[name]); usual[name] == nil || fmt.Sprint(usual[name]) != text {
			words = append(words, "-set", data.Quoted(name+"="+text))
		}
	}
	return strings.Join(words, " ")
}
