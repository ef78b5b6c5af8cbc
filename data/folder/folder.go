package folder

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
)

// Open reads the set in dir, all of it into memory; settings that are absent have their defaults. It returns the
// first of the faults that [Check] lists, and says how many there are.
func Open(dir string, settings map[string]any) (data.Dataset, error) {
	o, err := parseOptions(settings)
	if err != nil {
		return nil, err
	}
	d, faults := load(dir, o)
	if err := reasons(faults).Err(); err != nil {
		return nil, err
	}
	return d, nil
}

// Check reads the set as [Open] does and lists everything that is wrong with it.
func Check(dir string, settings map[string]any) []error {
	o, err := parseOptions(settings)
	if err != nil {
		return []error{err}
	}
	_, faults := load(dir, o)
	return data.Gather(reasons(faults))
}

// reasons are faults without their places.
func reasons(faults []fault) stream.Faults {
	var errs stream.Faults
	for _, f := range faults {
		errs = append(errs, f.err)
	}
	return errs
}

// load reads the set. With skip_broken, faults of single samples are not returned but described.
func load(dir string, o options) (data.Dataset, []fault) {
	whole := func(err error) (data.Dataset, []fault) { return nil, []fault{{wholeSet, err}} }
	if dir == "" {
		return whole(errors.New("folder: no folder named"))
	}
	l := &loader{dir: dir, o: o}
	if _, err := l.list("."); err != nil {
		return whole(err)
	}
	b, err := l.read(labelsFile)
	if err != nil {
		return whole(err)
	}
	var faults []fault
	if l.rows, l.total, faults, err = decodeLabels(filepath.Join(dir, labelsFile), b); err != nil {
		return whole(err)
	}
	l.validates, l.drawn = validate(l.rows, o.valShare)
	names, err := l.modalities()
	if err != nil {
		return whole(err)
	}
	var columns []column
	for _, name := range names {
		c, more := l.load(name)
		columns, faults = append(columns, c), append(faults, more...)
	}
	slices.SortStableFunc(faults, func(a, b fault) int { return a.place - b.place })
	keep, skipped, faults := l.sift(columns, faults)
	if len(faults) > 0 {
		return nil, faults
	}
	d, err := l.assemble(columns, keep, skipped)
	if err != nil {
		return whole(err)
	}
	return d, nil
}

// sift tells which rows are whole, what is said of those left out, and which faults remain.
func (l *loader) sift(columns []column, faults []fault) (keep []int, skipped []string, remaining []fault) {
	gone := map[int]bool{}
	for _, f := range faults {
		if f.place == wholeSet || !l.o.skipBroken {
			remaining = append(remaining, f)
			continue
		}
		gone[f.place] = true
		skipped = append(skipped, f.err.Error())
	}
	classes := map[string]bool{}
	counts := map[data.Split]int{}
	for i, r := range l.rows {
		if gone[r.place] {
			continue
		}
		keep = append(keep, i)
		if counts[r.split]++; r.split == data.Train {
			classes[r.label] = true
		}
	}
	broken := func(reason string, args ...any) {
		remaining = append(
			remaining,
			fault{wholeSet, &data.FormatError{File: l.full(labelsFile), Reason: fmt.Sprintf(reason, args...)}},
		)
	}
	for _, split := range []data.Split{data.Train, data.Test} {
		if counts[split] == 0 {
			broken("no whole sample in split %s", split)
		}
	}
	if len(classes) == 1 {
		broken("one label in split train, want at least two")
	}
	for _, i := range keep {
		if r := l.rows[i]; len(classes) > 0 && !classes[r.label] {
			broken("row %d: label %q, which no whole sample of split train has", r.place+1, r.label)
		}
	}
	size := 0.0
	for _, c := range columns {
		bytes := 4.0
		if c.bytes != nil {
			bytes = 1
		}
		size += bytes * float64(c.mod.Size()) * float64(len(keep))
	}
	if size > l.o.maxBytes {
		broken(
			"the samples take %.2f GiB, want at most %.2f: see the settings max_gib and image_side", size/(1<<30),
			l.o.maxBytes/(1<<30),
		)
	}
	return keep, skipped, remaining
}

// assemble puts whole rows into splits.
func (l *loader) assemble(columns []column, keep []int, skipped []string) (data.Dataset, error) {
	var rows []row
	for _, i := range keep {
		rows = append(rows, l.rows[i])
	}
	classes := classesOf(rows)
	parts := map[data.Split]data.Part{}
	for _, split := range data.Splits {
		p := data.Part{X: map[string]data.Column{}}
		for _, r := range rows {
			if r.split == split {
				p.IDs, p.Labels = append(p.IDs, r.id), append(p.Labels, slices.Index(classes, r.label))
				p.Details = append(p.Details, data.Detail{Group: r.group})
			}
		}
		for _, c := range columns {
			var x data.Column
			for _, i := range keep {
				switch {
				case l.rows[i].split != split:
				case c.bytes != nil:
					x.Bytes = append(x.Bytes, c.bytes[i]...)
				default:
					x.Values = append(x.Values, c.values[i]...)
				}
			}
			p.X[c.mod.Name] = x
		}
		parts[split] = p
	}
	protocol := "the splits of labels.csv"
	switch {
	case l.drawn == byGroup:
		protocol += fmt.Sprintf(
			", which names no validation samples: %d of the training samples, about %v of each class in whole "+
				"groups, drawn by their names",
			l.validates, l.o.valShare,
		)
	case l.drawn == allTogether:
		protocol += fmt.Sprintf(
			", which names no validation samples: %d of all classes' training samples together, drawn by their ids, "+
				"since %v of no class is a sample",
			l.validates, l.o.valShare,
		)
	case l.validates > 0:
		protocol += fmt.Sprintf(
			", which names no validation samples: %v of each class's training samples, drawn by their ids",
			l.o.valShare,
		)
	}
	desc := data.Description{
		Name: Name, Classes: classes,
		Provenance: data.Provenance{
			Source: "a folder of the user's own", Licence: "the user's to say", Protocol: protocol, Skipped: skipped,
		},
		Recipe: map[string]any{
			"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4, "batch": 32.0, "epochs": 20.0, "lr_step": 16.0,
			"lr_gamma": 0.1,
		},
	}
	if !slices.ContainsFunc(columns, func(c column) bool { return c.mod.Kind != data.Vector }) {
		desc.Recipe["probe_bn"] = "eval" // no encoder has batch norm: there is nothing to re-estimate
	}
	for _, c := range columns {
		desc.Modalities = append(desc.Modalities, c.mod)
		if c.encoder != "" {
			desc.Recipe["encoder."+c.mod.Name] = c.encoder
		}
		if c.features > 0 {
			data.Standardize(parts, c.mod.Name, c.features)
		}
	}
	return data.NewMemory(desc, parts)
}
