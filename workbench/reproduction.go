package workbench

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/report"
	"github.com/primewindow/primewindow/internal/wire"
)

// Reproduction is the record of a table or figure of the paper that `primewindow reproduce` made on a set. It is plain
// values, read once; no host is needed.
type Reproduction struct {
	wire.Reproduction
	path string
}

// ReadReproduction reads a record, relative to the notebook's folder.
func ReadReproduction(path string) (r *Reproduction) {
	cell(func(ctx context.Context, _ *screen) (err error) {
		r, err = ReadReproductionContext(ctx, path)
		return err
	})
	return r
}

// ReadReproductionContext is [ReadReproduction] for programs. What is damaged, cut short, or of another schema is a
// [Problem] of one line.
func ReadReproductionContext(_ context.Context, path string) (*Reproduction, error) {
	r, err := wire.ReadReproduction(path)
	if err != nil {
		return nil, err
	}
	return &Reproduction{report.UpgradedReproduction(*r), path}, nil
}

// ReproductionRecord is a record as it is kept and as a program holds it.
type ReproductionRecord = wire.Reproduction

// Reproduced wraps a record that a program holds already.
func Reproduced(r *ReproductionRecord) *Reproduction {
	return &Reproduction{Reproduction: report.UpgradedReproduction(*r)}
}

// Draw shows what the record's figure in the paper shows, or of a table its accuracies and its differences. The host
// draws; nothing is trained. With numbers it shows those figures alone, counted from 1: of a table 1 is the accuracies,
// 2 the differences. Outside a notebook each is kept as figures/TARGET-SET-N.png below the working folder.
func (r *Reproduction) Draw(numbers ...int) {
	cell(func(ctx context.Context, out *screen) error {
		list, err := r.DrawContext(ctx)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			out.print(fmt.Sprintf("%s on %s: nothing to draw, no run has a result", r.Target, r.Data))
		}
		for _, n := range numbers {
			if n < 1 || n > len(list) {
				return &Problem{
					Message: fmt.Sprintf("%s on %s: figure %d, it has %d", r.Target, r.Data, n, len(list)),
					Hint:    "Draw() without a number shows all",
				}
			}
		}
		for i, f := range list {
			if len(numbers) > 0 && !slices.Contains(numbers, i+1) {
				continue
			}
			if err := out.figure(&f, ".", fmt.Sprintf("%s-%s-%d", r.Target, r.Data, i+1)); err != nil {
				return err
			}
		}
		return nil
	})
}

// DrawContext is [Reproduction.Draw] for programs: the figures in order, none of a record without any result.
func (r *Reproduction) DrawContext(ctx context.Context) ([]Figure, error) {
	c, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	tell(ctx, nil)
	var list []Figure
	return list, c.call(ctx, "POST", "/reproduction/draw", r.Reproduction, &list)
}

// Quantities are what [Reproduction.Curves] knows, in alphabetical order.
func (r *Reproduction) Quantities() []string {
	all := map[string]bool{}
	for _, a := range r.Arms {
		for _, run := range a.Runs {
			for _, c := range run.Curves {
				all[c.Quantity] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// Curves are a quantity's, one for each arm that has it, in the order of the record: the mean over its seeds and the
// standard deviation between them, at the epochs at which all of them have a value. There are none of an unknown
// quantity.
func (r *Reproduction) Curves(quantity string) []Curve {
	var list []Curve
	for _, a := range r.Arms {
		var runs []map[int]float64
		for _, run := range a.Runs {
			c, ok := run.Curve(quantity)
			if !ok {
				continue
			}
			at := map[int]float64{}
			for i, e := range c.Epochs {
				at[int(math.Round(e))] = c.Values[i]
			}
			runs = append(runs, at)
		}
		if curve := meanCurve(a.Name, runs); len(curve.X) > 0 {
			list = append(list, curve)
		}
	}
	return list
}

// Band says in words what the SD of [Reproduction.Curves] is.
func (r *Reproduction) Band() string {
	return fmt.Sprintf("± 1 standard deviation over %d seeds", r.Seeds)
}

// Run declares the run of an arm and a seed once more, as it was declared then, under a name of its own. It does no
// work, like [Open]. With PRIMEWINDOW_SMOKE=1 it is on made data, at the smallest size.
func (r *Reproduction) Run(arm string, seed int, options ...Option) *Run {
	i := slices.IndexFunc(r.Arms, func(a wire.ReproducedArm) bool { return a.Name == arm })
	name := fmt.Sprintf("%s-%s-%d-seed%d", r.Target, r.Data, i, seed)
	all := []Option{Seed(seed)}
	switch {
	case i < 0:
		name = fmt.Sprintf("%s-%s-seed%d", r.Target, r.Data, seed)
		all = append(all, func(d *declaration) {
			d.fail(fmt.Sprintf("%s: no arm %q", r.path, arm), "the arms are "+strings.Join(r.names(), ", "))
		})
	case smoke():
		all = append(all, Data("synth"), Method(r.Arms[i].Method))
	default:
		a := r.Arms[i]
		all = append(all, Data(r.Data), Method(a.Method))
		settings := maps.Clone(r.Shared)
		maps.Copy(settings, a.Settings)
		settings["lr"] = a.LR
		settings["epochs"] = float64(a.Epochs)
		for _, run := range a.Runs {
			if run.Seed == seed && run.Window != "" { // of a control it is the seed's own
				settings["window"] = run.Window
			}
		}
		for _, setting := range slices.Sorted(maps.Keys(settings)) {
			all = append(all, With(setting, settings[setting]))
		}
	}
	return Open(name, append(all, options...)...)
}

func (r *Reproduction) names() []string {
	var list []string
	for _, a := range r.Arms {
		list = append(list, a.Name)
	}
	return list
}
