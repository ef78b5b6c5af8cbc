package kernels

import (
	"fmt"
	"regexp"
	"strings"
)

// normsPrefix begins the name of every function that [Rewrite] takes for one of [NormsName].
const normsPrefix = "primewindow_norms_"

// NormsName is the name of a function of a program that computes a filter's gradient and the squared norm of each
// sample's part of it, for a convolution with strides and a padding before each axis, over two spatial axes or one,
// frames rows being one sample. What is added at its end, after a _, may set it apart from others. Its first two
// parameters are the convolution's input, [N, spatial..., in], and the gradient at its output, [N, spatial..., out];
// there may be more, which the library does not need. Its results are the gradient, [kernel..., in, out], and the
// norms, [N/frames]. Its body must compute them, for a program that is not rewritten.
func NormsName(strides, padding []int, frames int) string {
	return fmt.Sprintf("%ss%s_p%s_f%d", normsPrefix, times(strides), times(padding), frames)
}

func times(list []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", "x")
}

var normsLine = regexp.MustCompile(`^( *)(%\w+, %\w+) = "func\.call"\((%\w+), (%\w+)(?:, %\w+)*\) ` +
	`\{ callee = @` + normsPrefix + `s([\dx]+)_p([\dx]+)_f(\d+)(?:_\w+)? \} : ` +
	`\((tensor<[\dx]+xf32>), (tensor<[\dx]+xf32>)(?:, tensor<\w+>)*\) -> \((tensor<[\dx]+xf32>), (tensor<\d+xf32>)\)\n$`)

// normsCall is a call of a function of [NormsName] as one of the library.
func normsCall(line string) (c call, ok bool) {
	m := normsLine.FindStringSubmatch(line)
	if m == nil {
		return c, false
	}
	image, ok1 := dimensions(m[8])
	output, ok2 := dimensions(m[9])
	kernel, ok3 := dimensions(m[10])
	norms, ok4 := dimensions(m[11])
	strides, ok5 := integers(strings.ReplaceAll(m[5], "x", ", "))
	padding, ok6 := integers(strings.ReplaceAll(m[6], "x", ", "))
	frames, ok7 := integers(m[7])
	spatial := len(strides)
	switch {
	case !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || !ok7:
		return c, false
	case spatial < 1 || spatial > 2 || len(padding) != spatial:
		return c, false
	case len(image) != spatial+2 || len(output) != spatial+2 || len(kernel) != spatial+2:
		return c, false
	case frames[0] < 1 || norms[0]*frames[0] != image[0]:
		return c, false
	}
	g := geometry{image: image, kernel: kernel, output: output, strides: strides, padding: padding}
	if !g.agrees() {
		return c, false
	}
	operands := [2]string{m[3], m[4]}
	return call{m[1], m[2], operands, filterGradientNorms, g, frames[0], m[8:10], m[10:12]}, true
}
