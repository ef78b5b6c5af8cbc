package viz_test

import (
	"math"
	"testing"

	"github.com/primewindow/primewindow/viz"
)

func TestLiveErrors(t *testing.T) {
	loss := []viz.Series{line("loss", 1, 2)}
	for _, tt := range []struct {
		name   string
		figure viz.LiveFigure
		want   string
		reason string
	}{
		{
			"nothing", viz.LiveFigure{}, "viz: live: loss: no series, want at least one",
			"the loss is there from the first step",
		},
		{
			"trace", viz.LiveFigure{Loss: loss, Trace: []viz.Series{line("audio", 0)}},
			`viz: live: trace: series "audio": point 0: y = 0 on a log axis, want above 0`, "no logarithm",
		},
		{
			"accuracy", viz.LiveFigure{Loss: loss, Accuracy: []viz.Series{line("audio", 2)}},
			`viz: live: accuracy: series "audio": point 0: accuracy 2, want 0 to 1`, "a fraction",
		},
		{
			"window", viz.LiveFigure{Loss: loss, Windows: []viz.Window{{Modality: "audio", From: 2, To: math.Inf(1)}}},
			`viz: live: window 0 of "audio": from 2 to +Inf, want finite ends in ascending order`, "has no place",
		},
		{"shared name", viz.LiveFigure{
			Loss: loss, Trace: []viz.Series{{Name: "loss", Run: "other", Modality: "audio", Points: loss[0].Points}},
		},
			`viz: live: series "loss": "loss" of run "r" in one panel, "audio" of run "other" in another, want one`,
			"one entry of the legend is one look"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := viz.Live(tt.figure); err == nil || err.Error() != tt.want {
				t.Errorf("Live: error\n%v, want\n%s\nreason: %s", err, tt.want, tt.reason)
			}
		})
	}
}

// TestLivePanels holds Live to a panel for what there is and none for what there is not.
func TestLivePanels(t *testing.T) {
	full := training()
	for _, tt := range []struct {
		figure viz.LiveFigure
		want   int
		reason string
	}{
		{viz.LiveFigure{Loss: full.Loss}, 0, "one view is no row of views"},
		{viz.LiveFigure{Loss: full.Loss, Accuracy: full.Accuracy}, 2, "no trace yet"},
		{full, 3, "all"},
	} {
		f, err := viz.Live(tt.figure)
		if err != nil {
			t.Fatal(err)
		}
		checkSpec(t, f.Spec)
		if got := len(array(f.Spec["hconcat"])); got != tt.want || f.Width != 960 {
			t.Errorf(
				"%d panels side by side in %d pixels, want %d in 960; reason: %s", got, f.Width, tt.want, tt.reason,
			)
		}
	}
}

// longRun is a run of 100,000 steps and 200 epochs.
func longRun() viz.LiveFigure {
	f := training()
	for len(f.Loss[0].Points) < 100_000 {
		p := f.Loss[0].Points[len(f.Loss[0].Points)-2999]
		p.X = float64(len(f.Loss[0].Points) + 1)
		f.Loss[0].Points = append(f.Loss[0].Points, p)
	}
	for _, list := range [][]viz.Series{f.Trace, f.Accuracy} {
		for i := range list {
			for len(list[i].Points) < 200 {
				p := list[i].Points[len(list[i].Points)-5]
				p.X = list[i].Points[len(list[i].Points)-1].X + 1
				list[i].Points = append(list[i].Points, p)
			}
		}
	}
	return f
}

// TestLiveThins holds the data of a long run to what a reader can see and a page can carry, with the last step. How
// long a draw takes is for BenchmarkLive to say: the aim is 150 ms.
func TestLiveThins(t *testing.T) {
	f, err := viz.Live(longRun())
	if err != nil {
		t.Fatal(err)
	}
	rows, last := 0, 0.0
	walk(f.Spec, func(o map[string]any) {
		if o["series"] == "loss" {
			rows++
			last = o["x"].(float64)
		}
	})
	if rows == 0 || rows > 1000 || last != 100_000 {
		t.Errorf("%d rows of losses, the last at %v, want 1 to 1000 and 100000", rows, last)
	}
	if kib := len(f.PNG) >> 10; kib > 500 {
		t.Errorf("picture of %d KiB, want at most 500: one is sent twice a second", kib)
	}
}

func BenchmarkLive(b *testing.B) {
	figure := longRun()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := viz.Live(figure); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTrace(b *testing.B) {
	figure := twoTraces()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := viz.Trace(figure); err != nil {
			b.Fatal(err)
		}
	}
}
