package host

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/internal/strict"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// maxRequest bounds a request's body, in bytes.
const maxRequest = 1 << 20

// read reads a request's body, of which nothing is passed over.
func read(q *http.Request, into any) error {
	text, err := io.ReadAll(http.MaxBytesReader(nil, q.Body, maxRequest))
	if err == nil {
		err = strict.Unmarshal(text, into)
	}
	if err == nil {
		return nil
	}
	p := &wire.Problem{Message: fmt.Sprintf("request body: %v", err), Hint: "see the package comment of internal/wire"}
	if broken, ok := errors.AsType[*strict.Error](err); ok && broken.Unknown() {
		p.Hint = wire.Nearest(wire.LastName(broken.Path), broken.Known, "") +
			fmt.Sprintf(
				" See the package comment of internal/wire; a client of newer code than this host's may know more of "+
					"protocol %d: `primewindow stop` ends the host",
				wire.Version,
			)
	}
	return p
}

func answerJSON(w http.ResponseWriter, v any) error {
	text, err := record.Encode("answer", v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(append(text, '\n'))
	if err != nil {
		return nil // the client has left
	}
	return nil
}

func reply(w http.ResponseWriter, code int, p *wire.Problem) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(p) // the client may have left
}

func answerArray(w http.ResponseWriter, shape []int, values []float32) error {
	text := make([]string, len(shape))
	for i, d := range shape {
		text[i] = strconv.Itoa(d)
	}
	w.Header().Set(wire.ShapeHeader, strings.Join(text, ","))
	w.Header().Set("Content-Type", "application/octet-stream")
	body := make([]byte, 4*len(values))
	for i, v := range values {
		binary.LittleEndian.PutUint32(body[4*i:], math.Float32bits(v))
	}
	_, _ = w.Write(body) // the client may have left
	return nil
}
