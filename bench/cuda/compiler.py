"""Compiles StableHLO programs for a GPU that is described and not there; check_cuda.py starts it.

usage: compiler.py TARGET.txtpb

For each path on standard input it answers with a line of JSON: seconds, and either error or what the compiler planned,
in bytes, and counted. It needs JAX with its CUDA plugin. The plugin is registered by hand: JAX's own way asks a driver.
"""

import json
import os
import pathlib
import sys
import time

os.environ["JAX_SKIP_CUDA_CONSTRAINTS_CHECK"] = "1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402
import jax._src.xla_bridge as bridge  # noqa: E402
import jax_plugins.xla_cuda13 as plugin  # noqa: E402
from jax._src.interpreters import mlir  # noqa: E402
from jax._src.lib import _jax, xla_client  # noqa: E402
from jax._src.lib.mlir import ir  # noqa: E402
from jax.experimental import topologies  # noqa: E402


def device(target):
    plugin._load_nvidia_libraries()
    bridge.register_plugin("ahead", library_path=str(plugin._get_library_path()))
    described = topologies.get_topology_desc(
        platform="ahead", topology_name="described", topology="1x1x1", target_config=pathlib.Path(target).read_text()
    )
    return described.devices[0]


def compile_for(gpu, cpu, path):
    with mlir.make_ir_context():
        module = ir.Module.parse(pathlib.Path(path).read_text())
        whole = _jax.mlir.mlir_module_to_xla_computation(str(module), use_tuple_args=False, return_tuple=False)
        options = xla_client.CompileOptions()
        options.num_replicas = options.num_partitions = 1
        made = gpu.client.compile(module, xla_client.DeviceList((gpu,)), options)
    memory = made.get_compiled_memory_stats()
    # The plugin counts nothing. Operations are counted in the program as it is given, since the compiler puts calls of
    # libraries in the place of convolutions; bytes in what it makes of it, where neighbours are fused.
    given = _jax.hlo_module_cost_analysis(cpu, whole.get_hlo_module())
    fused = _jax.hlo_module_cost_analysis(cpu, made.hlo_modules()[0])
    return {
        "temporaries": memory.temp_size_in_bytes,
        "arguments": memory.argument_size_in_bytes,
        "results": memory.output_size_in_bytes,
        "operations": given["flops"],
        "bytes": fused["bytes accessed"],
    }


def main():
    gpu, cpu = device(sys.argv[1]), jax.devices("cpu")[0].client
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever libraries print
    for line in sys.stdin:
        began = time.perf_counter()
        try:
            answer = compile_for(gpu, cpu, line.strip())
        except Exception as e:  # whatever the compiler says is the result
            answer = {"error": str(e).splitlines()[0][:300]}
        answers.write(json.dumps(answer | {"seconds": round(time.perf_counter() - began, 1)}) + "\n")
        answers.flush()


main()
