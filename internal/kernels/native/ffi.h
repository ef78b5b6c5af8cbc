// What every handler of XLA's FFI needs: errors, attributes, and the call itself, through which nothing may be thrown.
#ifndef PRIMEWINDOW_FFI_H_
#define PRIMEWINDOW_FFI_H_

#include <atomic>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>

#include "xla/ffi/api/c_api.h"

namespace primewindow {

// Failure is an error of a call, with the code under which XLA reports it.
struct Failure : std::runtime_error {
  XLA_FFI_Error_Code code;
  Failure(XLA_FFI_Error_Code c, const std::string& what) : std::runtime_error(what), code(c) {}
};

[[noreturn]] inline void refuse(const std::string& what) { throw Failure(XLA_FFI_Error_Code_INVALID_ARGUMENT, what); }

inline int64_t attribute(XLA_FFI_CallFrame* f, const char* name) {
  for (int64_t i = 0; i < f->attrs.size; i++) {
    XLA_FFI_ByteSpan* n = f->attrs.names[i];
    if (std::string(n->ptr, n->len) != name) continue;
    auto* v = static_cast<XLA_FFI_Scalar*>(f->attrs.attrs[i]);
    if (f->attrs.types[i] != XLA_FFI_AttrType_SCALAR || v->dtype != XLA_FFI_DataType_S64)
      refuse(std::string("attribute ") + name + " is not an int64");
    return *static_cast<int64_t*>(v->value);
  }
  refuse(std::string("attribute ") + name + " is missing");
}

// Array is an operand or a result of a call: its dimensions, and its numbers in the order of the last axis first.
template <typename T>
struct Array {
  int64_t rank;
  const int64_t* dims;
  T* data;
  int64_t size() const {
    int64_t n = 1;
    for (int64_t i = 0; i < rank; i++) n *= dims[i];
    return n;
  }
};

template <typename T, XLA_FFI_DataType type>
Array<T> array(XLA_FFI_Buffer* b) {
  if (b->dtype != type) refuse("an array has another type");
  for (int64_t i = 0; i < b->rank; i++)
    if (b->dims[i] < 1) refuse("an array is empty");
  return {b->rank, b->dims, static_cast<T*>(b->data)};
}

// floats and bytes are operand or result i of a call.
inline Array<float> floats(void** list, int64_t i) {
  return array<float, XLA_FFI_DataType_F32>(static_cast<XLA_FFI_Buffer*>(list[i]));
}
inline Array<uint8_t> bytes(void** list, int64_t i) {
  return array<uint8_t, XLA_FFI_DataType_U8>(static_cast<XLA_FFI_Buffer*>(list[i]));
}

// wants refuses calls of another number of operands or results.
inline void wants(XLA_FFI_CallFrame* f, int64_t operands, int64_t results) {
  if (f->args.size < operands || f->rets.size != results) refuse("another number of operands or results");
}

XLA_FFI_Error* failed(XLA_FFI_CallFrame* f, XLA_FFI_Error_Code code, const std::string& what);

// calls counts those that were computed.
extern std::atomic<int64_t> calls;

// handle is what XLA calls: compute, with whatever it throws made an error.
template <void (*compute)(XLA_FFI_CallFrame*)>
XLA_FFI_Error* handle(XLA_FFI_CallFrame* f) {
  for (auto* e = f->extension_start; e; e = e->next) {
    if (e->type != XLA_FFI_Extension_Metadata) continue;
    auto* m = reinterpret_cast<XLA_FFI_Metadata_Extension*>(e)->metadata;
    m->api_version.major_version = XLA_FFI_API_MAJOR;
    m->api_version.minor_version = XLA_FFI_API_MINOR;
    m->traits = 0;
    return nullptr;
  }
  if (f->stage != XLA_FFI_ExecutionStage_EXECUTE) return nullptr;
  try {
    compute(f);
    calls++;
    return nullptr;
  } catch (const Failure& e) {
    return failed(f, e.code, e.what());
  } catch (const std::bad_alloc&) {
    return failed(f, XLA_FFI_Error_Code_RESOURCE_EXHAUSTED, "out of memory");
  } catch (const std::exception& e) {
    return failed(f, XLA_FFI_Error_Code_INTERNAL, e.what());
  } catch (...) {
    return failed(f, XLA_FFI_Error_Code_INTERNAL, "unknown error");
  }
}

// The handlers: rewrite.go and calls.go write the calls.
void convolve(XLA_FFI_CallFrame* f);
void moments(XLA_FFI_CallFrame* f);
void slopes(XLA_FFI_CallFrame* f);
void pool(XLA_FFI_CallFrame* f);
void unpool(XLA_FFI_CallFrame* f);

// begin comes before any convolution, with OpenMP's function of that name.
void begin(void (*omp_set_num_threads)(int));

// prepare has the convolution compiled that a call will run, which list describes by 15 numbers.
void prepare(const int64_t* list);

}  // namespace primewindow

#endif  // PRIMEWINDOW_FFI_H_
