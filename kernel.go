package blend

//go:generate go -C gen run . ..

func (k kernel) in() int { return int(traits[k].in) }

func (k kernel) out() int { return int(traits[k].out) }

func (k kernel) normalizes() bool { return traits[k].takes == tableParams }

// strided is whether k takes a channel of interleaved pixels, to whose bytes of that channel own and partner point.
func (k kernel) strided() bool { return k.normalizes() && k.in() > 1 }

// span is how many bytes n columns of a row are, from the first to the last.
func (k kernel) span(n int) int {
	if k.strided() && n > 0 {
		return (n-1)*k.in() + 1
	}
	return n * k.in()
}

// advance goes on by n columns.
func (k kernel) advance(chain []step, n int) { advance(chain, n, n*k.in(), n*k.out()) }
