package kernels

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// handler is the name under which the library registers its convolutions, native/library.cc.
const handler = "primewindow_conv"

// kind is what a call computes, as native/conv.cc counts.
type kind int

const (
	forward kind = iota
	inputGradient
	filterGradient
	filterGradientNorms
)

// Program is the name of graphs that are to be computed with kernels. It is a part of their text, so that a text alone
// says what is made of it, whatever else the process computes.
const Program = "primewindow_kernels"

// Marked reports whether a graph of that name is to be computed with kernels.
func Marked(graph string) bool { return strings.HasPrefix(graph, Program) }

// Rewrite makes calls of the library out of the convolutions that GoMLX writes for two spatial axes or one, in float32
// and without groups, and out of calls of functions that are named by [NormsName], in a program whose name is [Marked].
// Each statement is taken for what it is only where every attribute, shape and operand is as expected. All other text
// stays byte for byte as it was.
func Rewrite(program []byte) []byte {
	text, _ := rewrite(program)
	return text
}

// rewrite is Rewrite, and gives the convolutions that are called.
func rewrite(program []byte) (text []byte, calls []call) {
	if !bytes.HasPrefix(program, []byte("module @"+Program)) {
		return program, nil
	}
	lines := strings.SplitAfter(string(program), "\n")
	var out strings.Builder
	out.Grow(len(program))
	reversed := map[string]reversal{} // of the present function
	for i := 0; i < len(lines); {
		line := lines[i]
		switch {
		case strings.HasPrefix(strings.TrimLeft(line, " "), "func.func "):
			clear(reversed)
		case strings.Contains(line, reverse):
			if name, r, ok := parseReversal(line); ok {
				reversed[name] = r
			}
		case strings.Contains(line, normsPrefix):
			if c, ok := normsCall(line); ok {
				out.WriteString(c.text())
				calls = append(calls, c)
				i++
				continue
			}
		case strings.Contains(line, callee):
			if text, ok := functionCall(line); ok {
				out.WriteString(text)
				i++
				continue
			}
		case strings.Contains(line, convolution):
			if s, ok := parseConvolution(lines[i:]); ok {
				if c, ok := s.call(reversed); ok {
					out.WriteString(c.text())
					calls = append(calls, c)
					i += statementLines
					continue
				}
			}
		}
		out.WriteString(line)
		i++
	}
	return []byte(out.String()), calls
}

const (
	convolution = `"stablehlo.convolution"(`
	reverse     = `"stablehlo.reverse"(`
)

var (
	convolutionLine = regexp.MustCompile(`^( *)(%\w+) = "stablehlo\.convolution"\((%\w+), (%\w+)\) \{\n$`)
	attributeLine   = regexp.MustCompile(`^ *(\w+) = (.+?)(,?)\n$`)
	typesLine       = regexp.MustCompile(
		`^ *\} : \((tensor<[\dx]+xf32>), (tensor<[\dx]+xf32>)\) -> (tensor<[\dx]+xf32>)\n$`)
	reverseLine = regexp.MustCompile(`^ *(%\w+) = "stablehlo\.reverse"\((%\w+)\) ` +
		`\{ dimensions = array<i64: ([\d, ]+)> \} : \((\S+)\) -> (\S+)\n$`)
)

// attributes are those of a convolution, in the order in which they are written, one a line.
var attributes = []string{
	"batch_group_count", "dimension_numbers", "feature_group_count", "lhs_dilation", "padding", "precision_config",
	"rhs_dilation", "window_reversal", "window_strides",
}

// statementLines is how many lines a convolution takes.
var statementLines = len(attributes) + 2

// statement is a convolution as it is written.
type statement struct {
	indent, result string
	operands       [2]string
	is             map[string]string // attributes
	types          [3]string         // of the operands and the result
	dims           [3][]int          // likewise
}

// parseConvolution reads the convolution that begins with the first of lines.
func parseConvolution(lines []string) (*statement, bool) {
	if len(lines) < statementLines {
		return nil, false
	}
	m := convolutionLine.FindStringSubmatch(lines[0])
	types := typesLine.FindStringSubmatch(lines[statementLines-1])
	if m == nil || types == nil {
		return nil, false
	}
	s := &statement{indent: m[1], result: m[2], operands: [2]string{m[3], m[4]}, is: map[string]string{}}
	for i, name := range attributes {
		a := attributeLine.FindStringSubmatch(lines[i+1])
		if a == nil || a[1] != name || (a[3] == "") != (i == len(attributes)-1) {
			return nil, false
		}
		s.is[name] = a[2]
	}
	for i := range s.types {
		var ok bool
		s.types[i] = types[i+1]
		if s.dims[i], ok = dimensions(s.types[i]); !ok {
			return nil, false
		}
	}
	return s, true
}

// call is the statement as a call of the library.
func (s *statement) call(reversed map[string]reversal) (c call, ok bool) {
	rank := len(s.dims[0])
	spatial := rank - 2
	if spatial < 1 || spatial > 2 || len(s.dims[1]) != rank || len(s.dims[2]) != rank {
		return c, false
	}
	ones := slices.Repeat([]int{1}, spatial)
	strides, ok1 := s.array("window_strides", spatial)
	left, ok2 := s.array("lhs_dilation", spatial)
	right, ok3 := s.array("rhs_dilation", spatial)
	padding, ok4 := s.padding(spatial)
	plain := s.is["batch_group_count"] == "1 : i64" && s.is["feature_group_count"] == "1 : i64" &&
		s.is["precision_config"] == "[#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]" &&
		s.is["window_reversal"] == "array<i1: "+strings.Join(slices.Repeat([]string{"false"}, spatial), ", ")+">"
	if !ok1 || !ok2 || !ok3 || !ok4 || !plain {
		return c, false
	}
	is := func(a, b []int) bool { return slices.Equal(a, ones) && slices.Equal(b, ones) }
	g := geometry{}
	var k kind
	operands := s.operands
	switch s.is["dimension_numbers"] {
	case numbers(spatial, "[b, %s, f]x[%s, i, o]->[b, %s, f]"):
		if !is(left, right) {
			return c, false
		}
		k = forward
		g = geometry{image: s.dims[0], kernel: s.dims[1], output: s.dims[2], strides: strides, padding: padding}
	case numbers(spatial, "[b, %s, f]x[%s, o, i]->[b, %s, f]"):
		if !is(strides, right) {
			return c, false
		}
		k, g = inputGradient, geometry{output: s.dims[0], kernel: s.dims[1], image: s.dims[2], strides: left}
		for i, p := range padding {
			g.padding = append(g.padding, g.kernel[i]-1-p)
		}
		// The library wants the kernel as it was before it was reversed.
		if r, ok := reversed[operands[1]]; ok && r.axes(spatial) && r.shape == s.types[1] {
			operands[1] = r.of
		} else if !slices.Equal(g.kernel[:spatial], ones) {
			return c, false
		}
	case numbers(spatial, "[f, %s, b]x[i, %s, o]->[%s, b, f]"):
		if !is(left, strides) {
			return c, false
		}
		k = filterGradient
		g = geometry{image: s.dims[0], output: s.dims[1], kernel: s.dims[2], strides: right, padding: padding}
	default:
		return c, false
	}
	if !g.agrees() {
		return c, false
	}
	return call{s.indent, s.result, operands, k, g, 1, s.types[:2], s.types[2:]}, true
}

// numbers is how dimension_numbers are written, for so many spatial axes.
func numbers(spatial int, form string) string {
	axes := []string{"", "0", "0, 1"}[spatial]
	return "#stablehlo.conv<" + strings.ReplaceAll(form, "%s", axes) + ">"
}

// array is an attribute of one number for each spatial axis.
func (s *statement) array(name string, spatial int) ([]int, bool) {
	text, ok := strings.CutPrefix(s.is[name], "array<i64: ")
	text, closed := strings.CutSuffix(text, ">")
	list, numbers := integers(text)
	return list, ok && closed && numbers && len(list) == spatial
}

var paddingText = regexp.MustCompile(`^dense<\[(.*)\]> : tensor<(\d)x2xi64>$`)

// padding is what the attribute says of each axis's beginning. What it says of the end follows from the sizes.
func (s *statement) padding(spatial int) ([]int, bool) {
	m := paddingText.FindStringSubmatch(s.is["padding"])
	if m == nil || m[2] != strconv.Itoa(spatial) {
		return nil, false
	}
	var list []int
	for text := range strings.SplitSeq(m[1], "], [") {
		pair, ok := integers(strings.Trim(text, "[]"))
		if !ok || len(pair) != 2 {
			return nil, false
		}
		list = append(list, pair[0])
	}
	return list, len(list) == spatial
}

// reversal is a statement that reverses axes of a value.
type reversal struct {
	of, shape string
	list      []int // axes
}

func parseReversal(line string) (name string, r reversal, ok bool) {
	m := reverseLine.FindStringSubmatch(line)
	if m == nil || m[4] != m[5] {
		return "", r, false
	}
	list, ok := integers(m[3])
	return m[1], reversal{of: m[2], shape: m[4], list: list}, ok
}

// axes reports whether the spatial axes of a kernel are reversed, and no others.
func (r reversal) axes(spatial int) bool {
	for i, a := range r.list {
		if a != i {
			return false
		}
	}
	return len(r.list) == spatial
}

// geometry is a convolution: image [N, spatial..., in], kernel [spatial..., in, out], output [N, spatial..., out].
type geometry struct {
	image, kernel, output []int
	strides, padding      []int // the padding before an axis
}

// agrees reports whether the shapes are those of one convolution whose windows the library sees in the same places:
// native/conv.cc takes the padding after an axis from the sizes.
func (g geometry) agrees() bool {
	spatial := len(g.strides)
	last := spatial + 1
	if g.image[0] != g.output[0] || g.image[last] != g.kernel[spatial] || g.output[last] != g.kernel[last] {
		return false
	}
	for i, s := range g.strides {
		size, windows, k, p := g.image[i+1], g.output[i+1], g.kernel[i], g.padding[i]
		after := (windows-1)*s + k - size - p
		if s < 1 || p < 0 || p >= k || after >= k { // no window sees padding alone
			return false
		}
		if after = max(0, after); size+p+after < k || (size+p+after-k)/s+1 != windows {
			return false
		}
	}
	return true
}

// call is a call of the library.
type call struct {
	indent, results string
	operands        [2]string
	kind            kind
	geometry
	frames         int
	types, returns []string // of operands and results
}

// twoAxes gives strides, or padding, of two axes, the one that is lacking being the first.
func twoAxes(list []int, lacking int) []int {
	if len(list) == 1 {
		return []int{lacking, list[0]}
	}
	return list
}

// numbers are those by which the library knows a call, see native/conv.cc.
func (c call) numbers() []int {
	last := len(c.image) - 1
	image, output := twoAxes(c.image[1:last], 1), twoAxes(c.output[1:last], 1)
	kernel, strides, padding := twoAxes(c.kernel[:last-1], 1), twoAxes(c.strides, 1), twoAxes(c.padding, 0)
	return slices.Concat(
		[]int{int(c.kind), c.image[0]}, image, c.image[last:], output, c.output[last:], kernel, strides, padding,
		[]int{c.frames},
	)
}

// text is the call's statement.
func (c call) text() string {
	strides, padding := twoAxes(c.strides, 1), twoAxes(c.padding, 0)
	config := fmt.Sprintf(
		"frames = %d : i64, kind = %d : i64, ph = %d : i64, pw = %d : i64, sh = %d : i64, sw = %d : i64",
		c.frames, c.kind, padding[0], padding[1], strides[0], strides[1])
	return customCall(c.indent, c.results, c.operands[:], handler, config, c.types, c.returns)
}

// customCall is a statement that calls a handler of the library. All arrays are row by row.
func customCall(indent, results string, operands []string, target, config string, types, returns []string) string {
	list := strings.Join(returns, ", ")
	if len(returns) > 1 {
		list = "(" + list + ")"
	}
	return fmt.Sprintf("%s%s = \"stablehlo.custom_call\"(%s) { "+
		"api_version = 4 : i32, backend_config = {%s}, call_target_name = %q, "+
		"has_side_effect = false, operand_layouts = [%s], result_layouts = [%s] } : (%s) -> %s\n",
		indent, results, strings.Join(operands, ", "), config, target,
		layouts(types), layouts(returns), strings.Join(types, ", "), list)
}

// layouts are the row-major ones of arrays of these types.
func layouts(types []string) string {
	var list []string
	for _, t := range types {
		dims, _, _ := sizes(t)
		if len(dims) == 1 {
			list = append(list, "dense<0> : tensor<1xindex>")
			continue
		}
		var axes []string
		for i := range slices.Backward(dims) {
			axes = append(axes, strconv.Itoa(i))
		}
		list = append(list, fmt.Sprintf("dense<[%s]> : tensor<%dxindex>", strings.Join(axes, ", "), len(dims)))
	}
	return strings.Join(list, ", ")
}

// dimensions are those of a tensor of float32, as its type is written. None may be zero.
func dimensions(text string) ([]int, bool) {
	dims, element, ok := sizes(text)
	return dims, ok && element == "f32"
}

// sizes are the dimensions of a tensor and the type of its elements. No dimension may be zero.
func sizes(text string) (dims []int, element string, ok bool) {
	text, opened := strings.CutPrefix(text, "tensor<")
	text, closed := strings.CutSuffix(text, ">")
	parts := strings.Split(text, "x")
	if !opened || !closed || len(parts) < 2 {
		return nil, "", false
	}
	element = parts[len(parts)-1]
	for _, d := range parts[:len(parts)-1] {
		n, err := strconv.Atoi(d)
		if err != nil || n < 1 || n > 1<<31-1 {
			return nil, "", false
		}
		dims = append(dims, n)
	}
	return dims, element, true
}

// integers reads numbers with commas between them.
func integers(text string) ([]int, bool) {
	var list []int
	for part := range strings.SplitSeq(text, ", ") {
		n, err := strconv.Atoi(part)
		if err != nil || n < -1<<20 || n > 1<<20 {
			return nil, false
		}
		list = append(list, n)
	}
	return list, true
}
