package catalog

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/primewindow/primewindow/data"
)

// listedClasses is up to how many classes each is counted by name.
const listedClasses = 12

// Survey says in lines what a set holds: modalities, how many samples of each class a split has, durations, where it
// all comes from, what was left out, and who stands in two splits.
func Survey(d data.Dataset) []string {
	desc := d.Describe()
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, m := range desc.Modalities {
		say("%-10s %s %v", m.Name, m.Kind, m.Shape)
	}
	for _, split := range data.Splits {
		lines = append(lines, balance(d, split)+durations(d, split))
	}
	if d.Len(data.Validation) == 0 {
		say("no validation samples: a run measures no accuracies while it trains, and nothing can be chosen by them")
	}
	lines = append(lines, shared(d)...)
	say("%s", desc.Provenance.Protocol)
	if desc.Unfit != "" {
		say("the validation split is unfit to choose epochs or constants by: %s", desc.Unfit)
	}
	say("source: %s", desc.Provenance.Source)
	say("licence: %s", desc.Provenance.Licence)
	say("split hash: %s", desc.Provenance.SplitHash)
	if n := len(desc.Provenance.Skipped); n > 0 {
		say("left out: %d samples", n)
	}
	for _, s := range desc.Provenance.Skipped {
		say("left out: %s", strings.ReplaceAll(s, "\n", " "))
	}
	return lines
}

// balance says how many samples of each class a split has: all counts, or the range where there are many.
func balance(d data.Dataset, split data.Split) string {
	classes := d.Describe().Classes
	counts := make([]int, len(classes))
	for i := range d.Len(split) {
		_, label := d.Identity(split, i)
		counts[label]++
	}
	text := fmt.Sprintf("%-10s %d samples", split, d.Len(split))
	if len(classes) > listedClasses {
		return text + fmt.Sprintf(
			", at least %d and at most %d of each of %d classes", slices.Min(counts), slices.Max(counts), len(classes),
		)
	}
	for c, n := range counts {
		text += fmt.Sprintf(", %s %d", classes[c], n)
	}
	return text
}

// durations says how long a split's recordings are, where the set knows.
func durations(d data.Dataset, split data.Split) string {
	known, ok := d.(data.Detailed)
	if !ok {
		return ""
	}
	var list []time.Duration
	total := time.Duration(0)
	for i := range d.Len(split) {
		if t := known.Detail(split, i).Duration; t > 0 {
			list = append(list, t)
			total += t
		}
	}
	if len(list) == 0 {
		return ""
	}
	slices.Sort(list)
	return fmt.Sprintf(
		"; %.2f to %.2f s, median %.2f, %.1f h in all", list[0].Seconds(), list[len(list)-1].Seconds(),
		list[len(list)/2].Seconds(), total.Hours(),
	)
}

// shared tells of groups, actors for example, that stand in two splits. That is how some sets are split by custom, and
// no fault of the files; it is told because accuracies on such splits say less.
func shared(d data.Dataset) []string {
	groups := data.Groups(d)
	var lines []string
	for i, a := range data.Splits {
		for _, b := range data.Splits[i+1:] {
			both, example := 0, ""
			for g := range groups[b] {
				if groups[a][g] {
					both++
					if example == "" || g < example {
						example = g
					}
				}
			}
			if both > 0 {
				lines = append(
					lines,
					fmt.Sprintf(
						"leak: %d of %d groups of split %s are in split %s as well, %s for example", both,
						len(groups[b]), b, a, example,
					),
				)
			}
		}
	}
	return lines
}

// Twins counts samples that are equal in every modality and stand in two splits, and names the first: then what is
// trained on is measured on. It reads every sample, without augmentation; progress is told how many are done.
func Twins(ctx context.Context, d data.Dataset, progress func(done, total int)) (twins int, example string, err error) {
	type place struct {
		split data.Split
		id    string
	}
	first := map[[2]uint64]place{}
	total, done := 0, 0
	for _, split := range data.Splits {
		total += d.Len(split)
	}
	for _, split := range data.Splits {
		for i := range d.Len(split) {
			if ctx.Err() != nil {
				return twins, example, context.Cause(ctx)
			}
			s, err := data.One(d, split, i)
			if err != nil {
				return twins, example, err
			}
			key := fingerprint(d.Describe().Modalities, s)
			if other, ok := first[key]; !ok {
				first[key] = place{split, s.ID}
			} else if other.split != split {
				if twins++; twins == 1 {
					example = fmt.Sprintf("%s of split %s is %s of split %s", s.ID, split, other.id, other.split)
				}
			}
			if done++; progress != nil {
				progress(done, total)
			}
		}
	}
	return twins, example, nil
}

// fingerprint tells samples apart by their values. Two hashes of 64 bits make a chance match of different samples less
// likely than a fault of the machine.
func fingerprint(modalities []data.Modality, s data.Sample) [2]uint64 {
	a, b := fnv.New64(), fnv.New64a()
	var word [4]byte
	for _, m := range modalities {
		for _, v := range s.X[m.Name] {
			u := math.Float32bits(v)
			word = [4]byte{byte(u), byte(u >> 8), byte(u >> 16), byte(u >> 24)}
			a.Write(word[:])
			b.Write(word[:])
		}
	}
	return [2]uint64{a.Sum64(), b.Sum64()}
}
