package kernels

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var regen = flag.Bool("regen", false, "write the rewritten programs of testdata anew; look at them")

// programs are those of testdata, as GoMLX v0.28.2 writes them: a convolution with its gradients over two axes and over
// one, a call for norms, and calls of the other functions.
func programs(tb testing.TB) map[string]string {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.mlir")
	if err != nil || len(files) == 0 {
		tb.Fatal("no programs in testdata", err)
	}
	all := map[string]string{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		all[file] = string(b)
	}
	return all
}

// TestRewrite compares what becomes of whole programs with what is known to be right: TestAgainstXLA ran the same.
func TestRewrite(t *testing.T) {
	for file, text := range programs(t) {
		got := Rewrite([]byte(text))
		golden := strings.TrimSuffix(file, ".mlir") + ".golden"
		if *regen {
			if err := os.WriteFile(golden, got, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("Rewrite(%s): (-want +got)\n%s", file, diff)
		}
		if again := Rewrite(got); !bytes.Equal(again, got) {
			t.Errorf("%s: a rewritten program is rewritten again", file)
		}
	}
}

// TestUntouched changes one thing of a program each: then a statement is another convolution, or no known one, and all
// of it stays as it is.
func TestUntouched(t *testing.T) {
	all := programs(t)
	two, one, norms := all["testdata/two_axes.mlir"], all["testdata/one_axis.mlir"], all["testdata/norms.mlir"]
	functions := all["testdata/functions.mlir"] // five calls
	for _, tt := range []struct {
		name, text, from, to string
		calls                int // that are made of what is left
		reason               string
	}{
		{
			"not asked for", two,
			"module @primewindow_kernels_1",
			"module @Exec_1",
			0, "the program did not ask for kernels",
		},
		{
			"groups", two,
			"feature_group_count = 1 : i64",
			"feature_group_count = 2 : i64",
			0, "oneDNN would compute another convolution",
		},
		{"batch groups", two, "batch_group_count = 1 : i64", "batch_group_count = 2 : i64", 0, "likewise"},
		{
			"precision", two,
			"#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>",
			"#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>",
			0, "somebody asked for it",
		},
		{"window reversal", two, "array<i1: false, false>", "array<i1: true, false>", 0, "the kernel is another"},
		{"element type", two, "xf32>", "xf64>", 0, "a replay in double stays in double"},
		{"half precision", two, "xf32>", "xbf16>", 0, "likewise"},
		{
			"dilated kernel", two,
			"rhs_dilation = array<i64: 1, 1>",
			"rhs_dilation = array<i64: 2, 2>",
			1, "the filter's gradient alone has it",
		},
		{
			"dilated input", two,
			"lhs_dilation = array<i64: 1, 1>",
			"lhs_dilation = array<i64: 2, 2>",
			1, "the input's gradient alone has it",
		},
		{"another attribute", two, "window_strides = ", "window_stride = ", 0, "not a name that is known"},
		{"attributes in another order", two, "batch_group_count = 1 : i64,\n", "", 0, "one is missing"},
		{
			"order of axes", two,
			"[b, 0, 1, f]x[0, 1, i, o]",
			"[b, 1, 0, f]x[0, 1, i, o]",
			2, "height and width swapped",
		},
		{
			"channels first", two,
			"[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]",
			"[b, f, 0, 1]x[0, 1, i, o]->[b, f, 0, 1]",
			2, "another layout",
		},
		{
			"kernel not reversed", two,
			`"stablehlo.reverse"(%arg1) { dimensions = array<i64: 0, 1> }`,
			`"stablehlo.negate"(%arg1)`,
			2, "the gradient's kernel comes from elsewhere",
		},
		{
			"one axis reversed", two,
			"dimensions = array<i64: 0, 1> }",
			"dimensions = array<i64: 1> }",
			2, "it is not the whole kernel's reverse",
		},
		{
			"reversed twice", two,
			`%10 = "stablehlo.reverse"(%arg1) { dimensions = array<i64: 0, 1> }`,
			`%10 = "stablehlo.reverse"(%arg1) { dimensions = array<i64: 0, 2> }`,
			2, "channels are reversed",
		},
		{
			"reversed in another function", two,
			"    %11 = ",
			"  func.func @other() {\n    %11 = ",
			2, "names belong to their function",
		},
		{
			"padding at odds", two,
			"padding = dense<[[1, 1], [1, 1]]>",
			"padding = dense<[[5, 1], [1, 1]]>",
			0, "more padding than kernel, or less than none",
		},
		{"sizes at odds", two, "tensor<4x8x7x32xf32>", "tensor<4x9x7x32xf32>", 0, "not the windows of stride 2"},
		{"batches at odds", two, "tensor<4x8x7x32xf32>", "tensor<3x8x7x32xf32>", 0, "XLA refuses it, not we"},
		{"three axes", two, "tensor<4x15x13x16xf32>", "tensor<4x15x13x1x16xf32>", 0, "no form of two axes"},
		{"no size", two, "tensor<4x15x13x16xf32>", "tensor<?x15x13x16xf32>", 0, "known when it runs"},
		{"empty", two, "tensor<4x", "tensor<0x", 0, "nothing to compute"},
		{"one axis: order", one, "[b, 0, f]x[0, i, o]", "[0, b, f]x[0, i, o]", 2, "another layout"},
		{"norms of another name", norms, "@primewindow_norms_", "@primewindow_norm_", 0, "not one of ours"},
		{"norms without frames", norms, "_f1 }", " }", 0, "the name says too little"},
		{"norms of other frames", norms, "_f1 }", "_f3 }", 0, "four norms of four rows"},
		{
			"norms of another stride", norms,
			"callee = @primewindow_norms_s2x2",
			"callee = @primewindow_norms_s1x2",
			0, "sizes are at odds",
		},
		{"norms in double", norms, "tensor<4xf32>", "tensor<4xf64>", 0, "another type"},
		{"functions of another name", functions, "callee = @primewindow_", "callee = @other_", 0, "not ours"},
		{"unknown functions", functions, "callee = @primewindow_", "callee = @primewindow_un", 0, "no such ones"},
		{"functions in double", functions, "xf32>", "xf64>", 0, "a replay in double stays in double"},
		{"pooling of other places", functions, "xui8>", "xui16>", 3, "both of pooling have them"},
		{
			"pooling of other windows", functions,
			"tensor<2x3x4x5x",
			"tensor<2x2x4x5x",
			3, "not those of stride 2 and padding 1",
		},
		{"sums of another shape", functions, "tensor<2x5xf32>", "tensor<5x2xf32>", 4, "rows and columns are swapped"},
		{"moments of more columns", functions, "tensor<5xf32>", "tensor<6xf32>", 2, "the input has five"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(tt.text, tt.from) {
				t.Fatalf("the program has no %q", tt.from)
			}
			text := strings.ReplaceAll(tt.text, tt.from, tt.to)
			got := string(Rewrite([]byte(text)))
			if n := strings.Count(got, `call_target_name = "primewindow_`); n != tt.calls {
				t.Errorf("%d calls, want %d\nreason: %s\n%s", n, tt.calls, tt.reason, got)
			}
			if tt.calls == 0 && got != text {
				t.Errorf("the text has changed (-want +got)\n%s", cmp.Diff(text, got))
			}
		})
	}
}

// FuzzRewrite wants no text to panic, texts of other names to stay as they are, and every other line of a text too.
func FuzzRewrite(f *testing.F) {
	for _, text := range programs(f) {
		f.Add([]byte(text))
		f.Add([]byte(strings.Replace(text, "f32", "f64", 1)))
		f.Add([]byte(text[:len(text)/2]))
	}
	f.Fuzz(func(t *testing.T, program []byte) {
		given := bytes.Clone(program)
		got := Rewrite(program)
		if !bytes.Equal(given, program) {
			t.Fatal("the program that was given has changed")
		}
		if !bytes.HasPrefix(program, []byte("module @"+Program)) {
			if !bytes.Equal(got, program) {
				t.Fatal("a program that does not ask for kernels has changed")
			}
			return
		}
		// Lines that are no new calls come from the program, in its order.
		left := string(program)
		for line := range strings.Lines(string(got)) {
			if strings.Contains(line, `call_target_name = "primewindow_`) && !strings.Contains(string(program), line) {
				continue
			}
			at := strings.Index(left, line)
			if at < 0 {
				t.Fatalf("a line that was not there: %q", line)
			}
			left = left[at+len(line):]
		}
	})
}
