//go:build go1.26

package riscv64_test

func init() { hasVectors = true }
