// Package progress shows the progress of a loop over images: a bar on a terminal, else a line every few seconds.
package progress

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// A Bar is a progress bar. Call [Bar.End] when the loop ends.
type Bar struct {
	w     io.Writer
	name  string
	begin time.Time
	next  time.Duration // when to write a line
	done  int
	total int
	bars  *mpb.Progress // nil where w is no terminal
	bar   *mpb.Bar
}

// New shows a bar of a number of images. Its lines begin with name.
func New(w io.Writer, name string, images int) *Bar {
	p := &Bar{w: w, name: name, begin: time.Now(), next: 5 * time.Second, total: images}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bars = mpb.New(mpb.WithOutput(f), mpb.WithWidth(40))
		p.bar = p.bars.AddBar(int64(p.total),
			mpb.PrependDecorators(decor.CountersNoUnit(name+"%d of %d images ")),
			mpb.AppendDecorators(decor.Any(func(s decor.Statistics) string {
				return fmt.Sprintf(" %.0f images/s", float64(s.Current)/time.Since(p.begin).Seconds())
			})))
	}
	return p
}

// Add counts images that are done.
func (p *Bar) Add(images int) {
	p.done += images
	if p.bar != nil {
		p.bar.IncrBy(images)
	} else if spent := time.Since(p.begin); spent > p.next {
		p.next += 5 * time.Second
		fmt.Fprintf(p.w, "%s%d of %d images, %.0f images/s\n", p.name, p.done, p.total, float64(p.done)/spent.Seconds())
	}
}

// End removes the bar.
func (p *Bar) End() {
	if p.bar != nil {
		p.bar.Abort(true)
		p.bars.Wait()
	}
}
