package models_test

import (
	"fmt"
	"math"
	"slices"

	"github.com/primewindow/primewindow/models"
)

// twin encodes one sample by the definition, in which padding does not exist: its positions are left out.
func twin(e models.Transformer, values map[string][]float64, x []float64) []float64 {
	v := func(name string) []float64 { return values["enc.m."+name] }
	linear := func(name string, x []float64) []float64 {
		y := slices.Clone(v(name + ".bias"))
		for o := range y {
			for i, a := range x {
				y[o] += v(name + ".weight")[o*len(x)+i] * a
			}
		}
		return y
	}
	norm := func(name string, x []float64) []float64 {
		n, mean, variance := float64(len(x)), 0.0, 0.0
		for _, a := range x {
			mean += a / n
		}
		for _, a := range x {
			variance += (a - mean) * (a - mean) / n
		}
		y := make([]float64, len(x))
		for i, a := range x {
			y[i] = (a-mean)/math.Sqrt(variance+1e-5)*v(name + ".weight")[i] + v(name + ".bias")[i]
		}
		return y
	}
	add := func(x, y []float64) {
		for i := range x {
			x[i] += y[i]
		}
	}
	var rows [][]float64 // [real T][D]
	place := func(row []float64, p int) {
		if e.Class {
			p++ // the class token comes as -1 and has position 0
		}
		for j := range row {
			switch e.Positions {
			case models.SinusoidalPositions:
				angle := float64(p) / math.Pow(10000, float64(j/2*2)/float64(e.Dim))
				row[j] += []float64{math.Sin(angle), math.Cos(angle)}[j%2]
			case "":
				row[j] += v("pos")[p*e.Dim+j]
			}
		}
		rows = append(rows, row)
	}
	if e.Class {
		place(slices.Clone(v("cls")), -1)
	}
	first, last := 0, e.Length-1 // of a sequence that are no padding
	if e.Pad && e.Vocab == 0 {
		empty := func(p int) bool {
			return !slices.ContainsFunc(x[p*e.In:(p+1)*e.In], func(a float64) bool { return a != 0 })
		}
		for first <= last && empty(first) {
			first++
		}
		for first <= last && empty(last) {
			last--
		}
	}
	for p := first; p <= last; p++ {
		switch {
		case e.Vocab == 0:
			place(linear("embed", x[p*e.In:(p+1)*e.In]), p)
		case !e.Pad || x[p] != 0:
			id := int(x[p])
			row := slices.Clone(v("embed.weight")[id*e.Dim : (id+1)*e.Dim])
			if e.Positions == models.SinusoidalPositions {
				for j := range row {
					row[j] *= math.Sqrt(float64(e.Dim))
				}
			}
			place(row, p)
		}
	}
	for i := range e.Layers {
		block := fmt.Sprintf("block%d_", i)
		var qkv [][]float64
		for _, row := range rows {
			qkv = append(qkv, linear(block+"qkv", norm(block+"ln1", row)))
		}
		width := e.Dim / e.Heads
		for p, row := range rows {
			mixed := make([]float64, e.Dim)
			for from := 0; from < e.Dim; from += width {
				weights, sum := make([]float64, len(rows)), 0.0
				for q := range rows {
					score := 0.0
					for j := from; j < from+width; j++ {
						score += qkv[p][j] * qkv[q][e.Dim+j]
					}
					weights[q] = math.Exp(score / math.Sqrt(float64(width)))
					sum += weights[q]
				}
				for q, w := range weights {
					for j := from; j < from+width; j++ {
						mixed[j] += w / sum * qkv[q][2*e.Dim+j]
					}
				}
			}
			add(row, linear(block+"proj", mixed))
			units := linear(block+"fc1", norm(block+"ln2", row))
			for j, u := range units {
				units[j] = u * (1 + math.Erf(u/math.Sqrt2)) / 2
			}
			add(row, linear(block+"fc2", units))
		}
	}
	if e.Class {
		return norm("ln", rows[0])
	}
	mean := make([]float64, e.Dim)
	for _, row := range rows {
		for j, a := range norm("ln", row) {
			mean[j] += a / float64(len(rows))
		}
	}
	return mean
}
