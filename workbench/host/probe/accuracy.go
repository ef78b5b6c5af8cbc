package probe

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// Slice cuts samples [from, to) out of a batch. The values are those of the batch and not copies: nothing writes
// to either.
func (now *Moment) Slice(b *data.Batch, from, to int) *data.Batch {
	part := &data.Batch{Indices: b.Indices[from:to], Labels: b.Labels[from:to], X: map[string][]float32{}}
	for _, m := range now.Engine.Model.Modalities {
		part.X[m.Name] = b.X[m.Name][from*m.Size() : to*m.Size()]
	}
	return part
}

// Pass runs a split, or the given positions of it, through the model in eval mode and hands out each batch's rows:
// logits and features have n rows. They are copies, which use may keep. The next batches are read while one is
// computed, without augmentation. After an error what is being read is let go.
func (now *Moment) Pass(
	vars []*tensors.Tensor, split data.Split, indices []int, use func(labels []int32, got engine.Rows) error,
) error {
	size := now.Base.Batch()
	read := func(place int) func() (*data.Batch, error) {
		// a copy, for it is appended to, and another goroutine reads it
		want := slices.Clone(indices[place*size:][:min(size, len(indices)-place*size)])
		for len(want) < size { // filled up, so that one graph serves all
			want = append(want, indices[0])
		}
		return func() (*data.Batch, error) { return now.Set.Read(split, want, 0) }
	}
	var batches stream.Ahead
	for from := 0; from < len(indices); from += size {
		n := min(size, len(indices)-from)
		b, err := batches.Take(from/size, (len(indices)+size-1)/size, read)
		if err != nil {
			return err
		}
		if err := CheckLabels(b, now.Engine.Model.Classes); err != nil {
			return err
		}
		got, err := now.Engine.Evaluate(vars, b)
		if err != nil {
			return err
		}
		// rows of the samples that only filled the batch up are cut off
		got.Logits = got.Logits[:len(got.Logits)/size*n]
		for _, part := range []map[string][]float32{got.Unimodal, got.Separate, got.Features} {
			for m, v := range part {
				part[m] = v[:len(v)/size*n]
			}
		}
		if err := use(b.Labels[:n], got); err != nil {
			return err
		}
	}
	return nil
}

// evaluate measures, on a split, accuracy and mean cross entropy of the fused prediction and of each modality by the
// head's own unimodal readout. The macro F1 is left out, as a run does not measure it by itself.
func (now *Moment) evaluate(split data.Split) ([]wire.Record, error) {
	list, _, err := now.Scores(split)
	return list, err
}

// Scores measures on a split accuracy, mean cross entropy and, apart, the macro F1 of the fused prediction. What is
// given as also sees what each batch came to, so that what else is read on the split needs no further pass. Losses are
// kept sample by sample, for their standard error. Positions are all of the split, in order, so that sums come out the
// same each time.
func (now *Moment) Scores(
	split data.Split, also ...func(labels []int32, got engine.Rows),
) ([]wire.Record, wire.Record, error) {
	n := now.Set.Len(split)
	if n == 0 {
		return nil, wire.Record{}, &wire.Problem{
			Message: fmt.Sprintf("data %s has no samples in split %s", now.Base.Data(), split),
			Hint:    "choose another split",
		}
	}
	hits := map[string]int{}
	losses, f1 := map[string][]float64{}, newClassCounts(now.Engine.Model.Classes)
	count := func(name string, labels []int32, logits []float32) {
		classes := now.Engine.Model.Classes
		for i, y := range labels {
			row := logits[i*classes : (i+1)*classes]
			if argMax(row) == int(y) {
				hits[name]++
			}
			losses[name] = append(losses[name], CrossEntropy(row, int(y)))
		}
	}
	err := now.Pass(now.State.Vars, split, data.Positions(n), func(labels []int32, got engine.Rows) error {
		count(wire.Fused, labels, got.Logits)
		f1.addRows(labels, got.Logits)
		for m, logits := range got.Unimodal {
			count(m, labels, logits)
		}
		for m, logits := range got.Separate {
			count(separateName(m), labels, logits)
		}
		for _, see := range also {
			see(labels, got)
		}
		return nil
	})
	if err != nil {
		return nil, wire.Record{}, err
	}
	var records []wire.Record
	// two records of each: counted is the name under which hits and losses are
	add := func(name, readout, counted string) {
		records = append(records, now.accuracy(name, readout, split, hits[counted], n))
		mean, se := inforeg.MeanError(losses[counted])
		rec := now.blank("cross_entropy", name)
		rec.Value, rec.SE, rec.Loss = mean, record.Known(se),
			cmp.Or(map[string]string{wire.Fused: wire.Fused}[name], "unimodal")
		rec.Labels, rec.BN, rec.N = "observed", setting.BNRunning, n
		rec.Split, rec.Readout = string(split), readout
		records = append(records, rec)
	}
	add(wire.Fused, wire.ReadoutHead, wire.Fused)
	for _, m := range inforeg.ModalityNames(now.Engine.Model) {
		add(m, wire.ReadoutSplit, m)
	}
	if now.Engine.Model.Separate {
		for _, m := range inforeg.ModalityNames(now.Engine.Model) {
			add(m, wire.ReadoutSeparate, separateName(m))
		}
	}
	return records, now.f1Record(f1, split, n), nil
}

// separateName is under what a modality's own classifier is counted.
func separateName(modality string) string { return modality + "/" + wire.ReadoutSeparate }

// accuracy is the record of a share of hits among n samples, from 0 to 1.
func (now *Moment) accuracy(name, readout string, split data.Split, hits, n int) wire.Record {
	p := float64(hits) / float64(n)
	rec := now.blank(inforeg.KindAccuracy, name)
	rec.Value, rec.SE, rec.Loss, rec.Labels, rec.BN, rec.N = p, record.ShareError(p, n), "none", "observed",
		setting.BNRunning, n
	rec.Split, rec.Readout = string(split), readout
	return rec
}

// argMax is the place of the largest entry, of equal ones the first.
func argMax(row []float32) int {
	best := 0
	for i, v := range row {
		if v > row[best] {
			best = i
		}
	}
	return best
}

// CrossEntropy is -log softmax(row)[y], in nats. The largest entry is taken out before the exponential, so that
// none overflows.
func CrossEntropy(row []float32, y int) float64 {
	top, sum := float64(slices.Max(row)), 0.0
	for _, v := range row {
		sum += math.Exp(float64(v) - top)
	}
	return math.Log(sum) + top - float64(row[y])
}
