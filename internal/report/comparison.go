package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/wire"
)

// comparison is a comparison under the name that its tables call it by.
type comparison struct {
	*wire.Compared
	name string
}

// Comparison is the table of a comparison: of each method mean ± standard deviation over its seeds, and under it the
// paired difference to the baseline with its interval and p.
func Comparison(c *wire.Compared, name string) Grid { return comparison{c, name}.grid() }

// Pairs is the table of a method less another one, seed by seed. Where no seed has both it is an error.
func Pairs(c *wire.Compared, name, method, other string) (Grid, error) {
	return comparison{c, name}.pairs(method, other)
}

// grid is the table of accuracies.
func (c comparison) grid() Grid {
	quantities := c.accuracies()
	g := Grid{Caption: c.name + ": accuracy " + c.what(), Head: []string{"method", "seeds", "epoch"}}
	for _, q := range quantities {
		g.Head = append(g.Head, Column(q, q.String(), c.Comparisons))
	}
	for _, m := range c.Methods {
		row := []Entry{{Text: m.Method}, {Text: c.counted(m.Method)}, {Text: c.epochs(m.Method)}}
		for _, q := range quantities {
			row = append(row, resultEntry(m, q))
		}
		g.Rows = append(g.Rows, row)
	}
	if len(c.Methods) > 1 {
		g.Notes = append(g.Notes, Legend(c.Baseline, Differences(c.Compared)))
	}
	g.Notes = append(g.Notes, c.notes()...)
	return g
}

// notes are the sentences below a comparison's tables: what may be claimed, how rates and epochs were chosen, what is
// missing.
func (c comparison) notes() []string {
	list := slices.Concat(Claims(c.Compared), Choices(c.Compared))
	for _, r := range c.Runs {
		if r.Missing != "" {
			list = append(
				list, fmt.Sprintf("%s has no result: %s.", r.Run, strings.TrimSuffix(wire.JoinLines(r.Missing), ".")),
			)
		}
		if r.Warning != "" {
			list = append(list, r.Run+": "+wire.JoinLines(r.Warning)+".")
		}
	}
	return list
}

// accuracies are all that any method has, those of every model first.
func (c comparison) accuracies() []wire.Quantity {
	var list []wire.Quantity
	for _, m := range c.Methods {
		for _, a := range m.Accuracies {
			if !slices.Contains(list, a.Quantity) {
				list = append(list, a.Quantity)
			}
		}
	}
	return list
}

// what says of accuracies where they are measured and what over.
func (c comparison) what() string {
	seeds := "seed 0"
	if c.Seeds > 1 {
		seeds = overSeeds(c.Seeds)
	}
	return fmt.Sprintf(
		"in percent on the %s of %s (%d samples), %s; %s.", splitName(c.Split), c.Data, c.Samples, seeds,
		Epoch(c.Select, c.Split, c.Unfit),
	)
}

// splitName is the split of accuracies in words.
func splitName(split string) string {
	if split == "val" {
		return "validation split, for want of a test split,"
	}
	return split + " split"
}

// overSeeds says what stands in a table of several seeds.
func overSeeds(n int) string {
	return fmt.Sprintf("mean ± standard deviation over seeds 0 to %d", n-1)
}

// counted is how many seeds of a method have a result.
func (c comparison) counted(method string) string {
	return ofSeeds(len(SeedsOf(c.Compared, method)), c.Seeds)
}

// ofSeeds is how many seeds have a result, and of how many where some have none.
func ofSeeds(have, all int) string {
	if have < all {
		return fmt.Sprintf("%d of %d", have, all)
	}
	return fmt.Sprint(have)
}

// epochs are those at which the runs of a method count.
func (c comparison) epochs(method string) string {
	var list []int
	for _, r := range c.Runs {
		if r.Method == method && r.Missing == "" {
			list = append(list, r.Epoch)
		}
	}
	return span(list)
}

// span is the smallest and the largest of some epochs; "-" where there are none.
func span(epochs []int) string {
	if len(epochs) == 0 {
		return "-"
	}
	first, last := slices.Min(epochs), slices.Max(epochs)
	if first == last {
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d to %d", first, last)
}

// meanText is a mean accuracy in percent with its standard deviation over seeds; "-" where there is none.
func meanText(list []wire.Summary, q wire.Quantity) string {
	i := slices.IndexFunc(list, func(s wire.Summary) bool { return s.Quantity == q })
	switch {
	case i < 0:
		return "-"
	case list[i].SD == nil:
		return fmt.Sprintf("%.1f", 100*list[i].Mean)
	}
	return fmt.Sprintf("%.1f ± %.1f", 100*list[i].Mean, 100**list[i].SD)
}

func resultEntry(m wire.MethodResult, q wire.Quantity) Entry {
	e := Entry{Text: meanText(m.Accuracies, q)}
	i := slices.IndexFunc(m.Differences, func(d wire.Difference) bool { return d.Quantity == q })
	if i < 0 {
		return e
	}
	d := m.Differences[i]
	e.Bold = d.Excludes0
	if d.P == nil {
		e.Small = []string{Signed(d.Mean, 1)}
		if d.Seeds > 1 {
			e.Small[0] += " with each seed"
		}
		return e
	}
	e.Small = []string{
		fmt.Sprintf("%s (%s to %s)", Signed(d.Mean, 1), Signed(*d.Low, 1), Signed(*d.High, 1)),
		"p " + Probability(*d.Holm),
	}
	return e
}

// pairs has a row for each accuracy that both methods have.
func (c comparison) pairs(method, other string) (Grid, error) {
	g := Grid{
		Caption: fmt.Sprintf(
			"%s: %s less %s, in percentage points on the %s split, seed by seed.", c.name, method, other, c.Split,
		),
	}
	of := func(method string, seed int, q wire.Quantity) (float64, bool) {
		for _, r := range c.Runs {
			for _, a := range r.Accuracies {
				if r.Method == method && r.Seed == seed && a.Quantity == q {
					return a.Value, true
				}
			}
		}
		return 0, false
	}
	g.Head = []string{"accuracy"}
	for seed := range c.Seeds {
		g.Head = append(g.Head, fmt.Sprintf("seed %d", seed))
	}
	g.Head = append(g.Head, "mean")
	for _, q := range c.accuracies() {
		row, sum, n := []Entry{{Text: q.String()}}, 0.0, 0
		for seed := range c.Seeds {
			a, known := of(method, seed, q)
			b, too := of(other, seed, q)
			if !known || !too {
				row = append(row, Entry{Text: "-"})
				continue
			}
			row = append(row, Entry{Text: Signed(a-b, 1)})
			sum, n = sum+a-b, n+1
		}
		if n > 0 {
			g.Rows = append(g.Rows, append(row, Entry{Text: Signed(sum/float64(n), 1)}))
		}
	}
	if len(g.Rows) == 0 {
		return g, &wire.Problem{
			Message: fmt.Sprintf("%s: no seed has a result of both %s and %s", c.name, method, other),
			Hint:    "wb.ReadComparison(...).Table() shows what there is",
		}
	}
	return g, nil
}

// SeedsOf are the seeds of a method that have a result.
func SeedsOf(c *wire.Compared, method string) []int {
	var list []int
	for _, r := range c.Runs {
		if r.Method == method && r.Missing == "" {
			list = append(list, r.Seed)
		}
	}
	return list
}
