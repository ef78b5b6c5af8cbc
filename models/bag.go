package models

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
)

// Bag is an encoder for texts of token ids that knows no order: the mean of the tokens' vectors, then linear layers
// with a bias, each followed by ReLU, as in a deep averaging network (Iyyer et al., ACL 2015). Variables are called
// embed.weight, and fc<i>.weight and fc<i>.bias, i from 0. It costs no more than its layers: what a [Transformer] of
// the same text has to beat.
//
// With Pad the mean leaves out token 0, wherever it stands; of padding alone it is 0. An id that is not a whole number
// from 0 to Vocab-1 makes its sample's features NaN, as there.
type Bag struct {
	Vocab  int   // ids of so many tokens, [B, T] or [B, T, 1]
	Length int   // T
	Dim    int   // of a token's vector
	Widths []int // of each layer behind the mean; at least one
	Pad    bool  // token 0 is padding
}

// Variables lists the encoder's variables in PyTorch's order.
func (e Bag) Variables(prefix string) []Variable {
	return append([]Variable{embeddingVariable(prefix+"embed", e.Vocab, e.Dim)}, e.layers().Variables(prefix)...)
}

func (e Bag) layers() MLP { return MLP{In: e.Dim, Widths: e.Widths} }

// Forward encodes token ids, [B, T] or [B, T, 1], into [B, Features()].
func (e Bag) Forward(c *Call, prefix string, x *Node) *Node {
	p := pass{c, 1}
	ids := checkedIDs(x, e.Length)
	vectors := p.tokens(prefix+"embed", ids) // [B, T, D]
	mean := p.meanOfPositions
	if e.Pad {
		mean = func(x *Node) *Node { return meanWhere(NotEqual(ids, ZerosLike(ids)), x) }
	}
	return e.layers().Forward(c, prefix, mean(vectors))
}

// Features is the width of the last layer.
func (e Bag) Features() int { return e.layers().Features() }

func parseBag(widths string, m data.Modality, take func(name, def string) string) (Encoder, error) {
	list, err := parseWidths(widths)
	if err != nil {
		return nil, err
	}
	if len(list) < 2 {
		return nil, fmt.Errorf(
			"models: bag:%s, want the width of tokens and of at least one layer, as in bag:32-16", widths,
		)
	}
	e := Bag{Dim: list[0], Widths: list[1:]}
	if e.Pad, err = parseSwitch("pad", take); err != nil {
		return nil, err
	}
	vocab := take("vocab", "")
	if vocab == "" {
		return nil, fmt.Errorf("models: bag without vocab=, want the number of tokens")
	}
	e.Vocab, e.Length, err = parseTokens(vocab, m)
	return e, err
}
