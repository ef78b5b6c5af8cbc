package catalog

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/synth"
)

// TestShuffled: labels of the training split change places, and nothing else changes.
func TestShuffled(t *testing.T) {
	set, err := synth.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	s := Shuffle(set, 3)
	all := data.Positions(set.Len(data.Train))
	own, err := set.Read(data.Train, all, 0)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Read(data.Train, all, 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(own.X, got.X); diff != "" {
		t.Error("the samples themselves changed")
	}
	same := 0
	for i, y := range got.Labels {
		if _, label := s.Identity(data.Train, i); label != int(y) {
			t.Fatalf("sample %d: label %d, by its identity %d", i, y, label)
		}
		if y == own.Labels[i] {
			same++
		}
	}
	// by chance one in so many classes; six standard deviations of that number
	if share, classes := float64(same)/float64(len(all)), float64(len(set.Describe().Classes)); share > 1/classes+0.1 {
		t.Errorf("%.2f of the labels are their samples' own, want about %.2f", share, 1/classes)
	}
	slices.Sort(own.Labels)
	slices.Sort(got.Labels)
	if !slices.Equal(own.Labels, got.Labels) {
		t.Error("the numbers of samples in each class changed")
	}
	first, err := s.Read(data.Train, []int{5, 2}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, label := s.Identity(data.Train, 5); int(first.Labels[0]) != label {
		t.Error("a sample's label depends on the batch it is in")
	}
	a, errA := set.Read(data.Validation, []int{0, 1, 2}, 0)
	b, errB := s.Read(data.Validation, []int{0, 1, 2}, 0)
	if errA != nil || errB != nil || !slices.Equal(a.Labels, b.Labels) {
		t.Error("labels of the validation split changed")
	}
}
