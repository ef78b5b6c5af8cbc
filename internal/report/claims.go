package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/holm"
	"github.com/primewindow/primewindow/internal/wire"
)

// significant is the level below which p after Holm's correction is claimed.
const significant = 0.05

// familyNames are the families of comparisons as tables name them, the primary one first.
var familyNames = []struct{ family, name string }{
	{wire.FamilyPrimary, "Primary, the fused accuracy"}, {wire.FamilySecondary, "Secondary, all other readouts"},
}

// Families says what p is corrected for: the sizes of the families that a table's differences form. It is empty where
// there are none.
func Families(list []wire.Difference) string {
	sizes := map[string]int{}
	for _, d := range list {
		sizes[d.Family]++
	}
	primary, secondary := sizes[wire.FamilyPrimary], sizes[wire.FamilySecondary]
	switch {
	case primary > 0 && secondary > 0:
		return fmt.Sprintf("The fused accuracy is the primary readout: the correction accounts for its %s over the "+
			"methods. "+
			"All other readouts are secondary, a family of their "+
			"own of %s.", comparisons(primary), comparisons(secondary))
	case primary > 0:
		return fmt.Sprintf(
			"The correction accounts for %s of the fused accuracy over the methods.", comparisons(primary),
		)
	case secondary > 0:
		return fmt.Sprintf("The fused accuracy, the primary readout, was not compared. "+
			"The correction accounts for %s of secondary ones.", comparisons(secondary))
	}
	return ""
}

// Column heads the column of a readout that is called so: the primary one is marked where there are comparisons.
func Column(q wire.Quantity, name string, comparisons int) string {
	if comparisons > 0 && wire.FamilyOf(q) == wire.FamilyPrimary {
		return name + ", primary"
	}
	return name
}

func comparisons(n int) string { return Counted(n, "comparison", "comparisons") }

// Legend says what stands below each accuracy of a table that shows differences in its cells.
func Legend(baseline string, list []wire.Difference) string {
	text := fmt.Sprintf("Below each accuracy: its difference to %s in percentage points, paired by seed, "+
		"with the interval of 95 %% by Student's t, and p after Holm's correction.", baseline)
	if families := Families(list); families != "" {
		text += " " + families
	}
	return text + " Bold (in plain text *): the interval, uncorrected, excludes 0."
}

// Claims says which differences of a comparison there are, and how many were looked for, family by family.
func Claims(c *wire.Compared) []string {
	var list []string
	if len(c.Methods) > 1 && c.Baseline != "joint" {
		list = append(list, fmt.Sprintf("joint is not among the methods: differences are to %s, the first of them.",
			c.Baseline))
	}
	switch {
	case len(c.Methods) == 1:
		return list
	case c.Seeds == 1:
		return append(list, "With one seed a difference has no interval: none is claimed.")
	case c.Comparisons == 0:
		return append(list, "No seed has a result of both methods of a pair: nothing was compared.")
	}
	for _, f := range familyNames {
		if text := claim(c, f.family, f.name); text != "" {
			list = append(list, text)
		}
	}
	if c.Schema < wire.FamilySchema {
		list = append(list, OldFamilies)
	}
	return list
}

// OldFamilies is said below a table of a record that was made before there were families.
const OldFamilies = "The record was made before comparisons were in families: p is corrected anew, by the p on record."

// claim is what one family comes to.
func claim(c *wire.Compared, family, name string) string {
	var outside, corrected []string
	all, equal := 0, 0
	for _, m := range c.Methods {
		for _, d := range m.Differences {
			if d.Family != family {
				continue
			}
			all++
			called := m.Method + " " + d.String()
			if d.P == nil && d.Seeds > 1 {
				equal++
			}
			if d.Excludes0 {
				outside = append(outside, called)
			}
			if d.Holm != nil && *d.Holm < significant {
				corrected = append(corrected, called)
			}
		}
	}
	if all == 0 {
		return ""
	}
	text := fmt.Sprintf("%s: %s. The interval excludes 0 for %s; "+
		"after Holm's correction for their number p is below %g for %s.",
		name, comparisons(all), Listed(outside), significant, Listed(corrected))
	if equal > 0 {
		text += fmt.Sprintf(" %s no interval: the difference is the same with every seed, and nothing is known of "+
			"its spread.",
			Counted(equal, "comparison has", "comparisons have"))
	}
	return text
}

// Differences are all of a comparison's, to the baseline.
func Differences(c *wire.Compared) []wire.Difference {
	var list []wire.Difference
	for _, m := range c.Methods {
		list = append(list, m.Differences...)
	}
	return list
}

// Counted is a number with its noun.
func Counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Listed joins names by commas; none where there are none.
func Listed(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// Upgraded is a comparison whose differences are in families: of schema 1 a copy that is corrected anew.
func Upgraded(c wire.Compared) wire.Compared {
	if c.Schema >= wire.FamilySchema {
		return c
	}
	c.Methods = slices.Clone(c.Methods)
	var all []*wire.Difference
	for i := range c.Methods {
		all = append(all, copied(&c.Methods[i].Differences)...)
	}
	holm.Correct(all)
	return c
}

// copied replaces a list by a copy, and gives pointers into that.
func copied(list *[]wire.Difference) (all []*wire.Difference) {
	*list = slices.Clone(*list)
	for i := range *list {
		all = append(all, &(*list)[i])
	}
	return all
}

// UpgradedReproduction is a record whose differences are in families: of schema 1 a copy that is corrected anew.
func UpgradedReproduction(r wire.Reproduction) wire.Reproduction {
	if r.Schema >= wire.FamilySchema {
		return r
	}
	r.Arms = slices.Clone(r.Arms)
	var all []*wire.Difference
	for i := range r.Arms {
		all = append(all, copied(&r.Arms[i].Differences)...)
		for _, d := range copied(&r.Arms[i].Apart) {
			d.Family, d.FamilySize = wire.FamilyNone, 1
		}
	}
	holm.Correct(all)
	return r
}
