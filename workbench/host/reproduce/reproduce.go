package reproduce

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/measure"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/setting"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// Scales of a reproduction.
const (
	ScaleDemo  = "demo"  // the sets' own recipes: small networks, minutes on two cores
	ScalePaper = "paper" // the paper's networks, optimizer and 50 epochs: for an accelerator
)

// Ask asks for tables and figures of the paper.
//
// A run is named by the hash of its settings and samples and lies in DIR/runs/HASH, whoever needs it: targets share it,
// and one that is done is never trained again. The record of a target on a set is DIR/SET/TARGET.json.
type Ask struct {
	Dir     string
	Targets []string // names of targets; "all" is each of them
	// set of samples; empty: the first present one of those that stand in the place of the paper's
	Data   string
	Seeds  int    // seeds 0 to Seeds-1; 0: five, of made data one
	Scale  string // ScaleDemo or ScalePaper
	Select string // how the epoch that counts is chosen: one of [sweep.Selections]
	// whether each method's learning rate is chosen by the validation split, where that is fit for it
	Tune bool
	Set  map[string]any // settings of all runs by name, beyond the set's own
}

const (
	// RunsDir is the folder, below Ask.Dir, of the runs of all targets and sets.
	RunsDir = "runs"
	// usualSeeds are those of each arm where nobody says how many.
	usualSeeds = 5
)

// Reproduction is the way to the records that were asked for. It belongs to one goroutine. What it keeps by folder is
// kept once for all targets: a run that several of them need is one value, so that each sees how far the others have
// brought it and what they want measured.
type Reproduction struct {
	ask   Ask
	shop  *run.Shop
	parts []*part               // one for each target and set, in the order in which they were asked for
	runs  map[string]*sweep.Run // by folder: targets share them
	tries map[string]try        // by folder: what those that choose came to, see tried
	acted map[string]string     // by folder: in which epochs a run did, see actedIn
	shown map[string]bool       // by folder: whether a run acted up to its chosen epoch
	locks map[string]*os.File   // by set
	costs costs                 // times of steps, for plans

	bestTrials bool // runs that choose count at their best epoch whatever the selection is, as in records of schema 1
	recorded   bool // the settings are those of a record: sets are opened as it says
}

// part is a target on a set.
type part struct {
	target
	*sweep.Sweep
	rep    *Reproduction
	data   string
	stands []string // sets of the paper in whose place it stands; none where it is one of them
	seeds  int
	// searched is, of a target with maps, among how many seeds the one that is shown is found, see shownSeed
	searched int
	list     []*reproArm
	hidden   []*reproArm // whose learning rate others take
	shared   map[string]any
	// chooser is the same target on the set as it is where a learning rate is chosen, see [data.Description.Choose];
	// nil where that is the set itself. Its runs are others than the reported ones, on other splits; only the rate is
	// taken from it.
	chooser *part
	// Both are asked for again whenever a plan is made or the next run is looked for, so they are kept.
	made map[string]sweep.Arm  // by arm, learning rate and window
	runs map[string]*sweep.Run // by these and the seed

	setNote string // of what the set has not, see [Reproduction.openSet]
}

// reproArm is an arm of a part.
type reproArm struct {
	recipe
	refused string    // why it cannot be trained on this set
	rates   []float64 // that are tried first, the usual one in the middle; one where none is chosen
}

// Open finds out what would be trained, and everything that is wrong with what was asked for. Nothing is written. It
// takes no lock, which is for [Reproduction.Open] to do once something is to be trained: a plan can be asked for while
// another process trains.
func Open(shop *run.Shop, ask Ask) (*Reproduction, error) {
	p := &Reproduction{
		ask: ask, shop: shop, runs: map[string]*sweep.Run{}, tries: map[string]try{}, acted: map[string]string{},
		locks: map[string]*os.File{},
	}
	names := ask.Targets
	if slices.Contains(names, "all") {
		names = Targets()
	}
	if len(names) == 0 {
		return nil, &wire.Problem{
			Message: "reproduce: no target", Hint: "there are " + strings.Join(Targets(), ", ") + ", and all",
		}
	}
	switch {
	case ask.Seeds < 0 || ask.Seeds > sweep.MostSeeds:
		return nil, &wire.Problem{
			Message: fmt.Sprintf("seeds: got %d, want between 1 and %d", ask.Seeds, sweep.MostSeeds),
			Hint:    "seeds: how many runs each method has; an interval needs two",
		}
	case !slices.Contains(sweep.Selections, ask.Select):
		return nil, wire.Unknown("selection", ask.Select, sweep.Selections, "")
	case ask.Scale != ScaleDemo && ask.Scale != ScalePaper:
		return nil, wire.Unknown("scale", ask.Scale, []string{ScaleDemo, ScalePaper}, "")
	}
	for _, name := range []string{"method", "seed", "data"} {
		if _, ok := ask.Set[name]; ok {
			return nil, &wire.Problem{
				Message: fmt.Sprintf("setting %s: the target decides it", name),
				Hint: "-data chooses the set, -seeds the seeds; other runs are trained with primewindow run or " +
					"compare",
			}
		}
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) { // named before
			continue
		}
		t, err := findTarget(name)
		if err != nil {
			return nil, err
		}
		sets, err := p.sets(t)
		if err != nil {
			return nil, err
		}
		for set, stands := range sets.all() {
			one, err := p.part(t, set, stands, nil)
			if err != nil {
				return nil, err
			}
			p.parts = append(p.parts, one)
		}
	}
	if err := p.checkFolder(); err != nil {
		return nil, err
	}
	// All runs of the folder tell how long steps take, those of other targets too.
	p.costs = readCosts(p.dirs())
	return p, p.arrange()
}

// choice is a set and what it stands for.
type choice struct {
	set    string
	stands []string
}

type choices []choice

func (c choices) all() func(yield func(string, []string) bool) {
	return func(yield func(string, []string) bool) {
		for _, one := range c {
			if !yield(one.set, one.stands) {
				return
			}
		}
	}
}

// sets are those on which a target is reproduced. A set that was named is taken as it is. Without a name, paper scale
// takes those of the paper's sets that are present; demo scale takes the first stand-in that is present, one for each
// of the paper's sets where the target says apart, and no set twice. A set that is none of the target's in the paper
// stands for all of them.
func (p *Reproduction) sets(t target) (choices, error) {
	present := map[string]bool{}
	for _, s := range catalog.Sets(p.shop.Project) {
		present[s.Name] = s.Present
	}
	_, given := p.ask.Set["dir"]
	own := func(set string) []string { // which of the paper's sets a set is not
		var list []string
		for _, s := range t.paperSets {
			if ofPaper(set, s) {
				return nil
			}
			list = append(list, s)
		}
		return list
	}
	if p.ask.Data != "" {
		_, known := catalog.Find(p.ask.Data)
		switch {
		case !known:
			return nil, catalog.Unknown(p.ask.Data)
		case !present[p.ask.Data] && !given:
			return nil, &wire.Problem{
				Message: fmt.Sprintf("data %s is not present", p.ask.Data),
				Hint: fmt.Sprintf(
					"%s names the folder that it is in; -data synth is made and needs no files", catalog.DataVariable,
				),
			}
		}
		return choices{{p.ask.Data, own(p.ask.Data)}}, nil
	}
	if p.ask.Scale == ScalePaper {
		list := choices{}
		var absent []string
		for _, s := range t.paperSets {
			if of, _ := catalog.OfPaper(s); present[of.Name] {
				list = append(list, choice{of.Name, nil})
			} else {
				absent = append(absent, fmt.Sprintf("%s (%s)", s, of.Name))
			}
		}
		if len(list) == 0 {
			return nil, &wire.Problem{
				Message: fmt.Sprintf(
					"%s at paper scale: the paper's sets are not present: %s", t.name,
					cmp.Or(strings.Join(absent, ", "), "this question is not the paper's, name a set"),
				),
				Hint: fmt.Sprintf(
					"%s names the folder that they are in; -data SET takes another set, -scale demo its small stand-in",
					catalog.DataVariable,
				),
			}
		}
		return list, nil
	}
	var list choices
	offers, stands := t.standIns()
	for i, sets := range offers {
		for _, set := range sets {
			if present[set] && !slices.ContainsFunc(list, func(c choice) bool { return c.set == set }) {
				one := choice{set, stands[i]}
				if len(own(set)) == 0 {
					one.stands = nil
				}
				list = append(list, one)
				break
			}
		}
	}
	return list, nil
}

// part prepares a target on a set, with more settings than were asked for.
func (p *Reproduction) part(t target, set string, stands []string, more map[string]any) (*part, error) {
	one := &part{target: t, rep: p, data: set, stands: stands, seeds: p.ask.Seeds}
	if one.seeds == 0 {
		one.seeds = usualSeeds
		if of, ok := catalog.Find(set); ok && of.Made() {
			one.seeds = 1
		}
	}
	if t.maps {
		one.searched = one.seeds
	}
	// Each arm is trained with the seed that is shown alone. It is looked for among searched.
	if t.oneSeed {
		one.seeds = 1
	}
	asked := map[string]any{"data": set}
	if v, ok := p.ask.Set["dir"]; ok {
		asked["dir"] = v
	}
	given := maps.Clone(p.ask.Set)
	if given == nil {
		given = map[string]any{}
	}
	maps.Copy(given, more)
	// The set is opened before the settings can be completed, since its recipe is a part of them: only what it is
	// opened with is needed now.
	for name, v := range given {
		if strings.HasPrefix(name, catalog.Prefix) {
			asked[name] = v
		}
	}
	opened, chosen, note, err := p.openSet(t, set, asked)
	if err != nil {
		return nil, err
	}
	one.setNote = note
	desc := opened.Describe()
	one.Sweep = sweep.NewPart(p.shop, sweep.Comparison{Dir: p.ask.Dir, Select: p.ask.Select, Seeds: one.seeds}, opened)
	// A rate is judged where reported runs count: at the last epoch, or at that which is best on the validation split.
	// Where the test split chooses the epoch, rates are chosen on the validation split all the same.
	if one.TuneBy = sweep.SelectVal; one.Ask.Select == sweep.SelectLast && !p.bestTrials {
		one.TuneBy = sweep.SelectLast
	}
	one.shared, one.made, one.runs = one.scaled(desc), map[string]sweep.Arm{}, map[string]*sweep.Run{}
	maps.Copy(one.shared, chosen)
	maps.Copy(one.shared, given)
	one.shared["data"] = set
	// of joint training: a setting that no run has is an error at once
	settings, err := setting.Resolve(one.shared, &desc)
	if err != nil {
		return nil, err
	}
	if _, err := setting.BuildModel(settings, desc); err != nil {
		return nil, err
	}
	// Which modalities there are is known only from the settings, and some targets have an arm for each.
	recipes := t.arms(record.Modalities(&record.Manifest{Settings: settings, Data: desc}))
	tunes := p.ask.Tune && slices.ContainsFunc(recipes, func(r recipe) bool { return !r.ownRate })
	// The recursion relies on this: a set that is opened with its settings Choose has no further ones.
	if len(desc.Choose) > 0 && tunes && one.TuneBy == sweep.SelectLast {
		if one.chooser, err = p.part(t, set, stands, desc.Choose); err != nil {
			return nil, err
		}
		// There the validation split is fit, so that auto would come to its best epoch, and a rate would be chosen for
		// another moment than the one that is reported.
		one.chooser.Ask.Select, one.chooser.TuneBy = one.Ask.Select, one.TuneBy // both count at the same epoch
	}
	for _, r := range recipes {
		one.list = append(one.list, one.prepare(r, settings.LR()))
	}
	return one, nil
}

// scaled are the settings that the scale decides. At demo scale the set's recipe holds, and two modalities of utdmhad,
// since several of the paper's methods and heads take no more. At paper scale the optimizer and its schedule are the
// paper's for all sets, and every modality that is a picture of some kind has a ResNet-18; other encoders stay those of
// the recipe.
func (one *part) scaled(desc data.Description) map[string]any {
	if one.rep.ask.Scale == ScaleDemo {
		return demoSettings(one.data)
	}
	s := paperSettings()
	for _, m := range desc.Modalities {
		if m.Kind == data.Clip || m.Kind == data.Image || m.Kind == data.Spectrogram {
			s[setting.EncoderPrefix+m.Name] = "resnet18"
		}
	}
	return s
}

// prepare finds out whether an arm can be trained on the set, and which learning rates it tries. There are four kinds
// of rates: one that the recipe fixes, one at a place of the grid, several that are tried, or the set's own, which also
// serves to complete the settings of an arm that takes another one's. An arm that cannot be trained keeps its row, with
// the reason: the others can.
func (one *part) prepare(r recipe, lr float64) *reproArm {
	a := &reproArm{recipe: r, rates: []float64{lr}}
	if r.longer == 0 {
		a.longer = 1
	}
	if r.method == "gblend" && one.rep.ask.Scale == ScaleDemo && r.set == nil {
		a.set = map[string]any{"super_epoch": 4} // trials of ten epochs would be most of a run of twelve
	}
	// Its epochs are those in which another arm's reported run acted. The runs that choose are on other samples, where
	// that arm acts in other epochs, so the control takes the rate of the arm that it follows.
	if one.chooser != nil && a.like != "" && !r.ownRate {
		a.rateOf = a.like
	}
	if v, ok := r.set["lr"]; ok {
		a.rates = []float64{v.(float64)}
	} else if r.ownRate {
		a.rates = []float64{gridRate(lr, r.step)}
		if one.byRate {
			a.x = a.rates[0]
		}
	} else if one.untuned() == "" && a.rateOf == "" {
		a.rates = nil
		for step := -tuneAround; step <= tuneAround; step++ {
			a.rates = append(a.rates, gridRate(lr, step))
		}
	}
	if _, err := one.arm(a, a.rates[0], windowAll); err != nil {
		a.refused = wire.OneLine(err.Error())
	}
	return a
}

// rounded is a number to two digits. Rates stand in tables and decide names of runs: 0.01/3 is to be 0.0033 everywhere.
func rounded(v float64) float64 {
	var out float64
	if _, err := fmt.Sscan(fmt.Sprintf("%.1e", v), &out); err != nil {
		return v
	}
	return out
}

// named finds an arm whose learning rate or epochs another one takes; it need not be shown. An arm that takes the rate
// of one that the target does not show, as figure 7's arms do, makes it a hidden one: its runs choose, and are
// not reported.
func (one *part) named(name string) *reproArm {
	for _, a := range slices.Concat(one.list, one.hidden) {
		if a.name == name {
			return a
		}
	}
	for _, r := range []recipe{joint(), infoReg(), {name: "Joint*", method: "joint_star"}} {
		if r.name == name {
			a := one.prepare(r, one.list[0].usualRate())
			one.hidden = append(one.hidden, a)
			return a
		}
	}
	panic(fmt.Errorf("host: target %s has no arm %s", one.name, name)) // a slip in the table of targets
}

// usualRate is the learning rate that is tried without tuning.
func (a *reproArm) usualRate() float64 { return a.rates[len(a.rates)/2] }

// arm completes the settings of an arm's runs. The recipe of the arm overrides what all arms share, and rate and window
// override both. An arm of more epochs is completed twice, since only the first time tells how many epochs the set's
// recipe has; its rate falls after as many times the epochs, so that it has the same course over the whole run.
func (one *part) arm(a *reproArm, lr float64, window string) (sweep.Arm, error) {
	key := fmt.Sprint(a.name, "\x00", lr, "\x00", window)
	if made, ok := one.made[key]; ok {
		return made, nil
	}
	shared := maps.Clone(one.shared)
	maps.Copy(shared, a.set)
	shared["lr"] = lr
	if a.like != "" {
		shared["window"] = window
	}
	ask := sweep.Comparison{Select: one.Ask.Select, Methods: []string{a.method}}
	done, _, err := sweep.NewArm(one.Shop, ask, a.method, shared, nil)
	if err == nil && a.longer != 1 {
		for _, name := range []string{"epochs", "lr_step"} {
			shared[name] = a.longer * done.Settings().Number(name)
		}
		done, _, err = sweep.NewArm(one.Shop, ask, a.method, shared, nil)
	}
	if err == nil {
		one.made[key] = done
	}
	return done, err
}

// notSpec are settings that change nothing of what a run computes. They say where the set lies, and how much of the
// disk snapshots may take.
var notSpec = []string{"dir", "snapshot_gib"}

// specName is the hash of all that decides what a run computes: the samples, and every setting that is not the
// program's default, so that a setting that a later version adds does not give the same run another name. The defaults
// are those without the set's recipe, in which encoders have none, so that encoders always count. Where a later version
// changes a default, an old run may have a new one's name: sweep then finds that their settings differ, and refuses.
// Eight bytes give 16 digits, by which -verify tells a name from a number of runs.
func specName(settings setting.Values, splitHash string) (string, error) {
	list, err := setting.Table(settings.Data(), settings.Method(), nil)
	if err != nil {
		return "", err
	}
	spec := map[string]any{"split": splitHash, "data": settings["data"], "method": settings["method"]}
	for name, v := range settings {
		usual := slices.ContainsFunc(list, func(s data.Setting) bool { return s.Name == name && s.Default == v })
		if !usual && !slices.Contains(notSpec, name) {
			spec[name] = v
		}
	}
	text, err := json.Marshal(spec) // keys are sorted
	if err != nil {
		panic(err) // only numbers, strings and booleans
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), nil
}

// run is the run of an arm with a seed and a learning rate, shared with whoever needs the same one. It is looked for
// under its arm, then under its folder, where another target may have put it, and else made. A run begins as one that
// helps to choose. What may be asked for of it later and is dear to measure afterwards, the trace under running
// statistics, is measured from the start.
func (one *part) run(a *reproArm, seed int, lr float64, window string) (*sweep.Run, error) {
	key := fmt.Sprint(a.name, "\x00", lr, "\x00", window, "\x00", seed)
	if r, ok := one.runs[key]; ok {
		return r, nil
	}
	made, err := one.arm(a, lr, window)
	if err != nil {
		return nil, err
	}
	made = made.WithSeed(seed)
	name, err := specName(made.Settings(), one.Desc.Provenance.SplitHash)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(one.rep.ask.Dir, RunsDir, name)
	if r, ok := one.rep.runs[dir]; ok {
		one.runs[key] = r
		return r, nil
	}
	r, err := one.Try(
		fmt.Sprintf("%s %s, seed %d, lr %g", one.data, a.name, seed, lr), dir, &made, seed,
		measure.Extra{Eval: one.besides(a).Eval},
	)
	if err != nil {
		return nil, err
	}
	one.rep.runs[dir], one.runs[key] = r, r
	return r, nil
}

// checkFolder wants the folder to be free, or to be one of reproductions. Folders of sets and of runs may be there,
// from other targets: everything else is somebody's.
func (p *Reproduction) checkFolder() error {
	dir := p.ask.Dir
	st, err := os.Stat(dir)
	if err == nil && !st.IsDir() || errors.Is(err, unix.ENOTDIR) {
		return &wire.Problem{
			Message: dir + " is not a folder", Hint: "name a folder with -out, or one that is not there yet",
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // it is not there; what else may be wrong shows when it is made
	}
	for _, e := range entries {
		_, isSet := catalog.Find(e.Name())
		if !strings.HasPrefix(e.Name(), ".") && e.Name() != RunsDir && !isSet {
			return &wire.Problem{
				Message: fmt.Sprintf("folder %s is not one of reproductions: it holds %s", dir, e.Name()),
				Hint:    "name an empty folder with -out, or one that is not there yet",
			}
		}
	}
	return nil
}
