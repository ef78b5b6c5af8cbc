package hatefulmemes

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/primewindow/primewindow/data/stream"
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

// validating says which memes of the training list validate, no group's in part: see [stream.Validating].
func (o options) validating(memes []meme, groups []string) []bool {
	labels := make([]int, len(memes))
	for i, m := range memes {
		labels[i] = m.label
	}
	return stream.Validating(o.seed, o.valShare, groups, labels)
}
