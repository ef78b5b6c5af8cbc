#include "seam.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

extern void *primewindowCompile(seam_compile *args); // seam.go

typedef void *(*seam_function)(void *args);

static void *call(const seam_api *api, int position, void *args) { return ((seam_function)api->call[position])(args); }

const char *seam_open(const char *path, seam_api **own) {
	// As go-xla opens it. The library stays loaded: its threads may run until the process ends.
	void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	if (!library) return dlerror();
	seam_api *(*get)(void) = (seam_api *(*)(void))dlsym(library, "GetPjrtApi");
	if (!get) return dlerror();
	seam_api *api = get();
	if (!api) return "it has no table of functions";
	if (api->version.major != 0) return "its interface is not of version 0";
	if (api->struct_size < offsetof(seam_api, call) + (SEAM_EXECUTABLE_DESERIALIZE_AND_LOAD + 1) * sizeof(void *))
		return "its table of functions is too short to keep programs";
	*own = api;
	return NULL;
}

seam_api *seam_copy(const seam_api *own) {
	// As long as the plugin's, so that what is newer than this file stays in it. It is never freed, as go-xla keeps a
	// plugin to the end of the process.
	seam_api *copy = malloc(own->struct_size);
	if (!copy) return NULL;
	memcpy(copy, own, own->struct_size);
	copy->call[SEAM_CLIENT_COMPILE] = (void *)primewindowCompile;
	return copy;
}

bool seam_keeps(const seam_api *api) {
	return api->call[SEAM_EXECUTABLE_SERIALIZE] && api->call[SEAM_EXECUTABLE_DESERIALIZE_AND_LOAD] &&
	       api->call[SEAM_LOADED_EXECUTABLE_GET_EXECUTABLE] && api->call[SEAM_EXECUTABLE_DESTROY];
}

void *seam_call_compile(const seam_api *api, seam_compile *args, char *code, size_t size) {
	if (!code) return call(api, SEAM_CLIENT_COMPILE, args);
	const seam_program *given = args->program;
	seam_program other = *given;
	other.code = code;
	other.code_size = size;
	args->program = &other;
	void *error = call(api, SEAM_CLIENT_COMPILE, args);
	args->program = given;
	return error;
}

void *seam_call_serialize(const seam_api *api, void *loaded, char **bytes, size_t *size) {
	seam_get_executable get = {.struct_size = sizeof get, .loaded = loaded};
	void *error = call(api, SEAM_LOADED_EXECUTABLE_GET_EXECUTABLE, &get);
	if (error) return error;
	seam_serialize made = {.struct_size = sizeof made, .executable = get.executable};
	error = call(api, SEAM_EXECUTABLE_SERIALIZE, &made);
	if (!error) {
		*bytes = malloc(made.size ? made.size : 1);
		if (*bytes) memcpy(*bytes, made.bytes, *size = made.size);
		if (made.free) made.free(made.owner);
	}
	seam_executable_destroy done = {.struct_size = sizeof done, .executable = get.executable};
	void *second = call(api, SEAM_EXECUTABLE_DESTROY, &done);
	if (!error) return second;
	if (second) free(seam_error(api, second)); // the first one says more
	return error;
}

void *seam_call_load(const seam_api *api, void *client, const char *bytes, size_t size, void **loaded) {
	seam_load args = {.struct_size = sizeof args, .client = client, .bytes = bytes, .size = size};
	void *error = call(api, SEAM_EXECUTABLE_DESERIALIZE_AND_LOAD, &args);
	if (!error) *loaded = args.loaded;
	return error;
}

char *seam_error(const seam_api *api, void *error) {
	seam_error_message said = {.struct_size = sizeof said, .error = error};
	call(api, SEAM_ERROR_MESSAGE, &said);
	char *words = malloc(said.message_size + 1);
	if (words) {
		memcpy(words, said.message, said.message_size);
		words[said.message_size] = 0;
	}
	seam_error_destroy done = {.struct_size = sizeof done, .error = error};
	call(api, SEAM_ERROR_DESTROY, &done);
	return words;
}
