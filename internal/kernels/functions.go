package kernels

import (
	"regexp"
	"slices"
	"strings"
)

// Functions of a program that the library computes are called by these names, to which a number may be added. Each
// takes the parameters that stand first here; there may be more, which the library does not need. Its body must compute
// the same, for a program that is not rewritten. Arrays are of float32 where nothing else is said.
const (
	// MomentsName is of x, [..., C]: the mean and the variance of each column, [C] both.
	MomentsName = "primewindow_moments"
	// SlopesName is of delta and x, [N, P, C], and mean and scale, [C]: over P the sum of delta, and the sum of delta
	// times (x - mean) times scale, [N, C] both.
	SlopesName = "primewindow_slopes"
	// PoolName is of x, [N, H, W, C]: the greatest number of each window of 3 by 3 with stride 2 and padding 1, and the
	// place in the window of the first that is so great, row by row, as uint8: [N, H', W', C] both.
	PoolName = "primewindow_pool"
	// UnpoolName is of delta and the places, [N, H', W', C]: the gradient at x, [N, H, W, C].
	UnpoolName = "primewindow_unpool"
)

const callee = "{ callee = @primewindow_"

var (
	functionLine = regexp.MustCompile(`^( *)(%\w+(?:, %\w+)*) = "func\.call"\((%\w+(?:, %\w+)*)\) ` +
		`\{ callee = @(primewindow_[a-z]+)(?:_\d+)? \} : \((\S+(?:, \S+)*)\) -> (.+)\n$`)
	// functions say what a call of each must be like, as operands -> results. An axis is a letter, the same size
	// wherever it stands, and * any number of axes likewise; a type that is not float32 follows.
	functions = map[string]signature{
		MomentsName: {[]string{"*c"}, []string{"c", "c"}},
		SlopesName:  {[]string{"npc", "npc", "c", "c"}, []string{"nc", "nc"}},
		PoolName:    {[]string{"nhwc"}, []string{"nHWc", "nHWc ui8"}},
		UnpoolName:  {[]string{"nHWc", "nHWc ui8"}, []string{"nhwc"}},
	}
)

// signature is what a function takes and gives.
type signature struct{ operands, results []string }

// functionCall is a call of one of the functions as one of the library.
func functionCall(line string) (text string, ok bool) {
	m := functionLine.FindStringSubmatch(line)
	if m == nil {
		return "", false
	}
	s, ok := functions[m[4]]
	operands, types := strings.Split(m[3], ", "), strings.Split(m[5], ", ")
	list := m[6]
	if strings.HasPrefix(list, "(") {
		list = strings.TrimSuffix(list[1:], ")")
	}
	returns := strings.Split(list, ", ")
	n := len(s.operands)
	if !ok || len(operands) != len(types) || len(operands) < n || len(returns) != len(s.results) {
		return "", false
	}
	axes, wanted := map[rune][]int{}, slices.Concat(s.operands, s.results)
	for i, t := range slices.Concat(types[:n], returns) {
		if !fits(wanted[i], t, axes) {
			return "", false
		}
	}
	for of, pooled := range map[rune]rune{'h': 'H', 'w': 'W'} {
		if size := axes[of]; size != nil && axes[pooled][0] != (size[0]-1)/2+1 {
			return "", false
		}
	}
	return customCall(m[1], m[2], operands[:n], m[4], "", types[:n], returns), true
}

// fits reports whether a tensor's type is as wanted, axes being the sizes that are known; it notes new ones.
func fits(wanted, text string, axes map[rune][]int) bool {
	dims, element, ok := sizes(text)
	letters, of, other := strings.Cut(wanted, " ")
	if !other {
		of = "f32"
	}
	if !ok || element != of || len(dims) < len(letters) {
		return false
	}
	for i, axis := range letters {
		size := dims[:1]
		if axis == '*' {
			size = dims[:len(dims)-(len(letters)-1-i)]
		}
		dims = dims[len(size):]
		if known, ok := axes[axis]; ok && !slices.Equal(known, size) {
			return false
		}
		axes[axis] = size
	}
	return len(dims) == 0
}
