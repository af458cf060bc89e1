#!/usr/bin/env python3
"""Cycles per byte of the NEON kernels' main loops, by llvm-mca, beside clang's of the same algorithms (kernels.c) for
ARMv8-A tuned for the CPU.

Needs go, and Debian's llvm-19 and clang-19. Run from anywhere:
python3 tools/mca/mca.py. Exit status 1 if a loop of ours takes more cycles per byte than clang's.
"""
import pathlib, re, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
CPUS = ["neoverse-n1", "neoverse-v2", "apple-m1"]
VARIANTS = {"f32": [None, "f32"], "u8": ["near", None, "even", None, "half", None, None]}  # as in kernel_list.go; None: not compared


def run(*args, **kw):
    return subprocess.run(args, check=True, capture_output=True, text=True, **kw).stdout


def disassemble(binary, symbol):
    """A function as [(address, instruction, address it branches to)]."""
    code = []
    for line in run("llvm-objdump-19", "-d", "--no-show-raw-insn", f"--disassemble-symbols={symbol}", binary).splitlines():
        m = re.match(r"\s*([0-9a-f]+):\s+(.*)", line)
        if m:
            text = re.sub(r"\s*(//.*|<.*>)$", "", m[2]).strip().replace("\t", " ")
            target = re.search(r"0x([0-9a-f]+)$", text) if re.match(r"(b|b\.\w+|cbn?z|tbn?z) ", text) else None
            code.append((int(m[1], 16), text, target and int(target[1], 16)))
    assert code, symbol
    return code


def inner_loops(code):
    """Straight loops that store vectors, in the order of the code."""
    at = {a: i for i, (a, _, _) in enumerate(code)}
    for i, (a, _, target) in enumerate(code):
        if target is not None and target <= a:
            body = code[at[target]:i + 1]
            if stored(body) and not any(t is not None for _, _, t in body[:-1]):
                yield body


def chain_step(code, variant, block=512):
    """The way of one step that takes its own row from the step before, through a variant, over a block of columns."""
    at = {a: i for i, (a, _, _) in enumerate(code)}
    back = next(i for i, (a, text, t) in enumerate(code) if text.startswith("cbz") and t < a)
    i, path, kind, looped = at[code[back][2]], [], None, False
    while True:
        a, text, target = code[i]
        path.append(code[i])
        if i == back:
            return path
        if text.startswith("b "):
            i = at[target]
        elif text.startswith("b.ge") and target < a:  # the inner loop
            looped = True
            i = at[target] if stored(path) < block else i + 1
        elif text.startswith("cbz") and looped:  # nothing is left of the block
            i = at[target]
        elif m := re.match(r"cmp (x\d+, #0x([0-9a-f]+)|.*)$", text):
            kind = int(m[2], 16) if m[2] else None  # a choice among variants, or the end of the chain
            i += 1
        elif kind is not None and (text.startswith("b.eq") and variant == kind or text.startswith("b.lo") and variant < kind):
            i = at[target]
        else:
            i += 1


def stored(body):
    n = 0
    for _, text, _ in body:
        if re.match(r"(stp|stnp) q", text):
            n += 32
        elif re.match(r"st(u?r) q", text):
            n += 16
    return n


def mca(body, cpu):
    text = "".join(re.sub(r"0x[0-9a-f]+$", "loop", t) + "\n" if target else t + "\n" for _, t, target in body)
    # One iteration is straight code: branches within it are not taken.
    out = run("llvm-mca-19", "-mtriple=aarch64", f"-mcpu={cpu}", "-iterations=200", input="loop:\n" + text)
    return int(re.search(r"Total Cycles:\s+(\d+)", out)[1]) / 200 / stored(body)


def main():
    tmp = pathlib.Path(tempfile.mkdtemp())
    run("go", "test", "-c", "-o", str(tmp / "ours"), ".", cwd=HERE.parent.parent,
        env={**__import__("os").environ, "GOARCH": "arm64", "CGO_ENABLED": "0"})
    print(run("clang-19", "--version").splitlines()[0])
    worse = 0
    print(f"{'loop':12} {'':8}" + "".join(f"{c:>28}" for c in CPUS))
    print(f"{'':21}" + f"{'ours':>12}{'clang':>8}{'ratio':>8}" * len(CPUS) + "   cycles per byte")
    clang = {}
    for cpu in CPUS:
        clang[cpu] = str(tmp / cpu)
        run("clang-19", "--target=aarch64-linux-gnu", "-ffreestanding", "-O3", "-ffp-contract=off", "-march=armv8-a", f"-mtune={cpu}", "-c", "-o", clang[cpu], str(HERE / "kernels.c"))
    for type_, names in VARIANTS.items():
        code = disassemble(str(tmp / "ours"), f"github.com/mixblend/blend.blend{type_.upper()}NEON.abi0")
        pairs = [body for body in inner_loops(code) if stored(body) > 16]
        assert len(pairs) == len(names), (type_, len(pairs))
        pairs = pairs[1:] + pairs[:1]  # the last variant comes first in the text
        for i, name in enumerate(names):
            if name is None:
                continue
            for shape, ours in ("pair", pairs[i]), ("chain", chain_step(code, i)):
                row = f"{name:12} {shape:8}"
                for cpu in CPUS:
                    theirs = max(inner_loops(disassemble(clang[cpu], f"{shape}_{name}")), key=stored)
                    a, b = mca(ours, cpu), mca(theirs, cpu)
                    worse += a > b * 1.0005
                    row += f"{a:12.4f}{b:8.4f}{a / b:8.3f}"
                print(row)
    print("no loop is slower than clang's" if not worse else f"{worse} loops are slower than clang's")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
