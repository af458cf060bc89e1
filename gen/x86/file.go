// Package x86 speaks the kernels' words for AVX2 and AVX-512, through avo.
package x86

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"

	"github.com/mixblend/blend/gen/kernel"
	"github.com/mixblend/blend/gen/weave"
)

// File returns the text of blend_amd64.s.
func File() ([]byte, error) {
	c := context("github.com/mixblend/blend")
	d := newData(c)
	weave.Kernels(newAVX512(c, d))
	weave.Planes(newAVX512(c, d))
	weave.Kernels(newAVX2(c, d))
	weave.Planes(newAVX2(c, d))
	weave.Shorts(newAVX2(c, d)) // in instructions of AVX, which AVX-512 has too
	c.Implement("fence")
	c.Attributes(attr.NOSPLIT)
	c.SFENCE()
	c.RET()
	return print(c, "blend")
}

// Roof returns the text of roof_amd64.s.
func Roof() ([]byte, error) {
	c := context("github.com/mixblend/blend/internal/roof")
	weave.Roof(newAVX512(c, nil), "AVX512")
	weave.Roof(newAVX2(c, nil), "AVX")
	return print(c, "roof")
}

func context(pkg string) *build.Context {
	c := build.NewContext()
	c.Package(pkg)
	c.ConstraintExpr("!purego")
	return c
}

// print compiles what a context holds, for a package.
func print(c *build.Context, pkg string) ([]byte, error) {
	f, err := c.Result()
	if err != nil {
		return nil, err
	}
	if err := pass.Compile.Execute(f); err != nil {
		return nil, err
	}
	return printer.NewGoAsm(printer.Config{Name: "gen, a generator built on avo", Pkg: pkg}).Print(f)
}

// data is what lies in memory for the machines.
type data struct {
	signs                operand.Mem // bytes 1, −1, 1, −1 …
	ones, bytes254       operand.Mem
	words32768, words257 operand.Mem
	upper                operand.Mem // the upper half of every 32-bit lane
	lanes1, lanes32767   operand.Mem
	even                 operand.Mem          // the bit matrix that clears the lowest bit of a byte
	bytes                map[byte]operand.Mem // the kernels' Consts
	shuffles             map[string]operand.Mem
	pixels               map[[2]int]pixelPicks // by the bytes of a vector and the channels
	pixelRest            map[int]operand.Mem   // turns a copy of the bytes into the rest of each, by the bytes of a vector
	high                 operand.Mem           // the numbers of the high words of all lanes of two vectors
	eightTimes           operand.Mem           // 0 eight times, then 1, 2 … in each half the numbers of its bytes
	eachBit              operand.Mem           // 1, 2, 4 … 128, again and again
	highest              operand.Mem           // by how much bit i is shifted in lane i of 32 bits to be the highest
	tail                 operand.Mem           // the vector t bytes in has its last t bytes set
}

func newData(c *build.Context) *data {
	d := &data{bytes: map[byte]operand.Mem{}}
	d.signs = repeated(c, "signs", 0xff01_ff01_ff01_ff01)
	d.words32768 = repeated(c, "words32768", 0x8000_8000_8000_8000)
	d.words257 = repeated(c, "words257", 0x0101_0101_0101_0101)
	d.bytes254 = repeated(c, "bytes254", 0xfefe_fefe_fefe_fefe)
	d.ones = repeated(c, "ones", 0xffff_ffff_ffff_ffff)
	d.eachBit = repeated(c, "eachBit", 0x8040_2010_0804_0201)
	d.eightTimes = global(c, "eightTimes", 4, func(i int) operand.Constant { return operand.U64(uint64(i) * 0x0101_0101_0101_0101) })
	d.upper = repeated(c, "upper", 0xffff_0000_ffff_0000)
	d.even = repeated(c, "even", 0x0002_0408_1020_4080) // row i of the matrix makes bit i
	for _, k := range kernel.All {
		for _, b := range k.Consts {
			if _, ok := d.bytes[b]; !ok {
				d.bytes[b] = repeated(c, fmt.Sprintf("bytes%d", b), uint64(b)*0x0101_0101_0101_0101)
			}
		}
	}
	d.shuffles = shuffles(c)
	d.lanes1 = repeated(c, "lanes1", 0x0000_0001_0000_0001)
	d.lanes32767 = repeated(c, "lanes32767", 0x0000_7fff_0000_7fff)
	d.addPixels(c)
	d.high = global(c, "highWords", 32, func(i int) operand.Constant { return operand.U16(2*i + 1) })
	d.highest = global(c, "highest", 8, func(i int) operand.Constant { return operand.U32(31 - i) })
	d.tail = global(c, "tail", 8, func(i int) operand.Constant { return operand.U64(-(uint64(i) / 4)) })
	return d
}

// global is read-only data of n values.
func global(c *build.Context, name string, n int, value func(i int) operand.Constant) operand.Mem {
	m := c.StaticGlobal(name)
	c.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range n {
		c.AppendDatum(value(i))
	}
	return m
}

// repeated is a vector of one 64-bit value.
func repeated(c *build.Context, name string, v uint64) operand.Mem {
	return global(c, name, 8, func(int) operand.Constant { return operand.U64(v) })
}

// shuffles makes the shuffles of MixU8, by name and how many bytes columns are apart.
func shuffles(c *build.Context) map[string]operand.Mem {
	all := map[string]operand.Mem{}
	make := func(name string, apart, lanes int, value func(i int) uint32) {
		name = fmt.Sprintf("%s%d", name, apart)
		all[name] = global(c, name, lanes, func(i int) operand.Constant { return operand.U32(value(i)) })
	}
	for apart := 1; apart <= 4; apart++ {
		make("spread", apart, 16, func(i int) uint32 { return uint32(i*apart | (64+i*apart)<<16) })
		if apart >= kernel.PlanesAtOnce {
			name := fmt.Sprintf("planesHalves%d", apart)
			all[name] = ofBytes(c, name, 32, func(i int) byte {
				if i%16 >= 8 && i%2 == 1 {
					return 0
				}
				return byte(i%8/2*apart + i/16*(16-4*apart)) // the second half begins 16 bytes before the end
			})
		}
		make("fromOwn", apart, 16, func(i int) uint32 { return units | uint32(i*apart) })
		make("fromPartner", apart, 16, func(i int) uint32 { return units | uint32(64+i*apart) })
		if apart == 1 {
			continue
		}
		_, second := halves(apart)
		from := func(i int) uint32 { return uint32(i*apart - i/4*second) }
		make("own", apart, 8, func(i int) uint32 { return from(i) | 0x8080_8000 })
		make("partner", apart, 8, func(i int) uint32 { return from(i)<<16 | 0x8000_8080 })
	}
	return all
}
