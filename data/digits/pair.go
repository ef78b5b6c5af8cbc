package digits

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/data"
)

// pair is a sample: a recording and an image of the same digit.
type pair struct {
	recording int // place in the list of recordings
	image     int // place in the part of MNIST that the split draws from
}

// What a random stream is for; with data_seed it makes the stream's key.
const (
	forValidation uint64 = iota
	forImages
	forOrder
	forNoise
)

// newStream is a random stream of its own for each purpose, a and b.
func newStream(seed, purpose, a, b uint64) *rand.Rand {
	key := mix(mix(mix(mix(seed)+purpose)+a) + b)
	return rand.New(rand.NewPCG(key, mix(key)))
}

// mix is the output function of the generator splitmix64: it spreads each bit over all others, and is one-to-one.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// trainingSpeakers are those that can be trained on, in the order of the alphabet.
func trainingSpeakers(list []recording, o options) []string {
	var training []string
	for _, r := range list {
		if (o.protocol == byTakes || !r.tested(o.protocol)) && !slices.Contains(training, r.speaker) {
			training = append(training, r.speaker)
		}
	}
	slices.Sort(training)
	return training
}

// validating are the speakers who are held out of training to validate. It returns an error for one who is not there or
// is tested, and when none is left to train on.
func validating(list []recording, o options) ([]string, error) {
	training := trainingSpeakers(list, o)
	if o.valSpeakers == valNone {
		return nil, nil
	}
	chosen := strings.Split(o.valSpeakers, "-")
	for i, name := range chosen {
		if !slices.Contains(training, name) || slices.Contains(chosen[:i], name) {
			return nil, fmt.Errorf(
				"digits: val_speakers %q: %q, want different ones of %s, who are not tested, joined by hyphens",
				o.valSpeakers, name, strings.Join(training, ", "),
			)
		}
	}
	if len(chosen) == len(training) {
		return nil, fmt.Errorf("digits: val_speakers %q: nobody is left to train on", o.valSpeakers)
	}
	return chosen, nil
}

// splitRecordings sorts the places of the recordings into splits; strangers validate, where there are some.
func splitRecordings(list []recording, strangers []string, o options) map[data.Split][]int {
	splits := map[data.Split][]int{}
	if strangers != nil {
		o.valShare = 0
	}
	var group []int // takes of one digit by one speaker that are not tested, and which group of them it is
	groups := uint64(0)
	end := func() {
		val := map[int]bool{}
		order := newStream(o.seed, forValidation, groups, 0).Perm(len(group))
		for _, k := range order[:int(math.Round(o.valShare*float64(len(group))))] {
			val[k] = true
		}
		for k, i := range group {
			if val[k] {
				splits[data.Validation] = append(splits[data.Validation], i)
			} else {
				splits[data.Train] = append(splits[data.Train], i)
			}
		}
		group, groups = nil, groups+1
	}
	for i, r := range list {
		if i > 0 && (r.digit != list[i-1].digit || r.speaker != list[i-1].speaker) {
			end()
		}
		switch {
		case r.tested(o.protocol):
			splits[data.Test] = append(splits[data.Test], i)
		case slices.Contains(strangers, r.speaker):
			splits[data.Validation] = append(splits[data.Validation], i)
		default:
			group = append(group, i)
		}
	}
	end()
	return splits
}

// pairUp gives each recording its images and puts each split's samples in a random order. It returns an error when
// the training or the test split is empty, or a digit has too few images.
func pairUp(list []recording, strangers []string, train, test *images, o options) (map[data.Split][]pair, error) {
	splits := splitRecordings(list, strangers, o)
	for _, split := range []data.Split{data.Train, data.Test} {
		if len(splits[split]) == 0 {
			return nil, fmt.Errorf("digits: protocol %s: no recording for split %s", o.protocol, split)
		}
	}
	pairs := map[data.Split][]pair{}
	left := map[string][][]int{} // by part of MNIST and digit: images not yet given, in random order
	for number, split := range data.Splits {
		from := train
		if split == data.Test {
			from = test
		}
		if left[from.part] == nil {
			left[from.part] = shuffled(from, o.seed)
		}
		for _, i := range splits[split] {
			rest := &left[from.part][list[i].digit]
			if len(*rest) < o.imagesPerRecording {
				return nil, fmt.Errorf("digits: %d images of digit %d in mnist/%s, want more: %d for each recording",
					len(from.byDigit[list[i].digit]), list[i].digit, from.part, o.imagesPerRecording)
			}
			for _, image := range (*rest)[:o.imagesPerRecording] {
				pairs[split] = append(pairs[split], pair{i, image})
			}
			*rest = (*rest)[o.imagesPerRecording:]
		}
		p := pairs[split]
		newStream(o.seed, forOrder, uint64(number), 0).Shuffle(len(p), func(a, b int) { p[a], p[b] = p[b], p[a] })
	}
	return pairs, nil
}

// shuffled lists the images of each digit in a random order that depends on the part of MNIST.
func shuffled(from *images, seed uint64) [][]int {
	part := uint64(0)
	if from.part == mnistTest {
		part = 1
	}
	all := make([][]int, len(from.byDigit))
	for digit, places := range from.byDigit {
		all[digit] = make([]int, len(places))
		for k, at := range newStream(seed, forImages, part, uint64(digit)).Perm(len(places)) {
			all[digit][k] = places[at]
		}
	}
	return all
}
