#!/usr/bin/env python3
"""Cycles per byte written of the RISC-V kernels' loops, by llvm-mca, beside clang's of the same algorithms (rvv.c) for rv64gcv
tuned for the CPU.

Needs go 1.26, and LLVM 22, as Debian 13 has it: llvm-22 and clang-22. LLVM names other commands, with {} for the tool's name.
Run from anywhere: python3 tools/mca/rvv.py. Exit status 1 if a loop of ours takes more cycles per byte than clang's.
"""
import os, pathlib, re, shlex, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
CPUS = {"spacemit-x60": 256, "sifive-x280": 512, "sifive-p670": 128}  # and how many bits their vectors have
# The loops of a kernel in the order of its text, up to the last one compared, the ones that keep a row left out. The last variant comes
# first. None is the mirror image of the one before, or is not compared.
KERNELS = {"F32": ["f32"], "U8": ["mask", "near", None, "even", None, "half"], "BF16": ["bf16"], "U8F32": [None, "norm"]}


def run(*args, **kw):
    return subprocess.run(args, check=True, stdout=subprocess.PIPE, text=True, **kw).stdout


def llvm(tool):
    return shlex.split(os.environ.get("LLVM", "{}-22").format(tool))


def disassemble(binary, symbol):
    """A function as [(address, instruction, address it branches to)]."""
    code = []
    for line in run(*llvm("llvm-objdump"), "-d", "--no-show-raw-insn", "-M", "no-aliases", "--mattr=+m,+f,+d,+c,+v", f"--disassemble-symbols={symbol}", binary).splitlines():
        m = re.match(r"\s*([0-9a-f]+):\s+(.*)", line)
        if m:
            text = re.sub(r"\s*(#.*|<.*>)$", "", m[2]).strip().replace("\t", " ")
            target = re.search(r"0x([0-9a-f]+)$", text) if re.match(r"(c\.)?(b\w+|j) ", text) else None
            code.append((int(m[1], 16), text, target and int(target[1], 16)))
    assert code, symbol
    return code


def loops(code):
    """Loops without a loop in them, in the order of the text, each with the vtype that it begins with."""
    at = {a: i for i, (a, _, _) in enumerate(code)}
    for i, (a, _, target) in enumerate(code):
        if target is not None and target <= a:
            body = code[at[target]:i + 1]
            if not any(t is not None and t <= b for b, _, t in body[:-1]):
                yield taken(body), next((t for _, t, _ in reversed(code[:at[target]]) if t.startswith("vset")), None)


def taken(body):
    """A loop whose branches forward are taken: columns are left, and the table does not begin anew."""
    path, to = [], None
    for a, text, target in body:
        if to is None or a == to:
            path.append((a, text, target))
            to = target if target is not None and target > a else None
    return path


def written(body, before, bits):
    """How many bytes vectors of so many bits write in a turn."""
    n, lanes = 0, 0
    for text in [before or ""] + [t for _, t, _ in body]:
        if m := re.match(r"vseti?vli .*, e(\d+), m(f?)(\d)", text):
            lanes = bits // int(m[1]) * (1 / int(m[3]) if m[2] else int(m[3]))
        elif m := re.match(r"vse(\d+)\.v", text):
            n += lanes * int(m[1]) // 8
        elif m := re.match(r"vs(\d)r\.v", text):
            n += bits // 8 * int(m[1])
    return n


def mca(body, before, cpu, bits):
    text = "".join((re.sub(r"0x[0-9a-f]+$", "loop", t) if to else t) + "\n" for _, t, to in body)
    if not any(t.startswith("vset") for _, t, _ in body):
        text = before + "\n" + text
    out = run(*llvm("llvm-mca"), "-mtriple=riscv64", "-mattr=+v", f"-mcpu={cpu}", "-iterations=200", input="loop:\n" + text)
    return int(re.search(r"Total Cycles:\s+(\d+)", out)[1]) / 200 / written(body, before, bits)


def main():
    tmp = pathlib.Path(tempfile.mkdtemp())
    run("go", "test", "-c", "-o", str(tmp / "ours"), ".", cwd=HERE.parent.parent,
        env={**os.environ, "GOARCH": "riscv64", "CGO_ENABLED": "0"})
    print(run(*llvm("clang"), "--version").splitlines()[0])
    print(f"{'loop':6}" + "".join(f"{c + ', ' + str(b) + ' bits':>30}" for c, b in CPUS.items()))
    print(" " * 8 + f"{'ours':>12}{'clang':>9}{'ratio':>9}" * len(CPUS) + "   cycles per byte")
    worse = 0
    theirs = {}
    for cpu in CPUS:
        theirs[cpu] = str(tmp / cpu)
        run(*llvm("clang"), "--target=riscv64-linux-gnu", "-ffreestanding", "-O3", "-ffp-contract=off", "-march=rv64gcv",
            f"-mtune={cpu}", "-c", "-o", theirs[cpu], str(HERE / "rvv.c"))
    for kernel, names in KERNELS.items():
        code = disassemble(str(tmp / "ours"), f"github.com/mixblend/blend.blend{kernel}RVV.abi0")
        ours = [(b, v) for b, v in loops(code) if written(b, v, 128) and len([t for _, t, _ in b if t.startswith("vl")]) > 1]
        for name, (body, before) in zip(names, ours):
            if name is None:
                continue
            row = f"{name:8}"
            for cpu, bits in CPUS.items():
                other = max(loops(disassemble(theirs[cpu], name)), key=lambda l: written(*l, bits))
                a, b = mca(body, before, cpu, bits), mca(*other, cpu, bits)
                worse += a > b * 1.0005
                row += f"{a:12.3f}{b:9.3f}{a / b:9.2f}"
            print(row)
    print("no loop is slower than clang's" if not worse else f"{worse} loops are slower than clang's")
    return 1 if worse else 0


sys.exit(main())
