package setting

import (
	"fmt"
	"strconv"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/wire"
)

// Complete completes what was asked for with the defaults that suit the set. notes are what differs from the usual
// because the set is small: they are told once, when the run begins, and stand in its manifest. A batch that was asked
// for is never made smaller: that one does not fit is an error where the run is made.
func Complete(asked map[string]any, set data.Dataset) (settings Values, notes []string, err error) {
	desc := set.Describe()
	if settings, err = Resolve(asked, &desc); err != nil {
		return nil, nil, err
	}
	n := set.Len(data.Train)
	if _, given := asked["batch"]; !given && n < settings.Batch() && n >= leastBatch {
		usual := settings.Batch()
		settings["batch"] = float64(fittingBatch(n))
		notes = append(
			notes,
			fmt.Sprintf(
				"batch of %d in place of %d: the training split of %s has %d samples", settings.Batch(), usual,
				desc.Name, n,
			),
		)
	}
	// such measurements are left out without an error, hence the note
	never := inforeg.Schedule{}
	if set.Len(
		data.Validation,
	) == 0 && (settings.Schedule(ProbeAccuracy) != never || settings.Schedule(ProbeLinear) != never) {
		notes = append(notes, fmt.Sprintf("no accuracies while it trains: %s has no validation samples", desc.Name))
	}
	// the error is that of whoever makes the run
	if perEpoch, err := StepsPerEpoch(settings, set); err == nil {
		notes = append(notes, testNotes(settings, perEpoch)...)
	}
	return settings, notes, nil
}

// testNotes say when a method that acts by the window test can act first. An interval counted in samples or steps need
// not end with an epoch, so that both are told.
func testNotes(settings Values, perEpoch int) []string {
	if when, _ := settings["window"].(string); when != method.WindowAuto && when != method.WindowOutside {
		return nil
	}
	clock, _ := settings.Clock(perEpoch)
	first := 2 * clock.Interval // eq. 11 reads two traces
	note := fmt.Sprintf("the prime learning window is tested every %s (%s), first after step %d, which is epoch %s",
		wire.Plural(clock.Interval, "step"), wire.Plural(clock.Interval*clock.Batch, "sample"), first,
		strconv.FormatFloat(clock.Epochs(2), 'g', 3, 64))
	if planned := settings.Epochs() * perEpoch; planned <= first {
		note += fmt.Sprintf(": not within the %s that are planned", wire.Plural(settings.Epochs(), "epoch"))
	}
	return []string{note}
}

// leastBatch is the fewest samples of a step: signs have no balance and gradients no noise below two.
const leastBatch = 2

// fittingBatch is the largest batch that so many samples fill, an even number: what is measured by balanced signs
// halves it.
func fittingBatch(samples int) int { return samples / 2 * 2 }

// StepsPerEpoch is how many whole batches the training split has. What is left over is not trained on in that epoch: a
// batch of another size would need a graph of its own.
func StepsPerEpoch(settings Values, set data.Dataset) (int, error) {
	batch, n := settings.Batch(), set.Len(data.Train)
	if n >= batch {
		return n / batch, nil
	}
	p := &wire.Problem{
		Message: fmt.Sprintf("batch of %d: the training split of %s has %d samples", batch, set.Describe().Name, n),
		Hint: fmt.Sprintf(
			"set a smaller batch: -set batch=%d, in a cell Batch(%d); without a batch of your own the largest that "+
				"fits is taken",
			fittingBatch(n), fittingBatch(n),
		),
	}
	if n < leastBatch {
		p.Hint = fmt.Sprintf("a set needs %d training samples at least", leastBatch)
	}
	return 0, p
}
