package tsne

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
)

// digits are the rows and classes of testdata/digits.txt, with the small number that record.py adds so that no two lie
// equally far from a third.
func digits(t *testing.T) (x [][]float64, classes []int) {
	t.Helper()
	text, err := os.ReadFile("testdata/digits.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		row := make([]float64, 64)
		for j := range row {
			row[j] = float64(line[2+j]-'a') + float64((31*len(x)+17*j)%97)*1e-4
		}
		x = append(x, row)
		classes = append(classes, int(line[0]-'0'))
	}
	return x, classes
}

// reference is testdata/opentsne.json: record.py beside it says how it came about.
type reference struct {
	Perplexity float64
	Neighbors  int
	P          []struct {
		Row     int
		Columns []int32
		Values  []float64
	}
	Principal []struct {
		Row int
		At  [2]float64
	}
	Walk [2][][2]float64
	Maps []struct {
		Seed                                          uint64
		KL, Preservation, Trustworthiness, Continuity float64
	}
	First [][2]float64
}

func recorded(t *testing.T) reference {
	t.Helper()
	var r reference
	datatest.Reference(t, "opentsne.json", &r)
	return r
}

// TestAffinitiesMatchOpenTSNE compares rows of P.
func TestAffinitiesMatchOpenTSNE(t *testing.T) {
	x, _ := digits(t)
	m, err := New(x, Config{})
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, want := range recorded(t).P {
		low, high := m.p.start[want.Row], m.p.start[want.Row+1]
		if got := int(high - low); got != len(want.Columns) {
			t.Errorf("row %d: %d entries, want %d", want.Row, got, len(want.Columns))
			continue
		}
		for k, column := range want.Columns {
			got := m.p.value[low+int32(k)]
			// Relative: openTSNE stops at an entropy within 1e-8 of the one that is wanted, here 1e-10.
			if m.p.column[low+int32(k)] != column || math.Abs(got-want.Values[k]) > 1e-6*want.Values[k] {
				t.Errorf(
					"row %d, entry %d: P[%d] = %v, want P[%d] = %v", want.Row, k, m.p.column[low+int32(k)], got, column,
					want.Values[k],
				)
			}
			compared++
		}
	}
	if compared < 1000 {
		t.Errorf("%d entries compared, want at least 1000", compared)
	}
}

// TestPrincipalMatchesPCA compares the start with scikit-learn's full decomposition, signs included.
func TestPrincipalMatchesPCA(t *testing.T) {
	x, _ := digits(t)
	f, err := newFeatures(x)
	if err != nil {
		t.Fatal(err)
	}
	got := principal(f)
	const scale = 16 // the power of two that features are divided by: the next to the greatest pixel less its mean
	for _, want := range recorded(t).Principal {
		for a, v := range want.At {
			// The iteration ends when the plane turns by less than 1e-6; places reach 30.
			if g := got[want.Row][a] * scale; math.Abs(g-v) > 1e-4 {
				t.Errorf("row %d, axis %d: %v, want %v", want.Row, a, g, v)
			}
		}
	}
}

// TestStepsMatchOpenTSNE follows single points through both phases, with moves cut at a short MaxStep.
func TestStepsMatchOpenTSNE(t *testing.T) {
	x, _ := digits(t)
	m, err := New(x, Config{EarlySteps: 10, Steps: 10, MaxStep: 0.2})
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.at {
		m.at[i] = vec{math.Sin(float64(i)), math.Cos(1.7 * float64(i))}
	}
	for phase, want := range recorded(t).Walk {
		if err := m.Step(10, nil); err != nil {
			t.Fatal(err)
		}
		for k, place := range want {
			// Places reach 2; steps enlarge the difference of 1e-10 in P, and rounding.
			if got := m.at[50*k]; math.Abs(got.x-place[0])+math.Abs(got.y-place[1]) > 1e-6 {
				t.Errorf("phase %d, point %d: %v, want %v", phase, 50*k, got, place)
			}
		}
	}
}

// TestQualityMatchesScikitLearn scores openTSNE's own map.
func TestQualityMatchesScikitLearn(t *testing.T) {
	x, classes := digits(t)
	r := recorded(t)
	got, err := Measure(x, r.First, r.Neighbors, classes)
	if err != nil {
		t.Fatal(err)
	}
	want := r.Maps[0]
	for _, one := range []struct {
		name      string
		got, want float64
	}{
		{"trustworthiness", got.Trustworthiness, want.Trustworthiness},
		{"continuity", got.Continuity, want.Continuity},
		{"preservation", got.Preservation, want.Preservation},
	} {
		// Ranks are whole numbers; only their sums are rounded.
		if !(math.Abs(one.got-one.want) <= 1e-12) {
			t.Errorf("%s %v, want %v", one.name, one.got, one.want)
		}
	}
	if !(got.AccuracyMap > 0.9 && got.AccuracyFeatures > 0.9) {
		t.Errorf(
			"accuracy %v in the features and %v in the map, want over 0.9: these digits are easy", got.AccuracyFeatures,
			got.AccuracyMap,
		)
	}
}

// TestMapsMatchOpenTSNE compares means over the seeds: single maps differ by their jitter, by up to 2.3 % in KL and
// 0.006 in preservation for openTSNE itself.
func TestMapsMatchOpenTSNE(t *testing.T) {
	x, classes := digits(t)
	r := recorded(t)
	for _, repulsion := range []Repulsion{Exact, BarnesHut} {
		t.Run(fmt.Sprint(repulsion), func(t *testing.T) {
			var got, want, gotKL, wantKL float64
			for _, one := range r.Maps {
				m, err := New(x, Config{Seed: one.Seed, Repulsion: repulsion})
				if err != nil {
					t.Fatal(err)
				}
				if err := m.Run(nil); err != nil {
					t.Fatal(err)
				}
				m.repulsion = newPairs(len(x)) // the record's KL is over all pairs
				q, err := m.Quality(r.Neighbors, classes)
				if err != nil {
					t.Fatal(err)
				}
				n := float64(len(r.Maps))
				got, want = got+q.Preservation/n, want+one.Preservation/n
				gotKL, wantKL = gotKL+q.KL/n, wantKL+one.KL/n
			}
			t.Logf("KL %.4f (openTSNE %.4f), preservation %.4f (%.4f)", gotKL, wantKL, got, want)
			if math.Abs(gotKL-wantKL) > 0.02*wantKL {
				t.Errorf("KL %v, want %v within 2 %%", gotKL, wantKL)
			}
			if math.Abs(got-want) > 0.01 {
				t.Errorf("preservation %v, want %v within 0.01", got, want)
			}
		})
	}
}
