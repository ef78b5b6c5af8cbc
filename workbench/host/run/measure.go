package run

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// record puts measurements on record, all or none, but for those that are there already, and leaves of each what can be
// written, see [record.Settle].
func (r *Run) record(list ...wire.Record) error {
	var fresh []wire.Record
	for i := range list {
		if err := record.Settle(&list[i]); err != nil {
			return err
		}
		rec := list[i]
		key := record.Key(rec)
		have, err := r.rec.Of(rec.Step)
		if err != nil {
			return err
		}
		if have.Keys[key] && r.strict {
			if err := r.sameRecord(have.List, rec); err != nil {
				return err
			}
		}
		if have.Keys[key] || slices.ContainsFunc(fresh, func(other wire.Record) bool { return record.Key(other) == key }) {
			continue
		}
		put, err := r.putLost(rec)
		if err != nil {
			return err
		}
		if !put {
			fresh = append(fresh, rec)
		}
	}
	switch {
	case len(fresh) == 0:
		return nil
	case r.strict:
		return &otherStep{r.at, fmt.Sprintf("%s of %s is not on record", fresh[0].Kind, fresh[0].Encoder)}
	}
	return r.rec.Add(fresh)
}

// sameRecord wants a measurement to be the one on record, to the last digit.
func (r *Run) sameRecord(list []wire.Record, rec wire.Record) error {
	for _, have := range list {
		if record.Key(have) != record.Key(rec) {
			continue
		}
		if have.N == 1 && rec.SE == nil {
			have.SE = nil // an older version wrote 0 for an accuracy of one sample
		}
		was, err := json.Marshal(have)
		now, err2 := json.Marshal(rec)
		if err := errors.Join(err, err2); err != nil || bytes.Equal(was, now) {
			return err
		}
		return &otherStep{rec.Step, fmt.Sprintf("measured again, %s of %s is %v, on record is %v", rec.Kind, rec.Encoder, rec.Value, have.Value)}
	}
	return nil
}

// blank is a record of the present state.
func (r *Run) blank(kind, encoder string) wire.Record {
	return wire.Record{Step: r.at, Epoch: max(0, r.at-1) / r.perEpoch, Kind: kind, Encoder: encoder}
}

// afterStep puts on record what the step just taken measured, during it and after it, and at the end of an interval of
// the window test what was accumulated, and then commits the step: a run that is killed before that takes the step
// again. A replay, which finds the records there, measures nothing again.
func (r *Run) afterStep(settings setting.Values) error {
	r.unfinished = true
	if err := r.record(r.during...); err != nil {
		return err
	}
	r.during = nil
	if r.at%r.clock.Interval == 0 {
		running, err := r.running()
		if err != nil {
			return err
		}
		if err := r.record(append(r.accumulated(), running...)...); err != nil {
			return err
		}
	}
	if err := r.measureDue(settings, false); err != nil {
		return err
	}
	if r.at == r.recorded() && !r.strict {
		if err := r.rec.Commit(); err != nil {
			return err
		}
	}
	r.unfinished = false
	return nil
}

// accumulated are the numbers that an interval's steps added up to.
func (r *Run) accumulated() []wire.Record {
	var list []wire.Record
	for _, m := range r.eng.Model.Modalities {
		acc := r.released[m.Name]
		for _, sum := range []struct {
			kind  string
			value float64
		}{{inforeg.KindReleased, acc.Sum}, {inforeg.KindBatchSquare, acc.BatchSquare()}} {
			rec := r.blank(sum.kind, m.Name)
			rec.Value, rec.Loss, rec.Labels, rec.BN, rec.N = sum.value, "total", "observed", "batch", acc.Accumulated*r.base.Batch()
			list = append(list, rec)
		}
	}
	return list
}

// measureDue measures what the schedules ask for at the present step. At the start only traces are measured.
func (r *Run) measureDue(settings setting.Values, start bool) error {
	for _, probe := range probes {
		if probe.schedule == "" || !settings.Schedule(probe.schedule).Due(r.at, r.clock) || start && !probe.start {
			continue
		}
		there, err := r.measured(probe.records, probe.readout)
		if err != nil {
			return err
		}
		if there {
			continue
		}
		if probe.readout != "" && r.set.Len(data.Validation) == 0 { // the run's manifest notes it
			continue
		}
		list, err := probe.measure(r, settings)
		if err == nil {
			err = r.record(list...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// measured reports whether a measurement of the present step is on record already, in the run's own definition. What is
// put on record together is there as a whole, unless a part of it was lost since.
func (r *Run) measured(kind, readout string) (bool, error) {
	lost := r.mend != nil && (len(r.mend.lost[r.at]) > 0 || r.rec.Gap >= 0 && r.at >= r.rec.Gap)
	whole := kind != inforeg.KindCosine || len(r.ring[r.eng.Model.Modalities[0].Name]) == min(r.at, record.CosineBatches)
	if lost || r.strict && whole { // behind a snapshot some gradients are missing for a while
		return false, nil
	}
	have, err := r.rec.Of(r.at)
	if err != nil {
		return false, err
	}
	n := 0
	for _, rec := range have.List {
		if rec.Kind == kind && rec.Readout == readout && record.Scheduled(rec, r.base, r.rec.Changes) {
			n++
		}
	}
	if readout == wire.ReadoutHead {
		return n >= 1, nil
	}
	return n >= len(r.eng.Model.Modalities), nil
}

// fisher measures the exact Fisher trace of every encoder (paper eq. 7) on the probe samples, in the definition that
// the settings choose.
func (r *Run) fisher(settings setting.Values) ([]wire.Record, error) {
	p, err := inforeg.Probe{
		Kind: inforeg.KindFisherEmp, BN: settings.Text("probe_bn"), Weights: settings.Text("probe_params") == setting.ParamsWeights,
	}.Complete()
	if err != nil {
		return nil, err
	}
	return r.family(context.Background(), p, 0)
}

// fisherTrue measures the exact trace of the Fisher information itself in the same way.
func (r *Run) fisherTrue(settings setting.Values) ([]wire.Record, error) {
	p, err := inforeg.Probe{
		Kind: inforeg.KindFisherTrue, BN: settings.Text("probe_bn"), Weights: settings.Text("probe_params") == setting.ParamsWeights,
	}.Complete()
	if err != nil {
		return nil, err
	}
	return r.family(context.Background(), p, 0)
}

// slice cuts samples [from, to) out of a batch.
func (r *Run) slice(b *data.Batch, from, to int) *data.Batch {
	part := &data.Batch{Indices: b.Indices[from:to], Labels: b.Labels[from:to], X: map[string][]float32{}}
	for _, m := range r.eng.Model.Modalities {
		part.X[m.Name] = b.X[m.Name][from*m.Size() : to*m.Size()]
	}
	return part
}

// pass runs a split, or the given positions of it, through the model in eval mode and hands out each batch's
// rows: logits and features have n rows.
func (r *Run) pass(vars []*tensors.Tensor, split data.Split, indices []int, use func(labels []int32, r engine.Rows) error) error {
	size := r.base.Batch()
	read := func(place int) func() (*data.Batch, error) {
		want := slices.Clone(indices[place*size:][:min(size, len(indices)-place*size)])
		for len(want) < size { // filled up, so that one graph serves all
			want = append(want, indices[0])
		}
		return func() (*data.Batch, error) { return r.set.Read(split, want, 0) }
	}
	var batches ahead
	for from := 0; from < len(indices); from += size {
		n := min(size, len(indices)-from)
		b, err := batches.take(from/size, (len(indices)+size-1)/size, read)
		if err != nil {
			return err
		}
		if err := checkLabels(b, r.eng.Model.Classes); err != nil {
			return err
		}
		got, err := r.eng.Evaluate(vars, b)
		if err != nil {
			return err
		}
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

// evaluate measures, on a split, accuracy and mean cross entropy of the fused prediction and of each modality
// by the head's own unimodal readout.
func (r *Run) evaluate(split data.Split, _ setting.Values) ([]wire.Record, error) {
	list, _, err := r.scores(split)
	return list, err
}

// scores also gives the macro F1 of the fused prediction. also sees what each batch came to, so that what else is read
// on the split needs no further pass.
func (r *Run) scores(split data.Split, also ...func(labels []int32, got engine.Rows)) ([]wire.Record, wire.Record, error) {
	n := r.set.Len(split)
	if n == 0 {
		return nil, wire.Record{}, &wire.Problem{Message: fmt.Sprintf("data %s has no samples in split %s", r.base.Data(), split), Hint: "choose another split"}
	}
	hits := map[string]int{}
	losses, f1 := map[string][]float64{}, newClassCounts(r.eng.Model.Classes)
	count := func(name string, labels []int32, logits []float32) {
		classes := r.eng.Model.Classes
		for i, y := range labels {
			row := logits[i*classes : (i+1)*classes]
			if argMax(row) == int(y) {
				hits[name]++
			}
			losses[name] = append(losses[name], crossEntropy(row, int(y)))
		}
	}
	err := r.pass(r.st.Vars, split, data.Positions(n), func(labels []int32, got engine.Rows) error {
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
	add := func(name, readout, counted string) {
		records = append(records, r.accuracy(name, readout, split, hits[counted], n))
		mean, se := inforeg.MeanError(losses[counted])
		rec := r.blank("cross_entropy", name)
		rec.Value, rec.SE, rec.Loss = mean, record.Known(se), cmp.Or(map[string]string{wire.Fused: wire.Fused}[name], "unimodal")
		rec.Labels, rec.BN, rec.N = "observed", setting.BNRunning, n
		rec.Split, rec.Readout = string(split), readout
		records = append(records, rec)
	}
	add(wire.Fused, wire.ReadoutHead, wire.Fused)
	for _, m := range inforeg.ModalityNames(r.eng.Model) {
		add(m, wire.ReadoutSplit, m)
	}
	if r.eng.Model.Separate {
		for _, m := range inforeg.ModalityNames(r.eng.Model) {
			add(m, wire.ReadoutSeparate, separateName(m))
		}
	}
	return records, r.f1Record(f1, split, n), nil
}

// separateName is under what a modality's own classifier is counted.
func separateName(modality string) string { return modality + "/" + wire.ReadoutSeparate }

func (r *Run) accuracy(name, readout string, split data.Split, hits, n int) wire.Record {
	p := float64(hits) / float64(n)
	rec := r.blank(inforeg.KindAccuracy, name)
	rec.Value, rec.SE, rec.Loss, rec.Labels, rec.BN, rec.N = p, record.ShareError(p, n), "none", "observed", setting.BNRunning, n
	rec.Split, rec.Readout = string(split), readout
	return rec
}

func argMax(row []float32) int {
	best := 0
	for i, v := range row {
		if v > row[best] {
			best = i
		}
	}
	return best
}

// crossEntropy is -log softmax(row)[y], in nats.
func crossEntropy(row []float32, y int) float64 {
	top, sum := float64(slices.Max(row)), 0.0
	for _, v := range row {
		sum += math.Exp(float64(v) - top)
	}
	return math.Log(sum) + top - float64(row[y])
}

// featureRows are features of samples, [n, D] by modality, and the labels.
type featureRows struct {
	all    map[string][]float32
	labels []int32
}

// add takes up a batch.
func (f *featureRows) add(labels []int32, got engine.Rows) {
	if f.all == nil {
		f.all = map[string][]float32{}
	}
	f.labels = append(f.labels, labels...)
	for m, z := range got.Features {
		f.all[m] = append(f.all[m], z...)
	}
}

// features gives each modality's features of samples, [n, D] by modality, and the labels.
func (r *Run) features(split data.Split, indices []int) (map[string][]float32, []int32, error) {
	var f featureRows
	err := r.pass(r.st.Vars, split, indices, func(y []int32, got engine.Rows) error {
		f.add(y, got)
		return nil
	})
	return f.all, f.labels, err
}

// linear measures what a fresh linear classifier makes of each encoder's frozen features: fitted to training
// samples by least squares, read on the split. Split logits understate a modality that the head neglects; this
// readout does not.
func (r *Run) linear(split data.Split, settings setting.Values) ([]wire.Record, error) {
	n := r.set.Len(split)
	if n == 0 {
		return nil, &wire.Problem{Message: fmt.Sprintf("data %s has no samples in split %s", r.base.Data(), split), Hint: "choose another split"}
	}
	test, labels, err := r.features(split, data.Positions(n))
	if err != nil {
		return nil, err
	}
	return r.linearOn(split, featureRows{test, labels}, settings)
}

// linearOn is [Run.linear] with the features of all the split's samples.
func (r *Run) linearOn(split data.Split, test featureRows, settings setting.Values) ([]wire.Record, error) {
	train, trainLabels, err := r.features(data.Train, data.Spread(r.set.Len(data.Train), settings.Whole("linear_samples")))
	if err != nil {
		return nil, err
	}
	var records []wire.Record
	for _, m := range r.eng.Model.Modalities {
		predicted, err := leastSquares(train[m.Name], trainLabels, test.all[m.Name], r.eng.Model.Classes)
		if err != nil {
			return nil, fmt.Errorf("linear probe of %s: %w", m.Name, err)
		}
		hits := 0
		for i, y := range test.labels {
			if predicted[i] == int(y) {
				hits++
			}
		}
		records = append(records, r.accuracy(m.Name, wire.ReadoutLinear, split, hits, len(test.labels)))
	}
	return records, nil
}

// leastSquares fits a ridge regression from features, [n, D], to one-hot labels, and classifies the rows of
// test, [k, D]. Features are centred; the ridge is a thousandth of their mean variance, which only keeps
// dead features from making the system singular.
func leastSquares(train []float32, labels []int32, test []float32, classes int) ([]int, error) {
	n := len(labels)
	d := len(train) / n
	x := mat.NewDense(n, d, nil)
	mean := make([]float64, d)
	for i := range n {
		for j := range d {
			mean[j] += float64(train[i*d+j]) / float64(n)
		}
	}
	for i := range n {
		for j := range d {
			x.Set(i, j, float64(train[i*d+j])-mean[j])
		}
	}
	share := make([]float64, classes)
	for _, y := range labels {
		share[y] += 1 / float64(n)
	}
	target := mat.NewDense(n, classes, nil)
	for i, y := range labels {
		for c := range classes {
			target.Set(i, c, -share[c])
		}
		target.Set(i, int(y), 1-share[y])
	}
	var gram mat.SymDense
	gram.SymOuterK(1, x.T())
	ridge := 1e-3*mat.Trace(&gram)/float64(d) + 1e-12
	for j := range d {
		gram.SetSym(j, j, gram.At(j, j)+ridge)
	}
	var chol mat.Cholesky
	if !chol.Factorize(&gram) {
		return nil, fmt.Errorf("features of %d samples are not finite", n)
	}
	var moment, weights mat.Dense
	moment.Mul(x.T(), target)
	if err := chol.SolveTo(&weights, &moment); err != nil {
		return nil, err
	}
	k := len(test) / d
	predicted := make([]int, k)
	scores := make([]float32, classes)
	for i := range k {
		for c := range classes {
			sum := share[c]
			for j := range d {
				sum += (float64(test[i*d+j]) - mean[j]) * weights.At(j, c)
			}
			scores[c] = float32(sum)
		}
		predicted[i] = argMax(scores)
	}
	return predicted, nil
}

// probe is what a run can measure: by itself where it has a schedule, and when it is asked for where it has a kind.
type probe struct {
	schedule string // setting behind "every."; empty: not by itself
	kind     string // under which it is asked for; empty: not by itself to be had
	start    bool   // before the first step too
	records  string // kind of the records by which one sees that it was measured
	readout  string // of these
	measure  func(*Run, setting.Values) ([]wire.Record, error)
}

// probes are all of them, in the order in which they are measured after a step.
var probes = []probe{
	{setting.ProbeCosine, "", false, inforeg.KindCosine, "", (*Run).cosine},
	{setting.ProbeNoise, setting.ProbeNoise, false, wire.KindNoise, "", (*Run).noise},
	{setting.ProbeMotion, wire.KindMotion, false, wire.KindDistance, "", (*Run).motion},
	{setting.ProbeEmp, inforeg.KindFisherEmp, true, inforeg.KindFisherEmp, "", (*Run).fisher},
	{setting.ProbeTrue, "", true, inforeg.KindFisherTrue, "", (*Run).fisherTrue},
	{setting.ProbeAccuracy, inforeg.KindAccuracy, false, inforeg.KindAccuracy, wire.ReadoutHead, onValidation((*Run).evaluate)},
	{setting.ProbeLinear, setting.ProbeLinear, false, inforeg.KindAccuracy, wire.ReadoutLinear, onValidation((*Run).linear)},
	{kind: inforeg.KindCosine, measure: (*Run).cosineNow},
	{kind: inforeg.KindReleased, measure: accumulatedBefore(inforeg.KindReleased)},
	{kind: inforeg.KindBatchSquare, measure: accumulatedBefore(inforeg.KindBatchSquare)},
}

// onValidation measures on the validation split.
func onValidation(measure func(*Run, data.Split, setting.Values) ([]wire.Record, error)) func(*Run, setting.Values) ([]wire.Record, error) {
	return func(r *Run, s setting.Values) ([]wire.Record, error) { return measure(r, data.Validation, s) }
}

// ProbeKinds are the measurements that can be asked for, by name.
func ProbeKinds() []string {
	names := []string{inforeg.KindFisherTrue} // in any definition, by ProbeWith
	for _, p := range probes {
		if p.kind != "" {
			names = append(names, p.kind)
		}
	}
	slices.Sort(names)
	return names
}

// measureNow measures a kind of probe at the present step.
func (r *Run) measureNow(kind string, settings setting.Values) ([]wire.Record, error) {
	i := slices.IndexFunc(probes, func(p probe) bool { return p.kind == kind && kind != "" })
	if i < 0 {
		return nil, wire.Unknown("probe", kind, ProbeKinds(), "")
	}
	return probes[i].measure(r, settings)
}

// cosineNow is cosine, and says what is missing where there is none.
func (r *Run) cosineNow(settings setting.Values) ([]wire.Record, error) {
	list, err := r.cosine(settings)
	if err == nil && list == nil {
		err = &wire.Problem{Message: fmt.Sprintf("cosine: %d batch gradients so far, want at least 2", len(r.ring[r.eng.Model.Modalities[0].Name])), Hint: "take more steps first"}
	}
	return list, err
}

// accumulatedBefore gives what was accumulated over the interval that ended last.
func accumulatedBefore(kind string) func(*Run, setting.Values) ([]wire.Record, error) {
	return func(r *Run, _ setting.Values) ([]wire.Record, error) {
		have, err := r.rec.Of(r.at / r.clock.Interval * r.clock.Interval)
		if err != nil {
			return nil, err
		}
		at := slices.DeleteFunc(slices.Clone(have.List), func(x wire.Record) bool { return x.Kind != kind })
		if len(at) == 0 {
			return nil, &wire.Problem{Message: kind + " is accumulated over an interval of window_every, usually an epoch: none has ended yet", Hint: "train to the end of the epoch first"}
		}
		return at, nil
	}
}
