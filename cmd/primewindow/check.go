package main

import (
	"fmt"
	"hash/fnv"
	"image/png"
	"io"
	"math"
	"os"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host"
)

// checkData prints what a set holds and everything that is wrong with it. Faults are an error.
func checkData(env *environ, name, dir string, set assignments) error {
	if faults := host.CheckSet(env.project, name, dir, set); len(faults) > 0 {
		if len(faults) == 1 {
			return faults[0]
		}
		for _, f := range faults {
			fmt.Fprintln(env.out, oneLine(f.Error()))
		}
		return &wire.Problem{
			Message: fmt.Sprintf("data check: %d faults in %s", len(faults), dir),
			Hint:    "mend them, or leave such samples out with -set data.skip_broken=true in a run, -set skip_broken=true here",
		}
	}
	d, err := host.OpenSet(env.project, name, dir, set)
	if err != nil {
		return err
	}
	desc := d.Describe()
	for _, m := range desc.Modalities {
		fmt.Fprintf(env.out, "%-10s %s %v\n", m.Name, m.Kind, m.Shape)
	}
	for _, split := range data.Splits {
		printBalance(env.out, d, split)
	}
	fmt.Fprintf(env.out, "%s\nsource: %s\nlicence: %s\nsplit hash: %s\n",
		desc.Provenance.Protocol, desc.Provenance.Source, desc.Provenance.Licence, desc.Provenance.SplitHash)
	for _, s := range desc.Provenance.Skipped {
		fmt.Fprintln(env.out, "left out: "+oneLine(s))
	}
	return checkTwins(d)
}

// listedClasses is up to how many classes each is counted by name.
const listedClasses = 12

// printBalance prints how many samples of each class a split has: all counts, or the range where there are many.
func printBalance(w io.Writer, d data.Dataset, split data.Split) {
	classes := d.Describe().Classes
	counts := make([]int, len(classes))
	for i := range d.Len(split) {
		_, label := d.Identity(split, i)
		counts[label]++
	}
	fmt.Fprintf(w, "%-10s %d samples", split, d.Len(split))
	if len(classes) > listedClasses {
		least, most := math.MaxInt, 0
		for _, n := range counts {
			least, most = min(least, n), max(most, n)
		}
		fmt.Fprintf(w, ", at least %d and at most %d of each of %d classes\n", least, most, len(classes))
		return
	}
	for c, n := range counts {
		fmt.Fprintf(w, ", %s %d", classes[c], n)
	}
	fmt.Fprintln(w)
}

// checkTwins reports samples that are equal in every modality and stand in two splits: then the splits leak.
func checkTwins(d data.Dataset) error {
	type place struct {
		split data.Split
		id    string
	}
	first := map[[2]uint64]place{}
	twins, example := 0, ""
	for _, split := range data.Splits {
		for i := range d.Len(split) {
			s, err := data.One(d, split, i)
			if err != nil {
				return err
			}
			key := digest(d.Describe().Modalities, s)
			if other, ok := first[key]; !ok {
				first[key] = place{split, s.ID}
			} else if other.split != split {
				if twins++; twins == 1 {
					example = fmt.Sprintf("%s of split %s is %s of split %s", s.ID, split, other.id, other.split)
				}
			}
		}
	}
	if twins > 0 {
		return &wire.Problem{
			Message: fmt.Sprintf("data check: %d samples stand in two splits: %s in every value", twins, example),
			Hint:    "what is trained on must not be measured on: take them out of one split",
		}
	}
	return nil
}

// digest tells samples apart by their values. Two hashes of 64 bits make a chance match of different samples less
// likely than a fault of the machine.
func digest(modalities []data.Modality, s data.Sample) [2]uint64 {
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

// showData draws some training samples, evenly spread, as a contact sheet.
func showData(env *environ, name, dir string, set assignments, n int, out string) error {
	if n < 1 || n > 256 {
		return &wire.Problem{Message: fmt.Sprintf("data show: %d samples", n), Hint: "-n takes a number from 1 to 256"}
	}
	d, err := host.OpenSet(env.project, name, dir, set)
	if err != nil {
		return err
	}
	n = min(n, d.Len(data.Train))
	var samples []data.Sample
	for i := range n {
		at := spaced(i, n, d.Len(data.Train))
		s, err := data.One(d, data.Train, at)
		if err != nil {
			return err
		}
		samples = append(samples, s)
		fmt.Fprintln(env.out, describeSample(d.Describe(), at, s))
	}
	f, err := os.Create(out)
	if err == nil {
		err = png.Encode(f, contactSheet(d.Describe().Modalities, samples))
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}
	if err != nil {
		return &wire.Problem{Message: err.Error(), Hint: "name a file in a folder that is there and writable"}
	}
	fmt.Fprintf(env.out, "%d training samples from top to bottom, modalities from left to right: %s\n", n, out)
	return nil
}
