package workbench

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/internal/report"
	"github.com/primewindow/primewindow/internal/wire"
)

// Files of a comparison's record.
const (
	compareFile = "compare.json"
	curvesFile  = "curves.csv"
)

// Comparison is what methods came to that `primewindow compare` trained from the same seeds: its compare.json, and the
// file curves.csv beside it that -curves wrote. It is plain values, read once; no host is needed.
type Comparison struct {
	wire.Compared
	dir    string
	curves []runCurves
}

// runCurves is what one run measured from epoch to epoch.
type runCurves struct {
	method string
	seed   int
	values map[string]map[int]float64 // by quantity and epochs done
}

// Curve is a quantity of a method over the epochs: X epochs done, Y the mean over its seeds, and SD the standard
// deviation between them, with n-1 in the denominator; of one seed SD is nil.
type Curve struct {
	Name     string // of the method
	X, Y, SD []float64
}

// Accuracy is what a method came to on the record's split: mean, between 0 and 1, and standard deviation over its
// seeds, of a quantity as [Comparison.Table] heads its columns, for example "fused" or "audio linear". It ends the cell
// where the record has no such accuracy. The deviation of one seed is 0.
func (c *Comparison) Accuracy(method, quantity string) (mean, sd float64) {
	cell(func(_ context.Context, _ *screen) error {
		known := map[string]bool{}
		for _, m := range c.Methods {
			for _, a := range m.Accuracies {
				if known[a.String()] = true; m.Method == method && a.String() == quantity {
					if mean = a.Mean; a.SD != nil {
						sd = *a.SD
					}
					return nil
				}
			}
		}
		return &wire.Problem{
			Message: fmt.Sprintf("%s: no accuracy %q of method %q", c.name(), quantity, method),
			Hint:    "there are " + strings.Join(slices.Sorted(maps.Keys(known)), ", "),
		}
	})
	return mean, sd
}

// ReadComparison reads a comparison's record from a folder, relative to the notebook's. It takes a few milliseconds.
func ReadComparison(dir string) (c *Comparison) {
	cell(func(ctx context.Context, _ *screen) (err error) {
		c, err = ReadComparisonContext(ctx, dir)
		return err
	})
	return c
}

// ReadComparisonContext is [ReadComparison] for programs.
func ReadComparisonContext(_ context.Context, dir string) (*Comparison, error) {
	c := &Comparison{dir: dir}
	text, err := os.ReadFile(filepath.Join(dir, compareFile))
	if err != nil {
		return nil, noRecord(err, dir)
	}
	read, err := wire.ParseCompared(text)
	if newer, ok := errors.AsType[wire.NewerComparison](err); ok {
		return nil, &Problem{
			Message: fmt.Sprintf("comparison %s has %v", dir, newer), Hint: "it was made by a newer version: update",
		}
	}
	if err == nil && len(read.Methods) == 0 {
		err = errors.New("no methods")
	}
	if err != nil {
		return nil, &Problem{
			Message: fmt.Sprintf("%s is not a comparison's: %v", filepath.Join(dir, compareFile), err),
			Hint:    "`primewindow compare` writes it",
		}
	}
	c.Compared = report.Upgraded(*read)
	return c, c.readCurves()
}

func noRecord(err error, dir string) error {
	hint := "name the folder that holds " + compareFile + " and " + curvesFile
	if errors.Is(err, fs.ErrNotExist) {
		hint = fmt.Sprintf(
			"primewindow compare ... -out DIR -curves %s/%s writes them; copy DIR/%s beside it", dir, curvesFile,
			compareFile,
		)
	}
	return &Problem{Message: err.Error(), Hint: hint}
}

// readCurves reads the curves, of runs that have a result.
func (c *Comparison) readCurves() error {
	path := filepath.Join(c.dir, curvesFile)
	f, err := os.Open(path)
	if err != nil {
		return noRecord(err, c.dir)
	}
	defer f.Close()
	damaged := func(why any) error {
		return &Problem{
			Message: fmt.Sprintf("%s: %v", path, why), Hint: "primewindow compare with -curves writes it anew",
		}
	}
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return damaged(err)
	}
	if len(rows) == 0 || len(rows[0]) < 3 || !slices.Equal(rows[0][:3], []string{"method", "seed", "epoch"}) {
		return damaged("want columns method, seed, epoch and quantities")
	}
	for i, row := range rows[1:] {
		seed, errSeed := strconv.Atoi(row[1])
		epoch, errEpoch := strconv.Atoi(row[2])
		if errSeed != nil || errEpoch != nil {
			return damaged(fmt.Sprintf("line %d: seed %q and epoch %q, want whole numbers", i+2, row[1], row[2]))
		}
		values := c.values(row[0], seed)
		for k, text := range row[3:] {
			if text == "" {
				continue
			}
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return damaged(fmt.Sprintf("line %d: %s %q, want a number", i+2, rows[0][k+3], text))
			}
			if values[rows[0][k+3]] == nil {
				values[rows[0][k+3]] = map[int]float64{}
			}
			values[rows[0][k+3]][epoch] = v
		}
	}
	c.curves = slices.DeleteFunc(c.curves, func(r runCurves) bool {
		return !slices.ContainsFunc(c.Runs, func(o wire.RunOutcome) bool {
			return o.Method == r.method && o.Seed == r.seed && o.Missing == ""
		})
	})
	return nil
}

// values are those of a run, as far as they have been read.
func (c *Comparison) values(method string, seed int) map[string]map[int]float64 {
	for _, r := range c.curves {
		if r.method == method && r.seed == seed {
			return r.values
		}
	}
	c.curves = append(c.curves, runCurves{method, seed, map[string]map[int]float64{}})
	return c.curves[len(c.curves)-1].values
}

// Quantities are what [Comparison.Curves] knows: "accuracy fused head", "accuracy audio linear", "fisher_emp audio" and
// so on, in alphabetical order.
func (c *Comparison) Quantities() []string {
	all := map[string]bool{}
	for _, r := range c.curves {
		for name := range r.values {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// Curves are a quantity's, one for each method that has it, in the order of the table. Accuracies are those on the
// validation split, from 0 to 1; the test split was measured once for each run, see [Comparison.Table]. A curve is at
// the epochs at which all of the method's seeds have a value. There are none of an unknown quantity.
func (c *Comparison) Curves(quantity string) []Curve {
	var list []Curve
	for _, m := range c.Methods {
		var runs []map[int]float64
		for _, r := range c.curves {
			if v := r.values[quantity]; r.method == m.Method && v != nil {
				runs = append(runs, v)
			}
		}
		if curve := meanCurve(m.Method, runs); len(curve.X) > 0 {
			list = append(list, curve)
		}
	}
	return list
}

// meanCurve is the mean of runs at the epochs that all of them have.
func meanCurve(name string, runs []map[int]float64) Curve {
	c := Curve{Name: name}
	if len(runs) == 0 {
		return c
	}
	n := float64(len(runs))
	for _, epoch := range slices.Sorted(maps.Keys(runs[0])) {
		sum, square := 0.0, 0.0
		all := true
		for _, r := range runs {
			v, ok := r[epoch]
			sum, all = sum+v, all && ok
		}
		if !all {
			continue
		}
		for _, r := range runs {
			square += (r[epoch] - sum/n) * (r[epoch] - sum/n)
		}
		c.X, c.Y = append(c.X, float64(epoch)), append(c.Y, sum/n)
		if len(runs) > 1 {
			c.SD = append(c.SD, math.Sqrt(square/(n-1)))
		}
	}
	return c
}

// Band says in words what the SD of [Comparison.Curves] is.
func (c *Comparison) Band() string {
	least, most := c.Seeds, 0
	for _, m := range c.Methods {
		n := len(report.SeedsOf(&c.Compared, m.Method))
		least, most = min(least, n), max(most, n)
	}
	if least == most {
		return fmt.Sprintf("± 1 standard deviation over %d seeds", most)
	}
	return fmt.Sprintf("± 1 standard deviation over %d to %d seeds", least, most)
}

// Run declares the run of a method and a seed once more, as it was declared then, under a name of its own. It does no
// work, like [Open]. With PRIMEWINDOW_SMOKE=1 it is on made data, at the smallest size.
func (c *Comparison) Run(method string, seed int, options ...Option) *Run {
	name := fmt.Sprintf("%s-%s-seed%d", filepath.Base(c.dir), method, seed)
	all := []Option{Method(method), Seed(seed)}
	i := slices.IndexFunc(c.Methods, func(m wire.MethodResult) bool { return m.Method == method })
	switch {
	case i < 0:
		all = append(all, func(d *declaration) {
			var names []string
			for _, m := range c.Methods {
				names = append(names, m.Method)
			}
			d.fail(fmt.Sprintf("%s: no method %q", c.dir, method), "the methods are "+strings.Join(names, ", "))
		})
	case smoke():
		all = append(all, Data("synth"))
	default:
		m := c.Methods[i]
		all = append(all, Data(c.Data), Epochs(m.Epochs))
		for _, setting := range slices.Sorted(maps.Keys(m.Settings)) {
			all = append(all, With(setting, m.Settings[setting]))
		}
	}
	return Open(name, append(all, options...)...)
}

func smoke() bool { return os.Getenv("PRIMEWINDOW_SMOKE") == "1" }
