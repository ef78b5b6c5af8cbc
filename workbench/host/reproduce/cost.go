package reproduce

import (
	"cmp"
	"errors"
	"path/filepath"

	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// CostFile keeps in a run's folder how long it took. It is no part of the run's record. How long a run takes is not a
// function of its settings, and two machines would write different records.
const CostFile = "cost.json"

// cost is how long steps of a run took, with all that was measured between them.
type cost struct {
	Data    string  `json:"data"`
	Method  string  `json:"method"`
	Steps   int     `json:"steps"`   // that were taken on the machine, over all parts of the run
	Seconds float64 `json:"seconds"` // for these, waiting for compilation and measuring included
	Machine string  `json:"machine"` // kind of machine, see [xla.Machine]; other parts are left out
}

// pace is how long steps took together. Steps of several methods count by their factors, as so many of joint training.
type pace struct{ steps, seconds float64 }

// costs are the paces of all runs that are there, by set, method and where they were taken. A key without a method sums
// up all methods of a set.
type costs map[costKey]pace

type costKey struct {
	data, method string
	elsewhere    bool // on another kind of machine: a folder may have been copied
}

// readCosts reads them; a file that is damaged tells nothing.
func readCosts(dirs []string) costs {
	all := costs{}
	for _, dir := range dirs {
		if c, ok := readCost(dir); ok {
			all.add(c)
		}
	}
	return all
}

func readCost(dir string) (c cost, ok bool) {
	if err := record.ReadJSON(filepath.Join(dir, CostFile), &c); err != nil && !errors.Is(err, record.ErrUnsealed) {
		return cost{}, false
	}
	return c, c.Steps > 0 && c.Seconds > 0
}

func (c costs) add(one cost) {
	elsewhere := one.Machine != xla.Machine()
	for key, factor := range map[costKey]float64{
		{one.Data, one.Method, elsewhere}: 1, {one.Data, "", elsewhere}: stepFactor(one.Method),
	} {
		sum := c[key]
		sum.steps += factor * float64(one.Steps)
		sum.seconds += one.Seconds
		c[key] = sum
	}
}

// note adds what a part of a run took. It is called when a run ends, is interrupted or fails. A process that is killed
// leaves the part since the run was taken up uncounted: steps and seconds are added together, so that the mean
// stays right. Parts from another kind of machine are forgotten.
func (p *Reproduction) note(r *sweep.Run, data string, steps int, seconds float64) error {
	if steps <= 0 {
		return nil
	}
	one := cost{Data: data, Method: r.Method, Steps: steps, Seconds: seconds, Machine: xla.Machine()}
	p.costs.add(one)
	if before, ok := readCost(r.Dir); ok && before.Machine == one.Machine {
		one.Steps += before.Steps
		one.Seconds += before.Seconds
	}
	return record.WriteJSON(filepath.Join(r.Dir, CostFile), one)
}

// seconds is how long steps will take: by runs that are there of the same set and method, or of the set and other
// methods, each by the method's factor, first by those of this kind of machine and then by others', or by the times of
// [data.Source], of another machine too; measured tells whether it was here. Without any run, a set that nobody has
// timed is taken to need a quarter of a second a step.
func (c costs) seconds(data, method string, steps int) (s float64, measured bool) {
	for _, elsewhere := range []bool{false, true} {
		if one, ok := c[costKey{data, method, elsewhere}]; ok {
			return float64(steps) * one.seconds / one.steps, !elsewhere
		}
		if one, ok := c[costKey{data, "", elsewhere}]; ok {
			return float64(steps) * stepFactor(method) * one.seconds / one.steps, !elsewhere
		}
	}
	set, _ := catalog.Find(data)
	return float64(steps) * cmp.Or(set.StepMillis, 250) / 1000 * stepFactor(method), false
}

// factors of a step under a method, measured in the same way; of gblend and those not named by
// bench/methods/results.md.
var factors = map[string]float64{
	"joint": 1, "ogm_ge": 1.4, "greedy": 1.3, "agm": 2.2, "mmpareto": 1.8, "redreg": 2.8, "gblend": 4, "pmr": 1.15,
}

// stepFactor is how much longer a method's step takes than joint training's. Methods that were not timed have 1.1: a
// plan rather says too much.
func stepFactor(method string) float64 {
	if f, ok := factors[method]; ok {
		return f
	}
	return 1.1
}

// StepTimes says what the table of step times rests on.
const StepTimes = "step times that were measured at demo scale on 2 busy virtual cores (AMD EPYC); idle ones take " +
	"about half"

// Seconds is how long a run will take yet.
func (p *Reproduction) Seconds(r *sweep.Run) float64 {
	s, _ := p.costs.seconds(r.Arm().Settings().Data(), r.Method, r.Steps-r.Done)
	return s
}
