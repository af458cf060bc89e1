//go:build !purego

package pixels

func implementations() []bool { return []bool{true, false} }
