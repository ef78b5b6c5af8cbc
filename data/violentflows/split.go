package violentflows

import (
	"cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
)

// owner is what must not be in training and validation: the source video, or the clip itself where that is unknown.
func (c clip) owner() string { return cmp.Or(c.group, c.id) }

// sort puts the clips into splits, in their order. Of the folds that are not tested a share of each class validates:
// see [stream.Validating], whose groups are source videos.
func (o options) sort(list []clip) map[data.Split][]clip {
	var owners []string
	var labels []int
	for _, c := range list {
		if c.fold != o.fold {
			owners, labels = append(owners, c.owner()), append(labels, c.label)
		}
	}
	validates := stream.Validating(o.seed, o.valShare, owners, labels)
	parts := map[data.Split][]clip{}
	for _, c := range list {
		split := data.Train
		if c.fold == o.fold {
			split = data.Test
		} else {
			if validates[0] {
				split = data.Validation
			}
			validates = validates[1:] // they are of the clips that are not tested, in order
		}
		parts[split] = append(parts[split], c)
	}
	return parts
}
