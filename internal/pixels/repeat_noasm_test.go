//go:build purego || !(amd64 || arm64)

package pixels

func implementations() []bool { return []bool{false} }
