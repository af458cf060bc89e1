package shards

import (
	"fmt"
	"strconv"
	"strings"
)

// maxShards is more than a data set has.
const maxShards = 1 << 20

// Expand expands braces as shells do: train-{000..099}.tar counts, with leading zeros if a bound has them, and {a,b} lists. Braces
// with neither are left as they are.
func Expand(pattern string) ([]string, error) {
	names, rest := []string{""}, pattern
	for rest != "" {
		open, end := group(rest)
		if open < 0 {
			return product(pattern, names, []string{rest})
		}
		alternatives, err := alternatives(pattern, rest[open+1:end])
		if err != nil {
			return nil, err
		}
		if names, err = product(pattern, names, []string{rest[:open]}); err != nil {
			return nil, err
		}
		if names, err = product(pattern, names, alternatives); err != nil {
			return nil, err
		}
		rest = rest[end+1:]
	}
	return names, nil
}

// group returns where the first braces with something to expand are, or −1.
func group(s string) (open, end int) {
	for open = strings.IndexByte(s, '{'); open >= 0; {
		depth, list := 0, false
		for end = open; end < len(s); end++ {
			switch s[end] {
			case '{':
				depth++
			case '}':
				depth--
			case ',':
				list = list || depth == 1
			}
			if depth == 0 {
				break
			}
		}
		if end < len(s) {
			if _, _, ok := bounds(s[open+1 : end]); ok || list {
				return open, end
			}
		}
		next := strings.IndexByte(s[open+1:], '{')
		if next < 0 {
			break
		}
		open += 1 + next
	}
	return -1, -1
}

// bounds splits first..last.
func bounds(s string) (first, last string, ok bool) {
	first, last, ok = strings.Cut(s, "..")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return first, last, ok && digits(first) && digits(last)
}

// alternatives are those between braces.
func alternatives(pattern, inside string) ([]string, error) {
	if first, last, ok := bounds(inside); ok {
		return count(pattern, first, last)
	}
	var all []string
	depth, start := 0, 0
	for i := 0; i <= len(inside); i++ {
		if i < len(inside) {
			switch inside[i] {
			case '{':
				depth++
			case '}':
				depth--
			}
			if inside[i] != ',' || depth > 0 {
				continue
			}
		}
		more, err := Expand(inside[start:i])
		if err != nil {
			return nil, err
		}
		if start == i {
			more = []string{""}
		}
		if all = append(all, more...); len(all) > maxShards {
			return nil, tooMany(pattern)
		}
		start = i + 1
	}
	return all, nil
}

func count(pattern, first, last string) ([]string, error) {
	from, err := strconv.Atoi(first)
	if err != nil {
		return nil, tooMany(pattern)
	}
	to, err := strconv.Atoi(last)
	if err != nil || max(from, to)-min(from, to) >= maxShards {
		return nil, tooMany(pattern)
	}
	width := 0
	if len(first) > 1 && first[0] == '0' || len(last) > 1 && last[0] == '0' {
		width = max(len(first), len(last))
	}
	if width > 100 {
		return nil, tooMany(pattern)
	}
	step := 1
	if to < from {
		step = -1
	}
	var all []string
	for i := from; ; i += step {
		all = append(all, fmt.Sprintf("%0*d", width, i))
		if i == to {
			return all, nil
		}
	}
}

// product puts every one of a before every one of b.
func product(pattern string, a, b []string) ([]string, error) {
	if len(b) > 0 && len(a) > maxShards/len(b) {
		return nil, tooMany(pattern)
	}
	if len(b) == 1 {
		for i := range a {
			a[i] += b[0]
		}
		return a, nil
	}
	var all []string
	for _, x := range a {
		for _, y := range b {
			all = append(all, x+y)
		}
	}
	return all, nil
}

func tooMany(pattern string) error {
	return fmt.Errorf("shards: %s stands for more than %d names", pattern, maxShards)
}
