package draw

import (
	"fmt"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/wire"
)

// actingNotes say with which seed the method whose map is drawn acted, and when, as far as a record knows. They read
// the shares of steps in which the method regulated, epoch by epoch, up to the chosen epoch: later ones have no part in
// the map. A record that was made before these shares were kept may still tell: a map that is equal to joint
// training's, point by point, is of the same weights.
func (d drawing) actingNotes() []string {
	i := slices.IndexFunc(d.Arms, func(a wire.ReproducedArm) bool { return strings.HasPrefix(a.Method, "inforeg") })
	if i < 0 || len(d.Arms[i].Runs) == 0 || len(d.Arms[i].Runs[0].Maps) == 0 {
		return nil
	}
	a := d.Arms[i]
	run := a.Runs[0]
	var when []string
	known := false
	for _, m := range d.Modalities {
		c, ok := run.Curve(wire.Acted + " " + m)
		if !ok {
			continue
		}
		known = true
		var list []interval
		for k, v := range c.Values {
			// A value at epoch e is of the steps between e-1 and e.
			if v > 0 && c.Epochs[k] <= float64(run.Epoch) {
				list = append(list, interval{from: c.Epochs[k] - 1, to: c.Epochs[k]})
			}
		}
		for _, s := range countSpans([][]interval{list}) {
			when = append(when, fmt.Sprintf("%s from epoch %g to %g", m, s.from, s.to))
		}
	}
	at := fmt.Sprintf("seed %d, whose chosen epoch is %d", run.Seed, run.Epoch)
	switch {
	case !known && d.sameMaps(a):
		return []string{
			fmt.Sprintf(
				"Up to its chosen epoch, %d, %s did not act: its map is that of joint training, point by point.",
				run.Epoch, a.Name,
			),
		}
	case !known:
		return []string{"When " + a.Name + " acted is not on record."}
	case len(when) > 0 && d.Searched > 1:
		return []string{
			fmt.Sprintf(
				"%s acted on %s with %s: the first of seeds 0 to %d with which it acted by then.", a.Name,
				strings.Join(when, ", "), at, d.Searched-1,
			),
		}
	case len(when) > 0:
		return []string{fmt.Sprintf("%s acted on %s with %s.", a.Name, strings.Join(when, ", "), at)}
	case d.Searched > 1:
		return []string{
			fmt.Sprintf(
				"%s acted by the chosen epoch with none of the seeds 0 to %d: nothing in its map, of seed %d, is "+
					"its doing.",
				a.Name, d.Searched-1, run.Seed,
			),
		}
	}
	return []string{fmt.Sprintf("%s did not act with %s: nothing in its map is its doing.", a.Name, at)}
}

// sameMaps reports whether the map of an arm is that of another one.
func (d drawing) sameMaps(a wire.ReproducedArm) bool {
	return slices.ContainsFunc(d.Arms, func(b wire.ReproducedArm) bool {
		return b.Name != a.Name && len(b.Runs) > 0 && len(b.Runs[0].Maps) > 0 && slices.Equal(
			a.Runs[0].Maps[0].Points, b.Runs[0].Maps[0].Points,
		)
	})
}
