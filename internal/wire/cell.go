package wire

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"github.com/primewindow/primewindow/internal/strict"
)

// CellVariable makes the binary of a cell the host when it is started again. Its value is the [Cell] as JSON, so that
// the host says of itself what its starter said: the source of the cell may be another by then.
const CellVariable = "PRIMEWINDOW_CELL"

// Cell is the code by which a cell's own binary differs, as a host, from the program primewindow.
type Cell struct {
	// Code is a hash of all of it: a host of another one is not this cell's.
	Code string `json:"code"`
	// Defines has the hash of the code of each thing that the cell defines, by [Definition].
	Defines map[string]string `json:"defines,omitempty"`
	From    string            `json:"from,omitempty"` // who started it, for example a notebook's path
}

// Definition is the name under which a method or an encoder that a cell defines stands in [Cell.Defines].
func Definition(what, name string) string { return what + " " + name }

// What a cell can define.
const (
	DefinesMethod  = "method"
	DefinesEncoder = "encoder"
)

// offered is what this process, a cell, offers to be. It is set once, by the first line of the cell's code, and lies
// here because the two that have to know of it, workbench and workbench/host, must not import each other.
var offered atomic.Pointer[Cell]

// OfferHost says that this process's own binary, started again, is the host that its verbs want.
func OfferHost(c *Cell) { offered.Store(c) }

// OfferedHost is what [OfferHost] was told; nil where the verbs of this process take any host.
func OfferedHost() *Cell { return offered.Load() }

// CellOf reads [CellVariable]: nil where it is not set, so that the process is no cell's host.
func CellOf() (*Cell, error) {
	text := os.Getenv(CellVariable)
	if text == "" {
		return nil, nil
	}
	return parseCell(text)
}

func parseCell(text string) (*Cell, error) {
	var c Cell
	err := strict.Unmarshal([]byte(text), &c)
	if err == nil && c.Code == "" {
		err = errors.New("no code")
	}
	if err != nil {
		return nil, fmt.Errorf("%s=%.200q: not what a cell starts its host with: %w", CellVariable, text, err)
	}
	return &c, nil
}
