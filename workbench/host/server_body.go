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

// maxRequest bounds a request's body, in bytes. A request holds settings and names, which are a few kilobytes. Without
// a limit one request could fill the memory.
const maxRequest = 1 << 20

// read reads a request's body, of which nothing is passed over. A field that this host does not know is an error: a
// client of newer code asked for something that would not be done.
func read(q *http.Request, into any) error {
	// MaxBytesReader gives an error behind the limit, where a plain LimitReader would give a shorter text, which might
	// still be JSON. Without a writer it leaves the connection open for the answer.
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

// answerJSON encodes the whole answer before it writes a byte: a number that JSON cannot hold becomes a problem that
// names it, instead of half an answer. A client that has left is no error.
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

// reply answers with a problem.
func reply(w http.ResponseWriter, code int, p *wire.Problem) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(p) // the client may have left
}

// answerArray answers with raw little-endian float32, and their shape in a header. As text they would be two to three
// times as large, and each cell would have to parse them.
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
