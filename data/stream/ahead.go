package stream

import (
	"fmt"

	"github.com/primewindow/primewindow/data"
)

// aheadBatches is how many batches are read while one is worked on: one would do if all took equally long.
const aheadBatches = 2

// Ahead reads batches before they are wanted, so that training does not wait on loading, nor loading on training. It
// belongs to one goroutine; only the reading itself is done by others. The zero value is ready.
type Ahead struct {
	begun map[int]chan delivery
}

type delivery struct {
	batch *data.Batch
	err   error
}

// Take returns the batch of a place and begins to read those after it, below end. prepare is called at once for each of
// these places; what it returns is called by another goroutine. An error counts when its own place is taken, and so
// does a panic, which is given as an error: left alone it would end the process, whoever waits for the batch.
func (a *Ahead) Take(place, end int, prepare func(place int) func() (*data.Batch, error)) (*data.Batch, error) {
	for p := range a.begun {
		if p < place || p > place+aheadBatches { // the run went elsewhere: what is under way ends by itself
			delete(a.begun, p)
		}
	}
	if a.begun == nil {
		a.begun = map[int]chan delivery{}
	}
	for p := place; p <= max(place, min(place+aheadBatches, end-1)); p++ {
		if a.begun[p] != nil {
			continue
		}
		read, done := prepare(p), make(chan delivery, 1)
		a.begun[p] = done
		go func() {
			var d delivery
			defer func() {
				if failed := recover(); failed != nil {
					d = delivery{err: fmt.Errorf("stream: reading batch %d: %v", p, failed)}
				}
				done <- d
			}()
			d.batch, d.err = read()
		}()
	}
	got := <-a.begun[place]
	delete(a.begun, place)
	return got.batch, got.err
}
