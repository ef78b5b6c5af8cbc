package stream

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"github.com/primewindow/primewindow/data"
)

// Lot is a number from 0 to 1 that a seed and a name decide, so that what is drawn of one name, and the order of two,
// does not depend on which others there are: a clip that is absent moves no other to another split.
func Lot(seed uint64, name string) float64 {
	h := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s", seed, name))
	return float64(binary.LittleEndian.Uint64(h[:])) / math.MaxUint64
}

// SortByLot brings names into the order of their lots.
func SortByLot(seed uint64, names []string) {
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(Lot(seed, a), Lot(seed, b)), cmp.Compare(a, b))
	})
}

// Validating says which samples validate, about a share of each class, and no group's in part. groups and labels, from
// 0 up, are the samples' own. Of each class groups come by lot, and validate as long as more of their samples fit than
// not; the first sample's class counts for a group of several. Where that is nobody, groups of all classes together
// come by lot, one at least, and leave one of each class. With a share of 0 none does.
func Validating(seed uint64, share float64, groups []string, labels []int) []bool {
	size, label := map[string]float64{}, map[string]int{}
	room := map[int]float64{} // by class
	var names []string
	for i, g := range groups {
		if size[g] == 0 {
			names = append(names, g)
			label[g] = labels[i]
		}
		size[g]++
		room[labels[i]] += share
	}
	SortByLot(seed, names)
	chosen := map[string]bool{}
	for _, g := range names {
		if n := size[g]; share > 0 && room[label[g]] >= n/2 {
			chosen[g] = true
			room[label[g]] -= n
		}
	}
	if share > 0 && len(chosen) == 0 {
		chosen = together(names, size, label, share)
	}
	validates := make([]bool, len(groups))
	for i, g := range groups {
		validates[i] = chosen[g]
	}
	return validates
}

// together chooses among the groups of all classes, in their order, as Validating does within each.
func together(names []string, size map[string]float64, label map[string]int, share float64) map[string]bool {
	left, room := map[int]int{}, 0.0
	for _, g := range names {
		left[label[g]]++
		room += share * size[g]
	}
	chosen := map[string]bool{}
	for _, g := range names {
		if n := size[g]; left[label[g]] > 1 && (len(chosen) == 0 || room >= n/2) {
			chosen[g] = true
			left[label[g]]--
			room -= n
		}
	}
	return chosen
}

// List is a file that names samples.
type List struct {
	File  string
	Bytes []byte
}

// ReadPair reads a training list and a test list from the first of some folders that has them, under the first of these
// pairs of names. found is false where there is no list at all; one without the other is the file system's error for
// the one that lacks, with the set's name in front.
func ReadPair(set string, folders []string, names ...[2]string) (train, test List, found bool, err error) {
	for _, dir := range folders {
		for _, pair := range names {
			var errs [2]error
			train.File, test.File = filepath.Join(dir, pair[0]), filepath.Join(dir, pair[1])
			train.Bytes, errs[0] = data.ReadFile(train.File)
			test.Bytes, errs[1] = data.ReadFile(test.File)
			if data.Absent(errs[0], train.File) && data.Absent(errs[1], test.File) {
				continue
			}
			if err := cmp.Or(errs[0], errs[1]); err != nil {
				return List{}, List{}, false, fmt.Errorf("%s: %w", set, err)
			}
			return train, test, true, nil
		}
	}
	return List{}, List{}, false, nil
}
