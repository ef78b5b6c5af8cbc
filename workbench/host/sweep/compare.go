package sweep

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// Comparison asks for methods to be trained on the same samples from the same seeds, each run in a folder of its own.
type Comparison struct {
	Dir     string         // of the comparison: its runs' folders are in it, named METHOD-seedSEED
	Methods []string       // in the order of the table
	Seeds   int            // seeds 0 to Seeds-1
	Select  string         // how the epoch that counts is chosen: one of [Selections]
	Set     map[string]any // settings of all runs by name; METHOD.NAME is of one method's runs alone
}

const (
	// baselineMethod is the method that differences are to, where it is compared.
	baselineMethod = "joint"
	// MostSeeds bounds what is asked for: a plan lists and checks every run.
	MostSeeds = 1000
)

// baseline is the method that the others are compared with.
func (c Comparison) baseline() string {
	if slices.Contains(c.Methods, baselineMethod) {
		return baselineMethod
	}
	return c.Methods[0]
}

// check refuses what does not depend on the data.
func (c Comparison) check() error {
	if len(c.Methods) == 0 {
		return &wire.Problem{Message: "compare: no methods", Hint: "there are " + strings.Join(method.Names(), ", ")}
	}
	for i, m := range c.Methods {
		if _, ok := method.Find(m); !ok {
			return wire.Unknown("method", m, method.Names(), "")
		}
		if slices.Contains(c.Methods[:i], m) {
			return &wire.Problem{
				Message: fmt.Sprintf("method %s is named twice", m),
				Hint:    "name each method once; other settings of the same method are another comparison",
			}
		}
	}
	if c.Seeds < 1 || c.Seeds > MostSeeds {
		return &wire.Problem{
			Message: fmt.Sprintf("seeds: got %d, want between 1 and %d", c.Seeds, MostSeeds),
			Hint:    "seeds: how many runs each method has; an interval needs two",
		}
	}
	if !slices.Contains(Selections, c.Select) {
		return wire.Unknown("selection", c.Select, Selections, "")
	}
	return nil
}

// Arm is a method of a comparison, with the settings that its runs have but for the seed.
type Arm struct {
	method   string
	asked    map[string]any // what was asked for of them: runs are opened with these
	settings setting.Values
	changed  map[string]any // those that are not the default under the set's recipe
	perEpoch int            // steps in an epoch
}

// Settings are those of the arm's runs, but for the seed.
func (a *Arm) Settings() setting.Values { return a.settings }

// Asked are those of them that were asked for.
func (a *Arm) Asked() map[string]any { return a.asked }

// WithSeed is the arm with the seed of one of its runs among its settings. The maps are copied, since the arm is shared
// by the runs of all seeds.
func (a *Arm) WithSeed(seed int) Arm {
	one := *a
	one.asked, one.settings = maps.Clone(a.asked), maps.Clone(a.settings)
	one.asked["seed"], one.settings["seed"] = float64(seed), float64(seed)
	return one
}

// Epochs is the length of its runs.
func (a *Arm) Epochs() int { return a.settings.Epochs() }

// PerEpoch is how many steps an epoch has.
func (a *Arm) PerEpoch() int { return a.perEpoch }

// Steps is the length of its runs in steps.
func (a *Arm) Steps() int { return a.Epochs() * a.perEpoch }

// NewArm completes the settings of one method's runs, and finds out whether they can be trained and measured. The model
// is built only to see that it can be: an encoder that does not fit is told before the first run is trained.
func NewArm(shop *run.Shop, c Comparison, m string, shared, own map[string]any) (Arm, data.Dataset, error) {
	a := Arm{method: m, asked: maps.Clone(shared), changed: map[string]any{}}
	maps.Copy(a.asked, own)
	a.asked["method"] = m
	set, err := shop.Dataset(a.asked)
	if err != nil {
		return Arm{}, nil, err
	}
	desc := set.Describe()
	if a.settings, _, err = setting.Complete(a.asked, set); err != nil {
		return Arm{}, nil, err
	}
	if _, err := setting.BuildModel(a.settings, desc); err != nil {
		return Arm{}, nil, err
	}
	if a.perEpoch, err = setting.StepsPerEpoch(a.settings, set); err != nil {
		return Arm{}, nil, err
	}
	usual, err := setting.Resolve(map[string]any{"data": desc.Name, "method": m}, &desc)
	if err != nil {
		return Arm{}, nil, err
	}
	for name, v := range a.settings {
		// usual is the recipe's value of this set, so that the table shows what somebody chose and not what the
		// set brings.
		if v != usual[name] {
			a.changed[name] = v
		}
	}
	return a, set, checkSelection(SelectionOn(c.Select, desc), a, set)
}

// Due reports whether the validation accuracy is measured after so many steps.
func (a *Arm) Due(step int) bool {
	return a.settings.Schedule(setting.ProbeAccuracy).Due(step, a.clock())
}

// clock is that of its runs.
func (a *Arm) clock() inforeg.Clock {
	clock, _ := a.settings.Clock(a.perEpoch)
	return clock
}

// Plan lists a comparison's runs, the same seed of all methods after each other, so that a comparison that is not
// finished is paired already. Nothing is written.
func Plan(shop *run.Shop, c Comparison) (*Sweep, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	shared, own, err := c.divide()
	if err != nil {
		return nil, err
	}
	s := &Sweep{Shop: shop, Ask: c}
	for _, m := range c.Methods {
		a, set, err := NewArm(shop, c, m, shared, own[m])
		if err != nil {
			return nil, err
		}
		s.arms = append(s.arms, a)
		s.on(set) // which is the same for all
	}
	for seed := range c.Seeds {
		for i, a := range s.arms {
			name := fmt.Sprintf("%s-seed%d", a.method, seed)
			s.Runs = append(s.Runs, &Run{
				Name: name, Dir: filepath.Join(c.Dir, name), Method: a.method, Seed: seed, Steps: a.Steps(),
				arm: &s.arms[i],
			})
		}
	}
	return s, nil
}
