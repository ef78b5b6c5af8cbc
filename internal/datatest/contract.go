package datatest

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/primewindow/primewindow/data"
)

// someSamples of each split are read again in other orders.
const someSamples = 4

// Contract checks what every [data.Dataset] promises, and joins what is wrong:
//
//   - it has a name, modalities of different names, at least two classes of different names, and a hash of its splits;
//   - no name of a sample stands twice in the set, and labels are those of classes;
//   - a batch has the places, labels and modalities that it should, of the right sizes, and finite values;
//   - a sample's values depend on the draw alone: not on its place in the batch, its neighbours, or the goroutine;
//   - a place beyond a split's ends is an error.
func Contract(d data.Dataset) error {
	desc := d.Describe()
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if hash, err := hex.DecodeString(desc.Provenance.SplitHash); err != nil || len(hash) != 32 {
		wrong("split hash %q, want a SHA-256", desc.Provenance.SplitHash)
	}
	var names []string
	for _, m := range desc.Modalities {
		names = append(names, m.Name)
		if m.Size() < 1 {
			wrong("modality %s of shape %v, want at least 1 value", m.Name, m.Shape)
		}
	}
	if desc.Name == "" || !distinct(names, 1) || !distinct(desc.Classes, 2) {
		wrong(
			"name %q, modalities %q, classes %q, want a name, at least one modality and two classes, and none twice",
			desc.Name, names, desc.Classes,
		)
	}
	owner := map[string]data.Split{}
	for _, split := range data.Splits {
		for i := range d.Len(split) {
			id, _ := d.Identity(split, i)
			if other, ok := owner[id]; ok || id == "" {
				wrong("%s %d: name %q, which one of %s has", split, i, id, other)
			}
			owner[id] = split
		}
		if err := contractOf(d, split); err != nil {
			wrong("%s: %w", split, err)
		}
	}
	return errors.Join(errs...)
}

// distinct says whether there are so many names, none of them empty or twice.
func distinct(names []string, least int) bool {
	sorted := slices.Sorted(slices.Values(names))
	return len(names) >= least && !slices.Contains(names, "") && len(slices.Compact(sorted)) == len(names)
}

// contractOf checks one split, and returns what is found first.
func contractOf(d data.Dataset, split data.Split) error {
	n := d.Len(split)
	for _, beyond := range []int{-1, n} {
		if _, err := d.Read(split, []int{beyond}, 0); err == nil {
			return fmt.Errorf("reading sample %d of %d: no error", beyond, n)
		}
	}
	if n == 0 {
		return nil
	}
	all, err := d.Read(split, places(n), 0)
	if err == nil {
		err = wellFormed(d, split, places(n), all)
	}
	if err != nil {
		return err
	}
	some := places(min(n, someSamples))
	for _, draw := range []uint64{0, 7} {
		whole := all
		if draw != 0 {
			if whole, err = d.Read(split, some, draw); err != nil {
				return err
			}
		}
		// Backwards, and the first once more.
		again := append(slices.Clone(some), 0)
		slices.Reverse(again)
		got, err := readAtOnce(d, split, again, draw)
		if err != nil {
			return err
		}
		for _, b := range got {
			if err := wellFormed(d, split, again, b); err != nil {
				return err
			}
			for _, m := range d.Describe().Modalities {
				for k, i := range again {
					if size := m.Size(); !equalBits(
						b.X[m.Name][k*size:(k+1)*size], whole.X[m.Name][i*size:(i+1)*size],
					) {
						return fmt.Errorf("sample %d, draw %d: %s differs in another batch", i, draw, m.Name)
					}
				}
			}
		}
	}
	return nil
}

// readAtOnce reads the same samples from two goroutines.
func readAtOnce(d data.Dataset, split data.Split, indices []int, draw uint64) ([2]*data.Batch, error) {
	var got [2]*data.Batch
	var errs [2]error
	var wg sync.WaitGroup
	for k := range got {
		wg.Go(func() { got[k], errs[k] = d.Read(split, indices, draw) })
	}
	wg.Wait()
	return got, errors.Join(errs[:]...)
}

func places(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// wellFormed checks a batch by itself.
func wellFormed(d data.Dataset, split data.Split, indices []int, b *data.Batch) error {
	desc := d.Describe()
	if !slices.Equal(b.Indices, indices) || len(b.Labels) != len(indices) || len(b.X) != len(desc.Modalities) {
		return fmt.Errorf(
			"a batch of %v has samples %v, %d labels and %d modalities, want as many and %d modalities", indices,
			b.Indices, len(b.Labels), len(b.X), len(desc.Modalities),
		)
	}
	for k, i := range indices {
		id, label := d.Identity(split, i)
		if int(b.Labels[k]) != label || label < 0 || label >= len(desc.Classes) {
			return fmt.Errorf(
				"sample %s: label %d of %d classes, and read as %d", id, label, len(desc.Classes), b.Labels[k],
			)
		}
	}
	for _, m := range desc.Modalities {
		if want := m.Size() * len(indices); len(b.X[m.Name]) != want {
			return fmt.Errorf("%s: %d values of %d samples, want %d", m.Name, len(b.X[m.Name]), len(indices), want)
		}
		if at := slices.IndexFunc(b.X[m.Name], func(v float32) bool { return v-v != 0 }); at >= 0 {
			return fmt.Errorf("%s: value %d is %v, want a finite number", m.Name, at, b.X[m.Name][at])
		}
	}
	return nil
}

// equalBits compares as the contract does: a zero is not a negative zero.
func equalBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// Augmented checks that draws change one modality of each of some samples, and no other: it is the same with draw 0 and
// where augmentation is switched off, as plain has it.
func Augmented(d, plain data.Dataset, split data.Split, indices []int, modality string) error {
	var x [4]map[string][]float32
	for k, from := range []struct {
		d    data.Dataset
		draw uint64
	}{{d, 0}, {d, 7}, {d, 8}, {plain, 7}} {
		b, err := from.d.Read(split, indices, from.draw)
		if err != nil {
			return err
		}
		x[k] = b.X
	}
	for _, m := range d.Describe().Modalities {
		name, size := m.Name, m.Size()
		if !equalBits(x[0][name], x[3][name]) {
			return fmt.Errorf("%s: without augmentation draw 7 differs from draw 0", name)
		}
		for k, i := range indices {
			at := func(draw int) []float32 { return x[draw][name][k*size : (k+1)*size] }
			changed := !equalBits(at(0), at(1)) && !equalBits(at(1), at(2))
			kept := equalBits(at(0), at(1)) && equalBits(at(1), at(2))
			if name == modality && !changed || name != modality && !kept {
				return fmt.Errorf(
					"%s of sample %d: changed by draws %v, kept %v, want draws to change %s alone", name, i, changed,
					kept, modality,
				)
			}
		}
	}
	return nil
}

// Same checks that two sets read alike: a split's samples with these draws.
func Same(a, b data.Dataset, split data.Split, indices []int, draws ...uint64) error {
	for _, draw := range draws {
		x, err := a.Read(split, indices, draw)
		if err != nil {
			return err
		}
		y, err := b.Read(split, indices, draw)
		if err != nil {
			return err
		}
		for name := range x.X {
			if !equalBits(x.X[name], y.X[name]) {
				return fmt.Errorf("draw %d: %s differs", draw, name)
			}
		}
	}
	return nil
}
