#!/usr/bin/env python3
"""Writes cmd/bench/ports_table.go: the cycles that the main loops of the kernels need at least on the ports of a CPU, by llvm's
models of CPUs.

Needs go, and Debian's llvm-19. Run from anywhere: python3 tools/mca/ports.py. Only of Zen 4 what was measured is known not to
contradict the model, all but one resource: see IGNORED. Limits of the others are of their models alone. Where llvm's is known to be
wrong, none is listed: of servers' Ice Lake it has one unit less for 512 bits than there are, of Zen 2 other multipliers.
"""
import collections, pathlib, re, subprocess, tempfile

import mca

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
X86, ARM = "x86_64", "aarch64"
CPUS = {  # as cmd/bench/ports.go and llvm call them, and the implementations that they run
    "haswell": ("haswell", X86, ["avx2"]),
    "skylake": ("skylake", X86, ["avx2"]),
    "skylake-x": ("skx", X86, ["avx2"]),
    "ice lake client": ("icelake-client", X86, ["avx512", "avx2"]),
    "ice lake server": ("icelake-server", X86, ["avx2"]),
    "sapphire rapids": ("sapphirerapids", X86, ["avx512", "avx2"]),
    "zen 3": ("znver3", X86, ["avx2"]),
    "zen 4": ("znver4", X86, ["avx512", "avx2"]),
    "neoverse n1": ("neoverse-n1", ARM, ["neon"]),
    "neoverse n2": ("neoverse-n2", ARM, ["neon"]),
    "neoverse v1": ("neoverse-v1", ARM, ["neon"]),
    "neoverse v2": ("neoverse-v2", ARM, ["neon"]),
}
# llvm has every load of vectors take one of these two pipes, so that AVX2 would take 3.0 cycles for 64 bytes of float32. Zen 4 does
# it in 2.1 (BenchmarkPair, 2048 numbers, 1 - 2.1/3.0 less than it could be). Its model is made of Zen 3's.
IGNORED = r"Zn[34]FP45"
MULTIPLY = {X86: "imulq %rbx, %rax", ARM: "mul x0, x0, x1"}
LOOPS = ["float32", "near", "ties", "half"]


def run(*args, **kw):
    return subprocess.run(args, check=True, capture_output=True, text=True, **kw).stdout


def loops(binary, symbol):
    """The bodies of a function's unrolled loops, and how many bytes each stores."""
    code = []
    for line in run("llvm-objdump-19", "-d", "--no-show-raw-insn", f"--disassemble-symbols={symbol}", binary).splitlines():
        if m := re.match(r"\s*([0-9a-f]+):\s+(.*)", line):
            text = re.sub(r"\s*(#.*|<.*>)$", "", m[2]).strip().replace("\t", " ")
            target = re.search(r"0x([0-9a-f]+)$", text) if text.startswith("j") else None
            code.append((int(m[1], 16), text, target and int(target[1], 16)))
    at = {a: i for i, (a, _, _) in enumerate(code)}
    for i, (a, _, target) in enumerate(code):
        if target is None or target > a or target not in at:
            continue
        body = code[at[target] : i + 1]
        if any(t is not None for _, _, t in body[:-1]):
            continue
        stores = [m[1] for _, text, _ in body if (m := re.match(r"vmov\w+ %([yz])mm\d+, \S*\(", text))]
        stored = sum({"y": 32, "z": 64}[s] for s in stores)
        if stored == 256:
            yield body, stored


def neon_loops(binary, symbol):
    """The same of NEON's."""
    return [(body, mca.stored(body)) for body in mca.inner_loops(mca.disassemble(binary, symbol)) if mca.stored(body) > 16]


def name(kernel, body):
    """What portCycles calls a loop, by its instructions, or None: one that mixes by masks, or selects."""
    has = {text.split()[0] for _, text, _ in body}.__and__
    if kernel == "F32":
        return None if has({"vcvtdq2ps", "ucvtf"}) else "float32"
    if has({"vpmulhrsw", "sqrdmulh"}):
        return "ties" if has({"vgf2p8affineqb", "vpaddusb", "uqadd"}) else "near"
    return "half" if has({"vpavgb", "urhadd"}) else None


def kind(name):
    """What ports of a kind have in common: no operation takes one of several kinds."""
    if m := re.match(r"(?:HW|SKL|SKX|ICX|SPR)Port(\d+)$", name):
        return {2: "load", 3: "load", 11: "load", 7: "address", 8: "address", 4: "store", 9: "store"}.get(int(m[1]), "execute")
    return re.sub(r"UnitLA?\d*$", "UnitL", name.rstrip("0123456789"))


def bound(body, triple, cpu):
    """Cycles that one turn takes at least: of any set of ports of a kind, what only these can do, shared among them evenly."""
    text = "loop:\n" + "".join((re.sub(r"0x[0-9a-f]+$", "loop", t) if to else t) + "\n" for _, t, to in body)
    # In these tables each operation has an equal share of every port that it can take.
    out = run("llvm-mca-19", f"-mtriple={triple}", f"-mcpu={cpu}", "-instruction-tables", input=text)
    names = dict(re.findall(r"^\[([\d.]+)\]\s+- (\S+)$", out, re.M))
    heads, rows = re.search(r"Resource pressure by instruction:\n(.*) Instructions:\n(.*)", out, re.S).groups()
    heads = re.findall(r"\[([\d.]+)\]", heads)
    work = collections.Counter()  # cycles, by the ports that can do it
    for row in rows.strip().splitlines():
        kinds = collections.defaultdict(dict)
        for head, used in zip(heads, row.split()):
            if used != "-" and not re.match(IGNORED, names[head]):
                kinds[kind(names[head])][head] = float(used)
        if {"load", "address"} <= set(kinds):  # of Haswell and Skylake, whose stores' addresses are made there as well
            kinds["load"] |= kinds.pop("address")
        for used in kinds.values():
            work[frozenset(used)] += sum(used.values())
    sets = {a | b | c for a in work for b in work for c in work}
    return max(sum(cycles for ports, cycles in work.items() if ports <= s) / len(s) for s in sets)


def latency(triple, cpu):
    """Of a multiplication of integers."""
    out = run("llvm-mca-19", f"-mtriple={triple}", f"-mcpu={cpu}", "-instruction-tables", input=MULTIPLY[triple] + "\n")
    return re.search(r"Instructions:\n\s*\d+\s+(\d+)", out)[1]


def main():
    tmp = pathlib.Path(tempfile.mkdtemp())
    binary = {}
    for triple, arch in (X86, "amd64"), (ARM, "arm64"):
        binary[triple] = str(tmp / arch)
        run("go", "test", "-c", "-o", binary[triple], ".", cwd=ROOT, env={**__import__("os").environ, "GOARCH": arch, "CGO_ENABLED": "0"})
    text = "// Code generated by tools/mca/ports.py; DO NOT EDIT.\n\npackage bench\n\n"
    text += "// portCycles are cycles for 64 bytes of results, by CPU, implementation, and type or variant of uint8.\n"
    text += "var portCycles = map[string]map[string]map[string]float64{\n"
    for cpu, (model, triple, implementations) in CPUS.items():
        text += f'\t"{cpu}": {{\n'
        for implementation in implementations:
            found = collections.defaultdict(set)
            for kernel in "F32", "U8":
                for body, stored in (loops if triple == X86 else neon_loops)(binary[triple], f"github.com/mixblend/blend.blend{kernel}{implementation.upper()}.abi0"):
                    found[name(kernel, body)].add(f"{64 * bound(body, triple, model) / stored:.2g}")
            assert all(len(found[n]) == 1 for n in LOOPS), (cpu, implementation, found)  # of mirror images, too
            text += f'\t\t"{implementation}": {{' + ", ".join(f'"{n}": {min(found[n])}' for n in LOOPS) + "},\n"
        text += "\t},\n"
    text += "}\n\n// multiplyLatency is how many cycles a multiplication waits for the one before, by CPU.\nvar multiplyLatency = map[string]float64{\n"
    for cpu, (model, triple, _) in CPUS.items():
        text += f'\t"{cpu}": {latency(triple, model)},\n'
    (ROOT / "cmd/bench/ports_table.go").write_text(run("gofmt", input=text + "}\n"))


if __name__ == "__main__":
    main()
