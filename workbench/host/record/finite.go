package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/wire"
)

// JSON has no NaN and no infinity: encoding/json gives up a whole answer or record for one of them, without saying
// which.

// Encode writes a value as JSON. A number that is not finite is a problem that names it; what is the value as a reader
// knows it.
func Encode(what string, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if _, ok := errors.AsType[*json.UnsupportedValueError](err); ok {
		if path, value, found := notFinite(reflect.ValueOf(v)); found {
			err = &wire.Problem{
				Message: fmt.Sprintf("%s: %s is %v", what, strings.TrimPrefix(path, "."), value),
				Hint:    "the weights are too large to measure: fork at an earlier step with a smaller learning rate",
			}
		}
	}
	return text, err
}

// notFinite finds a number that JSON cannot hold. The path is made of JSON's names, as a reader of the file knows them.
// Keys are looked at in order, so that of several numbers the same is named each time.
func notFinite(v reflect.Value) (path string, value float64, found bool) {
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		return "", v.Float(), !IsFinite(v.Float())
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return notFinite(v.Elem())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if path, value, found = notFinite(v.Index(i)); found {
				return fmt.Sprintf("[%d]%s", i, path), value, true
			}
		}
	case reflect.Map:
		values := valuesOf(v)
		for _, k := range slices.Sorted(maps.Keys(values)) {
			if path, value, found = notFinite(values[k]); found {
				return "." + k + path, value, true
			}
		}
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(v.Type()) {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); f.IsExported() && !f.Anonymous && name != "-" {
				if path, value, found = notFinite(v.FieldByIndex(f.Index)); found {
					return "." + name + path, value, true
				}
			}
		}
	}
	return "", 0, false
}

// valuesOf are a map's values by their keys in words: keys of any type can be put in order and named in this way.
func valuesOf(m reflect.Value) map[string]reflect.Value {
	list := map[string]reflect.Value{}
	for k, v := range m.Seq2() {
		list[fmt.Sprint(k)] = v
	}
	return list
}

// IsFinite reports whether JSON can hold a number.
func IsFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// Known is a number for a field that may be absent: nil where it is not known, as the standard error of one sample. It
// points to a copy.
func Known(x float64) *float64 {
	if !IsFinite(x) {
		return nil
	}
	return &x
}

// ShareError is the standard error √(p(1-p)/n) of a share p of n samples. A single sample has none: its share is 0 or
// 1, and the root would say 0, as if the share were certain.
func ShareError(p float64, n int) *float64 {
	if n < 2 {
		return nil
	}
	return Known(math.Sqrt(p * (1 - p) / float64(n)))
}

// Settle makes a record fit for JSON: what beside its value is not known, is left out. Where the value itself is not
// finite, or a cosine of a matrix, it returns a problem. The value is what the record is for: leaving it out would be a
// measurement that says nothing.
func Settle(rec *wire.Record) error {
	if rec.SE != nil {
		rec.SE = Known(*rec.SE)
	}
	if rec.Batch != nil {
		rec.Batch = Known(*rec.Batch)
	}
	rec.Parts = maps.Clone(rec.Parts) // a reader of the record that it came from keeps it whole
	maps.DeleteFunc(rec.Parts, func(_ string, v float64) bool { return !IsFinite(v) })
	if path, value, found := notFinite(reflect.ValueOf(*rec)); found {
		where := ""
		if path != ".value" {
			where = " in " + strings.TrimPrefix(path, ".")
		}
		return &wire.Problem{
			Message: fmt.Sprintf("%s of %s at step %d is %v%s", rec.Kind, rec.Encoder, rec.Step, value, where),
			Hint:    "the weights are too large to measure: fork at an earlier step with a smaller learning rate",
		}
	}
	return nil
}
