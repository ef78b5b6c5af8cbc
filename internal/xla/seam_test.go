package xla

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestInterface compares the few structures and positions of seam.h with the header that go-xla is built with: should
// they ever differ, compiling would lead to somewhere else.
func TestInterface(t *testing.T) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler: install cc")
	}
	module, err := exec.CommandContext(
		t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/gomlx/go-xla",
	).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	header := filepath.Join(strings.TrimSpace(string(module)), "pjrt")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	var program strings.Builder
	program.WriteString("#include \"pjrt_c_api.h\"\n#include \"seam.h\"\n#include <stddef.h>\n" +
		"#define SAME(what, a, b) _Static_assert((a) == (b), what \" of seam.h is another in go-xla's " +
		"pjrt_c_api.h\")\n" +
		"#define FIELD(mine, m, theirs, f) SAME(#mine \".\" #m, offsetof(mine, m), offsetof(theirs, f))\n" +
		"#define AT(position, name) SAME(#position, offsetof(seam_api, call) + position * sizeof(void *), " +
		"offsetof(PJRT_Api, name))\n")
	for _, p := range [][2]string{
		{"SEAM_ERROR_DESTROY", "PJRT_Error_Destroy"},
		{"SEAM_ERROR_MESSAGE", "PJRT_Error_Message"},
		{"SEAM_CLIENT_COMPILE", "PJRT_Client_Compile"},
		{"SEAM_EXECUTABLE_DESTROY", "PJRT_Executable_Destroy"},
		{"SEAM_EXECUTABLE_SERIALIZE", "PJRT_Executable_Serialize"},
		{"SEAM_LOADED_EXECUTABLE_GET_EXECUTABLE", "PJRT_LoadedExecutable_GetExecutable"},
		{"SEAM_EXECUTABLE_DESERIALIZE_AND_LOAD", "PJRT_Executable_DeserializeAndLoad"},
	} {
		program.WriteString("AT(" + p[0] + ", " + p[1] + ");\n")
	}
	for _, s := range []struct {
		mine, theirs string
		fields       [][2]string
	}{
		{
			"seam_api", "PJRT_Api",
			[][2]string{
				{"struct_size", "struct_size"}, {"version.major", "pjrt_api_version.major_version"},
				{"version.minor", "pjrt_api_version.minor_version"},
			},
		},
		{
			"seam_program", "PJRT_Program",
			[][2]string{
				{"code", "code"}, {"code_size", "code_size"}, {"format", "format"}, {"format_size", "format_size"},
			},
		},
		{
			"seam_compile", "PJRT_Client_Compile_Args",
			[][2]string{
				{"client", "client"}, {"program", "program"}, {"options", "compile_options"},
				{"options_size", "compile_options_size"}, {"executable", "executable"},
			},
		},
		{
			"seam_get_executable", "PJRT_LoadedExecutable_GetExecutable_Args",
			[][2]string{{"loaded", "loaded_executable"}, {"executable", "executable"}},
		},
		{"seam_executable_destroy", "PJRT_Executable_Destroy_Args", [][2]string{{"executable", "executable"}}},
		{
			"seam_serialize", "PJRT_Executable_Serialize_Args",
			[][2]string{
				{"executable", "executable"}, {"bytes", "serialized_bytes"}, {"size", "serialized_bytes_size"},
				{"owner", "serialized_executable"}, {"free", "serialized_executable_deleter"},
			},
		},
		{
			"seam_load", "PJRT_Executable_DeserializeAndLoad_Args",
			[][2]string{
				{"client", "client"}, {"bytes", "serialized_executable"}, {"size", "serialized_executable_size"},
				{"loaded", "loaded_executable"}, {"options", "overridden_serialized_compile_options"},
				{"options_size", "overridden_serialized_compile_options_size"},
			},
		},
		{"seam_error_destroy", "PJRT_Error_Destroy_Args", [][2]string{{"error", "error"}}},
		{
			"seam_error_message", "PJRT_Error_Message_Args",
			[][2]string{{"error", "error"}, {"message", "message"}, {"message_size", "message_size"}},
		},
	} {
		for _, f := range append(s.fields, [2]string{"struct_size", "struct_size"}) {
			program.WriteString("FIELD(" + s.mine + ", " + f[0] + ", " + s.theirs + ", " + f[1] + ");\n")
		}
		if s.mine != "seam_api" { // which goes on behind its last field
			program.WriteString(
				"SAME(\"the size of " + s.mine + "\", sizeof(" + s.mine + "), sizeof(" + s.theirs + "));\n",
			)
		}
	}
	cmd := exec.CommandContext(t.Context(), cc, "-std=c11", "-fsyntax-only", "-I", here, "-I", header, "-x", "c", "-")
	cmd.Stdin = strings.NewReader(program.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("cc: %v\n%s", err, out)
	}
}
