// What the seam needs of PJRT's C interface, whose header go-xla does not give to others. The interface only ever grows
// at its ends within a major version, so these few structures and positions hold for every plugin of version 0;
// TestInterface compares them with the header that go-xla is built with.
#ifndef PRIMEWINDOW_SEAM_H
#define PRIMEWINDOW_SEAM_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
	size_t struct_size;
	void *extension;
	struct {
		size_t struct_size;
		void *extension;
		int major, minor;
	} version;
	void *call[]; // as many functions as struct_size has room for
} seam_api;

// Positions in call.
enum {
	SEAM_ERROR_DESTROY = 0,
	SEAM_ERROR_MESSAGE = 1,
	SEAM_CLIENT_COMPILE = 20,
	SEAM_EXECUTABLE_DESTROY = 40,
	SEAM_EXECUTABLE_SERIALIZE = 49,
	SEAM_LOADED_EXECUTABLE_GET_EXECUTABLE = 51,
	SEAM_EXECUTABLE_DESERIALIZE_AND_LOAD = 56,
};

typedef struct {
	size_t struct_size;
	void *extension;
	char *code;
	size_t code_size;
	const char *format; // "mlir" for StableHLO
	size_t format_size;
} seam_program;

typedef struct {
	size_t struct_size;
	void *extension;
	void *client;
	const seam_program *program;
	const char *options; // serialised
	size_t options_size;
	void *executable; // out
} seam_compile;

typedef struct {
	size_t struct_size;
	void *extension;
	void *loaded;
	void *executable; // out
} seam_get_executable;

typedef struct {
	size_t struct_size;
	void *extension;
	void *executable;
} seam_executable_destroy;

typedef struct {
	size_t struct_size;
	void *extension;
	const void *executable;
	const char *bytes; // out, as long as owner lives
	size_t size;       // out
	void *owner;       // out
	void (*free)(void *owner); // out
} seam_serialize;

typedef struct {
	size_t struct_size;
	void *extension;
	void *client;
	const char *bytes;
	size_t size;
	void *loaded; // out
	const char *options; // none: those that were kept with the executable
	size_t options_size;
} seam_load;

typedef struct {
	size_t struct_size;
	void *extension;
	void *error;
} seam_error_destroy;

typedef struct {
	size_t struct_size;
	void *extension;
	const void *error;
	const char *message; // out, as long as error lives
	size_t message_size; // out
} seam_error_message;

// seam_open loads a plugin and finds its table of functions, which is the same by whatever path the file was reached. It
// returns what is wrong, in memory that nobody frees, or null.
const char *seam_open(const char *path, seam_api **own);

// seam_copy copies a table, with compiling led to Go. It returns null without memory.
seam_api *seam_copy(const seam_api *own);

// seam_keeps reports whether a plugin has the functions that keep programs.
bool seam_keeps(const seam_api *api);

// seam_call_compile compiles by the plugin's own function, the program being code where that is not null. It returns a
// PJRT_Error or null.
void *seam_call_compile(const seam_api *api, seam_compile *args, char *code, size_t size);

// seam_call_serialize makes bytes of an executable; the caller frees them. It returns a PJRT_Error or null; without
// memory *bytes stays null.
void *seam_call_serialize(const seam_api *api, void *loaded, char **bytes, size_t *size);

// seam_call_load makes an executable of bytes. It returns a PJRT_Error or null.
void *seam_call_load(const seam_api *api, void *client, const char *bytes, size_t size, void **loaded);

// seam_error takes the words of a PJRT_Error and frees it; the caller frees the words.
char *seam_error(const seam_api *api, void *error);

#endif
