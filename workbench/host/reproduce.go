package host

import (
	"fmt"
	"io"
	"net/http"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/draw"
)

// drawRecord draws a record that the client sends: no run, and nothing of this project, has a part in it. So a notebook
// can draw committed records without the sets and the runs. The record is checked as one from a file is, and nothing of
// it is kept.
func drawRecord(w http.ResponseWriter, q *http.Request) error {
	// Curves and maps of all seeds are larger than maxRequest.
	const most = 64 << 20 // a map of all samples of the paper's sets has some hundred kilobytes
	text, err := io.ReadAll(http.MaxBytesReader(nil, q.Body, most))
	if err != nil {
		return &wire.Problem{Message: fmt.Sprintf("request body: %v", err), Hint: "a record is far smaller"}
	}
	rec, err := wire.ParseReproduction(text)
	if err != nil {
		return &wire.Problem{
			Message: fmt.Sprintf("record: %v", err), Hint: "primewindow reproduce writes it anew from the runs",
		}
	}
	figures, err := draw.Reproduction(rec)
	if err != nil {
		return err
	}
	list := []wire.Figure{}
	for _, f := range figures {
		list = append(list, draw.WireFigure(f.Figure))
	}
	return answerJSON(w, list)
}
