package models

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
)

const maxVocab = 1 << 24 // up to here float32 holds every whole number

func embeddingVariable(name string, vocab, dim int) Variable {
	return Variable{Name: name + ".weight", Shape: []int{vocab, dim}, Role: EmbeddingWeight}
}

// checkedIDs gives token ids, [B, T] or [B, T, 1], as [B, T].
func checkedIDs(x *Node, length int) *Node {
	batch := x.Shape().Dimensions[0]
	if x.Rank() == 3 {
		x.AssertDims(batch, length, 1)
		x = Squeeze(x, 2)
	}
	x.AssertDims(batch, length)
	return x
}

// tokens looks ids, [B, T], up in the table name.weight, [vocab, D]: [B, T, D].
func (p pass) tokens(name string, ids *Node) *Node {
	table := p.Var(name + ".weight")
	rows := ConvertDType(ClipScalar(ids, 0, float64(table.Shape().Dimensions[0]-1)), dtypes.Int32)
	l := Layer{Kind: EmbeddingLayer, Name: name, Input: rows, Frames: p.frames}
	var t tap
	l.Output = t.watch(Gather(p.weight(l, table, &t, nil), InsertAxes(rows, -1)))
	p.layer(l)
	known := Equal(ConvertDType(rows, ids.DType()), ids)
	return Where(known, l.Output, Scalar(ids.Graph(), ids.DType(), math.NaN()))
}

// parseTokens reads the number of tokens, and of a modality of ids how many a sample has.
func parseTokens(vocab string, m data.Modality) (tokens, length int, err error) {
	if tokens, err = parseWhole("vocab", vocab, 2, maxVocab); err != nil {
		return 0, 0, err
	}
	if n := len(m.Shape); n != 1 && (n != 2 || m.Shape[1] != 1) {
		return 0, 0, fmt.Errorf("models: %s of shape %v, want token ids [T] or [T, 1] with vocab=", m.Kind, m.Shape)
	}
	return tokens, m.Shape[0], nil
}

// parseSwitch reads an option that is 0 or 1, by default 0.
func parseSwitch(name string, take func(name, def string) string) (bool, error) {
	switch v := take(name, "0"); v {
	case "0", "1":
		return v == "1", nil
	default:
		return false, fmt.Errorf("models: %s %q, want 0 or 1", name, v)
	}
}
