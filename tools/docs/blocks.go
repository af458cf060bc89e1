// Package docs compares the documents with the code that they describe.
package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A Block is the text between two fences of a document.
type Block struct {
	File     string
	Line     int // of its first line
	Language string
	Lines    []string
}

func (b Block) place() string { return fmt.Sprintf("%s:%d", b.File, b.Line) }

// A Command is a shell command that a document shows, in a block or in its text.
type Command struct {
	Place string // file:line
	Text  string
}

// inline are commands in the text, as opposed to names of programs and flags.
var inline = regexp.MustCompile("`((?:[A-Z_]+=[^ `]+ )*(?:go (?:run|test|build|generate|-C) |python3 |\\.ci/|docs/bench/[a-z]+\\.sh )[^`]*)`")

// broken is the beginning of such a command whose end is on the next line, where inline would not find it.
var broken = regexp.MustCompile("^(?:[^`]*`[^`]*`)*[^`]*`(?:[A-Z_]+=[^ `]+ )*(?:go|go (?:run|test|build|generate|-C)|python3|\\.ci/[a-z]+)(?: [^`]*)?$")

func documents(root string) ([]string, error) {
	var names []string
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	// README.md first, as a reader has it.
	slices.SortStableFunc(names, func(a, b string) int {
		first := func(name string) int {
			if filepath.Base(name) == "README.md" {
				return 0
			}
			return 1
		}
		return first(a) - first(b)
	})
	return names, nil
}

// Read returns the blocks of all documents, and the commands in blocks and in the text, in their order.
func Read(root string) (blocks []Block, commands []Command, err error) {
	names, err := documents(root)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, nil, err
		}
		file, open := filepath.Base(name), -1
		lines := strings.Split(string(text), "\n")
		for i, line := range lines {
			fence, ok := strings.CutPrefix(strings.TrimSpace(line), "```")
			place := fmt.Sprintf("%s:%d", file, i+1)
			if strings.HasPrefix(line, "<<<<<<< ") {
				return nil, nil, fmt.Errorf("%s: a conflict of a merge", place)
			}
			switch {
			case ok && open < 0:
				open = i + 1
				blocks = append(blocks, Block{file, i + 2, fence, nil})
			case ok:
				blocks[len(blocks)-1].Lines = lines[open:i]
				open = -1
			case open < 0:
				if broken.MatchString(line) {
					return nil, nil, fmt.Errorf("%s: a command on two lines", place)
				}
				for _, m := range inline.FindAllStringSubmatch(line, -1) {
					commands = append(commands, Command{place, m[1]})
				}
			case blocks[len(blocks)-1].Language == "sh":
				line, _, _ = strings.Cut(line, " #") // which no command here has in quotes
				if line = strings.TrimSpace(line); line != "" {
					commands = append(commands, Command{place, line})
				}
			}
		}
		if open >= 0 {
			return nil, nil, fmt.Errorf("%s:%d: a block without end", file, open)
		}
	}
	return blocks, commands, nil
}
