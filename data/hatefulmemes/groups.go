package hatefulmemes

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// groups names the group of each meme: those that share a sentence or a picture, directly or by way of others. The name
// is the sentence that all have, or else the first one's picture.
func groups(memes []meme, files []file) []string {
	parent := make([]int, len(memes))
	for i := range parent {
		parent[i] = i
	}
	top := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	join := func(a, b int) { // the first of all stays on top
		a, b = top(a), top(b)
		parent[max(a, b)] = min(a, b)
	}
	sums := contents(files)
	byText, bySum := map[string]int{}, map[[sha256.Size]byte]int{}
	texts := make([]string, len(memes))
	for i, m := range memes {
		texts[i] = strings.ToLower(strings.Join(strings.Fields(m.text), " "))
		if first, ok := byText[texts[i]]; ok {
			join(first, i)
		} else {
			byText[texts[i]] = i
		}
		if sums[i] == ([sha256.Size]byte{}) {
			continue
		}
		if first, ok := bySum[sums[i]]; ok {
			join(first, i)
		} else {
			bySum[sums[i]] = i
		}
	}
	several := make([]bool, len(memes)) // sentences
	for i := range memes {
		several[top(i)] = several[top(i)] || texts[i] != texts[top(i)]
	}
	names := make([]string, len(memes))
	for i := range memes {
		if t := top(i); several[t] {
			names[i] = "picture " + memes[t].image
		} else {
			names[i] = fmt.Sprintf("sentence %q", texts[t])
		}
	}
	return names
}

// lot is a number from 0 to 1 that a seed and a name decide, so that the order of two names does not depend on which
// others there are.
func lot(seed uint64, name string) float64 {
	h := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s", seed, name))
	return float64(binary.LittleEndian.Uint64(h[:])) / math.MaxUint64
}

// validating says which memes of the training list validate. Of each class groups come by lot, and validate as long as
// more of their memes fit than not; the first meme's class counts for a group of both.
func (o options) validating(memes []meme, groups []string) []bool {
	size, label := map[string]float64{}, map[string]int{}
	room := make([]float64, len(classes))
	var names []string
	for i, m := range memes {
		g := groups[i]
		if size[g] == 0 {
			names = append(names, g)
			label[g] = m.label
		}
		size[g]++
		room[m.label] += o.valShare
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(lot(o.seed, a), lot(o.seed, b)), cmp.Compare(a, b))
	})
	chosen := map[string]bool{}
	for _, g := range names {
		if n := size[g]; o.valShare > 0 && room[label[g]] >= n/2 {
			chosen[g] = true
			room[label[g]] -= n
		}
	}
	validates := make([]bool, len(memes))
	for i := range memes {
		validates[i] = chosen[groups[i]]
	}
	return validates
}
