package blend

import "slices"

// paths is the order in which rows are visited. The index consists of paths: cycles, and, if it is no permutation, tails
// that run into one. Within a path, a row's partner is the next row.
type paths struct {
	order []int32 // rows, path after path
	first []int32 // for a position in order, the position where its path begins
	last  []int32 // and the one past its end
	uses  []int32 // for a row, how often it is a partner; −1 once it has been visited

	shared [2]int // two rows with one partner, if there are such
}

// shares reports whether some row is the partner of two.
func (p *paths) shares() bool { return p.shared[0] != p.shared[1] }

// long reports whether paths are longer than a chain, by the one in the middle of the order.
func (p *paths) long() bool {
	middle := len(p.order) / 2
	return p.last[middle]-p.first[middle] > chainRows
}

// grow makes room for so many rows.
func (p *paths) grow(n int) {
	if cap(p.order) < n {
		all := make([]int32, 4*n)
		p.order, p.first, p.last, p.uses = all[:n:n], all[n:2*n:2*n], all[2*n:3*n:3*n], all[3*n:]
	}
	p.order, p.first, p.last, p.uses = p.order[:n], p.first[:n], p.last[:n], p.uses[:n]
}

// single makes a path of every row: those whose partners are rows of another batch.
func (p *paths) single(rows int) {
	p.grow(rows)
	for i := range p.order {
		p.order[i], p.first[i], p.last[i] = int32(i), int32(i), int32(i+1)
	}
}

// follow finds the paths of an index whose every value is in range.
func (p *paths) follow(index []int) {
	p.grow(len(index))
	p.shared = [2]int{}
	clear(p.uses)
	for i, q := range index {
		p.uses[q]++
		if p.uses[q] == 2 && p.shared == [2]int{} {
			p.shared = [2]int{slices.Index(index, q), i}
		}
	}
	pos := 0
	if p.shared != [2]int{} {
		for row := range index {
			if p.uses[row] == 0 { // nobody's partner: a tail begins
				pos = p.path(index, row, pos)
			}
		}
	}
	for row := range index {
		if p.uses[row] >= 0 {
			pos = p.path(index, row, pos)
		}
	}
}

// path lays down the rows from row on that have not been visited, and returns the position after them.
func (p *paths) path(index []int, row, pos int) int {
	begin := pos
	for ; p.uses[row] >= 0; row = index[row] {
		p.uses[row] = -1
		p.order[pos] = int32(row)
		p.first[pos] = int32(begin)
		pos++
	}
	for i := begin; i < pos; i++ {
		p.last[i] = int32(pos)
	}
	return pos
}
