package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/primewindow/primewindow/internal/seal"
	"github.com/primewindow/primewindow/internal/whole"
)

// ErrUnsealed reports a JSON file without a checksum where there has to be one.
var ErrUnsealed = errors.New("it has no checksum")

// WriteJSON replaces a file by [MarshalJSON] of a value. A reader finds the old file or the new one, never a part.
func WriteJSON(path string, v any) error {
	text, err := MarshalJSON(v)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return whole.Stream(path, func(w io.Writer) error { _, err := w.Write(text); return err })
}

// MarshalJSON is a value's JSON, which has to be an object, with a checksum in it. The checksum is the first key, where
// its place does not depend on the value, and is computed over the indented text.
func MarshalJSON(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if len(text) < 2 || text[0] != '{' {
		return nil, fmt.Errorf("record: %T is no JSON object", v)
	}
	head := fmt.Sprintf("{%q:%q", seal.Key, seal.Blank)
	if len(text) > 2 {
		head += ","
	}
	var out bytes.Buffer
	if err := json.Indent(&out, append([]byte(head), text[1:]...), "", "  "); err != nil {
		return nil, err
	}
	return seal.Sealed(append(out.Bytes(), '\n'))
}

// ReadJSON reads what [WriteJSON] wrote. For a file that was changed since then it returns [seal.ErrChanged], for one
// without a checksum [ErrUnsealed], and v is filled all the same where the text can be read.
func ReadJSON(path string, v any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	sealed, err := seal.Check(text)
	if err == nil && !sealed {
		err = ErrUnsealed
	}
	if readErr := json.Unmarshal(text, v); readErr != nil {
		return readErr // whatever its checksum
	}
	return err
}
