package stream

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/primewindow/primewindow/data"
)

// TestAhead plays the ways in which a run asks for batches.
func TestAhead(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		name   string
		takes  []int
		end    int
		want   []int // places that were read, in any order
		reason string
	}{
		{"in order", []int{0, 1, 2, 3}, 4, []int{0, 1, 2, 3}, "each place is read once, none beyond the end"},
		{"first alone", []int{0}, 9, []int{0, 1, 2}, "two places are read ahead"},
		{
			"again", []int{1, 1}, 9, []int{1, 1, 2, 3},
			"a place that was taken is read again; those ahead of it are still there",
		},
		{"back", []int{5, 0}, 6, []int{0, 1, 2, 5}, "a run that goes back begins anew"},
		{"a panic", []int{7, 8, 9}, 10, []int{7, 8, 9}, "whoever takes the place is told, and the process goes on"},
		{"beyond the end", []int{7}, 3, []int{7}, "a look at a batch after the last step reads it alone"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var a Ahead
			var mu sync.Mutex
			var got []int
			var wg sync.WaitGroup
			prepare := func(place int) func() (*data.Batch, error) {
				wg.Add(1)
				return func() (*data.Batch, error) {
					defer wg.Done()
					mu.Lock()
					defer mu.Unlock()
					got = append(got, place)
					switch place {
					case 3:
						return nil, broken
					case 8:
						panic("index out of range")
					}
					return &data.Batch{Indices: []int{place}}, nil
				}
			}
			for _, place := range tt.takes {
				b, err := a.Take(place, tt.end, prepare)
				switch {
				case place == 3 && !errors.Is(err, broken):
					t.Errorf("take(3): %v, want %v: a place's error is its own", err, broken)
				case place == 8 && (err == nil || !strings.Contains(err.Error(), "batch 8: index out of range")):
					t.Errorf("take(8): %v, want the panic as an error", err)
				case place != 3 && place != 8 && (err != nil || b.Indices[0] != place):
					t.Errorf("take(%d) = %v, %v, want its batch", place, b, err)
				}
			}
			wg.Wait()
			slices.Sort(got)
			if fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("places read: %v, want %v: %s", got, tt.want, tt.reason)
			}
		})
	}
}
